"""The one home of pdfplumber: tables drawn with rules."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from groundsight.ingestion.readers.clean import clean_rows, one_line
from groundsight.ingestion.readers.pdfium import Rect

Cells = tuple[tuple[str, ...], ...]
_FEWEST_RULES = 4
_MOST_RULES = 4_000
_THIN = 0.006
_UPRIGHT = 0.004
_MOST_SECONDS = 15


@dataclass(frozen=True)
class RuledTable:
    """A table, its box, and whether upright rules part its columns (else only shading does)."""

    rect: Rect
    cells: Cells
    upright: bool


class RuledTables:
    """Opens the PDF a second time, and only when a page has rules at all."""

    def __init__(self, path: Path) -> None:
        self._path, self._seconds = path, 0.0
        self._warnings: dict[str, None] = {}
        self._document: Any = None

    def __enter__(self) -> RuledTables:
        return self

    def __exit__(self, *_: object) -> None:
        if self._document is not None:
            self._document.close()

    def on_page(self, number: int, rules: list[Rect], shades: list[Rect]) -> list[RuledTable]:
        """Return the tables of a page with their boxes; merged header rows are flattened."""
        paths = rules + shades
        if not self._may_read(paths):
            return []
        start = time.process_time()
        tables = self._tables(number, rules)
        self._seconds += time.process_time() - start
        return tables

    @property
    def warnings(self) -> tuple[str, ...]:
        """Say what was left out."""
        return tuple(self._warnings)

    def _may_read(self, paths: list[Rect]) -> bool:
        if not _FEWEST_RULES <= len(paths) <= _MOST_RULES or not _has_grid(paths):
            return False
        if self._seconds > _MOST_SECONDS:
            self._warnings[f"ruled tables were read only for the first {_MOST_SECONDS} s"] = None
            return False
        return True

    def _tables(self, number: int, rules: list[Rect]) -> list[RuledTable]:
        from pdfplumber.utils.exceptions import PdfminerException

        try:
            page = self._open().pages[number - 1]
            return [found for table in page.find_tables() if (found := _read(table, page.bbox, rules)) is not None]
        except (PdfminerException, ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
            # pdfminer.six stops at faults that PDFium reads past; the text of the page is not lost.
            self._warnings[f"page {number}: ruled tables could not be read ({type(error).__name__})"] = None
            return []

    def _open(self) -> Any:
        if self._document is None:
            import logging

            import pdfplumber

            logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
            self._document = pdfplumber.open(self._path)
        return self._document


def _read(table: Any, page: tuple[float, float, float, float], rules: list[Rect]) -> RuledTable | None:
    cells = flatten_header(clean_rows([cell or "" for cell in row] for row in table.extract()))
    if len(cells) < 2 or len(cells[0]) < 2:
        return None
    (x0, top, x1, bottom), (left, upper, right, lower) = page, table.bbox
    width, height = x1 - x0, bottom - top
    rect = Rect((left - x0) / width, (upper - top) / height, (right - x0) / width, (lower - top) / height)
    return RuledTable(rect, cells, _has_upright(rect, rules))


def _has_upright(rect: Rect, paths: list[Rect]) -> bool:
    return any(path.width < _UPRIGHT and path.height > 0.008 and rect.holds(path) for path in paths)


def _has_grid(paths: list[Rect]) -> bool:
    """True when there are both level and upright rules, or boxes: else no cell can be closed."""
    level = sum(1 for path in paths if path.height < _THIN and path.width > 0.02)
    upright = sum(1 for path in paths if path.width < _THIN and path.height > 0.008)
    boxes = sum(1 for path in paths if path.width >= 0.03 and path.height >= 0.008 and path.area < 0.8)
    return (level >= 2 and upright >= 2) or boxes >= 4 or (boxes >= 1 and level + upright >= 2)


def flatten_header(cells: Cells) -> Cells:
    """Join two header rows into one: ``2025`` over ``Q1, Q2`` becomes ``2025 / Q1, 2025 / Q2``."""
    if len(cells) < 3 or not _spans(cells[0]) or _is_data(cells[1]):
        return cells
    upper: list[str] = []
    shown = ""
    for column, cell in enumerate(cells[0]):
        shown = cell or (shown if column else "")
        upper.append(shown)
    joined = tuple(
        f"{high} / {low}" if high and low and high != low else high or low
        for high, low in zip(upper, cells[1], strict=True)
    )
    return (tuple(one_line(cell) for cell in joined), *cells[2:])


def _spans(row: tuple[str, ...]) -> bool:
    """A filled cell followed by an empty one, or the same words twice: a merged header."""
    pairs = pairwise(row[1:])
    return any((left and not right) or (left and left == right) for left, right in pairs)


def _is_data(row: tuple[str, ...]) -> bool:
    values = [cell for cell in row[1:] if cell]
    numbers = [cell for cell in values if sum(char.isdigit() for char in cell) * 2 > len(cell) and not _is_year(cell)]
    return bool(row[0]) and len(numbers) * 2 >= max(len(values), 1)


def _is_year(cell: str) -> bool:
    return len(cell) == 4 and cell.isdigit() and 1900 <= int(cell) <= 2100
