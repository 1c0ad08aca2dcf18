"""Reading order by white space: recursive cuts between columns first, then between rows (XY-cut).

Source: G. Nagy and S. Seth, Hierarchical representation of optically scanned documents, 1984.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.ingestion import Element
from groundsight.ingestion.readers.pdfium import Piece, Rect

_COLUMN_GAP = 0.012
_COLUMN_WIDTH = 0.16
_COLUMN_ITEMS = 3
_COLUMN_SHARE = 0.25
_MOST_DEPTH = 60


@dataclass(frozen=True)
class Item:
    """Something on a page: a line of text, or a finished element such as a table or a figure."""

    rect: Rect
    size: float = 0.0
    text: str = ""
    bold: bool = False
    element: Element | None = None


@dataclass(frozen=True)
class Block:
    """Lines that belong together, or one finished element."""

    rect: Rect
    lines: tuple[Item, ...]
    element: Element | None = None

    @property
    def text(self) -> str:
        """Join full lines by spaces and short ones by breaks; a hyphen joins two halves of a word."""
        joined = ""
        full = self.rect.x1 - 0.2 * self.rect.width
        for line, before in zip(self.lines, (None, *self.lines), strict=False):
            halves = joined.endswith("-") and joined[-2:-1].isalpha() and line.text[:1].islower()
            glue = "" if before is None or halves else " " if before.rect.x1 >= full else "\n"
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


def items_of(pieces: Sequence[Piece]) -> list[Item]:
    """Turn text pieces into items, joining those that touch on one line."""
    return [Item(piece.rect, piece.size, piece.text, piece.bold) for piece in pieces]


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
    return [block for group in _cut(list(items), 0) for block in _paragraphs(group)]


def _cut(items: list[Item], depth: int) -> Iterator[list[Item]]:
    if len(items) < 2 or depth > _MOST_DEPTH:
        yield items
        return
    parts = _columns(items) or _rows(items)
    if parts is None:
        yield items
        return
    for part in parts:
        yield from _cut(part, depth + 1)


def _columns(items: list[Item]) -> tuple[list[Item], list[Item]] | None:
    """Cut at the widest vertical strip of white that leaves a real column on both sides."""
    for edge in _gaps([(item.rect.x0, item.rect.x1) for item in items], _COLUMN_GAP):
        left = [item for item in items if item.rect.x1 <= edge]
        right = [item for item in items if item.rect.x1 > edge]
        if _is_column(left) and _is_column(right) and _side_by_side(left, right):
            return left, right
    return None


def _is_column(items: list[Item]) -> bool:
    wide = [item for item in items if item.rect.width >= _COLUMN_WIDTH]
    lines = len(wide) >= _COLUMN_ITEMS and len(wide) >= _COLUMN_SHARE * len(items)
    return lines or any(item.element is not None for item in wide)


def _side_by_side(left: list[Item], right: list[Item]) -> bool:
    shared = min(_bottom(left), _bottom(right)) - max(_top(left), _top(right))
    return shared > 0.4 * min(_bottom(left) - _top(left), _bottom(right) - _top(right))


def _top(items: list[Item]) -> float:
    return min(item.rect.y0 for item in items)


def _bottom(items: list[Item]) -> float:
    return max(item.rect.y1 for item in items)


def _right(items: list[Item]) -> float:
    return max(item.rect.x1 for item in items)


def _rows(items: list[Item]) -> tuple[list[Item], list[Item]] | None:
    """Cut at the widest horizontal strip of white."""
    for edge in _gaps([(item.rect.y0, item.rect.y1) for item in items], 0.0):
        above = [item for item in items if item.rect.y1 <= edge]
        below = [item for item in items if item.rect.y1 > edge]
        if above and below and _worth_cutting(above, below):
            return above, below
    return None


def _worth_cutting(above: list[Item], below: list[Item]) -> bool:
    gap = _top(below) - _bottom(above)
    sizes = sorted(item.size for item in above + below if item.size > 0)
    usual = sizes[len(sizes) // 2] if sizes else 0.0
    finished = any(item.element is not None for item in (*above, *below))
    return finished or gap > 0.45 * usual


def _gaps(spans: list[tuple[float, float]], least: float) -> list[float]:
    """Return the starts of the uncovered stretches, widest first."""
    found: list[tuple[float, float]] = []
    reach = None
    for start, end in sorted(spans):
        if reach is not None and start - reach > least:
            found.append((start - reach, reach))
        reach = end if reach is None else max(reach, end)
    return [edge for _, edge in sorted(found, reverse=True)]


def _paragraphs(items: list[Item]) -> Iterator[Block]:
    """Join the pieces of each line, then lines of like size with no wide gap between."""
    lines: list[Item] = []
    for line in _lines(items):
        if lines and not _continues(lines[-1], line):
            yield _block(lines)
            lines = []
        lines.append(line)
    if lines:
        yield _block(lines)


def _continues(above: Item, line: Item) -> bool:
    if above.element is not None or line.element is not None:
        return False
    gap = line.rect.y0 - above.rect.y1
    like = 0.87 < line.size / max(above.size, 1e-9) < 1.15
    return like and gap < 0.6 * above.size and (above.bold == line.bold or len(above.text) > 60)


def _block(lines: list[Item]) -> Block:
    rect = lines[0].rect
    for line in lines[1:]:
        rect = rect.join(line.rect)
    return Block(rect, tuple(lines), lines[0].element)


def _lines(items: list[Item]) -> list[Item]:
    lines: list[list[Item]] = []
    for item in sorted(items, key=lambda item: (item.rect.y0 + item.rect.y1) / 2):
        level = lines[-1][0] if lines else None
        if level is not None and level.element is None and item.element is None and on_one_line(level.rect, item.rect):
            lines[-1].append(item)
        else:
            lines.append([item])
    return [_join(sorted(line, key=lambda item: item.rect.x0)) for line in lines]


def on_one_line(one: Rect, other: Rect) -> bool:
    """True when two boxes share more than half of the lower one's height."""
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.5 * min(one.height, other.height)


def _join(line: list[Item]) -> Item:
    if len(line) == 1:
        return line[0]
    rect = line[0].rect
    for item in line[1:]:
        rect = rect.join(item.rect)
    largest = max(line, key=lambda item: len(item.text))
    return Item(rect, largest.size, " ".join(item.text for item in line), all(item.bold for item in line))
