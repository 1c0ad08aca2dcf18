"""Questions are taken apart by rule, and what is asked of the evidence is read from them."""

from __future__ import annotations

import pytest

from groundsight.agent.planner import plan, ready
from groundsight.agent.question import Question
from groundsight.agent.state import Finding, Plan, PlanStep
from groundsight.types import Quote, Span


def steps(question: str) -> list[str]:
    return [step.question for step in plan(question).steps]


def finding(step: int, value: str) -> Finding:
    quote = Quote(evidence_id="e", span=Span(start=0, end=1), text="x")
    return Finding(step=step, question="", sentence="x", quote=quote, value=value)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What is the phone number of the manager of the Berlin office?",
            ["Who is the manager of the Berlin office?", "What is the phone number of {1}?"],
        ),
        (
            "Where was the director of the film Blue Harbor born?",
            ["Who is the director of the film Blue Harbor?", "Where was {1} born?"],
        ),
        ("What is Acme's CEO's email address?", ["Who is the CEO of Acme?", "What is {1}'s email address?"]),
        ("When was the company that made the X200 founded?", ["Which company made the X200?", "When was {1} founded?"]),
        (
            "When did the father of the founder of Acme die?",
            ["Who is the founder of Acme?", "Who is the father of {1}?", "When did {2} die?"],
        ),
    ],
)
def test_a_chain_is_taken_apart_from_the_inside(question: str, expected: list[str]) -> None:
    assert steps(question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which project has the higher budget, Alpha or Beta?", "What is the budget of {}?|Alpha|Beta"),
        ("Who is older, Anna Schmidt or Bob Lee?", "How old is {}?|Anna Schmidt|Bob Lee"),
        ("Which project has more employees, Alpha or Beta?", "How many employees does {} have?|Alpha|Beta"),
    ],
)
def test_a_comparison_asks_the_same_of_both_sides(question: str, expected: str) -> None:
    asks, one, other = expected.split("|")
    made = plan(question)
    assert made.join == "compare"
    assert [step.question for step in made.steps] == [asks.format(one), asks.format(other)]


def test_a_conjunction_gives_independent_steps() -> None:
    made = plan("What is the notice period and who approved it?")
    assert made.join == "all"
    assert all(not step.after for step in made.steps)


@pytest.mark.parametrize(
    "question",
    [
        "What is the total of invoice INV-2041?",
        "Who is the manager of the Berlin office?",
        "How long is the notice period?",
    ],
)
def test_a_simple_question_stays_whole(question: str) -> None:
    assert steps(question) == [question]


def test_a_step_is_ready_once_the_answer_it_needs_is_there() -> None:
    made = plan("What is the extension of the manager of the Berlin office?")
    assert [step.step for step in ready(made, [])] == [1]
    assert [step.question for step in ready(made, [finding(1, "Anna Schmidt")])] == [
        "What is the extension of Anna Schmidt?"
    ]


def test_braces_in_a_question_are_not_a_template() -> None:
    made = Plan(
        steps=(PlanStep(step=1, question="What is {0} or {name}?"), PlanStep(step=2, question="{1} {2}", after=(1,)))
    )
    assert ready(made, [])[0].question == "What is {0} or {name}?"
    assert ready(made, [finding(1, "{2}")])[0].question == "{2} {2}"


def test_names_ids_numbers_and_quotes_are_hard_needs() -> None:
    asked = Question('What did Anna Schmidt pay for "Blue Harbor" on order PO-77 in 2023?')
    assert {(need.kind, need.shown) for need in asked.needs if need.hard} == {
        ("name", "Anna Schmidt"),
        ("quoted", "Blue Harbor"),
        ("id", "PO-77"),
        ("number", "2023"),
    }


def test_plain_words_of_a_question_are_its_topic() -> None:
    asked = Question("What is the warranty period of the X200 pump?")
    assert asked.topic == ["warranty", "period", "pump"]
    assert [need.shown for need in asked.needs if need.hard] == ["X200"]


def test_a_possessive_is_no_part_of_a_name() -> None:
    assert [need.stems for need in Question("What is Ann Berg's office?").hard] == [("ann", "berg")]
