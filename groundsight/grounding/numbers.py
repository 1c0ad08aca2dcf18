"""Numbers with their units: words and digits, scales, ranges, bounds, currencies and conversions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from groundsight.grounding.digits import DIGITS, parse_digits
from groundsight.grounding.tokens import lexicon, stem
from groundsight.grounding.units import factor_of, money_names, per_at, unit_at, unit_named

Bound = Literal["exact", "sure", "about", "ge", "gt", "le", "lt"]
Interval = tuple[int, int]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ONES = {word: number for number, word in enumerate(_SMALL.split())} | {"dozen": 12}
_TENS = {
    word: 10 * number
    for number, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12,
}  # fmt: skip
_WORDS = "|".join(sorted((*_ONES, *_TENS, "hundred", "thousand", "million", "billion"), key=len, reverse=True))
_MONEY = "|".join(map(re.escape, money_names()))
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<sign>[-−–+](?=[\d$€£¥]))?(?P<money>(?:{_MONEY})(?![^\W\d_]))?\s?"
    rf"(?:(?P<digits>{DIGITS})(?P<ordinal>st|nd|rd|th)?(?![\d])"
    rf"|(?P<words>\b(?:{_WORDS})(?:(?:[\s-]|\s+and\s+)(?:{_WORDS}))*\b))"
    rf"(?P<scale>\s?(?:thousand|million|billion|trillion|bn|mn|mio|tn)\b|(?(money)\s?[kmb]\b|(?-i:\s?[kKMB](?![\w/°]))))?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and)\s*$")
_COMPARED = {
    "sure": r"exactly|precisely",
    "ge": r"at\s+least|no\s+(?:less|fewer)\s+than|minimum\s+(?:of|is|was)|not\s+less\s+than|≥|>=",
    "le": r"at\s+most|no\s+more\s+than|up\s+to|maximum\s+(?:of|is|was)|not\s+more\s+than|≤|<=",
    "gt": r"(?:more|greater|higher|longer|larger|better)\s+than|over|above|exceed(?:s|ed|ing)?|beyond|>",
    "lt": r"(?:less|fewer|lower|shorter|smaller|cheaper)\s+than|under|below|<",
    "about": r"about|around|approximately|approx\.?|roughly|nearly|almost|some|circa|ca\.|an\s+estimated|~|≈",
}
_BEFORE: tuple[tuple[Bound, re.Pattern[str]], ...] = tuple(
    (cast("Bound", bound), re.compile(rf"(?:^|(?<!\w))(?:{words})\s*$", re.IGNORECASE))
    for bound, words in _COMPARED.items()
)
_DENIED = re.compile(r"\b(?:not|nicht|pas|inte|ikke|niet)\s+$", re.IGNORECASE)
_REFERENCE = re.compile(
    r"(?:passage|source|document|page|figure|fig\.?|table|section|step|chapter|note|item)\s*$", re.I
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written at ``span``: ``low`` to ``high`` in the base unit of ``kind``, with its bound.

    ``kind`` is a dimension ("length", "usd", "percent"), "ordinal", or "" for a bare count, whose
    counted noun is ``noun``. ``per`` is what a rate is divided by. ``denied``: "not 30 days".
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


def find_quantities(text: str, taken: tuple[Interval, ...] = ()) -> tuple[Quantity, ...]:
    """Find every number outside the stretches already taken (dates, markers), ranges joined."""
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if _covered(match.span(), taken) or _idle(text, match):
            continue
        if quantity := _quantity(text, match):
            _append(text, found, quantity)
    return tuple(found)


def same_kind(one: Quantity, other: Quantity) -> bool:
    """True when two quantities measure the same thing and can be compared."""
    if one.kind != other.kind:
        return False
    return bool(one.kind) or not one.noun or not other.noun or one.noun == other.noun


def agrees(claim: Quantity, source: Quantity, scales: Sequence[float] = ()) -> bool:
    """True when the source's number says what the claim's number says, rounding and bounds included.

    A bare number of a table may be meant in one of ``scales`` ("in thousands").
    """
    if claim.kind != source.kind and claim.kind and source.kind:
        return False
    if (claim.per and source.per and claim.per != source.per) or _code(claim) != _code(source):
        return False
    if claim.denied != source.denied:
        return False
    if _holds(claim, source.low, source.high, source):
        return True
    factors = scales if claim.scaled and not source.scaled else ()
    return any(_holds(claim, source.low * f, source.high * f, source) for f in factors)


def _code(one: Quantity) -> str:
    """Digits that begin with a zero name something and count nothing: 0417 is not 417."""
    found = re.match(r"\D*(0\d+)(?![.,]\d)", one.text)
    return found[1] if found else ""


def _holds(claim: Quantity, low: float, high: float, source: Quantity) -> bool:
    if claim.bound in ("gt", "ge", "lt", "le"):
        return _bounded(claim, low, high, source)
    if claim.bound == "sure" and source.bound not in ("exact", "sure"):
        return False
    slack = _slack(claim, low, source)
    return abs(claim.low - low) <= slack and abs(claim.high - high) <= slack


def _slack(claim: Quantity, low: float, source: Quantity) -> float:
    tiny = 1e-6 * max(abs(claim.low), abs(low), 1e-9)
    if claim.bound == "about":
        return max(0.051 * abs(low), tiny)
    if source.bound == "about":
        return max(0.021 * abs(low), tiny)
    if _converted(claim, source):
        return max(0.5001 * max(claim.step, source.step), 0.006 * abs(low), tiny)
    rounds = (claim.scaled or claim.step < 1) and source.step < claim.step
    return max(0.5001 * claim.step, tiny) if rounds else tiny


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


def _covered(span: Interval, taken: tuple[Interval, ...]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)


def _idle(text: str, match: re.Match[str]) -> bool:
    """Numbers that count nothing: "passage 3", "one of", a lone "one" as a pronoun."""
    if match["digits"] and _REFERENCE.search(text[max(0, match.start() - 24) : match.start()]):
        return True
    word = (match["words"] or "").casefold()
    if word != "one":
        return False
    return not re.match(
        r"[\s-](?!of\b|or\b|and\b|another\b|that\b|who\b|which\b|can\b|is\b|was\b)[a-z]+", text[match.end() :]
    )


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    value, step = _value(match)
    if value is None:
        return None
    scale = _SCALES.get((match["scale"] or "").strip().casefold(), 1.0)
    sign = (
        -1.0
        if match["sign"] in ("-", "−")
        and not re.search(r"[\w%]$|[\d%]\s$", text[max(0, match.start() - 3) : match.start()])
        else 1.0
    )
    end = match.end()
    kind, unit, factor, end, per = _measure(text, match, end)
    noun = "" if kind else _noun(text[end : end + 60])
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    kind, low = _absolute(kind, sign * value * scale * factor)
    size = step * scale * factor
    bound = _bound(text[max(0, start - 24) : start])
    shown, denied = text[start:end], bool(_DENIED.search(text[max(0, start - 8) : start]))
    return Quantity(
        (start, end), shown, low, low, kind, unit, noun, bound, size, scale > 1 or value >= 1e6, per, denied
    )


def _absolute(kind: str, value: float) -> tuple[str, float]:
    """Bring temperatures to degrees Celsius; all other kinds are already in their base unit."""
    if kind == "fahrenheit":
        return "temperature", (value - 32) * 5 / 9
    if kind == "kelvin":
        return "temperature", value - 273.15
    return ("temperature" if kind == "celsius" else kind), value


def _value(match: re.Match[str]) -> tuple[float | None, float]:
    if digits := match["digits"]:
        return parse_digits(digits)
    return _parse_words(match["words"])


def _parse_words(words: str) -> tuple[float | None, float]:
    total, part = 0.0, 0.0
    for word in re.split(r"[\s-]+", words.casefold()):
        if word in _ONES or word in _TENS:
            part += _ONES.get(word, 0) or _TENS.get(word, 0)
        elif word == "hundred":
            part = (part or 1) * 100
        elif word in _SCALES:
            total, part = total + (part or 1) * _SCALES[word], 0.0
    return total + part, 1.0


def _measure(text: str, match: re.Match[str], end: int) -> tuple[str, str, float, int, str]:
    if match["ordinal"]:
        return "ordinal", "", 1.0, end, ""
    money = unit_named((match["money"] or "").strip())
    if money:
        return money[0], money[1], 1.0, end, per_at(text, end)
    if found := unit_at(text, end):
        return found.kind, found.name, found.factor, found.end, found.per
    return "", "", 1.0, end, per_at(text, end)


def _noun(rest: str) -> str:
    found = re.match(r"[\s-]+(?:of\s+(?:the|its|their)\s+)?([A-Za-z]{3,})", rest)
    word = found.group(1).casefold() if found else ""
    return stem(word) if word and word not in lexicon().stop and word.endswith(("s", "en", "people")) else ""


def _bound(before: str) -> Bound:
    for bound, pattern in _BEFORE:
        if pattern.search(before):
            return bound
    return "exact"


def _append(text: str, found: list[Quantity], new: Quantity) -> None:
    last = found[-1] if found else None
    if last and last.span[1] <= new.span[0] and _joins(text, last, new):
        found[-1] = _range(text, last, new)
    else:
        found.append(new)


def _joins(text: str, last: Quantity, new: Quantity) -> bool:
    gap = text[last.span[1] : new.span[0]]
    if not _RANGE.fullmatch(gap) or last.low >= new.low or (last.kind and last.kind != new.kind):
        return False
    return "and" not in gap or bool(re.search(r"between\s*$", text[: last.span[0]], re.I))


def _range(text: str, last: Quantity, new: Quantity) -> Quantity:
    factor = new.low / new.step and _factor(new) if not last.kind else 1.0
    low = last.low * factor
    span = (last.span[0], new.span[1])
    bound: Bound = last.bound if last.bound == "about" else "exact"
    return Quantity(
        span, text[slice(*span)], low, new.high, new.kind, new.unit, new.noun, bound, new.step, new.scaled, new.per
    )


def _factor(quantity: Quantity) -> float:
    """How much the unit and the scale of the upper end multiply the lower end of "3-5 million"."""
    found = _NUMBER.search(quantity.text)
    shown = (_value(found)[0] if found and found["digits"] else None) or quantity.high
    return abs(quantity.high / shown) if shown else 1.0
