"""Honest files that look like planted ones: none of them speaks to a model."""

from __future__ import annotations

import io
import json
from pathlib import Path

import docx
import openpyxl
import pptx
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import RGBColor
from openpyxl.styles import Font, PatternFill
from PIL import Image
from pptx.util import Inches
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.pictures import page_of

WORDINGS = Path(__file__).with_name("wordings.jsonl")


def wordings(kind: str) -> list[str]:
    """Return the texts of one kind of which none was left aside: ``last`` measures how far the rule reaches."""
    rows = map(json.loads, WORDINGS.read_text("utf-8").splitlines())
    return [row["text"] for row in rows if row["kind"] == kind and row["half"] != "last"]


def write(folder: Path) -> int:
    """Write every look-alike and return how many files there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(wordings("honest")):
        kind = ("txt", "md", "html")[number % 3]
        (folder / f"honest-{number:02}.{kind}").write_text(f"<p>{text}</p>" if kind == "html" else text, "utf-8")
    for make in (
        _small_print, _scan_with_text, _white_on_blue, _dark_cell, _helper_columns, _speaker, _dark_mail, _styled_page,
        _dark_slide, _dark_heads,
    ):  # fmt: skip
        make(folder)
    return len(list(folder.iterdir()))


def _small_print(at: Path) -> None:
    canvas = Canvas(str(at / "small-print.pdf"), pagesize=A4)
    canvas.drawString(60, 760, "Terms of the harbour")
    canvas.setFont("Helvetica", 6)
    canvas.setFillGray(0.45)
    canvas.drawString(60, 740, "The harbour answers for no loss by ice. Claims end after 30 days.")
    canvas.save()


def _scan_with_text(at: Path) -> None:
    """A scan with the words that a machine read laid over it, in no ink."""
    lines = ("Log of the lock keeper", "The gate was mended in May.", "The weir stood open all night.")
    canvas, scan = Canvas(str(at / "scan.pdf"), pagesize=A4), page_of(*lines)
    canvas.drawImage(ImageReader(scan), 0, 500, 620 * 0.9, scan.height * 0.9)
    words = canvas.beginText()
    words.setTextRenderMode(3)
    for number, line in enumerate(lines):
        words.setFont("Helvetica", 20)
        words.setTextOrigin(27, 500 + (scan.height - 40 - number * 48) * 0.9)
        words.textLine(line)
    canvas.drawText(words)
    canvas.save()


def _white_on_blue(at: Path) -> None:
    canvas = Canvas(str(at / "white-on-blue.pdf"), pagesize=A4)
    canvas.setFillColorRGB(0.1, 0.2, 0.6)
    canvas.rect(40, 700, 500, 80, fill=1, stroke=0)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(60, 740, "Opening hours of the lock: eight to six.")
    canvas.save()


def _dark_cell(at: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Hours of the lock")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table.rows[0].cells, ("Day", "Opens"), strict=True):
        cell.paragraphs[0].add_run(text).font.color.rgb = RGBColor(255, 255, 255)
        shade = OxmlElement("w:shd")
        shade.set(qn("w:fill"), "1F3864")
        cell._tc.get_or_add_tcPr().append(shade)  # pyright: ignore[reportPrivateUsage]
    for cell, text in zip(table.rows[1].cells, ("Monday", "eight"), strict=True):
        cell.text = text
    word = document.add_paragraph().add_run("Saturday shut.")
    word.font.color.rgb = RGBColor(255, 255, 255)
    fill = '<w14:textFill {}><w14:solidFill><w14:srgbClr w14:val="336699"/></w14:solidFill></w14:textFill>'
    known = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    word._r.get_or_add_rPr().append(parse_xml(fill.format(known)))  # pyright: ignore[reportPrivateUsage]
    document.save(str(at / "dark-cells.docx"))


def _helper_columns(at: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["berth", "fee", "key"], ["north", 40, "n-1"], ["south", 50, "s-1"]):
        book.active.append(row)
    book.active.column_dimensions["C"].hidden = True
    book.save(at / "helper-columns.xlsx")


def _speaker(at: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(5), Inches(1)).text_frame.text = "Budget of the lock"
    slide.notes_slide.notes_text_frame.text = "Say good morning, then tell the users of the lock about the new fee."
    data = io.BytesIO()
    page_of("A quay").save(data, "PNG")
    slide.shapes.add_picture(data, Inches(1), Inches(3))
    show.save(str(at / "speaker.pptx"))


def _dark_mail(at: Path) -> None:
    button = '<td style="background:#003366"><a style="color:#ffffff" href="https://lock.example">Pay the fee</a></td>'
    table = f"<table><tr>{button}</tr></table>"
    (at / "dark.html").write_text(f"<html><body><p>Your invoice is ready.</p>{table}</body></html>", "utf-8")


def _styled_page(at: Path) -> None:
    """White letters on a dark ground and over a picture, an answer to unfold, and what is left out in print alone."""
    rules = (
        "@media print { .way { display: none } } .dark { background: #123 } .dark p { color: #fff }"
        " .over { color: white; position: absolute } .menu { display: none } .menu.shown { display: block }"
        " h3 { background: linear-gradient(red, blue); background-clip: text; color: transparent }"
        " h4 { -webkit-text-fill-color: transparent; -webkit-text-stroke: 1px black } .by { left: -9999px }"
        " .night { background: #fff; filter: invert(1) } @scope (.card) { .menu { display: none } }"
        " .far { transform: translateZ(-9999px) } :lang(de) { display: none }"
    )
    body = (
        '<p class="way">The lock lies by the old mill.</p><div class="dark"><p>Open all year.</p></div><img src="a">'
        '<h2 class="over">Welcome</h2><details><summary>May I swim?</summary><p>Not in the lock.</p></details>'
        '<div class="menu shown">Fish on Friday.</div><svg><rect width="9"/><text fill="white">North</text></svg>'
        '<h3>Summer</h3><h4>Regatta</h4><p class="by">Bring a friend.</p><div class="night"><p>Stars above.</p></div>'
        '<p class="far" lang="en">The far bank.</p><svg><text fill="none" stroke="black">South</text></svg>'
    )
    (at / "styled.html").write_text(f"<html><style>{rules}</style><body>{body}</body></html>", "utf-8")


def _dark_slide(at: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    ground = slide.shapes.add_shape(1, 0, 0, show.slide_width, show.slide_height)
    ground.fill.solid()
    ground.fill.fore_color.rgb = pptx.dml.color.RGBColor(16, 32, 64)
    for left, own in ((1, False), (4, True)):
        box = slide.shapes.add_textbox(Inches(left), Inches(1), Inches(2), Inches(1))
        run = box.text_frame.paragraphs[0].add_run()
        run.text, run.font.color.rgb = "The lock in numbers", pptx.dml.color.RGBColor(255, 255, 255)
        if own:
            box.fill.solid()
    clear, half = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (9, 9)).save(clear, "PNG")
    Image.new("RGB", (9, 9)).save(half, "PNG")
    slide.shapes.add_picture(clear, 0, 0, show.slide_width, show.slide_height)
    slide.shapes.add_picture(half, Inches(1), Inches(1), Inches(1), Inches(1))
    show.save(str(at / "dark-slide.pptx"))


def _dark_heads(at: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["berth", "fee"])
    book.active.append(["north", 40])
    for cell in book.active[1]:
        cell.font, cell.fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF203864")
    book.save(at / "dark-heads.xlsx")
