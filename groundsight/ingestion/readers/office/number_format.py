"""Numbers as a spreadsheet shows them: 01234, 31:15, -1,990, 12.5%; days in ISO 8601, which nobody misreads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from math import isfinite

# The codes that a workbook may name by number only (ECMA-376 part 1, 18.8.30).
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: "#,##0", 42: "$#,##0", 43: "#,##0.00", 44: "$#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_LITERAL, _DIGIT, _POINT, _COMMA, _PERCENT, _POWER, _OVER, _DATE, _ELAPSED, _GENERAL = "lnp,%e/dxg"
_TOKEN = re.compile(
    r'"(?P<q>[^"]*)"?|\\(?P<b>.)|_(?P<pad>.)|\*(?P<fill>.)|\[\$(?P<sign>[^\]-]*)[^\]]*\]|\[(?P<x>h+|m+|s+)\]|\[(?P<rule>[^\]]*)\]'
    r"|(?P<g>General)|(?P<noon>AM/PM|A/P)|(?P<e>E[+-])|(?P<n>[0#?])|(?P<d>y+|m+|d+|h+|s+)|(?P<any>.)",
    re.I,
)
_RULE = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_FIRST_DAY = datetime(1899, 12, 30)
_DAYS_TO_1904 = 1462
_LAST_DAY = 2_958_465  # 9999-12-31
_MONTHS = "January February March April May June July August September October November December".split(" ")
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ")
Token = tuple[str, str]
Section = tuple[tuple[str, float] | None, tuple[Token, ...]]


def formatted(number: float, code: str, *, since_1904: bool = False) -> str:
    """Write a number under a number format; days and times are numbers of days since 1900, or 1904."""
    if not isfinite(number):
        return str(number)
    sections = _sections(code)
    tokens, own_sign = _chosen(number, sections)
    kinds = {kind for kind, _ in tokens}
    if kinds & {_DATE, _ELAPSED}:
        moment = number + (_DAYS_TO_1904 if since_1904 else 0)
        text = _moment(moment, tokens) if 0 <= moment <= _LAST_DAY else _general(number)
    elif _DIGIT not in kinds:
        text = "".join(_general(number) if kind == _GENERAL else part for kind, part in tokens)
    else:
        text = _numeral(abs(number), tokens)
        text = f"-{text}" if number < 0 and not own_sign and any(one in "123456789" for one in text) else text
    # A format that shows nothing hides a value that is there.
    return " ".join(text.split()) or _general(number)


@lru_cache(maxsize=1000)
def _sections(code: str) -> tuple[Section, ...]:
    """Split a format at its semicolons; each section with its condition, if it has one."""
    sections: list[Section] = []
    rule: tuple[str, float] | None = None
    tokens: list[Token] = []
    for found in _TOKEN.finditer(code or "General"):
        if found["any"] == ";":
            sections.append((rule, tuple(tokens)))
            rule, tokens = None, []
        elif found["rule"] is not None:
            stated = _RULE.match(found["rule"])
            rule = (stated[1], float(stated[2])) if stated else rule
        else:
            tokens.append(_token(found))
    return (*sections, (rule, tuple(tokens)))


def _token(found: re.Match[str]) -> Token:
    kind = str(found.lastgroup)
    text = found[kind] or ""
    signs = {".": _POINT, ",": _COMMA, "%": _PERCENT, "/": _OVER, "@": _GENERAL}
    kinds = {"n": _DIGIT, "d": _DATE, "x": _ELAPSED, "g": _GENERAL, "e": _POWER, "noon": _DATE}
    if kind == "any":
        return signs.get(text, _LITERAL), text
    blanks = {"pad": " ", "fill": ""}
    return kinds.get(kind, _LITERAL), blanks.get(kind, text)


def _chosen(number: float, sections: Sequence[Section]) -> tuple[tuple[Token, ...], bool]:
    """Return the section for this number, and whether it writes the minus itself."""
    for rule, tokens in sections:
        if rule and _holds(number, *rule):
            return tokens, False
    if any(rule for rule, _ in sections):
        return next((tokens for rule, tokens in reversed(sections) if not rule), sections[0][1]), False
    if number < 0 and len(sections) > 1:
        tokens = sections[1][1]
        # Red instead of a minus is not seen in text.
        return tokens, any(kind == _LITERAL and one in "(-" for kind, text in tokens for one in text)
    return sections[2][1] if number == 0 and len(sections) > 2 else sections[0][1], False


def _holds(number: float, sign: str, limit: float) -> bool:
    larger, equal = number > limit, number == limit
    return {"<": not larger and not equal, "<=": not larger, ">": larger, ">=": larger or equal, "=": equal}.get(
        sign, not equal
    )


def _general(number: float) -> str:
    return f"{number:.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:.10g}"


def _numeral(number: float, tokens: tuple[Token, ...]) -> str:
    kinds = [kind for kind, _ in tokens]
    number = number * 100 ** kinds.count(_PERCENT)
    if _POWER in kinds:
        return _scientific(number, tokens)
    if _OVER in kinds and _POINT not in kinds:
        return _fraction(number, tokens)
    last = max(place for place, kind in enumerate(kinds) if kind == _DIGIT)
    point = kinds.index(_POINT) if _POINT in kinds else len(kinds)
    whole = max((place for place in range(min(point, last + 1)) if kinds[place] == _DIGIT), default=-1)
    scale = _commas(kinds, last) + (_commas(kinds, whole) if whole not in (-1, last) else 0)
    places = sum(1 for kind in kinds[point + 1 :] if kind == _DIGIT)
    needed = sum(1 for kind, text in tokens[point + 1 :] if kind == _DIGIT and text == "0")
    left, _, right = _rounded(number / 1000**scale, places).partition(".")
    right = right[:needed] + right[needed:].rstrip("0")
    return _placed(tokens, left.lstrip("0"), right, point, grouped=_COMMA in kinds[:whole] if whole > 0 else False)


def _commas(kinds: list[str], place: int) -> int:
    """Count the commas right behind a digit: each divides by a thousand."""
    count = 0
    while place + 1 + count < len(kinds) and kinds[place + 1 + count] == _COMMA:
        count += 1
    return count


def _rounded(number: float, places: int) -> str:
    try:
        return format(Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), "f")
    except InvalidOperation:
        return f"{number:.{places}f}"


def _placed(tokens: tuple[Token, ...], left: str, right: str, point: int, *, grouped: bool) -> str:
    """Put the digits in their places, from the point outwards; the first place takes all that are left."""
    slots = [place for place, (kind, _) in enumerate(tokens[:point]) if kind == _DIGIT]
    written: dict[int, str] = {}
    for number, place in enumerate(reversed(slots)):
        first = number == len(slots) - 1
        digits = left[: len(left) - number] if first else left[len(left) - number - 1 : len(left) - number or None]
        digits = digits if number < len(left) else ""
        written[place] = _grouped(digits or ("0" if tokens[place][1] == "0" else ""), number, grouped)
    rest = iter(right)
    for place in (place for place in range(point + 1, len(tokens)) if tokens[place][0] == _DIGIT):
        written[place] = next(rest, "")
    if point < len(tokens) and right:
        written[point] = "."
    if not slots and right:
        written[point] = "."
    return "".join(
        written.get(place, "") if kind in (_DIGIT, _POINT) else "" if kind == _COMMA else text
        for place, (kind, text) in enumerate(tokens)
    )


def _grouped(digits: str, after: int, grouped: bool) -> str:
    """Write commas by thousands into digits that have ``after`` others behind them."""
    if not grouped:
        return digits
    told = ""
    for number, digit in enumerate(reversed(digits), start=after):
        told = digit + ("," if number and number % 3 == 0 else "") + told
    return told


def _scientific(number: float, tokens: tuple[Token, ...]) -> str:
    kinds = [kind for kind, _ in tokens]
    point = kinds.index(_POINT) if _POINT in kinds else kinds.index(_POWER)
    places = sum(1 for kind in kinds[point : kinds.index(_POWER)] if kind == _DIGIT) if _POINT in kinds else 0
    return f"{number:.{places}E}"


def _fraction(number: float, tokens: tuple[Token, ...]) -> str:
    below = "".join(
        text for kind, text in tokens[[kind for kind, _ in tokens].index(_OVER) + 1 :] if kind in (_DIGIT, _LITERAL)
    )
    fixed = re.match(r"\s*(\d+)", below.replace("0", "#") if not below.strip("0 ") else below)
    whole = int(number)
    part = Fraction(number - whole).limit_denominator(10 ** max(below.count("?") + below.count("#"), 1) - 1)
    if fixed and int(fixed[1]):
        part = Fraction(round((number - whole) * int(fixed[1])), int(fixed[1]))
    whole, part = whole + int(part), part - int(part)
    return " ".join(str(one) for one in (whole, part) if one) or "0"


def _moment(days: float, tokens: tuple[Token, ...]) -> str:
    letters = {text[0].lower() for kind, text in tokens if kind == _DATE and "/" not in text}
    elapsed = next((text[0].lower() for kind, text in tokens if kind == _ELAPSED), "")
    seconds = round(days * 86_400)
    if elapsed:
        return _duration(seconds, elapsed, "m" in letters, "s" in letters)
    # Day 60 of 1900 never was; the days before it are one off.
    at = _FIRST_DAY + timedelta(seconds=seconds, days=1 if days < 60 else 0)
    clock = _clock(at, tokens, letters)
    day = _day(at, tokens, letters - {"h", "s"}) if letters & {"y", "d"} or not clock else ""
    return " ".join(part for part in (day, clock if not day or at.time() != at.min.time() else "") if part)


def _duration(seconds: int, largest: str, minutes: bool, tail: bool) -> str:
    hours, rest = divmod(seconds, 3600)
    if largest == "s":
        return str(seconds)
    first = f"{hours}" if largest == "h" else f"{seconds // 60:02d}"
    middle = f":{rest // 60:02d}" if largest == "h" and minutes else ""
    return first + middle + (f":{seconds % 60:02d}" if tail else "")


def _clock(at: datetime, tokens: tuple[Token, ...], letters: set[str]) -> str:
    if "h" in letters:
        return at.strftime("%H:%M:%S" if "s" in letters else "%H:%M")
    return at.strftime("%M:%S") if "s" in letters else ""


def _day(at: datetime, tokens: tuple[Token, ...], letters: set[str]) -> str:
    """Write the day as far as the format tells it: a month without a day stays one."""
    if letters == {"d"}:
        longest = max(len(text) for kind, text in tokens if kind == _DATE)
        return _WEEKDAYS[at.weekday()] if longest > 2 else str(at.day)
    if "d" in letters:
        return at.date().isoformat()
    month = _MONTHS[at.month - 1] if "m" in letters else ""
    return " ".join(part for part in (month, str(at.year) if "y" in letters else "") if part)
