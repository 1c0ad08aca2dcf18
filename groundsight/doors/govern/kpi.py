"""``groundsight report kpi``: the figures that say how it goes, each with its trend, or what measures it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.doors.govern.measuring import rescanned
from groundsight.doors.terminal.own_file import named_outside, write_own
from groundsight.governance.access import visible_to
from groundsight.governance.answer_figures import DAY_SECONDS, Given, given_since
from groundsight.governance.gaps import parity_gap
from groundsight.governance.lookout import ask_rules
from groundsight.governance.rescan import Rescanned
from groundsight.governance.risk import risk_register
from groundsight.ingestion.stale import stale_of
from groundsight.operation.answer_cache import AnswerCache
from groundsight.quality.evaluated import Evaluated, evaluated
from groundsight.quality.targets import TargetShown, look_at_targets
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Filter, Word

if TYPE_CHECKING:
    from groundsight.suite import Suite

DAYS = 30
EVALUATE = "groundsight eval house FOLDER --corpus FILES --record HOME"
ASK = "groundsight ask 'a question'"
Read = Callable[[Sequence[Given]], float | None]


class KeyFigure(Word):
    """One key figure: its value (None: not measured) of so many, in which unit, and its trend, oldest first.

    ``source`` says what it was read from, ``command`` what measures it, ``low`` and ``high`` are its 95 % interval.
    """

    name: str
    value: float | None
    unit: str = ""
    n: int = 0
    low: float | None = None
    high: float | None = None
    trend: tuple[float | None, ...] = ()
    source: str
    command: str

    @property
    def shown(self) -> str:
        """The value as people read it."""
        if self.value is None:
            return "not measured"
        return f"{self.value:.1%}" if self.unit == "share" else f"{self.value:.3g} {self.unit}".rstrip()

    @property
    def span(self) -> str:
        """The interval in words, empty where there is none."""
        return f" ({self.low:.3g} to {self.high:.3g})" if self.low != self.high else ""


class Kpi(Result):
    """The key figures of a home, its targets, and why the benchmark should be run again (empty: it need not)."""

    made: datetime
    figures: tuple[KeyFigure, ...]
    targets: tuple[TargetShown, ...]
    outdated: str = ""
    file: str = ""

    def as_text(self) -> str:
        """A line a figure; what is not measured names the command that does it."""
        width = max(len(each.name) for each in self.figures)
        lines = [f"{each.name:<{width}}  {figure_told(each)}" for each in self.figures]
        return "\n".join([*lines, *filter(None, (self.outdated,)), *([f"written: {self.file}"] if self.file else [])])


def figure_told(each: KeyFigure) -> str:
    """Return a figure with its interval and number, or what measures it."""
    return (
        f"not measured: {each.command}" if each.value is None else f"{each.shown}{each.span}, n {each.n}; {each.source}"
    )


def report_kpi(suite: Suite, file: str) -> Kpi:
    """Collect the key figures, and write their page where a file is named."""
    settings, home = suite.settings, suite.settings.home
    target = named_outside(Path(file), ".html", home) if file else None
    coverage = rescanned(suite, settings.governance.redact)
    ask_rules(settings, suite.principal, coverage)
    now, runs, least = datetime.now(UTC), evaluated(home), settings.governance.incidents.least
    given = given_since(home, (now - timedelta(days=DAYS)).timestamp())
    risk = _risk(coverage, given, least)
    made = Kpi(
        made=now,
        figures=(*_measured(runs, home), *_of_answers(given, now, least), *_kept(suite, coverage), risk),
        targets=look_at_targets(settings, now.timestamp()),
        outdated=_outdated(suite, runs),
        file=file,
    )
    if target:
        from groundsight.doors.govern.kpi_page import kpi_page

        write_own(target, kpi_page(made))
    return made


KPI = ToolSpec(report_kpi, "Key figures")


def _measured(runs: Sequence[Evaluated], home: Path) -> list[KeyFigure]:
    """Return what the last recorded benchmark measured, its trend over the runs of the same task and data set."""
    named = {"recall_at_10": "Recall@10", "map": "mAP"}
    runs = [each for each in runs if "recall_at_10" in each.metrics]
    same = [each for each in runs if (each.task, each.dataset) == (runs[-1].task, runs[-1].dataset)]
    return [_of_runs(name, metric, same, EVALUATE.replace("HOME", str(home))) for metric, name in named.items()]


def _of_runs(name: str, metric: str, same: Sequence[Evaluated], command: str) -> KeyFigure:
    base = KeyFigure(name=name, value=None, unit="share", source="no evaluation is recorded", command=command)
    if not same or metric not in same[-1].metrics:
        return base
    value, low, high = same[-1].metrics[metric]
    trend = tuple(each.metrics[metric][0] if metric in each.metrics else None for each in same)
    said = f"{same[-1].task} on {same[-1].dataset}, {same[-1].time:%Y-%m-%d}"
    update = {"value": value, "low": low, "high": high, "n": same[-1].n, "trend": trend, "source": said}
    return base.model_copy(update=update)


def _of_answers(given: Sequence[Given], now: datetime, least: int) -> list[KeyFigure]:
    asked = [one for one in given if one.door == "ask"]
    checked = [one for one in asked if one.ratio is not None]
    priced = [one for one in asked if one.cost is not None]
    each_of_two = f"groundsight ask 'QUESTION', {least} times in each of two regions or languages"

    def figure(name: str, unit: str, read: Read, command: str = ASK, of: Sequence[Given] = asked) -> KeyFigure:
        days = [
            [one for one in of if (now.timestamp() - one.time) // DAY_SECONDS == at] for at in reversed(range(DAYS))
        ]
        trend = tuple(read(day) if day else None for day in days)
        source = f"answers of {DAYS} days" if asked else "nothing was asked"
        return KeyFigure(name=name, value=read(of), unit=unit, n=len(of), trend=trend, source=source, command=command)

    return [
        figure("Grounding ratio", "share", lambda day: _mean([one.ratio for one in day]), of=checked),
        figure("Answered", "share", lambda day: _mean([float(one.status in ("answered", "partial")) for one in day])),
        figure("Latency, p95", "s", _p95),
        figure("Parity gap", "share", lambda day: gap.value if (gap := parity_gap(day, least)) else None, each_of_two),
        figure(
            "Cost an answer", "", lambda day: _mean([one.cost for one in day]), "set operation.prices, then ask", priced
        ),
    ]


def _kept(suite: Suite, coverage: Rescanned) -> list[KeyFigure]:
    """Return what is to be said of what is stored: answers given again, redaction, files changed since."""
    assets, seen = (suite.parts.index.assets(where) for where in (Filter(), visible_to(suite.principal)))
    stale = [each for each in assets if stale_of(suite.parts, each)]
    named = [each.source for each in stale if each in seen][:3] or ["what you may not see"]
    cache = AnswerCache(suite.settings.home, suite.settings.operation.cache_minutes).stats()
    units, command = coverage.units, "groundsight ingest FOLDER"
    looked = cache.hits + cache.misses
    answered = "since groundsight cache clear" if looked else "nothing was looked for"
    said = f"changed or gone: {', '.join(named)}" if stale else "all files are as they were read"
    read, said = ("all stored units looked at again", said) if assets else ("nothing is indexed", "nothing is indexed")
    return [
        KeyFigure(
            name="Cache hits", value=cache.hit_ratio if looked else None, unit="share", n=looked,
            source=answered, command="set operation.cache_minutes, then ask",
        ),
        KeyFigure(
            name="Redaction coverage", value=coverage.share if units else None, unit="share", n=units,
            source=read, command=command,
        ),
        KeyFigure(
            name="Stale documents", value=len(stale) / len(assets) if assets else None, unit="share", n=len(assets),
            source=said, command=command,
        ),
    ]  # fmt: skip


def _risk(coverage: Rescanned, given: Sequence[Given], least: int) -> KeyFigure:
    """Return the risk of the kind of content that may be worst, as a span where an input has no data."""
    rows = [row for row in risk_register(coverage, given, least) if row.high is not None and row.low is not None]
    worst = max(rows, key=lambda row: row.high or 0.0, default=None)
    base = KeyFigure(name="Risk", value=None, source="nothing is indexed or asked", command="groundsight risk")
    if worst is None:
        return base
    said = f"{worst.modality}, at worst: an input without data counts as 1 (groundsight risk)"
    update = {"value": worst.high, "low": worst.low, "high": worst.high, "n": coverage.units, "source": said}
    return base.model_copy(update=update)


def _outdated(suite: Suite, runs: Sequence[Evaluated]) -> str:
    """Say that the encoders are not those that the benchmark was run with."""
    from groundsight.evals.lanes import fingerprint_of

    now = fingerprint_of(suite)
    if not runs or "no encoder" in (now, runs[-1].fingerprint) or runs[-1].fingerprint == now:
        return ""
    command = EVALUATE.replace("HOME", str(suite.settings.home))
    return f"The benchmark was run with other encoders ({runs[-1].fingerprint}); run it again: {command}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _p95(day: Sequence[Given]) -> float | None:
    seconds = [one.seconds for one in day]
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else _mean(seconds)
