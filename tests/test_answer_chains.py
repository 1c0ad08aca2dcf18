"""Nested descriptions, sums of two findings, rows and picture lines: what the rules make of them."""

from __future__ import annotations

import pytest

from groundsight.agent.arithmetic import sum_of
from groundsight.agent.compose import lay_out
from groundsight.agent.extract import find
from groundsight.agent.lookup import settle
from groundsight.agent.planner import plan
from groundsight.agent.question import analyse
from groundsight.agent.state import Draft
from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from groundsight.types import Evidence, EvidencePart, Place, Span

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
    assert [step.question for step in plan(question, hops=4).steps] == steps


def test_a_chain_over_two_tables_ends_at_the_asked_cell() -> None:
    question = "Which extension does the person who approved order OR-126 have?"
    assert [one.value for one in settle(plan(question, hops=4), question, SHELF)] == ["Hugh Almond", "327"]


def test_a_row_is_found_by_any_of_its_cells() -> None:
    found = find(1, analyse("Which company supplied the safety goggles?"), SHELF)
    assert found is not None
    assert found.value == "Brightlab"


@pytest.mark.parametrize(
    "question",
    [
        "Who approved order OR-127?",
        "Who received order OR-126?",
        "Which extension does Maja Sund have?",
        "Which company supplied the lab coats?",
    ],
)
def test_another_number_or_attribute_is_not_answered_from_a_row(question: str) -> None:
    assert find(1, analyse(question), SHELF) is None


def test_a_link_that_is_not_found_is_not_skipped() -> None:
    shelf = [
        prose("rules", "The atlas collection was donated by the Marlow Foundation. It is chaired by Viktor Stahl.")
    ]
    question = "Who chairs the foundation that donated the globe collection?"
    assert settle(plan(question, hops=4), question, shelf) == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What time does the spring concert on the poster start?", "18:30"),
        ("Where does the spring concert take place?", "Main Hall"),
        ("Who is the conductor of the spring concert?", "Dora Mistry"),
    ],
)
def test_a_line_without_a_label_is_told_by_its_type(question: str, said: str) -> None:
    found = find(1, analyse(question), [POSTER])
    assert found is not None
    assert said in found.sentence


@pytest.mark.parametrize(
    "question",
    ["What time does the spring concert on the poster end?", "Who is the soloist of the spring concert?"],
)
def test_what_a_picture_does_not_say_stays_open(question: str) -> None:
    assert find(1, analyse(question), [POSTER]) is None


def test_the_reading_of_a_meter_is_not_its_number() -> None:
    meter = picture("water-meter", "WATER METER", "No. 83-20417", "004 127 m3", "Read 29 April 2024")
    found = find(1, analyse("What is the reading on the photographed water meter?"), [meter])
    assert found is not None
    assert found.quote.text == "004 127 m3"


def test_an_entry_without_a_date_is_dated_by_its_heading() -> None:
    log = prose("log", "Pump P-12 removed and sent to Linden.", "Workshop log > 23 April 2025")
    found = find(1, analyse("When was pump P-12 removed?"), [log])
    assert found is not None
    assert (found.value, found.sentence) == ("23 April 2025", "23 April 2025: Pump P-12 removed and sent to Linden.")


LOG = [
    prose("slips", "The permission slips were sent out on 22 April 2024."),
    prose("trip", "The trip to the Salt Museum takes place on 14 May 2024."),
]


def test_days_between_two_events_are_computed_from_both_dates() -> None:
    question = "How many days lie between sending out the permission slips and the trip to the Salt Museum?"
    steps = plan(question, hops=4)
    draft = sum_of(steps, settle(steps, question, LOG))
    assert draft is not None
    assert draft.sentences == ("From 22 April 2024 to 14 May 2024: 22 days",)


def test_how_much_more_is_the_difference_of_two_cells() -> None:
    costs = table("costs", (("item", "cost"), ("Coach", "480 EUR"), ("Lunch", "92 EUR")))
    question = "How much more does the coach cost than the lunch?"
    steps = plan(question, hops=4)
    draft = sum_of(steps, settle(steps, question, [costs]))
    assert draft is not None
    assert draft.sentences == ("From 92 EUR to 480 EUR: a difference of 388 EUR",)


@pytest.mark.parametrize(
    ("sentence", "label", "code"),
    [
        ("From 22 April 2024 to 14 May 2024: 22 days.", "supported", "computed"),
        ("From 22 April 2024 to 14 May 2024: 23 days.", "contradicted", "number_mismatch"),
        ("From 22 April 2024 to 15 May 2024: 23 days.", "unsupported", "entity_missing"),
    ],
)
def test_a_computed_number_needs_both_values_and_the_right_result(sentence: str, label: str, code: str) -> None:
    seen = verify(sentence, LOG, Grounding()).claims[0]
    assert (seen.label, seen.reasons[0].code) == (label, code)


def test_a_computed_difference_needs_one_unit() -> None:
    shelf = [prose("costs", "The coach costs 480 EUR. The lunch costs 92 EUR.")]
    right = verify("From 92 EUR to 480 EUR: a difference of 388 EUR.", shelf, Grounding()).claims[0]
    wrong = verify("From 92 EUR to 480 EUR: a difference of 380 EUR.", shelf, Grounding()).claims[0]
    other = verify("From 92 EUR to 480 EUR: a difference of 388 kg.", shelf, Grounding()).claims[0]
    assert (right.label, wrong.label) == ("supported", "contradicted")
    assert other.label != "supported"


def test_a_quoted_list_point_is_given_without_its_mark() -> None:
    draft = Draft(sentences=("- Pets are allowed with consent.", "-5 degrees are normal."), cites=(("u1",), ("u2",)))
    laid = lay_out(draft)
    assert laid.text == "Pets are allowed with consent [1].\n-5 degrees are normal [2]."
    assert [laid.text[span.start : span.end] for span in laid.spans] == laid.text.split("\n")
