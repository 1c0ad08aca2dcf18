"""The expected type of an answer: is there a number, a date, a name or an id that the question does not hold?"""

from __future__ import annotations

import re

from groundsight.agent.nouns import ID_VALUE, kind_of
from groundsight.agent.question import Asked, Expect, Need
from groundsight.agent.words import (
    DATE,
    FILLER,
    ID,
    MONEY,
    MONTHS,
    NAME,
    NUMBER,
    NUMBER_WORDS,
    STOP,
    TIME,
    WEEKDAY,
    YEAR,
    stem_set,
    stems,
)

_GROUPS = re.compile(
    r"\b(?:team|department|committee|board|office|manager|director|officer|group|council|staff|desk)\b", re.I
)
_PLACES = re.compile(
    r"\b(?:room|floor|building|cabinet|shelf|drawer|basement|garage|hall|street|site|warehouse|square|park|church|library|"
    r"gym|quay|pier|harbour|beach|theatre|museum|stadium|market|cent(?:re|er)|island)\b",
    re.I,
)
_SHARES = re.compile(r"\b(?:share|percent|percentage|proportion|per cent)\b|%", re.I)
_BY_THE_CLOCK = re.compile(
    r"\b(?:time|depart\w*|leave|leaves|arriv\w*|open|opens|close|closes|start|starts|begin|begins|meet\w*)\b", re.I
)
_NUMBERED = re.compile(r"^(?:figure|fig\.|table|chart|page)\s*\d+", re.I)
_CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")
_CLOCK_ONLY = re.compile(r"\bwhat time\b|\bwhat hour\b", re.I)
_WHO_DID = re.compile(r"^who\s+(?!is\b|are\b|was\b|were\b|has\b|will\b)\w+", re.I)
# In "A3: Rent EUR: 60" the head of the column is nobody's name.
_HEAD_OF_CELL = re.compile(r"(?<=: )[^:\n]{1,60}: ")
_NOT_DOING = re.compile(rf"\b(?:[Bb]etween|[Ww]ith|[Tt]o|[Ff]or)\s+{NAME.pattern}(?:\s+and\s+{NAME.pattern})?")
_AGE = re.compile(r"^how old\b", re.I)
_AGED = re.compile(r"\b(?:old|age|aged|years?|months?|born|built|since)\b", re.I)
_DAY = re.compile(r"^when\b|\bdays?\b", re.I)
_CENTS = re.compile(r"\d[.,]\d\d(?!\d)")
_PRICED = stem_set(
    "price cost fee salary total sum rent budget amount revenue profit turnover charge premium deposit paid pay wage "
    "fare sales income expense spend value worth eur usd euro dollar"
)
_EXTENSION = re.compile(r"\b(?:ext|extension|phone|tel)\b\.?:?\s*(\d{2,})\b", re.I)
_NO_NAMES = stem_set(" ".join(MONTHS)) | stem_set(
    "EUR USD GBP CHF JPY CAD AUD Monday Tuesday Wednesday Thursday Friday Saturday Sunday Dear "
    "Order Invoice Receipt Total Date Ref No Page Ticket Tickets Contract Purchase"
)
TYPE_NAMES: dict[Expect, str] = {
    "number": "number", "money": "amount", "date": "date", "person": "person", "place": "place", "id": "identifier",
    "yes-no": "statement", "any": "statement",
}  # fmt: skip
UNITS = {
    "read": r"m3|m³|kWh|MWh|km|l|gal|units|bar|°\s?[CF]|\d{3}(?:[.,]\d+)?",
    "spe": "knots?|km/h|mph|m/s|rpm",
    "weight": "kg|g|t|tonnes?|lbs?|pounds?",
    "length": "mm|cm|m|km|ft|feet|metres?|meters?",
    "height": "mm|cm|m|ft|feet|metres?|meters?",
    "width": "mm|cm|m|ft|feet",
    "distanc": "m|km|miles?|metres?|kilometres?",
    "temperatur": r"°\s?[CF]|degrees",
    "duration": "days?|hours?|minutes?|months?|years?|weeks?|seconds?",
    "pow": "k?W|hp|MW",
    "voltag": "k?V|volts?",
    "pressur": "bar|k?Pa|psi",
    "capaciti": "l|litres?|liters?|GB|TB|seats",
}


def measured(need: Need, text: str) -> bool | None:
    """Say whether a text gives a measure by its unit (speed: 14 knots); None when the need is no measure."""
    unit = UNITS.get(need.stems[0])
    text = re.sub(r"\b\w+-[\w-]*\d\b", " ", text)
    return None if unit is None else bool(re.search(rf"\d\s?(?:{unit})(?!\w)", text, re.I))


def has_type(asked: Asked, text: str) -> bool:
    """Say whether a text holds something of the expected type that the question does not already hold."""
    match asked.expects:
        case "money":
            return bool(MONEY.search(text)) or (_new_number(asked, text) and _is_priced(text))
        case "number":
            spelled = bool(stem_set(text) & NUMBER_WORDS)
            if _AGE.search(asked.text) and not _AGED.search(text):
                return False
            if _AGE.search(asked.text) and YEAR.search(text):
                return True
            share = not _SHARES.search(asked.text) or bool(_SHARES.search(text))
            return share and (_new_number(asked, text) or spelled)
        case "date":
            if _CLOCK_ONLY.search(asked.text):
                return any(one not in asked.text for one in TIME.findall(text))
            if _DAY.search(asked.text) and WEEKDAY.search(text):
                return True
            found = [*DATE.findall(text), *(TIME.findall(text) if _BY_THE_CLOCK.search(asked.text) else ())]
            return any(one.casefold() not in asked.text.casefold() for one in found)
        case "person":
            text = _NOT_DOING.sub(" ", text) if _WHO_DID.match(asked.text) else text
            text = _HEAD_OF_CELL.sub("", text)
            return bool(new_names(asked, text)) or bool(_GROUPS.search(text))
        case "place":
            return (
                bool(new_names(asked, text)) or bool(_PLACES.search(text)) or _new_number(asked, MONEY.sub(" ", text))
            )
        case "id":
            return _new_id(asked, text)
        case "yes-no":
            return True
        case _:
            return len(_new_words(asked, text)) >= 1


def new_names(asked: Asked, text: str) -> list[str]:
    """List the capitalised phrases of a text that the question does not hold."""
    known = frozenset(part for need in asked.needs for part in need.stems) | stem_set(asked.text)
    found = [shown for shown in map(_without_opening, NAME.finditer(text)) if shown and not stem_set(shown) <= known]
    return sorted(
        (shown for shown in found if len(shown) > 1 and not _is_no_name(shown)),
        key=lambda shown: kind_of(asked.text) not in stem_set(shown),
    )


def _is_no_name(shown: str) -> bool:
    """Days, currencies, words that head a form and codes with digits are written like names."""
    words = [word for word in shown.split() if not stem_set(word) <= _NO_NAMES]
    return not words or all(re.search(r"\d", word) or (word.isupper() and len(word) < 3) for word in words)


def _without_opening(match: re.Match[str]) -> str:
    """Return a name; a lone capital word that only opens a sentence is none."""
    shown, text = match.group(0), match.string
    parts = shown.split()
    if len(parts) > 1 and shown.isupper() and "\n" not in text and len(text) - len(shown) <= 8:
        return ""
    while parts and parts[0].casefold() in STOP | FILLER:
        parts = parts[1:]
    opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in ".!?"
    follows_lower = bool(re.match(r"\s+[a-z]", text[match.end() :]))
    if len(parts) == 1 and opens and follows_lower and not parts[0].isupper() and len(shown.split()) == 1:
        return parts[0] if re.match(r"\s+(?:is|was|has|had|will|[a-z]+(?:ed|s))\b", text[match.end() :]) else ""
    return " ".join(parts)


def _new_number(asked: Asked, text: str) -> bool:
    known = set(NUMBER.findall(asked.text))
    bare = _CLOCK.sub(" ", DATE.sub(" ", ID.sub(_digits_kept, _NUMBERED.sub(" ", text))))
    return any(found not in known for found in NUMBER.findall(bare))


def _is_priced(text: str) -> bool:
    """A number without a currency is an amount where it has cents or a word for money beside it."""
    return bool(_CENTS.search(text)) or not _PRICED.isdisjoint(stem_set(text))


def _new_id(asked: Asked, text: str) -> bool:
    """Letters with digits, or many digits in a row: amounts, shares and dates are no ids."""
    amounts = re.sub(r"\d[\d.,]*\s*%", " ", MONEY.sub(" ", text))
    bare = DATE.sub(" ", amounts)
    numbered = [*re.findall(r"\+?\d[\d /-]{3,}\d", bare), *_EXTENSION.findall(bare)]
    found = [*ID.findall(amounts), *ID_VALUE.findall(amounts), *numbered]
    return any(stem_set(one) - stem_set(asked.text) for one in found)


def _digits_kept(match: re.Match[str]) -> str:
    """Keep a number with its unit written together (90days, 12V), drop real ids."""
    joined = re.fullmatch(r"(\d+)[A-Za-z]{1,4}", match.group(0))
    return f" {joined.group(1)} " if joined else " "


def _new_words(asked: Asked, text: str) -> frozenset[str]:
    stop = frozenset(stems(" ".join(STOP)))
    return stem_set(text) - stem_set(asked.text) - stop
