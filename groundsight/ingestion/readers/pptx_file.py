"""Presentations: a slide is a page; title, text, tables, pictures with their boxes, and the notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, clean_rows, day_of, one_line
from groundsight.ingestion.readers.csv_file import table_blocks
from groundsight.ingestion.readers.embedded import PictureBox
from groundsight.ingestion.sniff import PPTX
from groundsight.types import Box, LeftOut

if TYPE_CHECKING:
    from pptx.slide import Slide

_MOST_DEPTH = 20


def read_pptx(path: Path, scratch: Path) -> Parsed:
    """Read all slides that are shown; hidden slides are left out with a warning."""
    from pptx import Presentation

    with path.open("rb") as file:
        show: Any = Presentation(file)
    size = (int(show.slide_width or 1), int(show.slide_height or 1))
    box = PictureBox(scratch)
    elements: list[Element] = []
    hidden = 0
    for number, slide in enumerate(show.slides, start=1):
        if _is_hidden(slide):
            hidden += 1
            continue
        elements.extend(_slide(slide, number, size, box))
    about = show.core_properties
    return Parsed(
        media_type=PPTX,
        title=one_line(about.title or ""),
        created=day_of(about.created),
        pages=len(show.slides),
        elements=tuple(elements),
        left_out=(LeftOut(kind="hidden slide", why="it is not shown", count=hidden),) if hidden else (),
        warnings=box.warnings,
    )


def _slide(slide: Slide, number: int, size: tuple[int, int], box: PictureBox) -> Iterator[Element]:
    title_shape: Any = slide.shapes.title
    title = one_line(title_shape.text_frame.text) if title_shape is not None else ""
    section = title or f"Slide {number}"
    if title:
        place = _place(title_shape, size)
        yield Element(kind="heading", text=title, level=1, page=number, section=section, box=place)
    skipped = title_shape.shape_id if title_shape is not None else None
    shapes = [shape for shape in _flat(slide.shapes) if shape.shape_id != skipped]
    for shape in sorted(shapes, key=_reading_order):
        yield from _shape(shape, number, section, size, box)
    notes = _notes(slide)
    if notes:
        yield Element(kind="text", text=f"Notes: {notes}", page=number, section=section)


def _is_hidden(slide: Any) -> bool:
    return slide._element.get("show") == "0"


def _notes(slide: Slide) -> str:
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    return clean(frame.text) if frame is not None else ""


def _shape(shape: Any, page: int, section: str, size: tuple[int, int], box: PictureBox) -> Iterator[Element]:
    place = _place(shape, size)
    if getattr(shape, "has_table", False):
        rows = clean_rows(_cells(shape.table))
        for block in table_blocks(rows, section, page):
            yield block.model_copy(update={"box": place})
    elif getattr(shape, "has_text_frame", False) and clean(shape.text_frame.text):
        yield Element(kind="text", text=clean(shape.text_frame.text), page=page, section=section, box=place)
    elif (data := _picture_bytes(shape)) and (name := box.keep(data)):
        words = clean(_alternative(shape)) or section
        yield Element(kind="figure", text=words, picture=name, page=page, section=section, box=place)


def _cells(table: Any) -> list[list[str]]:
    return [["" if cell.is_spanned else cell.text_frame.text for cell in row.cells] for row in table.rows]


def _picture_bytes(shape: Any) -> bytes:
    """Return the bytes of a picture; linked pictures have none here and are not fetched."""
    try:
        return bytes(shape.image.blob)
    except (AttributeError, KeyError, ValueError):
        return b""


def _alternative(shape: Any) -> str:
    words = str(shape._element._nvXxPr.cNvPr.get("descr") or "")
    return "" if "\\" in words or words.lower().endswith((".png", ".jpg", ".jpeg")) else words


def _flat(shapes: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        inner = getattr(shape, "shapes", None)
        if inner is None:
            yield shape
        elif depth < _MOST_DEPTH:
            yield from _flat(inner, depth + 1)


def _reading_order(shape: Any) -> tuple[int, int]:
    """Rows of about an inch from top to bottom, left to right within a row."""
    return int(shape.top or 0) // 914_400, int(shape.left or 0)


def _place(shape: Any, size: tuple[int, int]) -> Box | None:
    if shape.left is None or shape.top is None or shape.width is None or shape.height is None:
        return None
    left, top = shape.left / size[0], shape.top / size[1]
    right, bottom = left + shape.width / size[0], top + shape.height / size[1]
    x0, x1, y0, y1 = (min(max(value, 0.0), 1.0) for value in (left, right, top, bottom))
    return Box(x0=min(x0, x1), y0=min(y0, y1), x1=max(x0, x1), y1=max(y0, y1))
