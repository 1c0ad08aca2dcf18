"""Tables without rules: rows of numbers that line up in columns, as in financial statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.ingestion.layout.cells import bands
from groundsight.ingestion.layout.leaders import LEADER
from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around, rows_of_pieces
from groundsight.ingestion.readers.clean import one_line

_NUMBER = re.compile(
    r"^[$€£¥]?\s*[(+-]?\s*[$€£¥]?\s*(\d[\d,. ]*|[—–-])\s*\)?\s*(?:[%$€£¥]|[A-Z]{3}|kr\.?|zł)?\s*\)?\s*(\(\d\)|\*)?$"
)
_AMOUNT = re.compile(r"[,$€£¥%(]|\d\.\d")
_SIGN = re.compile(r"^[$€£¥(]+$")
_TAIL = re.compile(r"^[)%*]+$")
_YEAR = re.compile(r"^(19|20)\d\d$")
_SAME_COLUMN = 0.018
_LABEL_WIDTH = 0.68
_HEADER_ROWS = 4
_FEWEST_ROWS = 3
_HEAD_CHARS = 30


@dataclass(frozen=True)
class _Row:
    pieces: tuple[Piece, ...]

    @property
    def rect(self) -> Rect:
        return around([piece.rect for piece in self.pieces])

    @property
    def numbers(self) -> list[Piece]:
        return [piece for piece in self.pieces if _NUMBER.match(piece.text)]

    @property
    def is_data(self) -> bool:
        """At least one number with a label, or two numbers; no running text behind a number."""
        numbers = self.numbers
        if not numbers or self.is_years or (_NUMBER.match(self.pieces[0].text) and len(numbers) < 2):
            return False
        words_behind = [piece for piece in self.pieces if piece.rect.x0 > numbers[0].rect.x1 and len(piece.text) > 30]
        return not words_behind

    @property
    def is_years(self) -> bool:
        """Two numbers or more, and all of them years: the last row of a header."""
        numbers = self.numbers
        alone = len(numbers) == len(self.pieces)
        return (len(numbers) >= 2 or alone) and all(_YEAR.match(piece.text) for piece in numbers)

    @property
    def is_label(self) -> bool:
        return len(self.pieces) == 1 and self.rect.width < _LABEL_WIDTH and not self.numbers


def aligned_tables(pieces: Sequence[Piece]) -> tuple[list[Grid], list[Piece]]:
    """Return the tables, and the pieces that belong to none."""
    lines = rows_of_pieces(pieces)
    rows = [_Row(tuple(joined_signs(_without_leaders(line)))) for line in lines]
    tables: list[Grid] = []
    used: set[int] = set()
    for first, last in _stretches(rows):
        columns = _columns(rows[first:last])
        if not _is_table(rows[first:last], columns):
            continue
        columns = _parted(rows[max(first - 1, 0) : last], columns)
        start = _header_start(rows, first, columns)
        rect = around([row.rect for row in rows[start:last]])
        tables.append(_grid(rect, rows[start:first], rows[first:last], columns))
        used.update(range(start, last))
    rest = [piece for number, line in enumerate(lines) if number not in used for piece in joined_signs(line)]
    return tables, rest if tables else list(pieces)


def _without_leaders(row: list[Piece]) -> list[Piece]:
    return [piece for piece in row if len(row) == 1 or not LEADER.fullmatch(piece.text)]


def joined_signs(pieces: list[Piece]) -> Iterator[Piece]:
    """Join a currency sign with its number and a closing mark with what it closes."""
    waiting: Piece | None = None
    for piece in pieces:
        if waiting is None:
            waiting = piece
        elif _SIGN.match(waiting.text) or _TAIL.match(piece.text):
            waiting = waiting.joined(piece, "")
        else:
            yield waiting
            waiting = piece
    if waiting is not None:
        yield waiting


def _stretches(rows: list[_Row]) -> Iterator[tuple[int, int]]:
    """Find runs of data rows; single labels may stand between."""
    number = 0
    while number < len(rows):
        if not rows[number].is_data:
            number += 1
            continue
        first, last, reach = number, number + 1, number + 1
        while reach < len(rows) and _near(rows[reach - 1], rows[reach]):
            if rows[reach].is_data:
                last = reach + 1
            elif not rows[reach].is_label or reach - last >= 2:
                break
            reach += 1
        while first > 0 and rows[first - 1].is_label and first > number - 2 and _near(rows[first - 1], rows[first]):
            if rows[first - 1].rect.x0 > rows[number].numbers[0].rect.x0 - 0.1:
                break
            first -= 1
        yield first, last
        number = max(last, number + 1)


def _near(above: _Row, below: _Row) -> bool:
    high = max(piece.size for piece in (*above.pieces, *below.pieces))
    return below.rect.y0 - above.rect.y1 < 1.8 * high


def _columns(rows: list[_Row]) -> list[Rect]:
    """Cluster the right edges of the numbers; each cluster is a column."""
    numbers = sorted((piece.rect for row in rows if row.is_data for piece in row.numbers), key=lambda rect: rect.x1)
    groups: list[list[Rect]] = []
    for rect in numbers:
        if groups and rect.x1 - groups[-1][-1].x1 < _SAME_COLUMN:
            groups[-1].append(rect)
        else:
            groups.append([rect])
    kept = [around(group) for group in groups if len(group) >= 2]
    return [column for place, column in enumerate(kept) if place == 0 or column.x0 > kept[place - 1].x0 + 0.01]


def _parted(rows: list[_Row], columns: list[Rect]) -> list[Rect]:
    """Part the labels into columns of words, too, where all that stands in the rows falls into bands across the page.

    A band holds two pieces or more; one may be the head in the row above.
    """
    data = [row for row in rows if row.is_data]
    # A total stands under the numbers with its label wherever there is room.
    data = [row for row in data if len(row.pieces) > 2] or data
    across = [
        Rect(left, 0.0, right, 1.0) for left, right in bands([piece.rect for row in data for piece in row.pieces])
    ]
    held = [[sum(_overlap(piece.rect, band) for piece in row.pieces) for row in rows] for band in across]
    filled = sum(len(row.pieces) for row in data) * 2 >= len(data) * len(across)
    apart = all(sum(counts) >= 2 and max(counts) == 1 for counts in held)
    counted = _overlap(columns[0], across[0])
    return across[1:] if len(across) > len(columns) + (not counted) and filled and apart else columns


def _is_table(rows: list[_Row], columns: list[Rect]) -> bool:
    data = [row for row in rows if row.is_data]
    if len(data) < _FEWEST_ROWS or not columns:
        return False
    many = sum(1 for row in data if len(row.numbers) >= 2) * 2 >= len(data)
    amounts = sum(1 for row in data if _AMOUNT.search(row.numbers[-1].text)) * 2 >= len(data)
    # One column is a table only when it holds amounts: tables of contents end in bare page numbers.
    return (many and len(columns) >= 2) or (amounts and len(columns) == 1)


def _header_start(rows: list[_Row], first: int, columns: list[Rect]) -> int:
    """Walk up over short rows that stand above the numbers, and over one that heads every column and the labels."""
    data = next(row for row in rows[first:] if row.is_data)
    # A number in the first place counts the rows.
    edge = next(piece for piece in data.numbers if piece is not data.pieces[0]).rect.x0 - 0.12
    start = first
    while start > 0 and first - start < _HEADER_ROWS and _near(rows[start - 1], rows[start]):
        row = rows[start - 1]
        above = row.is_years or all(piece.rect.x0 >= edge or _is_scale(piece.text) for piece in row.pieces)
        above = above or _heads_all(row, columns) or _heads_both(row, rows[first], columns)
        above = above or (start < first and _heads_groups(row, columns, edge)) or _heads_counts(row, data)
        if not above or any(len(piece.text) > 60 for piece in row.pieces):
            break
        start -= 1
    return start


def _heads_all(row: _Row, columns: list[Rect]) -> bool:
    """Words, a piece of its own over each of several columns: a line of text is one piece, or leaves columns bare."""
    over = [[piece for piece in row.pieces if _overlap(piece.rect, column)] for column in columns]
    apart = len({piece.rect.x0 for pieces in over for piece in pieces}) >= len(columns) > 1
    return apart and all(over) and not row.numbers


def _heads_both(row: _Row, below: _Row, columns: list[Rect]) -> bool:
    """Two words: one begins where the labels begin, one stands over the only column."""
    if len(columns) > 1 or len(row.pieces) != 2 or row.numbers:
        return False
    name, unit = row.pieces
    at_edge = abs(name.rect.x0 - below.pieces[0].rect.x0) < _SAME_COLUMN
    return at_edge and _overlap(unit.rect, columns[0]) and max(len(name.text), len(unit.text)) <= _HEAD_CHARS


def _heads_groups(row: _Row, columns: list[Rect], edge: float) -> bool:
    """Words over the labels and, each over several columns, above the heads of these."""
    name, *groups = row.pieces
    apart = name.rect.x1 < columns[0].x0 and len(name.text) <= _HEAD_CHARS and not row.numbers
    return apart and bool(groups) and all(piece.rect.x0 >= edge for piece in groups)


def _heads_counts(row: _Row, data: _Row) -> bool:
    """Several short words above rows that begin with a number: one of them stands over that."""
    short = all(len(piece.text) <= _HEAD_CHARS for piece in row.pieces)
    return bool(_NUMBER.match(data.pieces[0].text)) and len(row.pieces) > 2 and short and not row.numbers


def _overlap(one: Rect, other: Rect) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1


def _is_scale(text: str) -> bool:
    return text.startswith("(") and len(text) < 60


def _grid(rect: Rect, header: list[_Row], rows: list[_Row], columns: list[Rect]) -> Grid:
    top = _header(header, columns)
    lines = [_line(row, columns) for row in rows]
    for line in lines:
        _label_first(line, lines)
    cells = tuple(tuple(one_line(" ".join(piece.text for piece in cell)) for cell in line) for line in lines)
    boxes = tuple(tuple(around(piece.rect for piece in cell) if cell else None for cell in line) for line in lines)
    return Grid(rect, (top, *cells), ((None,) * len(top), *boxes))


def _header(rows: list[_Row], columns: list[Rect]) -> tuple[str, ...]:
    """Join the header rows over each column: parts of one title by a space, spanning titles by `` / ``."""
    corner = [piece.text for row in rows for piece in row.pieces if _is_corner(piece, row, columns[0])]
    titles = [""] * len(columns)
    sign = ""
    for row in rows:
        over = [piece for piece in row.pieces if not _is_corner(piece, row, columns[0])]
        spanning = 0 < len(over) * 2 <= len(columns)
        for place, text in _spread(over, columns) if spanning else _dealt(over, columns):
            titles[place] += (sign if titles[place] else "") + text
        sign = " / " if spanning else " "
    return tuple(one_line(title) for title in (" ".join(corner), *titles))


def _is_corner(piece: Piece, row: _Row, first: Rect) -> bool:
    """True over the labels: far from the first column, or beside what stands over that."""
    beside = piece.rect.x1 <= first.x0 and any(_overlap(one.rect, first) for one in row.pieces)
    return beside or piece.rect.x1 < first.x0 - 0.05


def _spread(pieces: list[Piece], columns: list[Rect]) -> Iterator[tuple[int, str]]:
    """Give every column the title that stands nearest above it."""
    for place, column in enumerate(columns):
        yield place, min(pieces, key=lambda piece: abs(_middle(piece.rect) - _middle(column))).text


def _dealt(pieces: list[Piece], columns: list[Rect]) -> Iterator[tuple[int, str]]:
    """Give every title to the column that stands nearest below it."""
    for piece in pieces:
        yield min(range(len(columns)), key=lambda place: abs(_middle(piece.rect) - _middle(columns[place]))), piece.text


def _line(row: _Row, columns: list[Rect]) -> list[list[Piece]]:
    values: list[list[Piece]] = [[] for _ in range(len(columns) + 1)]
    for piece in row.pieces:
        values[_place(piece, columns)].append(piece)
    return values


def _label_first(line: list[list[Piece]], lines: list[list[list[Piece]]]) -> None:
    """Put a lone label of a number to the labels where it stands in a column of numbers."""
    *labels, _ = filled = [place for place, cell in enumerate(line) if cell]
    if len(filled) != 2 or not labels[0] or _NUMBER.match(line[labels[0]][0].text):
        return
    others = [cell[0].text for other in lines if other is not line and (cell := other[labels[0]])]
    if sum(bool(_NUMBER.match(text)) for text in others) * 2 > len(others):
        line[0], line[labels[0]] = line[labels[0]], []


def _place(piece: Piece, columns: list[Rect]) -> int:
    """0 for the label, else the only column that it stands over, or the one whose right edge or middle is nearest."""
    if piece.rect.x1 < columns[0].x0 or (not _NUMBER.match(piece.text) and piece.rect.x0 < columns[0].x0 - 0.08):
        return 0
    over = [place for place, column in enumerate(columns, 1) if _overlap(piece.rect, column)]
    if len(over) == 1:
        return over[0]
    distances = [min(abs(piece.rect.x1 - column.x1), abs(_middle(piece.rect) - _middle(column))) for column in columns]
    return distances.index(min(distances)) + 1


def _middle(rect: Rect) -> float:
    return (rect.x0 + rect.x1) / 2
