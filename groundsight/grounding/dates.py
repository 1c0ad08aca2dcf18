"""Dates and times with their offsets; a date is what it says and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MONTH = r"(?P<month>January|February|March|April|May|June|July|August|September|October|November|December|" \
    r"Jan\.?|Feb\.?|Mar\.?|Apr\.?|Jun\.?|Jul\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"  # fmt: skip
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})-(?P<monthno>\d{2})-(?P<day>\d{2})(?!\d)",
        r"(?<![\d/.])(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?P<year>\d{4})(?!\d)",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?![\w])",
        rf"\b{_MONTH}\s+{_DAY}\b(?![.,]?\d|\s?%)",
        rf"\b[Qq](?P<quarter>[1-4])(?:\s+(?:of\s+)?|/|-)?{_YEAR}\b",
        rf"\b{_YEAR}[\s-]?[Qq](?P<quarter>[1-4])\b",
        rf"(?i:\b(?P<quarterword>first|second|third|fourth)\s+quarter\b)(?:\s+(?:of\s+)?{_YEAR}\b)?",
        r"\b[Qq](?P<quarter>[1-4])\b",
        r"\b(?P<decade>1[0-9]\d0|20\d0)s\b",
        rf"(?<![\w$€£¥.,/-]){_YEAR}(?![\w%/]|[.,]\d|\s?(?:%|km\b|kg\b|m\b|metres|meters|people|employees|units|dollars|euros|miles|tonnes|litres|hours|hectares|MW\b|kW\b|mAh\b|MHz\b|visitors|members|students|seats|rooms|steps|pages))",
        r"\b(?P<hour>[01]?\d|2[0-4])[:h](?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s?(?P<half>[ap]\.?m\b\.?))?(?![\d%])",
        r"\b(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)\s?(?P<half>[ap]\.?m\b\.?)",
        r"\b(?:[Aa]t|[Ff]rom|[Uu]ntil|[Tt]ill|[Bb]efore|[Aa]fter)\s+(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)(?![\d%]|\s?[€$£%]|\s?[A-Za-z])",
        r"\b(?P<hour>1[0-2]|[1-9])\s?(?P<half>[ap]\.?m\b\.?)",
        r"\b(?P<noon>[Nn]oon|[Mm]idnight)\b",
        r"\b(?P<monthonly>January|February|March|April|June|July|August|September|October|November|December)\b",
        r"\b(?:in|since|until|by|from|of|last|next|during|each|every)\s+(?P<monthonly>May)\b",
    )
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as written at ``span``; what is not said is None. Hours count to 24."""

    span: tuple[int, int]
    text: str
    year: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    decade: int | None = None

    def said(self) -> dict[str, int]:
        """Return the fields that are given."""
        return {f.name: v for f in fields(self)[2:] if (v := getattr(self, f.name)) is not None}


def find_moments(text: str) -> tuple[Moment, ...]:
    """Find dates and times, longest forms first, in order of appearance."""
    taken: list[Moment] = []
    for form in _FORMS:
        for match in form.finditer(text):
            if not _overlaps(match.span(), taken) and (moment := _moment(match)):
                taken.append(moment)
    return tuple(sorted(taken, key=lambda one: one.span))


def agree(claim: Moment, sources: Iterable[Moment], context: Iterable[Moment] = ()) -> bool:
    """True when one source date says all the claim says; a year may come from the context."""
    wanted = claim.said()
    years = {one.year for one in context}
    return any(_fits(wanted, one.said(), years) for one in sources)


def clash(claim: Moment, source: Moment) -> bool:
    """True when both give the same field with different values."""
    mine, theirs = claim.said(), source.said()
    shared = mine.keys() & theirs.keys()
    return bool(shared) and any(mine[name] != theirs[name] for name in shared)


def _fits(wanted: dict[str, int], given: dict[str, int], years: set[int | None]) -> bool:
    for name, value in wanted.items():
        if given.get(name) == value or _implied(name, value, given):
            continue
        if name != "year" or "year" in given or value not in years:
            return False
    return True


def _implied(name: str, value: int, given: dict[str, int]) -> bool:
    if name == "quarter" and "month" in given:
        return (given["month"] + 2) // 3 == value
    if name == "decade" and "year" in given:
        return given["year"] // 10 * 10 == value
    return name == "minute" and value == 0 and "hour" in given and "minute" not in given


def _overlaps(span: tuple[int, int], taken: list[Moment]) -> bool:
    return any(one.span[0] < span[1] and span[0] < one.span[1] for one in taken)


def _moment(match: re.Match[str]) -> Moment | None:
    got = {name: value for name, value in match.groupdict().items() if value}
    said = dict(_fields(got))
    if said.get("day", 1) > 31 or said.get("month", 1) > 12 or not said:
        return None
    return Moment(match.span(), match.group(), **said)


def _fields(got: dict[str, str]) -> Iterator[tuple[str, int]]:
    for name in ("year", "day", "quarter", "decade", "minute"):
        if name in got:
            yield name, int(got[name])
    if word := got.get("month") or got.get("monthonly"):
        yield "month", _MONTHS[word.rstrip(".").casefold()]
    if "monthno" in got:
        yield "month", int(got["monthno"])
    if "quarterword" in got:
        yield "quarter", _QUARTERS[got["quarterword"].casefold()]
    if "hour" in got:
        yield "hour", _hour(int(got["hour"]), got.get("half", ""))
    if "noon" in got:
        yield from (("hour", 12 if got["noon"].casefold() == "noon" else 0), ("minute", 0))
    if "first" in got:
        yield from _numeric(int(got["first"]), int(got["second"]))


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half.casefold().startswith("p") else 0)


def _numeric(first: int, second: int) -> Iterator[tuple[str, int]]:
    """12/03 may be read either way: only an order that can't be otherwise gives day and month."""
    if first > 12 >= second:
        yield from (("day", first), ("month", second))
    elif second > 12 >= first or first == second:
        yield from (("month", first), ("day", second))
