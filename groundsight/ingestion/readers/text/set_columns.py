"""Tables that plain text sets with spaces, bars or dots: their columns are found as those of a page are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundsight.ingestion import Element
from groundsight.ingestion.layout.label_rows import labelled_tables
from groundsight.ingestion.layout.leaders import split_leaders
from groundsight.ingestion.layout.number_rows import aligned_tables
from groundsight.ingestion.layout.shapes import Piece, Rect
from groundsight.ingestion.readers.clean import clean, one_line

# Words of one cell stand one space apart; a rule of signs between rows is no row.
_CELL = re.compile(r"[^\s|]+(?:[ ][^\s|]+)*")
_RULE = re.compile(r"[\s\-=_+|:*~]+")
_FEWEST_ROWS, _MOST_ROWS = 3, 400
# A page of text: so many letters on a line, and lines as high as they stand apart.
_LETTERS, _HIGH, _STEP = 100, 0.0008, 0.001


def set_in_columns(block: str) -> Iterator[Element]:
    """Yield a paragraph as text, or what of it is set in columns as tables."""
    lines = [line.expandtabs(8) for line in block.split("\n") if line.strip() and not _RULE.fullmatch(line)]
    is_short = _FEWEST_ROWS <= len(lines) <= _MOST_ROWS
    rows = [list(_pieces(line, number)) for number, line in enumerate(lines)] if is_short else []
    several = sum(len(row) > 1 for row in rows)
    # "Chair:   Ann" says already what its value is.
    labelled = sum(row[0].text.endswith(":") for row in rows if row) * 2 > len(rows)
    if labelled or several < _FEWEST_ROWS or several * 3 < len(rows) * 2:
        yield from _text([block])
        return
    numbers, rest = aligned_tables([piece for row in rows for piece in row])
    labels, _ = labelled_tables(rest)
    at = 0
    for grid in sorted((*numbers, *labels), key=lambda grid: grid.rect.y0):
        first, last = round(grid.rect.y0 / _STEP), round((grid.rect.y1 - _HIGH) / _STEP) + 1
        yield from _text(lines[at:first])
        yield Element(kind="table", cells=grid.cells)
        at = max(last, at)
    yield from _text(lines[at:])


def _pieces(line: str, number: int) -> Iterator[Piece]:
    y0, wide = number * _STEP, max(len(line), _LETTERS)
    for run in _CELL.finditer(line):
        for start, end in split_leaders(run[0]):
            rect = Rect((run.start() + start) / wide, y0, (run.start() + end) / wide, y0 + _HIGH)
            if text := one_line(run[0][start:end]):
                yield Piece(text, rect, _HIGH)


def _text(lines: Sequence[str]) -> Iterator[Element]:
    if text := clean("\n".join(lines)):
        yield Element(kind="text", text=text)
