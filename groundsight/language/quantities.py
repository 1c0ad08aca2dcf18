"""Numbers with their units: words and digits, scales, ranges, bounds, currencies and conversions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from groundsight.language.bounds import Bound, bound_at
from groundsight.language.digits import DIGITS, FRACTION, parse_digits, parse_fraction, parse_words, words_pattern
from groundsight.language.stems import lexicon_rows, stem, word_list
from groundsight.language.units import (
    Unit,
    each_time,
    factor_of,
    is_money,
    measure_at,
    money_names,
    per_at,
    speed_at,
    unit_at,
    unit_named,
)

Interval = tuple[int, int]
_SCALES = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12, "mrd": 1e9, "tsd": 1e3,
    "dozen": 12.0, "dutzend": 12.0, "douzaines": 12.0, "docenas": 12.0,
}  # fmt: skip
_LETTERS = "|".join(name for name in _SCALES if len(name) > 1)
_MONEY = "|".join(f"(?-i:{name})" if name.isupper() else re.escape(name) for name in money_names())
_BETWEEN = re.compile(r"\b(?:between|entre|zwischen)\s*$", re.IGNORECASE)
_ADDED = re.compile(r"\s*(?:,|and|und|et|y|con)?\s*")
_DASH = re.compile(r"[-−–]")
_PART_BEHIND = re.compile(r"(?:and|et|y)\s", re.IGNORECASE)
_ONE = re.compile(r"(?:\b(?:an?|une?|eine?)\s+)?\b(?P<unit>[^\W\d_]+)\s+$", re.IGNORECASE)
_OF_UNITS = re.compile(r"medi[ao]|halbe[nrs]?|demie?|\d/\d+|.*\b(?:cuartos?|quarts?)", re.IGNORECASE)
_SIDES = {side: "|".join(words) for side, *words in lexicon_rows("zero_sides.tsv")}
_ZERO = re.compile(
    rf"(?:\s[^\W\d_]+)?\s+(?:(?P<above>{_SIDES['above']})|(?:{_SIDES['below']}))\s+(?:{_SIDES['zero']})\b",
    re.IGNORECASE,
)
_ONE_HOUR = re.compile(r"\ban hour and\s+$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|nicht|pas|inte|ikke|niet)\s+$", re.IGNORECASE)
_COUNTS = re.compile(r"\s+and\s+a\s+half\b|[\s-](?!(?:of|or|and|another|that|who|which)\b|(?:can|is|was)\b)[a-z]+")
_OF_ONE = re.compile(r"\s+(?:of\s+)?an?(?=\s)|\s+de(?=\s)|\s+d['’]")
_ENDS = re.compile(r"\s*(?:$|[\n|;])")
_LABELLED = re.compile(r"(?:[\n\t|:;]|\s\s)\s*\($")


@lru_cache(maxsize=8)
def _number(language: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.])(?P<sign>(?:minus|plus)\s|[-−–+](?=[\d$€£¥]))?(?P<money>(?:{_MONEY})(?![^\W\d_]))?\s?"
        rf"(?:(?P<fraction>{FRACTION})|(?P<digits>{DIGITS})(?P<ordinal>st|nd|rd|th)?(?![\d])"
        rf"|(?P<words>{words_pattern(language)}))"
        rf"(?P<scale>\s?(?:{_LETTERS})\b(?:\.(?=\s?(?:{_MONEY})))?|[kmb](?=\s(?:{_MONEY})(?!\w))"
        r"|(?(money)\s?[kmb]\b|(?-i:\s?[kKMB](?![\w/°]))))?",
        re.IGNORECASE,
    )


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written at ``span``: ``low`` to ``high`` in the base unit of ``kind``, with its bound.

    ``kind`` is a dimension ("length", "usd", "percent"), "ordinal", or "" for a bare count, whose
    counted noun is ``noun``. ``per`` is what a rate is divided by. ``denied``: "not 30 days". ``whole`` begins with the
    words that bound it. ``decimal``: written with decimals. ``signed``: with plus or minus, above or below zero.
    """

    span: Interval
    text: str
    low: float
    high: float
    kind: str
    unit: str
    noun: str
    bound: Bound
    step: float
    scaled: bool = False
    per: str = ""
    denied: bool = False
    decimal: bool = False
    signed: bool = False
    whole: Interval = (0, 0)


def find_quantities(text: str, taken: tuple[Interval, ...] = (), language: str = "") -> tuple[Quantity, ...]:
    """Find every number outside the stretches already taken (dates, markers), ranges joined.

    The ``language`` (ISO 639-1) tells whether 1.234 has thousands or decimals.
    """
    found: list[Quantity] = []
    for match in _number(language).finditer(text):
        word = (match["words"] or match["fraction"] or "").casefold()
        # A lone "one" is a pronoun.
        alone = word == "one" and not _COUNTS.match(text, match.end())
        within = found and match.start() < found[-1].span[1]
        if alone or within or any(start < match.end() and match.start() < end for start, end in taken):
            continue
        read = _quantity(text, match, language)
        # "Media" are newspapers, and 3/4 alone may be a day.
        if not _OF_UNITS.fullmatch(word) or read.unit not in ("", "%") or " of " in text[match.end() : match.end() + 4]:
            _append(text, found, read, language)
    # Every minute the pump delivers 40 litres.
    each = each_time(text, found[0].kind) if len(found) == 1 and not found[0].per else ""
    return (replace(found[0], per=each),) if each else tuple(found)


def _quantity(text: str, match: re.Match[str], language: str) -> Quantity:
    value, step = _value(match, language)
    scale = _SCALES.get((match["scale"] or "").strip(" .").casefold(), 1.0)
    unit = _measure(text, match)
    unit = speed_at(text, unit) or unit
    start, end = match.start() + len(match.group()) - len(match.group().lstrip()), unit.end
    if ledger := _in_brackets(text, start, unit):
        start, end = ledger
        unit = unit if unit.kind else measure_at(text, end)
        end = max(end, unit.end)
    sign = -1.0 if ledger or _negative(text, match) else 1.0
    if (zero := _ZERO.match(text, end)) and unit.kind in ("", "celsius", "fahrenheit"):
        unit = unit if unit.kind else Unit("celsius", "celsius", 1.0, end)
        end, sign = zero.end(), sign if zero["above"] else -1.0
    kind, low = _absolute(unit.kind, sign * value * scale * unit.factor)
    if (unit.kind, unit.factor) == ("time", 60) and (hour := _ONE_HOUR.search(text[max(0, start - 16) : start])):
        start, low = start - len(hour[0]), low + 3600
    bound, begin = bound_at(text, start, end, kind)
    return Quantity(
        span=(start, end), whole=(begin, end), text=text[start:end], low=low, high=low, kind=kind, unit=unit.name,
        noun="" if kind else _noun(text[end : end + 60]), bound=bound, step=step * scale * unit.factor,
        scaled=scale > 1 or value >= 1e6, per=unit.per, denied=bool(_DENIED.search(text[max(0, start - 8) : start])),
        decimal=step < 1, signed=bool(sign < 0 or zero or match["sign"]),
    )  # fmt: skip


def _negative(text: str, match: re.Match[str]) -> bool:
    """A dash behind a word or a number is a hyphen or a range."""
    sign, before = (match["sign"] or "").strip().casefold(), text[max(0, match.start() - 3) : match.start()]
    return sign == "minus" or (sign in ("-", "−") and not re.search(r"[\w%]$|[\d%]\s$", before))


def _in_brackets(text: str, start: int, unit: Unit) -> Interval | None:
    """Ledgers write losses in brackets: before a currency, or alone in a cell or behind a label; prose adds in them."""
    closed = unit.end + 1
    if text[start - 1 : start] != "(" or text[unit.end : closed] != ")" or (unit.kind and not is_money(unit.kind)):
        return None
    before = text[start - 4 : start] if start > 4 else f"\n{text[:start]}"
    alone, behind = _LABELLED.search(before) and _ENDS.match(text, closed), unit_at(text, closed)
    return (start - 1, closed) if alone or (behind and is_money(behind.kind)) else None


def _absolute(kind: str, value: float) -> tuple[str, float]:
    """Bring temperatures to degrees Celsius; all other kinds are already in their base unit."""
    if kind == "fahrenheit":
        return "temperature", (value - 32) * 5 / 9
    if kind == "kelvin":
        return "temperature", value - 273.15
    return ("temperature" if kind == "celsius" else kind), value


def _value(match: re.Match[str], language: str) -> tuple[float, float]:
    if match["digits"]:
        return parse_digits(match["digits"], language=language)
    return (
        (parse_fraction(match["fraction"]), 1e-2) if match["fraction"] else (parse_words(match["words"], language), 1.0)
    )


def _measure(text: str, match: re.Match[str]) -> Unit:
    end = match.end()
    if match["ordinal"]:
        return Unit("ordinal", "", 1.0, end)
    if money := unit_named((match["money"] or "").strip()):
        return Unit(money[0], money[1], 1.0, end, per_at(text, end, money=True))
    if match["fraction"] and not _PART_BEHIND.match(match["fraction"]):
        one = _OF_ONE.match(text, end)
        whole = unit_at(text, one.end() if one else end) if one or _OF_UNITS.fullmatch(match["fraction"]) else None
        return whole or Unit("percent", "%", 100.0, end)
    return measure_at(text, end)


def _noun(rest: str) -> str:
    found = re.match(r"[\s-]+(?:of\s+(?:the|its|their)\s+)?([A-Za-z]{3,})", rest)
    word = found.group(1).casefold() if found else ""
    return stem(word) if word.endswith(("s", "en", "people")) and word not in word_list("stop_words.txt") else ""


def _append(text: str, found: list[Quantity], new: Quantity, language: str) -> None:
    last = found[-1] if found else None
    dash = _DASH.match(new.text)
    if last and dash and last.span[1] == new.span[0]:
        start = new.span[0] + dash.end()
        new = replace(
            new, span=(start, new.span[1]), text=text[start : new.span[1]], low=abs(new.low), high=abs(new.high)
        )
    gap = text[last.span[1] : new.span[0]] if last else ""
    if _PART_BEHIND.match(new.text):
        touches = last is not None and not gap.strip()
        one = last if touches else _one_before(text, new)
        found[len(found) - touches :] = [_with_part(text, one, new) if one else new]
    elif last and last.span[1] <= new.span[0] and _joins(text, last, new):
        found[-1] = _range(text, last, new, language)
    elif last and last.kind == new.kind and _adds(gap, last, new):
        # 1 hour 35 minutes are 95 minutes.
        both = {"low": last.low + new.low, "high": last.low + new.low}
        found[-1] = replace(_spanning(text, last, new), **both, bound=last.bound, denied=last.denied)
    elif last and is_money(last.kind) and (cents := _cents(gap, last, new)):
        both = {"low": last.low + cents, "high": last.low + cents, "kind": last.kind, "unit": last.unit}
        found[-1] = replace(_spanning(text, last, new), **both, bound=last.bound, denied=last.denied)
    else:
        found.append(new)


def _cents(gap: str, last: Quantity, new: Quantity) -> float:
    """Nine pounds and 90 pence, nine pounds ninety; 0 where what follows is no part of the amount."""
    if new.kind == "cent" and _ADDED.fullmatch(gap) and new.low < 1:
        return new.low
    spoken = gap == " " and last.text[-1:].isalpha() and not (new.kind or new.noun or new.decimal)
    return new.low / 100 if spoken and new.low < 100 else 0.0


def _adds(gap: str, last: Quantity, new: Quantity) -> bool:
    """One hour, 35 minutes; 2 lb 3 oz: what is less than one of the unit before it is more of the same."""
    joined = (
        _ADDED.fullmatch(gap) if last.kind in ("time", "months") else gap == " " and last.kind in ("mass", "length")
    )
    return bool(joined) and factor_of(last.unit) > new.low


def _with_part(text: str, last: Quantity, new: Quantity) -> Quantity:
    """ "Two and a half hours", "two hours and a quarter": the fraction counts on, and the unit holds for both."""
    found = re.match(FRACTION, new.text, re.IGNORECASE)
    part = parse_fraction(found.group()) if found else 0.0
    kept, size = (last, factor_of(last.unit)) if last.kind else (new, new.low / part if part else 1.0)
    value = last.low * (1.0 if last.kind else size) + part * size
    said = {"kind": kept.kind, "unit": kept.unit, "noun": kept.noun, "per": kept.per}
    return replace(_spanning(text, last, new), low=value, high=value, bound=last.bound, **said)


def _one_before(text: str, new: Quantity) -> Quantity | None:
    """An hour, of "an hour and a half"."""
    start = new.span[0]
    found = _ONE.search(text[max(0, start - 24) : start])
    unit = unit_named(found["unit"]) if found else None
    if found is None or unit is None:
        return None
    begin = start - len(found.group())
    bound, first = bound_at(text, begin, start, unit[0])
    one = replace(new, span=(begin, start), whole=(first, start), kind=unit[0], unit=unit[1], noun="")
    return replace(one, low=unit[2], high=unit[2], bound=bound)


def _spanning(text: str, last: Quantity, new: Quantity) -> Quantity:
    span = (last.span[0], new.span[1])
    return replace(new, span=span, text=text[slice(*span)], whole=(last.whole[0], new.whole[1]))


def _joins(text: str, last: Quantity, new: Quantity) -> bool:
    gap = text[last.span[1] : new.span[0]]
    amount = is_money(last.kind) and not (new.kind or new.noun)
    if (
        gap.strip().casefold() not in word_list("range_words.txt")
        or last.low >= new.low
        or (last.kind and last.kind != new.kind and not amount)
    ):
        return False
    return gap.strip() not in ("and", "et", "y", "und") or bool(_BETWEEN.search(text[: last.span[0]]))


def _range(text: str, last: Quantity, new: Quantity, language: str) -> Quantity:
    # €10–15 are euros at both ends, EUR 205 and 212 million millions.
    own = last.scaled or (last.kind and new.kind)
    low = last.low if own else last.low * _factor(new, language)
    new = new if new.kind else replace(new, kind=last.kind, unit=last.unit)
    bound: Bound = last.bound if last.bound == "about" else "exact"
    return replace(_spanning(text, last, new), low=low, bound=bound, denied=last.denied)


def _factor(quantity: Quantity, language: str) -> float:
    """How much the unit and the scale of the upper end multiply the lower end of "3-5 million"."""
    found = _number(language).search(quantity.text)
    shown = (_value(found, language)[0] if found and not found["fraction"] else None) or quantity.high
    return abs(quantity.high / shown) if shown else 1.0
