"""Which candidates teach what not to find: near to the query and wrong, without what merely repeats the right ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set

from groundsight.retrieval.words import quotable, terms_of
from groundsight.types import Asset, Unit
from groundsight.vision.phash import COPY_BITS, bits_apart

EASY, NOISY, MINED = 0, 1, 2
HARD_PLACES, HARD_LOOKS = 20, 10
SAME_WORDS = 0.8


def hard_ones(fused: Sequence[str], seen: Sequence[str], read: Set[str]) -> frozenset[str]:
    """Return what the late fuser puts high, and what looks right (``seen``, nearest first) and reads otherwise."""
    return frozenset(fused[:HARD_PLACES]) | frozenset(one for one in seen[:HARD_LOOKS] if one not in read)


def near_duplicates(among: Sequence[tuple[Unit, Asset]], right: Sequence[tuple[Unit, Asset]]) -> frozenset[str]:
    """Return the ids of units that say or show nearly what one of the right ones does: they are no negatives."""
    words = [frozenset(terms_of(quotable(unit))) for unit, _ in right]
    looks = [asset.phash for _, asset in right if asset.phash]
    return frozenset(
        unit.unit_id
        for unit, asset in among
        if _says(unit, words) or any(asset.phash and bits_apart(asset.phash, look) <= COPY_BITS for look in looks)
    )


def stage_of(unit_id: str, *, hard: Set[str], told: Collection[str], noisy: bool) -> int:
    """Return when a candidate joins the lessons: what a judge marked first, what was mined last."""
    if unit_id in told or unit_id not in hard:
        return NOISY if noisy else EASY
    return MINED


def _says(unit: Unit, words: Sequence[frozenset[str]]) -> bool:
    mine = frozenset(terms_of(quotable(unit)))
    return any(mine and len(mine & one) >= SAME_WORDS * len(mine | one) for one in words)
