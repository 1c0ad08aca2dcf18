"""Numbers as written: digits of any locale, vulgar fractions, and number words of four languages."""

from __future__ import annotations

import re
import unicodedata

from groundsight.language.stems import lexicon_rows, word_list

_PART = r"[¼-¾⅐-⅞]|\s\d/\d{1,2}(?![/\d])"
DIGITS = (
    rf"\d+\s?(?:{_PART})|[¼-¾⅐-⅞]|"
    r"\d{1,3}(?:[\u00a0\u2009\u202f' ]\d{3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?(?!\d)"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)|\d{1,3}(?:\.\d{3}){2,}|\d+(?:[.,]\d+)?"
)
_SPACES = re.compile(r"[\u00a0\u2009\u202f' ]")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}|[1-9]\d{0,2}(?:\.\d{3})+")
NUMERALS = {word: float(value) for first, value, *others in lexicon_rows("numerals.tsv") for word in (first, *others)}
_PLAIN = "|".join(sorted(NUMERALS, key=len, reverse=True))
# One hundred and five, but between six and twelve.
_AND = r"(?:(?<=hundred)|(?<=thousand)|(?<=million))\s+and\s+"
# German writes its parts as one word ("siebenhundert", "einundzwanzig").
WORDS = rf"\b(?:half\s+an?\s+)?(?:ein(?:und)?)?(?:{_PLAIN})(?:(?:[\s-]|{_AND}|\s+y\s+|und)?(?:{_PLAIN}))*\b"
_FOUND = re.compile(rf"half|{_PLAIN}|ein(?=hundert|tausend|und)", re.IGNORECASE)
_SHARES = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
# Of a whole ("three quarters of the guests", "half full"), of one unit ("half an hour"), or behind a number.
FRACTION = (
    rf"\b(?:one\s+(?:in|out\s+of)\s+(?:{_PLAIN}|\d{{1,3}})\b(?=\s+[a-z])"
    r"|(?:and\s+(?:an?|one)\s+)half\b|(?:(?:an?|one|two|three|four)[\s-])?"
    r"(?:half|(?<=[\s-])(?:third|quarter|fifth|tenth)s?)(?=\s+(?:of|an?|the|full|empty)\b(?!\s+(?:dozen|million))))"
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


def parse_words(words: str) -> float:
    """Return the value of number words ("one thousand two hundred", "half a dozen")."""
    total, part = 0.0, 0.0
    for word in _FOUND.findall(words.casefold()):
        value = 0.5 if word == "half" else NUMERALS.get(word, 1.0)
        if value >= 1000:
            total, part = total + (part or 1) * value, 0.0
        elif word == "dozen" or value == 100:
            part = (part or 1) * value
        else:
            part += value
    return total + part


def parse_fraction(words: str) -> float:
    """Return the value of a fraction in words ("three quarters", "one in four")."""
    parts = words.casefold().replace("-", " ").split()
    if {"in", "out"} & {*parts}:
        return 1 / (NUMERALS.get(parts[-1]) or float(parts[-1]))
    return (NUMERALS.get(parts[0], 1.0) if len(parts) > 1 else 1.0) / _SHARES[parts[-1].rstrip("s")]


def _part(text: str) -> float:
    upper, _, lower = unicodedata.normalize("NFKC", text).strip().replace("⁄", "/").partition("/")
    return int(upper) / (int(lower) or 1)
