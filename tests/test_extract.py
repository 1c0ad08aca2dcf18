"""The quoting writer: it finds the passage that answers, quotes it exactly, and names sources that disagree."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.extract import find
from groundsight.agent.passages import passages
from groundsight.agent.question import analyse
from groundsight.agent.state import Finding
from groundsight.types import Box, Evidence, EvidencePart, Place, Span, TextLine
from tests.agent_house import HOUSE, make_evidence


def answer(question: str, *evidence: Evidence) -> Finding | None:
    return find(1, analyse(question), evidence)


def said(question: str, *evidence: Evidence) -> str:
    found = answer(question, *evidence)
    return found.sentence if found else ""


HOUSE_EVIDENCE = [make_evidence(text, source) for source, text in HOUSE.items()]


def test_a_bare_line_is_given_the_name_it_stands_under() -> None:
    assert said("What was the total of invoice INV-2041?", *HOUSE_EVIDENCE) == "INV-2041: Total: EUR 1,284.50"


def test_a_sentence_is_quoted_as_it_stands() -> None:
    assert said("How long is the notice period?", *HOUSE_EVIDENCE) == "The notice period is 90 days."


def test_the_value_can_be_put_into_the_next_question() -> None:
    found = answer("Who is the manager of the Berlin office?", *HOUSE_EVIDENCE)
    assert found is not None
    assert found.value == "Anna Schmidt"


def test_a_table_cell_is_named_by_its_row_and_column() -> None:
    cells = (("Item", "Qty", "Price"), ("Bolt M4", "12", "3.50"), ("Nut M4", "40", "1.20"))
    table = make_evidence("\n".join(" | ".join(row) for row in cells), "parts.xlsx", kind="table", cells=cells)
    assert said("What is the price of Nut M4?", table) == "Nut M4: Price: 1.20"


def test_a_year_is_looked_up_in_its_own_column() -> None:
    cells = (("Figure", "2022", "2023"), ("Revenue", "5.1", "6.4"), ("Profit", "0.4", "0.9"))
    table = make_evidence("\n".join(" | ".join(row) for row in cells), "years.xlsx", kind="table", cells=cells)
    assert said("What was the revenue in 2023?", table) == "Revenue: 2023: 6.4"
    assert said("What was the revenue in 2021?", table) == ""


def test_an_ocr_line_keeps_its_own_box() -> None:
    box = Box(x0=0.1, y0=0.2, x1=0.5, y1=0.3)
    text = "ACME PUMPS\nSerial number: SN-4471"
    scan = make_evidence(
        text,
        "plate.png",
        kind="image",
        parts=(EvidencePart(channel="ocr", span=Span(start=0, end=len(text)), confidence=0.9),),
        lines=(TextLine(text="Serial number: SN-4471", box=box, confidence=0.9),),
    )
    found = answer("What is the serial number?", scan)
    assert found is not None
    assert (found.value, found.quote.box, found.quote.channel) == ("SN-4471", box, "ocr")


def test_sources_that_disagree_are_both_named_and_the_newer_comes_first() -> None:
    old = make_evidence("The notice period is 30 days.", "handbook-old.txt", created=date(2020, 1, 1))
    new = make_evidence("The notice period is 90 days.", "handbook.txt", created=date(2024, 1, 1))
    found = answer("How long is the notice period?", old, new)
    assert found is not None
    assert found.sentence == "The notice period is 90 days."
    assert [quote.text for quote in found.rivals] == ["The notice period is 30 days."]


def test_a_final_version_wins_over_a_newer_draft() -> None:
    draft = make_evidence("The budget is EUR 900.", "budget-draft.txt", created=date(2024, 5, 1))
    final = make_evidence("The budget is EUR 800.", "budget-final.txt", created=date(2024, 4, 1))
    assert said("How much is the budget?", draft, final) == "The budget is EUR 800."


def test_a_banned_sentence_is_not_used_again() -> None:
    asked = analyse("How long is the notice period?")
    assert find(1, asked, HOUSE_EVIDENCE, (), {"The notice period is 90 days."}) is None


def test_a_wrapped_line_does_not_end_a_sentence() -> None:
    text = "The warranty period of the pump begins on the day of delivery and\nlasts for 24 months."
    assert said("How long is the warranty period of the pump?", make_evidence(text)) == text.replace("\n", " ")


def test_braces_and_markup_in_documents_are_only_text() -> None:
    text = "The access code {code} is ${7*7} for {{user}}."
    assert said("What is the access code?", make_evidence(text)) == text


@given(st.text(max_size=300))
def test_every_passage_is_an_exact_quote(text: str) -> None:
    for passage in passages([make_evidence(text)]):
        assert text[passage.span.start : passage.span.end] == passage.quoted


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), max_size=5), st.text(max_size=40))
def test_any_table_and_question_are_survived(rows: list[list[str]], question: str) -> None:
    cells = tuple(tuple(row) for row in rows)
    table = make_evidence("\n".join(" | ".join(row) for row in rows), kind="table", cells=cells, place=Place(page=1))
    found = find(1, analyse(question), [table])
    assert found is None or table.text[found.quote.span.start : found.quote.span.end] == found.quote.text
