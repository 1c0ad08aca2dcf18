"""Dates and times with their offsets, in English, German, French and Spanish; a date is what it says and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace

from groundsight.language.date_forms import (
    CLOCK_HOURS,
    CLOCK_WORDS,
    DATE_FORMS,
    DAYS_OF,
    DECADES,
    MONTH_NAMED,
    MONTH_NAMES,
    MONTHS,
    ORDINAL_DAYS,
    QUARTERS,
    SHORT_DAYS,
    THIRD_NAMES,
    THIRDS,
    UP_TO,
    WEEKDAYS,
)
from groundsight.language.digits import decimal_comma
from groundsight.language.stems import word_list
from groundsight.language.units import unit_named

_FIRST_HOUR = 7
_LATE = re.compile(rf"^p|{'|'.join(CLOCK_WORDS['late'])}", re.IGNORECASE)
# Children of 6 to 12 may take part.
_VERB_BEHIND = re.compile(r"\s+(?:not\s+)?([a-z]{2,})")
_ANY_NAME = re.compile(rf"(?<![^\W\d_])(?:{MONTH_NAMES})", re.IGNORECASE)
_DATED = re.compile(rf"(?i:\b({THIRD_NAMES})(?:\s+|-)(?:the\s+)?)$")
_FROM_DAY = re.compile(rf"(?<![\d.,/-])(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s?(?:{UP_TO})\s?(?:the\s)?$")
_FROM_MONTH = re.compile(rf"\b(?P<month>{MONTH_NAMES})\.?\s?(?:{UP_TO})\s?$", re.IGNORECASE)
_DENIED = re.compile(
    r"(?i:\b(?:except|excluding|not|but not|apart from|außer|sauf|excepto|salvo|nicht)"
    r"(?:\s+(?:on|in|at|for|am|im|le|les|el|los))?\s+)(?:[A-Z]\w+(?:\s[A-Z]\w+)?\s(?:and|or)\s)?$"
)
_READ: dict[str, tuple[str, Callable[[str], int]]] = {
    **{name: (name, int) for name in ("day", "quarter", "minute")},
    "decade": ("decade", lambda shown: int(shown) + (1900 if len(shown) == 2 else 0)),
    "tens": ("decade", DECADES.__getitem__),
    "ordinal": ("day", ORDINAL_DAYS.__getitem__),
    "monthno": ("month", int),
    "dotted": ("month", int),
    "month": ("month", MONTHS.__getitem__),
    "weekday": ("weekday", lambda shown: WEEKDAYS.get(shown) or SHORT_DAYS[shown]),
    "century": ("century", lambda shown: 100 * int(shown)),
    "nth_century": ("century", lambda shown: 100 * (int(shown) if shown.isdigit() else ORDINAL_DAYS[shown]) - 100),
    "nth": ("quarter", QUARTERS.__getitem__),
    "year": ("year", lambda shown: int(shown) + (2000 if len(shown) == 2 else 0)),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as written at ``span``; what is not said is None. Hours count to 24, weekdays from Monday, 1.

    ``part`` is the early, middle or late third of a month, year or decade. ``denied``: "except on Mondays". ``loose``:
    "half past four", by day or by night. ``either``: a day and a month of 3/4/2025, in one order or the other.
    """

    span: tuple[int, int]
    text: str
    year: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    decade: int | None = None
    century: int | None = None
    weekday: int | None = None
    part: int | None = None
    denied: bool = False
    loose: bool = False
    either: tuple[int, ...] = ()

    def said(self) -> dict[str, int]:
        """Return the fields that are given."""
        return {f.name: v for f in fields(self)[2:-3] if (v := getattr(self, f.name)) is not None}


def month_follows(text: str) -> bool:
    """True where a text goes on with a month ("3. März")."""
    return re.match(rf"{MONTH_NAMED}", text) is not None


def find_moments(text: str, language: str = "") -> tuple[Moment, ...]:
    """Find dates and times, longest forms first, in order of appearance; the first day of a range has its month.

    03/04/2025 has its day first where the ``language`` (ISO 639-1) has a decimal comma; of English that can't be told.
    """
    taken: list[Moment] = []
    numbered, named = any(c.isdigit() for c in text), _ANY_NAME.search(text) is not None
    for form in (*DATE_FORMS, *(DAYS_OF[one] for one in (language,) if one in DAYS_OF)):
        # Nine sentences of ten hold no month, half of them no digit: most forms need not be tried.
        if (r"\d" in form.pattern and not numbered) or ("(?P<month>" in form.pattern and not named):
            continue
        for match in form.finditer(text):
            if not _overlaps(match.span(), taken) and (moment := _moment(text, match, language)):
                taken += _with_start(text, moment, match)
    return tuple(sorted(taken, key=lambda one: one.span))


def agree(claim: Moment, sources: Iterable[Moment], context: Iterable[Moment] = ()) -> bool:
    """True when one source date says all the claim says; a year may come from the context."""
    years = {one.year for one in context}
    return any(claim.denied == one.denied and _fits(claim, one, years) for one in sources)


def clash(claim: Moment, source: Moment) -> bool:
    """True when both give the same field with different values."""
    mine, theirs = claim.said(), source.said()
    shared = mine.keys() & theirs.keys()
    differ = any(mine[name] != theirs[name] and not _either_half(name, claim, source) for name in shared)
    return (bool(shared) and differ) or _turns(claim, source)


def _fits(claim: Moment, source: Moment, years: set[int | None]) -> bool:
    wanted, given = claim.said(), source.said()
    if {"month", "quarter"} <= wanted.keys() and "month" not in given:
        # April to June are the second quarter.
        del wanted["month"]
    for name, value in wanted.items():
        if given.get(name) == value or _implied(name, value, given) or _either_half(name, claim, source):
            continue
        if name != "year" or "year" in given or value not in years:
            return False
    return not _turns(claim, source)


def _either_half(name: str, one: Moment, other: Moment) -> bool:
    loose = name == "hour" and (one.loose or other.loose)
    return loose and None not in (one.hour, other.hour) and ((one.hour or 0) - (other.hour or 0)) % 12 == 0


def _turns(one: Moment, other: Moment) -> bool:
    """Neither order of 3/4 is the day and the month of the other."""
    known = [{*(each.either or (each.day, each.month))} - {None} for each in (one, other)]
    return bool(one.either or other.either) and all(known) and len({*map(frozenset, known)}) > 1


def _implied(name: str, value: int, given: dict[str, int]) -> bool:
    match name:
        case "quarter" if "month" in given:
            return (given["month"] + 2) // 3 == value
        case "decade" | "century" if "year" in given or "decade" in given:
            size = 10 if name == "decade" else 100
            return given.get("year", given.get("decade", 0)) // size * size == value
        case "part" if "day" in given:
            return min(3, (given["day"] + 9) // 10) == value
        case _:
            return name == "minute" and value == 0 and "hour" in given and "minute" not in given


def _overlaps(span: tuple[int, int], taken: list[Moment]) -> bool:
    return any(one.span[0] < span[1] and span[0] < one.span[1] for one in taken)


def _moment(text: str, match: re.Match[str], language: str) -> Moment | None:
    got = {name.rstrip("2"): value for name, value in match.groupdict().items() if value}
    said = dict(_fields(got, language))
    behind = _VERB_BEHIND.match(text, match.end()) if got.get("month") == "may" else None
    if behind and behind[1] not in word_list("function_words.txt"):
        return None
    # 1 h 20 is how long something takes, 14 h 30 when it begins.
    if "spaced" in got and language != "fr" and int(got["hour"]) < _FIRST_HOUR:
        return None
    # Only where a comma parts decimals 3.2. is a day.
    if "dotted" in got and not decimal_comma(language):
        return None
    if said.get("day", 1) > 31 or said.get("month", 1) > 12 or not said or _counts(text, match):
        return None
    start, end = match.end("lead") if "lead" in got else match.start(), match.end()
    if (part := _DATED.search(text[max(0, start - 20) : start])) and "day" not in said:
        said["part"] = THIRDS[part[1].casefold()]
        start -= len(part.group())
    denied = bool(_DENIED.search(text[max(0, start - 20) : start]))
    loose = said.get("hour", 24) <= 12 and "half" not in got and ("clock" in got or match.group().endswith("clock"))
    either = (int(got["first"]), int(got["second"])) if "first" in got and "day" not in said else ()
    return Moment((start, end), text[start:end], **said, denied=denied, loose=loose, either=either)


def _counts(text: str, match: re.Match[str]) -> bool:
    """A bare number of four digits before a unit is no year."""
    after = re.compile(r"\s?([^\W\d_]+)").match(text, match.end())
    return match.group().isdigit() and after is not None and unit_named(after[1]) is not None


def _with_start(text: str, moment: Moment, match: re.Match[str]) -> list[Moment]:
    """ "3-7 August 2024" begins on 3 August 2024, "March to May 2023" in March 2023, "6 to 8 pm" at 6 pm."""
    start = moment.span[0]
    before = text[max(0, start - 16) : start]
    if moment.month and not moment.day and (first := _FROM_MONTH.search(before)):
        month = MONTHS[first["month"].casefold()]
        # From April to June is the second quarter.
        if month + 2 == moment.month and moment.month % 3 == 0:
            moment = replace(moment, quarter=moment.month // 3)
        return [moment, _begun(replace(moment, month=month), first, "month")]
    first = _FROM_DAY.search(before)
    if first and moment.hour is not None and (half := match.groupdict().get("half")):
        hour = _hour(int(first["day"]), half)
        return [moment, _begun(Moment(moment.span, "", hour=hour), first, "day")]
    if first and moment.day and moment.month and text[start].isdigit() and int(first["day"]) <= 31:
        return [moment, _begun(replace(moment, day=int(first["day"])), first, "day")]
    return [moment]


def _begun(first: Moment, found: re.Match[str], name: str) -> Moment:
    """The first end of a range where it is written: ``found`` ends where the last one begins."""
    start = first.span[0] - len(found.group())
    return replace(first, span=(start, start + len(found[name])), text=found[name])


def _fields(got: dict[str, str], language: str) -> Iterator[tuple[str, int]]:
    for name, (field, read) in _READ.items():
        if name in got:
            yield field, read(got[name].casefold())
    if "hour" in got:
        yield "hour", _hour(int(got["hour"]), got.get("half", ""))
    if "clock" in got:
        yield from _spoken(got)
    if "noon" in got:
        yield from (("hour", 12 if got["noon"].casefold() == "noon" else 0), ("minute", 0))
    if "first" in got:
        yield from _numeric(int(got["first"]), int(got["second"]), day_first=decimal_comma(language))


def _spoken(got: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Ten to nine in the morning, las nueve menos diez, halb acht abends."""
    before = "halb" in got or got["side"] in CLOCK_WORDS["before"]
    minutes = 30 if "halb" in got else next(int(key) for key in CLOCK_WORDS if got["minutes"] in CLOCK_WORDS[key])
    total = 60 * _hour(CLOCK_HOURS[got["clock"].casefold()], got.get("half", "")) + (-minutes if before else minutes)
    yield from (("hour", total // 60), ("minute", total % 60))


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if _LATE.search(half) else 0)


def _numeric(first: int, second: int, *, day_first: bool) -> Iterator[tuple[str, int]]:
    """12/03 may be read either way: only a language or an order that can't be otherwise gives day and month."""
    if first > 12 >= second or (day_first and second <= 12):
        yield from (("day", first), ("month", second))
    elif second > 12 >= first or first == second:
        yield from (("month", first), ("day", second))
