"""Word documents: headers and footers, then what stands in the body in its order."""

from __future__ import annotations

from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.office.embedded import PictureBox, office_file, with_captions
from groundsight.ingestion.readers.office.package import Package
from groundsight.ingestion.readers.office.word.docx_body import WordDocument
from groundsight.ingestion.sniff import DOCX
from groundsight.limits import DEFAULT_LIMITS, Limits


def read_docx(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read headers and footers once, then the body with its notes, comments, boxes and pictures.

    Raises:
        ParseFailed: the container or its main part can't be read.
    """
    return office_file(path, scratch, DOCX, _read, limits)


def _read(package: Package, box: PictureBox) -> tuple[list[Element], None]:
    document = WordDocument(package, box)
    body = with_captions(list(document.body()))
    return [*document.margins(), *body], None
