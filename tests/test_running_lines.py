"""Lines that run along the pages are kept once; whatever differs by more than the page's number is never lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from groundsight.ingestion import Element
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.readers.pdf.running import keep_once
from groundsight.ingestion.sniff import PDF
from groundsight.settings import Limits
from groundsight.types import Box

ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
# To 39: the x of a line's own words and a numeral behind it are one numeral.
NUMERALS = {10 * tens + ones: "x" * tens + ("", *ROMANS)[ones] for tens in range(4) for ones in range(10)}
NAMES = {name: value for value, name in NUMERALS.items()}
BODY = "the quick brown fox jumps over the lazy dog and runs into the deep green forest"


def shown(folder: Path, line: Callable[[int], str], *, pages: int = 5, foot: bool = True, turned: bool = False) -> str:
    """All texts of a PDF that has one line at the edge of every page."""
    path, size = folder / "a.pdf", landscape(A4) if turned else A4
    canvas = Canvas(str(path), pagesize=size)
    for page in range(1, pages + 1):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(60, 18 if foot else size[1] - 24, line(page))
        canvas.setFont("Helvetica", 11)
        canvas.drawString(60, size[1] / 2, f"{BODY}, {page} times")
        canvas.showPage()
    canvas.save()
    parsed = BuiltinPartitioner()(path, PDF, folder, Limits())
    return "\n".join(element.text for element in parsed.elements)


@pytest.mark.parametrize(("foot", "turned", "pages"), [(True, False, 5), (False, False, 3), (True, True, 12)])
@pytest.mark.parametrize(
    "line",
    [
        lambda page: f"Balance carried forward {1203 + page * 17},{page}3.50",
        lambda page: f"Balance carried forward {page * 100}",
        lambda page: f"Amount due: {page},00 EUR",
        lambda page: f"Invoice {1000 + page}",
        lambda page: f"Invoice INV-{page} of 2024-03-0{page % 9 + 1}",
        lambda page: f"Clause 3.{page}",
        lambda page: f"As of 2024-0{page % 9 + 1}-15",
        lambda page: f"Page {page} of 12, order {700 + page * page}",
        lambda page: f"{page}/7 of the shares",
        lambda page: f"Part {'I' * page}",
    ],
)  # fmt: skip
def test_what_differs_by_more_than_the_page_number_stays(
    tmp_path: Path, line: Callable[[int], str], foot: bool, turned: bool, pages: int
) -> None:
    found = shown(tmp_path, line, pages=pages, foot=foot, turned=turned)
    assert [line(page) for page in range(1, pages + 1) if line(page) not in found] == []


@pytest.mark.parametrize(
    "line",
    [
        lambda page: "Harbour Authority, annual report 2024",
        lambda page: f"Page {page} of 5",
        lambda page: f"Annual report 2024 | {page}",
        lambda page: f"{page}/5",
        lambda page: f"- {page} -",
        lambda page: f"-{page}-",
        lambda page: f"{300 + page}",
        lambda page: ROMANS[page],
        lambda page: f"Preface {ROMANS[page - 1]}",
        lambda page: "Apple Orchards | Form 10-Q | 2024",
    ],
)  # fmt: skip
def test_equal_lines_and_page_numbers_are_kept_once(tmp_path: Path, line: Callable[[int], str]) -> None:
    found = shown(tmp_path, line).splitlines()
    assert [text for text in found if not text.startswith(BODY)] == [line(1)]


def test_a_document_of_two_pages_keeps_all_its_lines(tmp_path: Path) -> None:
    assert shown(tmp_path, lambda page: f"Page {page} of 2", pages=2).count("of 2") == 2


def test_a_number_that_counts_on_some_pages_only_is_no_page_number(tmp_path: Path) -> None:
    units = (1, 2, 3, 4, 9)
    found = shown(tmp_path, lambda page: f"Open items {units[page - 1]}")
    assert all(f"Open items {number}" in found for number in units)


def test_an_equal_line_at_another_place_is_not_a_running_line(tmp_path: Path) -> None:
    places = (0.01, 0.03, 0.05)
    lines = [edge_line("Signed", page, top) for page, top in enumerate(places, 1)]
    assert keep_once(lines, 3) == lines


def edge_line(text: str, page: int, top: float = 0.95) -> Element:
    return Element(kind="text", text=text, page=page, box=Box(x0=0.1, y0=top, x1=0.5, y1=top + 0.02))


PARTS = st.sampled_from(["", "Page ", "Lot ", "- ", " -", "-", " of 5", "/5", "€ ", ",00", ".5", " | ", "x", "i", "1"])
NUMBERS = st.sampled_from([str, lambda value: ROMANS[value % 10], lambda value: ROMANS[value % 10].upper()])


@given(PARTS, NUMBERS, PARTS, st.integers(-2, 3), st.lists(st.sampled_from([0, 0, 0, 1, 40]), min_size=3, max_size=8))
def test_no_line_is_lost_but_for_the_number_of_its_page(
    before: str, written: Callable[[int], str], after: str, ahead: int, odd: list[int]
) -> None:
    """What goes away equals a line that stays, once the number that counts the pages is put in."""
    texts = [f"{before}{written(abs(page + ahead + extra))}{after}" for page, extra in enumerate(odd, 1)]
    lines = [edge_line(text, page) for page, text in enumerate(texts, 1)]
    kept = keep_once(lines, len(lines))
    for line in lines:
        assert line in kept or any(as_on_page(other, line.page or 0) >= {line.text} for other in kept)


def as_on_page(line: Element, page: int) -> set[str]:
    """The texts that a line may have on another page: itself, and itself with one number moved by the pages between."""
    texts, apart = {line.text}, page - (line.page or 0)
    for found in re.finditer(r"\d+|[ivx]+|[IVX]+", line.text):
        value = int(found.group()) if found.group().isdecimal() else NAMES.get(found.group().lower(), -99)
        moved = str(value + apart) if found.group().isdecimal() else NUMERALS.get(value + apart, "")
        cased = moved.upper() if found.group().isupper() else moved
        texts.add(line.text[: found.start()] + cased + line.text[found.end() :])
    return texts


@pytest.mark.parametrize("line", ["Amount due: 120.50 EUR", "Contract KT-4411", "Customer 88231", "€ 40", "1,203.50"])
def test_a_line_with_money_or_an_identifier_stays_on_every_page(tmp_path: Path, line: str) -> None:
    assert shown(tmp_path, lambda _: line).count(line) == 5
