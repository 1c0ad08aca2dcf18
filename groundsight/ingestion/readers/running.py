"""Running heads and feet: lines that repeat at the edge of many pages are kept once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundsight.ingestion import Element

_EDGE = 0.08
_FEWEST_PAGES = 3
_SHARE = 0.3
_DIGITS = re.compile(r"\d+")


def keep_once(elements: Iterable[Element], pages: int) -> list[Element]:
    """Drop repeats of short texts at the top or bottom edge that stand on a third of the pages."""
    listed = list(elements)
    seen: dict[str, set[int]] = {}
    for element in listed:
        if key := _key(element):
            seen.setdefault(key, set()).add(element.page or 0)
    running = {key for key, on in seen.items() if len(on) >= max(_FEWEST_PAGES, _SHARE * pages)}
    kept: list[Element] = []
    told: set[str] = set()
    for element in listed:
        key = _key(element)
        if key not in running or key not in told:
            kept.append(element)
        told.add(key)
    return kept


def _key(element: Element) -> str:
    """Return the text without its numbers, empty for what can't be a running line."""
    box = element.box
    if element.kind not in ("text", "heading") or box is None or len(element.text) > 150:
        return ""
    at_edge = box.y1 <= _EDGE or box.y0 >= 1 - _EDGE
    return _DIGITS.sub("#", element.text) if at_edge else ""
