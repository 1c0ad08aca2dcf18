"""PDF pages become text in reading order, tables, figures, and pictures of pages that have to be read."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import PDF
from groundsight.settings import Limits
from tests.pdf_files import HEIGHT, WIDTH, of_kind, read, write

WORDS = "the quick brown fox jumps over the lazy dog and runs into the deep green forest"


def picture(text: str = "", size: tuple[int, int] = (400, 300)) -> ImageReader:
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).text((20, 20), text, fill="white")
    return ImageReader(image)


def make(path: Path, draw: object, **about: str) -> Path:
    canvas = Canvas(str(path), pagesize=A4, pageCompression=1)
    canvas.setTitle(about.get("title", ""))
    draw(canvas)  # type: ignore[operator]
    canvas.save()
    return path


def two_columns(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(60, 780, "A Study of Foxes")
    write(canvas, [f"left {number} {WORDS[:40]}" for number in range(12)], 60, 700)
    write(canvas, [f"right {number} {WORDS[:40]}" for number in range(12)], 320, 700)


def test_two_columns_are_read_one_after_the_other_under_their_heading(tmp_path: Path) -> None:
    parsed = read(make(tmp_path / "a.pdf", two_columns, title="Foxes"))
    assert (parsed.title, parsed.pages) == ("Foxes", 1)
    assert parsed.created is not None
    assert abs((parsed.created - date.today()).days) <= 1
    heading = of_kind(parsed, "heading")[0]
    assert (heading.text, heading.level) == ("A Study of Foxes", 1)
    joined = " ".join(element.text for element in of_kind(parsed, "text"))
    assert joined.index("left 11") < joined.index("right 0")


def test_boxes_are_fractions_of_the_page(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", lambda canvas: write(canvas, ["Some words here"], WIDTH / 2, HEIGHT / 2))
    box = read(path).elements[0].box
    assert box is not None
    assert abs(box.x0 - 0.5) < 0.01
    assert abs(box.y1 - 0.5) < 0.01


def ruled_table(canvas: Canvas) -> None:
    write(canvas, ["Before the table stands a sentence of words."], 60, 780)
    rows = [["Region", "2024", "2025"], ["North", "10", "12"], ["South", "7", "9"]]
    for number in range(4):
        canvas.line(60, 700 - number * 20, 360, 700 - number * 20)
        canvas.line(60 + number * 100, 700, 60 + number * 100, 640)
    for down, row in enumerate(rows):
        for across, text in enumerate(row):
            canvas.drawString(65 + across * 100, 686 - down * 20, text)


def test_a_ruled_table_is_read_once_as_cells(tmp_path: Path) -> None:
    parsed = read(make(tmp_path / "a.pdf", ruled_table))
    table = of_kind(parsed, "table")[0]
    assert table.cells == (("Region", "2024", "2025"), ("North", "10", "12"), ("South", "7", "9"))
    assert not any("North" in element.text for element in of_kind(parsed, "text"))


def aligned_rows(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 10)
    canvas.drawCentredString(420, 740, "Three Months Ended")
    rows = [("Net sales:", "", ""), ("Products", "$ 96,388", "$ 104,429"), ("Services", "20,766", "19,516"),
            ("Other, net", "(258)", "(203)"), ("Total net sales", "117,154", "123,945")]  # fmt: skip
    for x, day, year in ((380, "June 30,", "2025"), (480, "June 30,", "2024")):
        canvas.drawRightString(x, 726, day)
        canvas.drawRightString(x, 712, year)
    for number, (label, one, other) in enumerate(rows):
        canvas.drawString(60, 696 - number * 14, label)
        canvas.drawRightString(380, 696 - number * 14, one)
        canvas.drawRightString(480, 696 - number * 14, other)


def test_rows_of_numbers_without_rules_are_a_table_with_its_header(tmp_path: Path) -> None:
    table = of_kind(read(make(tmp_path / "a.pdf", aligned_rows)), "table")[0]
    assert table.cells == (
        ("", "Three Months Ended / June 30, 2025", "Three Months Ended / June 30, 2024"),
        ("Net sales:", "", ""),
        ("Products", "$ 96,388", "$ 104,429"),
        ("Services", "20,766", "19,516"),
        ("Other, net", "(258)", "(203)"),
        ("Total net sales", "117,154", "123,945"),
    )


def embedded_figure(canvas: Canvas) -> None:
    write(canvas, [WORDS, WORDS], 60, 780)
    canvas.drawImage(picture("chart"), 100, 500, 300, 200)
    write(canvas, ["Figure 2: A red chart"], 100, 480)
    canvas.drawImage(picture(size=(8, 8)), 20, 20, 10, 10)


def test_an_embedded_picture_is_a_figure_with_its_caption(tmp_path: Path) -> None:
    figures = of_kind(read(make(tmp_path / "a.pdf", embedded_figure)), "figure")
    assert [figure.text for figure in figures] == ["Figure 2: A red chart"]
    with Image.open(tmp_path / str(figures[0].picture)) as image:
        assert image.getpixel((image.width // 2, image.height // 2)) == (255, 0, 0)


def drawn_figure(canvas: Canvas) -> None:
    write(canvas, [WORDS + " " + WORDS[:30], WORDS], 60, 780)
    for number in range(6):
        canvas.rect(120 + number * 30, 500, 20, 40 + number * 20, fill=1)
    write(canvas, ["Figure 3: Bars that grow"], 120, 480)


def test_a_drawing_above_a_caption_is_cut_out(tmp_path: Path) -> None:
    figures = of_kind(read(make(tmp_path / "a.pdf", drawn_figure)), "figure")
    assert [figure.text for figure in figures] == ["Figure 3: Bars that grow"]
    with Image.open(tmp_path / str(figures[0].picture)) as image:
        assert image.convert("L").getextrema()[0] < 10


def test_a_page_without_text_becomes_a_picture_to_be_read(tmp_path: Path) -> None:
    def scan(canvas: Canvas) -> None:
        canvas.drawImage(picture("scanned words"), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
        write(canvas, [WORDS], 60, 780)

    parsed = read(make(tmp_path / "a.pdf", scan))
    assert [(element.kind, element.page) for element in parsed.elements] == [("page", 1), ("text", 2)]
    with Image.open(tmp_path / str(parsed.elements[0].picture)) as image:
        assert abs(image.width - WIDTH / 72 * 150) < 3


def test_running_heads_are_kept_once(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number in range(1, 6):
            write(canvas, ["Groundwork Ltd annual report"], 60, HEIGHT - 20)
            write(canvas, [f"page {number} says {WORDS}"], 60, 500)
            write(canvas, [f"Report | {number}"], 60, 15)
            canvas.showPage()

    shown = [element.text for element in read(make(tmp_path / "a.pdf", pages)).elements]
    assert sum("annual report" in text for text in shown) == 1
    assert sum("Report |" in text for text in shown) == 1
    assert sum("says" in text for text in shown) == 5


def test_text_split_by_a_hyphen_is_joined(tmp_path: Path) -> None:
    path = make(tmp_path / "a.pdf", lambda canvas: write(canvas, ["an impor-", "tant thing is here"], 60, 700))
    assert "important" in read(path).elements[0].text


def test_nothing_but_pngs_is_written(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = make(tmp_path / "a.pdf", embedded_figure)
    BuiltinPartitioner()(source, PDF, scratch, Limits())
    assert {entry.suffix for entry in scratch.iterdir()} == {".png"}
    for entry in scratch.iterdir():
        assert Image.open(io.BytesIO(entry.read_bytes())).format == "PNG"
