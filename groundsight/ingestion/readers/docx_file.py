"""Word documents: headings, paragraphs, lists, tables and embedded pictures in the order of the body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, day_of, one_line
from groundsight.ingestion.readers.csv_file import table_blocks
from groundsight.ingestion.readers.embedded import PictureBox
from groundsight.ingestion.sniff import DOCX

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_ALTERNATIVE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_HEADING = re.compile(r"heading (\d)", re.I)
_CAPTION = re.compile(r"^(figure|fig\.|chart|diagram|abbildung|abb\.)\s*\d", re.I)


def read_docx(path: Path, scratch: Path) -> Parsed:
    """Read the body, then each header and footer once; comments and hidden runs are left out."""
    from docx import Document as open_document

    with path.open("rb") as file:
        document = open_document(file)
    box = PictureBox(scratch)
    elements = [*_with_captions(list(_body(document, box))), *_margins(document)]
    about = document.core_properties
    return Parsed(
        media_type=DOCX,
        title=one_line(about.title or ""),
        created=day_of(about.created),
        elements=tuple(elements),
        warnings=box.warnings,
    )


def _body(document: Document, box: PictureBox) -> Iterator[Element]:
    from docx.table import Table

    outline = Outline()
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from table_blocks(clean_rows(_grid(block)), outline.section)
            yield from _pictures(_xml(block), document, box, outline.section)
        else:
            yield from _paragraph(block, outline)
            yield from _pictures(_xml(block), document, box, outline.section)


def _margins(document: Document) -> Iterator[Element]:
    """Give what stands above or below every page once: a letterhead, an account, a footer with a number."""
    told: set[str] = set()
    for part in (part for section in document.sections for part in _shown_margins(section, document)):
        # Asking a linked one for its text would make an empty one in the file.
        blocks: Iterable[Paragraph | Table] = () if part.is_linked_to_previous else part.iter_inner_content()
        text = "\n".join(line for block in blocks if (line := _plain(block)))
        if text and text not in told:
            told.add(text)
            yield Element(kind="text", text=text)


def _shown_margins(section: Any, document: Document) -> Iterator[Any]:
    yield from (section.header, section.footer)
    if section.different_first_page_header_footer:
        yield from (section.first_page_header, section.first_page_footer)
    if document.settings.odd_and_even_pages_header_footer:
        yield from (section.even_page_header, section.even_page_footer)


def _plain(block: Paragraph | Table) -> str:
    from docx.table import Table

    if isinstance(block, Table):
        return "\n".join(" | ".join(row) for row in clean_rows(_grid(block)))
    return clean(_visible(_xml(block)))


def _paragraph(paragraph: Paragraph, outline: Outline) -> Iterator[Element]:
    text = clean(_visible(_xml(paragraph)))
    if not text:
        return
    style = str(getattr(paragraph.style, "name", "") or "")
    level = 1 if style == "Title" else int(found.group(1)) if (found := _HEADING.match(style)) else 0
    if level:
        yield outline.heading(one_line(text), level)
        return
    properties = _xml(paragraph).pPr
    listed = style.startswith("List") or (properties is not None and properties.numPr is not None)
    yield Element(kind="text", text=f"- {text}" if listed else text, section=outline.section)


def _xml(block: Any) -> Any:
    """Return the XML under a paragraph or table; python-docx has no public name for it."""
    return block._element


def _visible(node: Any) -> str:
    """Join the text of runs, links and insertions; hidden runs, deletions and nested boxes stay out."""
    pieces: list[str] = []
    for child in node:
        tag = str(child.tag)
        if tag == f"{_W}r" and child.find(f"{_W}rPr/{_W}vanish") is None:
            pieces.extend(_run(child))
        elif tag in (f"{_W}hyperlink", f"{_W}ins", f"{_W}smartTag", f"{_W}sdt", f"{_W}sdtContent", f"{_W}fldSimple"):
            pieces.append(_visible(child))
    return "".join(pieces)


def _run(run: Any) -> Iterator[str]:
    signs = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
    for part in run:
        yield (part.text or "") if part.tag == f"{_W}t" else signs.get(str(part.tag), "")


def _grid(table: Table) -> list[list[str]]:
    """Read rows; a merged cell is written once across and repeated downwards."""
    rows: list[list[str]] = []
    for row in table.rows:
        line: list[str] = []
        seen: set[Any] = set()
        for cell in _cells(row):
            line.append("" if cell._tc in seen else "\n".join(_visible(_xml(part)) for part in cell.paragraphs))
            seen.add(cell._tc)
        rows.append(line)
    return rows


def _cells(row: Any) -> tuple[Any, ...]:
    """Return the cells on the grid; a row that does not fit the grid gives the cells that it has."""
    from docx.table import _Cell  # pyright: ignore[reportPrivateUsage]

    try:
        return tuple(row.cells)
    except (ValueError, IndexError):
        return tuple(_Cell(tc, row) for tc in row._tr.tc_lst)


def _pictures(node: Any, document: Document, box: PictureBox, section: str | None) -> Iterator[Element]:
    for blip in node.iter(_BLIP):
        part = document.part.related_parts.get(blip.get(_EMBED, ""))
        name = box.keep(cast("bytes", part.blob)) if part is not None else None
        if name:
            words = next((found.get("descr") or "" for found in node.iter(_ALTERNATIVE)), "")
            yield Element(kind="figure", text=clean(words), picture=name, section=section)


def _with_captions(elements: list[Element]) -> list[Element]:
    """Give each figure the caption beside it, else the nearest paragraph."""
    told: list[Element] = []
    for number, element in enumerate(elements):
        if element.kind != "figure":
            told.append(element)
            continue
        around = (*elements[number + 1 : number + 2], *elements[max(number - 1, 0) : number])
        texts = [near.text for near in around if near.kind == "text"]
        caption = next((text for text in texts if _CAPTION.match(text)), "")
        beside = caption or element.text or next(iter(texts), "")
        both = f"{caption}\n{element.text}" if caption and element.text else beside
        told.append(element.model_copy(update={"text": both[:2_000]}))
    return told
