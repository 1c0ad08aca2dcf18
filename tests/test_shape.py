"""The shape of the house: layers, sizes, and one home for every heavy library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("groundsight", "agent", "tools", "graphs", "prompts", "evals", "bench", "training", "server.py")
LAYERS = (
    ("types", "errors", "limits", "settings", "tracing", "atomic", "rounds", "journal", ""),
    ("governance", "quality"),
    ("language",),
    ("evidence",),
    ("computing",),
    ("encoders", "vision", "audio", "index"),
    ("operation",),
    ("ingestion", "retrieval", "grounding"),
    ("models",),
    ("sessions", "questions"),
    ("suite", "parts", "lanes", "lanes_off"),
    ("tools", "prompts"),
    ("agent",),
    ("graphs",),
    ("evals", "bench", "training", "server", "cli", "doors", "langchain"),
)
PARTS_OF_THE_SUITE = {"parts"}  # the verbs receive the assembled parts, so they may name their type
ONE_HOME = (
    "apsw av bs4 docx faster_whisper lxml markdown_it numkong onnx onnxruntime open_clip openpyxl pathspec pdfplumber "
    "phonenumbers pptx pypdfium2 rank_bm25 rapidocr snowballstemmer stdnum tokenizers unstructured watchfiles"
).split()
ONE_ROOM = {
    "apsw": "index", "langchain_core": "agent langchain", "langchain": "agent", "langgraph": "graphs", "mcp": "doors",
    "opentelemetry": "operation", "prometheus_client": "doors",
    "torch": "encoders", "weaviate": "index",
}  # fmt: skip
MOST_LINES, MOST_FUNCTION_LINES, MOST_NESTING = 300, 50, 3
DANGEROUS_CALLS = {"eval", "exec", "os.system", "pickle.load", "pickle.loads", "yaml.load"}
DANGEROUS_ARGUMENTS = {("shell", "True"), ("trust_remote_code", "True"), ("weights_only", "False")}
OPENING = {"open", "read_bytes", "read_text", "iterdir", "walk", "fwalk", "scandir", "listdir", "glob", "rglob"}
# The program's own files, its home, its scratch folders, and what runs in the confined child on the copy.
OPENS_ITS_OWN = {
    "derived.py", "enrich.py", "frozen.py", "kept.py", "landlock.py", "partition.py", "sandbox.py", "sniff.py",
    "unpacked.py", "warden.py", "portions.py", "proof.py", "jobs.py",
}  # fmt: skip
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


def test_imports_only_point_down() -> None:
    upward = [
        f"{module_of(path)} imports {name}, which lies above it"
        for path in sources()
        for name in imports_of(path, typing_too=False)
        if name.startswith("groundsight.")
        and room(name) not in PARTS_OF_THE_SUITE
        and module_of(path) != "groundsight"
        and layer(name) > layer(module_of(path))
    ]
    assert upward == []


def test_sibling_verbs_do_not_import_each_other() -> None:
    verbs = {"ingestion", "retrieval", "grounding"}
    crossed = [
        f"{module_of(path)} -> {name}"
        for path in sources()
        if room(module_of(path)) in verbs
        for name in imports_of(path, typing_too=False)
        if name.startswith("groundsight.") and room(name) in verbs - {room(module_of(path))}
    ]
    assert crossed == []


@pytest.mark.parametrize("library", ONE_HOME)
def test_a_heavy_library_is_imported_in_one_file_only(library: str) -> None:
    homes = [path for path in sources() if "demo/make" not in path.as_posix() and library in libraries_of(path)]
    assert len(homes) <= 1, f"{library} is imported in {homes}"


@pytest.mark.parametrize(("library", "home"), ONE_ROOM.items())
def test_a_framework_stays_in_its_room(library: str, home: str) -> None:
    allowed = (*home.split(), "evals", "bench", "training", "server")
    assert [path for path in sources() if library in libraries_of(path) and room(module_of(path)) not in allowed] == []


def test_a_file_stays_small() -> None:
    assert [path for path in sources() if len(path.read_text("utf-8").splitlines()) > MOST_LINES] == []


def test_a_function_stays_short_and_flat() -> None:
    for path, node in functions():
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        assert length <= MOST_FUNCTION_LINES, f"{path.name}:{node.name} has {length} lines"
        assert nesting(node) <= MOST_NESTING, f"{path.name}:{node.name} nests {nesting(node)} deep"


def test_every_module_and_public_name_says_what_it_does() -> None:
    silent = [path.name for path in sources() if not ast.get_docstring(tree_of(path))]
    silent += [
        f"{path.name}:{node.name}"
        for path in sources()
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_dangerous_is_called() -> None:
    for path in sources():
        calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
        assert not {ast.unparse(call.func) for call in calls} & DANGEROUS_CALLS, path
        assert not {(k.arg, ast.unparse(k.value)) for c in calls for k in c.keywords} & DANGEROUS_ARGUMENTS, path


def test_no_user_file_is_opened_by_its_name() -> None:
    """A user's file is opened below a root (governance.roots) and read from its frozen copy, whoever asks."""
    opened = [
        f"{path.name}: {ast.unparse(call)}"
        for path in sources()
        if room(module_of(path)) in ("ingestion", "retrieval", "tools", "agent", "graphs", "suite", "parts")
        and path.name not in OPENS_ITS_OWN
        and "readers" not in path.parts
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and opens_by_name(call)
    ]
    assert opened == []


def test_only_doors_and_evaluations_freeze_a_file_by_its_name() -> None:
    callers = {room(module_of(path)) for path in sources() if "frozen_by_name(" in path.read_text("utf-8")}
    assert callers <= {"ingestion", "doors", "evals", "bench"}


def opens_by_name(call: ast.Call) -> bool:
    """True for ``open``, ``os.open``, ``path.open``, ``path.read_text`` and the like; not for ``Image.open``."""
    name = ast.unparse(call.func)
    return name.rpartition(".")[2] in OPENING and name[0].islower() and name != "pillow.open"


def test_no_catch_all_outside_a_door() -> None:
    doors = len(LAYERS) - 1
    inner = [path for path in sources() if layer(module_of(path)) != doors and path.name != "gate.py"]
    assert [f"{path.name}:{line}" for path in inner for line in catch_alls(path)] == []


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sources():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def libraries_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path, typing_too=False)}


def catch_alls(path: Path) -> Iterator[int]:
    """Lines that catch everything without raising it again after tidying up."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            tidies = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if caught in ("", "Exception", "BaseException") and not tidies:
                yield node.lineno


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How many blocks lie inside one another; an ``elif`` counts as its ``if``."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not chained)))
    return deepest
