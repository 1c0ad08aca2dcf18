"""The built-in readers, one file a kind; they run inside the confined child only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import UnsupportedType
from groundsight.ingestion import Parsed
from groundsight.ingestion.sniff import (
    CALENDAR,
    CARD,
    CLIPS,
    CSV,
    DOCX,
    EMAIL,
    EPUB,
    HTML,
    JSON,
    JSON_LINES,
    MARKDOWN,
    MBOX,
    MSG,
    NOTEBOOK,
    ODP,
    ODS,
    ODT,
    PACKED,
    PDF,
    PICTURES,
    PLAIN,
    PPTX,
    RTF,
    SOUNDS,
    SRT,
    SVG,
    TAR,
    VTT,
    XLSX,
    XML,
    ZIP,
)  # fmt: skip
from groundsight.limits import Limits


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
        if media_type in SOUNDS or media_type in CLIPS:
            from groundsight.ingestion.readers.recording import read_recording

            return read_recording(path, media_type, scratch, limits)
        readers = (_read_office, _read_mail, _read_box, _read_text)
        found = next((one for read in readers if (one := read(path, media_type, scratch, limits))), None)
        if found is None:
            raise UnsupportedType(f"no reader for {media_type}")
        return found


def _read_office(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    match media_type:
        case _ if media_type == DOCX:
            from groundsight.ingestion.readers.office.word.docx_file import read_docx

            return read_docx(path, scratch, limits)
        case _ if media_type == PPTX:
            from groundsight.ingestion.readers.office.pptx_file import read_pptx

            return read_pptx(path, scratch, limits)
        case _ if media_type == XLSX:
            from groundsight.ingestion.readers.office.xlsx_file import read_xlsx

            return read_xlsx(path, scratch, limits)
        case _:
            return None


def _read_mail(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers.mail import mail_file, mbox_file, msg_file

    readers = {EMAIL: mail_file.read_mail, MBOX: mbox_file.read_mbox, MSG: msg_file.read_msg}
    return readers[media_type](path, scratch, limits) if media_type in readers else None


def _read_box(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers.box import archive, epub_file, odf_file, ods_file

    if media_type in (ODT, ODP):
        return odf_file.read_odf(path, media_type, scratch, limits)
    readers = {
        ODS: ods_file.read_ods,
        EPUB: epub_file.read_epub,
        ZIP: archive.read_zip,
        TAR: archive.read_tar,
        PACKED: archive.read_packed,
    }
    return readers[media_type](path, scratch, limits) if media_type in readers else None


def _read_text(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers import csv_file
    from groundsight.ingestion.readers.agenda import calendar_file, contact_file
    from groundsight.ingestion.readers.text import (
        html_file,
        markdown_file,
        notebook,
        records,
        rtf_file,
        subtitles,
        text_file,
    )  # fmt: skip

    if media_type == CSV:
        return csv_file.read_csv(path, scratch, limits)
    if media_type == CARD:
        return contact_file.read_contacts(path, scratch)
    if media_type in (VTT, SRT):
        return subtitles.read_subtitles(path, media_type)
    if media_type == NOTEBOOK:
        return notebook.read_notebook(path, scratch, limits)
    long = {JSON: records.read_json, JSON_LINES: records.read_json_lines, XML: records.read_xml}
    if media_type in long:
        return long[media_type](path, scratch, limits)
    readers = {
        HTML: html_file.read_html, MARKDOWN: markdown_file.read_markdown,
        PLAIN: text_file.read_text, RTF: rtf_file.read_rtf, SVG: records.read_svg,
        CALENDAR: calendar_file.read_calendar,
    }  # fmt: skip
    return readers[media_type](path) if media_type in readers else None
