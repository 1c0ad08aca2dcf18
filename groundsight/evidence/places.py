"""Where quoted words stand: the lines of a picture that make them up, the cells of a table that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.evidence.tables import Block, text_tables
from groundsight.types import Box, Evidence, TextLine


def box_of_words(lines: Sequence[TextLine], text: str) -> Box | None:
    """Return the box around the lines that make up ``text``, None when they are not found.

    Lines that stand side by side are quoted as one row, so several boxes may make one.
    """
    wanted = _squeezed(text)
    if not wanted:
        return None
    known = [(line, _squeezed(line.text)) for line in lines if line.text.strip()]
    inside = next((line.box for line, words in known if wanted in words), None)
    return inside or next((box for start in known if (box := _run_from(start, known, wanted))), None)


def boxes_of_rows(one: Evidence, table: Block) -> tuple[tuple[Box | None, ...], ...]:
    """Return the boxes of the cells below the head, row by row; empty rows where they are not known."""
    return one.boxes[1:] if len(one.boxes) == len(table.rows) else ((),) * (len(table.rows) - 1)


def box_in_table(one: Evidence, span: tuple[int, int]) -> Box | None:
    """Return the box around the cells that some characters of a table's text come from."""
    if not one.boxes:
        return None
    table = text_tables(one.text, one.cells)[0]
    held: list[Box | None] = []
    for cells, (at, end), boxes in zip(table.rows[1:], table.spans[1:], boxes_of_rows(one, table), strict=True):
        for cell, box in zip(cells, boxes, strict=False) if at < span[1] and span[0] < end else ():
            start = one.text.find(cell, at, end)
            at = start + len(cell) if start >= 0 else at
            held.append(box if start < span[1] and span[0] < at else None)
    return around_boxes(held)


def around_boxes(boxes: Sequence[Box | None]) -> Box | None:
    """Return the smallest box around those that are known."""
    known = [box for box in boxes if box is not None]
    return _around(known) if known else None


def _run_from(start: tuple[TextLine, str], known: Sequence[tuple[TextLine, str]], wanted: str) -> Box | None:
    """Follow the words from one line on, each time to the nearest line that goes on with them."""
    (line, words), boxes, done = start, list[Box](), 0
    while wanted.startswith(words, done):
        boxes.append(line.box)
        done += len(words)
        if done == len(wanted):
            return _around(boxes)
        nexts = [(other, said) for other, said in known if wanted.startswith(said, done) and other.box not in boxes]
        if not nexts:
            return None
        line, words = min(nexts, key=lambda one: _distance(boxes[-1], one[0].box))
    return None


def _distance(first: Box, second: Box) -> float:
    return abs(first.y0 - second.y0) + 0.1 * abs(first.x1 - second.x0)


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        x0=min(box.x0 for box in boxes),
        y0=min(box.y0 for box in boxes),
        x1=max(box.x1 for box in boxes),
        y1=max(box.y1 for box in boxes),
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())
