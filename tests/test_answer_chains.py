"""Nested descriptions, sums of two findings, rows and picture lines: what the rules make of them."""

from __future__ import annotations

import pytest

from groundsight.agent.compose import lay_out
from groundsight.agent.lookup import Shelf, settle
from groundsight.agent.planner import plan
from groundsight.agent.state import Draft
from groundsight.types import Evidence, EvidencePart, Place, Span
from tests.test_answerer import eyes

ORDERS = (
    ("order", "supplier", "item", "approved by"),
    ("OR-121", "Medora Supplies", "bandages", "Tomas Okafor"),
    ("OR-126", "Brightlab", "safety goggles", "Hugh Almond"),
)
STAFF = (("name", "room", "extension"), ("Tomas Okafor", "N1", "318"), ("Hugh Almond", "C7", "327"))


def table(name: str, cells: tuple[tuple[str, ...], ...]) -> Evidence:
    rows = ("; ".join(f"{head}: {cell}" for head, cell in zip(cells[0], row, strict=True)) for row in cells[1:])
    return Evidence(evidence_id=name, kind="table", source=f"{name}.csv", text="\n".join(rows), cells=cells)


def picture(name: str, *lines: str) -> Evidence:
    text = "\n".join(lines)
    parts = (EvidencePart(channel="ocr", span=Span(start=0, end=len(text))),)
    return Evidence(evidence_id=name, kind="image", source=f"{name}.png", text=text, parts=parts)


def prose(name: str, text: str, section: str | None = None) -> Evidence:
    return Evidence(evidence_id=name, kind="text", source=f"{name}.txt", text=text, place=Place(section=section))


POSTER = picture(
    "concert-poster",
    "SPRING CONCERT",
    "Friday 24 May 2024",
    "Main Hall, 18:30",
    "Tickets 5 EUR",
    "Conductor: Dora Mistry",
)
SHELF = [table("orders", ORDERS), table("staff", STAFF)]


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        (
            "Which extension does the person who approved order OR-126 have?",
            ["Who approved order OR-126?", "Which extension does {1} have?"],
        ),
        (
            "Who is the captain of the ferry whose engine was overhauled?",
            ["Which ferry had its engine overhauled?", "Who is the captain of {1}?"],
        ),
        (
            "In which town is the supplier of the order on delivery note DN-552 based?",
            [
                "Which order is on delivery note DN-552?",
                "Which company is the supplier of {1}?",
                "In which town is {2} based?",
            ],
        ),
        (
            "When was the company founded that makes the Zephyr drone?",
            ["Which company makes the Zephyr drone?", "When was {1} founded?"],
        ),
        (
            "Which yard built the ferry on which the umbrella was found?",
            ["On which ferry was the umbrella found?", "Which yard built {1}?"],
        ),
    ],
)
def test_nested_descriptions_are_taken_apart_from_the_inside(question: str, steps: list[str]) -> None:
    assert [step.question for step in plan(question).steps] == steps


def test_a_chain_over_two_tables_ends_at_the_asked_cell() -> None:
    question = "Which extension does the person who approved order OR-126 have?"
    found = settle(plan(question), question, Shelf(SHELF, SHELF))
    assert [one.value for one in found] == [
        "Hugh Almond",
        "327",
    ]


def test_a_link_that_is_not_found_is_not_skipped() -> None:
    shelf = [
        prose("rules", "The atlas collection was donated by the Marlow Foundation. It is chaired by Viktor Stahl.")
    ]
    question = "Who chairs the foundation that donated the Nyberg collection?"
    assert settle(plan(question), question, Shelf(shelf, eyes=eyes())) == []


def test_how_much_more_is_the_difference_of_two_cells() -> None:
    costs = table("costs", (("item", "cost"), ("Coach", "480 EUR"), ("Lunch", "92 EUR")))
    question = "How much more does the coach cost than the lunch?"
    (found,) = settle(plan(question), question, Shelf([costs], [costs]))
    assert found.value == "388 EUR"


def test_a_quoted_list_point_is_given_without_its_mark() -> None:
    draft = Draft(sentences=("- Pets are allowed with consent.", "-5 degrees are normal."), cites=(("u1",), ("u2",)))
    laid = lay_out(draft)
    assert laid.text == "Pets are allowed with consent [1].\n-5 degrees are normal [2]."
    assert [laid.text[span.start : span.end] for span in laid.spans] == laid.text.split("\n")
