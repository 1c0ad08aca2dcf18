"""Quoted words are placed around the lines of the picture that hold them."""

from __future__ import annotations

from groundsight.evidence.places import box_of_words
from groundsight.types import Box, TextLine


def line(text: str, x0: float, y0: float) -> TextLine:
    return TextLine(text=text, box=Box(x0=x0, y0=y0, x1=x0 + 0.2, y1=y0 + 0.05), confidence=0.9)


RECEIPT = (line("Deck brush", 0.1, 0.4), line("27.00", 0.6, 0.4), line("TOTAL EUR", 0.1, 0.6), line("27.00", 0.6, 0.6))


def test_words_of_one_line_stand_in_its_box() -> None:
    assert box_of_words(RECEIPT, "Deck") == RECEIPT[0].box


def test_a_row_of_two_lines_stands_in_the_box_around_both() -> None:
    assert box_of_words(RECEIPT, "TOTAL EUR 27.00") == Box(x0=0.1, y0=0.6, x1=0.8, y1=0.65)


def test_words_that_were_not_read_have_no_box() -> None:
    assert box_of_words(RECEIPT, "TOTAL EUR 28.00") is None
    assert box_of_words((), "x") is None
    assert box_of_words(RECEIPT, " ") is None
