"""One claim beside one passage: all checks, and the probability that they leave."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.calibrate import Calibration
from groundsight.grounding.checks_ids import check_ids
from groundsight.grounding.checks_names import check_names
from groundsight.grounding.checks_numbers import check_dates, check_numbers
from groundsight.grounding.checks_polarity import check_polarity
from groundsight.grounding.facts import Facts
from groundsight.grounding.passages import Passage
from groundsight.types import Reason

LOCATED = 0.6
_LONG = 8
_MOST_LOST = 6.0
SLOTS = frozenset({"number_mismatch", "date_mismatch", "name_mismatch"})


@dataclass(frozen=True)
class Comparison:
    """What the checks found. ``open`` are the claim's numbers, dates and names that stand nowhere here."""

    pair: Pair
    open: tuple[Interval, ...]
    settled: tuple[Interval, ...]
    conflicts: tuple[Reason, ...]
    passages: tuple[Passage, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict[str, float])
    probability: float = 0.0

    @property
    def supports(self) -> bool:
        """True when nothing conflicts and nothing that can be checked is left open."""
        return not self.conflicts and not self.open

    @property
    def identified(self) -> bool:
        """True when an identifier of the claim stands here."""
        return any(one.span in self.settled for one in self.pair.claim.ids)

    @property
    def of_another(self) -> bool:
        """True when the claim names an identifier that does not stand here: this speaks of another thing."""
        return any(one.span in self.open for one in self.pair.claim.ids)

    @property
    def tied(self) -> bool:
        """True when at least two of the claim's words, numbers, dates or names stand here or beside."""
        return len(self.pair.own) + len(self.pair.near) + len(self.settled) + len(self.conflicts) >= 2

    @property
    def located(self) -> bool:
        """True when a conflict lies beside enough of the claim's other words, or turns the statement round."""
        return any(one.code not in SLOTS for one in self.conflicts) or (bool(self.conflicts) and self.rest >= LOCATED)

    @property
    def needed(self) -> float:
        """How much else must agree before a conflict counts: more in long claims, most where only a name differs."""
        only_names = all(reason.code == "name_mismatch" for reason in self.conflicts)
        long = len(self.pair.claim.words) > _LONG
        return (0.95 if long else 0.85) if only_names else (0.8 if long else LOCATED)

    @property
    def rest(self) -> float:
        """Coverage of the claim without the conflicting stretches: how surely the same thing is meant."""
        spans = [(r.claim_span.start, r.claim_span.end) for r in self.conflicts if r.claim_span]
        return self.pair.coverage_without(spans)


def compare(claim: Facts, passage: Passage, calibration: Calibration) -> Comparison:
    """Run every check of a claim against one passage."""
    pair = Pair(claim, passage)
    numbers, dates, names, ids = check_numbers(pair), check_dates(pair), check_names(pair), check_ids(pair)
    conflicts = (*ids.conflicts, *numbers.conflicts, *dates.conflicts, *names.conflicts, *check_polarity(pair))
    missing = (*ids.missing, *numbers.missing, *dates.missing, *names.missing)
    settled = (*ids.settled, *numbers.settled, *dates.settled, *names.settled)
    return weighed(Comparison(pair, missing, settled, conflicts, (passage,)), calibration)


def weighed(found: Comparison, calibration: Calibration) -> Comparison:
    """Return the comparison with the probability that its features give."""
    features = measure(found)
    return replace(found, features=features, probability=calibration.probability(features))


def measure(found: Comparison) -> dict[str, float]:
    """Return the features of the model by name."""
    pair = found.pair
    total = sum(token.weight for token in pair.claim.words)
    own, near = pair.own_coverage_without(()), sum(token.weight for token in pair.near)
    return {
        **details(pair.claim, found.open, found.settled),
        **coverage(own, own + (near / total if total else 0.0), total),
        "conflict": float(bool(found.conflicts)),
        "cell": float(pair.passage.cell or pair.passage.row),
    }


def coverage(own: float, window: float, total: float) -> dict[str, float]:
    """Return the shares said by a passage and with what lies around it, and the weight that stays unsaid."""
    return {"own": own, "window": window, "lost": min(total * (1 - window), _MOST_LOST)}


def details(claim: Facts, opened: Sequence[Interval], settled: Sequence[Interval]) -> dict[str, float]:
    """Count what can be checked: names that stand nowhere, figures that stand nowhere, and what was found."""
    names = {one.span for one in (*claim.names, *claim.ids)}
    missed = len(names & set(opened))
    return {
        "open_names": math.log1p(missed),
        "open_figures": math.log1p(len(set(opened)) - missed),
        "settled": math.log1p(len(set(settled))),
    }
