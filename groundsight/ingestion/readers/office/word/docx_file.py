"""Word documents: what stands in the body in its order, then headers and footers."""

from __future__ import annotations

from pathlib import Path

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.office.embedded import PictureBox, files_inside, with_captions
from groundsight.ingestion.readers.office.package import Ledger, Package
from groundsight.ingestion.readers.office.word.docx_body import WordDocument
from groundsight.ingestion.sniff import DOCX


def read_docx(path: Path, scratch: Path) -> Parsed:
    """Read headers and footers once, then the body with its notes, comments, boxes and pictures.

    Raises:
        ParseFailed: the container or its main part can't be read.
    """
    ledger = Ledger()
    with Package(path, ledger) as package:
        document = WordDocument(package, PictureBox(scratch, ledger))
        body = with_captions(list(document.body()))
        margins = list(document.margins())
        package.note_unread()
        title, created = package.about()
        inside = files_inside(package, scratch)
    return Parsed(
        media_type=DOCX,
        title=one_line(title),
        created=created,
        elements=(*margins, *body),
        inside=inside,
        left_out=ledger.left_out,
    )
