"""Tables that go on over the end of a page: the next part gets the head, the title and the section of the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from groundsight.ingestion import Element
from groundsight.ingestion.readers.table_heads import grouped

_FOOT, _HEAD = 0.7, 0.3
_EDGE_CHARS = 150
_SAME_SIDES = 0.04


def continued(elements: Iterable[Element]) -> Iterator[Element]:
    """Yield the elements; a table that goes on from the page before is told as its next rows."""
    above: Element | None = None
    for element in elements:
        if element.kind == "table":
            if above is not None and _goes_on(above, element):
                element = _joined(above, element)
            element = _grouped(above, element)
            above = element
        elif above is not None and not _is_edge(element):
            above = None
        yield element


def _grouped(above: Element | None, table: Element) -> Element:
    head, *rows = table.cells
    before = above.cells[1:] if above is not None and above.cells[0] == head else ()
    last = [row[0] for row in before[-2:]]
    name = last[-1] if last else ""
    # What a ruled table begins with on a page belongs to the group that the page before ends with.
    first = sum(1 for _ in takewhile(lambda row: not row[0] and all(row[1:]), rows)) if last == [name, name] else 0
    rows = [*((name, *row[1:]) for row in rows[:first]), *rows[first:]]
    return table.model_copy(update={"cells": (head, *grouped(rows, name))})


def _is_edge(element: Element) -> bool:
    """Head and foot lines may stand between the parts."""
    box = element.box
    short = element.kind in ("text", "heading") and len(element.text) <= _EDGE_CHARS
    return short and box is not None and (box.y1 < 0.12 or box.y0 > 0.88)


def _goes_on(above: Element, table: Element) -> bool:
    if above.box is None or table.box is None or above.page is None or table.page != above.page + 1:
        return False
    meet = above.box.y1 > _FOOT and table.box.y0 < _HEAD
    sides = abs(above.box.x0 - table.box.x0) < _SAME_SIDES and abs(above.box.x1 - table.box.x1) < _SAME_SIDES
    same = above.cells[0] == table.cells[0]
    return len(above.cells[0]) == len(table.cells[0]) and (same or (meet and sides and _is_row(above, table.cells[0])))


def _is_row(above: Element, row: Sequence[str]) -> bool:
    """True when a row holds numbers in every column in which all rows above hold one; a bare head always fits."""
    if not any(row):
        return True
    counted = [at for at in range(len(row)) if all(_has_number(line[at]) for line in above.cells[1:])]
    return all(_has_number(row[at]) for at in counted) and not any(cell and cell in above.cells[0] for cell in row)


def _has_number(cell: str) -> bool:
    return any(char.isdigit() for char in cell)


def _joined(above: Element, table: Element) -> Element:
    head, blank = above.cells[0], (None,) * len(above.cells[0])
    cells, boxes = table.cells, table.boxes
    if table.cells[0] == head or not any(table.cells[0]):
        cells = (head, *cells[1:])
    else:
        cells, boxes = (head, *cells), (blank, *boxes)
    return table.model_copy(update={"cells": cells, "boxes": boxes, "text": above.text, "section": above.section})
