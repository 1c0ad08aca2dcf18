"""The one home of pdfplumber: tables drawn with rules, found from the lines of a page and filled with its text."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from groundsight.ingestion.layout.shapes import (
    Grid,
    Piece,
    Rect,
    around,
    in_reading_order,
    rows_of_pieces,
    runs_right_to_left,
)
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.table_heads import COVERED, read_head

_FEWEST_LINES = 4
_MOST_LINES = 4_000
_MOST_SECONDS = 15
# Crossings of level and upright rules: the search for cells is quadratic in them, 2 s for as many as these.
_MOST_CROSSINGS = 8_000
# In points: rules that stand closer than this are one.
_SNAP = 3


@dataclass(frozen=True)
class RuledTable:
    """A table, the title that its first row holds, and whether upright rules part its columns (else only shading)."""

    grid: Grid
    title: str
    upright: bool


class RuledTables:
    """Finds tables until its time is used up; then ``late`` is set. ``crowded`` counts pages with too many rules."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self.late, self.crowded = False, 0

    def frames(self, lines: Sequence[Rect], size: tuple[float, float]) -> tuple[list[list[Rect]], list[Rect]]:
        """Return the cells of each table of a page of this width and height in points, and what is framed alone."""
        if len(lines) < _FEWEST_LINES or self.late:
            return [], []
        start = time.process_time()
        edges = _edges(lines, *size) if len(lines) <= _MOST_LINES else None
        self.crowded += edges is None
        frames = _frames(edges or [], *size)
        self._seconds += time.process_time() - start
        self.late = self._seconds > _MOST_SECONDS
        return frames


def _edges(lines: Sequence[Rect], width: float, height: float) -> list[dict[str, Any]] | None:
    """Join rules that lie on one line; None when there are too many to look for cells."""
    from pdfplumber.table import merge_edges

    edges = merge_edges([_edge(line, width, height) for line in lines], _SNAP, _SNAP, _SNAP, _SNAP)
    long = [edge for edge in edges if max(edge["width"], edge["height"]) > _SNAP]
    level = sum(edge["orientation"] == "h" for edge in long)
    return long if level * (len(long) - level) <= _MOST_CROSSINGS else None


def _frames(edges: list[dict[str, Any]], width: float, height: float) -> tuple[list[list[Rect]], list[Rect]]:
    """Return the cells of each table, and the cells that touch no other."""
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells

    cells = intersections_to_cells(edges_to_intersections(edges, _SNAP, _SNAP))
    tables = cells_to_tables(cells)
    taken = {cell for table in tables for cell in table}
    *found, alone = (
        [Rect(x0 / width, y0 / height, x1 / width, y1 / height) for x0, y0, x1, y1 in group]
        for group in (*tables, [cell for cell in cells if cell not in taken])
    )
    return found, alone


def _edge(line: Rect, width: float, height: float) -> dict[str, Any]:
    x0, top, x1, bottom = line.x0 * width, line.y0 * height, line.x1 * width, line.y1 * height
    way = "h" if x1 - x0 > bottom - top else "v"
    # The level of a rule is its middle, however thick it is.
    (top, bottom), (x0, x1) = (
        ((top + bottom) / 2,) * 2 if way == "h" else (top, bottom),
        ((x0 + x1) / 2,) * 2 if way == "v" else (x0, x1),
    )
    sides = {"x0": x0, "x1": x1, "top": top, "bottom": bottom, "doctop": top}
    return {**sides, "width": x1 - x0, "height": bottom - top, "orientation": way, "object_type": "line"}


def filled_tables(
    frames: Sequence[list[Rect]], rules: Sequence[Rect], pieces: Sequence[Piece]
) -> tuple[list[RuledTable], list[Piece]]:
    """Put the words of a page into the cells; return the tables, and the pieces that belong to none.

    A piece that runs over several cells is parted at its words.
    """
    tables: list[RuledTable] = []
    rest = list(pieces)
    for cells in sorted(frames, key=len, reverse=True):
        whole = around(cells)
        held: list[list[Piece]] = [[] for _ in cells]
        outside: list[Piece] = []
        for piece in rest:
            for part in _parts(piece, whole, cells):
                at = next((at for at, cell in enumerate(cells) if cell.holds(part.rect)), None)
                (outside if at is None else held[at]).append(part)
        table = _table(cells, held, rules)
        if table is not None:
            tables.append(table)
            rest = outside
    return tables, rest


def _parts(piece: Piece, whole: Rect, cells: Sequence[Rect]) -> list[Piece]:
    if not piece.rect.overlap(whole) or sum(_enters(piece.rect, cell) for cell in cells) < 2:
        return [piece]
    return piece.parted()


def _enters(rect: Rect, cell: Rect) -> bool:
    return cell.y0 <= (rect.y0 + rect.y1) / 2 <= cell.y1 and rect.x0 < cell.x1 and cell.x0 < rect.x1


def _table(cells: list[Rect], held: list[list[Piece]], rules: Sequence[Rect]) -> RuledTable | None:
    texts = [_said(pieces) for pieces in held]
    bands = _bands(cells)
    filled = [row for row in bands if any(at is not None and texts[at] for at in row)]
    used = [c for c in range(len(bands[0])) if any(row[c] is not None and texts[row[c] or 0] for row in filled)]
    spread = [[row[c] for c in used] for row in filled]
    if len(spread) < 2 or len(used) < 2:
        return None
    if runs_right_to_left(" ".join(texts)):
        spread = [row[::-1] for row in spread]
    rects = [around(piece.rect for piece in pieces) if pieces else None for pieces in held]
    grid, title = _grid(around(cells), spread, texts, rects)
    return RuledTable(grid, title, _has_upright(around(cells), rules))


def _bands(cells: list[Rect]) -> list[list[int | None]]:
    """Return the number of the cell at each row and column between rules: a merged one is met often."""
    tops, lefts = sorted({cell.y0 for cell in cells}), sorted({cell.x0 for cell in cells})
    bands: list[list[int | None]] = [[None] * len(lefts) for _ in tops]
    for at, cell in enumerate(cells):
        rows, columns = (
            range(tops.index(cell.y0), bisect_left(tops, cell.y1)),
            range(lefts.index(cell.x0), bisect_left(lefts, cell.x1)),
        )
        for row, column in product(rows, columns):
            bands[row][column] = at
    return bands


def _grid(rect: Rect, spread: list[list[int | None]], texts: list[str], rects: list[Rect | None]) -> tuple[Grid, str]:
    """Return the table and the title above its head; a cell that is merged down holds for all its rows."""
    shown = [
        [at if at is not None and row.index(at) == column else None for column, at in enumerate(row)] for row in spread
    ]
    said = [
        ["" if at is None else COVERED if one is None else texts[at] for at, one in zip(row, first, strict=True)]
        for row, first in zip(spread, shown, strict=True)
    ]
    table = read_head(said)
    heads, body = spread[table.first - 1], shown[table.first :]
    boxes = tuple(tuple(None if at is None else rects[at] for at in row) for row in (heads, *body))
    return Grid(rect, (table.header, *table.body), boxes), one_line(table.title)


def _said(pieces: list[Piece]) -> str:
    """Return the lines of a cell as one; a hyphen joins two halves of a word."""
    said = ""
    for row in rows_of_pieces(pieces):
        line = " ".join(piece.text for piece in in_reading_order(row))
        halves = said.endswith("-") and said[-2:-1].isalpha() and line[:1].islower()
        said = f"{said[:-1]}{line}" if halves else f"{said} {line}"
    return one_line(said)


def _has_upright(rect: Rect, rules: Sequence[Rect]) -> bool:
    """True when upright rules stand inside the table, not at its sides alone."""
    inner = (line for line in rules if line.width < line.height and rect.holds(line))
    return any(rect.x0 + 0.01 < line.x0 < rect.x1 - 0.01 for line in inner)
