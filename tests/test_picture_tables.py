"""Tables in pictures and scans come from the boxes of the lines that were read, also on a page on its side."""

from __future__ import annotations

import docx
import pytest

from groundsight.doors.python import OpenSuite
from groundsight.evidence.grids import box_in_table, grids
from groundsight.ingestion.layout.shapes import Rect
from groundsight.ingestion.picture_tables import grids_of, lines_on_page
from groundsight.ingestion.rows import rows_of, turn_of, upright_lines
from groundsight.ingestion.tables import row_text
from groundsight.settings import load_settings
from groundsight.types import Box, Evidence, TextLine
from tests.pictures import bar_chart

TONS = ((41, 46, 87, 23), (65, 31, 92, 19))
SHELF = (("Jar", "Grams", "Price"), ("Quince", "340", "4.80"), ("Sloe", "180", "6.20"), ("Medlar", "275", "5.90"))


def line(text: str, x0: float, y0: float, wide: float = 0.1, high: float = 0.03) -> TextLine:
    return TextLine(text=text, box=Box(x0=x0, y0=y0, x1=x0 + wide, y1=y0 + high), confidence=0.9)


def shelf(turn: int = 0) -> list[TextLine]:
    """The lines of a printed table, on a page that has to be turned counterclockwise to be read."""
    lines = [
        line(cell, 0.1 + 0.25 * column, 0.2 + 0.06 * row)
        for row, cells in enumerate(SHELF)
        for column, cell in enumerate(cells)
    ]
    return upright_lines(lines, -turn % 4)


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_rows_are_read_upright_however_the_page_lies(turn: int) -> None:
    lines = shelf(turn)
    assert turn_of(lines, 1.0) == turn
    rows = rows_of(upright_lines(lines, turn))
    assert [" ".join(each.text for each in row) for row in rows] == [" ".join(cells) for cells in SHELF]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_table_is_built_with_boxes_where_the_words_stand(turn: int) -> None:
    lines = shelf(turn)
    (grid,) = grids_of(lines, 1.0)
    assert grid.cells == SHELF
    sloe = grid.boxes[2][0]
    assert sloe is not None
    there = next(each.box for each in lines if each.text == "Sloe")
    assert abs(sloe.x0 - there.x0) + abs(sloe.y0 - there.y0) < 1e-6


def test_a_wide_cut_of_a_page_is_not_taken_for_a_page_on_its_side() -> None:
    flat = [
        line(cell, 0.3 * column, 0.25 * row, 0.12, 0.2)
        for row, cells in enumerate(SHELF)
        for column, cell in enumerate(cells)
    ]
    assert turn_of(flat, 3.0) == 0


def test_words_over_names_and_one_column_of_numbers_are_its_head() -> None:
    sums = (("Item", "Cost"), ("Rope", "1,204.50"), ("Paint", "87.00"), ("Diesel", "930.75"))
    lines = [
        line(cell, 0.1 + 0.4 * at, 0.2 + 0.06 * row) for row, cells in enumerate(sums) for at, cell in enumerate(cells)
    ]
    assert [grid.cells for grid in grids_of(lines, 1.0)] == [sums]


def test_the_lines_of_a_cell_are_read_as_one_and_its_box_is_around_them() -> None:
    places = ((0.2, ("Task", "Who", "Days")), (0.27, ("Scrape the hull", "Ida", "3")), (0.31, ("and the keel",)))
    more = ((0.38, ("Paint", "Jon", "2")), (0.45, ("Tune the rig", "", "4")), (0.52, ("Launch", "all", "1")))
    lines = [
        line(cell, 0.1 + 0.25 * at, top) for top, cells in (*places, *more) for at, cell in enumerate(cells) if cell
    ]
    (grid,) = grids_of(lines, 1.0)
    assert grid.cells[1:] == (
        ("Scrape the hull and the keel", "Ida", "3"), ("Paint", "Jon", "2"), ("Tune the rig", "", "4"),
        ("Launch", "all", "1"),
    )  # fmt: skip
    box = grid.boxes[1][0]
    assert box is not None
    assert [round(edge, 6) for edge in (box.x0, box.y0, box.x1, box.y1)] == [0.1, 0.27, 0.2, 0.34]


def test_rows_of_a_table_at_even_distances_stay_apart_where_cells_are_empty() -> None:
    crew = (
        ("Boat", "Keeper", "Berth"),
        ("Alma", "Ida", "N4"),
        ("Bris", "", ""),
        ("Cora", "Jon", ""),
        ("Dag", "Per", "S1"),
    )
    lines = [
        line(cell, 0.1 + 0.25 * at, 0.2 + 0.05 * row)
        for row, cells in enumerate(crew)
        for at, cell in enumerate(cells)
        if cell
    ]
    told = [cell for grid in grids_of(lines, 1.0) for row in grid.cells for cell in row]
    assert not any("Bris" in cell and cell != "Bris" for cell in told)


def test_tables_side_by_side_in_a_picture_are_two() -> None:
    beds = (("Bed", "Herb"), ("one", "sage"), ("two", "mint"), ("three", "thyme"))
    beside = [
        line(cell, 0.75 + 0.13 * at, 0.2 + 0.06 * row, 0.08)
        for row, cells in enumerate(beds)
        for at, cell in enumerate(cells)
    ]
    left = [
        line(cell, 0.05 + 0.15 * at, 0.2 + 0.06 * row)
        for row, cells in enumerate(SHELF)
        for at, cell in enumerate(cells)
    ]
    assert [grid.cells for grid in grids_of([*left, *beside], 1.0)] == [SHELF, (("", ""), *beds)]


def test_numbers_of_a_chart_without_words_are_no_table() -> None:
    ticks = [line(str(40 - 10 * row), 0.05, 0.1 + 0.2 * row, 0.04) for row in range(4)]
    bars = [line(str(row * 7 + 3), 0.4, 0.1 + 0.2 * row, 0.04) for row in range(4)]
    assert grids_of([each for pair in zip(ticks, bars, strict=True) for each in pair], 1.0) == []


def test_lines_of_a_figure_get_their_boxes_on_the_page() -> None:
    (placed,) = lines_on_page([line("Quince", 0.5, 0.5, 0.5, 0.5)], Box(x0=0.2, y0=0.4, x1=0.6, y1=0.8))
    assert placed.box == Rect(0.4, 0.6, 0.6, 0.8).as_box()


def told() -> Evidence:
    """A table as evidence, every cell of it with a box of its own."""
    boxes = tuple(
        tuple(Box(x0=column / 4, y0=row / 4, x1=column / 4 + 0.1, y1=row / 4 + 0.1) for column in range(3))
        for row in range(4)
    )
    text = "\n".join(row_text(SHELF[0], row) for row in SHELF[1:])
    return Evidence(evidence_id="a", kind="table", source="shop.pdf", text=text, cells=SHELF, boxes=boxes)


def test_each_value_of_a_table_is_quoted_with_its_own_box() -> None:
    evidence = told()
    sloe = grids([evidence])[0].rows[1]
    assert sloe.quote(2).box == Box(x0=0.5, y0=0.5, x1=0.6, y1=0.6)
    assert sloe.quote().box == Box(x0=0.0, y0=0.5, x1=0.6, y1=0.6)
    start = evidence.text.index("180")
    assert box_in_table(evidence, (start, start + 3)) == Box(x0=0.25, y0=0.5, x1=0.35, y1=0.6)


def test_a_label_with_its_value_is_told_as_a_pair() -> None:
    assert row_text(("", ""), ("Breed", "Texel")) == "Breed: Texel"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> OpenSuite:
    """A chart in a report with its caption below, and one that is a picture by itself."""
    folder = tmp_path_factory.mktemp("charts")
    (folder / "docs").mkdir()
    freight = bar_chart("Tons carried", ["2019", "2020", "2021", "2022"], {"Road": TONS[0], "Rail": TONS[1]})
    freight.save(folder / "freight.png")
    report = docx.Document()
    report.add_paragraph("Freight grew.")
    report.add_picture(str(folder / "freight.png"))
    report.add_paragraph("Figure 1: Freight of the northern line")
    report.save(str(folder / "docs/freight.docx"))
    bar_chart("Visitors by town", ["Ashford", "Midvale", "Norwick"], {"": [57, 83, 24]}).save(folder / "docs/town.png")
    suite = OpenSuite(load_settings(folder / "home"))
    assert not suite.ingest(folder / "docs").failed
    return suite


def test_what_is_printed_above_the_bars_of_a_chart_answers_with_its_box(charts: OpenSuite) -> None:
    answer = charts.ask("How much was Rail in 2021?")
    assert answer.text.startswith("2021: Rail: 92 [1].")
    box = answer.citations[0].box
    assert box is not None
    assert (box.x0 < 0.67 < box.x1, box.y0 < 0.23 < box.y1) == (True, True)
    answer = charts.ask("How many visitors did Midvale have?")
    assert (answer.status, answer.text[:29]) == ("answered", "Midvale: Visitors by town: 83")
    assert charts.ask("What is the sum of visitors?").text.startswith("Visitors by town of 3 rows total 164")


def test_a_chart_is_found_by_its_caption_its_title_and_its_series(charts: OpenSuite) -> None:
    for words in ("freight of the northern line", "tons carried", "road and rail 2022"):
        found = [(hit.asset.source, hit.unit.kind) for hit in charts.search(words).hits[:3]]
        assert ("docs/freight.docx", "table") in found or ("docs/freight.docx", "figure") in found
    (shown,) = [hit.unit for hit in charts.search("tons carried").hits if hit.unit.kind == "figure"]
    assert shown.text == "Figure 1: Freight of the northern line"


def test_a_claim_about_a_chart_is_held_to_its_values(charts: OpenSuite) -> None:
    told = charts.verify("In 2021 Rail was 92. In 2021 Rail was 55.")
    assert [claim.label for claim in told.claims] == ["supported", "contradicted"]
    assert told.claims[0].support[0].box is not None


def test_values_at_one_place_of_the_axis_make_no_table_and_ticks_are_no_values() -> None:
    labels = [line(name, 0.2 + 0.2 * at, 0.9) for at, name in enumerate(("Ann", "Bea", "Cid"))]
    ticks = [line(str(20 * at), 0.02, 0.85 - 0.2 * at, 0.04) for at in range(4)]
    values = [line(str(31 + at), 0.23 + 0.2 * at, 0.3 + 0.1 * at, 0.04) for at in range(3)]
    title = line("Hours", 0.4, 0.02)
    (grid,) = grids_of([title, *ticks, *values, *labels], 1.0)
    assert grid.cells == (("", "Hours"), ("Ann", "31"), ("Bea", "32"), ("Cid", "33"))
    stacked = [line(str(61 + at), 0.23 + 0.2 * at, 0.6 + 0.1 * at, 0.04) for at in range(3)]
    assert not any("Ann" in row for grid in grids_of([title, *values, *stacked, *labels], 1.0) for row in grid.cells)


def test_titles_of_the_axes_head_the_table_and_a_value_that_was_not_read_is_told() -> None:
    """With an empty cell the greatest of the other values would be told as the greatest of all."""
    labels = [line(name, 0.2 + 0.15 * at, 0.85) for at, name in enumerate(("Ann -", "Bea", "Cid", "Dan"))]
    ticks = [line(str(1000 + 500 * at), 0.05, 0.8 - 0.15 * at, 0.04) for at in range(5)]
    values = [line(str(1531 + 97 * at), 0.23 + 0.15 * at, 0.3 + 0.1 * at, 0.04) for at in range(3)]
    titles = [line("Hours in May", 0.4, 0.02), line("Hours", 0.01, 0.4, 0.03, 0.1), line("Name", 0.44, 0.87)]
    (grid,) = grids_of([*titles, *ticks, *values, *labels], 1.0)
    assert grid.title == "Hours in May"
    assert grid.cells == (("", "Hours"), ("Ann", "1531"), ("Bea", "1628"), ("Cid", "1725"), ("Dan", "not read"))
    (grid,) = grids_of([*titles, *ticks, *values, line("1408", 0.68, 0.7, 0.04), *labels], 1.0)
    assert (grid.cells[0], grid.cells[-1]) == (("Name", "Hours"), ("Dan", "1408"))


def test_slices_of_a_pie_are_rows_and_a_list_of_the_same_words_is_no_pie() -> None:
    slices = [("Oak", "38%", 0.9, 0.5), ("Elm", "22%", 0.45, 0.9), ("Yew", "12%", 0.05, 0.6), ("Fir", "28%", 0.5, 0.1)]
    title = line("Trees in the park", 0.4, 0.01)
    names = [line(name, x - 0.05, y - 0.015) for name, _, x, y in slices]
    values = [line(value, 0.3 * x + 0.3, 0.3 * y + 0.335) for _, value, x, y in slices]
    (grid,) = grids_of([title, *names, *values], 1.0)
    assert grid.cells[0] == ("", "Trees in the park")
    assert {*grid.cells[1:]} == {(name, value) for name, value, *_ in slices}
    (grid,) = grids_of([title, *names, *values[:3]], 1.0)
    assert ("Fir", "not read") in grid.cells
    listed = [
        line(word, 0.2 + 0.3 * at, 0.2 + 0.1 * row) for row, one in enumerate(slices) for at, word in enumerate(one[:2])
    ]
    assert not any(title.text in grid.cells[0] for grid in grids_of([title, *listed], 1.0))
