"""Risk and the transparency report: every figure with what it is worked out from, and nothing where there is none."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight.governance.answer_figures import Given, note_given
from groundsight.governance.rescan import Exposure, Rescanned
from groundsight.governance.risk import INPUTS, MODALITIES, risk_register
from groundsight.quality.evaluated import Evaluated, note_evaluated
from tests.test_incidents import answers

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
OUTSIDE = r"<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=|https?://"


def row(name: str, coverage: Rescanned, given: list[Given]) -> Any:
    return next(each for each in risk_register(coverage, given, 20) if each.modality == name)


def test_the_weights_are_those_of_the_formula_and_add_up_to_one() -> None:
    assert [each.weight for each in INPUTS.values()] == [0.4, 0.3, 0.2, 0.1]


def test_the_risk_is_the_weighted_sum_of_its_inputs() -> None:
    seconds = (1.0, 3.0)
    given = [
        one.model_copy(update={"seconds": seconds[at % 2], "ratio": 0.75, "region": "ns"[at % 2]})
        for at, one in enumerate(answers(80, kinds=("text",)))
    ]
    found = row("text", Rescanned(kinds={"text": Exposure(units=10, open=4)}), given)
    values = {each.name: each.value for each in found.inputs}
    assert values["exposure"] == pytest.approx(0.4)
    assert values["bias"] == 0.0
    assert values["grounding deficit"] == pytest.approx(0.25)
    assert values["latency volatility"] == pytest.approx(0.503, abs=0.01)
    assert (
        found.low == found.high == pytest.approx(0.4 * 0.4 + 0.2 * 0.25 + 0.1 * values["latency volatility"], abs=1e-4)
    )
    assert {each.n for each in found.inputs} == {10, 80}


def test_an_input_without_data_is_no_zero_but_widens_the_risk() -> None:
    found = row("table", Rescanned(kinds={"table": Exposure(units=4, open=2)}), [])
    assert [each.value for each in found.inputs] == [0.5, None, None, None]
    assert (found.low, found.high, found.shown) == (pytest.approx(0.2), pytest.approx(0.8), "0.20 to 0.80")
    assert row("audio", Rescanned(), []).shown == "no data"


def test_a_figure_counts_as_a_picture_and_its_answers_as_well() -> None:
    coverage = Rescanned(kinds={"image": Exposure(units=1, open=0), "figure": Exposure(units=3, open=3)})
    found = row("image", coverage, answers(3, kinds=("figure",)))
    assert (found.inputs[0].value, found.inputs[0].n, found.inputs[2].n) == (0.75, 4, 3)


def test_an_empty_home_says_nothing_yet_everywhere(run: Run, tmp_path: Path) -> None:
    code, told = run("risk")
    assert code == 0
    assert [each["modality"] for each in told["rows"]] == list(MODALITIES)
    assert all(each["low"] is None for each in told["rows"])
    page = tmp_path / "report.html"
    code, told = run("report", "transparency", "--html", str(page))
    assert (code, told["coverage"], told["incidents"]) == (0, None, [])
    text = page.read_text("utf-8")
    for nothing in (
        "Nothing is indexed yet.",
        "Nothing was checked yet.",
        "Nothing was asked yet.",
        "No incidents yet",
    ):
        assert nothing in text


def test_key_figures_say_what_measures_what_is_not_measured(run: Run, tmp_path: Path) -> None:
    found = {each["name"]: each for each in run("report", "kpi")[1]["figures"]}
    assert {each["value"] for each in found.values()} == {None}
    assert found["Recall@10"]["command"].endswith(f"--record {tmp_path / 'home'}")


@pytest.mark.parametrize(
    "command", [("report", "transparency", "--html"), ("report", "kpi", "--html"), ("review", "export")]
)
def test_what_is_written_for_a_person_replaces_nothing_else(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    ending = ".html" if "--html" in command else ".jsonl"
    (tmp_path / f"folder{ending}").mkdir()
    mine = tmp_path / ("mine.txt" if "--html" in command else "mine.jsonl")
    mine.write_text('{"mine": 1}\n')
    inside = tmp_path / "home" / f"index{ending}"
    inside.parent.mkdir(exist_ok=True)
    inside.write_text("")
    for place in (tmp_path, f"/proc/x{ending}", tmp_path / f"folder{ending}", mine, inside, f"{mine}/x{ending}"):
        code, told = run(*command, str(place))
        assert code
        assert told["error"]["code"] in ("E_INVALID_ARG", "E_STORAGE")
        assert str(place) in str(told)
    assert (mine.read_text(), inside.read_text()) == ('{"mine": 1}\n', "")
    for _ in range(2):
        assert run(*command, str(tmp_path / f"new/page{ending}"))[0] == 0


@pytest.fixture
def page(run: Run, tmp_path: Path) -> str:
    """The report of a home with files, answers of ten days, an incident and a policy."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files/note.txt").write_text("The keeper is anna@example.org.")
    run("ingest", str(tmp_path / "files"))
    for at in range(10):
        time = (datetime.now(UTC) - timedelta(days=at)).timestamp()
        for one in answers(25, kinds=("text",), time=time, region="north"):
            note_given(tmp_path / "home", one)
        for one in answers(25, time=time, region="south", status="evidence", ratio=None):
            note_given(tmp_path / "home", one)
    (tmp_path / "home/policy.toml").write_text("version = '<b>4</b>'\nparity_gap = 0.1\n")
    run("incidents", "open", "UNSAFE_IMAGE", "--note", "<script>of note.txt</script>")
    run("report", "transparency", "--html", str(tmp_path / "report.html"))
    return (tmp_path / "report.html").read_text("utf-8")


def test_the_page_tells_what_was_measured(page: str) -> None:
    for told in ("100.00%", "BIAS_DRIFT", "UNSAFE_IMAGE", "parity_gap", "models.text", "tier embedded", "no data"):
        assert told in page
    assert page.count('<svg class="spark"') == 2


def test_the_page_stands_alone_and_runs_nothing_and_json_tells_no_more(page: str, run: Run) -> None:
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(OUTSIDE, page, re.IGNORECASE)
    assert ("&lt;b&gt;4" in page, "<b>4</b>" in page) == (True, False)
    told = json.dumps(run("report", "transparency")[1])
    assert ("UNSAFE_IMAGE" in told, "note.txt" in page + told) == (True, False), "a person's note may name a document"


def test_key_figures_come_with_trend_number_and_interval(
    page: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, value in ((2, 0.7), (1, 0.8)):
        figures = {"recall_at_10": (value, value - 0.1, value + 0.1), "map": (0.5, 0.4, 0.6)}
        told = {
            "task": "house",
            "dataset": "mine",
            "n": 90,
            "fingerprint": "text: a model of before",
            "metrics": figures,
        }
        when = datetime.now(UTC) - timedelta(days=days)
        note_evaluated(tmp_path / "home", Evaluated.model_validate({"time": when, **told}))
    (tmp_path / "files/note.txt").write_text("Another keeper.")
    told = run("report", "kpi", "--html", str(tmp_path / "kpi.html"))[1]
    found = {each["name"]: each for each in told["figures"]}
    recall = found["Recall@10"]
    assert (recall["value"], recall["low"], recall["n"], recall["trend"]) == (0.8, pytest.approx(0.7), 90, [0.7, 0.8])
    assert (found["Grounding ratio"]["n"], found["Answered"]["value"], found["Parity gap"]["value"]) == (250, 0.5, 1.0)
    assert (found["Stale documents"]["value"], found["Cache hits"]["value"]) == (1.0, None)
    assert "run it again: groundsight eval house" in told["outdated"]
    assert "files/note.txt" in found["Stale documents"]["source"]
    text = (tmp_path / "kpi.html").read_text("utf-8")
    assert (text.count('<svg class="spark"'), "80.0%" in text, "not measured" in text) == (6, True, True)
    assert not re.search(OUTSIDE, text, re.IGNORECASE)
    monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__TENANT", "other")
    told = json.dumps(run("report", "kpi")[1])
    assert ("note.txt" in told, "what you may not see" in told) == (False, True)


def test_the_report_is_the_same_as_data(page: str, run: Run) -> None:
    told = run("report", "transparency")[1]
    assert told["coverage"] == 1.0
    assert len(told["days"]) == 10
    assert {each["kind"] for each in told["incidents"]} == {"BIAS_DRIFT", "UNSAFE_IMAGE"}
    assert told["statuses"] == {"answered": 250, "evidence": 250}
