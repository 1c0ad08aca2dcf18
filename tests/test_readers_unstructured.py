"""The optional partitioner gives the same contract, offline and silent; without it the extra is named."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from reportlab.pdfgen.canvas import Canvas

from groundsight.errors import Disabled
from groundsight.ingestion.frozen import anonymous_file, frozen_by_name
from groundsight.ingestion.outcome import Confines
from groundsight.ingestion.partition import partition
from groundsight.ingestion.readers.unstructured_reader import UnstructuredPartitioner
from groundsight.ingestion.sandbox import Sandbox
from groundsight.ingestion.sniff import PLAIN
from groundsight.settings import Ingestion, Limits, Settings
from groundsight.tracing import Watch

needs_extra = pytest.mark.skipif(find_spec("unstructured") is None, reason="the documents extra is not installed")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unstructured", None)
    with pytest.raises(Disabled) as caught:
        UnstructuredPartitioner()(tmp_path / "a.txt", PLAIN, tmp_path, Limits())
    assert "groundsight[documents]" in str(caught.value)


BODY = "The harbour handled four hundred ships in the last year."
MAIL = "From: a@example.org\nSubject: Hello\nContent-Type: text/plain\n\n"
PAGE = f"<html><body><h1>Report</h1><p>{BODY}</p><table><tr><th>Ship</th><td>Seats</td></tr></table></body></html>"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """What the partitioner reads from one file of every kind, in the child that every reader runs in."""
    folder = tmp_path_factory.mktemp("files")
    write_files(folder)
    with Sandbox() as cell, anonymous_file() as document:
        job, confines = "tests.partition_jobs:partition_all", Confines(cpu_seconds=90, seconds=180)
        scratch = str(folder)
        return json.loads(
            cell.run(
                job, scratch, document=document.fileno(), confines=confines, watch=Watch(), which="all", scratch=scratch
            )
        )


def write_files(folder: Path) -> None:
    texts = {"a.txt": BODY, "a.md": f"# Report\n\n{BODY}\n", "a.html": PAGE, "a.eml": MAIL + BODY}
    for name, text in {**texts, "a.csv": "Ship,Seats\nBirk,40\n"}.items():
        (folder / name).write_text(text, "utf-8")
    canvas = Canvas(str(folder / "a.pdf"))
    canvas.drawString(72, 700, BODY)
    canvas.save()
    document = docx.Document()
    document.add_paragraph(BODY)
    document.sections[0].footer.paragraphs[0].text = "Account 1204"
    document.save(str(folder / "a.docx"))
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.placeholders[1].text_frame.text = BODY  # pyright: ignore[reportAttributeAccessIssue]
    slide.notes_slide.notes_text_frame.text = "A note"  # pyright: ignore[reportOptionalMemberAccess]
    show.save(str(folder / "a.pptx"))
    book = openpyxl.Workbook()
    for row in (("Ship", "Seats"), ("Birk", 40)):
        book.active.append(row)  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
    book.save(folder / "a.xlsx")


@needs_extra
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.eml", "a.pdf", "a.docx", "a.pptx"])
def test_every_kind_of_file_is_read_in_the_sandbox(read: dict[str, list[list[str]]], name: str) -> None:
    assert BODY in [text for _, text in read[name]]


@needs_extra
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_tables_are_read_in_the_sandbox(read: dict[str, list[list[str]]], name: str) -> None:
    assert read[name] == [["table", "Ship | Seats\nBirk | 40"]]


@needs_extra
def test_what_stands_beside_the_body_is_kept(read: dict[str, list[list[str]]]) -> None:
    assert ["text", "Account 1204"] in read["a.docx"]
    assert "A note" in [text for _, text in read["a.pptx"]]
    assert read["a.eml"][0] == ["text", "From: a@example.org\nSubject: Hello"]


@needs_extra
def test_a_pdf_is_read_as_ingest_reads_it(tmp_path: Path) -> None:
    """The whole way with the limits as they are set: its compiler found no place for its cache."""
    write_files(tmp_path)
    settings = Settings(ingestion=Ingestion(partitioner="unstructured"))
    with frozen_by_name(tmp_path / "a.pdf", settings.limits.file_bytes) as file:
        parsed = partition(file, settings, tmp_path, Watch())
    assert [element.text for element in parsed.elements] == [BODY]


@needs_extra
def test_it_reads_headings_text_and_tables_without_a_network(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Results", 1)
    document.add_paragraph("Sales of the northern region rose by four percent in the last quarter.")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(("Region", "Growth", "North", "4%")):
        table.cell(number // 2, number % 2).text = text
    document.save(str(tmp_path / "a.docx"))
    settings = Settings(ingestion=Ingestion(partitioner="unstructured"))
    with frozen_by_name(tmp_path / "a.docx", settings.limits.file_bytes) as file:
        parsed = partition(file, settings, tmp_path, Watch())
    assert [element.kind for element in parsed.elements] == ["heading", "text", "table"]
    assert parsed.elements[2].cells == (("Region", "Growth"), ("North", "4%"))
    assert parsed.elements[1].section == "Results"
