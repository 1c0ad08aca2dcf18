"""The built-in readers, one file a kind; they run inside the confined child only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import UnsupportedType
from groundsight.ingestion import Parsed
from groundsight.ingestion import sniff as kinds
from groundsight.limits import Limits


@dataclass(frozen=True)
class BuiltinPartitioner:
    """The default ``Partitioner``; ``render_dpi`` is the resolution of page pictures and figures."""

    render_dpi: int = 150

    def __call__(self, path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
        """Read a file of a known kind; only the library of that kind is imported."""
        if media_type == kinds.PDF:
            from groundsight.ingestion.readers.pdf.pdf_file import read_pdf

            return read_pdf(path, scratch, limits, self.render_dpi)
        readers = (_read_shown, _read_office, _read_mail, _read_box, _read_text)
        found = next((one for read in readers if (one := read(path, media_type, scratch, limits))), None)
        if found is None:
            raise UnsupportedType(f"no reader for {media_type}")
        return found


def _read_shown(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    if media_type in kinds.PICTURES:
        from groundsight.ingestion.readers.picture import read_picture as read
    elif media_type in (*kinds.SOUNDS, *kinds.CLIPS):
        from groundsight.ingestion.readers.recording import read_recording as read
    elif media_type in (kinds.ODT, kinds.ODP):
        from groundsight.ingestion.readers.box.odf_file import read_odf as read
    else:
        return None
    return read(path, media_type, scratch, limits)


def _read_office(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    match media_type:
        case kinds.DOCX:
            from groundsight.ingestion.readers.office.word.docx_file import read_docx as read
        case kinds.PPTX:
            from groundsight.ingestion.readers.office.pptx_file import read_pptx as read
        case kinds.XLSX:
            from groundsight.ingestion.readers.office.xlsx_file import read_xlsx as read
        case kinds.CSV:
            from groundsight.ingestion.readers.csv_file import read_csv as read
        case _:
            return None
    return read(path, scratch, limits)


def _read_mail(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers.mail import mail_file, mbox_file, msg_file

    readers = {kinds.EMAIL: mail_file.read_mail, kinds.MBOX: mbox_file.read_mbox, kinds.MSG: msg_file.read_msg}
    return readers[media_type](path, scratch, limits) if media_type in readers else None


def _read_box(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers.box import archive, epub_file, ods_file

    readers = {
        kinds.ODS: ods_file.read_ods, kinds.EPUB: epub_file.read_epub, kinds.ZIP: archive.read_zip,
        kinds.TAR: archive.read_tar, kinds.PACKED: archive.read_packed,
    }  # fmt: skip
    return readers[media_type](path, scratch, limits) if media_type in readers else None


def _read_text(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed | None:
    from groundsight.ingestion.readers.agenda import calendar_file, contact_file
    from groundsight.ingestion.readers.text import html_file, markdown_file, notebook, records, rtf_file, text_file
    from groundsight.ingestion.readers.text.subtitles import read_subtitles

    match media_type:
        case kinds.CARD:
            return contact_file.read_contacts(path, scratch)
        case kinds.VTT | kinds.SRT:
            return read_subtitles(path, media_type)
        case _:
            pass
    long = {
        kinds.JSON: records.read_json, kinds.JSON_LINES: records.read_json_lines, kinds.XML: records.read_xml,
        kinds.NOTEBOOK: notebook.read_notebook,
    }  # fmt: skip
    if media_type in long:
        return long[media_type](path, scratch, limits)
    readers = {
        kinds.HTML: html_file.read_html, kinds.MARKDOWN: markdown_file.read_markdown,
        kinds.PLAIN: text_file.read_text, kinds.RTF: rtf_file.read_rtf, kinds.SVG: records.read_svg,
        kinds.CALENDAR: calendar_file.read_calendar,
    }  # fmt: skip
    return readers[media_type](path) if media_type in readers else None
