"""Workbooks: each visible sheet as tables under its name, with the values that were last calculated."""

from __future__ import annotations

import re
import warnings as alarms
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean_rows, day_of, one_line
from groundsight.ingestion.readers.csv_file import check_table_size, table_blocks
from groundsight.ingestion.sniff import XLSX

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

_MOST_CELLS = 2_000_000
_DECIMALS = re.compile(r"0\.(0+)")


def read_xlsx(path: Path) -> Parsed:
    """Read the cached values of all visible sheets; formulas are not run."""
    from openpyxl import load_workbook

    with alarms.catch_warnings(), path.open("rb") as file:
        alarms.simplefilter("ignore")
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        hidden = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        elements = [element for page, sheet in enumerate(sheets, 1) for element in _sheet(sheet, page)]
        about = book.properties
    return Parsed(
        media_type=XLSX,
        title=one_line(about.title or ""),
        created=day_of(about.created),
        pages=len(sheets),
        elements=tuple(elements),
        warnings=tuple(f"the hidden sheet {one_line(name)} was not read" for name in hidden),
    )


def _sheet(sheet: Any, page: int) -> Iterator[Element]:
    name = one_line(sheet.title)
    # The stated size may lie; without it rows are counted as they come.
    sheet.reset_dimensions()
    rows = _rows(sheet)
    check_table_size(len(rows), max((len(row) for row in rows), default=0))
    for table in _tables(rows):
        if len(table) == 1 or max(sum(1 for cell in row if cell) for row in table) == 1:
            text = "\n".join(" ".join(cell for cell in row if cell) for row in table)
            yield Element(kind="text", text=text, section=name, page=page)
        else:
            yield from table_blocks(clean_rows(table), name, page)


def _rows(sheet: Any) -> list[list[str]]:
    rows: list[list[str]] = []
    cells = 0
    for row in islice(sheet.iter_rows(), 200_001):
        line = [_shown(cell) for cell in row]
        while line and not line[-1]:
            line.pop()
        cells += len(row)
        rows.append(line)
        if cells > _MOST_CELLS:
            check_table_size(_MOST_CELLS, _MOST_CELLS)
    return rows


def _tables(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """Part a sheet at its empty rows: what stands apart is a table of its own."""
    block: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            block.append(row)
        elif block:
            yield block
            block = []


def _shown(cell: Cell) -> str:
    """Write a value as the sheet shows it: dates as ISO 8601, percents, decimals."""
    value, pattern = cell.value, str(cell.number_format or "General")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    if isinstance(value, (int, float)):
        return _number(value, pattern)
    return one_line(str(cast(object, value)))


def _number(value: float, pattern: str) -> str:
    decimals = _DECIMALS.search(pattern)
    places = len(decimals.group(1)) if decimals else 0
    if pattern.rstrip().endswith("%"):
        return f"{value * 100:.{places}f}%"
    thousands = "," if "#,##0" in pattern else ""
    if pattern == "General" or (not decimals and "0" not in pattern):
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    text = f"{value:{thousands}.{places}f}"
    sign = next((mark for mark in "$€£¥" if mark in pattern), "")
    return f"-{sign}{text[1:]}" if sign and text.startswith("-") else sign + text
