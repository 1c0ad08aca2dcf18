"""Charts whose values are printed at their bars or points: a row for each label, a column for each series."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean, median

from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around

_VALUE = re.compile(r"[$€£¥]?\s*[-+−–]?\s*\d[\d., ]*\s*(?:%|k|mn?|bn?|million|billion|thousand|€|£)?", re.I)
# A bar whose value was not read has one: beside an empty cell the greatest of the others would be told as the greatest.
UNREAD = "not read"
# A mark of the axis is read as a dash behind the label.
_TICK = re.compile(r"\s*[-–—]$")
_YEAR = re.compile(r"(?:19|20)\d\d")
# Drawn with matplotlib, labels of one axis begin within .004 of each other and stand evenly to 4 % of a step.
_ALIGNED, _EVEN, _FEWEST, _MOST_PIECES = 0.012, 0.25, 3, 120
_SPREAD, _APART, _FILLED, _TITLE_CHARS, _OFF_SCALE = 0.03, 0.1, 0.5, 120, 0.1


@dataclass(frozen=True)
class _Mark:
    """A piece as the axis sees it: where along the axis, how far from its side of the chart, its near and far edge."""

    piece: Piece
    along: float
    near: float
    far: float

    @property
    def is_value(self) -> bool:
        return is_value(self.piece)

    @property
    def is_year(self) -> bool:
        return bool(_YEAR.fullmatch(self.piece.text.strip()))


_EDGES: tuple[tuple[Callable[[_Mark], float], Callable[[_Mark], float]], ...] = (
    (lambda one: one.piece.rect.x1, lambda one: -one.piece.rect.y0),
    (lambda one: one.piece.rect.x0, lambda one: -one.piece.rect.y0),
    (lambda one: one.piece.rect.y0, lambda one: one.piece.rect.x0),
)
_SIDES: tuple[Callable[[_Mark], float], ...] = (
    lambda one: one.near,
    lambda one: one.far,
    lambda one: one.near + one.far,
)


def is_value(piece: Piece) -> bool:
    """Tell whether a piece is a number with its unit, and no year."""
    text = piece.text.strip()
    return bool(_VALUE.fullmatch(text)) and not _YEAR.fullmatch(text)


def chart_table(pieces: Sequence[Piece]) -> tuple[Grid, list[Piece]] | None:
    """Return the table of a chart and the pieces that are no part of it; None where no values are printed in order.

    Bars may stand or lie. Values at one place of the axis, as in stacked bars, belong to no series that can be told.
    """
    if len(pieces) > _MOST_PIECES:
        return None
    for look in (_standing, _lying):
        marks = _without_ticks([look(piece) for part in pieces for piece in _parted(part)])
        rows = [made for labels in _axes(marks) if (made := _read(marks, labels, look is _lying))]
        if rows:
            return _grid(min(rows, key=lambda row: row.off), pieces)
    return None


def _standing(piece: Piece) -> _Mark:
    rect = piece.rect
    return _Mark(piece, (rect.x0 + rect.x1) / 2, 1 - rect.y0, 1 - rect.y1)


def _lying(piece: Piece) -> _Mark:
    rect = piece.rect
    return _Mark(piece, (rect.y0 + rect.y1) / 2, rect.x1, rect.x0)


def _parted(piece: Piece) -> Iterator[Piece]:
    """Years that were read as one line are labels of their own; each has its share of the place."""
    words = piece.text.split()
    if len(words) < 2 or not all(map(_YEAR.fullmatch, words)):
        yield piece
        return
    wide, at = piece.rect.width / len(piece.text), 0
    for word in words:
        at = piece.text.index(word, at)
        left = piece.rect.x0 + at * wide
        yield Piece(word, Rect(left, piece.rect.y0, left + len(word) * wide, piece.rect.y1), piece.size)
        at += len(word)


def _without_ticks(marks: Sequence[_Mark]) -> list[_Mark]:
    """Leave out the numbers of the other axis: they stand evenly on one edge and grow by one step; years are labels."""
    ticks = set[int]()
    numbers = [one for one in marks if one.is_value or one.is_year]
    for edge, place in _EDGES:
        for group in _aligned(numbers, edge):
            ticks.update(map(id, _scale(sorted(group, key=place), place)))
    return [one for one in marks if id(one) not in ticks]


def _scale(group: Sequence[_Mark], place: Callable[[_Mark], float]) -> list[_Mark]:
    """Return the longest run of numbers that grow by one step from place to place, a value between them left out."""
    runs = [_steps(group, place, first, second) for first, second in combinations(group, 2)]
    longest = max(runs, key=len, default=list[_Mark]())
    return longest if len(longest) >= _FEWEST and not all(one.is_year for one in longest) else []


def _steps(group: Sequence[_Mark], place: Callable[[_Mark], float], first: _Mark, second: _Mark) -> list[_Mark]:
    far, more = place(second) - place(first), _number(second.piece.text) - _number(first.piece.text)
    if not far or not more:
        return []
    run: list[_Mark] = []
    for one in group:
        at, by = (place(one) - place(first)) / far, (_number(one.piece.text) - _number(first.piece.text)) / more
        if round(at) == len(run) and abs(at - len(run)) < _OFF_SCALE and abs(by - len(run)) < _OFF_SCALE:
            run.append(one)
    return run


def _number(text: str) -> float:
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    value = float(found[0].replace(",", "")) if found else 0.0
    return -value if re.match(r"[-−–]", text.strip()) else value


def _axes(marks: Sequence[_Mark]) -> Iterator[list[_Mark]]:
    """Yield what may be the labels of the axis: evenly placed, with one edge in common, words or years."""
    for edge in _SIDES:
        for group in _aligned(marks, edge):
            labels = sorted(group, key=lambda one: one.along)
            named = not any(one.is_value for one in labels)
            if named and len(labels) >= _FEWEST and _is_even([one.along for one in labels], _EVEN):
                yield labels


def _aligned(marks: Sequence[_Mark], edge: Callable[[_Mark], float]) -> list[list[_Mark]]:
    groups: list[list[_Mark]] = []
    for one in sorted(marks, key=edge):
        if groups and edge(one) - edge(groups[-1][-1]) < _ALIGNED:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _is_even(places: Sequence[float], most: float) -> bool:
    steps = [after - before for before, after in pairwise(places)]
    middle = median(steps) if steps else 0.0
    return middle > 0 and all(abs(step - middle) <= most * middle for step in steps)


@dataclass(frozen=True)
class _Chart:
    """Labels with their values, a tuple of one for each series; ``off`` is how far values stand from their labels."""

    labels: list[_Mark]
    values: list[list[_Mark | None]]
    names: list[Piece]
    lies: bool
    off: float


def _read(marks: Sequence[_Mark], labels: Sequence[_Mark], lies: bool) -> _Chart | None:
    step = median(after.along - before.along for before, after in pairwise(labels))
    edge = max(one.near for one in labels)
    found: list[list[_Mark]] = [[] for _ in labels]
    for one in (one for one in marks if one.is_value and one not in labels and one.far >= edge - _ALIGNED):
        at = min(range(len(labels)), key=lambda at: abs(labels[at].along - one.along))
        if abs(labels[at].along - one.along) <= step / 2:
            found[at].append(one)
    many = max(map(len, found))
    values = [one for each in found for one in each]
    if not many or len(values) < _FILLED * many * len(labels):
        return None
    if max(one.far for one in values) - min(one.far for one in values) < _SPREAD or (lies and many > 1):
        return None
    places = _series_places(labels, found, many)
    if any(after - before < _APART * step for before, after in pairwise(places)):
        return None
    names = _legend(marks, labels, many) if many > 1 else []
    if many > 1 and not names:
        return None
    rows = [_in_series(label, each, places) for label, each in zip(labels, found, strict=True)]
    off = fmean(abs(one.along - label.along) for label, each in zip(labels, found, strict=True) for one in each) / step
    return _Chart(list(labels), rows, names, lies, off)


def _series_places(labels: Sequence[_Mark], found: Sequence[Sequence[_Mark]], many: int) -> list[float]:
    """Where the value of each series stands beside its label, on average."""
    whole = [
        sorted(one.along - label.along for one in each)
        for label, each in zip(labels, found, strict=True)
        if len(each) == many
    ]
    return [fmean(row[at] for row in whole) for at in range(many)]


def _in_series(label: _Mark, values: Sequence[_Mark], places: Sequence[float]) -> list[_Mark | None]:
    row: list[_Mark | None] = [None] * len(places)
    for one in values:
        row[min(range(len(places)), key=lambda at: abs(places[at] - (one.along - label.along)))] = one
    return row


def _legend(marks: Sequence[_Mark], labels: Sequence[_Mark], many: int) -> list[Piece]:
    """The names of the series: as many words as there are series, on one line or one below the other."""
    words = [one for one in marks if not one.is_value and one not in labels and one.piece.rect.width < 0.4]
    for edge, place in (_EDGES[2], _EDGES[1]):
        for group in _aligned(words, edge):
            if len(group) == many and _is_close(group):
                ordered = sorted(group, key=place)
                return [one.piece for one in (ordered if edge is _EDGES[2][0] else reversed(ordered))]
    return []


def _is_close(group: Sequence[_Mark]) -> bool:
    whole, high = around(one.piece.rect for one in group), max(one.piece.rect.height for one in group)
    return whole.height < 2.5 * high * len(group) and whole.width < 0.9


def _grid(chart: _Chart, pieces: Sequence[Piece]) -> tuple[Grid, list[Piece]]:
    ordered = list(zip(chart.labels, chart.values, strict=True))
    used = [one.piece.rect for one in chart.labels] + [one.piece.rect for row in chart.values for one in row if one]
    title = title_above(pieces, used)
    axes = (_below(pieces, used), _beside(pieces, used))
    of_labels, of_values = axes[::-1] if chart.lies else axes
    if not all(one for row in chart.values for one in row):
        # Named by its kind, the one row that was read would answer a question for the lowest.
        of_labels = None
    names = chart.names or [one for one in (of_values or title,) if one] or [Piece("", used[0], 0.0)]
    years = "Year" if all(one.is_year for one in chart.labels) else ""
    cells = (
        (of_labels.text if of_labels else years, *(name.text for name in names)),
        *(
            (_TICK.sub("", label.piece.text), *(one.piece.text if one else UNREAD for one in row))
            for label, row in ordered
        ),
    )
    boxes = (
        (of_labels and of_labels.rect, *(name.rect if name.text else None for name in names)),
        *((label.piece.rect, *(one.piece.rect if one else None for one in row)) for label, row in ordered),
    )
    parts = {*used, *(name.rect for name in names), *(one.rect for one in axes if one)}
    rest = [piece for piece in pieces if piece.rect not in parts and not _VALUE.fullmatch(piece.text.strip())]
    return Grid(around(parts), cells, boxes, title.text if title and title not in names else ""), rest


def _below(pieces: Sequence[Piece], used: Sequence[Rect]) -> Piece | None:
    """The title of the axis that lies: words in the middle below all labels and values."""
    whole = around(used)
    below = [one for one in pieces if (one.rect.y0 + one.rect.y1) / 2 > whole.y1 and any(map(str.isalpha, one.text))]
    centred = [one for one in below if _off_centre(one.rect, whole) < 0.1 and one.rect.width < 0.4]
    return min(centred, key=lambda one: one.rect.y0, default=None)


def _off_centre(rect: Rect, whole: Rect) -> float:
    return abs(rect.x0 + rect.x1 - whole.x0 - whole.x1) / 2


def _beside(pieces: Sequence[Piece], used: Sequence[Rect]) -> Piece | None:
    """The title of the axis that stands: words that climb at the left of all labels and values."""
    left = min(rect.x0 for rect in used)
    stands = [one for one in pieces if one.rect.x1 < left and one.rect.height > one.rect.width]
    climbing = [one for one in stands if any(map(str.isalpha, one.text))]
    return min(climbing, key=lambda one: one.rect.x0, default=None)


def title_above(pieces: Sequence[Piece], used: Sequence[Rect]) -> Piece | None:
    """Return the first line above everything that belongs to the axis and its values."""
    top = min(rect.y0 for rect in used)
    above = [one for one in pieces if one.rect.y1 <= top + _ALIGNED and any(map(str.isalpha, one.text))]
    wide = [one for one in above if one.rect.width > one.rect.height and len(one.text) <= _TITLE_CHARS]
    return min(wide, key=lambda one: one.rect.y0, default=None)
