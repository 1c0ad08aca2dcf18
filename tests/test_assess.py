"""Near misses abstain, and say which part was not found."""

from __future__ import annotations

import pytest

from groundsight.agent.answerer import find
from groundsight.agent.assess import explain, is_identifier, note_of
from groundsight.agent.question import Question
from tests.agent_house import HOUSE, make_evidence
from tests.test_answerer import eyes

EVIDENCE = [make_evidence(text, source) for source, text in HOUSE.items()]
NEAR_MISSES = [
    ("What is the VAT number on invoice INV-2041?", "VAT"),
    ("When was invoice INV-2041 paid?", "paid"),
    ("What is the total of invoice INV-2043?", "INV-2043"),
    ("Who is the manager of the Rome office?", "Rome"),
    ("What is the extension of Bob Lee?", "Bob Lee"),
    ("What was the revenue in 2023?", "2023"),
    ("How many employees did the company have in 2019?", "2019"),
    ("What was the profit in 2024?", "profit"),
    ("What is the budget of Project Gamma?", "Gamma"),
    ("Who is the project lead of Project Alpha?", "lead"),
    ("Who approved the travel policy?", "approved"),
    ("What is the deadline of Project Beta?", "deadline"),
    ("How long is the probation period?", "probation"),
    ("Is parking allowed in the office?", "parking"),
    ('What does "Project Falcon" cost?', "Project Falcon"),
    ("What is the email address of Anna Schmidt?", "email"),
]


@pytest.mark.parametrize(("question", "named"), NEAR_MISSES)
def test_a_near_miss_is_not_answered_and_what_was_looked_for_is_named(question: str, named: str) -> None:
    assert find(1, question, EVIDENCE, eyes(), ()) is None
    assert named in explain(Question(question), EVIDENCE)


def test_an_unknown_name_is_said_to_be_in_nothing_that_was_found() -> None:
    asked = Question('What is "Project Falcon"?')
    assert "Falcon" in explain(asked, EVIDENCE)
    assert (
        note_of(Question("Who runs Zandvoort?"), EVIDENCE)
        == f'"Zandvoort" is in none of the {len(EVIDENCE)} passages found.'
    )
    assert note_of(Question("Who runs Zandvoort?"), EVIDENCE[:1]) == '"Zandvoort" is not in the one passage found.'


@pytest.mark.parametrize(
    "question",
    [
        "Who is Dr. Anna Schmidt?",
        "What did the rent cost in Euro?",
        "What was the revenue in FY2024?",
        "Who is Bob Lee?",
    ],
)
def test_a_title_a_unit_and_a_fiscal_year_are_no_absent_names(question: str) -> None:
    assert note_of(Question(question), EVIDENCE) == ""


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What is the total of INV-2043?", True),
        ("Who signed for order 7781?", True),
        ("What was the revenue in 2019?", False),
        ("What was the profit in FY2022?", False),
        ("Who may wait 300 days?", False),
    ],
)
def test_an_identifier_is_what_nothing_else_can_stand_for(question: str, named: bool) -> None:
    asked = Question(question)
    assert any(is_identifier(need, asked) for need in asked.needs) is named


def test_without_evidence_nothing_is_claimed_about_documents() -> None:
    assert explain(Question("What is the total?"), []) == "The search found nothing that matches the question."
