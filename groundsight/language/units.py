"""Units of measure: packaged names, SI symbols with a prefix, squares and cubes, and what a rate is divided by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from groundsight.language.licences import is_known
from groundsight.language.stems import lexicon_rows, stem, word_list

_PREFIX = {"n": 1e-9, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "c": 1e-2, "d": 1e-1, "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9}
_BASE = {
    "m": ("length", 1.0), "g": ("mass", 1e-3), "l": ("volume", 1.0), "L": ("volume", 1.0), "W": ("power", 1.0),
    "Wh": ("energy", 1.0), "V": ("voltage", 1.0), "A": ("current", 1.0), "Ah": ("charge", 1.0),
    "Hz": ("frequency", 1.0), "Pa": ("pressure", 1.0), "J": ("joule", 1.0), "N": ("force", 1.0),
    "mol": ("amount", 1.0), "Sv": ("dose", 1.0), "bit": ("data", 0.125), "F": ("capacity", 1.0),
    "Ω": ("resistance", 1.0),
}  # fmt: skip
_SYMBOL = re.compile(rf"([{''.join(_PREFIX)}])({'|'.join(sorted(_BASE, key=len, reverse=True))})")
_POWERS = {"length2": ("area", 1.0), "length3": ("volume", 1000.0)}
_POWERED = re.compile(
    r"(?:(?:square|(?P<cubic>cubic))\s+)(?P<unit>\w+)|(?P<bare>[^\W\d_]+)(?:[²2]|(?P<three>[³3]))", re.IGNORECASE
)
_PER = re.compile(
    r"\s?/\s?(?P<sign>[^\W\d_]+[²³23]?)|\s+(?P<often>(?:hour|week|month|year)ly|daily|annually|p\.a\.|per annum)(?!\w)"
    r"|\s+(?P<per>per|an?|each|every|pro|par|por)\s+(?P<word>(?:square\s+|cubic\s+)?[^\W\d_]+)",
    re.IGNORECASE,
)
# Metres an hour or a second as kilometres an hour.
_SPEEDS = {"time:3600": 1e-3, "time:1": 3.6}
_EACH = re.compile(r"\b(?:every|each)\s+(second|minute|hour|day|week|month|year)\b", re.IGNORECASE)
_COUNTED = re.compile(r"(?:[\s-][^\W\d_]+){1,2}?(?=\s(?:per|an?|each|every)\s|\s?/)", re.IGNORECASE)
_AND_PER = re.compile(r"\s+(?:and|und|et|y)\s+([^\W\d_]+)")
_OFTEN = {"daily": "day", "annually": "year", "p.a.": "year", "per annum": "year"}
_LAND = re.compile(r"\s(?P<land>(?:[A-Z][a-z]+\s)?[A-Z][a-zA-Z]+)\s(?P<money>[a-z]+)\b")
_SYMBOL_CHARS = 4
_TOUCHING = re.compile(r"[^\W\d_]{1,3}(?!\w)")
_EXPONENT = {"square": 2, "²": 2, "2": 2, "cubic": 3, "³": 3, "3": 3}


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts: its kind, the name as looked up, the factor to the base of the kind, and its end."""

    kind: str
    name: str
    factor: float
    end: int
    per: str = ""


def unit_at(text: str, end: int) -> Unit | None:
    """Read the unit that begins behind a number at ``end``; None where none is known.

    Letters that touch the number, and short words with a capital, are a unit, known or not: "20p" is no bare 20.
    """
    if money := _land(text, end):
        return money
    found = _unit().match(text, end)
    if not found:
        return None
    shown = re.sub(r"\s", "", found["name"]) if not found["whole"] else found["whole"]
    power = _EXPONENT.get((found["word"] or found["power"] or "").casefold(), 1)
    bare = shown[len(found["word"] or "") : len(shown) - len(found["power"] or "")] if power > 1 else shown
    known = unit_named(bare)
    if known is None:
        strange = _TOUCHING.match(text, end)
        looks = len(bare) <= _SYMBOL_CHARS and any(c.isupper() for c in bare)
        return Unit(bare.casefold(), "", 1.0, strange.end() if strange else end) if strange or looks else None
    kind, name, factor = known
    if power > 1:
        kind, scale = _POWERS.get(f"{kind}{power}", (f"{kind}{power}", 1.0))
        name, factor = f"{name}{power}", factor**power * scale
    return Unit(kind, name, factor, found.end(), per_at(text, found.end(), money=is_money(kind)))


def measure_at(text: str, end: int) -> Unit:
    """Return the unit behind a number; a bare count may still be for each of something ("9 visits per day")."""
    if found := unit_at(text, end):
        return found
    counted = _COUNTED.match(text, end)
    return Unit("", "", 1.0, end, per_at(text, end) or (per_at(text, counted.end()) if counted else ""))


@lru_cache(maxsize=1)
def _unit() -> re.Pattern[str]:
    """A sign or a name of several parts as packaged, else a word with its power."""
    packaged = (name for name in unit_table() if not name.isalpha())
    whole = "|".join(re.escape(name).replace(r"\ ", r"\s") for name in sorted(packaged, key=len, reverse=True))
    return re.compile(
        rf"[\s-]?(?P<name>(?P<whole>(?:{whole})s?(?!\w))|°\s?[CF]"
        r"|(?P<word>square|cubic)?\s?[^\W\d_²³]+(?P<power>[²³]|[23](?!\w))?)",
        re.IGNORECASE,
    )


def _land(text: str, end: int) -> Unit | None:
    """Read a currency with its country: "Swiss francs" are no other francs."""
    found = _LAND.match(text, end)
    money = unit_named(found["money"]) if found else None
    if found is None or money is None or not is_money(money[0]):
        return None
    whole = unit_named(f"{found['land']} {money[1]}")
    name = f"{found['land']} {money[1]}".casefold()
    kind, factor = (whole[0], whole[2]) if whole else (name, 1.0)
    return Unit(kind, name if whole else "", factor, found.end(), per_at(text, found.end()))


def per_at(text: str, end: int, *, money: bool = False) -> str:
    """Return what a rate is divided by ("a month", "/l"), in one form for all its spellings; "" for none.

    An amount of ``money`` may be for anything ("45 euros a drawing"); else "a" needs a unit behind it. What is for each
    of two ("per person and day") has both, joined by "+".
    """
    found = _PER.match(text, end)
    first = _per(found, money) if found else ""
    if not found or not first:
        return ""
    more = _AND_PER.match(text, found.end())
    also = unit_named(more[1]) if more else None
    second = f"{also[0]}:{also[2]:g}" if also else per_at(text, found.end())
    return f"{first}+{second}" if second else first


def _per(found: re.Match[str], money: bool) -> str:
    often = (found["often"] or "").casefold()
    name = found["sign"] or found["word"] or _OFTEN.get(often, often.removesuffix("ly"))
    if known := unit_named(name):
        return f"{known[0]}:{known[2]:g}"
    if (powered := _POWERED.fullmatch(name)) and (known := unit_named(powered["unit"] or powered["bare"])):
        return f"{known[0]}{'3' if powered['cubic'] or powered['three'] else '2'}:{known[2]:g}"
    spelled = found["sign"] or (found["per"] or "").casefold() not in ("a", "an") or money
    return stem(name.casefold()) if spelled else ""


def speed_at(text: str, unit: Unit) -> Unit | None:
    """Return kilometres per hour and metres a second as the speed that they are, None for what is none."""
    found = _PER.match(text, unit.end) if unit.kind == "length" and unit.per in _SPEEDS else None
    return Unit("speed", "km/h", unit.factor * _SPEEDS[unit.per], found.end()) if found else None


def each_time(text: str, kind: str) -> str:
    """Return what a figure of a kind is for each of, where a sentence says so apart from it: every minute, each day."""
    found = _EACH.search(text)
    unit = unit_named(found[1].casefold()) if found else None
    return f"{unit[0]}:{unit[2]:g}" if unit and unit[0] != kind else ""


@lru_cache(maxsize=1)
def unit_table() -> dict[str, tuple[str, float]]:
    """Return (kind, factor) of every packaged name."""
    table = {unit: (kind, float(factor)) for kind, unit, factor in lexicon_rows("units.tsv")}
    codes = {name: (name.casefold(), 1.0) for name in _codes()}
    return {**{name: (name, 1.0) for name in _shared_names()}, **codes, **table}


@lru_cache(maxsize=4_096)
def unit_named(name: str) -> tuple[str, str, float] | None:
    """Return kind, name and factor; the case of a symbol tells a milliwatt from a megawatt."""
    if symbol := _SYMBOL.fullmatch(name):
        kind, factor = _BASE[symbol[2]]
        return kind, name, _PREFIX[symbol[1]] * factor
    folded = name.casefold()
    # "Step 4 has pauses" measures no hectares.
    plurals = () if folded in word_list("stop_words.txt") else (folded.rstrip("s"), folded.removesuffix("es"))
    for form in (name, folded, *plurals):
        if form and (known := unit_table().get(form)):
            return known[0], form, known[1]
    return None


def factor_of(name: str) -> float:
    """Return the factor of a unit that was read before."""
    known = unit_named(re.sub(r"[23]$", "", name))
    return known[2] if known else 1.0


def money_names() -> list[str]:
    """Return the signs and codes that stand before an amount, longest first."""
    signs = (
        unit
        for unit, (kind, _) in unit_table().items()
        if is_money(kind) and (len(unit) == 2 or not unit[-1].isalnum())
    )
    return sorted({*_codes(), *signs} - {"¢"}, key=len, reverse=True)


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    """Codes in lower case; those that are words ("all", "top") only in capitals."""
    return frozenset(code.upper() if is_known(stem(code)) else code for code in word_list("currency_codes.txt"))


def is_money(kind: str) -> bool:
    """True for the kind of a currency, be it a code or a name that several countries use."""
    return kind in word_list("currency_codes.txt") or kind in _shared_names()


def alike_money(one: str, other: str) -> bool:
    """True when two names, codes or signs of currencies may mean one: a dollar may be Australian."""
    first, second = (_shared_names().get(name, frozenset((name,))) for name in (one, other))
    return bool(first & second)


@lru_cache(maxsize=1)
def _shared_names() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for names, codes in lexicon_rows("currencies.tsv"):
        found.update({name: found.get(name, frozenset()) | frozenset(codes.split()) for name in names.split()})
    return found
