"""How a sentence is written: which signs carry meaning, and which are typography only."""

from __future__ import annotations

import re
from itertools import pairwise

from groundsight.grounding.align import Interval, Pair
from groundsight.language.facts import Facts
from groundsight.language.sentences import without_emphasis
from groundsight.language.typography import SAME
from groundsight.types import Reason

_BOUND = re.compile(r"(?:[<>]=|[≤≥=~≈])?\s*$")
_IDLE = frozenset(" \t\n.,;:!-'\"()[]{}*`|#•◦‣§¶")
Edge = tuple[str, str]


def check_signs(pair: Pair) -> tuple[Reason, ...]:
    """Compare what stands between words that are neighbours on both sides; numbers and dates are read elsewhere.

    What both sides write without a gap has to agree in every sign ("a_b" is not "a-b"); elsewhere only signs
    that mean something count.
    """
    if pair.passage.cell or pair.passage.channel == "ocr":
        return ()
    theirs: dict[Edge, list[str]] = {}
    for edge, gap, _ in _gaps(pair.passage.facts):
        theirs.setdefault(edge, []).append(gap)
    for edge, gap, span in _gaps(pair.claim):
        given = theirs.get(edge)
        if given and not any(_alike(gap, other, inner=all(edge)) for other in given):
            message = f"{edge[0]}{gap}{edge[1]} in the answer, {edge[0]}{given[0]}{edge[1]} in the source"
            return (pair.reason("sign_mismatch", " ".join(message.split()), span, None),)
    return ()


def _alike(one: str, other: str, *, inner: bool) -> bool:
    tight = inner and one and other and not any(c.isspace() for c in one + other)
    return one == other if tight else _telling(one) == _telling(other)


def _telling(gap: str) -> str:
    return "".join(c for c in gap if c not in _IDLE)


def _gaps(facts: Facts) -> list[tuple[Edge, str, Interval]]:
    """What stands between neighbours, with the words on both sides; numbers, dates and identifiers are blanked."""
    shown = without_emphasis(facts.text).translate(SAME)
    for start, end in (one.span for one in (*facts.quantities, *facts.moments, *facts.ids)):
        start = _BOUND.search(shown, 0, start).start()  # pyright: ignore[reportOptionalMemberAccess]
        shown = f"{shown[:start]}{'':{end - start}}{shown[end:]}"
    words = ["", *(one.word for one in facts.tokens), ""]
    spots = [(0, 0), *(one.span for one in facts.tokens), (len(shown), len(shown))]
    gaps = [(end, start) for (_, end), (start, _) in pairwise(spots)]
    return [(edge, shown[slice(*gap)], gap) for edge, gap in zip(pairwise(words), gaps, strict=True)]
