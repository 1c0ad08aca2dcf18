"""Numbers with their units: words and digits, scales, ranges, bounds, currencies and conversions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundsight.language.bounds import Bound, bound_at
from groundsight.language.digits import DIGITS, FRACTION, WORDS, parse_digits, parse_fraction, parse_words
from groundsight.language.stems import stem, word_list
from groundsight.language.units import (
    Unit,
    alike_money,
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
    "k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12,
}  # fmt: skip
_LETTERS = "|".join(name for name in _SCALES if len(name) > 1)
_MONEY = "|".join(f"(?-i:{name})" if name.isupper() else re.escape(name) for name in money_names())
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<sign>minus\s|[-−–+](?=[\d$€£¥]))?(?P<money>(?:{_MONEY})(?![^\W\d_]))?\s?"
    rf"(?:(?P<digits>{DIGITS})(?P<ordinal>st|nd|rd|th)?(?![\d])|(?P<fraction>{FRACTION})|(?P<words>{WORDS}))"
    rf"(?P<scale>\s?(?:{_LETTERS})\b|(?(money)\s?[kmb]\b|(?-i:\s?[kKMB](?![\w/°]))))?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and|bis)\s*$")
_ADDED = re.compile(r"\s*(?:,|and)?\s*")
_ONE_HOUR = re.compile(r"\ban hour and\s+$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|nicht|pas|inte|ikke|niet)\s+$", re.IGNORECASE)
_COUNTS = re.compile(r"\s+and\s+a\s+half\b|[\s-](?!(?:of|or|and|another|that|who|which)\b|(?:can|is|was)\b)[a-z]+")
_OF_ONE = re.compile(r"\s+(?:of\s+)?an?(?=\s)")
_ENDS = re.compile(r"\s*(?:$|[\n|;])")
_LABELLED = re.compile(r"(?:[\n\t|:;]|\s\s)\s*\($")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written at ``span``: ``low`` to ``high`` in the base unit of ``kind``, with its bound.

    ``kind`` is a dimension ("length", "usd", "percent"), "ordinal", or "" for a bare count, whose
    counted noun is ``noun``. ``per`` is what a rate is divided by. ``denied``: "not 30 days". ``whole`` begins with the
    words that bound it. ``decimal``: written with decimals.
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
    whole: Interval = (0, 0)


def find_quantities(text: str, taken: tuple[Interval, ...] = (), language: str = "") -> tuple[Quantity, ...]:
    """Find every number outside the stretches already taken (dates, markers), ranges joined.

    The ``language`` (ISO 639-1) tells whether 1.234 has thousands or decimals.
    """
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        # A lone "one" is a pronoun.
        alone = (match["words"] or "").casefold() == "one" and not _COUNTS.match(text, match.end())
        if alone or any(start < match.end() and match.start() < end for start, end in taken):
            continue
        _append(text, found, _quantity(text, match, language), language)
    # Every minute the pump delivers 40 litres.
    each = each_time(text, found[0].kind) if len(found) == 1 and not found[0].per else ""
    return (replace(found[0], per=each),) if each else tuple(found)


def spelled(one: Quantity) -> float:
    """Return a number as it is written, in its own unit."""
    return one.low / (factor_of(one.unit) if one.unit else 1.0)


def same_kind(one: Quantity, other: Quantity) -> bool:
    """True when two quantities measure the same thing and can be compared."""
    if one.kind != other.kind:
        return one.kind != "" != other.kind and _one_money(one, other)
    return bool(one.kind) or not one.noun or not other.noun or one.noun == other.noun


def agrees(claim: Quantity, source: Quantity, scales: Sequence[float] = ()) -> bool:
    """True when the source's number says what the claim's number says, rounding and bounds included.

    A bare number of a table may be meant in one of ``scales`` ("in thousands").
    """
    if claim.kind and source.kind and not same_kind(claim, source):
        return False
    if (claim.per and source.per and claim.per != source.per) or _code(claim) != _code(source):
        return False
    if claim.denied != source.denied:
        return False
    if _holds(claim, source.low, source.high, source):
        return True
    factors = scales if claim.scaled and not source.scaled else ()
    return any(_holds(claim, source.low * f, source.high * f, source) for f in factors)


def _one_money(one: Quantity, other: Quantity) -> bool:
    return is_money(one.kind) and is_money(other.kind) and alike_money(one.unit or one.kind, other.unit or other.kind)


def _code(one: Quantity) -> str:
    """Digits that begin with a zero name something and count nothing: 0417 is not 417."""
    found = re.match(r"\D*(0\d+)(?![.,]\d)", one.text)
    return found[1] if found else ""


def _holds(claim: Quantity, low: float, high: float, source: Quantity) -> bool:
    if claim.bound in ("gt", "ge", "lt", "le"):
        return _bounded(claim, low, high, source)
    if claim.bound == "sure" and source.bound not in ("exact", "sure"):
        return False
    if source.bound in ("gt", "lt"):
        return False
    slack = _slack(claim, low, source)
    return abs(claim.low - low) <= slack and abs(claim.high - high) <= slack


def _slack(claim: Quantity, low: float, source: Quantity) -> float:
    tiny = 1e-6 * max(abs(claim.low), abs(low), 1e-9)
    if claim.bound == "about":
        return max(min(0.051 * abs(low), _coarse(claim.low)), tiny)
    if source.bound == "about":
        return max(0.021 * abs(low), tiny)
    if _converted(claim, source):
        return max(0.5001 * max(claim.step, source.step), 0.006 * abs(low), tiny)
    rounds = (claim.scaled or claim.decimal) and source.step < claim.step
    return max(0.5001 * claim.step, tiny) if rounds else tiny


def _coarse(value: float) -> float:
    """Half of the last place that a rounded number gives; fives are a place, too: "about 85", "about 350"."""
    digits = f"{abs(value):.10g}"
    if "e" in digits or "." in digits or not value:
        return abs(value)
    plain = digits.rstrip("0")
    return 0.5 * 10.0 ** (len(digits) - len(plain)) * (5 if plain.endswith("5") else 1)


def _converted(claim: Quantity, source: Quantity) -> bool:
    """Two units of one kind that are not merely two names of one unit, as euro and € are."""
    if not claim.unit or not source.unit or claim.unit == source.unit:
        return False
    return claim.kind == "temperature" or factor_of(claim.unit) != factor_of(source.unit)


def _bounded(claim: Quantity, low: float, high: float, source: Quantity) -> bool:
    upward = claim.bound in ("gt", "ge")
    if source.bound in (("lt", "le") if upward else ("gt", "ge")):
        return False
    edge, mine = (low, claim.low) if upward else (high, claim.high)
    same = abs(edge - mine) <= 1e-6 * max(abs(mine), 1e-9)
    limit = source.bound in (("gt", "ge") if upward else ("lt", "le"))
    if same or limit:
        # What holds over 25 is a rule about 25: it says nothing of 20.
        # And what is about 25, or 25 at least, is not said to be more than 25.
        return same and (source.bound == claim.bound or (claim.bound in ("ge", "le") and source.bound != "about"))
    return edge > mine if upward else edge < mine


def _quantity(text: str, match: re.Match[str], language: str) -> Quantity:
    value, step = _value(match, language)
    scale = _SCALES.get((match["scale"] or "").strip().casefold(), 1.0)
    unit = _measure(text, match)
    unit = speed_at(text, unit) or unit
    start, end = match.start() + len(match.group()) - len(match.group().lstrip()), unit.end
    if ledger := _in_brackets(text, start, unit):
        start, end = ledger
        unit = unit if unit.kind else measure_at(text, end)
        end = max(end, unit.end)
    sign = -1.0 if ledger or _negative(text, match) else 1.0
    kind, low = _absolute(unit.kind, sign * value * scale * unit.factor)
    if (unit.kind, unit.factor) == ("time", 60) and (hour := _ONE_HOUR.search(text[max(0, start - 16) : start])):
        start, low = start - len(hour[0]), low + 3600
    bound, begin = bound_at(text, start, end, kind)
    return Quantity(
        span=(start, end), whole=(begin, end), text=text[start:end], low=low, high=low, kind=kind, unit=unit.name,
        noun="" if kind else _noun(text[end : end + 60]), bound=bound, step=step * scale * unit.factor,
        scaled=scale > 1 or value >= 1e6, per=unit.per, denied=bool(_DENIED.search(text[max(0, start - 8) : start])),
        decimal=step < 1,
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
    return (parse_fraction(match["fraction"]), 1e-2) if match["fraction"] else (parse_words(match["words"]), 1.0)


def _measure(text: str, match: re.Match[str]) -> Unit:
    end = match.end()
    if match["ordinal"]:
        return Unit("ordinal", "", 1.0, end)
    if money := unit_named((match["money"] or "").strip()):
        return Unit(money[0], money[1], 1.0, end, per_at(text, end, money=True))
    if match["fraction"] and "and" not in match["fraction"].casefold():
        one = _OF_ONE.match(text, end)
        whole = unit_at(text, one.end()) if one else None
        return whole or Unit("percent", "%", 100.0, end)
    return measure_at(text, end)


def _noun(rest: str) -> str:
    found = re.match(r"[\s-]+(?:of\s+(?:the|its|their)\s+)?([A-Za-z]{3,})", rest)
    word = found.group(1).casefold() if found else ""
    return stem(word) if word.endswith(("s", "en", "people")) and word not in word_list("stop_words.txt") else ""


def _append(text: str, found: list[Quantity], new: Quantity, language: str) -> None:
    last = found[-1] if found else None
    gap = text[last.span[1] : new.span[0]] if last else ""
    if last and new.text.casefold().startswith("and ") and not gap.strip():
        found[-1] = _with_half(text, last, new)
    elif last and last.span[1] <= new.span[0] and _joins(text, last, new):
        found[-1] = _range(text, last, new, language)
    elif last and _ADDED.fullmatch(gap) and last.kind == new.kind == "time" and factor_of(last.unit) > new.low:
        # 1 hour 35 minutes are 95 minutes.
        both = {"low": last.low + new.low, "high": last.low + new.low}
        found[-1] = replace(_spanning(text, last, new), **both, bound=last.bound, denied=last.denied)
    else:
        found.append(new)


def _with_half(text: str, last: Quantity, new: Quantity) -> Quantity:
    """ "Two and a half hours": the fraction counts on, and its unit holds for both."""
    value = last.low * (new.low / 0.5) + new.low
    return replace(_spanning(text, last, new), low=value, high=value, bound=last.bound)


def _spanning(text: str, last: Quantity, new: Quantity) -> Quantity:
    span = (last.span[0], new.span[1])
    return replace(new, span=span, text=text[slice(*span)], whole=(last.whole[0], new.whole[1]))


def _joins(text: str, last: Quantity, new: Quantity) -> bool:
    gap = text[last.span[1] : new.span[0]]
    if not _RANGE.fullmatch(gap) or last.low >= new.low or (last.kind and last.kind != new.kind):
        return False
    return "and" not in gap or bool(re.search(r"between\s*$", text[: last.span[0]], re.I))


def _range(text: str, last: Quantity, new: Quantity, language: str) -> Quantity:
    low = last.low if last.kind else last.low * _factor(new, language)
    bound: Bound = last.bound if last.bound == "about" else "exact"
    return replace(_spanning(text, last, new), low=low, bound=bound, denied=last.denied)


def _factor(quantity: Quantity, language: str) -> float:
    """How much the unit and the scale of the upper end multiply the lower end of "3-5 million"."""
    found = _NUMBER.search(quantity.text)
    shown = (_value(found, language)[0] if found and not found["fraction"] else None) or quantity.high
    return abs(quantity.high / shown) if shown else 1.0
