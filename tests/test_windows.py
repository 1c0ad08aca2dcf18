"""Windows of evidence: what a reader sees leads back to the characters, the row and the column it came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundsight.evidence.selected import Lines
from groundsight.evidence.windows import windows
from groundsight.language.sentences import evidence_from_text
from groundsight.types import Evidence

ROWS = "Item | Day rate | Deposit\nTrestle | 4 EUR | 20 EUR\nMarquee | 95 EUR | 150 EUR\nTotal | 99 EUR |"
TABLE = f"Hire prices\n\n{ROWS}"


def table() -> Evidence:
    cells = tuple(tuple(cell.strip() for cell in line.split("|")) for line in TABLE.splitlines()[2:])
    return evidence_from_text("e1", "hire.csv", TABLE).model_copy(update={"kind": "table", "cells": cells})


def test_a_row_is_read_with_its_heads_and_a_value_leads_back_to_its_cell() -> None:
    (window,) = windows([table()])
    assert "Item: Marquee; Day rate: 95 EUR; Deposit: 150 EUR" in window.text
    at = window.text.index("150 EUR")
    quote = window.quote(at, at + len("150 EUR"))
    assert (quote.text, window.column_at(at)) == ("150 EUR", 2)
    assert TABLE[quote.span.start : quote.span.end] == "150 EUR"


def test_a_total_is_read_like_any_other_row() -> None:
    (window,) = windows([table()])
    assert "Item: Total; Day rate: 99 EUR" in window.text


def test_two_rows_with_one_value_lead_to_two_places() -> None:
    text = "Room | Beds\nAspen | 2\nBirch | 2"
    cells = (("Room", "Beds"), ("Aspen", "2"), ("Birch", "2"))
    (window,) = windows([evidence_from_text("e", "rooms.csv", text).model_copy(update={"cells": cells})])
    first, second = (window.text.index(f"Room: {name}") for name in ("Aspen", "Birch"))
    spans = {
        window.quote(at, at + 1).span.start for at in (window.text.index("2", first), window.text.index("2", second))
    }
    assert len(spans) == 2


@given(st.lists(st.text(st.characters(categories=("L", "N", "Zs")), min_size=3, max_size=90), min_size=1, max_size=30))
def test_every_stretch_of_a_window_is_the_text_that_stands_there(sentences: list[str]) -> None:
    text = "\n".join(f"{one.strip()}." for one in sentences if one.strip())
    for window in windows([evidence_from_text("e", "a.txt", text)] if text else []):
        for one in window.stretches:
            assert window.said(one) == text[slice(*one.span)].replace("\n", " ")


def test_of_many_lines_those_are_selected_that_say_most_of_a_claim_in_the_order_of_the_text() -> None:
    lines = Lines(["Ida plays the harp.", "The hall seats 300.", "Rehearsals begin on 4 May.", "Tickets cost 12 EUR."])
    assert lines.selected("The first rehearsal of Ida is on 4 May.") == "Ida plays the harp. Rehearsals begin on 4 May."


def test_a_word_that_may_stand_for_another_selects_its_line() -> None:
    assert "bought" in Lines(["Vera bought the kiln.", "The shed was painted."]).selected(
        "The kiln was purchased by Vera."
    )


def test_no_lines_select_nothing() -> None:
    assert Lines([]).selected("anything") == ""
