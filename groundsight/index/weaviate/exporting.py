"""Reading assets whole, with their vectors, to move them elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from groundsight.index import Exported
from groundsight.index.weaviate.reader import Reader, Stored
from groundsight.types import VECTOR_NAMES, Asset, Filter, VectorName


def export(reader: Reader, where: Filter) -> Iterator[Exported]:
    """Yield every asset that passes the filter, by asset id, each in one state."""
    for tenant, pointer in reader.live(where):
        stored = reader.whole(tenant, pointer, Filter(), vectors=True)
        if stored or not pointer.units:
            yield exported(pointer.asset, stored)


def exported(asset: Asset, stored: list[Stored]) -> Exported:
    """Put units and vectors together."""
    vectors: dict[VectorName, NDArray[np.float32]] = {}
    rows: dict[VectorName, tuple[int, ...]] = {}
    for name in VECTOR_NAMES:
        having = [each for each in stored if name in each.row.vectors]
        if having:
            vectors[name] = np.stack([each.row.vectors[name] for each in having])
            rows[name] = tuple(each.unit.ordinal for each in having)
    return Exported(asset, tuple(each.unit for each in stored), vectors, rows)
