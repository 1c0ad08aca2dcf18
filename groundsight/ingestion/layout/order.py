"""Reading order by white space: recursive cuts between columns first, then between rows (XY-cut).

Source: G. Nagy and S. Seth, Hierarchical representation of optically scanned documents, 1984.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from groundsight.ingestion import Element
from groundsight.ingestion.layout.shapes import Piece, Rect, around, in_reading_order, on_one_line, runs_right_to_left

_COLUMN_GAP = 0.012
_COLUMN_WIDTH = 0.16
_COLUMN_ITEMS = 3
_COLUMN_SHARE = 0.25
_MOST_DEPTH = 60
# Two lines part by this much of a line's height even where all lines are set solid.
_SOLID = 0.45
# Paragraphs part by more than the page's usual gap: 1.5 times as much tells them from lines set with 1.5 or 2 lines.
_WIDER = 1.5
# Double spacing leaves 1.3 heights of a line between two.
_WIDEST_GAP = 1.6
_POINT = re.compile(r"[•◦▪‣●○■□☐☒☑✓]")
_LABEL = re.compile(r"[^\W\d_][^:.!?]{0,40}:(?:\s|$)")


@dataclass(frozen=True)
class Item:
    """Something on a page: a line of text, or a finished element such as a table or a figure."""

    rect: Rect
    size: float = 0.0
    text: str = ""
    bold: bool = False
    element: Element | None = None
    rank: int = 0


@dataclass(frozen=True)
class Block:
    """Lines that belong together, or one finished element; ``edge`` is where the lines of its column end."""

    rect: Rect
    lines: tuple[Item, ...]
    element: Element | None = None
    edge: float = 1.0

    @property
    def text(self) -> str:
        """Join lines by a space where the next word had no room, else by a break; a hyphen joins halves of a word."""
        joined = ""
        for line, before in zip(self.lines, (None, *self.lines), strict=False):
            halves = joined.endswith("-") and joined[-2:-1].isalpha() and line.text[:1].islower()
            glue = "" if before is None or halves else " " if self._runs_on(before, line) else "\n"
            joined = (joined[:-1] if halves else joined) + glue + line.text
        return joined

    @property
    def size(self) -> float:
        """The line height of most of its characters."""
        return max(self.lines, key=lambda line: len(line.text)).size if self.lines else 0.0

    @property
    def bold(self) -> bool:
        """True when every line is bold."""
        return bool(self.lines) and all(line.bold for line in self.lines)

    def _runs_on(self, line: Item, after: Item) -> bool:
        if _POINT.match(after.text) or (_LABEL.match(after.text) and not after.text[0].islower()):
            return False
        if runs_right_to_left(line.text):
            return line.rect.x0 - self.rect.x0 <= 0.2 * self.rect.width
        word = len(after.text.partition(" ")[0]) + 1
        return self._end - line.rect.x1 <= word * after.rect.width / max(len(after.text), 1)

    @property
    def _end(self) -> float:
        """Where its lines end: at its own edge when it is wide and most of them reach it, else at the column's."""
        reach = self.rect.x1 - 0.2 * self.rect.width
        full = sum(line.rect.x1 >= reach for line in self.lines[:-1])
        wrapped = full >= 2 and full * 2 > len(self.lines) - 1 and self.rect.width >= _COLUMN_WIDTH
        return self.rect.x1 + 1e-6 if wrapped else self.edge


def items_of(pieces: Sequence[Piece]) -> list[Item]:
    """Turn text pieces into items."""
    return [Item(piece.rect, piece.size, piece.text, piece.bold, rank=piece.rank) for piece in pieces]


def columns_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Part the text of a page at its columns, when they run over the whole page."""
    parts = _columns(items_of(pieces))
    if parts is None:
        return [list(pieces)]
    edge = _right(parts[0])
    sides = [piece for piece in pieces if piece.rect.x1 <= edge], [piece for piece in pieces if piece.rect.x1 > edge]
    return [column for side in sides for column in columns_of(side)]


def blocks_in_order(items: Sequence[Item]) -> list[Block]:
    """Return the blocks of a page in reading order."""
    listed = list(items)
    if not listed:
        return []
    gap = _usual_gap(listed)
    # Margins are mostly alike: text that ends early on a page goes on to where it began on the other side.
    edge = max(_right(listed), 1 - min(item.rect.x0 for item in listed))
    return [block for group, end in _cut(listed, 0, gap, edge) for block in _paragraphs(group, gap, end)]


def _usual_gap(items: list[Item]) -> float:
    """The median gap below a line that runs on into the next one, in heights of the line; 0 where none does."""
    lines = [item for item in items if item.element is None and item.size > 0]
    ordered = sorted(lines, key=lambda item: item.rect.y0)
    gaps: list[float] = []
    for number, line in enumerate(ordered):
        below = next((other for other in ordered[number + 1 : number + 12] if _is_below(line, other)), None)
        if below is not None and _runs_into(line, below):
            gaps.append((below.rect.y0 - line.rect.y1) / line.size)
    usual = median(gaps) if gaps else 0.0
    return usual if usual < _WIDEST_GAP else 0.0


def _is_below(line: Item, other: Item) -> bool:
    shared = min(line.rect.x1, other.rect.x1) - max(line.rect.x0, other.rect.x0)
    return shared > 0 and not on_one_line(line.rect, other.rect)


def _runs_into(line: Item, below: Item) -> bool:
    """True where a word or a sentence goes on: no list, no heading and no row of a table does."""
    like = 0.87 < below.size / line.size < 1.15
    return like and below.text[:1].islower() and not line.text.rstrip().endswith((".", ":", "!", "?", ";"))


def _cut(items: list[Item], depth: int, gap: float, edge: float) -> Iterator[tuple[list[Item], float]]:
    if len(items) < 2 or depth > _MOST_DEPTH:
        yield items, edge
        return
    columns = _columns(items)
    parts = columns[:2] if columns else _rows(items, gap)
    if parts is None:
        yield items, edge
        return
    ends = tuple(_right(part) for part in parts) if columns and columns[2] else (1.0, 1.0) if columns else (edge, edge)
    ordered = list(zip(parts, ends, strict=True))
    if columns and runs_right_to_left(" ".join(item.text for item in items)):
        ordered.reverse()
    for part, end in ordered:
        yield from _cut(part, depth + 1, gap, end)


def _columns(items: list[Item]) -> tuple[list[Item], list[Item], bool] | None:
    """Cut at the widest vertical strip of white that leaves a real column on both sides; say whether they are prose."""
    for edge in _gaps([(item.rect.x0, item.rect.x1) for item in items], _COLUMN_GAP):
        left = [item for item in items if item.rect.x1 <= edge]
        right = [item for item in items if item.rect.x1 > edge]
        prose = (_is_column(left) and _is_column(right)) or _are_prose(left, right)
        if _side_by_side(left, right) and (prose or _in_turn(left, right)):
            return left, right, prose
    return None


def _in_turn(left: list[Item], right: list[Item]) -> bool:
    """True for two blocks of lines that the file writes one after the other, as it does addresses side by side."""
    written = all(_is_close(side) for side in (left, right)) and all(item.rank >= 0 for item in (*left, *right))
    return written and max(item.rank for item in left) < min(item.rank for item in right)


def _is_close(items: list[Item]) -> bool:
    """Several lines, none farther from the next than a line is high."""
    ordered = sorted(items, key=lambda item: item.rect.y0)
    gaps = [(below.rect.y0 - line.rect.y1) / max(line.size, 1e-9) for line, below in pairwise(ordered)]
    return bool(gaps) and all(-0.5 < gap < 1 for gap in gaps)


def _is_column(items: list[Item]) -> bool:
    wide = [item for item in items if item.rect.width >= _COLUMN_WIDTH]
    lines = len(wide) >= _COLUMN_ITEMS and len(wide) >= _COLUMN_SHARE * len(items)
    return lines or any(item.element is not None for item in wide)


def _are_prose(left: list[Item], right: list[Item]) -> bool:
    """True for a few wide lines of which one goes on in the middle of a sentence: "met in spring" / "and granted"."""
    sides = [sorted(side, key=lambda item: item.rect.y0) for side in (left, right)]
    wide = all(len(side) > 1 and all(item.rect.width >= _COLUMN_WIDTH for item in side[:-1]) for side in sides)
    return wide and any(_runs_into(above, line) for side in sides for above, line in pairwise(side))


def _side_by_side(left: list[Item], right: list[Item]) -> bool:
    shared = min(_bottom(left), _bottom(right)) - max(_top(left), _top(right))
    return shared > 0.4 * min(_bottom(left) - _top(left), _bottom(right) - _top(right))


def _top(items: list[Item]) -> float:
    return min(item.rect.y0 for item in items)


def _bottom(items: list[Item]) -> float:
    return max(item.rect.y1 for item in items)


def _right(items: list[Item]) -> float:
    return max(item.rect.x1 for item in items)


def _rows(items: list[Item], gap: float) -> tuple[list[Item], list[Item]] | None:
    """Cut at the widest horizontal strip of white."""
    for edge in _gaps([(item.rect.y0, item.rect.y1) for item in items], 0.0):
        above = [item for item in items if item.rect.y1 <= edge]
        below = [item for item in items if item.rect.y1 > edge]
        if above and below and _worth_cutting(above, below, gap):
            return above, below
    return None


def _worth_cutting(above: list[Item], below: list[Item], gap: float) -> bool:
    white = _top(below) - _bottom(above)
    sizes = [item.size for item in above + below if item.size > 0]
    finished = any(item.element is not None for item in (*above, *below))
    return finished or white > max(_SOLID, _WIDER * gap) * (median(sizes) if sizes else 0.0)


def _gaps(spans: list[tuple[float, float]], least: float) -> list[float]:
    """Return the starts of the uncovered stretches, widest first."""
    found: list[tuple[float, float]] = []
    reach = None
    for start, end in sorted(spans):
        if reach is not None and start - reach > least:
            found.append((start - reach, reach))
        reach = end if reach is None else max(reach, end)
    return [edge for _, edge in sorted(found, reverse=True)]


def _paragraphs(items: list[Item], gap: float, edge: float) -> Iterator[Block]:
    """Join the pieces of each line, then lines of like size with no wide gap between."""
    lines: list[Item] = []
    for line in _lines(items):
        if lines and not _continues(lines[-1], line, gap):
            yield _block(lines, edge)
            lines = []
        lines.append(line)
    if lines:
        yield _block(lines, edge)


def _continues(above: Item, line: Item, gap: float) -> bool:
    if above.element is not None or line.element is not None:
        return False
    white = line.rect.y0 - above.rect.y1
    like = 0.87 < line.size / max(above.size, 1e-9) < 1.15
    near = white < max(0.6, _WIDER * gap) * above.size
    return like and near and (above.bold == line.bold or len(above.text) > 60)


def _block(lines: list[Item], edge: float) -> Block:
    return Block(around(line.rect for line in lines), tuple(lines), lines[0].element, edge)


def _lines(items: list[Item]) -> list[Item]:
    lines: list[list[Item]] = []
    for item in sorted(items, key=lambda item: (item.rect.y0 + item.rect.y1) / 2):
        level = lines[-1][0] if lines else None
        if level is not None and level.element is None and item.element is None and on_one_line(level.rect, item.rect):
            lines[-1].append(item)
        else:
            lines.append([item])
    return [_join(line) for line in lines]


def _join(line: list[Item]) -> Item:
    if len(line) == 1:
        return line[0]
    ordered = in_reading_order([Piece(item.text, item.rect, item.size) for item in line])
    largest = max(line, key=lambda item: len(item.text))
    text = " ".join(piece.text for piece in ordered)
    return Item(around(item.rect for item in line), largest.size, text, all(item.bold for item in line))
