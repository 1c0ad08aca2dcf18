"""Do the numbers and dates of a claim stand in the passage, and beside the same words?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundsight.computing.words import operations
from groundsight.grounding.align import Interval, Pair
from groundsight.language.bounds import ONE_SIDED
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import agrees, same_kind, spelled
from groundsight.language.stems import word_list
from groundsight.types import Reason

_FAMILY = {"months": "time"}
_LEAST = frozenset(("ge", "gt"))


@dataclass(frozen=True)
class Outcome:
    """What a check found: spans of the claim it settled, spans it could not find, and located conflicts."""

    settled: tuple[Interval, ...] = ()
    missing: tuple[Interval, ...] = ()
    conflicts: tuple[Reason, ...] = ()


def check_numbers(pair: Pair) -> Outcome:
    """Compare every number of the claim with those of the passage; captions never settle one."""
    settled: list[Interval] = []
    missing: list[Interval] = []
    conflicts: list[Reason] = []
    for wanted in pair.claim.quantities:
        given = pair.passage.facts.quantities
        twins = says(wanted, given, pair.passage.scales) or says_fallen(wanted, pair.claim, given)
        if wanted.high < 0 and speaks_of_less(pair.passage.facts):
            twins = twins or says(unsigned(wanted), given)
        twins = [one for one in twins if not _other_end(pair, wanted, one)]
        other = _mispaired(pair, wanted, twins) if twins else _rival(pair, wanted)
        if other:
            conflicts.append(_number_reason(pair, wanted, other))
        elif twins or _noun_says(pair, wanted) or _numbered(pair, wanted) or _around(pair, wanted):
            settled.append(wanted.span)
        else:
            missing.append(wanted.span)
    if pair.passage.channel == "caption":
        return Outcome((), tuple(settled + missing), tuple(conflicts))
    return Outcome(tuple(settled), tuple(missing), tuple(conflicts))


def says(wanted: Quantity, given: Sequence[Quantity], scales: Sequence[float] = ()) -> list[Quantity]:
    """Return the given quantities that say this number of the same kind of thing; a bare number is no share.

    Either end of a range says its number ("from 180 to 195"), and a bare number may have its unit elsewhere.
    """
    given = [one for one in given if one.kind or wanted.kind != "percent" or one.decimal] if not scales else given
    return [one for one in given if (_comparable(wanted, one) and _alike(wanted, one, scales)) or _bare(wanted, one)]


def says_fallen(wanted: Quantity, claim: Facts, given: Sequence[Quantity]) -> list[Quantity]:
    """Return the negative quantities that a claim words otherwise: fell by 2.5, overdrawn by 120, 430 m below sea."""
    if wanted.signed or wanted.low <= 0 or not speaks_of_less(claim):
        return []
    return [one for one in given if one.high < 0 and says(wanted, [unsigned(one)])]


def speaks_of_less(facts: Facts) -> bool:
    """True where a sentence says that something fell, is short or lies below."""
    return any(operations().get(word) == "less" for word in facts.all_words)


def unsigned(one: Quantity) -> Quantity:
    """Return a quantity without its sign."""
    low, high = sorted((abs(one.low), abs(one.high)))
    return replace(one, low=low, high=high)


def _alike(wanted: Quantity, one: Quantity, scales: Sequence[float]) -> bool:
    if agrees(wanted, one, scales):
        return True
    ends = (replace(one, low=end, high=end) for end in (one.low, one.high)) if one.low != one.high else ()
    return wanted.low == wanted.high and any(agrees(wanted, end, scales) for end in ends)


def _other_end(pair: Pair, wanted: Quantity, one: Quantity) -> bool:
    """ "To 60" beside "from 60 to 72": a change begins there."""
    mine, theirs = (_before(facts, each) for facts, each in ((pair.claim, wanted), (pair.passage.facts, one)))
    first = re.match(r"\D*([\d.,]*\d)", one.text)
    return (mine, theirs) == ("to", "from") and bool(first) and _digits(first[1]) == _digits(wanted.text)


def _before(facts: Facts, one: Quantity) -> str:
    """Return the word right before a number."""
    return facts.text[: one.span[0]].rstrip(" $€£").rpartition(" ")[2].casefold()


def _bare(wanted: Quantity, one: Quantity) -> bool:
    """ "90 instead of 60 days", "a child of 6" beside "a six-year-old"."""
    if one.kind or wanted.kind not in ("time", "months"):
        return False
    return abs(spelled(wanted) - one.low) <= 1e-6 * max(1.0, abs(one.low))


def _comparable(wanted: Quantity, one: Quantity) -> bool:
    if wanted.kind and one.kind:
        return same_kind(wanted, one)
    return same_kind(wanted, one) or bool(wanted.kind) != bool(one.kind)


def _rival(pair: Pair, wanted: Quantity) -> Quantity | None:
    """The number that stands in the wanted one's place: same kind or same digits, and unclaimed."""
    claimed = pair.claim.quantities
    free = [
        one
        for one in pair.passage.facts.quantities
        if not any(agrees(mine, one) and _comparable(mine, one) for mine in claimed)
    ]
    alike = [one for one in free if pair.passage.cell or _replaces(wanted, one)]
    near = [one for one in alike if pair.same_slot(wanted.span, one.span)]
    near.sort(key=lambda one: -len(pair.segment_words(one.span)))
    return next(iter(near or (alike if len(alike) == 1 else [])), None)


def _replaces(wanted: Quantity, one: Quantity) -> bool:
    if same_kind(wanted, one) or _family(wanted) == _family(one) != "":
        return True
    return bool(wanted.kind or one.kind) and _digits(wanted.text) == _digits(one.text) != ""


def _family(one: Quantity) -> str:
    return _FAMILY.get(one.kind, one.kind)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _mispaired(pair: Pair, wanted: Quantity, twins: list[Quantity]) -> Quantity | None:
    """Another number that stands beside the claim's words, while the equal one stands beside other words."""
    if pair.passage.cell or "respectively" in pair.passage.facts.all_words:
        return None
    others = [
        one
        for one in pair.passage.facts.quantities
        if one not in twins and same_kind(wanted, one) and not any(agrees(mine, one) for mine in pair.claim.quantities)
    ]
    return next((one for one in others if all(closer(pair, one.span, twin.span) for twin in twins)), None)


def closer(pair: Pair, other: Interval, twin: Interval) -> bool:
    """True when the claim's words stand by another figure than by that which says the claim's."""
    between = pair.passage.facts.text[min(other[1], twin[1]) : max(other[0], twin[0])]
    # What is said of 1 April and 1 May is said of both.
    if {*between.replace(",", " ").split()} <= word_list("range_words.txt"):
        return False
    theirs, mine = pair.segment_words(other, twin), pair.segment_words(twin, other)
    return bool(theirs - mine) and not mine - theirs


def _noun_says(pair: Pair, wanted: Quantity) -> bool:
    """A number word such as "second" that the passage writes the same way."""
    return wanted.text.casefold() in pair.passage.facts.text.casefold() and not wanted.text[0].isdigit()


def _numbered(pair: Pair, wanted: Quantity) -> bool:
    """The digits of an identifier, as "invoice 2041" for INV-2041."""
    ids = (one for facts in (pair.passage.facts, *pair.passage.context) for one in facts.ids)
    return (
        wanted.text.isdigit()
        and len(wanted.text) > 2
        and any(one.key[len(one.letters) :] == wanted.text for one in ids)
    )


def _around(pair: Pair, wanted: Quantity) -> bool:
    """The number stands in a neighbouring sentence, and this passage has none of its kind."""
    if any(_replaces(wanted, one) for one in pair.passage.facts.quantities):
        return False
    near = (one for facts in pair.passage.lent for one in facts.quantities)
    return any(wanted.kind == one.kind and wanted.noun == one.noun and agrees(wanted, one) for one in near)


def _number_reason(pair: Pair, wanted: Quantity, other: Quantity) -> Reason:
    opposed = {wanted.bound, other.bound} <= ONE_SIDED and (wanted.bound in _LEAST) != (other.bound in _LEAST)
    same = wanted.low == other.low and wanted.kind == other.kind and opposed
    code = "comparison_mismatch" if same else "number_mismatch"
    theirs = _shown(pair.passage.facts.text, other)
    message = f"{_shown(pair.claim.text, wanted)} in the answer, {theirs} in the source"
    return pair.reason(code, message, wanted.span, other.span)


def _shown(text: str, one: Quantity) -> str:
    """The number with the word that it counts or the words that bound it."""
    after = text[one.span[1] :].split(" ", 2)
    noun = f" {after[1].rstrip('.,;:')}" if one.noun and len(after) > 1 else ""
    bound = {"gt": "more than ", "lt": "less than ", "ge": "at least ", "le": "at most "}.get(one.bound, "")
    return f"{bound}{one.text.strip()}{noun}"
