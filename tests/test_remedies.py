"""What a remedy names exists: every command parses, every option, setting, value and extra is there."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from groundsight.cli import build_parser
from groundsight.doors.cli_options import COMMANDS
from groundsight.doors.usage import Parser
from groundsight.evals.run import add_arguments
from groundsight.settings import Settings
from tests.test_shape import ROOT, sources, tree_of

ADVICE = {"next_step", "remedy", "limit", "which", "step", "hint", "advice"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
HOLE = "HOLE"
FILLED = ("FOLDER", "1", "weaviate", "local", "mcp", "cursor", "fuser", "gated")
COMMAND = re.compile(rf"\bgroundsight ((?:{'|'.join(COMMANDS)})\b(?:(?!  )[^;,:()&`\"\n])*)")
SETTING = re.compile(r"(?<![\w./])([a-z]+(?:\.[a-z_0-9]+)+)(?: = ('[^']*'|\"[^\"]*\"|true|false|\d+))?")
VARIABLE = re.compile(r"GROUNDSIGHT_[A-Z_]+")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
EXTRA = re.compile(r"groundsight\[([^\]]*)\]")


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the product but its docstrings, with its place; what is filled in at run time is a hole."""
    for path in sources():
        inside = {
            id(part) for node in ast.walk(tree_of(path)) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        silent = {id(node.value) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree_of(path)):
            if id(node) not in inside | silent and (text := text_of(node)):
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", text


def advice() -> Iterator[tuple[str, str]]:
    """Only what is given as a next step, a remedy or the name of a limit, and the constants that hold such texts."""
    for path in sources():
        for node in ast.walk(tree_of(path)):
            given = node.keywords if isinstance(node, ast.Call) else []
            values = [each.value for each in given if each.arg in ADVICE]
            values += [node.value] if isinstance(node, ast.Assign) and is_advice(node.targets[0]) else []
            for value in values:
                for part in ast.walk(value):
                    if text := text_of(part):
                        yield f"{path.relative_to(ROOT)}:{part.lineno}", text  # type: ignore[attr-defined]


def is_advice(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and (target.id in ADVICE or target.id in ("REPAIR", "START", "EXTRA"))


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@cache
def options() -> set[str]:
    """Every option of every command."""
    parser = build_parser()
    (commands,) = (action.choices for action in parser._actions if isinstance(action.choices, dict))
    evals = Parser(prog="groundsight eval")
    add_arguments(evals)
    return {name for each in (*commands.values(), evals) for name in each._option_string_actions}


def parses(command: str) -> bool:
    try:
        words = shlex.split(command.strip().rstrip("."))
    except ValueError:  # the quote that stands before the command closes behind it
        words = command.split("'")[0].split()
    parser = build_parser()
    if words[0] == "eval":
        words, parser = words[1:], Parser(prog="groundsight eval")
        add_arguments(parser)
    try:
        parser.parse_args(words)
    except SystemExit as ended:
        return ended.code == 0
    return True


def fillings(command: str) -> Iterator[str]:
    """The command with everything that may stand in its holes."""
    head, *rest = command.split(HOLE)
    for filled in product(FILLED, repeat=len(rest)):
        yield head + "".join(word + part for word, part in zip(filled, rest, strict=True))


def test_every_command_that_a_text_names_parses(capsys: pytest.CaptureFixture[str]) -> None:
    named = [(where, found) for where, text in texts() for found in COMMAND.findall(text)]
    wrong = [(where, command) for where, command in named if not any(parses(filled) for filled in fillings(command))]
    capsys.readouterr()
    assert len(named) > 20
    assert wrong == []


def test_every_option_that_a_remedy_names_exists() -> None:
    named = [(where, found) for where, text in advice() for found in OPTION.findall(text)]
    foreign = {"--upgrade"}  # of pip
    assert len(named) > 5
    assert [(where, name) for where, name in named if name not in options() | foreign] == []


def test_every_setting_that_a_remedy_names_exists_and_takes_the_value() -> None:
    sections = {name for name, field in Settings.model_fields.items() if is_section(field.annotation)}
    named = [(where, *found) for where, text in advice() for found in SETTING.findall(text)]
    named = [each for each in named if each[1].split(".")[0] in sections and "example.org" not in each[1]]
    assert len(named) > 40
    assert [each for each in named if not is_setting(each[1].split("."), each[2])] == []


def test_every_variable_that_a_text_names_is_a_setting() -> None:
    named = [(where, found) for where, text in texts() for found in VARIABLE.findall(text)]
    own = {"GROUNDSIGHT_", "GROUNDSIGHT_WEAVIATE_START"}
    wrong = [
        (where, name)
        for where, name in named
        if name not in own and not is_setting(name.removeprefix("GROUNDSIGHT_").lower().split("__"), "")
    ]
    assert wrong == []


def test_every_extra_that_a_text_names_is_installed_by_a_command_that_works() -> None:
    named = [(where, text, found) for where, text in texts() for found in EXTRA.findall(text)]
    assert len(named) > 4
    assert [each for each in named if each[2] not in {*EXTRAS, HOLE}] == []
    assert [each for each in named if f"pip install 'groundsight[{each[2]}]'" not in each[1]] == []


def is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def is_setting(path: list[str], value: str) -> bool:
    kind: Any = Settings
    for name in path:
        if name == HOLE.lower() or (name.endswith("_") and any(each.startswith(name) for each in kind.model_fields)):
            return True
        if not is_section(kind) or name not in kind.model_fields:
            return False
        section, given = kind, kind.model_fields[name].annotation
        kind = next((each for each in get_args(given) if is_section(each)), given)
    if not value:
        return True
    given = {"true": True, "false": False}.get(value, value.strip("'\""))
    section.model_validate({path[-1]: given})
    return True
