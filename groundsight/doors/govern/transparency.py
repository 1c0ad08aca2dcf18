"""``groundsight report transparency``: what is kept and how it is answered for, as one page that stands alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.doors.govern.incident_desk import book_of
from groundsight.doors.govern.measuring import rescanned
from groundsight.doors.terminal.own_file import named_outside, write_own
from groundsight.governance.answer_figures import Given, given_since
from groundsight.governance.gaps import parity_gap
from groundsight.governance.incidents import Incident, Kind, State
from groundsight.governance.leaving import models_named
from groundsight.governance.lookout import ask_rules
from groundsight.governance.policy import policy_of
from groundsight.governance.risk import RiskRow, risk_register
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Asset, Filter, Word
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.suite import Suite

SOON_DAYS, TREND_DAYS, PARITY_DAYS = 30, 30, 7


class Consent(Word):
    """How fresh consent is: documents with a day that is over, that comes within 30 days or later, and with none."""

    over: int = 0
    soon: int = 0
    later: int = 0
    unlimited: int = 0


class Day(Word):
    """One day: how many were asked, the mean ratio of answers and checks, and the parity gap of the week up to it."""

    day: date
    asked: int = 0
    ratio: float | None = None
    parity: float | None = None


class IncidentLine(Word):
    """What is told of an incident: no note of a person, and no cause, which may name a document or a caller."""

    kind: Kind
    state: State
    opened: datetime
    due: datetime
    overdue: bool
    owner: str
    rule: str
    measured: str
    threshold: str


class Transparency(Result):
    """The figures of the report; what has no data yet is None or empty."""

    made: datetime
    policy_version: str
    policy_hash: str
    policy_lines: dict[str, str]
    documents: int
    units: int
    replaced: int
    left: int
    coverage: float | None
    consent: Consent
    days: tuple[Day, ...]
    statuses: dict[str, int]
    refused_by: dict[str, int]
    tiers: dict[str, int]
    models: dict[str, str]
    degraded: tuple[str, ...]
    incidents: tuple[IncidentLine, ...]
    risk: tuple[RiskRow, ...]
    file: str = ""

    def as_text(self) -> str:
        """The same in a few lines, and where the page is."""
        values = number_of(self.replaced + self.left, "value")
        told = "nothing indexed yet" if self.coverage is None else f"{self.coverage:.2%} of {values}"
        lines = [
            f"documents: {self.documents}, units: {self.units}",
            f"redaction coverage by re-scan: {told}",
            f"answers: {sum(self.statuses.values()) or 'none yet'}",
            f"incidents: {len(self.incidents) or 'none yet'}",
            f"policy: {self.policy_version or 'without a version'}, {self.policy_hash}",
            *(f"risk of {row.modality}: {row.shown}" for row in self.risk),
            *([f"written: {self.file}"] if self.file else []),
        ]
        return "\n".join(lines)


def report_transparency(suite: Suite, file: str) -> Transparency:
    """Measure everything that the report tells, and write its page where a file is named."""
    settings, home = suite.settings, suite.settings.home
    target = named_outside(Path(file), ".html", home) if file else None
    coverage = rescanned(suite, settings.governance.redact)
    ask_rules(settings, suite.principal, coverage)
    given, policy = given_since(home), policy_of(settings)
    least = settings.governance.incidents.least
    made = Transparency(
        made=datetime.now(UTC),
        policy_version=policy.version,
        policy_hash=policy.hash,
        policy_lines=policy.lines,
        documents=coverage.documents,
        units=coverage.units,
        replaced=coverage.replaced,
        left=coverage.values,
        coverage=coverage.share if coverage.units else None,
        consent=_consent(suite.parts.index.assets(Filter()), date.today()),
        days=_days(given, least),
        statuses=dict(Counter(one.status for one in given if one.door == "ask")),
        refused_by=dict(Counter(one.stopped for one in given if one.stopped)),
        tiers=dict(Counter(one.tier for one in given if one.door == "ask")),
        models=models_named(settings),
        degraded=tuple(dict.fromkeys(lane.lane for lane in suite.parts.degraded())),
        incidents=tuple(_line(each) for each in book_of(suite).all()),
        risk=risk_register(coverage, given, least),
        file=file,
    )
    if target:
        from groundsight.doors.govern.transparency_page import transparency_page

        write_own(target, transparency_page(made))
    return made


REPORT = ToolSpec(report_transparency, "Report")


def _line(one: Incident) -> IncidentLine:
    told = one.model_dump(include=set(IncidentLine.model_fields) - {"overdue"})
    return IncidentLine(**told, overdue=one.overdue(datetime.now(UTC)))


def _consent(assets: Sequence[Asset], today: date) -> Consent:
    ends = [each.consent_until for each in assets]
    dated, soon = [end for end in ends if end], today + timedelta(days=SOON_DAYS)
    return Consent(
        over=sum(end < today for end in dated),
        soon=sum(today <= end <= soon for end in dated),
        later=sum(end > soon for end in dated),
        unlimited=len(ends) - len(dated),
    )


def _days(given: Sequence[Given], least: int) -> tuple[Day, ...]:
    """Return the last days on which something was asked, without those before the first."""
    if not given:
        return ()
    dated = [(datetime.fromtimestamp(one.time, UTC).date(), one) for one in given]
    last = max((day for day, _ in dated), default=date.today())
    first = max(min((day for day, _ in dated), default=last), last - timedelta(days=TREND_DAYS - 1))
    return tuple(_day(first + timedelta(days=at), dated, least) for at in range((last - first).days + 1))


def _day(day: date, dated: Sequence[tuple[date, Given]], least: int) -> Day:
    here = [one for when, one in dated if when == day]
    ratios = [one.ratio for one in here if one.ratio is not None]
    week = [one for when, one in dated if day - timedelta(days=PARITY_DAYS) < when <= day]
    gap = parity_gap(week, least)
    mean = sum(ratios) / len(ratios) if ratios else None
    return Day(day=day, asked=sum(one.door == "ask" for one in here), ratio=mean, parity=gap.value if gap else None)
