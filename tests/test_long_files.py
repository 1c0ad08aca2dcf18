"""A long file is read, handed over and stored in parts, and comes out as if it had been read as one."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.governance.pii import Memory
from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry
from groundsight.index.local import LocalIndex
from groundsight.ingestion import Element, Parsed, portions
from groundsight.ingestion.chunking import Cutter
from groundsight.ingestion.ingest import ingest
from groundsight.ingestion.jobs import PartitionOrder, partition_document
from groundsight.ingestion.partition import rest_of
from groundsight.ingestion.readers.csv_file import read_csv
from groundsight.ingestion.readers.office.sheet import sheet_cells
from groundsight.ingestion.readers.office.xlsx_file import read_xlsx
from groundsight.ingestion.readers.text.records import read_json, read_json_lines
from groundsight.ingestion.unit_file import UnitFile
from groundsight.limits import Limits
from groundsight.parts import Parts
from groundsight.settings import ALL_PII, Settings
from groundsight.suite import local_principal
from groundsight.tracing import Watch
from groundsight.types import Filter
from tests.build import make_asset, make_unit
from tests.test_parts_sandbox import parts_of

HEAD = ("Buoy", "Day", "Tide cm")


def sensor_rows(count: int) -> list[list[object]]:
    return [[f"B{number}", f"2031-03-{1 + number % 28:02d}", number % 400] for number in range(count)]


def rows_of(elements: Sequence[Element], head: Sequence[str] = HEAD) -> list[tuple[str, ...]]:
    return [row for one in elements if one.cells and one.cells[0] == tuple(head) for row in one.cells[1:]]


def all_of(parsed: Parsed, scratch: Path) -> list[Element]:
    return [*parsed.elements, *rest_of(parsed, scratch, "a")]


def csv_of(folder: Path, lines: Sequence[Sequence[object]]) -> Path:
    (folder / "a.csv").write_text("\n".join(",".join(map(str, line)) for line in lines))
    return folder / "a.csv"


@pytest.mark.parametrize("count", [4_998, 4_999, 5_000, 5_001, 10_000])
def test_the_total_of_a_long_file_stands_in_its_table_wherever_a_part_ends(tmp_path: Path, count: int) -> None:
    total = ["Total", "all days", 777]
    lines = [["Tides at the pier"], HEAD, *sensor_rows(count), [], total, [], ["Keeper", "Post"], ["Ilse", "west"]]
    told = all_of(read_csv(csv_of(tmp_path, lines), tmp_path), tmp_path)
    assert rows_of(told) == [tuple(map(str, row)) for row in (*sensor_rows(count), total)]
    assert rows_of(told, ("Keeper", "Post")) == [("Ilse", "west")]
    assert {one.text for one in told if one.cells[:1] == (HEAD,)} == {"Tides at the pier"}


@pytest.mark.parametrize("batch", [60, 61, 200])
def test_a_sheet_read_in_parts_is_the_sheet_read_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for place, row in enumerate([["Tides"], HEAD, *sensor_rows(240), [], ["Sum", "", 5]], 1):
        beside = {2: ["Crew", "Watch"]}.get(place, [f"crew {place}", place] if 2 < place < 180 else [])
        sheet.append([*row, *[""] * (4 - len(row)), *beside])
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[70].hidden = True
    book.save(tmp_path / "a.xlsx")
    whole = all_of(read_xlsx(tmp_path / "a.xlsx", tmp_path), tmp_path)
    monkeypatch.setattr(sheet_cells, "_LONG_BYTES", 0)
    monkeypatch.setattr(sheet_cells, "_BATCH", batch)
    parted = all_of(read_xlsx(tmp_path / "a.xlsx", tmp_path), tmp_path)
    for head in (HEAD, ("Crew", "Watch")):
        assert sorted(rows_of(parted, head)) == sorted(rows_of(whole, head)) != []
    titles = [{(one.text, one.mark) for one in told if one.cells[:1] == (HEAD,)} for told in (parted, whole)]
    assert titles[0] == titles[1] == {("Tides", ""), ("Tides", "hidden")}


def test_rows_over_the_limit_are_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cells, "_LONG_BYTES", 0)
    lines, limits = [HEAD, *sensor_rows(30)], Limits(table_rows=21)
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(list(line))
    book.save(tmp_path / "a.xlsx")
    for parsed in (
        read_csv(csv_of(tmp_path, lines), tmp_path, limits),
        read_xlsx(tmp_path / "a.xlsx", tmp_path, limits),
    ):
        assert len(rows_of(parsed.elements)) == 20
        (left,) = parsed.left_out
        assert (left.kind, left.count) == ("row", 10)
        assert "limits.table_rows = 21" in left.why


@pytest.mark.parametrize("name", ["a.json", "b.json", "a.jsonl"])
def test_long_lists_of_records_are_one_table_and_their_limit_is_said(tmp_path: Path, name: str) -> None:
    records = [dict(zip(HEAD, row, strict=True)) for row in sensor_rows(20_000)]
    written = {
        "a.json": lambda: json.dumps(records),
        "b.json": lambda: json.dumps({"station": "pier", "rows": records}),
        "a.jsonl": lambda: "\n".join(map(json.dumps, records)),
    }
    (tmp_path / name).write_text(written[name]())
    reader = read_json_lines if name.endswith("l") else read_json
    parsed = reader(tmp_path / name, tmp_path, Limits())
    assert parsed.rest is not None
    assert rows_of(all_of(parsed, tmp_path)) == [tuple(map(str, row)) for row in sensor_rows(20_000)]
    short = reader(tmp_path / name, tmp_path, Limits(table_rows=150))
    assert len(rows_of(short.elements)) == 150
    assert [str(one) for one in short.left_out] == ["not read: record (19850), more than limits.table_rows = 150"]


def test_lists_of_data_are_walked_and_never_held(tmp_path: Path) -> None:
    rows = ",".join(f'{{"a": {number}, "b": "{number * 7919}"}}' for number in range(60_000))
    (tmp_path / "a.json").write_text(f'{{"rows": [{rows}]}}')
    tracemalloc.start()
    read_json(tmp_path / "a.json", tmp_path)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 6 * len(rows)


def test_what_is_over_the_limits_of_a_document_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "_MOST_CHARS", 2_000)
    files = tmp_path / "files"
    files.mkdir()
    path = csv_of(files, [HEAD, *sensor_rows(2_000)])
    order = {"name": "a.csv", "scratch": str(tmp_path), "partitioner": "builtin", "render_dpi": 72}
    body = PartitionOrder.model_validate({**order, "limits": Limits(document_chars=9_000)}).model_dump_json()
    parsed = Parsed.model_validate_json(partition_document(path, body))
    assert [str(one) for one in parsed.left_out] == ["not read: rest of the file, over limits.document_chars = 9000"]
    assert 50 < len(rows_of(all_of(parsed, tmp_path))) < 2_000
    settings = parts_of(tmp_path).settings.model_copy(update={"limits": Limits(document_units=7)})
    parts = Parts(settings)
    parts.roots.admit(files)
    report = ingest(parts, [files], local_principal(settings), Watch())
    (asset,) = parts.index.assets(Filter())
    assert report.units == 7
    assert "limits.document_units = 7" in asset.warnings[-1]


ELEMENTS = st.lists(
    st.one_of(
        st.builds(Element, kind=st.just("heading"), text=st.sampled_from(["Quay", "Crane hall"]), level=st.just(1)),
        st.builds(
            Element, kind=st.just("text"), text=st.sampled_from(["It rains.", "No ship came in today. Two left."])
        ),
        st.builds(Element, kind=st.just("table"), cells=st.just((("Ship", "Tons"), ("Alma", "12")))),
    ),
    min_size=1,
    max_size=12,
)


@given(ELEMENTS)
def test_a_document_cut_in_parts_has_the_chunks_and_the_places_of_the_whole(elements: list[Element]) -> None:
    settings = Settings()
    whole, cutter = Cutter(settings, Memory()).cut(elements), Cutter(settings, Memory())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "_MOST_CHARS", 10)
        parted = [cutter.cut(part) for part in portions.portions(elements)]
    assert tuple(one for part in parted for one in part.chunks) == whole.chunks
    assert "".join(part.document_text for part in parted) == whole.document_text


def test_an_index_takes_units_from_disk_as_it_takes_them_from_memory(tmp_path: Path) -> None:
    asset, shelf = make_asset(), UnitFile()
    units = tuple(make_unit(asset, text=f"Gate {number} is open.", ordinal=number) for number in range(5))
    shelf.put(units[:3])
    shelf.put(units[3:])
    assert (tuple(shelf), shelf[-1], shelf[1:3]) == (units, units[-1], list(units[1:3]))
    index = LocalIndex.open(tmp_path)
    index.upsert([Entry(asset, shelf, seal_entry(asset, shelf, ALL_PII))])
    assert index.units(asset.asset_id, Filter()) == units
    index.close()
