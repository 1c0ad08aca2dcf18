"""What a graph tells while it works: steps, evidence and verdicts as they come, for front ends and for programs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from groundsight.agent.nodes import Update
from groundsight.agent.state import Json
from groundsight.graphs.cached import answers_before
from groundsight.types import Answer, Evidence, Step, Verdict

if TYPE_CHECKING:
    from groundsight.suite import Suite

Event = Step | Evidence | Verdict | Answer
KINDS: dict[str, type[Step | Evidence | Verdict]] = {"step": Step, "evidence": Evidence, "verdict": Verdict}


def telling(node: Callable[..., Update]) -> Callable[..., Update]:
    """Let a node tell what it brought, as ``{"step": ...}``, ``{"evidence": ...}`` and ``{"verdict": ...}``.

    A stream with ``stream_mode="custom"`` carries these; without one nothing is told.
    """
    from langgraph.config import get_stream_writer

    def told(state: Any) -> Update:
        update, tell = node(state), get_stream_writer()
        for part in _parts(update):
            tell(part)
        return update

    return told


def stream_answer(suite: Suite, question: str, picture: str = "") -> Generator[Event]:
    """Answer a question, and yield what is known as it comes, each evidence once; the answer is last.

    Raises:
        GroundsightError: as ``answer_question``.
    """
    from groundsight.graphs.answer import asked_of, build_answer_graph

    before = answers_before(suite, picture)
    found = before.find(question) if before else None
    events = iter([found]) if found else told_by(build_answer_graph(suite), asked_of(question, picture))
    for event in recorded_events(suite, events):
        if isinstance(event, Answer) and before:
            before.keep(question, event)
        yield event


def recorded_events(suite: Suite, events: Iterator[Event]) -> Generator[Event]:
    """Record a question whose answer comes event by event; each step runs in a context that nobody else sees."""
    context, asking = copy_context(), suite.parts.calls.recorded("ask", suite.principal)
    call = context.run(asking.__enter__)
    try:
        while (event := context.run(next, events, None)) is not None:
            yield context.run(suite.accounted, event, call) if isinstance(event, Answer) else event
    finally:
        if isinstance(events, Generator):
            context.run(events.close)
        context.run(asking.__exit__, None, None, None)


def told_by(graph: Any, given: Json, thread: str = "") -> Generator[Event]:
    """Run a graph that answers, the answer graph or one around it, and yield what it tells as it comes.

    ``thread`` names what the checkpointer of the graph remembers.
    """
    from groundsight.graphs.answer import STEPS_AT_MOST, Asking

    shown, final = set[str](), Json()
    config = {"recursion_limit": STEPS_AT_MOST, "configurable": {"thread_id": thread} if thread else {}}
    modes = {"stream_mode": ["custom", "values"], "subgraphs": True}
    for inside, mode, part in graph.stream(given, config, context=Asking(), **modes):
        if mode == "values":
            final = final if inside else part
            continue
        [(kind, told)] = part.items()
        key = str(told.get("evidence_id", ""))
        if not key or key not in shown:
            shown.add(key)
            yield KINDS[kind].model_validate(told)
    yield Answer.model_validate(final["answer"])


def _parts(update: Update) -> Iterator[Json]:
    yield from ({"step": one} for one in update.get("trace", ()))
    yield from ({"evidence": one} for one in update.get("evidence", {}).values())
    yield from ({"verdict": one} for one in update.get("report", {}).get("claims", ()))
