"""The lookout: asks the rules that raise incidents, at most so often by itself, and keeps what it saw last."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from groundsight.governance.daybook import daybook, known, note_known
from groundsight.governance.events import note_event
from groundsight.governance.incident_rules import alarms_of
from groundsight.governance.incidents import Alarm, Incident, IncidentBook
from groundsight.governance.policy import policy_of
from groundsight.quality.evaluated import alarms_of_parity, evaluated
from groundsight.quality.targets import alarms_of_targets, look_at_targets
from groundsight.types import Word

if TYPE_CHECKING:
    from groundsight.governance.rescan import Rescanned
    from groundsight.settings import Settings
    from groundsight.types import Principal

RULES = "rules"


class Coverage(Word):
    """When what is stored was looked at again, and how many values were replaced and left then."""

    time: datetime
    units: int
    replaced: int
    left: int

    def __str__(self) -> str:
        share = self.replaced / (self.replaced + self.left) if self.replaced + self.left else 1.0
        return (
            f"{share:.2%} of the values found in {self.units} units are replaced, measured {self.time:%Y-%m-%d %H:%M}"
        )


class Standing(Word):
    """When the rules were asked last (None: never), what is open and overdue, and the coverage as it was measured."""

    looked: datetime | None
    open: int
    overdue: int
    coverage: Coverage | None

    def __str__(self) -> str:
        when = f"rules asked {self.looked:%Y-%m-%d %H:%M} UTC" if self.looked else "rules never asked"
        measured = f"{self.coverage}" if self.coverage else "not measured yet (groundsight policy check)"
        return f"incidents: {self.open} open, {self.overdue} overdue; {when}\nredaction: {measured}"


def ask_rules(settings: Settings, who: Principal, coverage: Rescanned | None = None) -> tuple[Incident, ...]:
    """Ask the rules, open an incident for what is new, record each in the trail, and return those.

    Raises:
        StorageFailed, Locked: incidents, trail or daybook can't be used. ConfigError: the policy can't be read.
    """
    rules, now = settings.governance.incidents, datetime.now(UTC)
    book = IncidentBook(settings.home, rules)
    opened = open_incidents(settings, who, _alarms(settings, book, coverage))
    with daybook(settings.home) as noted:
        note_known(noted, "looked", now.isoformat(timespec="seconds"))
        if coverage is not None:
            told = Coverage(time=now, units=coverage.units, replaced=coverage.replaced, left=coverage.values)
            note_known(noted, "coverage", told.model_dump_json())
    return opened


def _alarms(settings: Settings, book: IncidentBook, coverage: Rescanned | None) -> tuple[Alarm, ...]:
    policy, home = policy_of(settings), settings.home
    found = alarms_of(home, book, policy, settings.governance.incidents, coverage)
    targets = alarms_of_targets(look_at_targets(settings, time.time()))
    return (*found, *alarms_of_parity(evaluated(home), policy), *targets)


def open_incidents(settings: Settings, who: Principal, alarms: Iterable[Alarm]) -> tuple[Incident, ...]:
    """Open an incident for each alarm that is new, record each in the trail, and return those."""
    opened = IncidentBook(settings.home, settings.governance.incidents).raise_new(alarms, RULES)
    for each in opened:
        note_event(settings, who, "change", "incident", f"opened {each.id} {each.kind}")
    return opened


def ask_rules_if_due(settings: Settings, who: Principal) -> tuple[Incident, ...]:
    """Ask the rules where that is longer ago than ``governance.incidents.look_minutes``; 0 leaves it to a person.

    Raises:
        StorageFailed, Locked, ConfigError: as ``ask_rules``.
    """
    minutes, last = settings.governance.incidents.look_minutes, known(settings.home, "looked")
    recent = last and datetime.now(UTC) - datetime.fromisoformat(last) < timedelta(minutes=minutes)
    return () if not minutes or recent else ask_rules(settings, who)


def standing(settings: Settings) -> Standing:
    """Tell how the incidents of a home stand."""
    last, told, now = known(settings.home, "looked"), known(settings.home, "coverage"), datetime.now(UTC)
    there = [
        each for each in IncidentBook(settings.home, settings.governance.incidents).all() if each.state != "closed"
    ]
    return Standing(
        looked=datetime.fromisoformat(last) if last else None,
        open=len(there),
        overdue=sum(each.overdue(now) for each in there),
        coverage=Coverage.model_validate_json(told) if told else None,
    )
