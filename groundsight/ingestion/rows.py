"""The lines of a picture as running text: turned upright, and what stands side by side read as one row."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from groundsight.ingestion.layout.shapes import Rect
from groundsight.types import Box, TextLine


def rows_of(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Return the lines that hold text, row by row and each row from left to right."""
    rows: list[list[TextLine]] = []
    written = [line for line in lines if line.text.strip()]
    for line in written:
        row = next((row for row in reversed(rows) if all(_beside(line.box, other.box) for other in row)), None)
        if row is None:
            rows.append([line])
        else:
            row.append(line)
    if not _tabular(rows):
        return [[line] for line in written]
    ordered = [sorted(row, key=lambda line: line.box.x0) for row in rows]
    return sorted(ordered, key=lambda row: fmean((line.box.y0 + line.box.y1) / 2 for line in row))


def turn_of(lines: Sequence[TextLine], aspect: float) -> int:
    """How many quarters counterclockwise make a page upright whose lines are given in reading order.

    ``aspect`` is its width over its height. Lines of a sideways page stand; read in order they go to the left (one
    quarter) or to the right (three), on a page upside down upwards.
    """
    boxes = [line.box for line in lines if len(line.text) > 1]
    stands = sum(box.y1 - box.y0 > (box.x1 - box.x0) * aspect for box in boxes) * 2 > len(boxes)
    ways = [(box.x0 + box.x1) if stands else (box.y0 + box.y1) for box in boxes]
    trend = sum((place - (len(ways) - 1) / 2) * way for place, way in enumerate(ways))
    return (1 if trend < 0 else 3) if stands else 2 if trend < 0 else 0


def upright_lines(lines: Sequence[TextLine], turn: int) -> list[TextLine]:
    """Return the lines with their boxes on the page turned counterclockwise by so many quarters."""
    if not turn:
        return list(lines)
    rects = [Rect(line.box.x0, line.box.y0, line.box.x1, line.box.y1).turned(turn) for line in lines]
    return [line.model_copy(update={"box": rect.as_box()}) for line, rect in zip(lines, rects, strict=True)]


def _tabular(rows: Sequence[Sequence[TextLine]]) -> bool:
    """True for receipts and tables: rows of short lines. Columns of prose keep the reader's order."""
    shared = [line for row in rows if len(row) > 1 for line in row]
    return bool(shared) and fmean(len(line.text) for line in shared) <= 30


def _beside(first: Box, second: Box) -> bool:
    shared = min(first.y1, second.y1) - max(first.y0, second.y0)
    lower = min(first.y1 - first.y0, second.y1 - second.y0)
    apart = min(first.x1, second.x1) - max(first.x0, second.x0) <= 0.01
    return lower > 0 and shared >= lower / 2 and apart
