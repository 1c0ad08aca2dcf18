"""Reading what is stored: units, assets, links and counts, under a filter, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from groundsight.governance.access import matches
from groundsight.index import Counts, filters
from groundsight.index.checksums import unseal
from groundsight.index.database import Connection, damaged, one, rows
from groundsight.types import Asset, Filter, Unit

JOINED = "FROM unit u JOIN asset a ON a.number = u.asset"
COLUMNS = "u.slot, u.data, a.number, a.data"


class Decoder:
    """Decodes rows, each asset once, and holds them against the filter a second time.

    SQL filters on columns; the decoded words carry checksums. Where the two disagree a column is damaged,
    and showing the unit could break an access rule.
    """

    def __init__(self, where: Filter) -> None:
        self._where = where
        self._assets: dict[int, Asset] = {}

    def pair(self, row: tuple[int, bytes, int, bytes]) -> tuple[Unit, Asset]:
        """Return the unit and asset of a row of ``COLUMNS``."""
        slot, data, number, asset_data = row
        if number not in self._assets:
            self._assets[number] = asset_of(asset_data)
        unit, asset = Unit.model_validate_json(unseal(data, slot)), self._assets[number]
        if unit.asset_id != asset.asset_id or not matches(self._where, asset, unit):
            raise damaged(Path(unit.unit_id), "a column differs from the stored unit")
        return unit, asset


def asset_of(data: bytes) -> Asset:
    """Decode a stored asset."""
    return Asset.model_validate_json(unseal(data, 0))


def get(connection: Connection, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
    """Return the visible ones of these units, in the order asked."""
    clause, decoder = filters.for_units(where), Decoder(where)
    sql = f"SELECT {COLUMNS} {JOINED} WHERE u.unit_id = ? AND {clause.sql}"
    found = (connection.execute(sql, (unit_id, *clause.values)).fetchone() for unit_id in unit_ids)
    return tuple(decoder.pair(row) for row in found if row is not None)


def assets(connection: Connection, where: Filter) -> tuple[Asset, ...]:
    """Return the visible assets by source."""
    clause = filters.for_assets(where)
    sql = f"SELECT a.data FROM asset a WHERE {clause.sql} ORDER BY a.source, a.tenant"
    return tuple(asset_of(row[0]) for row in rows(connection, sql, *clause.values))


def units(connection: Connection, asset_id: str, where: Filter) -> tuple[Unit, ...]:
    """Return the visible units of an asset by ordinal."""
    clause, decoder = filters.for_units(where), Decoder(where)
    sql = f"SELECT {COLUMNS} {JOINED} WHERE a.asset_id = ? AND {clause.sql} ORDER BY u.ordinal"
    return tuple(decoder.pair(row)[0] for row in rows(connection, sql, asset_id, *clause.values))


def scan(connection: Connection, where: Filter) -> Iterator[tuple[Unit, Asset]]:
    """Iterate over the visible units by asset id and ordinal."""
    clause, decoder = filters.for_units(where), Decoder(where)
    sql = f"SELECT {COLUMNS} {JOINED} WHERE {clause.sql} ORDER BY a.asset_id, u.ordinal"
    for row in connection.execute(sql, clause.values):
        yield decoder.pair(row)


def count(connection: Connection, where: Filter) -> Counts:
    """Count the visible assets and units."""
    for_assets, for_units = filters.for_assets(where), filters.for_units(where)
    return Counts(
        assets=one(connection, f"SELECT count(*) FROM asset a WHERE {for_assets.sql}", *for_assets.values),
        units=one(connection, f"SELECT count(*) {JOINED} WHERE {for_units.sql}", *for_units.values),
    )


def linked(
    connection: Connection, keys: Sequence[str], where: Filter, most: int
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return visible units by link key; a key is common or rare within each tenant by itself."""
    asked = filters.tenants(where)
    tenants = [row[0] for row in rows(connection, "SELECT DISTINCT tenant FROM asset")] if asked is None else asked
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for key in dict.fromkeys(keys):
        pairs = [pair for tenant in tenants for pair in _holders(connection, tenant, key, where, most)]
        if pairs:
            found[key] = tuple(sorted(pairs))
    return found


def _holders(connection: Connection, tenant: str, key: str, where: Filter, most: int) -> list[tuple[str, str]]:
    distinct = "SELECT count(*) FROM (SELECT DISTINCT slot FROM link WHERE tenant = ? AND key = ? LIMIT ?)"
    if one(connection, distinct, tenant, key, most + 1) > most:
        return []
    clause = filters.for_units(where)
    sql = f"""SELECT u.unit_id, l.role FROM link l JOIN unit u ON u.slot = l.slot JOIN asset a ON a.number = u.asset
        WHERE l.tenant = ? AND l.key = ? AND {clause.sql}"""
    return rows(connection, sql, tenant, key, *clause.values)
