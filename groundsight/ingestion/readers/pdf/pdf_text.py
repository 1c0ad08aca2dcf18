"""The text layer of a page: characters become pieces of lines, each level on the page turned to its own angle."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from groundsight.ingestion.layout.leaders import split_leaders
from groundsight.ingestion.layout.shapes import SKEW, Piece, Rect
from groundsight.ingestion.readers.clean import RAISED

_BOLD = re.compile(rb"bold|black|heavy|semibold", re.I)
# PDFium marks the hyphen that ends a line, inside a word, with U+0002.
_SIGNS = {0x02: "-", 0xFFFE: "-", 0xA0: " "}
# Scans that were read by machine lean by a degree or two; what leans by more was put askew.
_LEANING = math.radians(10)
_INVISIBLE, _DIGITS = 3, (0x30, 0x39)
# Neither filled nor stroked; 7 only cuts what is drawn later.
_INKLESS = (3, 7)
# Of 255: lighter letters, or clearer ones, are looked at on the drawn page.
_LIGHT, _CLEAR = 215, 60
# In points of the line: letters of less than two points.
_TINY = 2.3
# Of its height: no letter is so narrow.
_NARROW, _MOST_CORNERS = 0.02, 64
# Latin ligatures, Hebrew and Arabic presentation forms: shapes of letters, not letters.
_SHAPES = ((0xFB00, 0xFDFF), (0xFE70, 0xFEFC))
Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Mark:
    """One character: its number on the page, its code, its corners on the page turned by ``turn`` quarters."""

    index: int
    code: int
    corners: Corners
    turn: int

    @property
    def inked(self) -> bool:
        x0, y0, x1, y1 = self.corners
        return (self.code > 32 or self.code in _SIGNS) and x1 > x0 and y1 > y0


class TextLayer:
    """Reads one text page of PDFium; ``matrix`` leads from points to fractions of the page as it is shown.

    ``rotation`` is the page's own, in degrees clockwise; ``height`` that of the page in points.
    """

    def __init__(
        self, library: Any, raw: Any, matrix: Corners, origin: tuple[float, float], rotation: int, height: float
    ) -> None:
        self._library, self._raw, self._height = library, raw, height
        self._maps = [_turned_map(matrix, origin, quarters) for quarters in range(4)]
        self._rotation = math.radians(rotation)

    def pieces(self) -> list[Piece]:
        """Return the pieces of lines in the order of the file."""
        runs = (part for run in _runs(self._marks()) for part in _at_leaders(run))
        found = (self._piece(run, rank) for rank, run in enumerate(runs))
        return [piece for piece in found if piece is not None]

    def is_invisible(self) -> bool:
        """True when most letters are there to be found and not to be seen, as over a scan; a few are looked at."""
        count = self._library.FPDFText_CountChars(self._raw)
        items = (self._library.FPDFText_GetTextObject(self._raw, at) for at in range(0, count, max(count // 16, 1)))
        modes = [self._library.FPDFTextObj_GetTextRenderMode(item) for item in items if item]
        return modes.count(_INVISIBLE) * 2 > len(modes)

    def _marks(self) -> Iterator[_Mark]:
        library, raw = self._library, self._raw
        loose, turn = library.FS_RECTF(), 0
        for index in range(library.FPDFText_CountChars(raw)):
            code = library.FPDFText_GetUnicode(raw, index)
            if code > 32:
                turn = self._turn(library.FPDFText_GetCharAngle(raw, index))
            known = library.FPDFText_GetLooseCharBox(raw, index, loose)
            points = (loose.left, loose.top, loose.right, loose.bottom) if known else self._tight(index)
            yield _Mark(index, code, self._placed(points, turn), turn)

    def _turn(self, angle: float) -> int:
        """How many quarters counterclockwise make this angle level; PDFium counts angles clockwise."""
        quarters, rest = divmod(angle + self._rotation + math.pi / 4, math.pi / 2)
        return int(quarters) % 4 if abs(rest - math.pi / 4) <= _LEANING else SKEW

    def _tight(self, index: int) -> Corners:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        self._library.FPDFText_GetCharBox(self._raw, index, left, right, bottom, top)
        return left.value, top.value, right.value, bottom.value

    def _placed(self, points: Corners, turn: int) -> Corners:
        (ox, ax, bx), (oy, ay, by) = self._maps[max(turn, 0)]
        left, top, right, bottom = points
        x0, x1 = ox + ax * left + bx * top, ox + ax * right + bx * bottom
        y0, y1 = oy + ay * left + by * top, oy + ay * right + by * bottom
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def _piece(self, run: list[_Mark], rank: int) -> Piece | None:
        inked = [mark for mark in run if mark.inked]
        if not inked:
            return None
        lefts, tops, rights, bottoms = zip(*(mark.corners for mark in inked), strict=True)
        rect = Rect(min(lefts), min(tops), max(rights), max(bottoms))
        sizes = sorted(mark.corners[3] - mark.corners[1] for mark in inked)
        bold = all(self._is_bold(end.index) for end in (inked[0], inked[-1]))
        words = tuple(_words(run))
        size = sizes[len(sizes) // 2]
        return Piece(_written(run), rect, size, bold, inked[0].turn, rank, words, self._doubt(rect, size, inked))

    def _doubt(self, rect: Rect, size: float, inked: list[_Mark]) -> str:
        if rect.x1 <= 0 or rect.x0 >= 1 or rect.y1 <= 0 or rect.y0 >= 1:
            return "outside"
        squeezed = rect.x1 - rect.x0 < _NARROW * size * len(inked)
        if size * self._height < _TINY or squeezed:
            return "tiny"
        return "faint" if any(self._is_faint(mark.index) for mark in (inked[0], inked[len(inked) // 2])) else ""

    def _is_faint(self, index: int) -> bool:
        """True for letters that are light, let the page through, or are drawn in no way that leaves ink."""
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        known = self._library.FPDFText_GetFillColor(self._raw, index, red, green, blue, alpha)
        item = self._library.FPDFText_GetTextObject(self._raw, index)
        if item and self._library.FPDFTextObj_GetTextRenderMode(item) in _INKLESS:
            return True
        if item and self._is_of_layer(item):
            return True
        light = min(red.value, green.value, blue.value) >= _LIGHT
        return (bool(known) and (light or alpha.value < _CLEAR)) or (bool(item) and self._is_cut_away(index, item))

    def _is_of_layer(self, item: Any) -> bool:
        """True for letters of a layer, which may be switched off."""
        name, size = (ctypes.c_ushort * 8)(), ctypes.c_ulong()
        for at in range(max(self._library.FPDFPageObj_CountMarks(item), 0)):
            mark = self._library.FPDFPageObj_GetMark(item, at)
            held = self._library.FPDFPageObjMark_GetName(mark, name, 16, size)
            if held and bytes(name).decode("utf-16-le", "ignore").partition("\0")[0] == "OC":
                return True
        return False

    def _is_cut_away(self, index: int, item: Any) -> bool:
        """True for a letter outside of the frame of a shape that cuts what is drawn."""
        library = self._library
        clip, (left, top, right, bottom) = library.FPDFPageObj_GetClipPath(item), self._tight(index)
        across, down = ctypes.c_float(), ctypes.c_float()
        for path in range(max(library.FPDFClipPath_CountPaths(clip), 0)):
            places: list[tuple[float, float]] = []
            for at in range(min(max(library.FPDFClipPath_CountPathSegments(clip, path), 0), _MOST_CORNERS)):
                library.FPDFPathSegment_GetPoint(library.FPDFClipPath_GetPathSegment(clip, path, at), across, down)
                places.append((across.value, down.value))
            xs, ys = zip(*places, strict=True) if places else ((), ())
            if xs and (right < min(xs) or left > max(xs) or top < min(ys) or bottom > max(ys)):
                return True
        return False

    def _is_bold(self, index: int) -> bool:
        name = ctypes.create_string_buffer(96)
        self._library.FPDFText_GetFontInfo(self._raw, index, name, 96, ctypes.c_int())
        return _BOLD.search(name.value) is not None or self._library.FPDFText_GetFontWeight(self._raw, index) >= 600


def _turned_map(matrix: Corners, origin: tuple[float, float], quarters: int) -> tuple[tuple[float, ...], ...]:
    """The map from points to fractions of the page turned counterclockwise: rows of offset, x and y."""
    (ax, ay, bx, by), (ox, oy) = matrix, origin
    across, down = (ox, ax, bx), (oy, ay, by)
    for _ in range(quarters):
        across, down = down, (1 - across[0], -across[1], -across[2])
    return across, down


def _written(run: list[_Mark]) -> str:
    ordered = list(_as_said(run)) if any(mark.code >= 0x590 for mark in run) else run
    raised = {mark.index for last, mark in pairwise(run) if _is_raised(last, mark)}
    signs = ((RAISED * (mark.index in raised), mark.code) for mark in ordered if mark.code < 0x110000)
    text = "".join(before + _SIGNS.get(code, chr(code)) for before, code in signs)
    shaped = any(low <= ord(char) <= high for char in text for low, high in _SHAPES)
    return (unicodedata.normalize("NFKC", text) if shaped else text).strip()


def _is_raised(last: _Mark, mark: _Mark) -> bool:
    """True where a smaller digit stands higher behind another one: a power, or the mark of a note."""
    if not (_DIGITS[0] <= mark.code <= _DIGITS[1] and _DIGITS[0] <= last.code <= _DIGITS[1]):
        return False
    high = last.corners[3] - last.corners[1]
    return mark.corners[3] - mark.corners[1] < 0.85 * high and mark.corners[3] < last.corners[3] - 0.1 * high


def _as_said(run: list[_Mark]) -> Iterator[_Mark]:
    """PDFium turns right-to-left runs letter by letter, and so the letters of one shape (lam-alef): turn those back."""
    for _, group in groupby(run, key=lambda mark: mark.corners):
        marks = list(group)
        turned = len(marks) > 1 and all(unicodedata.bidirectional(chr(mark.code)) in ("R", "AL") for mark in marks)
        yield from reversed(marks) if turned else marks


def _words(run: list[_Mark]) -> Iterator[tuple[str, float, float]]:
    for spaced, group in groupby(run, key=lambda mark: mark.code in (32, 0xA0)):
        marks = [] if spaced else [mark for mark in group if mark.inked]
        if marks:
            yield _written(marks), min(mark.corners[0] for mark in marks), max(mark.corners[2] for mark in marks)


def _runs(marks: Iterator[_Mark]) -> Iterator[list[_Mark]]:
    """Part characters where the line ends, the line or its angle changes or a wide gap opens; askew nothing parts."""
    run: list[_Mark] = []
    last: _Mark | None = None
    for mark in marks:
        ends = mark.code in (10, 13) and (last is None or last.turn != SKEW)
        if run and (ends or (mark.code > 32 and last is not None and _parted(last, mark))):
            yield run
            run, last = [], None
        if not ends and (run or mark.code > 32):
            run.append(mark)
            last = mark if mark.inked else last
    if run:
        yield run


def _at_leaders(run: list[_Mark]) -> Iterator[list[_Mark]]:
    """Part a run before and behind its rows of dots."""
    text = "".join(chr(mark.code) if mark.code < 0x110000 else " " for mark in run)
    yield from (run[start:end] for start, end in split_leaders(text))


def _parted(last: _Mark, mark: _Mark) -> bool:
    if last.turn != mark.turn:
        return True
    if mark.turn == SKEW or not mark.inked:
        return False
    (left, top, right, bottom), (x0, y0, x1, y1) = last.corners, mark.corners
    high, low = max(bottom - top, y1 - y0), min(bottom - top, y1 - y0)
    level = min(bottom, y1) - max(top, y0)
    # Fractions of width and height differ by the page's aspect; 1.0 of the line height is about 1.3 em across.
    return level < 0.3 * low or x0 - right > 1.0 * high or x1 < left - high
