"""One claim beside one passage, or beside several that complete each other: all checks, one probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.calibrate import FEATURES, Calibration
from groundsight.grounding.checks_ids import check_ids
from groundsight.grounding.checks_names import check_names
from groundsight.grounding.checks_numbers import check_dates, check_numbers
from groundsight.grounding.checks_polarity import check_polarity
from groundsight.grounding.facts import Facts
from groundsight.grounding.passages import Passage
from groundsight.grounding.tokens import Token
from groundsight.types import Reason

LOCATED = 0.6
_SHORT = 6
_SLOTS = frozenset({"number_mismatch", "date_mismatch", "name_mismatch"})


@dataclass(frozen=True)
class Comparison:
    """What the checks found. ``open`` are the claim's numbers, dates and names that stand nowhere here."""

    pair: Pair
    open: tuple[Interval, ...]
    settled: tuple[Interval, ...]
    conflicts: tuple[Reason, ...]
    probability: float
    passages: tuple[Passage, ...] = ()

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
    def located(self) -> bool:
        """True when a conflict lies beside enough of the claim's other words, or turns the statement round."""
        return any(one.code not in _SLOTS for one in self.conflicts) or (bool(self.conflicts) and self.rest >= LOCATED)

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
    counts = len(numbers.settled), len(numbers.missing), len(dates.missing), len(names.missing)
    found = Comparison(pair, missing, settled, conflicts, 0.0, (passage,))
    return replace(found, probability=calibration.probability(measure(found, counts)))


def measure(found: Comparison, counts: tuple[int, int, int, int]) -> dict[str, float]:
    """Return the features of the model by name."""
    pair = found.pair
    total = sum(token.weight for token in pair.claim.words) or 1.0
    lost = sum(token.weight for token in pair.missing)
    passage = pair.passage
    values = (
        pair.coverage,
        pair.own_coverage_without(()),
        float(pair.coverage > 0.99),
        min(lost, 6.0) / 6.0,
        lost / total,
        sum(token.weight for token in pair.near) / total,
        _shared_pairs(pair),
        *(min(3.0, float(count)) for count in counts),
        float(bool(found.conflicts)),
        float(passage.channel == "ocr"),
        float(passage.channel == "caption"),
        float(passage.cell or passage.row),
        math.log1p(len(pair.claim.words)),
        min(1.0, max(0.0, len(passage.facts.words) - len(pair.own)) / 20),
        0.0,
        0.0,
    )
    return dict(zip(FEATURES, values, strict=True))


def join(claim: Facts, found: Sequence[Comparison], calibration: Calibration) -> Comparison | None:
    """Let passages that each say a good part, and contradict nothing, support a claim together."""
    groups = _of_one_thing(claim, [one for one in found if not one.located])
    joined = [_joined(claim, group, calibration) for group in groups if len(group) > 1]
    return max(joined, key=lambda one: (one.supports, one.probability), default=None)


def _joined(claim: Facts, parts: Sequence[Comparison], calibration: Calibration) -> Comparison:
    wanted = {one.span for one in (*claim.ids, *claim.quantities, *claim.moments, *(n for n in claim.names if n.sure))}
    chosen = _cover(parts)
    settled = {span for one in chosen for span in one.settled}
    said = {token for one in chosen for token in one.pair.own}
    total = sum(token.weight for token in claim.words) or 1.0
    share = sum(token.weight for token in said) / total
    values = dict.fromkeys(FEATURES, 0.0) | {
        "coverage": share,
        "own_coverage": share,
        "full_coverage": float(share > 0.99),
        "missing_words": min(total * (1 - share), 6.0) / 6.0,
        "missing_share": 1 - share,
        "claim_words": math.log1p(len(claim.words)),
        "names_missing": min(3.0, float(len(wanted - settled))),
        "joined": 1.0,
        "spread": min(1.0, max(0.0, (len(claim.words) - _SHORT) / _SHORT)),
    }
    passages = tuple(passage for one in chosen for passage in one.passages)
    probability = calibration.probability(values)
    return Comparison(chosen[0].pair, tuple(wanted - settled), tuple(settled), (), probability, passages)


def _of_one_thing(claim: Facts, parts: Sequence[Comparison]) -> list[list[Comparison]]:
    """Group the parts that hang together by the identifiers of the claim; without any they are one group."""
    wanted = {one.span for one in claim.ids}
    if not wanted:
        return [list(parts)]
    groups: list[tuple[set[Interval], list[Comparison]]] = []
    for one in parts:
        held, members = wanted & set(one.settled), [one]
        if not held:
            continue
        for group in [each for each in groups if each[0] & held]:
            groups.remove(group)
            held, members = held | group[0], [*group[1], *members]
        groups.append((held, members))
    return [members for _, members in groups]


def _cover(parts: Sequence[Comparison]) -> list[Comparison]:
    """Choose, each time the passage that adds most words, numbers, dates or names."""
    chosen: list[Comparison] = []
    said: set[Token | Interval] = set()
    rest = sorted(parts, key=lambda c: (c.pair.passage.span, c.pair.passage.evidence.evidence_id))
    while rest:
        best = max(rest, key=lambda one: (_added(one, said), one.pair.own_coverage_without(())))
        if chosen and not _added(best, said):
            break
        chosen.append(best)
        rest.remove(best)
        said |= {*best.pair.own, *best.settled}
    return chosen


def _added(one: Comparison, said: set[Token | Interval]) -> float:
    return sum(t.weight for t in one.pair.own if t not in said) + len(set(one.settled) - said)


def _shared_pairs(pair: Pair) -> float:
    """Share of the claim's neighbouring words that are neighbours in the passage too."""
    words = pair.passage.facts.words
    theirs = {(a, b) for one, other in pairwise(words) for a in one.keys for b in other.keys}
    mine = list(pairwise(pair.claim.words))
    if not mine:
        return 0.0
    return sum(any((a, b) in theirs for a in one.keys for b in other.keys) for one, other in mine) / len(mine)
