"""What is compared with what: both sides of "A is larger than B" bound to the passage's comparison or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from groundsight.computing.words import degrees, said
from groundsight.evidence.passages import Passage
from groundsight.grounding.align import Interval, Pair
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import same_kind
from groundsight.types import Reason

# The new one; than it does this year.
_STANDING_IN = frozenset(("one", "ones", "do", "does", "did"))
_CUT = re.compile(r"[,;:()]|\b(?:and|but|while|whereas|against)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Compared:
    """A comparison at ``span``: the stems of what is more (``high``) or less, and of what it is compared with."""

    span: Interval
    end: str
    first: frozenset[str]
    second: frozenset[str]

    @property
    def more(self) -> tuple[frozenset[str], frozenset[str]]:
        """The side that has more, and the other."""
        return (self.first, self.second) if self.end == "high" else (self.second, self.first)


def check_compared(pair: Pair) -> Iterator[Reason]:
    """Return where the passage compares the other way round, or has numbers of both sides that do."""
    mine = _compared(pair.claim)
    if mine is None or pair.passage.cell:
        return
    theirs = _compared(pair.passage.facts)
    turned = theirs.span if theirs and _turned(mine, theirs) else _by_numbers(mine, pair.passage)
    if turned:
        yield pair.reason("role_mismatch", "compared the other way round in the source", mine.span, turned)


def same_comparison(pair: Pair) -> bool:
    """True when both sides compare the same two things with the same result, in whatever words."""
    mine, theirs = _compared(pair.claim), _compared(pair.passage.facts)
    if mine is None or theirs is None:
        return False
    (more, less), (much, little) = mine.more, theirs.more
    told = more & much and less & little and not (more & little or less & much)
    return bool(told) or _crossed(mine, theirs, same=False)


def _crossed(mine: Compared, theirs: Compared, *, same: bool) -> bool:
    """What stands behind "than" names a side alone: the western route is longer than the eastern, which is shorter.

    True where both name what the other speaks of, and go the same way, or not.
    """
    across = bool(mine.second and theirs.second) and mine.second <= theirs.first and theirs.second <= mine.first
    return across and (mine.end == theirs.end) == same


def _compared(facts: Facts) -> Compared | None:
    """Read "A is larger than B"; None where nothing is compared with "than"."""
    than = next((one for one in facts.tokens if one.word == "than"), None)
    if than is None:
        return None
    words = said(facts.text)
    found = [one for one in degrees(words) if one.degree.form == "comparative" and words[one.at].end <= than.start]
    if not found:
        return None
    place = words[found[-1].at]
    before, after = (_stems(facts, *ends) for ends in ((0, place.start), (than.end, len(facts.text))))
    return Compared((place.start, place.end), found[-1].degree.end, before - after, after - before)


def _stems(facts: Facts, start: int, end: int) -> frozenset[str]:
    told = (one for one in facts.tokens if one.content and one.word not in _STANDING_IN)
    return frozenset(one.stem for one in told if start <= one.start and one.end <= end)


def _turned(mine: Compared, theirs: Compared) -> bool:
    (more, less), (much, little) = mine.more, theirs.more
    return bool(more & little and less & much and not (more & much or less & little)) or _crossed(
        mine, theirs, same=True
    )


def _by_numbers(mine: Compared, passage: Passage) -> Interval | None:
    """The number of the side that is said to have less, where it is the larger of the two."""
    facts = passage.facts
    cuts = [found.start() for found in _CUT.finditer(facts.text)]
    more, less = (_numbers(facts, cuts, side, other) for side, other in permutations((mine.more[0], mine.more[1])))
    pairs = [(one, other) for one in more for other in less if same_kind(one, other) or not (one.kind or other.kind)]
    return pairs[0][1].span if pairs and all(one.high < other.low for one, other in pairs) else None


def _numbers(facts: Facts, cuts: Sequence[int], side: frozenset[str], other: frozenset[str]) -> list[Quantity]:
    """The numbers in whose clause one side is named and the other is not."""
    found: list[Quantity] = []
    for one in facts.quantities:
        start = max((cut for cut in cuts if cut <= one.span[0]), default=0)
        end = min((cut for cut in cuts if cut >= one.span[1]), default=len(facts.text))
        words = _stems(facts, start, end)
        if words & side and not words & other:
            found.append(one)
    return found
