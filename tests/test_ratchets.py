"""Laws that are not yet met everywhere: each figure may only fall. Where one falls, its number here falls with it."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.test_shape import ROOT, module_of, room, sources, tree_of

LIST_WORDS, ALTERNATIVES, FOLDER_FILES = 12, 8, 14
_BARE = re.compile(r"[a-z'-]+")
_ALTERNATIVES = re.compile(rf"(?:[\w\s?+*'’\\-]+\|){{{ALTERNATIVES - 1}}}")
WORD_LISTS, EXPRESSIONS, NAMES_TWICE, LARGE_FOLDERS = 14, 33, 48, 12


def product() -> Iterator[Path]:
    """Source files that are shipped to answer, not to measure."""
    return (path for path in sources() if room(module_of(path)) not in ("evals", "bench", "training"))


def strings(path: Path) -> Iterator[str]:
    """Every literal of a file that is no docstring."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def word_lists(path: Path) -> int:
    """How many literals of a file are lists of bare words."""
    written = sum(
        len(words) >= LIST_WORDS and all(map(_BARE.fullmatch, words)) for words in map(str.split, strings(path))
    )
    held = (node.elts for node in ast.walk(tree_of(path)) if isinstance(node, ast.Set | ast.List | ast.Tuple))
    return written + sum(len(elts) >= LIST_WORDS and all(map(_is_bare, elts)) for elts in held)


def _is_bare(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_BARE.fullmatch(node.value))


def test_word_lists_are_data_and_not_code() -> None:
    found = {path.name: count for path in product() if (count := word_lists(path))}
    assert sum(found.values()) <= WORD_LISTS, found


def test_expressions_have_few_alternatives() -> None:
    found = Counter(path.name for path in product() for text in strings(path) if _ALTERNATIVES.search(text))
    assert found.total() <= EXPRESSIONS, found


def test_a_public_name_of_the_engine_is_defined_once() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        if path.is_relative_to(ROOT / "groundsight"):
            defined = (node for node in tree_of(path).body if isinstance(node, ast.ClassDef | ast.FunctionDef))
            for node in defined:
                homes[node.name].update([module_of(path)] if not node.name.startswith("_") else [])
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert len(twice) <= NAMES_TWICE, twice


def test_a_folder_has_few_files() -> None:
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in product() if path.name != "__init__.py")
    large = {name: count for name, count in files.items() if count > FOLDER_FILES}
    assert len(large) <= LARGE_FOLDERS, large


def test_the_demo_s_story_stands_in_no_product_file() -> None:
    pairs = (ROOT / "evals" / "demo" / "renames.txt").read_text("utf-8").splitlines()
    named = [line.partition(":")[0] for line in pairs if line and line[0] != "#"]
    own = re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in named if name in STORY)})\b", re.IGNORECASE)
    assert {
        path.name: own.findall(path.read_text("utf-8")) for path in product() if own.search(path.read_text("utf-8"))
    } == {}


# Nouns that only the story has; words such as "engine" or "team" are everybody's.
STORY = frozenset({"ferry", "ferries", "quay", "shipyard", "knots", "vessel", "vessels", "turbocharger", "propeller"})
