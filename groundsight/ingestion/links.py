"""Link keys of a unit: the headings, names, ids and quantities by which another unit may speak of the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from groundsight.index.keys import LONGEST_KEY_WORDS, as_key, heading_key, is_plain, words_of
from groundsight.ingestion.tables import row_text
from groundsight.types import Asset, Link, Unit

MOST_LINKS = 64
LONGEST_KEY_CHARS = 80
MOST_CHARS = 20_000
_FILE_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_PLACEHOLDER = re.compile(r"[\[<{][A-Z][A-Z_]{2,}(?:-[\da-f]{8}|[ _:-]?\d+)?[\]>}]|(?<!\S)[^\s@]{1,100}@\S+")
_NAME = r"(?:(?:[A-Z]|St|Dr|Mr|Mrs|Ms|Jr|Sr)\.(?=[ \t])|[A-Z][\w'’]*(?:[-&/.]\w+)*)"
_JOIN = r"(?:of the|of|the|and|for|de la|de|del|della|van der|van|von|der|da|di|du|la|le|el|al|bin|ibn|&)"
_CAPITALISED = re.compile(rf"\b{_NAME}(?:[ \t]+(?:{_JOIN}[ \t]+)?(?:{_NAME}|\d{{1,4}}\b))*")
_CODE = re.compile(r"\b(?=[A-Za-z0-9/_-]{0,40}\d)(?=[A-Za-z0-9/_-]{0,40}[A-Za-z])[A-Za-z0-9]+(?:[-/_][A-Za-z0-9]+)*\b")
_SPACED_CODE = re.compile(r"\b[A-Z]{2,6}[ -]?(?:No\.? ?|# ?)?\d{3,}\b")
_LONG_NUMBER = re.compile(r"\d(?<![\d.,].)\d{5,}(?![\d.,]\d)")
_UNITS = (
    r"%|percent|per cent|kg|g|mg|km|m|cm|mm|kW|kWh|MW|GW|V|A|W|Hz|MHz|GHz|GB|MB|TB|l|ml|°C|°F|days?|weeks?|months?|"
    r"years?|hours?|minutes?|miles?|feet|ft|tons?|tonnes?|units?|pieces|million|billion"
)
_CURRENCY = r"[$€£¥₹]|USD|EUR|GBP|CHF|JPY|INR"
_AMOUNT = r"\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_QUANTITY = re.compile(
    rf"(?:(?:{_CURRENCY})[ ]?(?:{_AMOUNT})(?:[ ]?(?:million|billion|k|m|bn)\b)?)"
    rf"|(?:(?<![\w.,])(?:{_AMOUNT})[ ]?(?:{_CURRENCY}|(?:{_UNITS})(?!\w)))"
)
_DATE = re.compile(r"^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/]\d{2,4})$")
_ORDINAL = re.compile(r"^\d+(?:st|nd|rd|th|s)$|^[qhQH][1-4]$|^(?:19|20)\d\d$")
_TWO_DIGITS = re.compile(r"\d\D*\d")
_OPENING = re.compile(r"(?:^|[.!?:|\n])[\s\"“‘(]*$")
_MONTHS_AND_DAYS = """
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday
"""
_CALENDAR = frozenset(_MONTHS_AND_DAYS.split())


def with_links(asset: Asset, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Return the units with their link keys, at most ``MOST_LINKS`` each; text has to be redacted before."""
    return tuple(unit.model_copy(update={"links": _links_of(asset, unit)}) for unit in units)


def _links_of(asset: Asset, unit: Unit) -> tuple[Link, ...]:
    found: dict[tuple[str, str], Link] = {}
    for link in (*_heading_links(asset, unit), *_mention_links(unit)):
        found.setdefault((link.key, link.role), link)
        if len(found) == MOST_LINKS:
            break
    return tuple(found.values())


def _heading_links(asset: Asset, unit: Unit) -> Iterator[Link]:
    titles = (unit.heading, _telling_title(asset) if unit.ordinal == 0 else "")
    for title in titles:
        key = heading_key(title)
        if 2 < len(key) <= LONGEST_KEY_CHARS and not is_plain(key):
            yield Link(key=key, shown=" ".join(title.split()), role="heading")


def _telling_title(asset: Asset) -> str:
    """Return the title unless it is one plain word such as ``invoice``, which every second text holds."""
    title = _FILE_ENDING.sub("", asset.title).replace("_", " ")
    return title if len(title.split()) > 1 or not title.islower() or not title.isalpha() else ""


def _mention_links(unit: Unit) -> Iterator[Link]:
    for text in _texts(unit):
        clean = _PLACEHOLDER.sub(" | ", text) if any(sign in text for sign in "[<{@") else text
        yield from filter(None, map(_mention, chain(_ids(clean), _QUANTITY.findall(clean), _names(clean))))


@lru_cache(maxsize=4096)
def _mention(shown: str) -> Link | None:
    key = as_key(shown)
    return Link(key=key, shown=" ".join(shown.split())) if 1 < len(key) <= LONGEST_KEY_CHARS else None


def _texts(unit: Unit) -> tuple[str, ...]:
    cells = " | ".join(cell for row in unit.cells for cell in row)
    # The text of a table is its title, and then its cells once more.
    text = unit.text.partition(row_text(*unit.cells[:2]))[0] if len(unit.cells) > 1 else unit.text
    return tuple(each[:MOST_CHARS] for each in (cells, text, unit.ocr, unit.caption, unit.transcript) if each)


def _ids(text: str) -> Iterator[str]:
    for pattern in (_SPACED_CODE, _CODE, _LONG_NUMBER):
        for match in pattern.finditer(text):
            if _is_id(match.group()):
                yield match.group()


def _is_id(shown: str) -> bool:
    if len(shown) < 4 or not _TWO_DIGITS.search(shown) or _DATE.match(shown) or _ORDINAL.match(shown):
        return False
    return shown.split()[0].casefold() not in _CALENDAR


def _names(text: str) -> Iterator[str]:
    for match in _CAPITALISED.finditer(text):
        opens = _OPENING.search(text[max(0, match.start() - 4) : match.start()]) is not None
        if name := _named(match.group(), opens):
            yield name


@lru_cache(maxsize=4096)
def _named(shown: str, opens: bool) -> str:
    words = _trimmed(words_of(shown))
    if 0 < len(words) <= LONGEST_KEY_WORDS and _is_name(words, opens=opens or words[0] != shown.split()[0]):
        return shown[shown.index(words[0]) :]
    return ""


def _trimmed(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drop leading stop words: ``The`` opens a sentence far more often than a name."""
    kept = list(words)
    while kept and is_plain(kept[0]):
        kept.pop(0)
    return tuple(kept)


def _is_name(words: tuple[str, ...], *, opens: bool) -> bool:
    """A single capitalised word at the start of a sentence is no name, unless it is written in capitals."""
    if all(word.casefold() in _CALENDAR or word.isdigit() for word in words):
        return False
    first = words[0]
    return len(words) > 1 or (len(first) > 2 and (not opens or first.isupper()))
