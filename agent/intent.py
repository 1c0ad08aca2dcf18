"""What a question wants to have worked out over rows: an extreme, a count, a sum, a mean, a list or a difference."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from groundsight.agent.words import stem, stem_set
from groundsight.types import Word

Op = Literal["extreme", "count", "sum", "mean", "list", "gap", "compare", "next", "lookup"]
Dimension = Literal["", "money", "weight", "length", "height", "date", "time", "temperature"]


class Intent(Word):
    """An operation (``next``: one that no row settles); ``high`` and ``dimension`` say which end of what.

    ``said`` are the stems that ask for it.
    """

    op: Op
    high: bool = True
    dimension: Dimension = ""
    said: frozenset[str] = frozenset()


_HIGH: dict[str, Dimension] = {
    "most": "", "highest": "", "largest": "", "biggest": "", "greatest": "", "maximum": "", "best": "", "more": "",
    "higher": "", "larger": "", "bigger": "", "greater": "", "better": "", "dearest": "money", "heaviest": "weight",
    "heavier": "weight", "longest": "length", "longer": "length", "tallest": "height", "taller": "height",
    "newest": "date", "newer": "date", "youngest": "date", "younger": "date", "latest": "date", "later": "date",
    "slowest": "time", "slower": "time", "warmest": "temperature", "hottest": "temperature", "warmer": "temperature",
    "hotter": "temperature",
}  # fmt: skip
_LOW: dict[str, Dimension] = {
    "least": "", "fewest": "", "lowest": "", "smallest": "", "minimum": "", "less": "", "fewer": "", "lower": "",
    "smaller": "", "cheapest": "money", "cheaper": "money", "lightest": "weight", "lighter": "weight",
    "shortest": "length", "shorter": "length", "oldest": "date", "older": "date", "earliest": "date",
    "earlier": "date", "fastest": "time", "faster": "time", "quickest": "time", "quicker": "time",
    "coldest": "temperature", "coolest": "temperature", "colder": "temperature",
}  # fmt: skip
_WITH_MOST: dict[str, tuple[bool, Dimension]] = {
    "expensive": (True, "money"), "costly": (True, "money"), "recent": (True, "date"), "recently": (True, "date"),
}  # fmt: skip
_COMPARATIVE = re.compile(r"(?:er|more|less|better)$")
_DEGREE = re.compile(rf"\b({'|'.join((*_HIGH, *_LOW))})\b(?:\s+({'|'.join(_WITH_MOST)})\b)?", re.I)
_IN_TIME = re.compile(r"\b(first|last|next)\s*\W*$|\b(?:is|are|was|were) (?:the )?(first|last|next) to\b", re.I)
_AT_LEAST = re.compile(r"\bat (?:the )?(?:least|most|latest|earliest)\b", re.I)
_COUNT = re.compile(r"\bhow many\b|^what is the number of\b", re.I)
_MEAN = re.compile(r"\b(?:average|mean)\b", re.I)
_SPENT = re.compile(r"^how much(?: money)? (?:did|do|have|has|was|were)\b.*\b(?:spen[dt]|pay|paid)\b", re.I)
_SUM = re.compile(
    r"\b(?:total|sum|altogether|overall|combined|together|whole|entire|add(?:s|ed)? up)\b|\bin all\b"
    r"|\ball (?:the )?\w+s\b",
    re.I,
)
_LIST = re.compile(
    r"^(?:list|name|give me|show me)\b|^(?:which|what)\s+(?:[\w-]+\s+)?"
    r"(?!is\b|was\b|does\b|has\b|this\b)[a-z-]+(?<!s)s\b|^(?:which|what)\s+people\b|^who (?:are|were) (?:the|all)\b",
    re.I,
)
_EITHER = re.compile(r"\bor\b", re.I)
_ASKS = re.compile(r"^(?:in |on |at |for |by )?(?:which|what|who|whose|how)\b|^(?:list|name|give|show)\b", re.I)
_OF_WORDS = stem_set(
    "average mean total sum altogether overall combined together whole entire add adds added up number list name all "
    "times often compared difference spend spent pay paid money"
)


@lru_cache(maxsize=256)
def asks_extreme(question: str) -> bool:
    """Say whether a question asks for the one with the most or least of something: no single cell tells that."""
    wanted = intent(question)
    return wanted is not None and wanted.op in ("extreme", "next")


def intent(question: str) -> Intent | None:
    """Read the operation of a question; a plain question looks one cell up, and a yes-no question none."""
    plain = question.strip()
    if not _ASKS.match(plain):
        return None
    degree = _DEGREE.search(_AT_LEAST.sub(" ", plain))
    if degree and _COMPARATIVE.search(degree.group(1)):
        return _of_two(plain, degree)
    if degree:
        return _degree("extreme", degree)
    if ordered := _IN_TIME.search(plain):
        return _in_time((ordered.group(1) or ordered.group(2)).casefold())
    for form, op in ((_MEAN, "mean"), (_SUM, "sum"), (_SPENT, "sum"), (_COUNT, "count"), (_LIST, "list")):
        if form.search(plain):
            return Intent.model_validate({"op": op, "said": _OF_WORDS})
    return Intent(op="lookup")


def _of_two(plain: str, degree: re.Match[str]) -> Intent | None:
    if re.search(r"\bhow (?:much|many)\b", plain, re.I) and re.search(r"\bthan\b", plain, re.I):
        return _degree("gap", degree)
    return _degree("compare", degree) if _EITHER.search(plain) else None


def _in_time(word: str) -> Intent:
    """What expires first has the earliest date; what is next hangs on today, which no table tells."""
    return Intent(
        op="next" if word == "next" else "extreme", high=word == "last", dimension="date", said=frozenset((stem(word),))
    )


def _degree(op: Op, found: re.Match[str]) -> Intent:
    word, adjective = found.group(1).casefold(), (found.group(2) or "").casefold()
    high, dimension = word in _HIGH, (_HIGH | _LOW)[word]
    if adjective:
        up, dimension = _WITH_MOST[adjective]
        high = high == up
    said = {stem(word), *([stem(adjective)] if adjective else [])}
    return Intent(op=op, high=high, dimension=dimension, said=frozenset(said))
