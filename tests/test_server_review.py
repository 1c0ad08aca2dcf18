"""A person approves the plan or the answer over MCP, in both eras, before the work goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.agent_house import AskedHouse
from tests.client_model import GOOD, Person, says
from tests.test_server_sampling import CHAIN, ask, mode

_ = mode
APPROVED = says("accept", approved=True)
NOT_APPROVED = [says("accept", approved=False), says("accept"), says("decline"), says("cancel")]


def house(home: Path, review: str, **agent: Any) -> AskedHouse:
    return AskedHouse(home, review=review, **agent)


@pytest.mark.parametrize(("review", "words"), [("plan", "manager of the Berlin office"), ("answer", "4711")])
def test_a_person_sees_what_is_approved_and_the_answer_comes(
    tmp_path: Path, mode: str, review: str, words: str
) -> None:
    person = Person(approves=APPROVED)
    given = ask(mode, house(tmp_path, review), person, CHAIN)
    assert (given["status"], given["degraded"]) == ("answered", [])
    assert len(person.shown) == 1
    assert words in person.shown[0]


@pytest.mark.parametrize("reply", NOT_APPROVED, ids=["no", "empty", "decline", "cancel"])
@pytest.mark.parametrize("review", ["plan", "answer"])
def test_anything_but_a_yes_gives_no_answer_and_says_why(tmp_path: Path, mode: str, review: str, reply: Any) -> None:
    given = ask(mode, house(tmp_path, review), Person(approves=reply), CHAIN)
    assert (given["status"], given["stop_reason"]) == ("abstained", f"a person declined the {review}")
    assert (given["citations"], given["verdicts"], given["grounding_ratio"]) == ([], [], None)
    assert "4711" not in given["text"]


@pytest.mark.parametrize("review", ["plan", "answer"])
def test_a_client_that_can_not_ask_a_person_gets_no_answer(tmp_path: Path, mode: str, review: str) -> None:
    given = ask(mode, house(tmp_path, review), Person(), CHAIN)
    assert (given["status"], given["stop_reason"]) == (
        "abstained",
        "this client cannot ask a person, and agent.review wants one",
    )
    assert "4711" not in given["text"]


def test_without_the_setting_no_person_is_asked(tmp_path: Path, mode: str) -> None:
    person = Person(approves=NOT_APPROVED[2])
    assert ask(mode, AskedHouse(tmp_path), person, CHAIN)["status"] == "answered"
    assert person.shown == []


def test_a_model_and_a_person_take_turns(tmp_path: Path, mode: str) -> None:
    person = Person(GOOD, APPROVED)
    given = ask(mode, house(tmp_path, "plan", llm="client"), person)
    assert (given["text"], given["tier"]["models"]["writer"]) == (
        "The notice period is 90 days [1].",
        "client:scripted-1",
    )
    assert "How long is the notice period?" in person.shown[0]
