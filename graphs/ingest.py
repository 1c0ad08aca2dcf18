"""The ingest graph: discover the files, read them in, report what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from groundsight.errors import InvalidArgument
from groundsight.graphs.office import Office, compiled, new_flow
from groundsight.graphs.verify import Report
from groundsight.tools.ingest import LONGEST

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Folder(TypedDict):
    """What the ingest graph is given."""

    paths: list[str]


class IngestState(Folder, Report, total=False):
    """Plain JSON: the files that were found and the report of the run."""

    found: list[str]


def graph() -> Any:
    """Build the graph for a server that brings its own checkpointer; settings come from the environment."""
    return build_ingest_graph()


def build_ingest_graph(suite: Suite | None = None) -> Any:
    """Wire discover, ingest and report; the tool reads below the roots of the suite and writes if its principal may."""
    office = Office(suite)
    flow = new_flow(IngestState, Folder, Report)
    flow.add_node("discover", _discover)
    flow.add_node("ingest", _ingest(office))
    flow.add_node("report", _report)
    flow.add_edge("__start__", "discover")
    flow.add_edge("discover", "ingest")
    flow.add_edge("ingest", "report")
    flow.add_edge("report", "__end__")
    return compiled(flow, "ingest")


def _discover(state: IngestState) -> dict[str, Any]:
    """Refuse an empty request; whether a path may be read is decided where it is opened."""
    named = [path.strip() for path in state["paths"] if path.strip()]
    if not named:
        raise InvalidArgument("no path is given", next_step="give the files or folders to read")
    return {"found": list(dict.fromkeys(named))}


def _ingest(office: Office) -> Any:
    def ingest(state: IngestState) -> dict[str, Any]:
        report = office.call("ingest", paths=state.get("found", []), seconds=LONGEST)
        return {"report": report.model_dump(mode="json")}

    return ingest


def _report(state: IngestState) -> dict[str, Any]:
    report = state.get("report", {})
    counted = [f"{report.get(name, 0)} {name}" for name in ("added", "changed", "unchanged", "failed", "units")]
    return {"summary": ", ".join(counted)}
