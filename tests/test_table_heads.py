"""Where a table begins, in csv files and everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.ingestion import Element
from groundsight.ingestion.readers import table_heads
from groundsight.ingestion.readers.csv_file import read_csv
from groundsight.ingestion.readers.table_heads import COVERED, read_head

Rows = list[list[str]]


def csv_of(folder: Path, text: str) -> tuple[Element, ...]:
    (folder / "a.csv").write_text(text, "utf-8")
    return read_csv(folder / "a.csv", folder).elements


@pytest.mark.parametrize(
    ("rows", "header", "title"),
    [
        ([["Our bins", "", ""], ["Bin", "Kilos", "Due"], ["B1", "40", "2031"]], ("Bin", "Kilos", "Due"), "Our bins"),
        ([["Bin", "Kilos"], ["B1", "40"]], ("Bin", "Kilos"), ""),
        ([["", "2030", COVERED, "2031", COVERED], ["Bin", "in", "out", "in", "out"], ["B1", "4", "5", "6", "7"]],
         ("Bin", "2030 / in", "2030 / out", "2031 / in", "2031 / out"), ""),
        ([["Day", "Power", "Water"], ["", "(kWh)", "l"], ["Mon", "4", "9"]], ("Day", "Power (kWh)", "Water (l)"), ""),
        ([["", "2031", "", "2030", ""], ["Bin", "Q1", "Q2", "Q1", "Q2"], ["B1", "4", "5", "6", "7"]],
         ("Bin", "2031 / Q1", "2031 / Q2", "2030 / Q1", "2030 / Q2"), ""),
        ([["Lift", "May", "June"], ["", "persons", "persons"], ["Hawk", "4", "9"]],
         ("Lift", "May (persons)", "June (persons)"), ""),
        ([["Cow", "Milk", "Fat"], ["", "kg/day", "%"], ["C1", "31", "4"]], ("Cow", "Milk (kg/day)", "Fat (%)"), ""),
        ([["Name", "", "Room"], ["Ann", "Lee", "Loft"], ["Bo", "May", "Hall"]], ("Name", "", "Room"), ""),
        ([["Report", "7"], ["a", "b", "c", "d"], ["1", "2", "3", "4"], ["5", "6", "7", "8"]],
         ("a", "b", "c", "d"), "Report: 7"),
        ([["Name", ""], ["Ann", "12"], ["Bo", "14"]], ("Name", ""), ""),
    ],
)  # fmt: skip
def test_the_head_of_a_table_is_found(rows: Rows, header: tuple[str, ...], title: str) -> None:
    found = read_head(rows)
    assert (found.header, found.title) == (header, title)


def test_the_label_of_a_total_stands_with_the_labels() -> None:
    rows = [["Qty", "Work", "Price", "Sum"], ["3", "Rope", "12", "36"], ["1", "Hook", "9", "9"], ["", "", "VAT", "9"]]
    assert read_head(rows).body[-1] == ("VAT", "", "", "9")


@pytest.mark.parametrize(
    ("places", "filled"),
    [
        (("Fjord", "", "Sum", "Dale", "", ""), ("Fjord", "Fjord", "Sum", "Dale", "Dale", "Dale")),
        (("Ann", "Bo", "Sum", "Cy", "Di", ""), ("Ann", "Bo", "Sum", "Cy", "Di", "")),
        (("Fjord", "", "Sum", "Fjord", "", ""), ("Fjord", "", "Sum", "Fjord", "", "")),
    ],
)
def test_a_group_holds_for_the_rows_that_leave_its_place_empty(
    places: tuple[str, ...], filled: tuple[str, ...]
) -> None:
    rows = [["Region", "Town", "Guests"], *([place, "" if place == "Sum" else "Vik", "7"] for place in places)]
    assert tuple(row[0] for row in read_head(rows).body) == filled


CELLS = st.sampled_from(["", "a", "b 1", "7", COVERED])


@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6))
def test_no_cell_is_lost_to_the_head(rows: Rows) -> None:
    found = read_head(rows)
    told = " ".join((found.title, *found.header, *(cell for row in found.body for cell in row)))
    assert all(cell in told for row in rows for cell in row if cell != COVERED)
    assert COVERED not in told


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Item;Price\nSalt;1,20\nOil;4,75\n", ("Salt", "1,20")),
        ("Item,Price\nSalt,1.20\nOil,4.75\n", ("Salt", "1.20")),
        ("sep=;\nItem;Note\nSalt;a, b, c\n", ("Salt", "a, b, c")),
        ('Item, Note\nSalt, "a, b"\nOil, "c"\n', ("Salt", "a, b")),
        ("Item\tNote, long\nSalt\ta, b\nOil\tc, d\n", ("Salt", "a, b")),
    ],
)
def test_separator_and_decimal_comma_are_told_apart(tmp_path: Path, text: str, row: tuple[str, ...]) -> None:
    assert csv_of(tmp_path, text)[0].cells[1] == row


def test_what_an_export_writes_above_its_table_is_its_title(tmp_path: Path) -> None:
    rows = "Day;Kilos;Who\n\n1.5.;4,5;Ann\n2.5.;3,5;Bo\n\nSum;8,0;"
    (table,) = csv_of(tmp_path, f"Written by Scale 2\nPlace;the barn\n\n{rows}")
    assert table.text == "Written by Scale 2\nPlace: the barn"
    assert table.cells == (("Day", "Kilos", "Who"), ("1.5.", "4,5", "Ann"), ("2.5.", "3,5", "Bo"), ("Sum", "8,0", ""))


def test_long_words_above_a_table_are_text_of_their_own(tmp_path: Path) -> None:
    text, table = csv_of(tmp_path, f"{'many words ' * 30}\n\nDay,Kilos\n1,4\n")
    assert (text.kind, table.kind) == ("text", "table")


def test_the_work_on_a_long_table_grows_with_its_rows_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    known = table_heads.is_numeric
    monkeypatch.setattr(table_heads, "is_numeric", lambda cell: asked.append(cell) or known(cell))
    rows = [["", "Total", "9"] if number % 3 == 0 else [f"Oar {number}", "4", "5"] for number in range(600)]
    table_heads.read_head([["Item", "Price", "Count"], *rows])
    assert len(asked) < 5 * 3 * len(rows)
