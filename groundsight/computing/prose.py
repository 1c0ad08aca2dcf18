"""Sums and differences of numbers of prose that yield what a free sentence states."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from groundsight.computing.stated import cues_of
from groundsight.computing.tabular import Found
from groundsight.computing.words import Said, akin, alike, degree, degrees, operations, said
from groundsight.evidence.grids import number_shown
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import agrees
from groundsight.language.units import factor_of
from groundsight.types.computed import Computation, Operand, Operation

NEAREST = 12
COVERED = 0.35
READ = 0.5
SMALL = 10
_AGAINST = ("than", "compared", "that")
_LESS = frozenset(("more", "less", "rest", "difference"))


class _Value(NamedTuple):
    """A number with the passage that gives it."""

    passage: Passage
    number: Quantity

    @property
    def operand(self) -> Operand:
        """The value as its passage writes it."""
        return Operand(shown=self.number.text, quote=self.passage.quote())


def in_prose(facts: Facts, index: PassageIndex) -> Found | None:
    """Find the two values whose sum or difference is the number that a sentence states; None where none is.

    The sentence has to say so by a word of operation or of degree, both values stand in passages that share its words,
    and together these say enough of what it says. Who has more of two has to be told apart.
    """
    cues = _cues(facts)
    passages = index.closest(facts, NEAREST) if cues and facts.quantities else []
    for value in facts.quantities:
        plainly = value.bound in ("exact", "sure", "about") and value.low and value.kind != "ordinal"
        if not plainly or plain(facts, value, passages):
            continue
        for operation, first, second in _pairs(value, cues, passages):
            if _told(facts, value, (first, second)) and (operation == "sum" or _way(facts, cues, first, second)):
                return _found(operation, value, first, second)
    return None


def _cues(facts: Facts) -> frozenset[str]:
    """What the words of a sentence allow: sum, more, less, rest, difference."""
    words = said(facts.text)
    compared = {one.degree.end for one in degrees(words) if one.degree.form == "comparative"}
    ways = {"more" if end == "high" else "less" for end in compared}
    return frozenset({*cues_of(words), *ways, *(("rest",) if facts.negations else ())})


def plain(facts: Facts, value: Quantity, passages: Sequence[Passage]) -> bool:
    """A number that stands in a passage about the same is read there and not worked out."""
    given = [passage for passage in passages if any(agrees(value, one) for one in passage.facts.quantities)]
    return any(_share(facts, [passage]) >= READ for passage in given)


def _pairs(
    value: Quantity, cues: frozenset[str], passages: Sequence[Passage]
) -> Iterator[tuple[Operation, _Value, _Value]]:
    """Yield the pairs of numbers that give the value, the higher one first."""
    numbers = [
        _Value(passage, one)
        for passage in passages
        for one in passage.facts.quantities
        if one.low == one.high and one.low and one.kind in (value.kind, "")
    ]
    for pair in combinations(numbers, 2):
        first, second = sorted(pair, key=lambda each: -each.number.low)
        one, other = first.number, second.number
        if one.kind != other.kind or (first.passage is second.passage and one.span == other.span):
            continue
        if "sum" in cues and _is(value, one.low + other.low, max(one.step, other.step)):
            yield "sum", first, second
        if cues & _LESS and one.low > other.low and _is(value, one.low - other.low, max(one.step, other.step)):
            yield "difference", first, second


def _is(value: Quantity, result: float, step: float) -> bool:
    return agrees(value, replace(value, low=result, high=result, bound="exact", step=step, denied=False))


def _told(facts: Facts, value: Quantity, values: tuple[_Value, _Value]) -> bool:
    """Both passages share words with the sentence and say enough of it, and every other number of it stands there."""
    passages = [one.passage for one in values]
    if _share(facts, passages) < COVERED:
        return False
    given = [one for passage in passages for one in passage.facts.quantities]
    others = [one for one in facts.quantities if one is not value and one.low != len(values)]
    if not all(any(agrees(one, each) for each in given) for one in others):
        return False
    return bool(value.kind) or value.low >= SMALL or _counts(facts, value, passages)


def _counts(facts: Facts, value: Quantity, passages: Sequence[Passage]) -> bool:
    """A small number is the difference of two others by chance: what it counts has to be named in both passages."""
    behind = [one.stem for one in _words(facts) if one.start >= value.span[1]][:2]
    return bool(behind) and any(all(_says(passage, one) for passage in passages) for one in behind)


def _says(passage: Passage, word: str) -> bool:
    around = (said(facts.text) for facts in passage.context)
    return any(_near(word, one.stem) for each in (said(passage.shown), *around) for one in each)


def _share(facts: Facts, passages: Sequence[Passage]) -> float:
    """How many of the words of a sentence some passages say, those of operations and numbers left out."""
    words = _words(facts)
    return sum(any(_says(passage, one.stem) for passage in passages) for one in words) / max(1, len(words))


def _words(facts: Facts) -> list[Said]:
    taken = [each.span for each in facts.quantities]
    return [
        one
        for one in said(facts.text)
        if not one.small and not degree(one.text) and one.text.casefold() not in operations()
        and not any(start <= one.start < end for start, end in taken)
    ]  # fmt: skip


def _near(word: str, one: str) -> bool:
    return akin(word, one) or word in alike(one)


def _way(facts: Facts, cues: frozenset[str], high: _Value, low: _Value) -> bool:
    """True where the higher value belongs to what is said to have more; "than" parts the two sides, where there is one.

    The other way round is no contradiction: 6 of 8 sentences that were turned round by a word were true.
    """
    than = next((one.start for one in said(facts.text) if one.text.casefold() in _AGAINST), 0)
    if not than or not cues & {"more", "less"}:
        return True
    first = [one.stem for one in _words(facts) if one.start < than]
    second = [one.stem for one in _words(facts) if one.start > than]
    near_high, near_low = _beside(high, low), _beside(low, high)
    straight = _shared(first, near_high) + _shared(second, near_low)
    turned = _shared(first, near_low) + _shared(second, near_high)
    more = 1 if "more" in cues and "less" not in cues else -1
    return more * (straight - turned) > 0


def _shared(words: Sequence[str], others: Sequence[str]) -> int:
    return sum(any(_near(word, one) for one in others) for word in words)


def _beside(mine: _Value, other: _Value) -> list[str]:
    """The words of a passage that stand nearer to one value than to the other."""
    words = [one for one in said(mine.passage.facts.text) if not one.small]
    if mine.passage is not other.passage:
        return [one.stem for one in words]
    here, there = mine.number.span[0], other.number.span[0]
    return [one.stem for one in words if abs(one.start - here) < abs(one.start - there)]


def _found(operation: Operation, value: Quantity, first: _Value, second: _Value) -> Found:
    low = first.number.low + second.number.low if operation == "sum" else first.number.low - second.number.low
    made = Computation(
        operation=operation,
        source=first.passage.evidence.source,
        operands=(first.operand, second.operand),
        result=_shown(low, first.number),
    )
    return Found(made, True, value.span)


def _shown(value: float, like: Quantity) -> str:
    """Write a result in the unit of an operand, as it is written there."""
    factor = factor_of(like.unit) if like.unit else 1.0
    unit = re.sub(r"[\d.,'\s\u00a0\u202f]+", "", like.text) if like.kind else ""
    return f"{number_shown(round(Decimal(str(value / factor)), 4))} {unit}".strip()
