"""Tables of a PDF: merged, split over pages, without rules, sideways; every value has a box of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from groundsight.governance.pii import Memory
from groundsight.ingestion import Element
from groundsight.ingestion.chunking import Cutter
from groundsight.settings import Settings
from tests.pdf_files import HEIGHT, WIDTH, drawn, of_kind, ruled, texts, write, write_row

Places = tuple[tuple[tuple[int, str], ...], ...]
HEAD = ("Plot", "Crop", "Yield kg")


def rows(first: int, last: int) -> list[tuple[str, ...]]:
    return [(f"P-{number}", f"crop {number % 5}", str(number * 3)) for number in range(first, last + 1)]


def merged(canvas: Canvas) -> None:
    """A head of two rows, and a first column that is merged down."""
    for y in (700, 660, 620):
        canvas.line(60, y, 420, y)
    canvas.line(240, 680, 420, 680)
    canvas.line(150, 640, 420, 640)
    for x in (60, 150, 240, 420):
        canvas.line(x, 700, x, 620)
    canvas.line(330, 680, 330, 620)
    for x, y, word in ((64, 676, "Bank"), (154, 676, "Plot"), (300, 686, "2031"), (250, 666, "May"), (340, 666, "June"),
                       (64, 636, "East"), (154, 646, "Reed"), (250, 646, "12"), (340, 646, "17"),
                       (154, 626, "Moss"), (250, 626, "21"), (340, 626, "29")):  # fmt: skip
        canvas.drawString(x, y, word)


def test_a_merged_head_names_every_column_and_a_merged_cell_holds_for_its_rows(tmp_path: Path) -> None:
    table = of_kind(drawn(tmp_path, merged), "table")[0]
    assert table.cells == (
        ("Bank", "Plot", "2031 / May", "2031 / June"),
        ("East", "Reed", "12", "17"),
        ("East", "Moss", "21", "29"),
    )


def test_every_cell_has_a_box_around_its_words(tmp_path: Path) -> None:
    table = of_kind(drawn(tmp_path, lambda canvas: ruled(canvas, [HEAD, *rows(1, 3)], 60, 700)), "table")[0]
    assert len(table.boxes) == len(table.cells)
    box = table.boxes[2][2]
    assert box is not None
    # The third cell of the third row: x from 60 + 2 * 90 + 4 points, y within 40 to 60 points below 700.
    assert abs(box.x0 - 244 / WIDTH) < 0.005
    assert (HEIGHT - 660) / HEIGHT < box.y0 < box.y1 < (HEIGHT - 640) / HEIGHT


def test_the_boxes_go_with_the_rows_into_the_chunks(tmp_path: Path) -> None:
    parsed = drawn(tmp_path, lambda canvas: ruled(canvas, [HEAD, *rows(1, 30)], 60, 780))
    chunks = Cutter(Settings(), Memory()).cut(parsed.elements).chunks
    assert len(chunks) > 1
    assert all([len(row) for row in one.boxes] == [len(row) for row in one.cells] for one in chunks)
    last, first = chunks[-1].boxes[-1][0], chunks[0].boxes[1][0]
    assert last is not None
    assert first is not None
    assert last.y0 > first.y0 + 0.5


@pytest.mark.parametrize("head_again", [True, False])
def test_a_table_over_two_pages_is_one_to_its_reader(tmp_path: Path, head_again: bool) -> None:
    def pages(canvas: Canvas) -> None:
        ruled(canvas, [HEAD, *rows(1, 35)], 60, 800)
        write(canvas, ["Page 1 of 2"], 60, 20)
        canvas.showPage()
        ruled(canvas, [*([HEAD] if head_again else []), *rows(36, 50)], 60, 800)
        write(canvas, ["Page 2 of 2"], 60, 20)

    one, two = of_kind(drawn(tmp_path, pages), "table")
    assert one.cells == (HEAD, *rows(1, 35))
    assert two.cells == (HEAD, *rows(36, 50))
    assert len(two.boxes) == 16
    assert (one.page, two.page, one.section) == (1, 2, two.section)


def test_another_table_on_the_next_page_keeps_its_own_head(tmp_path: Path) -> None:
    def pages(canvas: Canvas) -> None:
        ruled(canvas, [HEAD, *rows(1, 35)], 60, 800)
        canvas.showPage()
        ruled(canvas, [("Tool", "Shelf", "State"), ("Rake", "A", "new")], 60, 800)

    assert of_kind(drawn(tmp_path, pages), "table")[1].cells[0] == ("Tool", "Shelf", "State")


def test_a_title_row_of_a_table_and_a_line_above_it_are_its_title(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, ["Harvest of the upper plots"], 60, 712)
        ruled(canvas, [HEAD, *rows(1, 3)], 60, 700)

    parsed = drawn(tmp_path, page)
    assert of_kind(parsed, "table")[0].text == "Harvest of the upper plots"
    assert of_kind(parsed, "text") == []


def test_dotted_leaders_lead_from_a_label_to_its_value(tmp_path: Path) -> None:
    lines = [
        "Rake, wooden " + "." * 60 + " 14.50",
        "Wheelbarrow " + "." * 58 + " 88.00",
        "Hose, 20 m " + ". " * 30 + " 31.20",
    ]
    table = of_kind(drawn(tmp_path, lambda canvas: write(canvas, lines, 60, 700)), "table")[0]
    assert table.cells == (("", ""), ("Rake, wooden", "14.50"), ("Wheelbarrow", "88.00"), ("Hose, 20 m", "31.20"))
    assert all(box is not None and box.x1 - box.x0 < 0.2 for row in table.boxes[1:] for box in row)


PAIRS = (
    ("Breed", "Texel", "Ear tag", "NL 4471"),
    ("Born", "03/02/2030", "Lambs", "3"),
    ("Weight", "81 kg", "Pen", "north"),
)


def test_labels_with_values_of_many_kinds_are_pairs(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for number, row in enumerate(PAIRS):
            write_row(canvas, row, 60, 700 - 16 * number, 120)

    table = of_kind(drawn(tmp_path, page), "table")[0]
    assert table.cells == (("", ""), *((row[0], row[1]) for row in PAIRS), *((row[2], row[3]) for row in PAIRS))
    assert all(box is not None for row in table.boxes[1:] for box in row)
    assert "Weight: 81 kg" in Cutter(Settings(), Memory()).cut([table]).chunks[0].text


def test_small_labels_above_their_values_are_pairs(tmp_path: Path) -> None:
    def form(canvas: Canvas) -> None:
        for size, y, words in ((7, 700, ("Owner", "Plate")), (11, 685, ("Siv Moen", "TR 40"))):
            canvas.setFont("Helvetica", size)
            for column, word in enumerate(words):
                canvas.drawString(60 + 170 * column, y, word)

    assert of_kind(drawn(tmp_path, form), "table")[0].cells == (("", ""), ("Owner", "Siv Moen"), ("Plate", "TR 40"))


def test_short_cells_in_columns_are_a_table_with_its_head(tmp_path: Path) -> None:
    cells = (("Tool", "Shelf", "Keeper"), ("Rake", "A4", "Ivo"), ("Spade", "B1", "Mara"), ("Sickle", "B2", "Ivo"))

    def page(canvas: Canvas) -> None:
        for number, row in enumerate(cells):
            write_row(canvas, row, 60, 700 - 16 * number, 120)

    assert of_kind(drawn(tmp_path, page), "table")[0].cells == cells


STATEMENT = (
    ((60, "Date"), (130, "Text"), (330, "Debit"), (410, "Credit"), (490, "Balance")),
    ((130, "Brought forward"), (490, "2,310.00")),
    ((60, "02 Apr"), (130, "Rent"), (330, "740.00"), (490, "1,570.00")),
    ((60, "05 Apr"), (130, "Fees"), (410, "1,260.00"), (490, "2,830.00")),
    ((130, "Closing"), (490, "2,830.00")),
)
INVOICE = (
    ((60, "Note 4"),),
    ((60, "No."), (100, "Work"), (330, "Pieces"), (400, "Price"), (480, "Amount")),
    ((60, "1"), (100, "Sail mended"), (330, "1"), (400, "385,00"), (480, "385,00")),
    ((60, "2"), (100, "Battens"), (330, "4"), (400, "27,50"), (480, "110,00")),
    ((60, "3"), (100, "Fetched"), (330, "1"), (400, "40,00"), (480, "40,00")),
    ((330, "Amount due"), (480, "535,00 €")),
)
GROUPS = (
    ((60, "District"), (220, "Homes"), (390, "Waste")),
    ((180, "2023"), (260, "2024"), (340, "2023"), (420, "2024")),
    ((60, "Harbour"), (180, "1,204"), (260, "1,255"), (340, "612"), (420, "590")),
    ((60, "Quarter"), (180, "877"), (260, "902"), (340, "498"), (420, "471")),
    ((60, "Both"), (180, "2,081"), (260, "2,157"), (340, "1,110"), (420, "1,061")),
)


@pytest.mark.parametrize(
    ("lines", "head", "last"),
    [
        (STATEMENT, ("Date", "Text", "Debit", "Credit", "Balance"), ("", "Closing", "", "", "2,830.00")),
        (INVOICE, ("No.", "Work", "Pieces", "Price", "Amount"), ("Amount due", "", "", "", "535,00 €")),
        (
            GROUPS,
            ("District", "Homes / 2023", "Homes / 2024", "Waste / 2023", "Waste / 2024"),
            ("Both", "2,081", "2,157", "1,110", "1,061"),
        ),
    ],
)
def test_words_beside_numbers_stand_in_columns_of_their_own(
    tmp_path: Path, lines: Places, head: tuple[str, ...], last: tuple[str, ...]
) -> None:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            for x, text in line:
                canvas.drawString(x, 700 - 16 * number, text)

    table = of_kind(drawn(tmp_path, draw), "table")[0]
    assert (table.cells[0], table.cells[-1]) == (head, last)


@pytest.mark.parametrize("angle", [90, 270])
def test_a_sideways_table_is_turned_upright(tmp_path: Path, angle: int) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, ["The table below was printed sideways to have room for its columns."], 60, 790)
        canvas.translate(WIDTH / 2, HEIGHT / 2)
        canvas.rotate(angle)
        ruled(canvas, [HEAD, *rows(1, 4)], -200, 60)

    parsed = drawn(tmp_path, page)
    table = of_kind(parsed, "table")[0]
    assert table.cells == (HEAD, *rows(1, 4))
    first, last = table.boxes[1][0], table.boxes[4][0]
    assert first is not None
    assert last is not None
    # Rows stand beside each other on the page: to the right when the table was turned to the left.
    assert (last.x0 > first.x0) == (angle == 90)
    assert len(texts(parsed)) == 1


def test_a_table_drawn_as_one_path_is_ruled(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        path = canvas.beginPath()
        for number in range(4):
            path.moveTo(60, 700 - 20 * number)
            path.lineTo(330, 700 - 20 * number)
            path.moveTo(60 + 90 * number, 700)
            path.lineTo(60 + 90 * number, 640)
        canvas.drawPath(path)
        for number, row in enumerate((HEAD, *rows(1, 2))):
            write_row(canvas, row, 64, 686 - 20 * number, 90)

    assert of_kind(drawn(tmp_path, page), "table")[0].cells == (HEAD, *rows(1, 2))


def test_a_drawing_of_countless_lines_costs_itself(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        write(canvas, ["A plan of the sluice, drawn on squared paper."], 60, 810)
        for number in range(100):
            canvas.line(60, 100 + 6 * number, 500, 100 + 6 * number)
            canvas.line(60 + 4 * number, 100, 60 + 4 * number, 700)

    parsed = drawn(tmp_path, page)
    assert texts(parsed) == ["A plan of the sluice, drawn on squared paper."]
    assert [part.kind for part in parsed.left_out] == ["grid of rules"]


def test_prose_in_narrow_columns_is_no_table(tmp_path: Path) -> None:
    left = ["Reeds are cut when", "the ice bears, and", "bound by hand into", "bundles of a span."]
    right = ["Thatchers buy them", "by the hundred and", "store them dry for", "two years or more."]

    def page(canvas: Canvas) -> None:
        for number, pair in enumerate(zip(left, right, strict=True)):
            write_row(canvas, pair, 60, 700 - 12 * number, 140)

    assert of_kind(drawn(tmp_path, page), "table") == []


@pytest.mark.parametrize("lies", [False, True])
def test_bars_with_their_values_are_a_table(tmp_path: Path, *, lies: bool) -> None:
    bars = [("Quay", 120), ("Mill", 95), ("Lock", 210)]

    def page(canvas: Canvas) -> None:
        write(canvas, ["Barges by place"], 60, 740, size=14)
        for number, (name, count) in enumerate(bars):
            along, box = 140 + number * 80, (300 + number * 30) if lies else 400
            place = (140, box, count, 14) if lies else (along, box, 40, count)
            canvas.rect(*place, stroke=0, fill=1)
            write(canvas, [name], *((100, box + 3) if lies else (along + 8, box - 14)))
            write(canvas, [str(count)], *((145 + count, box + 3) if lies else (along + 10, box + count + 4)))

    listed = [(name, str(count)) for name, count in (bars[::-1] if lies else bars)]
    assert [one.cells[1:] for one in of_kind(drawn(tmp_path, page), "table")] == [tuple(listed)]


def test_a_continued_table_needs_no_boxes() -> None:
    from groundsight.ingestion.readers.pdf.split_tables import continued

    bare = [Element(kind="table", page=page, cells=(HEAD, *rows(1, 2))) for page in (1, 2)]
    assert list(continued(bare)) == bare
