"""Pies whose slices are named at their edge and carry a value: a row for each slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from groundsight.ingestion.layout.chart_values import UNREAD, is_value, title_above
from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEWEST, _MOST = 3, 20
# Of 16 pies drawn with matplotlib the line from a name to its value passes the middle within .03 to .09 of the picture.
_OFF_MIDDLE = 0.1
# The mean of the ways from values to names: 1 in a table, at most .4 around those pies.
_ONE_WAY = 0.6


def pie_table(pieces: Sequence[Piece]) -> tuple[Grid, list[Piece]] | None:
    """Return the table of a pie and the pieces that are no part of it; None where names and values make no pie.

    Each value stands on the line from its name to the middle of the pie. A slice whose value was not read has none.
    """
    values = [one for one in pieces if is_value(one)]
    title = title_above(pieces, [one.rect for one in pieces if one in values]) if values else None
    names = [one for one in pieces if one not in values and one is not title and any(map(str.isalpha, one.text))]
    if not _FEWEST <= len(values) <= len(names) <= _MOST:
        return None
    nearest = {id(min(names, key=lambda name, value=value: _far(name, value))): value for value in values}
    pairs = [(name, nearest[id(name)]) for name in names if id(name) in nearest]
    if len(pairs) < len(values) or len(pairs) * 2 <= len(names) or not _meet(pairs):
        return None
    head, place = (title.text, title.rect) if title else ("", None)
    rows = [(name, nearest.get(id(name))) for name in names]
    cells = (("", head), *((name.text, value.text if value else UNREAD) for name, value in rows))
    boxes = ((None, place), *((name.rect, value and value.rect) for name, value in rows))
    used = [*names, *values, *((title,) if title else ())]
    return Grid(around(one.rect for one in used), cells, boxes), [one for one in pieces if one not in used]


def _meet(pairs: Sequence[tuple[Piece, Piece]]) -> bool:
    """Tell whether the lines from values to names run all ways from one point, told by least squares."""
    import numpy as np

    names, values = (np.array([_middle(pair[at].rect) for pair in pairs]) for at in (0, 1))
    ways = (names - values) / np.maximum(np.linalg.norm(names - values, axis=1, keepdims=True), 1e-6)
    across = np.stack([-ways[:, 1], ways[:, 0]], axis=1)
    told = (across * values).sum(axis=1)
    # numpy tells no types of the least squares.
    middle = cast("NDArray[np.float64]", np.linalg.lstsq(across, told, rcond=None)[0])
    is_outside = ((values - middle) * ways).sum(axis=1) > 0
    is_round = np.linalg.norm(ways.mean(axis=0)) < _ONE_WAY
    return bool(np.abs(across @ middle - told).max() < _OFF_MIDDLE and is_outside.all() and is_round)


def _far(one: Piece, other: Piece) -> float:
    (x, y), (across, down) = _middle(one.rect), _middle(other.rect)
    return (x - across) ** 2 + (y - down) ** 2


def _middle(rect: Rect) -> tuple[float, float]:
    return (rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2
