"""Comma, semicolon, tab or bar separated values: tables in blocks of rows that keep the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean_rows, decode
from groundsight.ingestion.sniff import CSV

ROWS_IN_BLOCK = 40
_MOST_COLUMNS = 2_000
_MOST_ROWS = 200_000
_FIELD_CHARS = 1 << 20


def read_csv(path: Path) -> Parsed:
    """Read the rows as text; a formula stays the text that it is.

    Raises:
        LimitExceeded: too many rows or columns, or one field of more than 1 MiB.
    """
    text, warnings = decode(path.read_bytes())
    csv.field_size_limit(_FIELD_CHARS)
    try:
        rows = list(islice(csv.reader(io.StringIO(text.replace("\0", "")), _dialect(text)), _MOST_ROWS + 1))
    except csv.Error as error:
        raise ParseFailed(f"malformed: {error}", next_step="check the quotes of the file") from error
    check_table_size(len(rows), max((len(row) for row in rows), default=0))
    return Parsed(media_type=CSV, elements=tuple(table_blocks(clean_rows(rows))), warnings=warnings)


def check_table_size(rows: int, columns: int) -> None:
    """Raise LimitExceeded when a table is too large to be read as one."""
    if rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        limit = f"{_MOST_ROWS} rows, {_MOST_COLUMNS} columns"
        raise LimitExceeded("the table is too large", limit=limit, next_step="split the table", code="E_LIMIT_TEXT")


def table_blocks(
    rows: Sequence[tuple[str, ...]], section: str | None = None, page: int | None = None
) -> Iterator[Element]:
    """Split a table into blocks of rows, each with the header row first."""
    if not rows:
        return
    header, body = rows[0], rows[1:]
    for start in range(0, max(len(body), 1), ROWS_IN_BLOCK):
        cells = (header, *body[start : start + ROWS_IN_BLOCK])
        yield Element(kind="table", text=as_text(cells), cells=cells, section=section, page=page)


def as_text(cells: Iterable[Sequence[str]]) -> str:
    """Write a table as lines of cells parted by bars."""
    return "\n".join(" | ".join(row) for row in cells)


def _dialect(text: str) -> type[csv.Dialect]:
    sample = "\n".join(text.splitlines()[:50])[:20_000]
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel_tab if sample.count("\t") > sample.count(",") else csv.excel
