"""The lookout: the redaction measured over what is stored, and the rules that raise incidents asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.governance.coverage import Coverage, rescan
from groundsight.governance.heed import write_change
from groundsight.governance.incident_rules import alarms_of
from groundsight.governance.incidents import Incident, IncidentBook
from groundsight.governance.policy import policy_of
from groundsight.settings import PiiKind
from groundsight.types import Asset, Filter, Unit

if TYPE_CHECKING:
    from groundsight.suite import Suite

RULES = "rules"


def book_of(suite: Suite) -> IncidentBook:
    """Return the incidents of a home."""
    return IncidentBook(suite.settings.home, suite.settings.governance.incidents)


def raised(suite: Suite, coverage: Coverage | None = None) -> tuple[Incident, ...]:
    """Ask the rules, open an incident for what is new, record each in the trail, and return those."""
    settings, book = suite.settings, book_of(suite)
    alarms = alarms_of(settings.home, book, policy_of(settings), settings.governance.incidents, coverage)
    opened = book.raise_new(alarms, RULES)
    for each in opened:
        write_change(settings, suite.principal, "cli", "incident", f"opened {each.id} {each.kind}")
    return opened


def rescanned(suite: Suite, kinds: Sequence[PiiKind]) -> Coverage:
    """Look at every stored unit of every tenant again, and say how far that is."""
    total = suite.parts.index.count(Filter()).units

    def told() -> Iterator[tuple[Unit, Asset]]:
        for number, row in enumerate(suite.parts.index.scan(Filter())):
            suite.watch.step(number, total, "looking again")
            yield row

    return rescan(told(), kinds)
