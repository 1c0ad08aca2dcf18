"""The shape of the house: layers, sizes, and one home for every heavy library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("groundsight", "agent", "tools", "graphs", "prompts", "evals", "server.py")
LAYERS = (
    ("types", "errors", "settings", "tracing", ""),
    ("governance",),
    ("encoders", "vision", "audio", "index"),
    ("ingestion", "retrieval", "grounding"),
    ("suite", "parts"),
    ("tools", "prompts"),
    ("agent",),
    ("graphs",),
    ("evals", "server", "cli", "doors"),
)
PARTS_OF_THE_SUITE = {"parts"}  # the verbs receive the assembled parts, so they may name their type
ONE_HOME = (
    "apsw bs4 docx lxml markdown_it numkong onnx onnxruntime open_clip openpyxl pdfplumber phonenumbers pptx pypdfium2 "
    "rank_bm25 rapidocr snowballstemmer stdnum tokenizers unstructured"
).split()
ONE_ROOM = {
    "apsw": "index", "langchain_core": "agent", "langchain": "agent", "langgraph": "graphs", "mcp": "doors",
    "torch": "encoders", "weaviate": "index",
}  # fmt: skip
MOST_LINES, MOST_FUNCTION_LINES, MOST_NESTING = 300, 50, 3
BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)


def sources() -> list[Path]:
    """Every source file of the project, without tests."""
    found = [ROOT / name for name in ROOMS]
    return sorted(file for path in found for file in ([path] if path.is_file() else path.rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def module_of(path: Path) -> str:
    """The dotted name under which the file is imported."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    parts = parts if parts[0] == "groundsight" else ["groundsight", *parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, *, typing_too: bool = True) -> Iterator[str]:
    """Every module that the file imports, at any depth."""
    skipped = set() if typing_too else {id(node) for block in typing_blocks(path) for node in ast.walk(block)}
    for node in ast.walk(tree_of(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "groundsight":
                yield from (f"groundsight.{alias.name}" for alias in node.names)


def typing_blocks(path: Path) -> list[ast.If]:
    return [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]


def layer(module: str) -> int:
    room = module.split(".")[1] if "." in module else ""
    room = "cli" if room.startswith("cli") else room
    return next((rank for rank, rooms in enumerate(LAYERS) if room in rooms), 0)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_point_down(path: Path) -> None:
    here = module_of(path)
    for name in imports_of(path, typing_too=False):
        if not name.startswith("groundsight.") or room(name) in PARTS_OF_THE_SUITE or here == "groundsight":
            continue
        assert layer(name) <= layer(here), f"{here} imports {name}, which lies above it"


def test_sibling_verbs_do_not_import_each_other() -> None:
    verbs = {"ingestion", "retrieval", "grounding"}
    crossed = [
        f"{module_of(path)} -> {name}"
        for path in sources()
        if room(module_of(path)) in verbs
        for name in imports_of(path, typing_too=False)
        if name.startswith("groundsight.") and room(name) in verbs - {room(module_of(path))}
    ]
    assert not crossed


@pytest.mark.parametrize("library", ONE_HOME)
def test_a_heavy_library_is_imported_in_one_file_only(library: str) -> None:
    homes = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "demo/make" not in path.as_posix()
        if any(name.split(".")[0] == library for name in imports_of(path, typing_too=False))
    ]
    assert len(homes) <= 1, f"{library} is imported in {homes}"


@pytest.mark.parametrize(("library", "home"), ONE_ROOM.items())
def test_a_framework_stays_in_its_room(library: str, home: str) -> None:
    strays = [
        module_of(path)
        for path in sources()
        if room(module_of(path)) not in (home, "evals", "server", "encoders" if library == "torch" else home)
        if any(name.split(".")[0] == library for name in imports_of(path, typing_too=False))
    ]
    assert not [stray for stray in strays if not (library == "torch" and "vision" in stray)]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_stays_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_stays_short_and_flat(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{path.name}:{node.name} has {length} lines"
            assert nesting(node) <= MOST_NESTING, f"{path.name}:{node.name} nests {nesting(node)} deep"


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How many blocks lie inside one another; an ``elif`` counts as its ``if``."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not chained)))
    return deepest


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_public_name_says_what_it_does(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{path.name} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}:{node.name} has no docstring"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_dangerous_is_called(path: Path) -> None:
    names = {ast.unparse(n.func) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)}
    assert not names & {"eval", "exec", "os.system", "pickle.load", "pickle.loads", "yaml.load"}
    keywords = {
        (k.arg, ast.unparse(k.value)) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) for k in n.keywords
    }
    assert not keywords & {("shell", "True"), ("trust_remote_code", "True"), ("weights_only", "False")}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_catch_all_outside_a_door(path: Path) -> None:
    if layer(module_of(path)) == len(LAYERS) - 1 or path.name == "gate.py":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            cleans_up = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            everything = caught in ("", "Exception", "BaseException")
            assert cleans_up or not everything, f"{path.name}:{node.lineno} catches everything"
