"""A question asked in rounds: the graph stops where it needs its client, waits, and goes on with the reply."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import InputRequired
from groundsight.graphs.answer import STEPS_AT_MOST, Asking, build_answer_graph
from groundsight.graphs.review import as_client_request, as_response
from groundsight.rounds import Client, Json
from groundsight.types import Answer

if TYPE_CHECKING:
    from groundsight.settings import Agent
    from groundsight.suite import Suite

# A client of 2026-07-28 gives a call up after ten rounds unless it was told otherwise; one is left for the review.
ROUNDS_AT_MOST = 8
CONFIG = {"configurable": {"thread_id": "question"}, "recursion_limit": STEPS_AT_MOST}
NO_PERSON = "this client cannot ask a person, and agent.review wants one"


@dataclass
class Waiting:
    """A question between two rounds: its checkpoints, what it asked, and what the asking has cost so far."""

    saver: Any
    request: Json = field(default_factory=dict[str, Any])
    rounds: int = 0
    seconds: float = 0.0
    since: float = 0.0
    missed: int = 0
    refused: str = ""

    def ask(self, request: Json) -> None:
        """Note what is asked, and when."""
        self.request, self.since, self.rounds = request, time.monotonic(), self.rounds + 1

    def hear(self, reply: Json) -> Json:
        """Note what came; the time that a model took counts, that of a person does not."""
        if "sample" in self.request:
            self.seconds += time.monotonic() - self.since
            self.refused = self.refused or str(reply.get("failed", ""))
        self.missed = 0
        return reply

    def answered_here(self, request: Json, client: Client, budget: Agent, worked: float) -> Json | None:
        """Answer in the client's place where it can't or shall not be asked; None when it has to be asked."""
        if "approve" in request:
            return None if client.approves else {"approved": False, "why": NO_PERSON}
        reason = self.refused or self._over(client, budget, worked)
        return {"failed": reason} if reason else None

    def _over(self, client: Client, budget: Agent, worked: float) -> str:
        if not client.samples:
            return "this client offers no model"
        if self.rounds >= ROUNDS_AT_MOST:
            return f"the round budget is used up ({ROUNDS_AT_MOST})"
        if worked + self.seconds >= budget.seconds:
            return f"the time budget is used up ({budget.seconds} s)"
        return ""


def answer_in_rounds(suite: Suite, asked: Json, client: Client) -> Answer:
    """Start on a question, or go on with one that waited for this client.

    Raises:
        InputRequired: the client has to answer first.
        TimedOut: the question waited too long.
    """
    waiting, given = _begun(suite, client) if client.ticket else _new(asked)
    graph = build_answer_graph(suite)
    graph.checkpointer = waiting.saver
    chosen = Asking(suite.settings.agent.review)
    while True:
        state = graph.invoke(given, CONFIG, context=chosen)
        if not state.get("__interrupt__"):
            return Answer.model_validate(state["answer"])
        request = as_client_request(state["__interrupt__"][0].value)
        worked = graph.get_state(CONFIG).values.get("seconds", 0.0)
        reply = waiting.answered_here(request, client, suite.settings.agent, worked)
        if reply is None:
            waiting.ask(request)
            raise _held(suite, client, waiting)
        given = _resumed(reply)


def _new(asked: Json) -> tuple[Waiting, Any]:
    from langgraph.checkpoint.memory import InMemorySaver

    return Waiting(InMemorySaver()), asked


def _begun(suite: Suite, client: Client) -> tuple[Waiting, Any]:
    """Take up a question; one whose client came without a reply asks once more, as the protocol wishes."""
    waiting = cast("Waiting", client.shelf.take(_owner(suite), client.ticket))
    if client.reply is None and not waiting.missed:
        waiting.missed += 1
        raise _held(suite, client, waiting)
    missing = {"failed": "the client sent no reply", "approved": False, "why": "the client sent no reply"}
    return waiting, _resumed(waiting.hear(client.reply or missing))


def _held(suite: Suite, client: Client, waiting: Waiting) -> InputRequired:
    return InputRequired.of(waiting.request, client.shelf.put(_owner(suite), waiting))


def _owner(suite: Suite) -> str:
    """What was found with one person's rights is given to nobody with others, not even to the same person."""
    return suite.principal.model_dump_json()


def _resumed(reply: Json) -> Any:
    from langgraph.types import Command

    return Command(resume=as_response(reply))
