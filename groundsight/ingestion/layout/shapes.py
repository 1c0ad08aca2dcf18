"""The words of a layout: rectangles, and pieces of text that stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from groundsight.types import Box

Cells = tuple[tuple[str, ...], ...]
SKEW = -1


@dataclass(frozen=True)
class Rect:
    """A rectangle in fractions of the upright page, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def join(self, other: Rect) -> Rect:
        """Return the smallest rectangle around both."""
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def overlap(self, other: Rect) -> float:
        """Return the shared area."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, other: Rect) -> bool:
        """True when the middle of the other lies inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def turned(self, quarters: int) -> Rect:
        """Return where it lies when the page is turned counterclockwise."""
        match quarters % 4:
            case 1:
                return Rect(self.y0, 1 - self.x1, self.y1, 1 - self.x0)
            case 2:
                return Rect(1 - self.x1, 1 - self.y1, 1 - self.x0, 1 - self.y0)
            case 3:
                return Rect(1 - self.y1, self.x0, 1 - self.y0, self.x1)
            case _:
                return self

    def as_box(self) -> Box:
        """Clip to the page."""
        x0, y0, x1, y1 = (round(min(max(value, 0.0), 1.0), 5) for value in (self.x0, self.y0, self.x1, self.y1))
        return Box(x0=x0, y0=y0, x1=max(x0, x1), y1=max(y0, y1))


@dataclass(frozen=True)
class Piece:
    """Characters that follow each other on one line; ``size`` is the line height in page heights.

    ``rect`` and ``size`` count on the page turned counterclockwise by ``turn`` quarters, on which the piece is level;
    ``SKEW`` for what stands askew. ``rank`` is its place in the file, -1 for what was put on later. ``words`` are its
    words with their left and right ends. ``doubt`` says why nobody may see it: "tiny", "outside", or "faint" where only
    the drawn page can tell.
    """

    text: str
    rect: Rect
    size: float
    bold: bool = False
    turn: int = 0
    rank: int = 0
    words: tuple[tuple[str, float, float], ...] = ()
    doubt: str = ""

    def joined(self, other: Piece, glue: str) -> Piece:
        """Return both as one piece, the other behind."""
        words = self.words + other.words if self.words and other.words else ()
        return replace(self, text=self.text + glue + other.text, rect=self.rect.join(other.rect), words=words)

    def parted(self) -> list[Piece]:
        """Return its words as pieces."""
        y0, y1 = self.rect.y0, self.rect.y1
        return [replace(self, text=text, rect=Rect(x0, y0, x1, y1), words=()) for text, x0, x1 in self.words] or [self]


@dataclass(frozen=True)
class Grid:
    """A table: its cells, header row first, and a box for each cell that holds words.

    A table of labels with their values has an empty header. ``title`` is that of a chart.
    """

    rect: Rect
    cells: Cells
    boxes: tuple[tuple[Rect | None, ...], ...]
    title: str = ""

    def turned(self, quarters: int) -> Grid:
        """Return the same table on the page turned counterclockwise."""
        boxes = tuple(tuple(box and box.turned(quarters) for box in row) for row in self.boxes)
        return Grid(self.rect.turned(quarters), self.cells, boxes, self.title)


def around(rects: Iterable[Rect]) -> Rect:
    """Return the smallest rectangle around all."""
    return reduce(Rect.join, rects)


def on_one_line(one: Rect, other: Rect) -> bool:
    """True when two boxes share more than half of the lower one's height."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.5 * min(one.height, other.height)


def rows_of_pieces(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return the pieces line by line, each line from left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.rect.y0 + piece.rect.y1):
        if rows and on_one_line(rows[-1][0].rect, piece.rect):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.rect.x0) for row in rows]


def in_reading_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Order the pieces of one line: from the right where most letters run that way, but for what runs left to right."""
    if not pieces or not runs_right_to_left(" ".join(piece.text for piece in pieces)):
        return sorted(pieces, key=lambda piece: piece.rect.x0)
    ordered: list[Piece] = []
    run: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: -piece.rect.x1):
        if _is_level(piece.text):
            run.insert(0, piece)
            continue
        ordered += [*run, piece]
        run = []
    return ordered + run


def runs_right_to_left(text: str) -> bool:
    """True when more letters run from right to left than the other way."""
    ways = [unicodedata.bidirectional(char) for char in text if char.isalpha()]
    return sum(way in ("R", "AL") for way in ways) * 2 > len(ways)


def _is_level(text: str) -> bool:
    return any(char.isalnum() for char in text) and not runs_right_to_left(text)
