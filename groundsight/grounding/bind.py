"""A claim bound to the passages that say most of it: located conflicts, slots left open, and what both share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from groundsight.evidence.passages import Passage
from groundsight.grounding.align import TELLING, Interval
from groundsight.grounding.checks_binding import changed_word
from groundsight.grounding.checks_numbers import says
from groundsight.grounding.checks_polarity import denies
from groundsight.grounding.compare import Comparison, span_of
from groundsight.grounding.held import Held
from groundsight.grounding.left_open import COUNTED, EXACT, lacks, left_open, says_no_more
from groundsight.grounding.reckon import reckons
from groundsight.language.dates import agree
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.tokens import UNTICKED, Token
from groundsight.types import Reason

FEATURES = ("best", "window", "lost", "absent", "elsewhere", "doubts", "denial")
_MOST = 3
_AS_MUCH = 0.1
_LOCATED = 0.6
# Share of the claim's other words below which a conflict is wrong more often than once in ten (evals/written/train).
_NEEDED = {
    "name_mismatch": 0.97,
    "negation_flip": 0.8,
    "antonym": 0.68,
    "date_mismatch": 0.8,
    "number_mismatch": 0.6,
    "comparison_mismatch": 0.4,
}
_MOST_LOST = 6.0


@dataclass(frozen=True)
class Bound:
    """One claim and the passages chosen for it, the best first.

    ``conflicts`` are located in the same slot of the same subject; ``open`` name what nothing says. Either refuses
    the claim. ``features`` are what an arbiter weighs where neither does, by the names of ``FEATURES``.
    """

    claim: Facts
    chosen: tuple[Comparison, ...] = ()
    conflicts: tuple[Reason, ...] = ()
    open: tuple[Reason, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def is_changed_copy(self) -> bool:
        """True for a copy of the best passage with one other word, which that does not license."""
        return bool(self.chosen) and changed_word(self.chosen[0].pair) is not None

    @property
    def as_written(self) -> str:
        """The claim with its numbers and dates as the chosen passages write them."""
        text = self.claim.text
        for span, said in sorted(self._said_as(), reverse=True):
            text = text[: span[0]] + said + text[span[1] :]
        return text

    def _said_as(self) -> Iterator[tuple[Interval, str]]:
        """The first number or date that says each of the claim's."""
        for one in self.claim.quantities:
            twins = (twin for each in self.passages for twin in says(one, each.facts.quantities, each.scales))
            yield from ((one.span, twin.text) for twin in islice(twins, 1))
        for one in self.claim.moments:
            dates = (date for each in self.passages for date in each.facts.moments if agree(one, (date,)))
            yield from ((one.span, date.text) for date in islice(dates, 1))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The chosen passages, the best first."""
        return tuple(one.passage for one in self.chosen)


def bind(claim: Facts, found: Sequence[Comparison], held: Held) -> Bound:
    """Choose the passages that say most of a claim, and find what they deny and what is said nowhere."""
    ranked = sorted((one for one in found if not one.passage.asks), key=_rank)
    chosen = _window(ranked)
    conflicts = tuple(_conflicts(chosen, ranked, held))
    absent = left_open(claim, chosen, ranked, held)
    return Bound(claim, chosen, conflicts, absent, _features(claim, chosen, ranked, held, conflicts))


def _rank(one: Comparison) -> tuple[float, ...]:
    start, end = one.passage.span
    return float(one.passage.channel == "caption"), -round(one.rest, 3), -len(one.settled), end - start, start


def _window(ranked: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The best passage, and those close by that add words or slots of the claim; never a second row."""
    chosen = list(ranked[:1])
    while chosen and len(chosen) < _MOST:
        said: set[Token | Interval] = {t for one in chosen for t in (*one.pair.own, *one.settled)}
        near = [one for one in ranked if one not in chosen and _joins(one, chosen[0].passage)]
        best = max(near, key=lambda one: _added(one, said), default=None)
        if best is None or not _added(best, said):
            break
        chosen.append(best)
    return tuple(chosen)


def _joins(other: Comparison, first: Passage) -> bool:
    """Other days and points of which the claim does not speak lend it nothing."""
    one = other.passage
    if one.ticked is not None and not _says_all(other):
        return False
    if one.evidence is first.evidence and one.channel == first.channel and _parted(one, first):
        return False
    if one.channel == "caption" or (one.tabular and first.tabular):
        return one.tabular and first.tabular and one.evidence is first.evidence and one.span == first.span
    return True


def _parted(one: Passage, other: Passage) -> bool:
    """A heading lends its words to what stands below it, and to no other section; nor does one day to another."""
    if one.day and other.day and one.day != other.day:
        return True
    heads = (each.at for each in (one, other) if each.is_heading)
    return any(at not in each.under for at in heads for each in (one, other))


def _added(one: Comparison, said: set[Token | Interval]) -> float:
    return sum(t.weight for t in one.pair.own if t not in said) + len(set(one.settled) - said)


def _conflicts(chosen: Sequence[Comparison], ranked: Sequence[Comparison], held: Held) -> Iterator[Reason]:
    """The conflicts of the best passage, unless another that says as much of the claim settles the same words."""
    best = next(iter(ranked), None)
    said = [reason for one in chosen[1:] for reason in one.conflicts if _whole_clause(one, reason)]
    yield from said
    for one in (one for one in ranked if best and (one in chosen or _as_near(one, best))):
        yield from (reason for reason in one.conflicts if _unticked(one, reason) and reason not in said)
    if best is None or best.of_another or best.passage.channel == "caption":
        return
    # "Included in the rent" heads a point that is not ticked.
    denied = best.pair.claim.negations and any(one.passage.ticked is False and _says_all(one) for one in ranked)
    rivals = [one for one in ranked[1:] if one.rest >= best.rest - _AS_MUCH and not one.conflicts]
    settled = {span for one in rivals for span in one.settled}
    for reason in best.conflicts:
        sure = best.rest >= _NEEDED.get(reason.code, _LOCATED) or _whole_clause(best, reason)
        sure = sure and span_of(reason) not in settled and not (reason.code == "negation_flip" and denied)
        if sure and not (reason.code == "number_mismatch" and _follows(best, reason, held)):
            yield reason


def _whole_clause(best: Comparison, reason: Reason) -> bool:
    """A clause of a longer claim that denies what this passage says in all its words."""
    span = span_of(reason)
    words = best.pair.clause_of(span) if span and reason.code == "negation_flip" else ()
    return len(words) > 1 and all(token in best.pair.own for token in words)


def _as_near(one: Comparison, best: Comparison) -> bool:
    """Of the same evidence, with every word of the claim that the best one says."""
    return one.passage.evidence is best.passage.evidence and {*one.pair.own} >= {*best.pair.own}


def _unticked(one: Comparison, reason: Reason) -> bool:
    """The box or the no of a point that the claim says in all its words denies, however little else it says."""
    boxed = reason.evidence is not None and reason.evidence.text in UNTICKED
    return reason.code == "negation_flip" and (boxed or (one.passage.ticked is False and _says_all(one)))


def _says_all(one: Comparison) -> bool:
    """The claim says every word of the passage."""
    telling = [token for token in one.passage.facts.words if token.weight >= TELLING]
    return bool(telling) and all(token.keys & one.pair.claim.keys for token in telling)


def _follows(best: Comparison, reason: Reason, held: Held) -> bool:
    """The number in dispute may be reckoned from the evidence, where the claim speaks of reckoning, or be a count.

    A sentence of the source with another number in its place is no reckoning: "up to 72 hours before" beside 24 and 48.
    """
    claim = best.pair.claim
    wanted = next((one for one in claim.quantities if one.span == span_of(reason)), None)
    given = best.passage.facts.quantities
    if wanted is None or (_counted(wanted) and not any(one.low == -wanted.low < 0 for one in given)):
        return wanted is not None
    return reckons(claim) and not _recopied(best) and held.yields(wanted, claim)


def _recopied(best: Comparison) -> bool:
    """True when claim and passage say the same but for what is in conflict."""
    disputed = [span for reason in best.conflicts if (span := span_of(reason))]
    return best.pair.own_coverage_without(disputed) >= EXACT and says_no_more(best)


def _counted(one: Quantity) -> bool:
    """A small count in a word is worked out as often as it is false (of 202 in 90)."""
    return not one.kind and one.low == one.high <= COUNTED and one.text[:1].isalpha()


def _said(claim: Facts, some: Sequence[Comparison]) -> tuple[float, float]:
    """The weight of the claim's words and figures that these passages say themselves, and that of all of them."""
    figures = {one.span for one in (*claim.quantities, *claim.moments)}
    words = sum(t.weight for t in {t for one in some for t in one.pair.own})
    settled = figures & {span for one in some for span in one.settled}
    return words + len(settled), sum(token.weight for token in claim.words) + len(figures)


def _features(
    claim: Facts, chosen: Sequence[Comparison], ranked: Sequence[Comparison], held: Held, upheld: Sequence[Reason]
) -> dict[str, float]:
    if not chosen:
        return dict.fromkeys(FEATURES, 0.0)
    (best, total), (window, _) = _said(claim, chosen[:1]), _said(claim, chosen)
    every, here = ({span for one in some for span in one.settled} for some in (ranked, chosen))
    absent = [t for t in claim.words if t.weight >= TELLING and not t.keys & held.keys]
    numbers = [one for one in claim.quantities if lacks(one, claim, held)]
    return {
        "best": best / total if total else 1.0,
        "window": window / total if total else 1.0,
        "lost": min(total - window, _MOST_LOST),
        "absent": math.log1p(len(absent) + len(numbers)),
        "elsewhere": math.log1p(len(every - here)),
        "doubts": math.log1p(len({one.code for one in chosen[0].conflicts} - {one.code for one in upheld})),
        "denial": float(denies(claim) != denies(chosen[0].passage.facts)),
    }
