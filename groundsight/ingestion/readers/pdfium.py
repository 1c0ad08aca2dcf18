"""The one home of pypdfium2: pages, text pieces with boxes, picture and path boxes, rendering."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.settings import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

_DAY = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")
_ENCRYPTED = ("PASSWORD", "SECURITY")
_BOLD = re.compile(rb"bold|black|heavy|semibold", re.I)
_SCALE = 1 << 20
# PDFium marks the hyphen that ends a line, inside a word, with U+0002.
_SIGNS = {0x02: "-", 0xFFFE: "-", 0xA0: " "}


@dataclass(frozen=True)
class Rect:
    """A rectangle in fractions of the upright page, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    def join(self, other: Rect) -> Rect:
        """Return the smallest rectangle around both."""
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def overlap(self, other: Rect) -> float:
        """Return the shared area."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, other: Rect) -> bool:
        """True when the middle of the other lies inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


@dataclass(frozen=True)
class Piece:
    """Characters that follow each other on one line; ``size`` is the line height in page heights.

    ``upright`` pieces run up or down the page, as stamps in a margin and titles of axes do.
    """

    text: str
    rect: Rect
    size: float
    bold: bool = False
    upright: bool = False


class PdfPage:
    """One page; all results are in fractions of the upright page."""

    def __init__(self, page: Any, limits: Limits) -> None:
        self._page, self._limits = page, limits
        self.width, self.height = page.get_size()

    def pieces(self) -> list[Piece]:
        """Return the text layer as pieces of lines in the order of the file."""
        import pypdfium2.raw as pdfium  # pyright: ignore[reportMissingTypeStubs]

        text_page = self._page.get_textpage()
        try:
            marks = list(self._marks(pdfium, text_page.raw))
            return [piece for run in _runs(marks) if (piece := self._piece(pdfium, text_page.raw, run)) is not None]
        finally:
            text_page.close()

    def _marks(self, pdfium: Any, raw: Any) -> Iterator[tuple[int, int, Rect]]:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        loose = pdfium.FS_RECTF()
        turn = self._turn(pdfium)
        for index in range(pdfium.FPDFText_CountChars(raw)):
            code = pdfium.FPDFText_GetUnicode(raw, index)
            if pdfium.FPDFText_GetLooseCharBox(raw, index, loose):
                yield index, code, turn(loose.left, loose.top, loose.right, loose.bottom)
            elif pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top):
                yield index, code, turn(left.value, top.value, right.value, bottom.value)
            else:
                yield index, code, Rect(0, 0, 0, 0)

    def _turn(self, pdfium: Any) -> Any:
        """Return the map from page points to fractions of the upright page; it is affine, so three points tell it."""
        across, down = ctypes.c_int(), ctypes.c_int()

        def device(x: float, y: float) -> tuple[float, float]:
            pdfium.FPDF_PageToDevice(self._page.raw, 0, 0, _SCALE, _SCALE, 0, x, y, across, down)
            return across.value / _SCALE, down.value / _SCALE

        (ox, oy), (ax, ay), (bx, by) = device(0, 0), device(1000, 0), device(0, 1000)
        ax, ay, bx, by = (ax - ox) / 1000, (ay - oy) / 1000, (bx - ox) / 1000, (by - oy) / 1000

        def turn(left: float, top: float, right: float, bottom: float) -> Rect:
            xs = sorted((ox + ax * left + bx * top, ox + ax * right + bx * bottom))
            ys = sorted((oy + ay * left + by * top, oy + ay * right + by * bottom))
            return Rect(xs[0], ys[0], xs[1], ys[1])

        return turn

    def _piece(self, pdfium: Any, raw: Any, run: list[tuple[int, int, Rect]]) -> Piece | None:
        inked = [mark for mark in run if (mark[1] > 32 or mark[1] in _SIGNS) and mark[2].area > 0]
        if not inked:
            return None
        rect = inked[0][2]
        for _, _, other in inked[1:]:
            rect = rect.join(other)
        if rect.x1 <= 0 or rect.x0 >= 1 or rect.y1 <= 0 or rect.y0 >= 1:
            return None
        text = "".join(_SIGNS.get(code, chr(code)) for _, code, _ in run if code < 0x110000).strip()
        sizes = sorted(rect.height for _, _, rect in inked)
        bold = all(_is_bold(pdfium, raw, end[0]) for end in (inked[0], inked[-1]))
        angle = abs(pdfium.FPDFText_GetCharAngle(raw, inked[0][0])) % math.pi
        return Piece(text, rect, sizes[len(sizes) // 2], bold, math.pi / 4 < angle < 3 * math.pi / 4)

    def drawn(self) -> tuple[list[Rect], list[Rect], list[Rect]]:
        """Return the boxes of embedded pictures, of drawn paths, and of light shading."""
        import pypdfium2.raw as pdfium  # pyright: ignore[reportMissingTypeStubs]

        turn = self._turn(pdfium)
        pictures: list[Rect] = []
        paths: list[Rect] = []
        shades: list[Rect] = []
        for item in self._page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH), max_depth=3):
            left, bottom, right, top = item.get_bounds()
            kind = pictures if item.type == pdfium.FPDF_PAGEOBJ_IMAGE else paths
            kind = shades if kind is paths and _is_shade(pdfium, item.raw) else kind
            kind.append(turn(left, top, right, bottom))
        return pictures, paths, shades

    def render(self, dpi: int, rect: Rect | None = None) -> Image:
        """Render the page, or a part of it, in RGB on white; large pages get fewer dots per inch.

        Raises:
            LimitExceeded: a side is longer than ``limits.page_inches``.
        """
        if max(self.width, self.height) > self._limits.page_inches * 72:
            raise LimitExceeded(
                "the page is too large to be rendered",
                limit=f"{self._limits.page_inches} inches a side",
                code="E_LIMIT_PIXELS",
            )
        scale = min(dpi / 72, (self._limits.render_pixels / max(self.width * self.height, 1.0)) ** 0.5)
        whole = rect or Rect(0, 0, 1, 1)
        crop = (
            max(whole.x0, 0) * self.width,
            max(1 - whole.y1, 0) * self.height,
            max(1 - whole.x1, 0) * self.width,
            max(whole.y0, 0) * self.height,
        )
        bitmap = self._page.render(scale=scale, crop=crop, fill_color=(255, 255, 255, 255), may_draw_forms=False)
        return bitmap.to_pil().convert("RGB")


class Pdf:
    """An open PDF."""

    def __init__(self, document: Any, limits: Limits) -> None:
        self._document, self._limits = document, limits
        self.pages = len(document)
        about: dict[str, str] = document.get_metadata_dict(skip_empty=True)
        self.title = about.get("Title", "")
        self.created = _day(about.get("CreationDate", ""))

    @contextmanager
    def page(self, number: int) -> Generator[PdfPage, None, None]:
        """Load page ``number``, counted from 1."""
        import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

        try:
            page = self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise ParseFailed(f"malformed: page {number} can't be loaded") from error
        try:
            yield PdfPage(page, self._limits)
        finally:
            page.close()


@contextmanager
def open_pdf(path: Path, limits: Limits) -> Generator[Pdf, None, None]:
    """Open a PDF and check its page count before anything is parsed.

    Raises:
        ParseFailed: encrypted or broken. LimitExceeded: too many pages.
    """
    import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

    try:
        document = pypdfium2.PdfDocument(path.read_bytes())
    except pypdfium2.PdfiumError as error:
        locked = any(word in str(error).upper() for word in _ENCRYPTED)
        reason = "encrypted" if locked else "malformed or truncated: not a readable PDF"
        advice = "save it without a password" if locked else "open it in a viewer and print it to a new PDF"
        raise ParseFailed(reason, next_step=advice) from error
    try:
        if len(document) > limits.pdf_pages:
            raise LimitExceeded(
                f"the PDF has {len(document)} pages",
                limit=f"{limits.pdf_pages} pages",
                next_step="split it or raise limits.pdf_pages",
                code="E_LIMIT_PAGES",
            )
        yield Pdf(document, limits)
    finally:
        document.close()


def _is_shade(pdfium: Any, raw: Any) -> bool:
    """True for a fill without a stroke that is lighter than a middle grey."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    pdfium.FPDFPath_GetDrawMode(raw, mode, stroke)
    if stroke.value or not pdfium.FPDFPageObj_GetFillColor(raw, red, green, blue, alpha):
        return False
    return min(red.value, green.value, blue.value) > 160


def _is_bold(pdfium: Any, raw: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(96)
    pdfium.FPDFText_GetFontInfo(raw, index, name, 96, ctypes.c_int())
    return _BOLD.search(name.value) is not None or pdfium.FPDFText_GetFontWeight(raw, index) >= 600


def _runs(marks: list[tuple[int, int, Rect]]) -> Iterator[list[tuple[int, int, Rect]]]:
    """Part characters where the line ends, the line changes or a wide gap opens."""
    run: list[tuple[int, int, Rect]] = []
    last: Rect | None = None
    for index, code, rect in marks:
        ends = code in (10, 13)
        if run and (ends or (code > 32 and last is not None and _parted(last, rect))):
            yield run
            run, last = [], None
        if not ends and (run or code > 32):
            run.append((index, code, rect))
            last = rect if code > 32 and rect.area > 0 else last
    if run:
        yield run


def _parted(last: Rect, rect: Rect) -> bool:
    if rect.area <= 0:
        return False
    high = max(last.height, rect.height)
    level = min(last.y1, rect.y1) - max(last.y0, rect.y0)
    # Fractions of width and height differ by the page's aspect; 1.0 of the line height is about 1.3 em across.
    return level < 0.3 * min(last.height, rect.height) or rect.x0 - last.x1 > 1.0 * high or rect.x1 < last.x0 - high


def _day(text: str) -> date | None:
    found = _DAY.match(text.strip())
    if not found:
        return None
    try:
        return date(int(found.group(1)), int(found.group(2) or 1), int(found.group(3) or 1))
    except ValueError:
        return None
