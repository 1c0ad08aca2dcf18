"""Tables in pictures and scans: built from the boxes of the lines that were read, each a unit beside its picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from groundsight.governance.pii import Memory
from groundsight.governance.pii_tables import clean_cells
from groundsight.ingestion.chunking import Chunk
from groundsight.ingestion.enrich import Seen
from groundsight.ingestion.layout.cells import joined_cells, side_by_side
from groundsight.ingestion.layout.chart_values import chart_table
from groundsight.ingestion.layout.label_rows import labelled_tables
from groundsight.ingestion.layout.leaders import split_leaders
from groundsight.ingestion.layout.number_rows import aligned_tables
from groundsight.ingestion.layout.pie_values import pie_table
from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around
from groundsight.ingestion.rows import turn_of, upright_lines
from groundsight.ingestion.tables import table_blocks
from groundsight.settings import Settings
from groundsight.types import Box, TextLine


def with_tables(
    chunks: Sequence[Chunk], seen: Mapping[int, Seen], settings: Settings, memory: Memory
) -> tuple[tuple[Chunk, ...], dict[int, Seen]]:
    """Put the tables of each picture behind it; what was seen goes with the new numbers."""
    listed: list[Chunk] = []
    kept: dict[int, Seen] = {}
    for number, piece in enumerate(chunks):
        if number in seen:
            kept[len(listed)] = seen[number]
        listed.append(piece)
        if number in seen:
            listed.extend(_tables(piece, seen[number], settings, memory))
    return tuple(listed), kept


def grids_of(lines: Sequence[TextLine], aspect: float) -> list[Grid]:
    """Return the tables that lines read from a picture make up, with boxes on the picture as it is.

    A chart has numbers side by side as well: what has no words, neither in its head nor at its left, is no table.
    """
    written = [line for line in lines if line.text.strip()]
    turn = turn_of(written, aspect)
    pieces = [piece for line in upright_lines(written, turn) for piece in _pieces(line)]
    return [grid.turned(-turn) for part in side_by_side(pieces) for grid in _grids(part) if _is_told(grid)]


def lines_on_page(lines: Sequence[TextLine], box: Box | None) -> tuple[TextLine, ...]:
    """Give lines of a cut-out picture their boxes on the page that it was cut from."""
    return tuple(line.model_copy(update={"box": _on_page(line.box, box)}) for line in lines) if box else tuple(lines)


def lines_in_picture(lines: Sequence[TextLine], box: Box | None) -> tuple[TextLine, ...]:
    """Give lines on a page their boxes in the picture that is cut out of it."""
    return tuple(line.model_copy(update={"box": _in_picture(line.box, box)}) for line in lines) if box else tuple(lines)


def _tables(piece: Chunk, seen: Seen, settings: Settings, memory: Memory) -> Iterator[Chunk]:
    for grid in grids_of(seen.lines, seen.picture.width / seen.picture.height):
        cells = clean_cells(grid.cells, settings.governance.redact, memory)
        ((title,),) = clean_cells(((grid.title,),), settings.governance.redact, memory)
        boxes = tuple(tuple(one and _on_page(one.as_box(), piece.place.box) for one in row) for row in grid.boxes)
        box = _on_page(grid.rect.as_box(), piece.place.box)
        for text, block, rows in table_blocks(cells, title, settings.ingestion.chunk_chars):
            place = piece.place.model_copy(update={"box": box, "span": None})
            held = (*boxes[:1], *boxes[1 + rows.start : 1 + rows.stop])
            yield replace(piece, kind="table", text=text, place=place, cells=block, boxes=held, picture=None)


def _grids(pieces: Sequence[Piece]) -> Iterator[Grid]:
    if chart := chart_table(pieces) or pie_table(pieces):
        grid, pieces = chart
        yield grid
    joined, whole = joined_cells(pieces)
    numbers, rest = aligned_tables(joined)
    for grid in (*numbers, *labelled_tables(rest)[0]):
        boxes = tuple(tuple(box and whole.get(box, box) for box in row) for row in grid.boxes)
        yield replace(grid, rect=around([grid.rect, *(box for row in boxes for box in row if box)]), boxes=boxes)


def _pieces(line: TextLine) -> Iterator[Piece]:
    """One piece a line, parted at rows of dots by the share of their characters."""
    rect = Rect(line.box.x0, line.box.y0, line.box.x1, line.box.y1)
    wide = rect.width / len(line.text)
    for start, end in split_leaders(line.text):
        place = Rect(rect.x0 + start * wide, rect.y0, rect.x0 + end * wide, rect.y1)
        yield Piece(line.text[start:end].strip(), place, rect.height)


def _is_told(grid: Grid) -> bool:
    head, *rows = grid.cells
    labels = [row[0] for row in rows if any(char.isalpha() for char in row[0])]
    return any(char.isalpha() for cell in head for char in cell) or len(labels) * 2 > len(rows)


def _on_page(box: Box, outer: Box | None) -> Box:
    if outer is None:
        return box
    width, height = outer.x1 - outer.x0, outer.y1 - outer.y0
    return Rect(
        outer.x0 + box.x0 * width, outer.y0 + box.y0 * height, outer.x0 + box.x1 * width, outer.y0 + box.y1 * height
    ).as_box()


def _in_picture(box: Box, outer: Box) -> Box:
    width, height = outer.x1 - outer.x0 or 1.0, outer.y1 - outer.y0 or 1.0
    left, top = (box.x0 - outer.x0) / width, (box.y0 - outer.y0) / height
    return Rect(left, top, (box.x1 - outer.x0) / width, (box.y1 - outer.y0) / height).as_box()
