"""Text of a PDF is read as a person reads the page: turned, set wide, in columns, from the right, under a stamp."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.pdf_files import HEIGHT, PROSE, WIDTH, coded, drawn, of_kind, read, texts, write
from tests.pictures import page_of

WRAPPED = """Orchards of the valley are pruned in late win-
ter, before the sap rises. A ladder of three
metres is enough.""".splitlines()
JOINED = "Orchards of the valley are pruned in late winter, before the sap rises. A ladder of three metres is enough."
HEBREW = dict(zip("abcdefghijklmnopqrstuv", "אבגדהוזחטיכלמנסעפצקרשת", strict=True))
ARABIC = {"a": "ب", "b": "ي", "c": "ت", "L": "لا", "d": "س", "e": "م"}


def shown(words: str, x: int, y: int) -> str:
    return f"BT /F 12 Tf {x} {y} Td ({words}) Tj ET\n"


@pytest.mark.parametrize("leading", [1.0, 1.2, 1.5, 1.8, 2.2])
def test_a_paragraph_stays_one_however_wide_its_lines_are_set(tmp_path: Path, leading: float) -> None:
    parsed = drawn(tmp_path, lambda canvas: write(canvas, WRAPPED, 70, 700, leading=leading))
    assert texts(parsed) == [JOINED]


def test_paragraphs_that_are_set_wide_still_part(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, WRAPPED, 70, 700, leading=1.8)
        write(canvas, WRAPPED, 70, 620, leading=1.8)

    assert texts(drawn(tmp_path, page)) == [JOINED, JOINED]


def test_labels_and_points_at_the_start_of_lines_keep_their_lines(tmp_path: Path) -> None:
    lines = [
        "Grower: Alder & Sons",
        "Variety: Rode Boskoop, stored cold",
        "Crates: 41",
        "• Oil: 900 litres",
        "• Lamps: 14",
    ]
    assert texts(drawn(tmp_path, lambda canvas: write(canvas, lines, 70, 700))) == ["\n".join(lines)]


@pytest.mark.parametrize("angle", [90, 180, 270])
@pytest.mark.parametrize("rotated", [0, 90])
def test_text_is_turned_upright_whatever_the_page_says(tmp_path: Path, angle: int, rotated: int) -> None:
    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(rotated)
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(angle)
        write(canvas, WRAPPED, -200, 100)

    assert texts(drawn(tmp_path, page)) == [JOINED]


def test_a_line_up_the_margin_is_read_after_the_page_and_in_one(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, WRAPPED, 70, 700)
        canvas.translate(30, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Archive copy of the growers")

    parsed = drawn(tmp_path, page)
    assert texts(parsed) == [JOINED, "Archive copy of the growers"]
    box = parsed.elements[1].box
    assert box is not None
    assert box.x1 < 0.1
    assert box.y1 - box.y0 > 0.1


def test_two_columns_of_two_lines_are_columns(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for y, left, right in ((700, "The growers of the valley met", "and asked for a shed that holds"),
                               (688, "in March under the old linden", "650 crates of late apples.")):  # fmt: skip
            canvas.drawString(60, y, left)
            canvas.drawString(330, y, right)

    said = texts(drawn(tmp_path, page))
    assert said == ["The growers of the valley met in March under the old linden",
                    "and asked for a shed that holds 650 crates of late apples."]  # fmt: skip


def test_addresses_side_by_side_are_read_one_after_the_other(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, ["Alder & Sons", "Mill Lane 4", "Oxbow"], 60, 700)
        write(canvas, ["Rode Hall", "Quarry Street 12", "Sandel"], 330, 700)

    assert texts(drawn(tmp_path, page)) == ["Alder & Sons\nMill Lane 4\nOxbow", "Rode Hall\nQuarry Street 12\nSandel"]


def test_right_to_left_lines_are_in_logical_order(tmp_path: Path) -> None:
    line = shown("lkj", 200, 660) + shown("250", 260, 660) + shown("fed cba ihg", 320, 660)
    assert texts(coded(tmp_path, HEBREW, line)) == ["זחט אבג דהו 250 יכל"]


def test_letters_of_one_shape_keep_their_order(tmp_path: Path) -> None:
    assert texts(coded(tmp_path, ARABIC, shown("eLd cba cbab", 300, 660))) == ["يبيت بيت سلام"]


def test_a_stamp_across_the_page_is_no_heading_and_is_told_once(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number in (1, 2):
            write(canvas, [f"{PROSE} {number}"], 60, 700)
            canvas.saveState()
            canvas.setFont("Helvetica-Bold", 70)
            canvas.translate(120, 300)
            canvas.rotate(45)
            canvas.drawString(0, 0, "SPECIMEN ONLY")
            canvas.restoreState()
            canvas.showPage()

    parsed = drawn(tmp_path, pages)
    assert texts(parsed) == [f"{PROSE} 1", "SPECIMEN ONLY", f"{PROSE} 2"]
    assert of_kind(parsed, "heading") == []


def test_the_text_layer_over_a_scan_is_read_and_the_scan_not_again(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(page_of("Licence of the pond", "Number: PD-118")), 40, 400, 500, 200)
        layer = canvas.beginText(60, 560)
        layer.setTextRenderMode(3)
        layer.textLine("Licence of the pond, number PD-118")
        canvas.drawText(layer)

    parsed = drawn(tmp_path, page)
    assert [(element.kind, element.text) for element in parsed.elements] == [
        ("text", "Licence of the pond, number PD-118")
    ]


def test_a_scan_below_a_line_of_text_is_read_as_well(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        for number in (1, 2):
            canvas.drawImage(ImageReader(page_of("Minutes of the pond club")), 0, 0, WIDTH, HEIGHT)
            write(canvas, [f"Received by the clerk as sheet {number}"], 60, 30)
            canvas.showPage()

    parsed = drawn(tmp_path, pages)
    # The same picture below the second page is its paper.
    assert [(element.kind, element.page) for element in parsed.elements] == [("page", 1), ("text", 1), ("text", 2)]


@pytest.mark.parametrize("title", ["untitled", "(anonymous)", "Unspecified", "Document1", "Untitled 2"])
def test_a_title_that_nobody_gave_is_none(tmp_path: Path, title: str) -> None:
    assert drawn(tmp_path, lambda canvas: write(canvas, [PROSE], 60, 700), title=title).title == ""


def test_the_program_before_a_title_is_left_out(tmp_path: Path) -> None:
    parsed = drawn(tmp_path, lambda canvas: write(canvas, [PROSE], 60, 700), title="Microsoft Word - Pond rules")
    assert parsed.title == "Pond rules"


def test_text_off_the_page_is_hidden(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, [PROSE], 60, 700)
        canvas.drawString(WIDTH + 40, 700, "cut off")

    parsed = drawn(tmp_path, page)
    assert (texts(parsed), texts(parsed, "hidden")) == ([PROSE], ["cut off"])


def test_a_page_that_is_damaged_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "b.pdf"
    canvas = Canvas(str(path), pagesize=A4, pageCompression=0)
    for number in (1, 2):
        write(canvas, [f"{PROSE} {number}"], 60, 700)
        canvas.showPage()
    canvas.save()
    data = path.read_bytes()
    # The second kid of the page tree becomes the catalog, which is no page.
    kids = data.index(b"/Kids [")
    second = data.index(b" R", kids) + 2
    ends = data.index(b"]", second)
    path.write_bytes(data[:second] + b" 999 0 R".ljust(ends - second) + data[ends:])
    parsed = read(path)
    assert texts(parsed) == [f"{PROSE} 1"]
    assert [(part.kind, part.count) for part in parsed.left_out] == [("page", 1)]


def test_text_boxes_side_by_side_are_no_table(tmp_path: Path) -> None:
    when, where = (
        ["When", "Saturday 14 June", "Last entry at 15.30"],
        ["Where", "Hyttegata 4, gate B", "Behind the kiln"],
    )

    def page(canvas: Canvas) -> None:
        for left, lines in ((60, when), (300, where)):
            canvas.rect(left, 600, 200, 110)
            write(canvas, lines, left + 10, 690)

    parsed = drawn(tmp_path, page)
    assert of_kind(parsed, "table") == []
    assert texts(parsed) == ["\n".join(when), "\n".join(where)]


def test_labels_beside_framed_values_stay_a_table(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for row, (label, value) in enumerate(
            (("Boat", "Marn"), ("Berth", "C 14"), ("Crew", "four"), ("Flag", "green"))
        ):
            write(canvas, [label], 60, 700 - 30 * row)
            canvas.rect(195, 693 - 30 * row, 90, 20)
            write(canvas, [value], 200, 700 - 30 * row)

    (table,) = of_kind(drawn(tmp_path, page), "table")
    assert [row[0] for row in table.cells][-1] == "Flag"
