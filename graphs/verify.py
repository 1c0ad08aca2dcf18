"""The verify graph: find evidence for an answer, check it sentence by sentence, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from groundsight.agent.nodes import Desk
from groundsight.graphs.office import Office, compiled, new_flow
from groundsight.tools.recording import Check
from groundsight.types import Evidence

if TYPE_CHECKING:
    from groundsight.suite import Suite

SENTENCES_SEARCHED = 100


class Written(TypedDict):
    """What the verify graph is given."""

    answer: str


class Report(TypedDict, total=False):
    """What a graph gives: its report as JSON, and that in a line."""

    report: dict[str, Any]
    summary: str


class VerifyState(Written, Report, total=False):
    """Plain JSON: what is searched for each sentence, the evidence, which of it each search found, and the report."""

    sentences: list[str]
    evidence: dict[str, Any]
    found: dict[str, list[str]]


def graph() -> Any:
    """Build the graph for a server that brings its own checkpointer; settings come from the environment."""
    return build_verify_graph()


def build_verify_graph(suite: Suite | None = None) -> Any:
    """Wire split, check and report."""
    office = Office(suite)
    flow = new_flow(VerifyState, Written, Report)
    flow.add_node("split", _split)
    flow.add_node("gather", _gather(office))
    flow.add_node("check", _check(office))
    flow.add_node("report", _report)
    flow.add_edge("__start__", "split")
    flow.add_edge("split", "gather")
    flow.add_edge("gather", "check")
    flow.add_edge("check", "report")
    flow.add_edge("report", "__end__")
    return compiled(flow, "verify")


def _split(state: VerifyState) -> dict[str, Any]:
    from groundsight.grounding.verify import queries_of

    return {"sentences": list(queries_of(state["answer"])[:SENTENCES_SEARCHED])}


def _gather(office: Office) -> Any:
    def gather(state: VerifyState) -> dict[str, Any]:
        return office.admitted("verify", {"answer": state["answer"]}, lambda desk: _found(state, desk))

    return gather


def _found(state: VerifyState, desk: Desk) -> dict[str, Any]:
    from groundsight.retrieval.evidence import evidence_from

    found = {text: evidence_from(desk.suite.search(text).hits) for text in state.get("sentences", ())}
    every = {one.evidence_id: one.model_dump(mode="json") for each in found.values() for one in each}
    return {"evidence": every, "found": {text: [one.evidence_id for one in each] for text, each in found.items()}}


def _check(office: Office) -> Any:
    def check(state: VerifyState) -> dict[str, Any]:
        known = {key: Evidence.model_validate(one) for key, one in state.get("evidence", {}).items()}
        found = {text: [known[key] for key in keys] for text, keys in state.get("found", {}).items()}
        report = office.checked(Check(state["answer"], found, searched=True))
        return {"report": report.model_dump(mode="json")}

    return check


def _report(state: VerifyState) -> dict[str, Any]:
    report = state.get("report", {})
    return {"summary": f"{report.get('verdict')}: {report.get('supported')} of {report.get('checkable')} supported"}
