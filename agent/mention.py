"""Words of a question found in a text, in their order."""

from __future__ import annotations

from groundsight.agent.question import Need
from groundsight.agent.words import stems


def mentions(text: str, need: Need) -> bool:
    """Say whether a text holds a need word by word: names in either order, one word may lie between."""
    found, wanted = stems(text), need.stems
    if len(wanted) == 1:
        return wanted[0] in found
    orders = (wanted, wanted[::-1]) if need.kind == "name" else (wanted,)
    return any(in_order(found, order, gap=1 if need.kind == "name" else 0) for order in orders)


def in_order(found: tuple[str, ...], wanted: tuple[str, ...], *, gap: int) -> bool:
    """Say whether stems stand in this order in a text, with at most ``gap`` others between two of them."""
    return any(word == wanted[0] and _follows(found, start, wanted, gap) for start, word in enumerate(found))


def _follows(found: tuple[str, ...], start: int, wanted: tuple[str, ...], gap: int) -> bool:
    at = start
    for part in wanted[1:]:
        window = found[at + 1 : at + 2 + gap]
        if part not in window:
            return False
        at = at + 1 + window.index(part)
    return True
