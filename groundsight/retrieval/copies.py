"""Copies of a query's picture, told by its perceptual hash: no encoder of photos knows a page or a chart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.retrieval.fusion import best_first, total_of
from groundsight.types import ChannelScore, Filter, Hit
from groundsight.vision.phash import BITS, COPY_BITS, bits_apart

if TYPE_CHECKING:
    from groundsight.index import Index

LANE = "copy"
# A label of three short lines has 2 bits of 64, the barest of 40 receipts 8.
TELLING_BITS = 4


def copies_first(hits: Sequence[Hit], phash: str, index: Index, where: Filter, most: int) -> tuple[Hit, ...]:
    """Put at most ``most`` copies of a picture above everything else, the nearest first.

    Each has a share of more than the best score without it, so that the parts still add up.
    """
    bare = _of_documents(where)
    near = sorted(copies_of(phash, index, bare).items(), key=lambda each: each[::-1])[:most]
    if not near:
        return tuple(hits)
    step, known = 1.0 + max((hit.score for hit in hits), default=0.0), {hit.unit.unit_id: hit for hit in hits}
    for asset_id, bits in near:
        for unit, asset in index.get([one.unit_id for one in index.units(asset_id, bare)[:1]], where):
            hit = known.get(unit.unit_id) or Hit(unit=unit, asset=asset, score=0.0, channels=())
            known[unit.unit_id] = _lifted(hit, 1 - bits / BITS, step)
    return best_first(known.values())


def copies_of(phash: str, index: Index, where: Filter) -> dict[str, int]:
    """Return the documents that are one picture, a copy of that of a hash, with the bits in which they differ.

    Empty for a picture that is nearly blank: its hash says nothing.
    """
    if int(phash, 16).bit_count() < TELLING_BITS:
        return {}
    known = ((one.asset_id, bits_apart(one.phash, phash)) for one in index.assets(where) if one.phash)
    return {asset_id: bits for asset_id, bits in known if bits <= COPY_BITS}


def is_copy(hit: Hit) -> bool:
    """Tell whether a hit is a copy of the picture that was searched by."""
    return any(part.channel == LANE for part in hit.channels)


def _of_documents(where: Filter) -> Filter:
    """Conditions on units, a kind for one, let no document through."""
    return Filter(conditions=tuple(one for one in where.conditions if one.field not in ("kind", "page")))


def _lifted(hit: Hit, same: float, step: float) -> Hit:
    share = ChannelScore(channel=LANE, raw=same, weight=step, contribution=step * same)
    channels = (*hit.channels, share)
    return hit.model_copy(update={"channels": channels, "score": total_of(channels)})
