"""A gentle spread: the same text is shown once, and one asset alone doesn't fill the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from groundsight.retrieval.words import quotable, terms_of
from groundsight.types import Hit

SAME = 0.95
OVER_SHARE = 0.6
OVER_WORTH = 0.7


def spread_out(hits: Sequence[Hit], limit: int) -> tuple[Hit, ...]:
    """Return at most ``limit`` hits, best first; near-duplicates name their twin's source in the reason."""
    single = _collapsed(hits, 3 * limit)
    chosen = sorted(_handicapped(single, limit), key=lambda pair: -pair[1])[:limit]
    kept = {hit.unit.unit_id for hit, _ in chosen}
    return tuple(hit for hit in single if hit.unit.unit_id in kept)


def _collapsed(hits: Sequence[Hit], most: int) -> tuple[Hit, ...]:
    kept: list[Hit] = []
    said: list[frozenset[str]] = []
    for hit in hits[:most]:
        words = frozenset(terms_of(quotable(hit.unit)))
        twin = next((place for place, other in enumerate(said) if _same(words, other)), None)
        if twin is None:
            kept.append(hit)
            said.append(words)
        else:
            kept[twin] = _naming(kept[twin], hit)
    return tuple(kept)


def _same(words: frozenset[str], other: frozenset[str]) -> bool:
    fewer, more = sorted((len(words), len(other)))
    if not fewer or fewer < SAME * more:
        return False
    return len(words & other) >= SAME * len(words | other)


def _naming(hit: Hit, twin: Hit) -> Hit:
    if twin.asset.asset_id == hit.asset.asset_id:
        return hit
    note = f"same text in {twin.asset.source}"
    return hit.model_copy(update={"reason": f"{hit.reason}; {note}" if hit.reason else note})


def _handicapped(hits: Sequence[Hit], limit: int) -> list[tuple[Hit, float]]:
    """Weigh down what one asset shows beyond its share, so that only near rivals of others pass it."""
    seen: Counter[str] = Counter()
    weighed: list[tuple[Hit, float]] = []
    for hit in hits:
        seen[hit.asset.asset_id] += 1
        over = seen[hit.asset.asset_id] > max(1, round(OVER_SHARE * limit))
        weighed.append((hit, hit.score * (OVER_WORTH if over else 1.0)))
    return weighed
