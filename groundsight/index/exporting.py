"""Reading whole assets with their vectors from an embedded index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from groundsight.index import Exported, filters
from groundsight.index.checksums import unseal
from groundsight.index.database import Connection, rows
from groundsight.index.stored import asset_of
from groundsight.index.vectors import NAMES_PER_SLOT, decode, name_of
from groundsight.types import Filter, Unit, VectorName


def export(connection: Connection, where: Filter) -> Iterator[Exported]:
    """Yield every asset that passes the filter, by asset id, in the connection's transaction."""
    clause = filters.for_assets(where)
    sql = f"SELECT a.number, a.data FROM asset a WHERE {clause.sql} ORDER BY a.asset_id"
    for number, data in connection.execute(sql, clause.values):
        asset = asset_of(data)
        found = rows(connection, "SELECT slot, data FROM unit WHERE asset = ? ORDER BY ordinal", number)
        units = [(slot, Unit.model_validate_json(unseal(unit, slot))) for slot, unit in found]
        yield Exported(asset, tuple(unit for _, unit in units), *_vectors(connection, units))


def _vectors(
    connection: Connection, units: list[tuple[int, Unit]]
) -> tuple[dict[VectorName, NDArray[np.float32]], dict[VectorName, tuple[int, ...]]]:
    found: dict[VectorName, list[NDArray[np.float32]]] = {}
    owners: dict[VectorName, list[int]] = {}
    for slot, unit in units:
        first = slot * NAMES_PER_SLOT
        sql = "SELECT id, data FROM vector WHERE id BETWEEN ? AND ? ORDER BY id"
        for key, data in rows(connection, sql, first, first + NAMES_PER_SLOT - 1):
            found.setdefault(_named(key), []).append(decode(data, key))
            owners.setdefault(_named(key), []).append(unit.ordinal)
    return {name: np.stack(each) for name, each in found.items()}, {name: tuple(each) for name, each in owners.items()}


def _named(key: int) -> VectorName:
    return cast("VectorName", name_of(key))
