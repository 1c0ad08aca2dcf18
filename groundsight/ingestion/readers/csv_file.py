"""Comma, semicolon, tab or bar separated values: tables in blocks of rows that keep the header."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import decode, one_line
from groundsight.ingestion.readers.table_heads import Headed, parted, read_head, row_line, stands_above
from groundsight.ingestion.sniff import CSV

ROWS_IN_BLOCK = 40
_MOST_COLUMNS = 2_000
_MOST_ROWS = 200_000
_FIELD_CHARS = 1 << 20
# Longer words beside a table are no title; they stand before it as text.
_TITLE_CHARS = 200
_SAMPLE_ROWS = 100
# Excel writes the separator into the first line.
_STATED = re.compile(r"sep=(.)\r?\n", re.I)


def read_csv(path: Path) -> Parsed:
    """Read the rows as text; a formula stays the text that it is.

    Raises:
        LimitExceeded: too many rows or columns, or one field of more than 1 MiB.
    """
    text, warnings = decode(path.read_bytes())
    csv.field_size_limit(_FIELD_CHARS)
    try:
        rows = list(_rows(text.replace("\0", "")))
    except csv.Error as error:
        raise ParseFailed(f"malformed: {error}", next_step="check the quotes of the file") from error
    check_table_size(len(rows), max((len(row) for row in rows), default=0))
    return Parsed(media_type=CSV, elements=tuple(_elements(rows)), warnings=warnings)


def check_table_size(rows: int, columns: int) -> None:
    """Raise LimitExceeded when a table is too large to be read as one."""
    if rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        limit = f"{_MOST_ROWS} rows, {_MOST_COLUMNS} columns"
        raise LimitExceeded("the table is too large", limit=limit, next_step="split the table", code="E_LIMIT_TEXT")


def table_blocks(
    rows: Sequence[Sequence[str]], section: str | None = None, page: int | None = None, declared: int = 0
) -> Iterator[Element]:
    """Split a table into blocks of rows, each with the head first; ``declared`` rows are heads for sure.

    What stands above the head is the title of every block, or text before the first if it is long.
    """
    if rows:
        yield from headed_blocks(read_head(rows, declared), section, page)


def headed_blocks(
    table: Headed, section: str | None = None, page: int | None = None, above: str = "", mark: str = ""
) -> Iterator[Element]:
    """Split a table whose head is known; ``above`` are words that belong to it but stand apart from it."""
    title = "\n".join(part for part in (above, table.title) if part)
    if len(title) > _TITLE_CHARS:
        yield Element(kind="text", text=title, section=section, page=page, mark=mark)
        title = ""
    header, *body = _with_used_columns((table.header, *table.body))
    for start in range(0, max(len(body), 1), ROWS_IN_BLOCK):
        cells = (header, *body[start : start + ROWS_IN_BLOCK])
        yield Element(kind="table", text=title or as_text(cells), cells=cells, section=section, page=page, mark=mark)


def as_text(cells: Iterable[Sequence[str]]) -> str:
    """Write a table as lines of cells parted by bars."""
    return "\n".join(" | ".join(row) for row in cells)


def _with_used_columns(rows: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    used = [place for place in range(len(rows[0])) if any(row[place] for row in rows)]
    return rows if len(used) == len(rows[0]) else [tuple(row[place] for place in used) for row in rows]


def _elements(rows: Sequence[Sequence[str]]) -> Iterator[Element]:
    """Read what an export writes above its table as the words above it, and each table that follows."""
    above: list[str] = []
    groups = [[rows[number] for number in group] for group in parted(rows)]
    for group, following in zip_longest(groups, groups[1:], fillvalue=()):
        if stands_above(group, following):
            above.extend(map(row_line, group))
            continue
        yield from headed_blocks(read_head(group), above="\n".join(above))
        above.clear()
    if above:
        yield Element(kind="text", text="\n".join(above))


def _rows(text: str) -> Iterator[list[str]]:
    stated = _STATED.match(text)
    body = text[stated.end() :] if stated else text
    delimiter = stated[1] if stated else _delimiter(body)
    for row in islice(csv.reader(io.StringIO(body), delimiter=delimiter, skipinitialspace=True), _MOST_ROWS + 1):
        yield [one_line(cell) for cell in row]


def _delimiter(text: str) -> str:
    """Choose the sign that cuts most rows into equally many cells: a decimal comma does not."""
    sample = text[:20_000]
    # Of two that cut alike the one that is rarer in words.
    return max("\t;|,", key=lambda sign: _evenness(sample, sign))


def _evenness(sample: str, sign: str) -> tuple[float, int]:
    reader = csv.reader(io.StringIO(sample), delimiter=sign, skipinitialspace=True)
    widths = Counter(len(row) for row in islice(reader, _SAMPLE_ROWS) if any(row))
    width, count = max(((width, count) for width, count in widths.items() if width > 1), key=_by_count, default=(1, 0))
    return count / max(widths.total(), 1), width


def _by_count(pair: tuple[int, int]) -> tuple[int, int]:
    return pair[1], pair[0]
