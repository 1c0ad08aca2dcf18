"""One page or picture as PNG, cropped on demand."""

from __future__ import annotations

from pathlib import Path

from groundsight.errors import InvalidArgument, UnsupportedType
from groundsight.ingestion import PictureOrder
from groundsight.ingestion.layout.shapes import Rect
from groundsight.ingestion.readers.pdf.pdfium import open_pdf
from groundsight.ingestion.readers.raster import as_png, open_raster, upright
from groundsight.ingestion.readers.recording import frame_at
from groundsight.ingestion.sniff import CLIPS, PDF, PICTURES, SOUNDS


def show_page(path: Path, media_type: str, order: PictureOrder) -> bytes:
    """Render a page of a PDF or decode a frame of a picture, and crop it to the box."""
    if media_type == PDF:
        return _pdf_page(path, order)
    if media_type in PICTURES:
        return _frame(path, media_type, order)
    if media_type in CLIPS or media_type in SOUNDS:
        return frame_at(path, media_type, order.second or 0.0, order.limits)
    raise UnsupportedType(
        f"files of type {media_type} have no pages that can be shown",
        which=order.name,
        next_step="search for what it says instead",
    )


def _pdf_page(path: Path, order: PictureOrder) -> bytes:
    with open_pdf(path, order.limits) as document:
        if not 1 <= order.page <= document.pages:
            raise _no_page(order, document.pages)
        box = order.box
        rect = Rect(box.x0, box.y0, box.x1, box.y1) if box and box.x1 > box.x0 and box.y1 > box.y0 else None
        with document.page(order.page) as page:
            return as_png(page.render(order.render_dpi, rect))


def _frame(path: Path, media_type: str, order: PictureOrder) -> bytes:
    with open_raster(path, (PICTURES[media_type],), order.limits) as image:
        if order.page != 1:
            _seek(image, order)
        flat = upright(image)
    if order.box is None:
        return as_png(flat)
    x0, y0 = int(order.box.x0 * flat.width), int(order.box.y0 * flat.height)
    x1, y1 = round(order.box.x1 * flat.width), round(order.box.y1 * flat.height)
    return as_png(flat.crop((x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))))


def _seek(image: object, order: PictureOrder) -> None:
    if not 1 <= order.page <= order.limits.picture_frames:
        raise _no_page(order, order.limits.picture_frames)
    try:
        image.seek(order.page - 1)  # type: ignore[attr-defined]
    except (EOFError, OSError, ValueError) as error:
        raise _no_page(order, 1) from error


def _no_page(order: PictureOrder, last: int) -> InvalidArgument:
    return InvalidArgument(f"there is no page {order.page}", which=order.name, limit=f"pages 1 to {last}")
