"""PDF files: all pages, what lies inside, and the ledger of what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Inside, Parsed
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.pdf.pdf_outline import PdfOutline
from groundsight.ingestion.readers.pdf.pdf_page import Gathered, PageReader
from groundsight.ingestion.readers.pdf.pdfium import Pdf, open_pdf
from groundsight.ingestion.readers.pdf.running import keep_once
from groundsight.ingestion.readers.pdf.split_tables import continued
from groundsight.ingestion.sniff import PDF
from groundsight.limits import Limits
from groundsight.types import LeftOut

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
        inside = tuple(_inside(document, gathered, limits))
        gathered.left_out["form", "it is filled in and shown by its own viewer only"] += document.filled_elsewhere
        gathered.left_out["ruled table", "finding them took too long"] += gathered.ruled.late
        crowded = gathered.ruled.crowded
        gathered.left_out["grid of rules", "its page has too many to look for a table"] += crowded
        return Parsed(
            media_type=PDF,
            title=_title(document.title),
            created=document.created,
            pages=document.pages,
            elements=tuple(continued(keep_once(elements, document.pages))),
            inside=inside,
            left_out=tuple(_ledger(gathered.left_out)),
        )


def _page(document: Pdf, number: int, gathered: Gathered) -> Iterator[Element]:
    """Read one page; a page that can't be loaded costs itself."""
    try:
        with document.page(number) as page:
            yield from PageReader(page, number, gathered).read()
    except ParseFailed:
        gathered.left_out["page", "it is damaged"] += 1


def _inside(document: Pdf, gathered: Gathered, limits: Limits) -> Iterator[Inside]:
    """Write the files that lie inside, up to the limits of an archive."""
    total = 0
    for number, (name, data) in enumerate(document.files(gathered.files), 1):
        content = data() if number <= limits.archive_members else b""
        total += len(content)
        if not content or total > limits.archive_bytes:
            gathered.left_out["embedded file", "it is empty, damaged or beyond the limits of an archive"] += 1
            continue
        (gathered.scratch / f"inside-{number}").write_bytes(content)
        yield Inside(name=one_line(name) or f"attachment {number}", file=f"inside-{number}")


def _ledger(counts: Counter[tuple[str, str]]) -> Iterator[LeftOut]:
    return (LeftOut(kind=kind, why=why, count=count) for (kind, why), count in counts.items() if count)


def _title(written: str) -> str:
    """Return the title unless it is what a program writes where there is none."""
    title = _PROGRAM.sub("", one_line(written))
    return "" if _NO_TITLE.fullmatch(title) else title
