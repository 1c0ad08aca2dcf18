"""Runs of the harness: interrupted and taken up again, written in full, compared, drafted for a folder of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import Disabled, InvalidArgument, NotFound
from groundsight.evals import run as command
from groundsight.evals.compare import compare
from groundsight.evals.figures import with_cost
from groundsight.evals.journal import kept_items
from groundsight.evals.metrics import Estimate
from groundsight.evals.progress import line
from groundsight.evals.result import ItemResult, TaskResult, write_result
from groundsight.evals.segments import by_segment, parity_gaps
from groundsight.evals.tasks import TASKS, Context, compression, find_task, house, refusal, retrieval, speech
from groundsight.settings import Settings
from groundsight.tracing import Watch
from tests.eval_house import context_of, write_set
from tests.recordings import ScriptedTranscriber, tone, write_sound


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def whole(data: Path, home: Path) -> TaskResult:
    return with_cost(house.run(context_of(data, home)), 0.05)


def test_an_interrupted_run_goes_on_where_it_stopped(data: Path, home: Path, whole: TaskResult) -> None:
    def stop(done: float, total: float | None, message: str) -> None:
        if total == 12 and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.run(context_of(data, home, watch=Watch(stop)))
    kept = (home / "items.partial.jsonl").read_text().splitlines()
    assert len(kept) == 1 + 4
    first = json.loads(kept[1])
    resumed = house.run(context_of(data, home))
    assert resumed.items[0].wall_ms == first["wall_ms"], "the first item is the one that was kept"
    assert len(resumed.items) == 12
    assert not (home / "items.partial.jsonl").exists()


def interrupted_after(path: Path, key: str, make: Callable[[], ItemResult]) -> None:
    """Keep one item, then be stopped."""
    with suppress(KeyboardInterrupt), kept_items(path, key) as keep:
        keep("x", make)
        raise KeyboardInterrupt


def test_items_kept_under_another_key_are_made_again(tmp_path: Path) -> None:
    made: list[str] = []

    def make() -> ItemResult:
        made.append("x")
        return ItemResult("x", {"map": 1.0})

    for key in ("a", "a", "b"):
        interrupted_after(tmp_path / "kept.jsonl", key, make)
    assert len(made) == 2


def test_a_torn_last_line_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    interrupted_after(path, "a", lambda: ItemResult("x", {"map": 1.0}))
    path.write_text(path.read_text() + '{"id": "y", "sco')
    with kept_items(path, "a") as keep:
        assert keep("x", lambda: ItemResult("x", {"map": 0.0})).scores == {"map": 1.0}
        assert keep("y", lambda: ItemResult("y", {"map": 0.5})).scores == {"map": 0.5}


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_chosen", stop)
    assert command.main([]) == 130
    assert "goes on from there" in capsys.readouterr().err


def test_the_report_holds_stages_and_segments(whole: TaskResult, tmp_path: Path) -> None:
    summary = write_result(whole, tmp_path / "r.json")
    assert {"search", "search.index", "answer", "answer.verify"} <= set(summary["wall_ms"])
    assert {"p50", "p95", "p99", "cpu"} == set(summary["wall_ms"]["search"])
    assert set(summary["segments"]["region"]) == {"even", "odd"}
    assert {name: row["n"] for name, row in summary["segments"]["region"].items()} == {"even": 4, "odd": 4}
    assert {"recall_at_10", "map", "n"} <= set(summary["segments"]["label"]["none"])
    assert set(summary["segments"]) >= {"kind", "region", "label", "unit"}
    assert len(summary["versions"]["code"]) == 12


def segment(region: str, values: list[float]) -> list[ItemResult]:
    return [ItemResult(f"{region}{n}", {"recall_at_10": v}, segments={"region": region}) for n, v in enumerate(values)]


def test_a_gap_that_chance_explains_is_told_from_one_that_is_there() -> None:
    noisy = segment("north", [1, 1, 1, 0, 1, 1]) + segment("south", [1, 0, 1, 1, 0, 1])
    real = segment("north", [1.0] * 40) + segment("south", [0.0] * 30 + [1.0] * 10) + segment("tiny", [0.0])
    assert parity_gaps(noisy)["parity_gap_region"].low < 0.05
    gap = parity_gaps(real)["parity_gap_region"]
    assert gap.value == 0.75, "a segment of one item is left out"
    assert gap.low > 0.05
    assert parity_gaps(segment("north", [1.0] * 9) + segment("tiny", [0.0] * 4)) == {}, "too few are no gap of 0"
    assert by_segment(segment("tiny", [0.0] * 4))["region"]["tiny"] == {"n": 4}


def test_a_gap_between_segments_that_is_recorded_opens_an_incident_in_its_home(
    whole: TaskResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.toml").write_text("parity_gap = 0.1")
    items = segment("north", [1.0] * 40) + segment("south", [0.0] * 30 + [1.0] * 10)
    command.record(replace(whole, metrics={**whole.metrics, **parity_gaps(segment("north", [1.0] * 9))}), tmp_path)
    assert capsys.readouterr().err == ""
    command.record(replace(whole, metrics={**whole.metrics, **parity_gaps(items)}), tmp_path)
    assert "BIAS_DRIFT: parity_gap_region of" in capsys.readouterr().err


def test_a_report_compares_with_itself_as_undecided(whole: TaskResult, tmp_path: Path) -> None:
    write_result(whole, tmp_path / "r.json")
    seen = compare(tmp_path / "r.json", tmp_path / "r.json")
    assert {row["verdict"] for row in seen["metrics"].values()} == {"undecided"}
    assert {"recall_at_10", "answer_contains", "search_ms"} <= set(seen["metrics"])
    with pytest.raises(NotFound):
        compare(tmp_path / "r.json", tmp_path / "none.json")


def test_compression_is_measured_and_refused_by_its_loss(data: Path, home: Path, whole: TaskResult) -> None:
    seen = compression.run(context_of(data, home))
    assert seen.metrics["loss_float16"].value == 0.0
    assert seen.metrics["neighbours_kept_int8"].value > 0.9
    assert seen.metrics["bytes_binary"] == Estimate(8.0, 8.0, 8.0)
    lost = seen.metrics["loss_binary"].value
    assert ("binary vectors" in seen.degraded) == (lost > 0.02)


def test_refusal_is_judged_on_both_kinds_of_question(data: Path, home: Path) -> None:
    seen = refusal.run(context_of(data, home))
    assert seen.controls["always_answer_balanced_accuracy"].value == 0.5
    with pytest.raises(InvalidArgument, match="questions without"):
        refusal.run(context_of(data, home, limit=3))


def test_gold_that_is_not_in_the_corpus_is_an_error(data: Path, home: Path, tmp_path: Path) -> None:
    row: dict[str, Any] = {"id": "x", "question": "Who?", "answers": ["y"], "gold": [{"source": "gone.txt"}]}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row))
    with pytest.raises(NotFound, match=r"gone\.txt"):
        house.run(context_of(tmp_path, home, corpus=data / "files"))
    (tmp_path / "questions.jsonl").write_text('{"id": "x", "question": "Who?", "gold_docs": ["gone.txt"]}')
    with pytest.raises(NotFound, match=r"gone\.txt"):
        retrieval.run(context_of(tmp_path, home, corpus=data / "files"))


def test_a_home_that_held_another_corpus_is_cleared_of_it(data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name / "files"
        folder.mkdir(parents=True)
        (folder / f"{name}.txt").write_text(f"The ferry {name} is at home in Norrvik.")
        row = {"id": "x", "question": f"Where is the ferry {name} at home?", "gold_docs": [f"{name}.txt"]}
        (tmp_path / name / "questions.jsonl").write_text(json.dumps(row))
        seen = retrieval.run(context_of(tmp_path / name, tmp_path / "home"))
        assert [Path(source).name for source in seen.items[0].detail["found"]] == [f"{name}.txt"]


def test_retrieval_ranks_files_beside_its_controls(data: Path, home: Path, tmp_path: Path) -> None:
    rows = [{"id": n, "question": f"{n} at home", "gold_docs": [f"{n.lower()}.txt"]} for n in ("Alva", "Birk", "Elna")]
    (tmp_path / "questions.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    seen = retrieval.run(context_of(tmp_path, home, corpus=data / "files"))
    assert seen.metrics["recall_at_10"].value == 1.0
    assert set(seen.controls) == {"bm25_only_recall_at_10", "vectors_only_recall_at_10", "random_recall_at_10"}


def test_speech_counts_the_words_that_were_heard_wrongly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sound(tmp_path / "talk.wav", tone(4, 400))
    (tmp_path / "items.jsonl").write_text('{"audio": "talk.wav", "transcript": "The mast was PAINTED, grey."}')
    context = Context(tmp_path, Settings(), tmp_path / "home")
    heard = ScriptedTranscriber({400: "the mast was painted gray"})
    monkeypatch.setattr(speech, "open_transcriber", lambda _: heard)
    assert speech.run(context).metrics["wer"].value == pytest.approx(1 / 5)
    monkeypatch.setattr(speech, "open_transcriber", lambda _: None)
    with pytest.raises(Disabled, match="recordings are not heard"):
        speech.run(context)


def test_every_task_is_found_by_its_name() -> None:
    assert {name for name in TASKS if find_task(name)} == set(TASKS)


def test_drafts_have_gold_answers_and_a_third_of_near_misses(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine" / "questions.jsonl"
    asked = ["new", str(target), "--corpus", str(data / "files"), "--home", str(tmp_path / "home"), "--limit", "9"]
    assert command.main(asked) == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(rows) == 9
    assert sum("gold" not in row for row in rows) == 3
    assert all(row["draft"] for row in rows)
    seen = house.run(context_of(target.parent, tmp_path / "asked", corpus=data / "files", limit=3))
    assert "3 questions are drafts that nobody corrected" in seen.degraded
    assert command.main(asked) == 2, "corrections are not written over"
    assert "may hold corrections" in capsys.readouterr().err


def test_the_bar_shows_how_far_the_work_is() -> None:
    assert line(12, 24, "asking") == f"[{'=' * 12}{' ' * 12}] 12/24 asking"
    assert line(3, None, "reading") == "3 reading"
