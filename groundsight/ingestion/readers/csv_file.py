"""Comma, semicolon, tab or bar separated values: a sheet without formats, read row by row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import ParseFailed
from groundsight.ingestion import Parsed
from groundsight.ingestion.portions import handed_over
from groundsight.ingestion.readers.clean import decode, lines_of, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.sheet.sheet_cells import in_batches
from groundsight.ingestion.readers.office.sheet.sheet_tables import SheetTables
from groundsight.ingestion.sniff import CSV
from groundsight.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from _csv import Reader

_FIELD_CHARS = 1 << 20
_SAMPLE_ROWS = 100
# Excel writes the separator into the first line.
_STATED = re.compile(r"sep=(.)\r?\n", re.I)


def read_csv(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read the rows as text; a formula stays the text that it is.

    Rows over ``limits.table_rows`` are left out, and said.

    Raises:
        LimitExceeded: too many columns, or one field of more than 1 MiB.
    """
    text, warnings = decode(path.read_bytes())
    text, ledger = text.replace("\0", ""), Ledger()
    csv.field_size_limit(_FIELD_CHARS)
    is_open = _is_open(text)
    ledger.note("row in quotes", "a quote is never closed, so quotes are read as letters", int(is_open))
    rows = _numbered(_rows(text, quotes=not is_open), limits.table_rows, ledger)
    tables = SheetTables(ledger, is_sheet=False)
    try:
        elements, rest = handed_over(
            (one for cells, more in in_batches(rows) for one in tables.read(cells, more=more)),
            scratch,
            limits.document_chars,
        )
    except csv.Error as error:
        raise ParseFailed(f"malformed: {error}", next_step="check the quotes of the file") from error
    return Parsed(media_type=CSV, elements=elements, rest=rest, left_out=ledger.left_out, warnings=warnings)


def _numbered(rows: Iterable[list[str]], most: int, ledger: Ledger) -> Iterator[tuple[int, dict[int, str]]]:
    for number, row in enumerate(rows, 1):
        if number > most:
            ledger.note("row", f"more than limits.table_rows = {most}")
        else:
            yield number, {column: cell for column, cell in enumerate(row, 1) if cell}


def _rows(text: str, *, quotes: bool) -> Iterator[list[str]]:
    for row in _reader(text, quotes=quotes):
        yield [one_line(cell) for cell in row]


def _reader(text: str, *, quotes: bool) -> Reader:
    stated = _STATED.match(text)
    body = text[stated.end() :] if stated else text
    delimiter = stated[1] if stated else _delimiter(body)
    quoting = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    return csv.reader(lines_of(body), delimiter=delimiter, skipinitialspace=True, quoting=quoting)


def _is_open(text: str) -> bool:
    """True when a quote that begins a cell is not closed: all that follows, to the end, would be one cell."""
    if text.count('"') % 2 == 0:
        return False
    reader, before, last = _reader(text, quotes=True), 0, 0
    with suppress(csv.Error):
        for _ in reader:
            before, last = last, reader.line_num
    return last - before > 1


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
