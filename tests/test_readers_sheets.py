"""Sheets are read as they are seen: what is hidden is marked, what was not calculated is said, tables are apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.office.xlsx_file import read_xlsx
from groundsight.types import LeftOut
from tests.office_parts import part, relations, write_package


def read_sheet(path: Path, fill: Callable[[Worksheet], object]) -> Parsed:
    book = openpyxl.Workbook()
    fill(book.worksheets[0])
    book.save(path)
    return read_xlsx(path, path.parent)


def tables(parsed: Parsed) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
    return [(element.mark, element.cells) for element in parsed.elements if element.kind == "table"]


def append(sheet: Worksheet, *rows: list[object]) -> None:
    for row in rows:
        sheet.append(row)


def test_hidden_rows_and_columns_are_read_apart_and_marked(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Lamp", "Cost", "Watt"], ["North", 12, 60], ["South", 14, 75])
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    assert tables(read_sheet(tmp_path / "a.xlsx", fill)) == [
        ("", (("Lamp", "Watt"), ("North", "60"))),
        ("hidden", (("Lamp", "Cost", "Watt"), ("South", "14", "75"))),
        ("hidden", (("Lamp", "Cost"), ("North", "12"))),
    ]


def test_what_lies_far_below_or_is_labels_of_another_kind_is_no_part_of_a_table(tmp_path: Path) -> None:
    table = (("Lamp", "Cost", "Watt"), ("North", "12", "60"), ("South", "14", "75"))
    labels = [["Checked", "2026-03-17"], ["Electrician", "Ida Moor"]]

    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Lamp", "Cost", "Watt"], ["North", 12, 60], ["South", 14, 75], [], *labels)
        append(sheet, *[[]] * 9, ["Key", 7, "Hook 9"])
        append(sheet, *[[]] * 9)
        sheet["H1"], sheet["I1"], sheet["H2"], sheet["I2"], sheet["H3"], sheet["I3"] = (
            "Firm",
            "Days",
            "Velo",
            3,
            "Kugel",
            8,
        )

    parsed = read_sheet(tmp_path / "a.xlsx", fill)
    beside = (("Firm", "Days"), ("Velo", "3"), ("Kugel", "8"))
    assert [cells for _, cells in tables(parsed)] == [table, beside, tuple(map(tuple, labels))]
    assert parsed.elements[-1].text == "Key 7 Hook 9"


def test_struck_out_cells_are_no_values_and_leave_the_table_whole(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Item", "Price"], ["Oar", 120], ["Life vest", 45], ["Cox box", 310], ["Seat", 80])
        for place in ("B3", "A4", "B4"):
            sheet[place].font = Font(strike=True)

    parsed = read_sheet(tmp_path / "a.xlsx", fill)
    assert tables(parsed) == [("", (("Item", "Price"), ("Oar", "120"), ("Life vest", ""), ("Seat", "80")))]
    assert [(one.text, one.mark) for one in parsed.elements[1:]] == [("45", "deleted"), ("Cox box: 310", "deleted")]


def test_what_is_struck_out_within_a_cell_is_no_part_of_its_value(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet, struck = book.add_worksheet(), book.add_format({"font_strikeout": True})
    sheet.write_row("A1", ["Item", "Price"])
    sheet.write("A2", "Oar")
    sheet.write_rich_string("B2", struck, "120", " 95")
    asked = {"type": "formula", "criteria": "=COUNTIF($A$1:$A$9,A2)>1"}
    for look in ({"font_strikeout": True}, {"font_color": "#FFFFFF"}, {"font_color": "#FFFFFF", "bg_color": "#000080"}):
        sheet.conditional_format("A2:B2", {**asked, "format": book.add_format(look)})
    book.close()
    parsed = read_xlsx(path, tmp_path)
    assert tables(parsed) == [("", (("Item", "Price"), ("Oar", "95")))]
    assert [(one.text, one.mark) for one in parsed.elements[1:]] == [("120", "deleted")]
    told = {one.kind: one.count for one in parsed.left_out}
    assert told == {"rule that strikes cells out": 1, "rule that hides cells": 1}


def test_what_a_cell_lets_choose_and_what_a_name_stands_for_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.define_name("Rate", "=0.195")
    book.define_name("Place", "=Sheet1!$A$1")
    sheet = book.add_worksheet()
    sheet.write("A1", "Shift")
    rule = {"validate": "list", "source": ["early", "late"], "input_title": "Shift", "input_message": "Ask Ann"}
    sheet.data_validation("B1", rule)
    book.close()
    assert [one.text for one in read_xlsx(path, tmp_path).elements] == [
        "Shift", "Prompt on B1: Shift: Ask Ann", "Choices in B1: early, late", "Rate: 0.195",
    ]  # fmt: skip


def test_an_error_is_no_value_and_is_said(tmp_path: Path) -> None:
    def row(name: str, price: str, kind: str = "str") -> str:
        return f"<row><c t='str'><v>{name}</v></c><c t='{kind}'><v>{price}</v></c></row>"

    rows = row("Item", "Price") + row("Oar", "120", "n") + row("Seat", "#DIV/0!", "e")
    parsed = read_xlsx(book_of(tmp_path / "a.xlsx", rows), tmp_path)
    assert tables(parsed) == [("", (("Item", "Price"), ("Oar", "120"), ("Seat", "")))]
    assert parsed.left_out == (LeftOut(kind="cell", why="it shows an error such as #DIV/0!, which is no value"),)


def test_tables_side_by_side_are_two_and_a_gap_in_one_is_none(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Well", "Depth", None, 2031, None, "Pump", "Litres"], ["Alma", 9, None, 8, None, "P1", 40])
        append(sheet, ["Bera", 7, None, 6, None, "P2", 55], [None, None, None, None, None, "P3", 60])

    assert tables(read_sheet(tmp_path / "a.xlsx", fill)) == [
        ("", (("Well", "Depth", "2031"), ("Alma", "9", "8"), ("Bera", "7", "6"))),
        ("", (("Pump", "Litres"), ("P1", "40"), ("P2", "55"), ("P3", "60"))),
    ]


def test_a_title_merged_heads_and_a_total_below_an_empty_row_are_one_table(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Sheep of the valley"], ["Farm", "Ewes", None, "Rams"], [None, "old", "young"])
        append(sheet, ["Hill", 20, 5, 1], ["Dale", 30, 9, 2], [], ["Total", 50, 14, 3])
        for area in ("A1:D1", "A2:A3", "B2:C2", "D2:D3"):
            sheet.merge_cells(area)

    (table,) = read_sheet(tmp_path / "a.xlsx", fill).elements
    assert table.text == "Sheep of the valley"
    assert table.cells[0] == ("Farm", "Ewes / old", "Ewes / young", "Rams")
    assert table.cells[-1] == ("Total", "50", "14", "3")


def test_a_formula_without_a_value_is_named_and_its_row_stays(tmp_path: Path) -> None:
    parsed = read_sheet(tmp_path / "a.xlsx", lambda sheet: append(sheet, ["Post", "Sum"], ["Oil", 4], ["All", "=B2"]))
    assert tables(parsed) == [("", (("Post", "Sum"), ("Oil", "4"), ("All", "")))]
    why = "the program that wrote the file did not calculate its value"
    assert parsed.left_out == (LeftOut(kind="formula", why=why),)


def test_a_sheet_formatted_to_its_end_is_as_long_as_its_values(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(2, 210_000))
    rows = f'<row r="1"><c t="inlineStr"><is><t>Only</t></is></c></row>{empty}'
    parsed = read_xlsx(book_of(tmp_path / "a.xlsx", rows), tmp_path)
    assert [element.text for element in parsed.elements] == ["Only"]


def book_of(path: Path, rows: str, *, strict: bool = False) -> Path:
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": part('<x:workbook><x:sheets><x:sheet name="One" r:id="rId1"/></x:sheets></x:workbook>'),
        "xl/_rels/workbook.xml.rels": relations({"rId1": "worksheets/sheet1.xml"}),
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
    }
    return write_package(path, "xl/workbook.xml", parts, strict=strict)


def test_the_strict_form_and_its_days_are_read(tmp_path: Path) -> None:
    rows = '<row><c t="inlineStr"><is><t>Day</t></is></c><c t="d"><v>2031-05-06T00:00:00</v></c></row>'
    parsed = read_xlsx(book_of(tmp_path / "a.xlsx", rows, strict=True), tmp_path)
    assert [element.text for element in parsed.elements] == ["Day: 2031-05-06"]


def test_numbers_keep_the_form_that_the_sheet_gives_them(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Code", "Time", "Loss", "Share"], [1234, 1.3020833333, -1990, 0.125])
        for place, form in (("A2", "00000"), ("B2", "[h]:mm"), ("C2", "#,##0"), ("D2", "0.0%")):
            sheet[place].number_format = form

    assert tables(read_sheet(tmp_path / "a.xlsx", fill))[0][1][1] == ("01234", "31:15", "-1,990", "12.5%")


def test_comments_and_charts_of_a_sheet_are_read(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        append(sheet, ["Month", "Eggs"], ["May", 31], ["June", 28])
        sheet["B2"].comment = Comment("counted twice", "Ann")
        chart = BarChart()
        chart.title = "Eggs by month"
        chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        sheet.add_chart(chart, "D2")

    parsed = read_sheet(tmp_path / "a.xlsx", fill)
    assert [element.text for element in parsed.elements if element.mark == "comment"] == [
        "Comment on B2: counted twice"
    ]
    # This library writes a chart without its values; a program that shows it keeps them.
    assert parsed.left_out == (LeftOut(kind="chart", why="it keeps no values of its own"),)


CHART = (
    "<c:chartSpace><c:chart><c:title><a:p><a:r><a:t>Rain by month</a:t></a:r></a:p></c:title><c:plotArea><c:barChart>"
    "<c:ser><c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>Coast</c:v></c:pt></c:strCache></c:strRef></c:tx><c:cat>"
    "<c:strRef><c:strCache><c:pt idx='0'><c:v>May</c:v></c:pt><c:pt idx='1'><c:v>June</c:v></c:pt></c:strCache>"
    "</c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0.0</c:formatCode><c:pt idx='0'><c:v>7.25</c:v>"
    "</c:pt><c:pt idx='1'><c:v>8</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea>"
    "</c:chart></c:chartSpace>"
)


def test_a_sheet_that_is_a_chart_is_its_data(tmp_path: Path) -> None:
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": part('<x:workbook><x:sheets><x:sheet name="Rain" r:id="rId1"/></x:sheets></x:workbook>'),
        "xl/_rels/workbook.xml.rels": relations({"rId1": "chartsheets/sheet1.xml"}),
        "xl/chartsheets/sheet1.xml": part('<x:chartsheet><x:drawing r:id="rId1"/></x:chartsheet>'),
        "xl/chartsheets/_rels/sheet1.xml.rels": relations({"rId1": "../drawings/drawing1.xml"}),
        "xl/drawings/drawing1.xml": part('<xdr:wsDr><c:chart r:id="rId1"/></xdr:wsDr>'),
        "xl/drawings/_rels/drawing1.xml.rels": relations({"rId1": "../charts/chart1.xml"}),
        "xl/charts/chart1.xml": part(CHART),
    }
    (table,) = read_xlsx(write_package(tmp_path / "a.xlsx", "xl/workbook.xml", parts), tmp_path).elements
    assert isinstance(table, Element)
    assert (table.section, table.text) == ("Rain", "Rain by month")
    assert table.cells == (("", "Coast"), ("May", "7.3"), ("June", "8.0"))
