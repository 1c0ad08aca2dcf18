"""What was put into a PDF after it was printed: form values, comments, free text, files, bookmarks, passwords."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from groundsight.errors import ParseFailed
from groundsight.ingestion import Parsed
from tests.pdf_files import PROSE, drawn, of_kind, read, texts, write


def test_what_a_form_holds_stands_beside_its_labels(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for number, (label, value) in enumerate(
            (("Allotment:", "C-31"), ("Water butts:", "2"), ("Tenant:", "Ivo Brandt"))
        ):
            canvas.drawString(60, 700 - 30 * number, label)
            canvas.acroForm.textfield(name=f"f{number}", value=value, x=180, y=694 - 30 * number, width=150, height=18)
        canvas.drawString(60, 600, "Shed on the plot")
        canvas.acroForm.checkbox(name="shed", checked=True, x=180, y=596, size=14)
        canvas.drawString(60, 570, "Bees on the plot")
        canvas.acroForm.checkbox(name="bees", checked=False, x=180, y=566, size=14)

    parsed = drawn(tmp_path, page)
    assert of_kind(parsed, "table")[0].cells[1:] == (
        ("Allotment", "C-31"),
        ("Water butts", "2"),
        ("Tenant", "Ivo Brandt"),
        ("Shed on the plot", "☒"),
        ("Bees on the plot", "☐"),
    )


def annotated(folder: Path, kind: int, text: str) -> Parsed:
    """A page with one annotation that says something."""
    drawn(folder, lambda canvas: write(canvas, [PROSE], 60, 700))
    with pypdfium2.PdfDocument(folder / "a.pdf") as document:
        page = document[0]
        annotation = pdfium.FPDFPage_CreateAnnot(page.raw, kind)
        pdfium.FPDFAnnot_SetRect(annotation, pdfium.FS_RECTF(left=60, bottom=600, right=260, top=620))
        said = ctypes.cast(ctypes.create_string_buffer(text.encode("utf-16-le") + b"\0\0"), pdfium.FPDF_WIDESTRING)
        pdfium.FPDFAnnot_SetStringValue(annotation, b"Contents", said)
        pdfium.FPDFPage_CloseAnnot(annotation)
        page.close()
        document.save(folder / "b.pdf")
    return read(folder / "b.pdf")


@pytest.mark.parametrize("kind", [pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_SQUARE])
def test_a_comment_is_read_as_one(tmp_path: Path, kind: int) -> None:
    parsed = annotated(tmp_path, kind, "Ask the miller first")
    assert texts(parsed) == [PROSE]
    assert texts(parsed, "comment") == ["Ask the miller first"]
    assert parsed.elements[-1].box is not None


def test_free_text_belongs_to_the_page(tmp_path: Path) -> None:
    assert texts(annotated(tmp_path, pdfium.FPDF_ANNOT_FREETEXT, "Paid in cash")) == [PROSE, "Paid in cash"]


def test_a_stamp_without_words_is_told_in_the_ledger(tmp_path: Path) -> None:
    parsed = annotated(tmp_path, pdfium.FPDF_ANNOT_STAMP, "")
    assert [str(part) for part in parsed.left_out] == ["not read: stamp, it holds no text"]


def test_an_embedded_file_is_handed_over_with_its_name(tmp_path: Path) -> None:
    drawn(tmp_path, lambda canvas: write(canvas, [PROSE], 60, 700))
    with pypdfium2.PdfDocument(tmp_path / "a.pdf") as document:
        document.new_attachment("harvest.csv").set_data(b"plot,kg\nC-31,48\n")
        document.save(tmp_path / "b.pdf")
    (inside,) = read(tmp_path / "b.pdf").inside
    assert inside.name == "harvest.csv"
    assert (tmp_path / inside.file).read_bytes() == b"plot,kg\nC-31,48\n"


def test_bookmarks_make_the_sections(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number, (title, level) in enumerate((("Ponds", 0), ("Weirs of the upper stream", 1), ("Ditches", 0)), 1):
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
            write(canvas, [f"{number}. {title}"], 60, 740)
            write(canvas, [PROSE], 60, 700)
            canvas.showPage()

    sections = [element.section for element in of_kind(drawn(tmp_path, pages), "text")]
    assert sections == ["1. Ponds", "1. Ponds > 2. Weirs of the upper stream", "3. Ditches"]


def test_a_bookmark_that_no_line_says_is_the_section_of_its_page(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.bookmarkPage("a")
        canvas.addOutlineEntry("Annex on sluices", "a", 0)
        write(canvas, [PROSE], 60, 700)

    assert of_kind(drawn(tmp_path, page), "text")[0].section == "Annex on sluices"


@pytest.mark.parametrize("user", ["", "open sesame"])
def test_only_a_password_for_opening_keeps_a_file_shut(tmp_path: Path, user: str) -> None:
    locked = StandardEncryption(userPassword=user, ownerPassword="master", canPrint=0)
    canvas = Canvas(str(tmp_path / "a.pdf"), encrypt=locked)
    write(canvas, [PROSE], 60, 700)
    canvas.save()
    if not user:
        assert texts(read(tmp_path / "a.pdf")) == [PROSE]
        return
    with pytest.raises(ParseFailed, match="it opens only with a password"):
        read(tmp_path / "a.pdf")
