"""Identifiers such as INV-2041, TB-440 or PO 7781: they name one thing and count nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from groundsight.language.stems import word_list
from groundsight.language.tokens import Token

_PART = r"[A-Z\d]+"
_WEB = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)[^\s<>\"']*[\w/]"
_VERSION = (
    r"[vV]?(?!\d{1,3}(?:\.\d{3})+(?!\d))\d+(?:\.\d+){2,}|[vV]\d+\.\d+|(?:(?<=[vV]ersion )|(?<=[rR]elease ))\d+\.\d+"
)
_PARTS = rf"(?=[A-Z\d/_-]*\d)(?=[A-Z\d/_-]*[A-Z]){_PART}(?:[-/_]{_PART})+(?:\(\w+\))*|[a-z]{{2,5}}-\d{{3,}}"
_ID = re.compile(
    rf"(?<![\w./@-])(?:{_WEB}|{_VERSION}|{_PARTS}"
    r"|0[xX][\dA-Fa-f]{2,}|[A-Z]{2,6}\d{2,}|(?P<kind>[A-Z]{2,5})\s(?P<digits>\d{3,}))(?![\w-]|[.,@/]\w)"
)
# The 388th invoice of 2025.
_RUNNING = re.compile(r"(?<![\w./,-])(?:19|20)\d\d[-/](?:0\d{2,5}|1[0-8]\d{2,4})(?![\w-]|[.,/]\w)")
_ERAS = frozenset("ad bc ce bce am pm utc gmt cet est".split())
_ORDERS = frozenset({"PO", "SO", "INV", "REF", "RFQ", "NO", "ID", "AWB"})
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_SPAN = re.compile(r"(?:mid|pre|post|early|late)-\d{4}")


@dataclass(frozen=True, slots=True)
class Ident:
    """An identifier at ``span``; ``key`` is its letters and digits alone, ``letters`` its leading letters."""

    span: tuple[int, int]
    text: str
    key: str
    letters: str


def find_ids(text: str, taken: Sequence[tuple[int, int]] = ()) -> tuple[Ident, ...]:
    """Find identifiers outside the stretches already taken by dates."""
    found = (match for match in _ID.finditer(text) if not _counts(match))
    return tuple(_ident(match) for match in found if not any(a < match.end() and match.start() < b for a, b in taken))


def running_numbers(text: str) -> tuple[Ident, ...]:
    """Find numbers that run within a year: 2025-0388. A span of years or of numbers has another end."""
    return tuple(map(_ident, _RUNNING.finditer(text)))


def id_keys(tokens: Sequence[Token]) -> frozenset[str]:
    """Return each word, and each two neighbours written as one, so that "PO-7781" and "PO 7781" meet."""
    words = [token.word for token in tokens]
    return frozenset({*words, *map(_joined, pairwise(words))})


def _joined(parts: Sequence[str]) -> str:
    """Two numbers side by side stay apart: AB-12-77 is not AB-1-277."""
    return re.sub(r"(?<=\d) (?=\d)", ".", " ".join(parts)).replace(" ", "")


def _counts(match: re.Match[str]) -> bool:
    """A currency, an era, a quarter, or letters before a year ("FIFA 2018", "mid-2020") name no single thing."""
    letters = str(re.findall(r"^[A-Za-z]*(?:[1-4]\b)?", match.group())[0]).casefold()
    if letters in word_list("currency_codes.txt") or letters in _ERAS or re.fullmatch("q[1-4]", letters):
        return True
    named = match["kind"] and match["kind"] not in _ORDERS
    return bool(named and _YEAR.fullmatch(match["digits"])) or bool(_SPAN.fullmatch(match.group()))


def _ident(match: re.Match[str]) -> Ident:
    key = _joined(re.findall(r"[^\W_]+", match.group().casefold()))
    return Ident(match.span(), match.group(), key, re.match(r"[a-z]*", key).group())  # pyright: ignore[reportOptionalMemberAccess]
