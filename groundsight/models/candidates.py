"""What the channels say of each candidate as one table of fixed shape: a channel that is silent is a row of zeros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from groundsight.retrieval.fusion import Scale, fuse
from groundsight.types import Channel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundsight.index import ChannelResult
    from groundsight.settings import Weights

CHANNELS: tuple[str, ...] = get_args(Channel)
# The late fusers' shares come first: a net starts as reciprocal rank fusion and learns what to do otherwise.
FEATURES = ("rrf", "weighted", "worth", "reciprocal", "raw", "found")
HALF_BM25 = 5.0


@dataclass(frozen=True)
class Candidates:
    """The candidates of one query.

    ``cells`` is float64 of shape (n, channels, features), ``asked`` of shape (channels,) is 1 where a channel found
    anything at all, ``raws`` and ``ranks`` are of shape (n, channels), 0 where a channel did not find the unit.
    """

    unit_ids: tuple[str, ...]
    cells: NDArray[np.float64]
    asked: NDArray[np.float64]
    raws: NDArray[np.float64]
    ranks: NDArray[np.int64]


def candidates_of(lists: Sequence[ChannelResult], weights: Weights, k: int, scale: Scale) -> Candidates:
    """Return the table of all candidates, by id; its shape depends on their number alone."""
    # On which of two channels with equal scores late fusion books a share depends on the order of the lists.
    lists = sorted(lists, key=lambda each: CHANNELS.index(each.channel))
    unit_ids = tuple(sorted({unit_id for each in lists for unit_id, _ in each.hits}))
    row = {unit_id: place for place, unit_id in enumerate(unit_ids)}
    cells = np.zeros((len(unit_ids), len(CHANNELS), len(FEATURES)))
    raws, ranks = np.zeros(cells.shape[:2]), np.zeros(cells.shape[:2], np.int64)
    asked = np.zeros(len(CHANNELS))
    for each in lists:
        at = CHANNELS.index(each.channel)
        asked[at] = float(bool(each.hits))
        best = max((raw for _, raw in each.hits), default=0.0)
        for rank, (unit_id, raw) in enumerate(each.hits, start=1):
            known = raw / (raw + HALF_BM25) if each.channel.startswith("bm25_") else raw
            cells[row[unit_id], at, 2:] = (raw / best if best > 0 else 0.0, (k + 1) / (k + rank), known, 1.0)
            raws[row[unit_id], at], ranks[row[unit_id], at] = raw, rank
    for feature, method in enumerate(("rrf", "weighted")):
        for unit_id, shares in fuse(lists, weights, method, k=k, scale=scale).items():
            for share in shares:
                cells[row[unit_id], CHANNELS.index(share.channel), feature] = share.contribution
    return Candidates(unit_ids, cells, asked, raws, ranks)
