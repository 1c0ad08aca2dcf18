"""The demo's story told of something else: every noun of ``renames.txt`` exchanged, in all files and their names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
STORY = "groundsight.evals.demo.make.story"
WRITERS = ("plain", "office", "pdfs", "pictures")


def renamed(text: str) -> str:
    """The text with the story's nouns exchanged; capitals stay where they were."""
    pattern, names = _renames()
    return pattern.sub(lambda found: _in_case_of(found.group(), names[found.group().casefold()]), text)


def write_renamed(folder: Path) -> None:
    """Write the renamed demo files under ``folder``; needs what ``groundsight.evals.demo.make`` needs."""
    _load("story")
    for stem in WRITERS:
        write: Callable[[Path], None] = getattr(_load(stem), f"write_{stem}")
        write(folder)


@cache
def _renames() -> tuple[re.Pattern[str], dict[str, str]]:
    lines = (HERE / "renames.txt").read_text("utf-8").splitlines()
    names = dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE), names


def _in_case_of(old: str, new: str) -> str:
    if old.isupper():
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


class _Texts(ast.NodeTransformer):
    """Exchanges the nouns in every text of a program, and its story for the renamed one."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.copy_location(ast.Constant(renamed(node.value)), node) if isinstance(node.value, str) else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        node.module = _name("story") if node.module == STORY else node.module
        return node


class _Loader(SourceFileLoader):
    """Loads a program with its texts renamed; compiled code is neither read from the cache nor left there."""

    def get_code(self, fullname: str) -> CodeType:
        path: Any = self.get_filename(fullname)
        tree = ast.fix_missing_locations(_Texts().visit(ast.parse(self.get_data(path))))
        return compile(tree, path, "exec")


def _name(stem: str) -> str:
    return f"groundsight_renamed_{stem}"


def _load(stem: str) -> ModuleType:
    """A program of the demo's maker under another name, its texts renamed: the maker's texts are all literals."""
    loader = _Loader(_name(stem), str(HERE / "make" / f"{stem}.py"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = sys.modules[loader.name] = module_from_spec(spec)
    loader.exec_module(module)
    return module
