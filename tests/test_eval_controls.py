"""Controls that keep the harness honest: what is broken on purpose has to miss its gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundsight.evals.falsify import falsified
from groundsight.evals.gates import broken, load_gates
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import grounding, house
from groundsight.types import GroundingReport
from tests.eval_house import PostFiltering, Shuffled, Truncated, context_of, write_set


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="module")
def sound(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TaskResult:
    return house.run(context_of(data, tmp_path_factory.mktemp("home")))


def missed(result: TaskResult) -> set[str]:
    """Names of the metrics that miss a bound of the shipped gates."""
    lines = broken(result.task, {**result.controls, **result.metrics}, load_gates())
    return {line.split(" ")[0] for line in lines}


LANES = {"vectors_only_recall_at_10", "bm25_only_recall_at_10", "filter_exactness", "falsified_caught"}


def test_a_sound_product_passes_the_gates_of_every_lane(sound: TaskResult) -> None:
    assert not missed(sound) & LANES


@pytest.mark.parametrize(
    ("damage", "gate"),
    [
        (Shuffled, "vectors_only_recall_at_10"),
        (Truncated, "bm25_only_recall_at_10"),
        (PostFiltering, "filter_exactness"),
    ],
    ids=["shuffled vectors", "truncated postings", "post-filtering"],
)
def test_a_broken_index_misses_the_gate_of_its_lane(data: Path, tmp_path: Path, damage: Any, gate: str) -> None:
    assert gate in missed(house.run(context_of(data, tmp_path, damage)))


def always_yes(*_: Any, **__: Any) -> GroundingReport:
    return GroundingReport(verdict="pass", grounding_ratio=1.0, claims=(), checkable=1, supported=1, contradicted=0)


def test_a_check_that_says_yes_misses_the_gate_of_the_house(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundsight.suite.Suite.verify", always_yes)
    assert "falsified_caught" in missed(house.run(context_of(data, tmp_path)))


def test_a_check_that_says_yes_misses_the_gates_of_the_grounding_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f'{{"id": "{n}", "answer": "The tower is {30 + n} m high.", "evidence": ["The tower is {30 + n % 4} m high."],'
        f' "label": {"true" if n < 4 else "false"}}}'
        for n in range(12)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    context = context_of(tmp_path, tmp_path / "home")
    assert not missed(grounding.run(context))
    monkeypatch.setattr(grounding, "verify", always_yes)
    assert missed(grounding.run(context)) == {"auroc", "balanced_accuracy"}


def test_chance_and_single_lanes_stand_beside_the_figures(sound: TaskResult) -> None:
    assert set(sound.controls) == {"bm25_only_recall_at_10", "vectors_only_recall_at_10", "random_recall_at_10"}
    assert sound.controls["random_recall_at_10"].value < sound.controls["bm25_only_recall_at_10"].value


def test_another_encoder_changes_the_fingerprint_in_the_report(data: Path, sound: TaskResult, tmp_path: Path) -> None:
    other = house.run(context_of(data, tmp_path, fingerprint="test-words@2", limit=2))
    assert other.fingerprint != sound.fingerprint


def test_an_answer_is_made_false_by_one_of_the_same_shape() -> None:
    assert falsified("It runs at 14.5 knots.", ["14.5 knots"], ["Lars Wik", "9.8 knots"]) == "It runs at 9.8 knots."
    assert falsified("Lars Wik is captain.", ["Lars Wik"], ["9.8 knots", "Petra Dahl"]) == "Petra Dahl is captain."
    assert falsified("Nothing of it.", ["Lars Wik"], ["Petra Dahl"]) is None
