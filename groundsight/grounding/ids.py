"""Identifiers such as INV-2041, TB-440 or PO 7781: they name one thing and count nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from groundsight.grounding.tokens import Token

_ID = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,6}[-/]\d[\dA-Z]*(?:[-/]\d+)*|[A-Z]{2,6}\d{2,}|(?P<kind>[A-Z]{2,5})\s(?P<digits>\d{3,}))(?![\w-]|[.,]\d)"
)
_NEVER = re.compile(r"(?:EUR|USD|GBP|CHF|INR|JPY|SEK|NOK|DKK|AD|BC|CE|BCE|AM|PM|UTC|GMT|CET|EST|Q[1-4])\b")
_ORDERS = frozenset({"PO", "SO", "INV", "REF", "RFQ", "NO", "ID", "AWB"})
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


@dataclass(frozen=True, slots=True)
class Ident:
    """An identifier at ``span``; ``key`` is its letters and digits alone, ``letters`` its leading letters."""

    span: tuple[int, int]
    text: str
    key: str
    letters: str


def find_ids(text: str, taken: Sequence[tuple[int, int]] = ()) -> tuple[Ident, ...]:
    """Find identifiers outside the stretches already taken by dates."""
    found = (match for match in _ID.finditer(text) if not _NEVER.match(match.group()) and not _counts(match))
    return tuple(_ident(match) for match in found if not any(a < match.end() and match.start() < b for a, b in taken))


def id_keys(tokens: Sequence[Token]) -> frozenset[str]:
    """Return each word, and each two neighbours written as one, so that "PO-7781" and "PO 7781" meet."""
    words = [token.word for token in tokens]
    return frozenset({*words, *(one + other for one, other in pairwise(words))})


def _counts(match: re.Match[str]) -> bool:
    """Letters before a year ("FIFA 2018") or before a count of many are no identifier."""
    return bool(match["kind"]) and match["kind"] not in _ORDERS and bool(_YEAR.fullmatch(match["digits"]))


def _ident(match: re.Match[str]) -> Ident:
    key = re.sub(r"[\W_]", "", match.group()).casefold()
    return Ident(match.span(), match.group(), key, re.match(r"[a-z]*", key).group())  # pyright: ignore[reportOptionalMemberAccess]
