"""Fusion of ranked lists; every list's share is kept, and the shares of a unit add up to its score.

Reciprocal rank fusion: Cormack, Clarke and Buettcher, SIGIR 2009. Scores are scaled so that a unit
that leads every list with hits scores 1; this changes no order and makes one query's numbers readable.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from groundsight.index import ChannelResult
from groundsight.settings import Weights
from groundsight.types import ChannelScore

Method = Literal["rrf", "weighted"]
Scale = Literal["minmax", "zscore"]
Shares = dict[str, tuple[ChannelScore, ...]]
DENSE_FLOOR = 0.5
HIGHEST_Z = 3.0


def weight_of(channel: str, weights: Weights) -> float:
    """Return a channel's weight; the lexical and the dense channel of one text share its weight."""
    return float(getattr(weights, channel.removeprefix("bm25_")))


def fuse(
    results: Sequence[ChannelResult], weights: Weights, method: Method = "rrf", *, k: int = 60, scale: Scale = "minmax"
) -> Shares:
    """Return, per unit, what each list added. Lists without hits and weights of zero take no part."""
    lists = [result for result in results if result.hits and weight_of(result.channel, weights) > 0]
    total = sum(weight_of(result.channel, weights) for result in lists)
    shares: Shares = {}
    for result in lists:
        weight = weight_of(result.channel, weights)
        worth = _worth(result, method, k, scale)
        for rank, (unit_id, raw) in enumerate(result.hits, start=1):
            part = ChannelScore(
                channel=result.channel,
                raw=raw,
                rank=rank,
                weight=weight,
                contribution=weight / total * worth[rank - 1],
            )
            shares[unit_id] = (*shares.get(unit_id, ()), part)
    return shares


def total_of(shares: Iterable[ChannelScore]) -> float:
    """Return the score that a unit's shares add up to."""
    return sum(share.contribution for share in shares)


def without_tails(results: Sequence[ChannelResult]) -> tuple[ChannelResult, ...]:
    """Cut from each dense list what is less than half as near as the best text, or the best picture.

    A dense list ranks everything it holds; without the cut a long tail of unrelated paragraphs
    outranks the one picture that answers. All text channels share one encoder, so one floor.
    """
    best: dict[str, float] = {}
    for result in results:
        if result.hits and not _is_lexical(result):
            best[_space(result)] = max(best.get(_space(result), 0.0), result.hits[0][1])
    return tuple(
        result if _is_lexical(result) else _above(result, DENSE_FLOOR * best.get(_space(result), 0.0))
        for result in results
    )


def _worth(result: ChannelResult, method: Method, k: int, scale: Scale) -> Sequence[float]:
    """Return the worth of each rank, from 0 to 1."""
    if method == "rrf":
        return [(k + 1) / (k + rank) for rank in range(1, len(result.hits) + 1)]
    raws = [raw for _, raw in result.hits]
    return _from_range(raws, _is_lexical(result)) if scale == "minmax" else _from_spread(raws)


def _from_range(raws: Sequence[float], from_zero: bool) -> Sequence[float]:
    low, high = (0.0 if from_zero else min(raws)), max(raws)
    return [(raw - low) / (high - low) if high > low else 1.0 for raw in raws]


def _from_spread(raws: Sequence[float]) -> Sequence[float]:
    mean, spread = statistics.fmean(raws), statistics.pstdev(raws)
    if spread == 0.0:
        return [1.0 for _ in raws]
    return [min(max((raw - mean) / spread, 0.0), HIGHEST_Z) / HIGHEST_Z for raw in raws]


def _is_lexical(result: ChannelResult) -> bool:
    return result.channel.startswith("bm25_")


def _space(result: ChannelResult) -> str:
    return "visual" if result.channel == "visual" else "text"


def _above(result: ChannelResult, floor: float) -> ChannelResult:
    return ChannelResult(result.channel, tuple(hit for hit in result.hits if hit[1] > 0 and hit[1] >= floor))


def by_score(shares: Mapping[str, Sequence[ChannelScore]]) -> tuple[str, ...]:
    """Return unit ids best first; equal scores by id, so that the order is the same everywhere."""
    return tuple(sorted(shares, key=lambda unit_id: (-total_of(shares[unit_id]), unit_id)))


def total_weight(results: Sequence[ChannelResult], weights: Weights) -> float:
    """Return the summed weight of the lists with hits, by which every share is scaled."""
    return sum(weight_of(result.channel, weights) for result in results if result.hits)
