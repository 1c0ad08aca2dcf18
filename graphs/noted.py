"""A question whose steps are noted in a journal, and that goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from groundsight.agent.finish import so_far
from groundsight.graphs.answer import STEPS_AT_MOST, Asking, asked_of, build_answer_graph
from groundsight.types import Answer

if TYPE_CHECKING:
    from groundsight.journal import Journal, Json
    from groundsight.suite import Suite

# What follows these nodes depends on how the run was asked for, which no state tells.
ASKING = ("plan", "assess", "answer")
CONFIG = {"configurable": {"thread_id": "question"}, "recursion_limit": STEPS_AT_MOST}


def answer_with_notes(suite: Suite, question: str, journal: Journal, picture: str = "") -> Answer:
    """Start on a question, or go on after the node that the journal noted last; note each that ends."""
    graph, (node, state) = build_answer_graph(suite), journal.noted
    if node:
        _stand_after(graph, node, state)
        journal.note(node, state, _told)
    given = None if node else asked_of(question, picture)
    for kind, part in graph.stream(given, CONFIG, context=Asking(), stream_mode=["updates", "values"]):
        if kind == "updates":
            node = next(iter(part))
        else:
            state = part
            if node not in ("", *ASKING):
                journal.note(node, state, _told)
    return Answer.model_validate(state["answer"])


def _stand_after(graph: Any, node: str, state: Json) -> None:
    from langgraph.checkpoint.memory import InMemorySaver

    graph.checkpointer = InMemorySaver()
    graph.update_state(CONFIG, state, as_node=node)


def _told(state: Json) -> Answer:
    return so_far(cast("Any", state))
