"""Targets and flags: a missed target acts until it is met for sure, a flag holds for the same callers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight.errors import ConfigError
from groundsight.governance.answer_figures import Given, note_given
from groundsight.quality.flags import side_of, sides_compared
from groundsight.quality.targets import acts_on, look_at_targets
from groundsight.settings import Settings, load_settings
from groundsight.suite import open_suite
from groundsight.types import Principal
from tests.test_incidents import answers

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
SLO = {"ratio": 0.8, "acts": {"ratio": {"search.candidates": 400, "grounding.target": 0.9}}}


class Day:
    """Answers that come one a second, with a look at the targets after each."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.now, self.states = settings, 0.0, list[str]()

    def of(self, number: int, *ratios: float, **fields: Any) -> list[str]:
        """Give so many answers, their ratios in turn, and return the states that were seen, each once in a row."""
        for at in range(number):
            self.now += 1
            ratio = {"ratio": ratios[at % len(ratios)]} if ratios else {}
            note_given(self.settings.home, answers(1, time=self.now, **ratio, **fields)[0])
            self.states.append(look_at_targets(self.settings, self.now)[0].state)
        return [each for at, each in enumerate(self.states) if at == 0 or self.states[at - 1] != each]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(load_settings(tmp_path / "home", slo=SLO))


def test_a_target_that_is_surely_missed_acts_until_it_is_surely_met(day: Day) -> None:
    assert day.of(19, 0.5) == ["not measured"]
    assert acts_on(day.settings) == {}
    assert day.of(2, 0.5, 0.4) == ["not measured", "missed"]
    with open_suite(day.settings) as suite:
        assert (suite.settings.search.candidates, suite.settings.grounding.target) == (400, 0.9)
        assert suite.acting_for().parts.index is suite.parts.base.index
    # As good as the target is not better than it: the acts stay on.
    assert day.of(60, 0.8, 0.79, 0.81)[-1] == "missed"
    assert day.of(140, 0.9, 1.0) == ["not measured", "missed", "met"]
    with open_suite(day.settings) as suite:
        assert suite.settings.search.candidates == 200


def test_answers_around_the_target_do_not_flap(day: Day) -> None:
    assert day.of(300, 0.7, 0.95, 0.75, 0.85, 0.8) == ["not measured", "met"]


@pytest.mark.parametrize(
    ("slo", "good", "bad"),
    [
        ({"latency_p95": 2.0}, {"seconds": 1.0}, {"seconds": 3.0}),
        ({"refusals": 0.2}, {}, {"status": "evidence"}),
        ({"cost": 0.01}, {"cost": 0.002}, {"cost": 0.05}),
    ],
)
def test_each_target_is_missed_and_met_again(
    tmp_path: Path, slo: dict[str, float], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    day = Day(load_settings(tmp_path, slo=slo))
    day.of(40, **good)
    day.of(60, **bad)
    assert day.of(150, **good) == ["not measured", "met", "missed", "met"]


def test_a_missed_target_opens_one_incident_and_the_report_tells_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSIGHT_SLO__RATIO", "0.8")
    for one in answers(40, ratio=0.4):
        note_given(tmp_path / "home", one)
    for _ in range(2):
        (told,) = run("report", "targets")[1]["targets"]
    assert (told["state"], told["acts"]) == ("missed", {"governance.review_below": 0.95})
    assert run("report", "targets", "--html", str(tmp_path / "x.html"))[1]["error"]["code"] == "E_INVALID_ARG"
    (incident,) = run("incidents", "list")[1]["incidents"]
    assert (incident["kind"], incident["cause"]) == ("TARGET_MISSED", "ratio")


def test_a_flag_holds_for_its_share_of_callers_and_always_for_the_same() -> None:
    callers = [Principal(user=f"u{at}", tenant="t") for at in range(2_000)]
    on = {who.user for who in callers if side_of("hops3", 0.3, who) == "on"}
    assert 520 < len(on) < 680
    assert on < {who.user for who in callers if side_of("hops3", 0.5, who) == "on"}
    assert 100 < len(on & {who.user for who in callers if side_of("other", 0.3, who) == "on"}) < 260


def test_a_flag_changes_settings_for_its_callers_alone_and_answers_keep_the_side(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.txt").write_text("The keeper of the north lighthouse is Ada Holm.")
    run("ingest", str(tmp_path / "note.txt"))
    flag = {"share": 0.5, "settings": {"search.fusion": "weighted", "search.weights.text": 0.6}}
    monkeypatch.setenv("GROUNDSIGHT_FLAGS", json.dumps({"weighted": flag}))
    told: dict[str, str] = {}
    for user in ("ann", "bob", "cy", "dee", "eve", "flo"):
        monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__USER", user)
        receipt = run("ask", "Who is the keeper of the north lighthouse?")[1]["receipt"]
        settings = run("explain", receipt)[1]["settings"]
        told[user] = "on" if "search.fusion" in settings else "off"
    flag_of = {user: side_of("weighted", 0.5, Principal(user=user, tenant="default")) for user in told}
    assert told == flag_of
    assert set(told.values()) == {"on", "off"}
    (shown,) = run("report", "flags")[1]["flags"]
    answered = shown["figures"][0]
    assert (answered["n_on"] + answered["n_off"], answered["difference"]) == (6, None), "too few to compare"


def test_both_sides_of_a_flag_are_compared_with_intervals() -> None:
    def side(name: str, ratio: float, number: int = 60) -> list[Given]:
        return [
            one.model_copy(update={"flags": f"a:on brief:{name}", "ratio": ratio + at % 5 / 50})
            for at, one in enumerate(answers(number))
        ]

    found = {each.figure: each for each in sides_compared(side("on", 0.8) + side("off", 0.7), "brief", 20)}
    ratio = found["grounding ratio"]
    assert (ratio.decided, ratio.difference) == (True, pytest.approx(0.1))
    assert (ratio.low or 0.0) < 0.1 < (ratio.high or 0.0)
    assert not found["answered"].decided
    assert sides_compared(side("on", 0.8, 5) + side("off", 0.1), "brief", 20)[1].difference is None


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [("models.text", "none", "models.text"), ("search.hop", 3, "search.hop"), ("agent.hops", 0, "agent.hops")],
)
def test_a_flag_that_can_t_hold_is_refused_by_its_path(tmp_path: Path, path: str, value: Any, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path, flags={"a": {"share": 0.5, "settings": {path: value}}})
    assert named in str(refused.value)
