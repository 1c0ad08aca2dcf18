"""Evaluation files in, reports out: bad input is named, gates hold, comparisons decide."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from groundsight.errors import ConfigError, InvalidArgument, NotFound
from groundsight.evals.compare import compare, compression_verdict
from groundsight.evals.gates import Bound, broken, load_gates
from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.report import write_html
from groundsight.evals.result import ItemResult, TaskResult, write_result


class Row(Item):
    id: str
    answers: list[str]


def report(folder: Path, name: str, scores: list[float], fingerprint: str = "a", task: str = "multihop") -> Path:
    items = [ItemResult(f"q{place}", {"recall_at_5": score}) for place, score in enumerate(scores)]
    metrics = {"recall_at_5": bootstrap(scores)}
    result = TaskResult(task, "set", len(items), metrics, items, {"text": "m"}, [], fingerprint, 1.0, 2.0)
    write_result(result, folder / f"{name}.json")
    return folder / f"{name}.json"


def test_a_malformed_line_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "a", "answers": ["x"]}\n{"id": "b"}\n')
    with pytest.raises(InvalidArgument, match=r"field answers.*q\.jsonl, line 2"):
        read_rows(path, Row)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text("{oops\n")
    with pytest.raises(InvalidArgument, match=r"not JSON.*line 1.*Next: correct the line"):
        read_rows(path, Row)


def test_a_file_of_no_text_is_named_and_marks_of_other_systems_cut_no_line(tmp_path: Path) -> None:
    for name, content in (("q.jsonl", b"\xff\xfe{"), ("q.jsonl.gz", b"no gzip"), ("cut.jsonl.gz", b"\x1f\x8b\x08")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidArgument, match=f"can't be read.*{name}"):
            read_rows(tmp_path / name, Row)
    (tmp_path / "q.jsonl").write_bytes('\ufeff{"id": "a\u2028b", "answers": []}\r\n'.encode())
    assert [row.id for row in read_rows(tmp_path / "q.jsonl", Row)] == ["a\u2028b"]


def test_an_empty_set_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("\n")
    with pytest.raises(InvalidArgument, match="empty set"):
        read_rows(tmp_path / "q.jsonl", Row)


def test_packed_files_are_read_and_missing_ones_named(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "q.jsonl.gz", "wt") as file:
        file.write('{"id": "a", "answers": [], "more": 1}\n')
    assert read_rows(first_file(tmp_path, "*.jsonl", "*.jsonl.gz"), Row)[0].id == "a"
    with pytest.raises(NotFound, match=r"labels\.jsonl"):
        first_file(tmp_path, "labels.jsonl")


def test_a_report_holds_what_a_reader_needs(tmp_path: Path) -> None:
    data = json.loads(report(tmp_path, "a", [1.0, 0.0]).read_text())
    needed = {"task", "dataset", "n", "metrics", "per_item_file", "tier", "degraded", "versions", "cpu_s", "wall_s"}
    assert needed <= set(data)
    assert set(data["metrics"]["recall_at_5"]) == {"value", "low", "high"}
    assert len((tmp_path / data["per_item_file"]).read_text().splitlines()) == 2


def test_a_broken_gate_names_metric_value_and_floor() -> None:
    gates = {"multihop": {"recall_at_5": Bound(at_least=0.9), "p95": Bound(at_most=10)}}
    assert broken("multihop", {"recall_at_5": Estimate(0.85, 0.8, 0.9), "p95": Estimate(9, 8, 10)}, gates) == [
        "recall_at_5 = 0.85, at least 0.9 is needed"
    ]


def test_a_gated_metric_that_was_not_measured_breaks_the_gate() -> None:
    assert broken("x", {}, {"x": {"map": Bound(at_least=0.1)}}) == ["map was not measured"]


def test_the_shipped_gates_load_and_a_misspelt_one_does_not(tmp_path: Path) -> None:
    assert load_gates()["house"]["recall_at_10"].at_least == 0.95
    (tmp_path / "g.toml").write_text("[house]\nmap = { atleast = 1 }\n")
    with pytest.raises(ConfigError):
        load_gates(tmp_path / "g.toml")


def test_a_comparison_lists_wins_and_losses_and_decides(tmp_path: Path) -> None:
    before, after = report(tmp_path, "a", [0.0] * 10), report(tmp_path, "b", [1.0] * 9 + [0.0], "b")
    seen = compare(before, after)
    assert seen["fingerprint_changed"]
    assert seen["metrics"]["recall_at_5"]["verdict"] == "better"
    assert len(seen["metrics"]["recall_at_5"]["wins"]) == 9


def test_runs_of_different_tasks_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="differ in task"):
        compare(report(tmp_path, "a", [1.0]), report(tmp_path, "b", [1.0], task="ocr"))


def test_a_compression_that_loses_more_than_the_tolerance_is_refused() -> None:
    full = Estimate(0.90, 0.85, 0.95)
    assert compression_verdict(full, Estimate(0.89, 0.8, 0.9)) == "kept"
    assert compression_verdict(full, Estimate(0.85, 0.8, 0.9)) == "refused"


def test_the_page_stands_alone_and_escapes_what_it_shows(tmp_path: Path) -> None:
    hostile = ItemResult(
        "q0", {"recall_at_5": 0.2}, segments={"kind": "pdf"}, detail={"question": "<script>x</script>"}
    )
    result = TaskResult(
        "multihop", "set", 1, {"recall_at_5": Estimate(0.2, 0.1, 0.3)}, [hostile], {}, [], "a", 1.0, 2.0
    )
    write_result(result, tmp_path / "r.json")
    write_html([tmp_path / "r.json"], tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert "<script>" not in page
    assert "http" not in page
    assert "0.1 to 0.3" in page
    assert "at_least" not in page


def test_the_trend_appears_with_a_second_report(tmp_path: Path) -> None:
    report(tmp_path, "old", [0.1, 0.3])
    newer = report(tmp_path, "new", [0.6, 0.8])
    write_html([newer], tmp_path / "r.html")
    assert "Trend of recall_at_5" in (tmp_path / "r.html").read_text()
