"""PDF files: all pages, what lies inside, and the ledger of what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Inside, Parsed
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.pdf.pdf_outline import PdfOutline
from groundsight.ingestion.readers.pdf.pdf_page import Gathered, PageReader
from groundsight.ingestion.readers.pdf.pdfium import Pdf, open_pdf
from groundsight.ingestion.readers.pdf.running import keep_once
from groundsight.ingestion.readers.pdf.split_tables import continued
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.sniff import PDF
from groundsight.limits import Limits

# What programs write when nobody named the document.
_NO_TITLE = re.compile(r"\W*(?:untitled|anonymous|unspecified|unknown|no title|document|none)\W*\d*\W*", re.I)
_PROGRAM = re.compile(r"^Microsoft (?:Word|PowerPoint|Excel) - ")


def read_pdf(path: Path, scratch: Path, limits: Limits, dpi: int) -> Parsed:
    """Read all pages; a page without a usable text layer becomes a page picture."""
    with open_pdf(path, limits) as document:
        if not document.pages:
            raise ParseFailed("malformed: a PDF without pages")
        gathered = Gathered(scratch, dpi, PdfOutline(document.bookmarks()))
        elements = [element for number in range(1, document.pages + 1) for element in _page(document, number, gathered)]
        inside = _inside(document, gathered, limits)
        ledger, ruled = gathered.ledger, gathered.ruled
        about = ((name.lower(), said) for name, said in document.about.items())
        ledger.note("form", "it is filled in and shown by its own viewer only", int(document.filled_elsewhere))
        ledger.note("ruled table", "finding them took too long", ruled.late)
        ledger.note("grid of rules", "its page has too many to look for a table", ruled.crowded)
        return Parsed(
            media_type=PDF,
            title=_title(document.about.get("Title", "")),
            created=document.created,
            pages=document.pages,
            elements=(*continued(keep_once(elements, document.pages)), *property_elements(about)),
            inside=inside,
            left_out=ledger.left_out,
        )


def _page(document: Pdf, number: int, gathered: Gathered) -> Iterator[Element]:
    """Read one page; a page that can't be loaded costs itself."""
    try:
        with document.page(number) as page:
            for place, element in enumerate(PageReader(page, number, gathered).read()):
                yield element if place else element.model_copy(update={"meta": " ".join(page.links)})
    except ParseFailed:
        gathered.ledger.note("page", "it is damaged")


def _inside(document: Pdf, gathered: Gathered, limits: Limits) -> tuple[Inside, ...]:
    """Keep the files that lie inside."""
    box = InsideBox(gathered.scratch, limits, "embedded file", gathered.ledger)
    for number, (name, content) in enumerate(document.files(gathered.files), 1):
        if content:
            box.keep(one_line(name) or f"attachment {number}", content)
        else:
            box.refuse("it is empty or damaged")
    return box.inside


def _title(written: str) -> str:
    """Return the title unless it is what a program writes where there is none."""
    title = _PROGRAM.sub("", one_line(written))
    return "" if _NO_TITLE.fullmatch(title) else title
