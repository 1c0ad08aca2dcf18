"""Sentences that read like an answer and are none: told by their words, whatever the reader likes."""

from __future__ import annotations

import pytest

from groundsight.agent import proposals
from groundsight.agent.candidates import Proposal
from groundsight.agent.question import Question
from groundsight.evidence.windows import windows
from groundsight.language.sentences import evidence_from_text

OFFERS = (
    "Three heating firms\n\n- Brand & Ott: 9,400 euros, 12 years of guarantee. Work takes a week.\n"
    "- Calidus: 8,100 euros, five years of guarantee. Their fitter can come within 6 days.\n"
)


def vetoed(question: str, text: str, value: str) -> list[str]:
    """Name what refuses a value of a text as an answer."""
    (window,) = windows([evidence_from_text("e", "e.txt", text)])
    start = window.text.index(value)
    one = Proposal(window, start, start + len(value), 1.0, 1, file_words=frozenset(text.casefold().split()))
    return [veto.__name__ for veto in proposals.VETOES if veto(Question(question), one)]


@pytest.mark.parametrize(
    ("question", "text", "value", "veto"),
    [
        ("How many boats raced in 2023?", "Nine boats raced, four more than in 2023.", "Nine", "of_the_other_side"),
        ("What does the second child pay?", "The first child pays 12 euros.", "12 euros", "of_another_rank"),
        ("What colour did the glaze get?", "We had hoped for blue.", "blue", "unreal"),
        ("What did both cost together?", "The roof cost 300 euros, the gate 90 euros.", "300 euros", "unsummed"),
        ("Why is the fair not held?", "The fair is not held this year.", "not held this year", "reasonless"),
        ("When did the clock run again?", "It is expected to run again in May.", "May", "undone"),
        ("When does the class end?", "The class starts at 9:45.", "9:45", "opposed"),
        ("Who approved the plan?", "Plan of the hall\nPrepared by Ines Falk.", "Ines Falk", "opposed"),
        ("How soon can the fitter of Brand & Ott come?", OFFERS, "6 days", "of_a_next_point"),
    ],
)  # fmt: skip
def test_what_only_reads_like_an_answer_is_refused(question: str, text: str, value: str, veto: str) -> None:
    assert veto in vetoed(question, text, value)


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("How many boats raced this year?", "Nineteen boats raced, four more than in 2023.", "Nineteen"),
        ("What does the first child pay?", "The first child pays 12 euros.", "12 euros"),
        ("What had we hoped for?", "We had hoped for blue.", "blue"),
        ("What did the roof cost?", "The roof cost 300 euros, the gate 90 euros.", "300 euros"),
        ("Why is the fair not held?", "The fair is not held because the field is wet.", "the field is wet"),
        ("When is the clock to run again?", "It is expected to run again in May.", "May"),
        ("When does the class start?", "The class starts at 9:45.", "9:45"),
        ("Who prepared the plan?", "Plan of the hall\nPrepared by Ines Falk.", "Ines Falk"),
        ("How soon can the fitter of Calidus come?", OFFERS, "6 days"),
    ],
)
def test_what_answers_is_not_refused_by_those_words(question: str, text: str, value: str) -> None:
    assert not vetoed(question, text, value)
