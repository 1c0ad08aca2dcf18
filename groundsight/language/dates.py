"""Dates and times with their offsets, in English, German, French and Spanish; a date is what it says and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace

from groundsight.language.digits import NUMERALS, decimal_comma
from groundsight.language.stems import lexicon_rows, word_list
from groundsight.language.units import unit_named


def _numbered(name: str) -> dict[str, int]:
    return {word: int(number) for number, words in lexicon_rows(name) for word in words.split()}


_MONTHS, _WEEKDAYS = _numbered("months.tsv"), _numbered("weekdays.tsv")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_PARTS = {word: int(part) for part, *words in lexicon_rows("parts_of_month.tsv") for word in words}
_PART_NAMES = "|".join(sorted(_PARTS, key=len, reverse=True))
_DAYS = {word: int(day) for day, *words in lexicon_rows("ordinal_days.tsv") for word in words}
_DAY_NAMES = "|".join(sorted(_DAYS, key=len, reverse=True))
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_MONTH = rf"(?P<month>(?i:{_NAMES}))(?!\w)\.?"
_SHORT_DAYS = "|".join(name.title() for name in _WEEKDAYS if len(name) < 5)
_DAY_NAMED = rf"(?:{_SHORT_DAYS}|[A-Z][a-z]+day)\b"
_TO = "|".join(map(re.escape, sorted(word_list("range_words.txt"), key=len, reverse=True)))
# A month alone needs its capital, and "May", "March" and short forms a word before them.
_ALONE = "|".join(name.title() for name in _MONTHS if len(name) > 3 and name != "march")
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_OF = r"(?:\s+of(?:\s+the)?|\s+de)?\s*,?\s+"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_SHORT = r"(?P<year>(?:1[0-9]|20)\d\d|\d\d)"
_HOUR, _HALF = r"\b(?P<hour>[01]?\d|2[0-4])", r"(?P<half>(?i:[ap]\.?m)\b\.?|in the (?:morning|afternoon|evening)\b)"
_TENS = {
    f"{word[:-1]}ies": 1900 + int(value) for word, value in NUMERALS.items() if word.endswith("ty") and value >= 30
}
_SIDED = "|".join(words for side, *rest in lexicon_rows("date_sides.tsv") if side == "at" for words in rest)
_CLOCK = {word: int(value) for word, value in NUMERALS.items() if value in range(1, 13)} | {"once": 11, "una": 1}
_CLOCKS = "|".join(sorted(_CLOCK, key=len, reverse=True))
_CLOCK_WORDS = {key: frozenset(words) for key, *words in lexicon_rows("clock_words.tsv")}
_FIRST_HOUR = 7
_LATE = re.compile(rf"^p|{'|'.join(_CLOCK_WORDS['late'])}", re.IGNORECASE)


def _words(keys: str) -> str:
    return "|".join(sorted((word for key in keys.split() for word in _CLOCK_WORDS[key]), key=len, reverse=True))


_MINUTES = _words("5 10 15 20 25 30")
_DAYTIME = rf"(?:\s(?:in the |de la |del |de l'|du )?(?P<half>{_words('late early')})\b)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})(?P<mark>[-/])(?P<monthno>\d{2})(?P=mark)(?P<day>\d{2})(?!\d)",
        rf"\b{_DAY}-{_MONTH}-{_YEAR}\b",
        rf"\b(?:{_DAY}{_OF})?{_MONTH}\s['’](?P<year>\d\d)\b",
        rf"(?i:\b(?P<ordinal>{_DAY_NAMES})\s(?:of\s|de\s)?){_MONTH}{_OF}{_YEAR}\b",
        rf"(?i:\b(?P<ordinal>{_DAY_NAMES})\s(?:of\s|de\s)?){_MONTH}",
        r"(?<![\d/.])(?P<day>\d{1,2})\.\s?(?P<monthno>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d|\d\d)(?![\d.]*\d)",
        r"(?<![\d/.])(?P<day>\d{1,2})\.\s?(?P<dotted>0?[1-9]|1[0-2])\.(?!\d)",
        r"(?<![\d/.])(?P<monthno>0[1-9]|1[0-2])/(?P<year>(?:19|20)\d\d)(?![\d/])",
        r"(?<![\d/.])(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4}|\d\d)(?![\d/])",
        rf"\b{_DAY}{_OF}{_MONTH}{_OF}{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b{_MONTH}{_OF}{_YEAR}\b",
        rf"\b{_DAY}{_OF}{_MONTH}(?!\w)",
        rf"\b{_MONTH}\s+{_DAY}\b(?![.,]?\d|\s?%)",
        rf"\b[Qq](?P<quarter>[1-4])(?:\s+(?:of\s+)?|/|-)?(?:FY\s?'?{_SHORT}|{_YEAR.replace('year', 'year2')})\b",
        rf"\b{_YEAR}[\s-]?[Qq](?P<quarter>[1-4])\b",
        rf"(?i:\b(?P<nth>{'|'.join(_ORDINALS)})\s+quarter\b)"
        rf"(?:\s+(?:of\s+)?(?:FY\s?|(?:fiscal|financial)\s+(?:year\s+)?)?{_YEAR}\b)?",
        rf"\b(?P<quarter>[1-4])(?:\.\s?Quartal|er?\strimestre|\.?º\strimestre)(?:\sde)?(?:\s+{_YEAR})?\b",
        r"\b[Qq](?P<quarter>[1-4])\b",
        rf"\b(?:FY\s?'?|(?i:(?:fiscal|financial|business)(?:\s+year)?|geschäftsjahr)\s+){_SHORT}\b",
        r"\b(?P<decade>1[0-9]\d0|20\d0)(?:s\b|er\s+Jahren?\b)",
        r"(?:\b(?:années|años)\s+|(?<!\w)['’])(?P<decade>19\d0|[3-9]0)(?:s\b|(?!\d|[.,]\d))",
        r"\b(?P<decade>[3-9]0)er\s+Jahren?\b",
        rf"\b[Tt]he\s+(?P<tens>{'|'.join(_TENS)})\b",
        rf"(?:(?<![\w$€£¥.,/-])|(?<=\bmid-)|(?<=\bpre-)|(?<=\bpost-)|(?<=\blate-)){_YEAR}(?![\w%/]|[.,]\d|\s?[%°])",
        rf"(?<=\b\d{{4}}[-–]){_YEAR}(?![\w%/-])",
        rf"{_HOUR}(?::|(?P<spaced>\s)?h\s?)(?P<minute>[0-5]\d)(?!\s?min)(?::[0-5]\d)?(?:\s?{_HALF}|\s?Uhr\b)?(?![\d%])",
        rf"{_HOUR}\.(?P<minute>[0-5]\d)\s?(?:{_HALF}|Uhr\b)",
        rf"\b(?i:{_SIDED})\s+{_HOUR[2:]}\.(?P<minute>[0-5]\d)(?![\d%]|\s?[€$£%]|\s?[A-Za-z])",
        rf"{_HOUR}\s?(?:{_HALF}|Uhr\b|o['’]clock\b)",
        rf"\bà\s+{_HOUR[2:]}\s?h(?:eures?)?\b",
        rf"\ba las\s+{_HOUR[2:]}\b(?!:|[.,]\d|\s+(?!y\b|h\b|de\b|en\b)[^\W\d_])",
        rf"\b(?P<minutes>{_words('15 30')})\s(?P<side>past|to|nach|vor)\s(?P<clock>{_CLOCKS})\b{_DAYTIME}",
        # Five to ten minutes are no time of the day.
        rf"\b(?P<lead>(?:{_SIDED})\s)(?P<minutes>{_MINUTES})\s(?:minutes\s)?(?P<side>past|to|nach|vor)\s"
        rf"(?P<clock>{_CLOCKS})\b{_DAYTIME}(?=\s*(?:$|[.,;:!?)\n]|on\b|sharp\b))",
        rf"\b(?:la|las|à|il est)\s(?P<clock>{_CLOCKS})(?:\sheures?)?\s(?P<side>y|menos|et|moins)\s"
        rf"(?P<minutes>{_MINUTES})\b{_DAYTIME}",
        rf"\b(?P<halb>halb)\s(?P<clock>{_CLOCKS})\b{_DAYTIME}",
        r"\b(?P<noon>[Nn]oon|[Mm]idnight)\b",
        rf"\b(?P<month>{_ALONE})\b(?!\s+[A-Z])",
        rf"\b(?P<lead>(?i:{_PART_NAMES}|im|en)[\s-])(?!may\b|march\b)(?P<month>(?i:{_NAMES}))(?!\w)",
        r"\b(?P<lead>(?:in|since|until|by|from|of|last|next|each|every|early|late|mid)[\s-])(?P<month>May|March)\b",
        rf"\b(?P<weekday>{'|'.join(name.title() for name in _WEEKDAYS if len(name) > 4)})s?\b",
        rf"\b(?P<weekday>{_SHORT_DAYS})\b\.?(?=,?\s[0-9]|\s?[-–(]|(?:,|\s(?:and|&|or|to))\s{_DAY_NAMED})",
        rf"(?:(?<=, )|(?<=and )|(?<=& )|(?<=to )|(?<=on )|(?<=[-–]))(?P<weekday>{_SHORT_DAYS})"
        r"\b(?=[,;.)\n]|$|\s(?:and|&)\s)",
    )
)
# Children of 6 to 12 may take part.
_VERB_BEHIND = re.compile(r"\s+(?:not\s+)?([a-z]{2,})")
_ANY_NAME = re.compile(rf"\b(?:{_NAMES})", re.IGNORECASE)
_DATED = re.compile(rf"(?i:\b({_PART_NAMES})(?:\s+|-)(?:the\s+)?)$")
_FROM_DAY = re.compile(rf"(?<![\d.,/-])(\d{{1,2}})(?:st|nd|rd|th|\.)?\s?(?:{_TO})\s?(?:the\s)?$")
_FROM_MONTH = re.compile(rf"\b(?P<month>{_NAMES})\.?\s?(?:{_TO})\s?$", re.IGNORECASE)
_DENIED = re.compile(
    r"(?i:\b(?:except|excluding|not|but not|apart from|außer|sauf|excepto|nicht)(?:\s+(?:on|in|at|for|am|im))?\s+)$"
)
_READ: dict[str, tuple[str, Callable[[str], int]]] = {
    **{name: (name, int) for name in ("day", "quarter", "minute")},
    "decade": ("decade", lambda shown: int(shown) + (1900 if len(shown) == 2 else 0)),
    "tens": ("decade", _TENS.__getitem__),
    "ordinal": ("day", _DAYS.__getitem__),
    "monthno": ("month", int),
    "dotted": ("month", int),
    "month": ("month", _MONTHS.__getitem__),
    "weekday": ("weekday", _WEEKDAYS.__getitem__),
    "nth": ("quarter", _ORDINALS.__getitem__),
    "year": ("year", lambda shown: int(shown) + (2000 if len(shown) == 2 else 0)),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or time as written at ``span``; what is not said is None. Hours count to 24, weekdays from Monday, 1.

    ``part`` is the early, middle or late third of a month, year or decade. ``denied``: "except on Mondays".
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
    weekday: int | None = None
    part: int | None = None
    denied: bool = False

    def said(self) -> dict[str, int]:
        """Return the fields that are given."""
        return {f.name: v for f in fields(self)[2:-1] if (v := getattr(self, f.name)) is not None}


def month_follows(text: str) -> bool:
    """True where a text goes on with a month ("3. März")."""
    return re.match(rf"{_MONTH}", text) is not None


def find_moments(text: str, language: str = "") -> tuple[Moment, ...]:
    """Find dates and times, longest forms first, in order of appearance; the first day of a range has its month.

    03/04/2025 has its day first where the ``language`` (ISO 639-1) has a decimal comma; of English that can't be told.
    """
    taken: list[Moment] = []
    numbered, named = any(c.isdigit() for c in text), _ANY_NAME.search(text) is not None
    for form in _FORMS:
        # Nine sentences of ten hold no month, half of them no digit: most forms need not be tried.
        if (r"\d" in form.pattern and not numbered) or ("(?P<month>" in form.pattern and not named):
            continue
        for match in form.finditer(text):
            if not _overlaps(match.span(), taken) and (moment := _moment(text, match, language)):
                taken += [moment, *_range_start(text, moment, match)]
    return tuple(sorted(taken, key=lambda one: one.span))


def agree(claim: Moment, sources: Iterable[Moment], context: Iterable[Moment] = ()) -> bool:
    """True when one source date says all the claim says; a year may come from the context."""
    wanted = claim.said()
    years = {one.year for one in context}
    return any(claim.denied == one.denied and _fits(wanted, one.said(), years) for one in sources)


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
    match name:
        case "quarter" if "month" in given:
            return (given["month"] + 2) // 3 == value
        case "decade" if "year" in given:
            return given["year"] // 10 * 10 == value
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
        said["part"] = _PARTS[part[1].casefold()]
        start -= len(part.group())
    denied = bool(_DENIED.search(text[max(0, start - 20) : start]))
    return Moment((start, end), text[start:end], **said, denied=denied)


def _counts(text: str, match: re.Match[str]) -> bool:
    """A bare number of four digits before a unit is no year."""
    after = re.compile(r"\s?([^\W\d_]+)").match(text, match.end())
    return match.group().isdigit() and after is not None and unit_named(after[1]) is not None


def _range_start(text: str, moment: Moment, match: re.Match[str]) -> Iterator[Moment]:
    """ "3-7 August 2024" begins on 3 August 2024, "March to May 2023" in March 2023, "6 to 8 pm" at 6 pm."""
    start = moment.span[0]
    before = text[max(0, start - 16) : start]
    if moment.month and not moment.day and (first := _FROM_MONTH.search(before)):
        span = (start - len(first.group()), start - len(first.group()) + len(first["month"]))
        yield replace(moment, span=span, text=first["month"], month=_MONTHS[first["month"].casefold()])
    half = match.groupdict().get("half")
    if moment.hour is not None and half and (first := _FROM_DAY.search(before)):
        span = (start - len(first.group()), start - len(first.group()) + len(first[1]))
        yield Moment(span, first[1], hour=_hour(int(first[1]), half))
    found = _FROM_DAY.search(text[max(0, start - 16) : start]) if moment.day and text[start].isdigit() else None
    if found and moment.month and int(found[1]) <= 31:
        begin = start - len(found.group())
        span = (begin, begin + len(found[1]))
        yield replace(moment, span=span, text=found[1], day=int(found[1]))


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
    before = "halb" in got or got["side"] in _CLOCK_WORDS["before"]
    minutes = 30 if "halb" in got else next(int(key) for key in _CLOCK_WORDS if got["minutes"] in _CLOCK_WORDS[key])
    total = 60 * _hour(_CLOCK[got["clock"].casefold()], got.get("half", "")) + (-minutes if before else minutes)
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
