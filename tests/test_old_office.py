"""Office files from before 2007 are read through LibreOffice, only where the settings name it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xlsxwriter
from docx import Document
from pptx import Presentation
from pptx.util import Inches

from groundsight.errors import Disabled, GroundsightError, ParseFailed, TimedOut, UnsupportedType
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.partition import partition
from groundsight.ingestion.readers.office.old_office import in_present_format
from groundsight.ingestion.sandbox import Sandbox
from groundsight.ingestion.sniff import DOC
from groundsight.settings import Ingestion, Limits, Settings
from groundsight.tracing import Watch

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")
BODY = "The ferry leaves the northern quay at six."
# It saves what stands beside it, as LibreOffice saves what it read.
CONVERTS = """
import pathlib, shutil, sys
out = pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
out.mkdir()
assert pathlib.Path(sys.argv[-1]).read_bytes().startswith(b"\\xd0\\xcf")
assert any(each.startswith("-env:UserInstallation=file://" + str(out.parent)) for each in sys.argv)
shutil.copy(pathlib.Path(__file__).parent / "saved.docx", out / "old.docx")
"""


def program(folder: Path, body: str) -> str:
    """A program that stands for LibreOffice."""
    folder.mkdir()
    document = Document()
    document.add_paragraph(BODY)
    document.save(str(folder / "saved.docx"))
    made = folder / "soffice"
    made.write_text(f"#!{sys.executable} -I\n{body}", "utf-8")
    made.chmod(0o755)
    return str(made)


def read(folder: Path, soffice: str, name: str = "timetable.doc") -> Parsed:
    old, scratch = folder / name, folder / "scratch"
    scratch.mkdir()
    if not old.exists():
        old.write_bytes(OLE)
    limits = Limits(parse_seconds=300)
    settings = Settings(home=folder / "home", ingestion=Ingestion(soffice=soffice), limits=limits)
    with Sandbox() as cell, frozen_by_name(old, 1_000_000) as document:
        return partition(document, settings, scratch, Watch(), cell)


def refusal(folder: Path, soffice: str, seconds: float = 60) -> GroundsightError:
    (folder / "a.doc").write_bytes(OLE)
    with pytest.raises(GroundsightError) as caught:
        in_present_format(folder / "a.doc", DOC, "a.doc", folder, soffice, seconds)
    return caught.value


def test_an_old_document_is_read_by_what_the_program_makes_of_it(tmp_path: Path) -> None:
    parsed = read(tmp_path, program(tmp_path / "program", CONVERTS))
    assert parsed.media_type == DOC
    assert [element.text for element in parsed.elements] == [BODY]


def test_without_the_setting_it_is_refused_with_the_way_out(tmp_path: Path) -> None:
    error = refusal(tmp_path, "")
    assert isinstance(error, UnsupportedType)
    assert "docx" in error.next_step
    assert "ingestion.soffice" in error.next_step


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "/nowhere/soffice")
    assert isinstance(error, Disabled)
    assert error.which == "/nowhere/soffice"


def test_a_file_that_the_program_can_not_read_is_malformed(tmp_path: Path) -> None:
    assert isinstance(refusal(tmp_path, program(tmp_path / "program", "raise SystemExit(1)")), ParseFailed)


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    error = refusal(tmp_path, program(tmp_path / "program", "import signal; signal.pause()"), seconds=0.1)
    assert isinstance(error, TimedOut)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_itself_reads_an_old_document(tmp_path: Path) -> None:
    (tmp_path / "timetable.rtf").write_text("{\\rtf1\\ansi " + BODY + "\\par}", "ascii")
    to_doc = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'own').as_uri()}", "--convert-to", "doc"]
    subprocess.run([*to_doc, "--outdir", str(tmp_path), str(tmp_path / "timetable.rtf")], check=True, timeout=300)
    assert [element.text for element in read(tmp_path, "soffice").elements] == [BODY]


LIBRE_OFFICE = shutil.which("soffice") or ""


def make_word(folder: Path) -> Path:
    """A heading, a table, a comment, a deleted and a hidden word, a head and a foot."""
    document = Document()
    document.add_heading("Ferry", 1)
    said = document.add_paragraph(BODY)
    document.add_comment(said.runs, text="Really?", author="Ilse")
    table = document.add_table(2, 2)
    for number, word in enumerate(("Quay", "Hour", "north", "6:15")):
        table.cell(number // 2, number % 2).text = word
    document.add_paragraph("Shown").add_run(" unseen").font.hidden = True
    document.sections[0].header.paragraphs[0].text = "Timetable"
    document.save(str(folder / "old.docx"))
    return folder / "old.docx"


def make_book(folder: Path) -> Path:
    """A formula, a chart, a comment and a hidden sheet."""
    book = xlsxwriter.Workbook(str(folder / "old.xlsx"))
    sheet = book.add_worksheet("Fares")
    for number, row in enumerate((("Quay", "Fare"), ("north", 4), ("south", 6))):
        sheet.write_row(number, 0, row)
    sheet.write("A4", "Total")
    sheet.write_formula("B4", "=SUM(B2:B3)")
    sheet.write_comment("A2", "Really?")
    chart = book.add_chart({"type": "column"})
    chart.add_series({"categories": "=Fares!$A$2:$A$3", "values": "=Fares!$B$2:$B$3", "name": "=Fares!$B$1"})
    chart.set_title({"name": "Fares by quay"})
    sheet.insert_chart("D2", chart)
    secret = book.add_worksheet("Safe")
    secret.write("A1", "Key under the mat")
    secret.hide()
    book.close()
    return folder / "old.xlsx"


def make_slides(folder: Path) -> Path:
    """A title, a table and notes."""
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Ferry"
    table = slide.shapes.add_table(2, 2, 0, Inches(3), Inches(4), Inches(1)).table
    for number, word in enumerate(("Quay", "Hour", "north", "6:15")):
        table.cell(number // 2, number % 2).text = word
    slide.notes_slide.notes_text_frame.text = "Speak slowly"
    show.save(str(folder / "old.pptx"))
    return folder / "old.pptx"


OLD = {
    "doc": (make_word, {
        ("Ferry", ""), (BODY, ""), ("Comment by Ilse: Really?", "comment"), ("Quay | Hour / north | 6:15", ""),
        ("Shown", ""), ("Timetable", ""), ("unseen", "hidden"),
    }),
    "xls": (make_book, {
        ("Quay | Fare / north | 4 / south | 6 / Total | 10", ""), ("Comment on A2: Really?", "comment"),
        ("Fares by quay /  | Fare / north | 4 / south | 6", ""), ("Key under the mat", "hidden"),
    }),
    "ppt": (make_slides, {("Ferry", ""), ("Quay | Hour / north | 6:15", ""), ("Notes: Speak slowly", "")}),
}  # fmt: skip


def told(element: Element) -> tuple[str, str]:
    rows = [" | ".join(row) for row in element.cells]
    title = [] if not rows or element.text.replace("\n", " / ") == " / ".join(rows) else [element.text]
    return " / ".join([*title, *rows] if rows else [element.text]), element.mark


@pytest.mark.skipif(not LIBRE_OFFICE, reason="LibreOffice is not installed")
@pytest.mark.parametrize("ending", OLD)
def test_real_files_of_old_programs_are_read_in_full(tmp_path: Path, ending: str) -> None:
    make, wanted = OLD[ending]
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    order = [LIBRE_OFFICE, "--headless", home, "--convert-to", ending, "--outdir", str(tmp_path), str(make(tmp_path))]
    while subprocess.run(order, capture_output=True, check=False).returncode == 81:
        pass
    parsed = read(tmp_path, LIBRE_OFFICE, f"old.{ending}")
    assert {told(element) for element in parsed.elements} == wanted
    assert parsed.left_out == ()
