"""Digits as written: grouped by thousands, with decimals, or with a vulgar fraction."""

from __future__ import annotations

import re
import unicodedata

_PART = r"[¼-¾⅐-⅞]|\s\d/\d{1,2}(?![/\d])"
DIGITS = (
    rf"\d+\s?(?:{_PART})|[¼-¾⅐-⅞]|"
    r"\d{1,3}(?:[\u00a0\u202f' ]\d{3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)|\d{1,3}(?:\.\d{3}){2,}|\d+(?:[.,]\d+)?"
)


def parse_digits(digits: str) -> tuple[float, float]:
    """Return the value of digits in any writing, and the step of their last place."""
    if found := re.fullmatch(rf"(?P<whole>\d*)\s?(?P<part>{_PART})", digits):
        return float(found["whole"] or 0) + _part(found["part"]), 1e-3
    plain = re.sub(r"[\u00a0\u202f' ]", "", digits)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}", plain):
        plain = plain.replace(".", "").replace(",", ".")
    plain = plain.replace(",", ".")
    decimals = len(plain.partition(".")[2])
    return float(plain), 10.0**-decimals


def _part(text: str) -> float:
    upper, _, lower = unicodedata.normalize("NFKC", text).strip().replace("⁄", "/").partition("/")
    return int(upper) / (int(lower) or 1)
