"""How near a unit is to the question by itself, on one scale for units from the lists and from links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.index import ChannelQuery
from groundsight.types import Asset, Condition, Filter, Hit, Unit

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.parts import Parts

MEASURES = ("text", "bm25_text")


@dataclass(frozen=True)
class Relevance:
    """The question's text channels and the best raw score that each has seen."""

    asks: tuple[ChannelQuery, ...]
    best: Mapping[str, float]

    def of(self, units: Sequence[tuple[Unit, Asset]], index: Index, where: Filter) -> Mapping[str, float]:
        """Return each unit's nearness from 0 to 1: the mean of its raw scores over the best ones."""
        assets = tuple(dict.fromkeys(asset.asset_id for _, asset in units))
        if not assets or not self.asks:
            return {}
        among = where.also(Condition(field="asset_id", op="in", value=assets))
        near: dict[str, float] = {}
        for result in index.search(self.asks, among, 4 * len(units)):
            best = self.best.get(result.channel) or max((raw for _, raw in result.hits), default=1.0)
            for unit_id, raw in result.hits:
                near[unit_id] = near.get(unit_id, 0.0) + (raw / best / len(self.asks) if raw > 0 < best else 0.0)
        return near


def relevance_of(parts: Parts, question: str, asks: Sequence[ChannelQuery] | None, hits: Sequence[Hit]) -> Relevance:
    """Return the measure for one question, scaled by the best raw scores among the hits."""
    chosen = tuple(ask for ask in (asks if asks is not None else _asks(parts, question)) if ask.channel in MEASURES)
    best: dict[str, float] = {}
    for hit in hits:
        for part in hit.channels:
            best[part.channel] = max(best.get(part.channel, 0.0), part.raw)
    return Relevance(chosen, {ask.channel: best[ask.channel] for ask in chosen if best.get(ask.channel, 0.0) > 0})


def _asks(parts: Parts, question: str) -> tuple[ChannelQuery, ...]:
    encoder = parts.text_encoder
    dense = (ChannelQuery("text", vector=encoder.encode([question], role="query")[0]),) if encoder else ()
    return (*dense, ChannelQuery("bm25_text", text=question))
