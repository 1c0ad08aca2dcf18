"""Cells told by their places alone: lines of one cell are joined, tables that stand side by side are parted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, median

from groundsight.ingestion.layout.shapes import Piece, Rect, around, rows_of_pieces

# Lines of one cell stand closer than its row to the next.
_CLOSER, _EDGE = 0.75, 0.012
_WIDER, _FEWEST_PIECES, _FEWEST_ROWS = 1.8, 4, 3


def side_by_side(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Part pieces at a gap far wider than those between columns, where what follows has names of its own."""
    rows = [row for row in rows_of_pieces(pieces) if len(row) >= _FEWEST_PIECES]
    border = _border(rows) if len(rows) >= _FEWEST_ROWS else None
    if border is None:
        return [list(pieces)]
    whole = around(piece.rect for row in rows for piece in row)
    beside = [piece for piece in pieces if piece.rect.x0 > border and whole.y0 <= piece.rect.y0 <= whole.y1]
    return [[piece for piece in pieces if piece not in beside], beside]


def joined_cells(pieces: Sequence[Piece]) -> tuple[list[Piece], dict[Rect, Rect]]:
    """Join the lines of a cell; such a piece stands where its first line does, and the whole place is told by that."""
    rows = [list(row) for row in rows_of_pieces(pieces)]
    steps = [_step(above, below) for above, below in pairwise(rows) if len(below) > 1 and len(below) >= len(above)]
    most = _CLOSER * median(steps) if steps else 0.0
    told, whole = list[list[Piece]](), dict[Rect, Rect]()
    for number, row in enumerate(rows):
        is_closer = bool(told) and len(row) < len(told[-1]) and _step(rows[number - 1], row) < most
        places = _below(told[-1], row) if is_closer else None
        if places is None:
            told.append(row)
            continue
        for at, piece in zip(places, row, strict=True):
            told[-1][at] = _longer(told[-1][at], piece, whole)
    return [piece for row in told for piece in row], whole


def _longer(cell: Piece, line: Piece, whole: dict[Rect, Rect]) -> Piece:
    place = whole.pop(cell.rect, cell.rect).join(line.rect)
    first = Rect(place.x0, cell.rect.y0, place.x1, cell.rect.y1)
    whole[first] = place
    return replace(cell, text=f"{cell.text} {line.text}", rect=first, size=place.height, words=())


def _border(rows: list[list[Piece]]) -> float | None:
    stretches = list(bands([piece.rect for row in rows for piece in row]))
    gaps = sorted(((right[0] - left[1], right[0]) for left, right in pairwise(stretches)), reverse=True)
    if len(gaps) < 3 or gaps[0][0] < _WIDER * gaps[1][0]:
        return None
    start = gaps[0][1]
    before, after = (sum((left >= start) == is_after for left, _ in stretches) for is_after in (False, True))
    first = [piece.text for row in rows for piece in row if abs(piece.rect.x0 - start) < _EDGE]
    named = sum(not any(map(str.isdigit, text)) for text in first) * 2 > len(first)
    return start - gaps[0][0] / 2 if min(before, after) > 1 and named else None


def bands(rects: Sequence[Rect]) -> Iterator[tuple[float, float]]:
    """Yield the stretches across the page on which something stands."""
    left = right = None
    for rect in sorted(rects, key=lambda rect: rect.x0):
        if left is None or right is None:
            left, right = rect.x0, rect.x1
        elif rect.x0 > right:
            yield left, right
            left, right = rect.x0, rect.x1
        else:
            right = max(right, rect.x1)
    if left is not None and right is not None:
        yield left, right


def _step(above: Sequence[Piece], below: Sequence[Piece]) -> float:
    return _middle(below) - _middle(above)


def _middle(row: Sequence[Piece]) -> float:
    return fmean(piece.rect.y0 + piece.rect.y1 for piece in row) / 2


def _below(above: Sequence[Piece], row: Sequence[Piece]) -> list[int] | None:
    """Return below which cell each line begins, None where one begins below nothing."""
    edges = [piece.rect.x0 for piece in above]
    places = [next((at for at, x0 in enumerate(edges) if abs(x0 - one.rect.x0) < _EDGE), None) for one in row]
    return None if None in places else [at for at in places if at is not None]
