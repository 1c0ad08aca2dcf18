"""Drift: a planted shift is found with its documents, chance raises nothing, a changed prompt is named."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundsight.governance.answer_figures import given_since, note_given
from groundsight.index import Index, open_index
from groundsight.limits import Incidents
from groundsight.quality.drift import drift_since, take_baseline
from groundsight.settings import load_settings
from groundsight.types import Condition, Filter
from tests.build import make_text_entry
from tests.chat_server import chat_server, draft_of
from tests.test_incidents import answers

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
GARDEN = "soil compost seedlings pruning roses hedge slugs trellis mulch greenhouse bulbs orchard rain barrel spade"
COURT = "plaintiff verdict appeal statute witness damages clause hearing counsel ruling lease breach evidence jury oath"


FROM_NEW = Filter(conditions=(Condition(field="source", op="prefix", value="new/"),))


def texts(words: str, count: int, seed: int) -> list[str]:
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(words.split(), k=12)) for _ in range(count)]


def put(index: Index, name: str, made: list[str]) -> None:
    index.upsert([make_text_entry(f"{name}/{at}.txt", text) for at, text in enumerate(made)])


@pytest.fixture
def index(tmp_path: Path) -> Index:
    opened = open_index(load_settings(tmp_path / "home"))
    put(opened, "old", texts(GARDEN, 100, 0))
    return opened


@pytest.mark.parametrize("seed", range(10))
def test_new_documents_of_the_same_kind_raise_nothing_and_others_are_found(
    index: Index, tmp_path: Path, seed: int
) -> None:
    with closing(index):
        baseline = take_baseline(tmp_path, index, {}, NOW)
        put(index, "new", texts(GARDEN, 100, seed + 1))
        assert {each.verdict for each in drift_since(tmp_path, index, baseline, Incidents())} == {"steady"}
        put(index, "new", texts(COURT, 100, seed + 1))
        found = {each.what: each for each in drift_since(tmp_path, index, baseline, Incidents())}
    assert {name for name, each in found.items() if each.verdict == "drifted"} == {"text vectors"}
    assert found["kinds"].verdict == "steady"


def test_a_shift_is_told_with_its_documents_and_opens_one_incident(
    run: Run, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(index):
        code, told = run("drift")
        assert (code, told["error"]["next_step"]) == (1, "groundsight drift baseline")
        assert run("drift", "baseline")[1]["documents"] == 100
        kept = (tmp_path / "home/baseline.json").read_text()
        guessed = [hashlib.sha256(each.asset_id.encode()).hexdigest()[:6] for each in index.assets(Filter())]
        assert not any(f'"{each}' in kept for each in guessed)
        put(index, "new", texts(COURT, 19, 1))
        assert {each["verdict"] for each in run("drift")[1]["since"]} == {"too few"}
        put(index, "new", texts(COURT, 30, 1))
        told = run("drift")[1]
        (opened,) = told["incidents"]
        assert "text vectors of 30 items differs from that of 100 before" in opened
        assert all(source.startswith("new/") for source in told["sources"].values())
        assert len(told["sources"]) == 3
        with monkeypatch.context() as other:
            other.setenv("GROUNDSIGHT_GOVERNANCE__TENANT", "other")
            assert run("drift")[1]["sources"] == {}, "another tenant learns no names"
        assert run("drift")[1]["incidents"] == []
        assert [each["kind"] for each in run("incidents", "list")[1]["incidents"]] == ["DRIFT"]
        # What is forgotten leaves the comparison: nothing of it was kept.
        index.delete([each.asset_id for each in index.assets(FROM_NEW)], FROM_NEW)
        assert {each["now"] for each in run("drift")[1]["since"]} == {0}


def test_answers_that_are_worse_than_before_or_than_last_week_are_found(run: Run, index: Index, tmp_path: Path) -> None:
    index.close()
    run("drift", "baseline")

    def given(days: int, ratio: float, score: float, kinds: tuple[str, ...]) -> None:
        time = (datetime.now(UTC) + timedelta(days=days)).timestamp()
        for at, one in enumerate(answers(60, time=time)):
            told = {"ratio": ratio + at % 5 / 100, "score": score + at % 7 / 100, "kinds": kinds[at % 2 :]}
            note_given(tmp_path / "home", one.model_copy(update=told))

    def verdicts(side: str) -> dict[str, str]:
        return {each["what"]: each["verdict"] for each in run("drift")[1][side] if each["now"] in (60, 120)}

    given(-9, 0.9, 0.7, ("text", "table"))
    given(1, 0.5, 0.7, ("text", "table"))
    steady = {"score": "steady", "refusals": "steady", "kinds of evidence": "steady"}
    for side in ("since", "week"):
        assert verdicts(side) == {**steady, "grounding ratio": "drifted"}
    given(2, 0.9, 0.4, ("image", "page"))
    for side in ("since", "week"):
        assert {"score", "kinds of evidence"} <= {name for name, how in verdicts(side).items() if how == "drifted"}


def test_a_daybook_of_before_is_read_on_and_an_older_version_goes_on_with_a_new_one(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "daybook.db", isolation_level=None)) as old:
        old.execute("CREATE TABLE answers (time REAL, tenant TEXT, door TEXT, status TEXT, stopped TEXT, ratio REAL,"
                    " checkable INTEGER, supported INTEGER, contradicted INTEGER, seconds REAL, tier TEXT, region TEXT,"
                    " language TEXT, kinds TEXT)")  # fmt: skip
        names = "time, tenant, door, status, stopped, tier, region, language, kinds, checkable, supported"
        told = "1, 't', 'ask', 'answered', '', 'e', 'g', '', '', 0, 0, 0, 0"
        write = f"INSERT INTO answers ({names}, contradicted, seconds) VALUES ({told})"
        old.execute(write)
        note_given(tmp_path, answers(1, score=0.5)[0])
        old.execute(write)
        assert sorted((one.score or 0.0, one.flags) for one in given_since(tmp_path)) == [(0, ""), (0, ""), (0.5, "")]


def test_a_prompt_of_ones_own_is_used_and_named_until_it_is_accepted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lease.txt").write_text("The notice period is 90 days.")
    run("ingest", str(tmp_path / "lease.txt"))
    run("drift", "baseline")
    monkeypatch.setenv("GROUNDSIGHT_AGENT__PROMPTS", str(tmp_path / "prompts"))
    assert "agent.prompts" in run("drift")[1]["error"]["which"]
    lost = next(each for each in run("doctor")[1]["checks"] if each["name"] == "prompts")
    assert (lost["state"], "agent.prompts" in lost["detail"]) == ("fail", True)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/draft.md").write_text("---\nname: draft\nversion: 9\n---\nBe brief. {{fence}} {{schema}}")
    assert run("drift")[1]["prompts_changed"] == ["draft"]
    named = next(each for each in run("doctor")[1]["checks"] if each["name"] == "prompts")
    assert (named["state"], "draft" in named["detail"]) == ("warn", True)
    with chat_server(lambda _: draft_of(("The notice period is 90 days.", ["E1"]))) as server:
        for name, value in (("LLM", "openai:fake"), ("LLM_BASE_URL", server.url), ("LLM_API_KEY", "k")):
            monkeypatch.setenv(f"GROUNDSIGHT_AGENT__{name}", value)
        asked = [run("ask", "How long is the notice period?")[1]["receipt"]]
        run("drift", "baseline")
        asked.append(run("ask", "How long is the period of notice?")[1]["receipt"])
        assert all("Be brief." in prompt for prompt in server.prompts())
    told = [run("explain", receipt)[1]["prompts_changed"] for receipt in asked]
    assert (told, run("drift")[1]["prompts_changed"]) == ([["draft"], []], [])
