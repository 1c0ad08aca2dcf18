"""``groundsight drift``: what was read and answered since the baseline against what was usual then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundsight.doors.govern.policy_desk import columns
from groundsight.errors import NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.events import note_event
from groundsight.governance.lookout import open_incidents
from groundsight.prompts import hashes_of_prompts
from groundsight.quality.drift import (
    LEVEL,
    Drifted,
    alarms_of_drift,
    baseline_of,
    drift_of_week,
    drift_since,
    other_hashes,
    take_baseline,
)
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Condition
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.suite import Suite

TEST = f"energy distance with a permutation test (Székely and Rizzo 2013), p {LEVEL} over all figures"


class DriftShown(Result):
    """Each figure since the baseline and of the last week; ``sources`` names those documents of the
    evidence that the caller may see."""

    made: datetime
    since: tuple[Drifted, ...]
    week: tuple[Drifted, ...]
    sources: dict[str, str]
    prompts_changed: tuple[str, ...]
    encoders_changed: tuple[str, ...]
    incidents: tuple[str, ...] = ()

    def as_text(self) -> str:
        """A table since the baseline, one of the week, and what moved each figure that drifted."""
        lines = [f"baseline of {self.made:%Y-%m-%d %H:%M} UTC; {TEST}", "", *_table(self.since)]
        lines += ["", "the last seven days against the seven before", *_table(self.week)] if self.week else []
        lines += [f"prompt changed: {name}" for name in self.prompts_changed]
        lines += [f"encoder changed: {name}" for name in self.encoders_changed]
        return "\n".join([*lines, *self._moved(), *(f"incident opened: {each}" for each in self.incidents)])

    def _moved(self) -> Iterator[str]:
        for each in (*self.since, *self.week):
            if each.evidence:
                yield f"{each.what}, furthest: {', '.join(self.sources.get(one, one) for one in each.evidence)}"


class BaselineTaken(Result):
    """What counts as usual from now on."""

    made: datetime
    documents: int
    prompts: int

    def as_text(self) -> str:
        """One line."""
        told = f"{number_of(self.documents, 'document')}, {number_of(self.prompts, 'prompt')}"
        return f"baseline of {self.made:%Y-%m-%d %H:%M} UTC: {told}, and the answers before it"


def show_drift(suite: Suite) -> DriftShown:
    """Measure the drift of documents, answers, prompts and encoders, and open an incident for each that drifted."""
    home, rules, index = suite.settings.home, suite.settings.governance.incidents, suite.parts.index
    baseline = baseline_of(home)
    if baseline is None:
        raise NotFound("there is no baseline yet", which="drift", next_step="groundsight drift baseline")
    since, week = drift_since(home, index, baseline, rules), drift_of_week(home, datetime.now(UTC), rules)
    opened = open_incidents(suite.settings, suite.principal, alarms_of_drift(since, rules))
    return DriftShown(
        made=baseline.made,
        since=since,
        week=week,
        sources=_sources(suite, (one for each in since for one in each.evidence)),
        prompts_changed=other_hashes(baseline.prompts, hashes_of_prompts(suite.settings.agent.prompts)),
        encoders_changed=other_hashes(baseline.encoders, index.fingerprints()),
        incidents=tuple(f"{each.id} {each.what}" for each in opened),
    )


def accept_baseline(suite: Suite) -> BaselineTaken:
    """Take what is there now as the baseline."""
    prompts = hashes_of_prompts(suite.settings.agent.prompts)
    made = take_baseline(suite.settings.home, suite.parts.index, prompts, datetime.now(UTC))
    note_event(suite.settings, suite.principal, "change", "baseline", f"{len(made.documents)} documents")
    return BaselineTaken(made=made.made, documents=len(made.documents), prompts=len(prompts))


SHOW_DRIFT, TAKE_BASELINE = ToolSpec(show_drift, "Drift"), ToolSpec(accept_baseline, "Take the baseline")


def _sources(suite: Suite, ids: Iterable[str]) -> dict[str, str]:
    one_of = Condition(field="asset_id", op="in", value=tuple(set(ids)))
    there = suite.parts.index.assets(visible_to(suite.principal).also(one_of))
    return {each.asset_id: each.source for each in there}


def _table(rows: Iterable[Drifted]) -> list[str]:
    told = [(each.what, each.before, each.now, each.distance, each.p, each.verdict) for each in rows]
    shown = [tuple("-" if cell is None else str(cell) for cell in row) for row in told]
    return columns([("figure", "before", "now", "distance", "p", "verdict"), *shown])
