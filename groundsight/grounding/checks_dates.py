"""Do the dates and times of a claim stand in the passage, on the same side and beside the same words?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_numbers import Outcome, closer
from groundsight.language.dates import Moment, agree, clash
from groundsight.language.facts import Facts
from groundsight.language.stems import lexicon_rows
from groundsight.types import Reason

_BOUND = re.compile(r"\b(before|until|after|since)\s+$", re.IGNORECASE)
_REACH = 28
_RANGE = re.compile(r"\s?(?:-|–|—|to|until|bis)\s?")
_WORKING, _WEEK = 5, (frozenset({"weekday", "weekdays", "workdays"}), frozenset({"weekend", "weekends"}))


def check_dates(pair: Pair) -> Outcome:
    """Compare every date and time of the claim with those of the passage; a year may come from around it."""
    own = pair.passage.facts.moments
    held = tuple(moment for facts in pair.passage.lent for moment in facts.moments)
    settled: list[Interval] = []
    missing: list[Interval] = []
    conflicts: list[Reason] = []
    for wanted in pair.claim.moments:
        excepted = pair.excepted(wanted)
        if agree(wanted, own, (*held, *own)):
            other = _mispaired_date(pair, wanted, own) or _other_side(pair, wanted, own)
            conflicts += [_date_reason(pair, wanted, other)] if other else []
            settled += [] if other else [wanted.span]
        elif _bounds(pair, wanted, own) or says_time(wanted, pair.passage.facts) or (excepted and pair.is_opposed):
            settled.append(wanted.span)
        elif other := excepted or _clashing(pair, wanted, own):
            conflicts.append(_date_reason(pair, wanted, other))
        elif agree(wanted, held):
            settled.append(wanted.span)
        else:
            missing.append(wanted.span)
    return Outcome(tuple(settled), tuple(missing), tuple(conflicts))


def _bounds(pair: Pair, wanted: Moment, own: tuple[Moment, ...]) -> bool:
    """What was built in 1994 was built before 1995: the only year of the passage lies on the side that is said."""
    said = _BOUND.search(pair.claim.text[: wanted.span[0]])
    years = {one.year for one in own}
    if said is None or len(years) != 1 or wanted.year is None or (year := years.pop()) is None:
        return False
    return year < wanted.year if said[1].casefold() in ("before", "until") else year > wanted.year


def says_time(wanted: Moment, facts: Facts) -> bool:
    """True where a bare 10.15 says a quarter past ten, and "weekdays" Monday."""
    if wanted.weekday and not (wanted.day or wanted.hour):
        return bool(_WEEK[wanted.weekday > _WORKING] & facts.all_words)
    written = {f"{hour}.{wanted.minute:02}" for hour in _hours(wanted)} if wanted.minute is not None else set[str]()
    return any(not one.kind and one.text.lstrip("0") in written for one in facts.quantities)


def _hours(wanted: Moment) -> Iterator[int]:
    if wanted.hour is not None:
        yield wanted.hour
        yield from ((wanted.hour + 12) % 24,) if wanted.loose else ()


def _mispaired_date(pair: Pair, wanted: Moment, own: tuple[Moment, ...]) -> Moment | None:
    twins, side = [one for one in own if agree(wanted, (one,), own)], _side(pair.claim, wanted)
    same = side and any(_side(pair.passage.facts, one) == side for one in twins)
    if not twins or same or "respectively" in pair.passage.facts.all_words:
        return None
    others = [one for one in own if clash(wanted, one) and not any(agree(mine, (one,)) for mine in pair.claim.moments)]
    return next((one for one in others if all(closer(pair, one.span, twin.span) for twin in twins)), None)


def _other_side(pair: Pair, wanted: Moment, own: Sequence[Moment]) -> Moment | None:
    """The same date on its other side: valid until 3 May, valid from 3 May."""
    twins = [one for one in own if agree(wanted, (one,), own)]
    mine, theirs = _side(pair.claim, wanted), {_side(pair.passage.facts, one) for one in twins}
    denied = bool(pair.claim.negations) != bool(pair.passage.facts.negations)
    return twins[0] if twins and mine and not denied and theirs == {-mine} else None


def _side(facts: Facts, one: Moment) -> int:
    """-1 for what is before a date, 1 for what is after it, 0 where that is not said; "not before" is after."""
    text, (start, end) = facts.text, one.span
    if found := _sides().search(text[max(0, start - _REACH) : start]):
        return (-1 if found["before"] else 1) * (-1 if found["denied"] else 1)
    gaps = ((1, end, each.span[0]) if each.span[0] >= end else (-1, each.span[1], start) for each in facts.moments)
    return next((side for side, first, last in gaps if first < last and _RANGE.fullmatch(text, first, last)), 0)


@lru_cache(maxsize=1)
def _sides() -> re.Pattern[str]:
    said = {side: "|".join(map(re.escape, words)) for side, *words in lexicon_rows("date_sides.tsv")}
    return re.compile(
        rf"(?P<denied>\b(?:not|nicht|pas|no)\s+)?\b(?:(?P<before>{said['before']})|(?P<after>{said['after']}))"
        r"(?:\s+[^\W\d_]{2,3}){0,2}\s+$",
        re.IGNORECASE,
    )


def _clashing(pair: Pair, wanted: Moment, own: tuple[Moment, ...]) -> Moment | None:
    free = [one for one in own if clash(wanted, one) and not any(agree(mine, (one,)) for mine in pair.claim.moments)]
    near = [one for one in free if pair.same_slot(wanted.span, one.span)]
    return next(iter(near or (free if len(free) == 1 else [])), None)


def _date_reason(pair: Pair, wanted: Moment, other: Moment) -> Reason:
    message = f"{wanted.text} in the answer, {other.text} in the source"
    return pair.reason("date_mismatch", message, wanted.span, other.span)
