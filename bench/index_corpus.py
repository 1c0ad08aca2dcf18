"""Made data for ``index_bench``: as many units as wanted, made while they are stored, the same at every reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry
from groundsight.types import Asset, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSION, UNITS_PER_ASSET, WORDS_PER_UNIT, VOCABULARY, CLUSTERS = 384, 20, 60, 20_000, 200
GROUP_ASSETS, QUERIES, NEAREST = 50, 200, 10


@dataclass(frozen=True)
class Corpus:
    """Zipf-distributed words and clustered vectors from a fixed seed; memory does not grow with ``units``."""

    units: int

    @cached_property
    def queries(self) -> tuple[tuple[str, NDArray[np.float32]], ...]:
        """Return words and a vector for each query."""
        random = np.random.default_rng(12)
        return tuple((_words(random, 4), _vectors(random, 1)[0]) for _ in range(QUERIES))

    def groups(self) -> Iterator[list[Entry]]:
        """Yield all entries in groups of 1,000 units."""
        random, assets = np.random.default_rng(11), max(1, self.units // UNITS_PER_ASSET)
        for first in range(0, assets, GROUP_ASSETS):
            yield [_entry(random, number) for number in range(first, min(first + GROUP_ASSETS, assets))]

    @cached_property
    def nearest(self) -> tuple[frozenset[str], ...]:
        """Return, for each query, the ids of the ten units that are truly nearest."""
        asked = np.stack([vector for _, vector in self.queries])
        scores, names = np.zeros((len(asked), 0), np.float32), np.zeros((len(asked), 0), object)
        for group in self.groups():
            ids = np.array([unit.unit_id for entry in group for unit in entry.units], object)
            more = asked @ np.concatenate([entry.vectors["text"] for entry in group]).T
            scores = np.concatenate([scores, more], axis=1)
            names = np.concatenate([names, np.broadcast_to(ids, more.shape)], axis=1)
            best = np.argsort(-scores, axis=1)[:, :NEAREST]
            scores, names = np.take_along_axis(scores, best, axis=1), np.take_along_axis(names, best, axis=1)
        return tuple(frozenset(map(str, row)) for row in names)


def _entry(random: np.random.Generator, number: int) -> Entry:
    name = f"{number}.txt"
    asset = Asset(
        asset_id=f"{number:016x}", source=name, media_type="text/plain", title=name, sha256=f"{number:064x}", bytes=1
    )
    units = tuple(
        Unit(
            unit_id=f"{asset.asset_id}-{at:04d}", asset_id=asset.asset_id, ordinal=at, kind="text",
            text=_words(random, WORDS_PER_UNIT),
        )
        for at in range(UNITS_PER_ASSET)
    )  # fmt: skip
    vectors = _vectors(random, UNITS_PER_ASSET)
    return Entry(asset, units, seal_entry(asset, units, ()), {"text": vectors}, {"text": tuple(range(UNITS_PER_ASSET))})


def _words(random: np.random.Generator, count: int) -> str:
    return " ".join(f"w{rank % VOCABULARY}" for rank in random.zipf(1.3, count))


def _vectors(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    rows = _CENTRES[random.integers(0, CLUSTERS, count)] + 0.7 * random.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


_CENTRES = np.random.default_rng(10).standard_normal((CLUSTERS, DIMENSION))
