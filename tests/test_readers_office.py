"""Word, PowerPoint and Excel files become headings, text, tables and figures."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import docx
import openpyxl
import pptx
from docx.shared import Inches as DocxInches
from PIL import Image
from pptx.util import Inches

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import DOCX, PPTX, XLSX, sniff
from groundsight.settings import Limits


def read(path: Path) -> Parsed:
    return BuiltinPartitioner()(path, sniff(path, path.name).media_type, path.parent, Limits())


def png(colour: str = "red", size: tuple[int, int] = (200, 100)) -> io.BytesIO:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    written.seek(0)
    return written


def first(parsed: Parsed, kind: str) -> Element:
    return next(element for element in parsed.elements if element.kind == kind)


def make_docx(path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = "Report"
    document.core_properties.created = datetime(2024, 5, 6, 7, 8)
    document.add_heading("Results", 1)
    paragraph = document.add_paragraph("Sales ")
    paragraph.add_run("rose").bold = True
    paragraph.add_run(" secretly").font.hidden = True
    document.add_paragraph("first item", style="List Bullet")
    document.add_heading("Details", 2)
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 1).merge(table.cell(0, 2)).text = "2025"
    for column, text in enumerate(("Region", "Q1", "Q2")):
        table.cell(1, column).text = text
    for column, text in enumerate(("North", "4", "5")):
        table.cell(2, column).text = text
    document.add_picture(png(), width=DocxInches(2))
    document.add_paragraph("Figure 1: A red box")
    document.add_picture(png("blue", (10, 10)), width=DocxInches(0.1))
    document.save(str(path))
    return path


def test_docx_gives_each_header_and_footer_once(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("The body.")
    document.add_section()
    for section in document.sections:
        section.header.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Harbour Authority"
    cells = document.sections[0].footer.add_table(1, 2, DocxInches(4)).rows[0].cells
    cells[0].text, cells[1].text = "Account", "1204-77"
    document.sections[1].first_page_footer.paragraphs[0].text = "is never shown"
    document.save(str(tmp_path / "a.docx"))
    texts = [element.text for element in read(tmp_path / "a.docx").elements]
    assert texts == ["Harbour Authority", "Account | 1204-77", "The body."]


def test_docx_keeps_order_headings_lists_and_hides_hidden_runs(tmp_path: Path) -> None:
    parsed = read(make_docx(tmp_path / "a.docx"))
    assert (parsed.media_type, parsed.title, parsed.created) == (DOCX, "Report", date(2024, 5, 6))
    shown = [(element.kind, element.text, element.section) for element in parsed.elements]
    assert shown[:4] == [
        ("heading", "Results", "Results"),
        ("text", "Sales rose", "Results"),
        ("text", "- first item", "Results"),
        ("heading", "Details", "Results > Details"),
    ]


def test_docx_tables_write_merged_cells_once(tmp_path: Path) -> None:
    cells = first(read(make_docx(tmp_path / "a.docx")), "table").cells
    assert cells == (("Region", "2025 / Q1", "2025 / Q2"), ("North", "4", "5"))


def test_docx_pictures_have_the_caption_beside_them_and_ornaments_are_left_out(tmp_path: Path) -> None:
    parsed = read(make_docx(tmp_path / "a.docx"))
    figures = [element for element in parsed.elements if element.kind == "figure"]
    assert [figure.text.splitlines()[0] for figure in figures] == ["Figure 1: A red box"]
    with Image.open(tmp_path / str(figures[0].picture)) as picture:
        assert picture.getpixel((5, 5)) == (255, 0, 0)


def make_pptx(path: Path) -> Path:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Plan"
    box = slide.shapes.add_textbox(Inches(5), Inches(3.75), Inches(5), Inches(1))
    box.text_frame.text = "Half way down"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for number, text in enumerate(("Step", "Day", "Build", "3")):
        table.cell(number // 2, number % 2).text = text
    slide.shapes.add_picture(png(), Inches(1), Inches(2), Inches(2), Inches(1))
    slide.notes_slide.notes_text_frame.text = "Say this aloud"
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "Hidden slide"
    hidden._element.set("show", "0")
    show.save(str(path))
    return path


def test_pptx_slides_are_pages_with_boxes_tables_pictures_and_notes(tmp_path: Path) -> None:
    parsed = read(make_pptx(tmp_path / "a.pptx"))
    assert (parsed.media_type, parsed.pages) == (PPTX, 2)
    assert {(element.page, element.section) for element in parsed.elements if not element.mark} == {(1, "Plan")}
    text = next(element for element in parsed.elements if element.text == "Half way down")
    assert text.box is not None
    assert (round(text.box.x0, 3), round(text.box.y0, 3), round(text.box.x1, 3)) == (0.5, 0.5, 1.0)
    assert first(parsed, "table").cells == (("Step", "Day"), ("Build", "3"))
    assert (tmp_path / str(first(parsed, "figure").picture)).is_file()
    assert parsed.elements[-2].text == "Notes: Say this aloud"
    hidden = parsed.elements[-1]
    assert (hidden.text, hidden.page, hidden.mark) == ("Hidden slide", 2, "hidden")
    assert parsed.left_out == ()


def make_xlsx(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sales 2025"
    sheet.append(["Month", "Amount", "Share", "Day"])
    for number in range(90):
        sheet.append([f"m{number}", 1234.5, 0.125, datetime(2025, 1, 2)])
    for row in sheet.iter_rows(min_row=2):
        row[1].number_format, row[2].number_format = "$#,##0.00", "0.0%"
    secret = book.create_sheet("Secret")
    secret["A1"] = "not shown"
    secret.sheet_state = "hidden"
    book.save(path)
    return path


def test_xlsx_shows_values_as_the_sheet_does_in_blocks_with_the_header(tmp_path: Path) -> None:
    parsed = read(make_xlsx(tmp_path / "a.xlsx"))
    assert parsed.media_type == XLSX
    shown = [element for element in parsed.elements if not element.mark]
    assert {element.section for element in shown} == {"Sales 2025"}
    assert [len(element.cells) for element in shown] == [41, 41, 11]
    assert parsed.elements[1].cells[0] == ("Month", "Amount", "Share", "Day")
    assert parsed.elements[0].cells[1] == ("m0", "$1,234.50", "12.5%", "2025-01-02")


def test_hidden_sheets_are_read_and_marked(tmp_path: Path) -> None:
    parsed = read(make_xlsx(tmp_path / "a.xlsx"))
    hidden = [(element.section, element.text) for element in parsed.elements if element.mark == "hidden"]
    assert hidden == [("Secret", "not shown")]


def test_what_stands_apart_on_a_sheet_is_a_table_of_its_own(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Title only"], [], ["a", "b"], [1, 2], ["x"], [], ["c", "d"], [3, 4], [], ["Note only"]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    first, second, note = read(tmp_path / "a.xlsx").elements
    assert (first.text, first.cells) == ("Title only", (("a", "b"), ("1", "2"), ("x", "")))
    assert second.cells == (("c", "d"), ("3", "4"))
    assert (note.kind, note.text) == ("text", "Note only")
