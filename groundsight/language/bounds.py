"""How a number is bounded by the words around it: at least, up to, about, exactly, within."""

from __future__ import annotations

import re
from typing import Literal, cast

from groundsight.language.stems import lexicon_rows

Bound = Literal["exact", "sure", "about", "ge", "gt", "le", "lt"]
# Those that leave one side open.
ONE_SIDED: frozenset[Bound] = frozenset(("ge", "gt", "le", "lt"))


_BEFORE: tuple[tuple[Bound, re.Pattern[str]], ...] = tuple(
    (cast("Bound", bound), re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})\s*$", re.IGNORECASE))
    for bound, *phrases in lexicon_rows("bounds.tsv")
)
# No longer than two months.
_TURNED: dict[Bound, Bound] = {"gt": "le", "lt": "ge"}
_NO = re.compile(r"\b(?:no|not|never|nicht|pas|no es)\s+$", re.IGNORECASE)
_ARTICLE = re.compile(r"(?<=\s)an?\s+$", re.IGNORECASE)
# Only of time: "within 14 days", "after two hours", but "after 3 matches".
_SPANS: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("le", re.compile(r"\b(?:within|innerhalb(?:\s+von)?)\s+$", re.IGNORECASE)),
    ("gt", re.compile(r"\bafter\s+$", re.IGNORECASE)),
)
# Maximum age: 12; minimum stay: two nights.
_LABELLED = re.compile(
    r"\b(?:(?P<le>max(?:\.|im[au]\w*))|(?P<ge>min(?:\.|im[au]\w*|dest\w*)))\s(?:[^\W\d]+\s){0,2}(?:[^\W\d]+\s?:\s?)?$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s+(?:[^\W\d]+\s+){0,2}?(?:"
    + "|".join(f"(?P<{bound}>{'|'.join(phrases)})" for bound, *phrases in lexicon_rows("bounds_behind.tsv"))
    + r")\b(?!\s+than)"
)


def bound_at(text: str, start: int, end: int, kind: str) -> tuple[Bound, int]:
    """Return the bound of the number of this kind at ``start`` to ``end``, and where the words before it begin."""
    told = text[max(0, start - 24) : start]
    # More than a thousand.
    for before in dict.fromkeys((told, _ARTICLE.sub("", told))):
        for bound, pattern in (*_BEFORE, *(_SPANS if kind in ("time", "months") else ())):
            if found := pattern.search(before):
                begin = text.rindex(found.group().strip(), 0, start)
                denied = _NO.search(text[:begin]) if bound in _TURNED else None
                return (_TURNED[bound], denied.start()) if denied else (bound, begin)
    said = _BEHIND.match(text, end) or _LABELLED.search(text[max(0, start - 48) : start])
    return cast("Bound", said.lastgroup if said else "exact"), start
