"""The list of tools in the order in which models see them."""

from __future__ import annotations

from groundsight.errors import NotFound
from groundsight.tools.ask import ask
from groundsight.tools.describe import describe
from groundsight.tools.forget import forget
from groundsight.tools.gate import ToolSpec
from groundsight.tools.ingest import ingest
from groundsight.tools.list import list
from groundsight.tools.ocr import ocr
from groundsight.tools.read import read
from groundsight.tools.rights import rights
from groundsight.tools.search import search
from groundsight.tools.status import status
from groundsight.tools.stop import stop
from groundsight.tools.verify import verify
from groundsight.tools.why import why

TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(search, "Search documents and pictures"),
    ToolSpec(ask, "Answer from evidence"),
    ToolSpec(verify, "Check an answer"),
    ToolSpec(read, "Read a passage or page"),
    ToolSpec(ocr, "Read words in a picture"),
    ToolSpec(describe, "Describe a picture"),
    ToolSpec(status, "What is indexed"),
    ToolSpec(list, "List documents"),
    ToolSpec(why, "Why a file is not found"),
    ToolSpec(ingest, "Add documents", writes=True, destructive=True),
    ToolSpec(forget, "Forget documents", writes=True, destructive=True),
    ToolSpec(stop, "Stop reading", writes=True),
    ToolSpec(rights, "Show or set rights", writes=True, destructive=True, admin=True),
)


def tools(*, writable: bool, admin: bool = False) -> tuple[ToolSpec, ...]:
    """Return the tools; those that write, and of these those for administrators, only when asked for."""
    return tuple(spec for spec in TOOLS if (writable or not spec.writes) and (admin or not spec.admin))


def build_results() -> None:
    """Build the models of all results; doors with several threads do so once before the first call."""
    for spec in TOOLS:
        spec.result.model_rebuild()


def tool(name: str) -> ToolSpec:
    """Return one tool by name, or raise NotFound."""
    for spec in TOOLS:
        if spec.name == name:
            return spec
    raise NotFound("there is no such tool", which=name[:60], next_step=f"use one of {', '.join(t.name for t in TOOLS)}")
