"""One claim beside one passage: all checks, and the probability that they leave."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from groundsight.grounding.align import Interval, Pair, another_subject
from groundsight.grounding.calibrate import Calibration
from groundsight.grounding.checks_ids import check_ids
from groundsight.grounding.checks_names import check_names
from groundsight.grounding.checks_numbers import check_dates, check_numbers
from groundsight.grounding.checks_polarity import check_negations, check_polarity
from groundsight.grounding.facts import Facts
from groundsight.grounding.passages import Passage
from groundsight.grounding.signs import check_signs
from groundsight.types import Reason

LOCATED = 0.6
_SUPERLATIVE = re.compile(
    r"(?<!\bat\s)\b(?:most|least|fewest|best|worst|(?:high|low|long|short|larg|small|bigg|old|young|new|lat|earli|cheap|dear|"
    r"fast|slow|heavi|light|tall|deep|wid|great|warm|cold|busi|near|farth)est)\b",
    re.IGNORECASE,
)
_LONG = 8
_MOST_LOST = 6.0
SLOTS = frozenset({"number_mismatch", "date_mismatch", "name_mismatch"})


@dataclass(frozen=True)
class Comparison:
    """What the checks found. ``open`` are the claim's numbers, dates and names that stand nowhere here.

    ``filled`` are those of them in whose place this passage has another, without enough else in common to be sure.
    """

    pair: Pair
    open: tuple[Interval, ...]
    settled: tuple[Interval, ...]
    conflicts: tuple[Reason, ...]
    passages: tuple[Passage, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict[str, float])
    probability: float = 0.0
    filled: tuple[Interval, ...] = ()

    @property
    def supports(self) -> bool:
        """True when nothing conflicts, nothing that can be checked is left open, and the passage states something."""
        settled = not self.conflicts and not self.open
        stated = not self.pair.passage.asks and not self.needs_rows and not self.of_other_figures
        return settled and stated

    @property
    def of_other_figures(self) -> bool:
        """True when a sentence opens with something else: its numbers and dates are those of that."""
        pair = self.pair
        here = pair.passage.is_sentence and bool(figures(pair.claim) & {*self.settled})
        return here and another_subject(pair.claim, pair.passage.facts)

    @property
    def names_only(self) -> bool:
        """True when a sentence says nothing of the claim but its names: what is said of them stands around it."""
        claim = self.pair.claim
        told = [t for t in claim.words if not any(n.span[0] <= t.start and t.end <= n.span[1] for n in claim.names)]
        return not self.pair.passage.tabular and bool(told) and not {*told} & {*self.pair.own}

    @property
    def needs_rows(self) -> bool:
        """True when a claim compares, and the passage is one row: only a computation over rows says that."""
        claim, bounded = self.pair.claim, any(one.bound in ("gt", "lt") for one in self.pair.claim.quantities)
        said = self.pair.passage.facts.all_words
        best = any(found.casefold() not in said for found in _SUPERLATIVE.findall(claim.text))
        return self.pair.passage.tabular and (best or (not bounded and "than" in claim.all_words))

    @property
    def joined(self) -> bool:
        """True when several passages were taken as one."""
        return bool(self.features.get("joined"))

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


def figures(claim: Facts) -> frozenset[Interval]:
    """Return where the numbers and dates of a claim stand."""
    return frozenset(one.span for one in (*claim.quantities, *claim.moments))


def compare(claim: Facts, passage: Passage, calibration: Calibration) -> Comparison:
    """Run every check of a claim against one passage."""
    pair = Pair(claim, passage)
    numbers, dates, names, ids = check_numbers(pair), check_dates(pair), check_names(pair), check_ids(pair)
    slots = (*ids.conflicts, *numbers.conflicts, *dates.conflicts, *names.conflicts)
    conflicts = (*slots, *check_polarity(pair), *(() if slots else check_signs(pair)))
    every = (ids, numbers, dates, names, check_negations(pair))
    missing = tuple(span for one in every for span in one.missing)
    settled = tuple(span for one in every for span in one.settled)
    return weighed(Comparison(pair, missing, settled, conflicts, (passage,)), calibration)


def weighed(found: Comparison, calibration: Calibration, absent: Sequence[Interval] | None = None) -> Comparison:
    """Return the comparison with its probability; of what is open, ``absent`` stands in no passage at all."""
    features = measure(found, found.open if absent is None else absent)
    return replace(found, features=features, probability=calibration.probability(features))


def measure(found: Comparison, absent: Sequence[Interval]) -> dict[str, float]:
    """Return the features of the model by name."""
    pair = found.pair
    total = sum(token.weight for token in pair.claim.words)
    own, near = pair.own_coverage_without(()), sum(token.weight for token in pair.near)
    return {
        **details(pair.claim, absent, found.settled),
        **coverage(own + (near / total if total else 0.0), total),
        "conflict": float(bool(found.conflicts)),
    }


def coverage(window: float, total: float) -> dict[str, float]:
    """Return the share said by a passage with what lies around it, and the weight that stays unsaid."""
    return {"window": window, "lost": min(total * (1 - window), _MOST_LOST)}


def details(claim: Facts, absent: Sequence[Interval], settled: Sequence[Interval]) -> dict[str, float]:
    """Count what can be checked: names that stand nowhere, figures that stand nowhere, and what was found."""
    names = {one.span for one in (*claim.names, *claim.ids)}
    missed = len(names & set(absent))
    return {
        "open_names": math.log1p(missed),
        "open_figures": math.log1p(len(set(absent)) - missed),
        "settled": math.log1p(len(set(settled))),
    }
