"""The short form of ``make trust``: the same cases, few of each; and a broken promise ends it with 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trust import __main__ as runner
from tests.trust import faults, matrix, store_faults
from tests.trust.rows import Row

SECURITY = Path(__file__).parents[1] / "docs" / "SECURITY.md"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> matrix.House:
    return matrix.furnished(tmp_path_factory.mktemp("matrix"))


@pytest.mark.parametrize("name", ["python", "langchain", "cli", "graph", "view", "stdio"])
def test_no_caller_gets_a_word_of_what_it_may_not_see(house: matrix.House, name: str) -> None:
    row = matrix.door_row(name, house, matrix.CALLERS[:1], short=True)
    assert (row.failures, row.detail) == (0, "")
    assert row.cases > 5


def test_a_leak_is_seen_by_the_matrix(house: matrix.House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "matches", lambda where, asset: asset.tenant == "nobody")
    assert matrix.door_row("python", house, matrix.CALLERS[:1], short=True).failures > 0


def test_scores_do_not_move_with_the_words_of_other_tenants(tmp_path: Path) -> None:
    row = matrix.moved(tmp_path, 3, {})
    assert (row.failures, row.detail) == (0, "")


def test_what_a_store_of_governance_lost_is_seen(tmp_path: Path) -> None:
    store_faults.filled(tmp_path / "home")
    claimed = {name: ["7"] for name in ("rights", "consent", "incident", "review", "optout")}
    assert list(store_faults._lost(tmp_path / "home", {})) == []
    assert len(list(store_faults._lost(tmp_path / "home", claimed))) == len(claimed)


def test_a_dead_back_end_a_clock_and_turned_bytes_are_named() -> None:
    rows = [faults.dead_back_end(), faults.clock_back(), faults.corrupt()]
    assert [row.detail for row in rows if row.failures] == []


def test_the_table_ends_with_one_when_a_promise_broke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(short: bool) -> Iterator[Row]:
        yield Row("area", "what", 3, 1, detail="which")

    def dies(short: bool) -> Iterator[Row]:
        raise RuntimeError("gone")
        yield Row("never", "never")

    monkeypatch.setattr(runner, "GROUPS", {"matrix": broken, "residue": dies})
    assert runner.main(["--short"]) == 1
    told = capsys.readouterr()
    assert "| area | what | 3 | 1 |" in told.out
    assert "RuntimeError: gone" in told.err


def test_every_promise_of_security_names_cases_that_exist() -> None:
    rows = [line.split(" | ") for line in SECURITY.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 30
    for row in rows:
        named = re.findall(r"(\w+): ((?:`\w+`(?:, )?)+)", row[-1])
        assert (len(row), bool(named)) == (3, True), row[0]
        for file, tests in named:
            text = (SECURITY.parents[1] / "tests" / f"test_{file}.py").read_text()
            missing = [each for each in re.findall(r"`(\w+)`", tests) if f"def test_{each}(" not in text]
            assert not missing, (file, missing)
