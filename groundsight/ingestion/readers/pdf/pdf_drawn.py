"""What is drawn on a page: pictures, paths, and the level and upright lines that can rule a table."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from groundsight.ingestion.layout.shapes import Rect

_DEPTH = 3
_MOST_OBJECTS = 40_000
_MOST_SEGMENTS = 400
_SHORT = 2.0
_THICK = 4.0
Point = tuple[float, float]


@dataclass
class Drawn:
    """Boxes in fractions of the page; what is in ``rules`` (drawn) or ``sides`` (of filled boxes) is thin, and what is
    in ``lids`` lies light over letters that were there before.

    ``objects`` are PDFium's own, one a picture. ``more`` is set where a page has too many objects to look at all.
    """

    pictures: list[Rect] = field(default_factory=list[Rect])
    objects: list[Any] = field(default_factory=list[Any])
    paths: list[Rect] = field(default_factory=list[Rect])
    lids: list[Rect] = field(default_factory=list[Rect])
    sides: list[Rect] = field(default_factory=list[Rect])
    rules: list[Rect] = field(default_factory=list[Rect])
    more: bool = False


def drawn_on(library: Any, page: Any, place: Callable[..., Rect]) -> Drawn:
    """Look at the pictures and paths of a page, also inside its forms; ``place`` leads from points to fractions."""
    found = Drawn()
    kinds = (library.FPDF_PAGEOBJ_IMAGE, library.FPDF_PAGEOBJ_PATH, library.FPDF_PAGEOBJ_TEXT)
    number, written = 0, False
    for item in page.get_objects(filter=kinds, max_depth=_DEPTH):
        if item.type == library.FPDF_PAGEOBJ_TEXT:
            written = True
            continue
        if number >= _MOST_OBJECTS:
            found.more = True
            break
        _take(library, item, found, place, written=written)
        number += 1
    return found


def _take(library: Any, item: Any, found: Drawn, place: Callable[..., Rect], *, written: bool) -> None:
    left, bottom, right, top = _moved(library, item, item.get_bounds())
    rect = place(left, top, right, bottom)
    if item.type == library.FPDF_PAGEOBJ_IMAGE:
        found.pictures.append(rect)
        found.objects.append(item)
        return
    stroked, light = _painted(library, item.raw)
    if stroked or not light:
        found.paths.append(rect)
    thin = min(right - left, top - bottom) < _THICK
    if written and light and not stroked and not thin:
        found.lids.append(rect)
    lines = _lines_of(library, item, (left, bottom, right, top))
    (found.rules if stroked or (thin and not light) else found.sides).extend(
        place(x0, y1, x1, y0) for x0, y0, x1, y1 in lines
    )


def _lines_of(library: Any, item: Any, bounds: tuple[float, ...]) -> Iterator[tuple[float, ...]]:
    """The level and upright lines of a path, in points: a thin box is one line, a box four, a grid as many as it has.

    PDFium widens the bounds of a path by its stroke, so what is thinner than 4 points counts as a line.
    """
    x0, y0, x1, y1 = bounds
    if min(x1 - x0, y1 - y0) < _THICK:
        if max(x1 - x0, y1 - y0) > _SHORT:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            yield (x0, y, x1, y) if x1 - x0 > y1 - y0 else (x, y0, x, y1)
        return
    count = library.FPDFPath_CountSegments(item.raw)
    for (ax, ay), (bx, by) in _strokes(library, item, count) if count <= _MOST_SEGMENTS else ():
        if min(abs(ax - bx), abs(ay - by)) < 1 and max(abs(ax - bx), abs(ay - by)) > _SHORT:
            yield min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _strokes(library: Any, item: Any, count: int) -> Iterator[tuple[Point, Point]]:
    """Yield the straight segments of a path, with those that close it."""
    start: Point | None = None
    points: list[Point] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for number in range(count):
        segment = library.FPDFPath_GetPathSegment(item.raw, number)
        library.FPDFPathSegment_GetPoint(segment, x, y)
        kind = library.FPDFPathSegment_GetType(segment)
        left, bottom, _, _ = _own(library, item, (x.value, y.value, x.value, y.value))
        point = left, bottom
        if kind == library.FPDF_SEGMENT_MOVETO:
            yield from pairwise(points)
            start, points = point, []
        points = [*points, point] if kind != library.FPDF_SEGMENT_BEZIERTO else [point]
        if start is not None and library.FPDFPathSegment_GetClose(segment):
            yield from pairwise([*points, start])
            points = []
    yield from pairwise(points)


def _own(library: Any, item: Any, box: tuple[float, ...]) -> tuple[float, ...]:
    """Points of a path, in those of the page: through its own matrix, then through the forms that it lies in."""
    return _moved(library, item, _through(library, item.raw, box))


def _moved(library: Any, item: Any, box: tuple[float, ...]) -> tuple[float, ...]:
    """Bounds inside a form count in the form's own space."""
    while (item := item.container) is not None:
        box = _through(library, item.raw, box)
    return box


def _through(library: Any, raw: Any, box: tuple[float, ...]) -> tuple[float, ...]:
    matrix = library.FS_MATRIX()
    if not library.FPDFPageObj_GetMatrix(raw, matrix):
        return box
    x0, y0, x1, y1 = box
    xs = sorted(matrix.a * x + matrix.c * y + matrix.e for x, y in ((x0, y0), (x1, y1)))
    ys = sorted(matrix.b * x + matrix.d * y + matrix.f for x, y in ((x0, y0), (x1, y1)))
    return xs[0], ys[0], xs[1], ys[1]


def _painted(library: Any, raw: Any) -> tuple[bool, bool]:
    """Whether a path has a stroke, and whether it is filled lighter than a middle grey."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    library.FPDFPath_GetDrawMode(raw, mode, stroke)
    known = library.FPDFPageObj_GetFillColor(raw, red, green, blue, alpha)
    return bool(stroke.value), bool(known) and min(red.value, green.value, blue.value) > 160
