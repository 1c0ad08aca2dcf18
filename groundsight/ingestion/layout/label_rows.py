"""Tables of words without rules: dotted leaders, labels with their values, and short cells that stand in columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from groundsight.ingestion.layout.leaders import LEADER
from groundsight.ingestion.layout.number_rows import joined_signs
from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around, rows_of_pieces
from groundsight.ingestion.readers.clean import one_line

# Cells are short, lines of prose long: the mean of receipts and tables lies below 20 characters, of columns above 30.
_SHORT = 30
_FEWEST_ROWS = 3
_NEAR = 1.8
# A label above its value is set in 8 points for 11 or less.
_SMALLER, _EDGE = 0.8, 0.01
Cell = tuple[Piece, ...]


@dataclass(frozen=True)
class _Line:
    """The cells of one line, None where a column has nothing on it."""

    cells: tuple[Cell | None, ...]

    def text(self, at: int) -> str:
        cell = self.cells[at] if at < len(self.cells) else None
        return one_line(" ".join(piece.text for piece in cell)) if cell else ""

    def box(self, at: int) -> Rect | None:
        cell = self.cells[at] if at < len(self.cells) else None
        return around(piece.rect for piece in cell) if cell else None


def labelled_tables(pieces: Sequence[Piece]) -> tuple[list[Grid], list[Piece]]:
    """Return the tables, and the pieces that belong to none."""
    rows = [list(joined_signs(row)) for row in rows_of_pieces(pieces)]
    tables: list[Grid] = []
    rest: list[Piece] = []
    at = 0
    while at < len(rows):
        found = _led(rows, at) or _captioned(rows, at) or _spread(rows, at)
        if found is None:
            rest += rows[at]
            at += 1
            continue
        table, at, beside = found
        tables.append(table)
        rest += beside
    return tables, rest if tables else list(pieces)


def _led(rows: list[list[Piece]], first: int) -> tuple[Grid, int, list[Piece]] | None:
    """Take the lines from here on in which dots lead from a label to its value; one alone is no table."""
    lines: list[_Line] = []
    for number in range(first, len(rows)):
        line = _over_leader(rows[number])
        if line is None or (lines and not _near(rows[number - 1], rows[number])):
            break
        lines.append(line)
    return (_pairs(lines, 2), first + len(lines), []) if len(lines) > 1 else None


def _over_leader(row: list[Piece]) -> _Line | None:
    dots = [at for at, piece in enumerate(row) if LEADER.fullmatch(piece.text)]
    if len(dots) != 1 or not 0 < dots[0] < len(row) - 1:
        return None
    return _Line((tuple(row[: dots[0]]), tuple(row[dots[0] + 1 :])))


def _captioned(rows: list[list[Piece]], first: int) -> tuple[Grid, int, list[Piece]] | None:
    """Take a line of small labels and the line of larger values that begin below them, as on a form."""
    labels, values = (rows[at] if at < len(rows) else [] for at in (first, first + 1))
    if len(labels) < 2 or len(labels) != len(values) or not _near(labels, values):
        return None
    below = (one.rect.x0 - two.rect.x0 for one, two in zip(labels, values, strict=True))
    smaller = max(piece.size for piece in labels) < _SMALLER * min(piece.size for piece in values)
    if not smaller or any(abs(off) > _EDGE for off in below):
        return None
    lines = [_Line(((one,), (two,))) for one, two in zip(labels, values, strict=True)]
    return _pairs(lines, 2), first + 2, []


def _spread(rows: list[list[Piece]], first: int) -> tuple[Grid, int, list[Piece]] | None:
    """Take the lines from here on whose pieces stand in the same columns."""
    columns: list[Rect] = [piece.rect for piece in rows[first]]
    last = first + 1
    while last < len(rows) and len(rows[last]) > 1 and _near(rows[last - 1], rows[last]):
        wider = _widened(columns, rows[last])
        if wider is None:
            break
        columns, last = wider, last + 1
    lines = [_in_columns(row, columns) for row in rows[first:last]]
    if len(columns) < 2 or len(lines) < _FEWEST_ROWS or not _is_table(lines, len(columns)):
        return None
    # An address stands to the left of labels and values.
    is_beside = len(columns) == 3 and _are_labels(lines, 1)
    beside = [piece for line in lines for piece in line.cells[0] or ()] if is_beside else []
    lines = [_Line(line.cells[1:]) for line in lines] if is_beside else lines
    width = len(columns) - is_beside
    paired = width % 2 == 0 and _holds_pairs(lines, width)
    return (_pairs(lines, width) if paired else _headed(lines, width)), last, beside


def _widened(columns: list[Rect], row: list[Piece]) -> list[Rect] | None:
    """Each piece falls into one column or opens one of its own; None where two columns would meet."""
    wider, taken = list(columns), set[int]()
    for piece in row:
        over = [at for at, column in enumerate(wider) if piece.rect.x0 < column.x1 and column.x0 < piece.rect.x1]
        if len(over) > 1 or (over and over[0] in taken):
            return None
        if not over:
            over = [len(wider)]
            wider.append(piece.rect)
        wider[over[0]] = wider[over[0]].join(piece.rect)
        taken.add(over[0])
    return sorted(wider, key=lambda column: column.x0) if len(wider) < 2 * len(columns) else None


def _in_columns(row: list[Piece], columns: list[Rect]) -> _Line:
    cells: list[Cell | None] = [None] * len(columns)
    for piece in row:
        at = next(at for at, column in enumerate(columns) if column.x0 <= piece.rect.x0 and piece.rect.x1 <= column.x1)
        cells[at] = (piece,)
    return _Line(tuple(cells))


def _is_table(lines: Sequence[_Line], width: int) -> bool:
    """Short cells that fill most of the columns, none of them lines of prose that run on."""
    filled = [line.text(at) for line in lines for at in range(width) if line.cells[at]]
    if len(filled) * 2 < len(lines) * width or fmean(map(len, filled)) > _SHORT:
        return False
    if all(len(line.text(0)) <= 1 and not line.text(0).isalnum() for line in lines):
        return False  # the marks of a list
    return not any(_runs_on([line.text(at) for line in lines]) for at in range(width))


def _runs_on(cells: Sequence[str]) -> bool:
    prose = [cell for cell in cells if cell[:1].islower()]
    return fmean(map(len, cells)) > _SHORT / 2 and len(prose) * 3 >= len(cells)


def _holds_pairs(lines: Sequence[_Line], width: int) -> bool:
    """Every second column labels the next: its cells end in colons, or are words beside values of several kinds."""
    return all(_labels(lines, at, alone=width == 2) for at in range(0, width, 2))


def _labels(lines: Sequence[_Line], at: int, *, alone: bool) -> bool:
    labels = [label for line in lines if (label := line.text(at))]
    values = [line.text(at + 1) for line in lines if line.text(at)]
    if _are_labels(lines, at):
        return True
    plain = not any(char.isdigit() for label in labels for char in label) and len(set(labels)) == len(labels)
    kinds = {_kind(value) for value in values[1:] if value}
    counted = [any("9" in kind for kind in kinds), "9" in _kind(values[0])]
    return (alone and counted[1]) or (
        plain and ((len(kinds) > 1 and counted[0]) or counted[1] or (alone and not counted[0]))
    )


def _are_labels(lines: Sequence[_Line], at: int) -> bool:
    said = [text for line in lines if (text := line.text(at))]
    return sum(text.endswith(":") for text in said) * 2 > len(said)


def _kind(value: str) -> str:
    """What a value looks like: 9 for a number, 9/9/9 for a date, 9a for a measure, a for words."""
    return (
        re.sub(r"[^\W\d_][^\W\d_\s.]*[\s.]*", "a", re.sub(r"\d[\d.,]*", "9", value)).replace("aa", "a").replace(" ", "")
    )


def _pairs(lines: Sequence[_Line], width: int) -> Grid:
    """One row for each label and its value, column by column, below an empty header."""
    found = [(line, at) for at in range(0, width, 2) for line in lines if line.cells[at] or line.cells[at + 1]]
    cells = tuple((line.text(at).removesuffix(":"), line.text(at + 1)) for line, at in found)
    boxes = tuple((line.box(at), line.box(at + 1)) for line, at in found)
    return Grid(_around_lines(lines), (("", ""), *cells), ((None, None), *boxes))


def _headed(lines: Sequence[_Line], width: int) -> Grid:
    cells = tuple(tuple(line.text(at) for at in range(width)) for line in lines)
    boxes = tuple(tuple(line.box(at) for at in range(width)) for line in lines)
    return Grid(_around_lines(lines), cells, boxes)


def _around_lines(lines: Sequence[_Line]) -> Rect:
    return around(piece.rect for line in lines for cell in line.cells if cell for piece in cell)


def _near(above: list[Piece], below: list[Piece]) -> bool:
    high = max(piece.size for piece in (*above, *below))
    return min(piece.rect.y0 for piece in below) - max(piece.rect.y1 for piece in above) < _NEAR * high
