"""Questions that wait: the shelf that holds them, and the graph that goes on where it stopped."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import InputRequired, TimedOut
from groundsight.graphs import rounds
from groundsight.graphs.answer import answer_question
from groundsight.rounds import HELD_EACH, HELD_SECONDS, Client, Shelf
from groundsight.tracing import Watch
from groundsight.types import Answer, Principal
from tests.agent_house import HouseSuite
from tests.chat_server import draft_of, plan_of
from tests.client_model import PERIOD, Asked

INNER = "Who is the manager of the person who prepared the travel policy?"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_opens_once_and_only_for_its_owner() -> None:
    shelf = Shelf()
    ticket = shelf.put("ann", "work")
    for owner, name in (("bob", ticket), ("ann", "guess"), ("ann", "")):
        with pytest.raises(TimedOut, match="no longer held"):
            shelf.take(owner, name)
    assert shelf.take("ann", ticket) == "work"
    with pytest.raises(TimedOut):
        shelf.take("ann", ticket)
    assert len(shelf) == 0


def test_what_waits_too_long_is_forgotten() -> None:
    clock = Clock()
    shelf = Shelf(clock)
    ticket = shelf.put("ann", "work")
    clock.now = HELD_SECONDS
    with pytest.raises(TimedOut) as caught:
        shelf.take("ann", ticket)
    assert caught.value.next_step == "ask again"
    assert len(shelf) == 0


@given(st.lists(st.sampled_from("abc"), max_size=80))
def test_no_owner_holds_more_than_its_share_nor_takes_from_anothers(owners: list[str]) -> None:
    shelf = Shelf()
    tickets = [(owner, shelf.put(owner, at)) for at, owner in enumerate(owners)]
    for owner in "abc":
        own = [(at, ticket) for at, (who, ticket) in enumerate(tickets) if who == owner]
        for at, ticket in own[-HELD_EACH:]:
            assert shelf.take(owner, ticket) == at
    assert len(shelf) == 0


def in_rounds(reply: Any, question: str = PERIOD, **agent: Any) -> tuple[Answer, list[dict[str, Any]]]:
    """Answer with a client whose replies are a function of what it is asked; a new suite each round."""
    client, asked = Client(samples=True, approves=True), list[dict[str, Any]]()
    while True:
        suite = HouseSuite(watch=Watch(client=client), **agent)
        try:
            return answer_question(suite, question), asked  # type: ignore[arg-type]
        except InputRequired as waits:
            asked.append(json.loads(json.dumps(waits.request)))
            client = Client(client.shelf, samples=True, approves=True, ticket=waits.ticket, reply=reply(asked[-1]))


def scripted(request: dict[str, Any]) -> dict[str, Any]:
    if "approve" in request:
        return {"approved": True}
    asked = Asked(request["sample"]["system"], request["sample"]["user"])
    good = draft_of(("The notice period is 90 days.", [asked.id_of("90 days")]))
    return {"text": plan_of(PERIOD) if asked.plans else good, "model": "m"}


@pytest.mark.parametrize("review", ["none", "plan", "answer"])
def test_a_question_goes_on_where_it_stopped(review: str) -> None:
    answered, asked = in_rounds(scripted, llm="client", review=review)
    assert answered.text == "The notice period is 90 days [1]."
    assert answered.tier.models["writer"] == "client:m"
    kinds = [str(request.get("approve", "sample")) for request in asked]
    assert (
        kinds
        == {
            "none": ["sample"],
            "plan": ["plan", "sample"],
            "answer": ["sample", "answer"],
        }[review]
    )
    assert [step.node for step in answered.trace] == ["plan", "search", "assess", "draft", "verify"]


def test_the_time_that_a_model_takes_counts_and_that_of_a_person_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(rounds, "time", SimpleNamespace(monotonic=clock))

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        clock.now += 1_000
        said = scripted(request)
        return said | {"text": str(said.get("text")).replace("90 days", "30 days")} if "sample" in request else said

    answered, asked = in_rounds(slow, llm="client", review="plan")
    assert [str(request.get("approve", "sample")) for request in asked] == ["plan", "sample"]
    assert [lane.reason for lane in answered.degraded] == ["unreachable: the time budget is used up (120 s)"]
    assert answered.tier.models["writer"] == "rules"
    answered, asked = in_rounds(slow, review="plan")
    assert (answered.status, len(asked)) == ("answered", 1)


def test_a_question_is_not_taken_up_with_other_rights() -> None:
    suite = HouseSuite(watch=Watch(client=Client(samples=True)), llm="client")
    with pytest.raises(InputRequired) as waits:
        answer_question(suite, PERIOD)  # type: ignore[arg-type]
    assert suite.watch.client is not None
    back = Client(suite.watch.client.shelf, samples=True, ticket=waits.value.ticket, reply={"failed": "declined"})
    suite.watch, suite.principal = Watch(client=back), Principal(labels=("board",))
    with pytest.raises(TimedOut):
        answer_question(suite, PERIOD)  # type: ignore[arg-type]
    suite.principal = Principal()
    assert answer_question(suite, PERIOD).status == "answered"  # type: ignore[arg-type]


def test_a_client_that_declines_gets_exactly_what_the_rules_say() -> None:
    for question in (PERIOD, INNER, "What was the profit in 2024?"):
        by_rule = answer_question(HouseSuite(), question)  # type: ignore[arg-type]
        declined, _ = in_rounds(lambda _: {"failed": "declined"}, question, llm="client")
        assert (declined.status, declined.text) == (by_rule.status, by_rule.text)


def test_without_a_client_the_rules_answer_and_nobody_is_asked() -> None:
    answered = answer_question(HouseSuite(llm="client", review="answer"), PERIOD)  # type: ignore[arg-type]
    assert answered.status == "answered"
    assert [lane.lane for lane in answered.degraded] == ["language model"]
