"""Numbers as written: digits of any locale, vulgar fractions, and number words of four languages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from groundsight.language.stems import lexicon_rows, word_list

_PART = r"[¼-¾⅐-⅞]|\s\d/\d{1,2}(?![/\d])"
DIGITS = (
    rf"\d+\s?(?:{_PART})|[¼-¾⅐-⅞]|"
    r"\d{1,3}(?:[\u00a0\u2009\u202f' ]\d{3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?(?!\d)"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)|\d{1,3}(?:\.\d{3}){2,}|\d+(?:[.,]\d+)?|(?<!\d)\.\d+"
)
_SPACES = re.compile(r"[\u00a0\u2009\u202f' ]")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}|[1-9]\d{0,2}(?:\.\d{3})+")
NUMERALS = {word: float(value) for first, value, *others in lexicon_rows("numerals.tsv") for word in (first, *others)}
_PLAIN = "|".join(sorted(NUMERALS, key=len, reverse=True))
# "Dos" is a number before a share in any text.
_EVERY = NUMERALS | {word: float(value) for _, word, value in lexicon_rows("numerals_of.tsv")}
_COUNTED = "|".join(sorted(_EVERY, key=len, reverse=True))
_DOZENS = frozenset(("dozen", "dutzend", "douzaine", "douzaines", "docena", "docenas"))
# One hundred and five, but between six and twelve.
_AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=million))\s+and\s+"
# German writes its parts as one word ("siebenhundert", "einundzwanzig").
_SHARES = {word: int(part) for part, *words in lexicon_rows("shares.tsv") for word in words}
_PART_WORDS = "|".join(sorted(_SHARES, key=len, reverse=True))
_ONES = "an?|one|une?|un[ao]|eine?"
# Of a whole ("three quarters of the guests", "half full"), of one unit ("half an hour"), or behind a number.
FRACTION = (
    rf"\b(?:\d/\d{{1,2}}(?=\s+[^\W\d_])|(?:{_PLAIN})\s+(?:parts?\s+)?in\s+(?:an?\s+)?(?:{_PLAIN}|\d{{1,3}})\b(?=\s+[a-z])"
    rf"|(?:{_PLAIN}|\d{{1,3}})\s+out\s+of\s+(?:{_PLAIN}|\d{{1,3}})\b(?=\s+(?!is\b|was\b)[a-z])"
    rf"|(?:{_ONES}|{_PLAIN}|\d{{1,3}})\s+(?:[^\W\d_]+\s+)?(?:de\s+cada|sur|von)\s+(?:{_PLAIN}|\d{{1,3}})\b"
    rf"|(?:medi[ao]|halbe[nrs]?|demie?)(?=[\s-](?!do[cu])[a-zäöü])"
    rf"|(?:and\s+(?:an?|one|three)|(?:et|y)(?:\s+(?:un|le))?)\s+(?:half|demie?|medi[ao]|{_PART_WORDS})\b(?!\s+of\b)"
    rf"|(?:(?:{_ONES}|{_COUNTED})[\s-])?(?:half|(?<=[\s-])(?:{_PART_WORDS}))"
    r"(?=\s+(?:of|an?|the|full|empty|de[lrs]?|du|d['’]\w+)\b(?!\s+(?:dozen|million))))"
)


@lru_cache(maxsize=8)
def numerals_of(language: str) -> dict[str, float]:
    """Return the number words of a language (ISO 639-1), with those that mean something else in another."""
    return NUMERALS | {word: float(value) for code, word, value in lexicon_rows("numerals_of.tsv") if code == language}


@lru_cache(maxsize=8)
def _plain(language: str) -> str:
    return "|".join(sorted(numerals_of(language), key=len, reverse=True))


def words_pattern(language: str) -> str:
    """Return the expression of number words in a language."""
    plain = _plain(language)
    return (
        rf"\ban?(?=\s+fortnight\b)|\b(?:half\s+an?\s+|medi[ao]\s+|demi-)?(?:ein(?:und)?)?(?:{plain})"
        rf"(?:(?:[\s-]|{_AND}|(?<=nta)\s+y\s+|und)?(?:{plain}))*\b"
    )


def parse_digits(digits: str, *, language: str = "") -> tuple[float, float]:
    """Return the value of digits in any writing, and the step of their last place; by ``language``, 1.234 is 1234."""
    if found := re.fullmatch(rf"(?P<whole>\d*)\s?(?P<part>{_PART})", digits):
        return float(found["whole"] or 0) + _part(found["part"]), 1e-3
    read = ungrouped(digits, comma=decimal_comma(language))
    return float(read), 10.0 ** -len(read.partition(".")[2])


def ungrouped(digits: str, *, comma: bool = False) -> str:
    """Return digits in any writing as Python reads them: 1.234,56 and 9 870,40 and 1,25,000 without their groups.

    One mark before three digits is read by ``comma``: True where the comma parts decimals, so that 1.234 is 1234 and
    1,250 is 1.25; else the comma groups and the point parts decimals. Two kinds of marks tell themselves.
    """
    bare = _SPACES.sub("", digits)
    marks = {mark: bare.count(mark) for mark in ".,"}
    if marks["."] and marks[","]:
        last = max(".,", key=bare.rfind)
        return bare.replace("," if last == "." else ".", "").replace(",", ".")
    mark = "." if marks["."] else ","
    grouped = _GROUPED.fullmatch(bare) and (marks[mark] > 1 or comma == (mark == "."))
    return bare.replace(mark, "" if grouped or marks[mark] > 1 else ".")


def decimal_comma(language: str) -> bool:
    """True for a language (ISO 639-1) whose numbers have a decimal comma."""
    return language in word_list("decimal_commas.txt")


def parse_words(words: str, language: str = "") -> float:
    """Return the value of number words ("one thousand two hundred", "half a dozen"); an article is 1."""
    total, part = 0.0, 0.0
    known = numerals_of(language)
    found = re.findall(rf"half|medi[ao]|demi|{_plain(language)}|ein(?=hundert|tausend|und)", words.casefold())
    for word in found:
        value = 0.5 if word.startswith(("half", "medi", "demi")) else known.get(word, 1.0)
        if value >= 1000:
            total, part = total + (part or 1) * value, 0.0
        elif word in _DOZENS or value == 100:
            part = (part or 1) * value
        else:
            part += value
    return total + part if found else 1.0


def parse_fraction(words: str) -> float:
    """Return the value of a fraction in words ("three quarters", "one in four")."""
    parts = re.sub(r"^(?:and|et|y)\s+", "", words.casefold()).replace("-", " ").replace("/", " in ").split()
    if {"in", "out", "cada", "sur", "von"} & {*parts}:
        part, whole = (float(one) if one.isdigit() else NUMERALS.get(one, 1.0) for one in (parts[0], parts[-1]))
        return part / whole if whole else 0.0
    return (_EVERY.get(parts[0], 1.0) if len(parts) > 1 else 1.0) / _SHARES.get(parts[-1], 2)


def _part(text: str) -> float:
    upper, _, lower = unicodedata.normalize("NFKC", text).strip().replace("⁄", "/").partition("/")
    return int(upper) / (int(lower) or 1)
