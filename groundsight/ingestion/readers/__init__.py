"""The built-in readers, one file a kind; they run inside the confined child only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import UnsupportedType
from groundsight.ingestion import Parsed
from groundsight.ingestion.sniff import CSV, DOCX, EMAIL, HTML, MARKDOWN, PDF, PICTURES, PLAIN, PPTX, XLSX
from groundsight.settings import Limits


@dataclass(frozen=True)
class BuiltinPartitioner:
    """The default ``Partitioner``; ``render_dpi`` is the resolution of page pictures and figures."""

    render_dpi: int = 150

    def __call__(self, path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
        """Read a file of a known kind; only the library of that kind is imported."""
        if media_type == PDF:
            from groundsight.ingestion.readers.pdf.pdf_file import read_pdf

            return read_pdf(path, scratch, limits, self.render_dpi)
        if media_type in PICTURES:
            from groundsight.ingestion.readers.picture import read_picture

            return read_picture(path, media_type, scratch, limits)
        return _read_office(path, media_type, scratch) or _read_text(path, media_type)


def _read_office(path: Path, media_type: str, scratch: Path) -> Parsed | None:
    match media_type:
        case _ if media_type == DOCX:
            from groundsight.ingestion.readers.office.word.docx_file import read_docx

            return read_docx(path, scratch)
        case _ if media_type == PPTX:
            from groundsight.ingestion.readers.office.pptx_file import read_pptx

            return read_pptx(path, scratch)
        case _ if media_type == XLSX:
            from groundsight.ingestion.readers.office.xlsx_file import read_xlsx

            return read_xlsx(path, scratch)
        case _:
            return None


def _read_text(path: Path, media_type: str) -> Parsed:
    from groundsight.ingestion.readers import csv_file, html_file, mail_file, markdown_file, text_file

    readers = {
        CSV: csv_file.read_csv,
        HTML: html_file.read_html,
        EMAIL: mail_file.read_mail,
        MARKDOWN: markdown_file.read_markdown,
        PLAIN: text_file.read_text,
    }
    if media_type not in readers:
        raise UnsupportedType(f"no reader for {media_type}")
    return readers[media_type](path)
