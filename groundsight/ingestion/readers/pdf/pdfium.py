"""The one home of pypdfium2: pages, their text, notes and drawings, rendering, bookmarks, files that lie inside."""

from __future__ import annotations

import ctypes
import hashlib
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion.layout.shapes import Piece, Rect
from groundsight.ingestion.readers.pdf.pdf_drawn import Drawn, drawn_on
from groundsight.ingestion.readers.pdf.pdf_notes import Note, Notes
from groundsight.ingestion.readers.pdf.pdf_text import TextLayer
from groundsight.limits import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

_DAY = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")
_SCALE = 1 << 20
_MOST_BOOKMARKS = 5_000


@dataclass(frozen=True)
class Bookmark:
    """One line of the outline: its title, its level from 1, the page that it leads to."""

    title: str
    level: int
    page: int


class PdfPage:
    """One page; all results are in fractions of the upright page."""

    def __init__(self, library: Any, page: Any, form: Any, limits: Limits) -> None:
        self._library, self._page, self._form, self._limits = library, page, form, limits
        self.width, self.height = page.get_size()
        self.more_notes, self.invisible, self.links = 0, False, tuple[str, ...]()

    def pieces(self) -> list[Piece]:
        """Return the text layer as pieces of lines in the order of the file."""
        text_page = self._page.get_textpage()
        try:
            (ox, oy), *matrix = self._affine
            turned = self._page.get_rotation()
            layer = TextLayer(self._library, text_page.raw, tuple(matrix), (ox, oy), turned, self.height)  # type: ignore[arg-type]
            pieces = layer.pieces()
            self.invisible = layer.is_invisible()
            return pieces
        finally:
            text_page.close()

    def notes(self) -> tuple[list[Note], list[Any]]:
        """Return form values and annotations, and the files that are pinned to the page."""
        reader = Notes(self._library, self._page, self._form, self._place)
        notes = reader.read()
        self.more_notes, self.links = reader.more, tuple(reader.links)
        return notes, reader.files

    def drawn(self) -> Drawn:
        """Return the pictures, paths and lines of the page."""
        return drawn_on(self._library, self._page, self._place)

    def content_of(self, item: Any) -> str:
        """Return a hash of the bytes of an embedded picture: a template lies below every page."""
        size = self._library.FPDFImageObj_GetImageDataRaw(item.raw, None, 0)
        data = ctypes.create_string_buffer(size)
        self._library.FPDFImageObj_GetImageDataRaw(item.raw, data, size)
        return hashlib.sha256(data.raw).hexdigest()

    def picture_of(self, item: Any) -> Image | None:
        """Return an embedded picture as it stands on the page, None where it can't be decoded or is too large."""
        import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

        try:
            width, height = item.get_px_size()
            if width * height > self._limits.render_pixels:
                return None
            return item.get_bitmap(render=True).to_pil().convert("RGB")
        except (pypdfium2.PdfiumError, ValueError, OSError):
            return None

    @cached_property
    def _affine(self) -> tuple[tuple[float, float], float, float, float, float]:
        """The map from points to fractions of the upright page; it is affine, so three points tell it."""
        across, down = ctypes.c_int(), ctypes.c_int()

        def device(x: float, y: float) -> tuple[float, float]:
            self._library.FPDF_PageToDevice(self._page.raw, 0, 0, _SCALE, _SCALE, 0, x, y, across, down)
            return across.value / _SCALE, down.value / _SCALE

        (ox, oy), (ax, ay), (bx, by) = device(0, 0), device(1000, 0), device(0, 1000)
        return (ox, oy), (ax - ox) / 1000, (ay - oy) / 1000, (bx - ox) / 1000, (by - oy) / 1000

    def _place(self, left: float, top: float, right: float, bottom: float) -> Rect:
        (ox, oy), ax, ay, bx, by = self._affine
        xs = sorted((ox + ax * left + bx * top, ox + ax * right + bx * bottom))
        ys = sorted((oy + ay * left + by * top, oy + ay * right + by * bottom))
        return Rect(xs[0], ys[0], xs[1], ys[1])

    def render(self, dpi: int, rect: Rect | None = None, *, notes: bool = True) -> Image:
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
        white = (255, 255, 255, 255)
        bitmap = self._page.render(scale=scale, crop=crop, fill_color=white, draw_annots=notes, may_draw_forms=notes)
        return bitmap.to_pil().convert("RGB")


class Pdf:
    """An open PDF."""

    def __init__(self, library: Any, document: Any, limits: Limits) -> None:
        self._library, self._document, self._limits = library, document, limits
        self.pages = len(document)
        self.about: dict[str, str] = document.get_metadata_dict(skip_empty=True)
        self.created = _day(self.about.get("CreationDate", ""))
        self.filled_elsewhere = document.get_formtype() == library.FORMTYPE_XFA_FULL
        if document.get_formtype() != library.FORMTYPE_NONE:
            document.init_forms()

    @contextmanager
    def page(self, number: int) -> Generator[PdfPage, None, None]:
        """Load page ``number``, counted from 1.

        Raises:
            ParseFailed: this page can't be loaded.
        """
        import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

        try:
            page = self._document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise ParseFailed(f"malformed: page {number} can't be loaded") from error
        try:
            form = self._document.formenv.raw if self._document.formenv is not None else None
            yield PdfPage(self._library, page, form, self._limits)
        finally:
            page.close()

    def bookmarks(self) -> list[Bookmark]:
        """Return the outline of the document, as far as its lines lead to a page."""
        found: list[Bookmark] = []
        for mark in islice(self._document.get_toc(), _MOST_BOOKMARKS):
            place = mark.get_dest()
            page = place.get_index() if place is not None else None
            if page is not None and page >= 0:
                found.append(Bookmark(mark.get_title(), mark.level + 1, page + 1))
        return found

    def files(self, pinned: list[Any]) -> Iterator[tuple[str, bytes]]:
        """Yield the embedded files and those pinned to pages: name and bytes, no bytes where there are none."""
        import pypdfium2  # pyright: ignore[reportMissingTypeStubs]

        listed = [self._document.get_attachment(number) for number in range(self._document.count_attachments())]
        for file in (*listed, *(pypdfium2.PdfAttachment(raw, self._document) for raw in pinned)):
            try:
                data = bytes(file.get_data())
            except pypdfium2.PdfiumError:
                data = b""
            yield file.get_name(), data


@contextmanager
def open_pdf(path: Path, limits: Limits) -> Generator[Pdf, None, None]:
    """Open a PDF and check its page count before anything is parsed.

    Raises:
        ParseFailed: encrypted or broken. LimitExceeded: too many pages.
    """
    import pypdfium2  # pyright: ignore[reportMissingTypeStubs]
    import pypdfium2.raw as library  # pyright: ignore[reportMissingTypeStubs]

    try:
        document = pypdfium2.PdfDocument(path.read_bytes())
    except pypdfium2.PdfiumError as error:
        raise _refusal(str(error).upper()) from error
    try:
        if len(document) > limits.pdf_pages:
            raise LimitExceeded(
                f"the PDF has {len(document)} pages",
                limit=f"{limits.pdf_pages} pages",
                next_step="split it or raise limits.pdf_pages",
                code="E_LIMIT_PAGES",
            )
        yield Pdf(library, document, limits)
    finally:
        document.close()


def _refusal(said: str) -> ParseFailed:
    if "PASSWORD" in said:
        return ParseFailed("encrypted: it opens only with a password", next_step="save it without a password")
    if "SECURITY" in said:
        reason = "encrypted in a way that can't be read here"
        return ParseFailed(reason, next_step="open it in its own viewer and save it without protection")
    reason = "malformed or truncated: not a readable PDF"
    return ParseFailed(reason, next_step="open it in a viewer and print it to a new PDF")


def _day(text: str) -> date | None:
    found = _DAY.match(text.strip())
    if not found:
        return None
    try:
        return date(int(found.group(1)), int(found.group(2) or 1), int(found.group(3) or 1))
    except ValueError:
        return None
