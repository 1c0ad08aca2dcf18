"""What unsure characters of a line are: by their neighbours, as words and figures, by the other words of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from unicodedata import normalize

from groundsight.encoders.wordhood import is_english
from groundsight.language.stems import english_stems, stem

# What was misread gave the right letter .16 to .45, what was read rightly gave the wrong one .08 at most.
RIVAL = 0.15
# A sign that the line makes no sense without needs less: 13 lines of 60 pages changed, all to what is printed.
FAINT = 0.02
# Of 500 blurred words 430 were read, of 500 blurred names that are nearly words 8 turned into one; 451 and 26 where
# words need RIVAL, 457 and 32 with LIKELY from six letters. On a page such names are rare among words.
SHORTEST_WORD, LONG_WORD, LIKELY = 5, 6, 0.05
# A letter that may be none at all: the ink of a sign beside it.
LOST = 0.1
# A line that ends like a price, and has no point: "@3 00".
_CENTS = re.compile(r"[^.]*\d \d\d")
_BARE_CENTS, _PRICE, PRICED = re.compile(r"\d+ \d\d"), re.compile(r"\W*\d[\d,]*\.\d\d"), 3
_FIGURE = re.compile(
    r"\W?-?\d{1,3}(,?\d{3})*[.,]\d\d|\d\d:\d\d(:\d\d)?|\W?\d\d?([.,]\d)?%\W?|(\d\d)([/.-])\d\d\5\d\d(\d\d)?"
)
# Full-width forms stand at one distance from what they are forms of.
_NARROW = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_SIGNS = re.compile(r"^\W+|\W+$")
# With more unsure places it is noise: 52 of them took 16 CPU seconds.
OTHERS, UNSURE = 2, 12


def respelled(places: Sequence[Mapping[str, float]], least: Callable[[str], float]) -> str:
    """Return the likeliest word that the places may hold, or the one that was read.

    ``least`` says how likely a word must be, 1 for what was read; what was read stays if it is a word (1 or less).
    """
    read = "".join(map(first, places))
    if not 0 < sum(len(place) > 1 for place in places) <= UNSURE or least(read) <= 1:
        return read
    fitting = [(odds, word) for word, odds in _spellings(places).items() if odds > least(word)]
    return max(fitting, default=(1.0, read))[1]


def _spellings(places: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Spell with two other letters at most, and multiply their odds."""
    found = {("", 0): 1.0}
    for place in places:
        read = first(place)
        told = dict[tuple[str, int], float]()
        for (word, others), odds in found.items():
            for sign, chance in place.items():
                key = (word + sign, others + (sign != read))
                told[key] = max(told.get(key, 0), odds * min(1, chance / place[read]))
        found = {key: odds for key, odds in told.items() if key[1] <= OTHERS and odds > LIKELY}
    return {word: odds for (word, _), odds in found.items()}


def first(place: Mapping[str, float]) -> str:
    """Return what was read at a place."""
    return next(iter(place))


def bare(word: str) -> str:
    """Return a word without the signs around it and its case."""
    return _SIGNS.sub("", word).casefold()


def may_stand(read: str, rivals: Mapping[str, float], none: float) -> dict[str, float]:
    """Return what may stand where a character was read, that first: letters, digits, % for a letter, nothing.

    A digit is never taken for a sign or for nothing: a figure would change.
    """
    others = {one: odds for one, odds in rivals.items() if one.isalnum() or not read.isalnum()}
    if not read.isdigit():
        others |= {one: odds for one, odds in (("%", rivals.get("%", 0.0)), ("", none)) if odds > LOST}
    return {read: rivals.get(read, FAINT)} | others


def least_odds(word: str, page: Container[str]) -> float:
    """Return how likely a word must be beside what was read, 1 if that stays what it is, 2 if it is no word at all."""
    if _FIGURE.fullmatch(word):
        return 0.1
    name = bare(word)
    size = len(name) if name.isalpha() else 0
    whole = size > 0 and is_english(name)
    ordinary = size > 0 and (whole or (name.isascii() and stem(name) in english_stems()))
    kinds = (
        (name in page and size > 1, LIKELY),
        (whole and size >= LONG_WORD, LIKELY),
        ((whole and size >= SHORTEST_WORD) or (ordinary and size > LONG_WORD), RIVAL),
        (ordinary and size > 3, 1.0),
    )
    return next((least for holds, least in kinds if holds), 2.0)


def lists_prices(texts: Sequence[str]) -> bool:
    """Tell whether three lines at least are nothing but a price with a point."""
    return sum(bool(_PRICE.fullmatch(text)) for text in texts) >= PRICED


def with_point(text: str, seen: bool, priced: bool) -> str:
    """Return a line with the point before its cents: a trace of it was seen, or the page is a list of such prices."""
    lost = (seen and _CENTS.fullmatch(text)) or (priced and _BARE_CENTS.fullmatch(text))
    return f"{text[:-3]}.{text[-2:]}" if lost else text


def narrow(text: str) -> str:
    """Return a line with brackets and colons as wide as its letters; one with East Asian signs keeps wide ones.

    In 2 of 40 English receipts they were read as wide.
    """
    if any(sign >= "\u2e80" and sign not in _NARROW for sign in text):
        return text
    return "".join(_NARROW.get(sign, sign) for sign in text)


def whole_words(parts: Sequence[str]) -> str:
    """Join parts of a line by spaces, and by none where two or three make one English word and not each is one."""
    at, words = 0, list[str]()
    while at < len(parts):
        ends = (end for end in (at + 3, at + 2) if end <= len(parts) and _is_torn(parts[at:end]))
        end = next(ends, at + 1)
        words.append("".join(parts[at:end]))
        at = end
    return " ".join(words)


def _is_torn(parts: Sequence[str]) -> bool:
    word = "".join(parts)
    return len(word) >= SHORTEST_WORD and word.isalpha() and is_english(word) and not all(map(is_english, parts))


def chosen(text: Sequence[str], at: int, rivals: Mapping[str, float]) -> str:
    """Return the character for a place: one of its rivals, by what stands around it, or the one that was read."""
    alike, wanted = likelier(text, at), needed(text, at)
    return alike if rivals.get(alike, 0.0) > RIVAL else wanted if wanted in rivals else text[at]


def needed(text: Sequence[str], at: int) -> str:
    """Return the sign without which a place makes no sense, or "".

    A comma for the point before a small letter, an @ for the nought before a digit that no digit leads.
    """
    before, after = "".join(text[:at]), "".join(text[at + 1 :])
    match text[at]:
        case "." if after[:1] == " " and after[1:2].islower():
            return ","
        case "0" if after[:1].isdigit() and (before[-1:].isalpha() or not before):
            return "@"
        case _:
            return ""


def likelier(text: Sequence[str], at: int) -> str:
    """Return the character that stands more often beside these neighbours and looks like the one at a place, or "".

    A letter without its accent; an l behind a small letter for a 1; digits among digits, an O among capitals.
    """
    one, before, after = text[at], "".join(text[max(0, at - 1) : at]), "".join(text[at + 1 : at + 2])
    plain = normalize("NFD", one)[0]
    if plain != one and plain.isascii():
        return plain
    if one == "1":
        return "l" if before.islower() else ""
    if one == "0":
        return "O" if before.isupper() and after.isupper() else ""
    if one == ":" and before.islower() and after.islower():
        return "t"
    if one in "Oo" and after == "x" and not before.isalnum():
        return "0" if "".join(text[at + 2 : at + 3]).isdigit() else ""
    return {"l": "1", "I": "1", "O": "0", "o": "0"}.get(one, "") if before.isdigit() else ""
