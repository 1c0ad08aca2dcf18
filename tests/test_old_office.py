"""Office files from before 2007 are read through LibreOffice, only where the settings name it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docx import Document

from groundsight.errors import Disabled, GroundsightError, ParseFailed, TimedOut, UnsupportedType
from groundsight.ingestion import Parsed
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


def read(folder: Path, soffice: str) -> Parsed:
    old, scratch = folder / "timetable.doc", folder / "scratch"
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
