"""Searching with the server's own fusion: one hybrid call for each dense channel, the words going with the first.

Inside a call the server scales both sides to 0..1 over what it found and weighs them (relative score fusion); how much
each side added is read from the explanation that comes with every hit. Words are asked of all fields together, each
field boosted by its weight, and booked on the heaviest field. Across calls the scores are weighed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.errors import IndexVersion
from groundsight.index import ChannelQuery
from groundsight.index.weaviate import messages
from groundsight.index.weaviate.messages import Hit
from groundsight.index.weaviate.searcher import LEXICAL, Call, Searcher, normalised_vector
from groundsight.index.weaviate.state import State
from groundsight.types import ChannelScore, Filter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Shares = dict[str, tuple[ChannelScore, ...]]
_PART = re.compile(r"\(Result Set (keyword|vector),\w+\) Document \S+ original score (\S+), normalized score: (\S+)")
# The server reads boosts as whole numbers: ^0.35 would be ^0.
BOOST = 100


@dataclass(frozen=True)
class Pair:
    """One hybrid call: words in weighted fields and a vector, either of them absent and weighing 0.

    The server wants the name of a vector even when it is not searched.
    """

    words: str = ""
    fields: tuple[tuple[str, float], ...] = ()
    dense: str = "text"
    vector: NDArray[np.float32] | None = None
    dense_weight: float = 0.0

    @property
    def lexical_weight(self) -> float:
        """Return the weight of the words: that of the heaviest field."""
        return max((weight for _, weight in self.fields), default=0.0)

    @property
    def weight(self) -> float:
        """Return the weight of both sides."""
        return self.lexical_weight + self.dense_weight

    @property
    def boosted(self) -> list[str]:
        """Return the fields as the server takes them."""
        return [f"{name}^{max(1, round(BOOST * weight))}" for name, weight in self.fields]

    @property
    def sides(self) -> dict[str, tuple[str, float]]:
        """Return channel and weight of each side by the server's word for it."""
        heaviest = max(self.fields, key=lambda field: field[1], default=("", 0.0))
        return {"keyword": heaviest, "vector": (self.dense, self.dense_weight)}


def hybrid(
    searcher: Searcher, queries: Sequence[ChannelQuery], where: Filter, weights: Mapping[str, float]
) -> tuple[Shares, State]:
    """Return what each channel added to each unit's score; a unit that leads every list scores 1.

    Raises:
        IndexVersion: the server explains its scores in another way than those up to 1.35.
    """
    pairs = pairs_of(searcher, queries, weights)
    found, state = searcher.live_hits([_asking(searcher, pair) for pair in pairs], where)
    total = sum(pair.weight for pair, hits in zip(pairs, found, strict=True) if hits)
    shares: Shares = {}
    for pair, hits in zip(pairs, found, strict=True):
        for unit_id, hit in searcher.ranked(hits):
            shares[unit_id] = (*shares.get(unit_id, ()), *explained(hit, pair, pair.weight / total))
    return shares, state


def pairs_of(searcher: Searcher, queries: Sequence[ChannelQuery], weights: Mapping[str, float]) -> list[Pair]:
    """Put the words of all fields together with the first dense channel; the others are asked by themselves."""
    weighing = [each for each in queries if weights.get(each.channel, 0.0) > 0]
    lexical = [each for each in weighing if each.channel.startswith(LEXICAL)]
    words = " ".join(searcher.tokeniser.asked(lexical[0].text)) if lexical else ""
    fields = tuple((each.channel, weights[each.channel]) for each in lexical) if words else ()
    dense = [
        Pair(dense=each.channel, vector=normalised_vector(each), dense_weight=weights[each.channel])
        for each in weighing
        if not each.channel.startswith(LEXICAL)
    ]
    first, *others = dense or [Pair()]
    both = Pair(words, fields, first.dense, first.vector, first.dense_weight)
    return [pair for pair in (both, *others) if pair.weight > 0]


def explained(hit: Hit, pair: Pair, share: float) -> list[ChannelScore]:
    """Return what each side of a call added to a hit, times the share of the call in the whole."""
    parts = _PART.findall(hit.explained)
    if not parts:
        raise IndexVersion(
            "this Weaviate server explains its scores in an unknown way",
            which="search.fusion",
            next_step='set search.fusion = "rrf"',
        )
    return [
        ChannelScore(channel=channel, raw=float(raw), weight=weight, contribution=share * float(normalised))
        for side, raw, normalised in parts
        for channel, weight in [pair.sides[side]]
    ]


def _asking(searcher: Searcher, pair: Pair) -> Call:
    how = messages.by_both(pair.words, pair.boosted, pair.dense, pair.vector, pair.dense_weight / pair.weight)
    return lambda at, tests, limit: searcher.wire.hits(at, how, tests, limit)
