"""Does a number follow from the numbers of some evidence by one step of arithmetic?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from groundsight.computing.run import day_of
from groundsight.language.dates import Moment
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import spelled
from groundsight.language.stems import word_list
from groundsight.language.units import factor_of

_LEAP = 2024
# Of numbers beyond these, pairs would hit any value by chance, and take long.
_MOST = 80
_COUNTED = 20
_ABOUT = 0.051
_DAY, _MONTHS = 86_400.0, 12


def follows(wanted: Quantity, groups: Iterable[Sequence[Quantity]], moments: Sequence[Moment]) -> bool:
    """True when a sum, difference, product or share within one group, or a gap between two dates, is this number."""
    slack = max(0.5001 * wanted.step if wanted.step < 1 or wanted.scaled else 0.0, 1e-6 * abs(wanted.low))
    slack = max(slack, _ABOUT * abs(wanted.low)) if wanted.bound == "about" else slack
    values = (value for group in groups for value in _values(wanted, group, moments))
    return any(abs(abs(value) - abs(wanted.low)) <= slack for value in values)


def reckons(claim: Facts) -> bool:
    """True when a claim speaks of adding, comparing or what is left."""
    ranges = {one.span[0] for one in claim.quantities if one.low != one.high}
    # "Between 55 and 70 euros" is a range.
    telling = (one for one in claim.tokens if one.word != "between" or one.end + 1 not in ranges)
    return any({one.word, one.stem} & word_list("arithmetic_words.txt") for one in telling)


def _values(wanted: Quantity, group: Sequence[Quantity], moments: Sequence[Moment]) -> Iterator[float]:
    own = _alike(wanted, group)
    yield from (value for a, b in combinations(own, 2) for value in (b - a, a + b))
    yield from (sum(own),) if len(own) > 1 else ()
    counts = [one.low for one in group if not one.kind and 2 <= one.low <= _COUNTED]
    yield from (a * n for a in own for n in counts)
    yield from (a / 2 for a in own)
    if wanted.kind in ("percent", ""):
        yield from _shares(group)
    if wanted.kind in ("time", "months", ""):
        yield from _gaps(moments, wanted.kind)


def _alike(wanted: Quantity, group: Sequence[Quantity]) -> list[float]:
    """The values of these numbers in the wanted one's unit; a bare one may be meant in that."""
    size = factor_of(wanted.unit) if wanted.unit else 1.0
    scale = 1.0 if not wanted.scaled else 1e6 if abs(wanted.low) >= 1e6 else 1e3
    kind = "percent" if wanted.kind == "points" else wanted.kind
    alike = {end for one in group if one.kind == kind for end in (one.low, one.high)}
    bare = {end * size for one in group if not one.kind and wanted.kind for end in (one.low, one.high)}
    other = {spelled(one) for one in group if one.kind and not wanted.kind}
    scaled = {scale * one for one in bare | alike if wanted.scaled and one < scale}
    return sorted(alike | bare | other | scaled)[:_MOST]


def _shares(group: Sequence[Quantity]) -> Iterator[float]:
    """Percentages of one number in another, of its growth, and of what is left of a whole."""
    ends = (end for one in group if one.kind != "percent" for end in (one.low, one.high) if end)
    bare = list(dict.fromkeys(ends))
    ratios = (ratio for a, b in combinations(bare[:_MOST], 2) for ratio in (a / b, b / a))
    yield from (value for ratio in ratios for value in (100 * ratio, 100 * abs(ratio - 1)))
    percent = [one.low for one in group if one.kind == "percent"]
    yield from (100 - one for one in percent)
    yield from (a * b / 100 for a in bare for b in percent)


def _gaps(moments: Sequence[Moment], kind: str) -> Iterable[float]:
    """Differences between years (in months, or bare), between days, and between times of one day (in seconds)."""
    years = sorted({one.year for one in moments if one.year})
    yield from ((b - a) * (_MONTHS if kind else 1) for a, b in combinations(years, 2))
    if kind == "time":
        times = sorted({3600.0 * one.hour + 60 * (one.minute or 0) for one in moments if one.hour is not None})
        days = [day.toordinal() * _DAY for one in moments if (day := day_of(replace(one, year=one.year or _LEAP)))]
        yield from (abs(b - a) for spots in (times, days) for a, b in combinations(spots, 2))
