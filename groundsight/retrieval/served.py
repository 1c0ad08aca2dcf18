"""Fusion by the index's own server: the same shares as ``fusion.fuse``, made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.errors import ConfigError
from groundsight.index import HybridIndex
from groundsight.retrieval.fusion import Shares, weight_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.index import ChannelQuery, Index
    from groundsight.settings import Weights
    from groundsight.types import Filter


def fused_by_server(
    index: Index, queries: Sequence[ChannelQuery], where: Filter, limit: int, weights: Weights
) -> tuple[Shares, float]:
    """Return each unit's shares, and the weight of all channels together.

    Raises:
        ConfigError: this index has no server that could fuse.
    """
    if not isinstance(index, HybridIndex):
        raise ConfigError(
            "the embedded index has no server that could fuse",
            which="search.fusion",
            next_step='set search.fusion = "rrf", or index.backend = "weaviate"',
        )
    known = {query.channel: weight_of(query.channel, weights) for query in queries}
    shares = dict(index.hybrid(queries, where, limit, known))
    weighing = {part.channel: part.weight for parts in shares.values() for part in parts}
    return shares, sum(weighing.values()) or 1.0
