"""One claim beside one passage: what every check of a slot finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from groundsight.evidence.passages import Passage
from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_binding import check_binding
from groundsight.grounding.checks_dates import check_dates
from groundsight.grounding.checks_ids import check_ids
from groundsight.grounding.checks_manner import check_manner
from groundsight.grounding.checks_names import check_names
from groundsight.grounding.checks_numbers import check_numbers
from groundsight.grounding.checks_polarity import check_polarity
from groundsight.grounding.checks_relations import check_relations
from groundsight.grounding.signs import check_signs
from groundsight.language.facts import Facts
from groundsight.types import Reason

# No conflict counts below .6 of the claim's other words.
_MEANT = 0.5


@dataclass(frozen=True)
class Comparison:
    """``settled`` and ``open`` are the claim's numbers, dates, names and identifiers that stand here or do not."""

    pair: Pair
    settled: tuple[Interval, ...]
    open: tuple[Interval, ...]
    conflicts: tuple[Reason, ...]

    @property
    def passage(self) -> Passage:
        """The passage of this comparison."""
        return self.pair.passage

    @property
    def of_another(self) -> bool:
        """True when the claim names an identifier that does not stand here: this speaks of another thing."""
        return any(one.span in self.open for one in self.pair.claim.ids)

    @cached_property
    def rest(self) -> float:
        """Coverage of the claim without the conflicting stretches: how surely the same thing is meant."""
        spans = [span for reason in self.conflicts if (span := span_of(reason))]
        return self.pair.coverage_without(spans)


def compare(claim: Facts, passage: Passage) -> Comparison:
    """Run every check of a claim against one passage; those of its manner only where it may be what is meant."""
    pair = Pair(claim, passage)
    numbers, dates, names, ids = check_numbers(pair), check_dates(pair), check_names(pair), check_ids(pair)
    every = (ids, numbers, dates, names)
    conflicts = tuple(one for each in every for one in each.conflicts)
    disputed = [span for reason in conflicts if (span := span_of(reason))]
    if pair.coverage_without(disputed) >= _MEANT:
        further = (*check_polarity(pair), *check_manner(pair), *check_binding(pair), *check_relations(pair))
        conflicts = (*conflicts, *further, *(() if conflicts else check_signs(pair)))
    settled = tuple(span for one in every for span in one.settled)
    return Comparison(pair, settled, tuple(span for one in every for span in one.missing), conflicts)


def span_of(reason: Reason) -> Interval | None:
    """Return where in the claim a reason lies."""
    return (reason.claim_span.start, reason.claim_span.end) if reason.claim_span else None
