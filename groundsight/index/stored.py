"""Reading what is stored: units, assets, links and counts, under a filter, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.governance.access import matches
from groundsight.index import Counts, filters
from groundsight.index.checksums import unseal
from groundsight.index.database import Connection, damaged, one, rows
from groundsight.index.decoded import Decoded
from groundsight.types import Asset, Filter, Unit

if TYPE_CHECKING:
    from groundsight.index.view import View

JOINED = "FROM unit u JOIN asset a ON a.number = u.asset"
COLUMNS = "u.slot, u.data, a.number, a.data"
SCANNED_BYTES = 1 << 16


class Decoder:
    """Decodes rows and holds them against the filter a second time.

    SQL filters on columns; the decoded words carry checksums. Where the two disagree a column is damaged,
    and showing the unit could break an access rule.
    """

    def __init__(self, where: Filter, decoded: Decoded) -> None:
        self._where, self._decoded = where, decoded

    def pair(self, row: tuple[int, bytes, int, bytes]) -> tuple[Unit, Asset]:
        """Return the unit and asset of a row of ``COLUMNS``."""
        slot, data, number, asset_data = row
        unit, asset = self._decoded.unit(data, slot), self._decoded.asset(asset_data, number)
        if unit.asset_id != asset.asset_id or not matches(self._where, asset, unit):
            raise damaged(Path(unit.unit_id), "a column differs from the stored unit")
        return unit, asset


def asset_of(data: bytes) -> Asset:
    """Decode a stored asset."""
    return Asset.model_validate_json(unseal(data, 0))


def get(
    connection: Connection, unit_ids: Sequence[str], where: Filter, decoded: Decoded
) -> tuple[tuple[Unit, Asset], ...]:
    """Return the visible ones of these units, in the order asked."""
    clause, decoder = filters.for_units(where), Decoder(where, decoded)
    # CROSS JOIN keeps the order of the loops: one look-up for each id asked, whatever the filter.
    sql = f"""SELECT u.unit_id, {COLUMNS} FROM json_each(?) k CROSS JOIN unit u ON u.unit_id = k.value
        CROSS JOIN asset a ON a.number = u.asset WHERE {clause.sql}"""
    found = {row[0]: row[1:] for row in rows(connection, sql, _listed(unit_ids), *clause.values)}
    return tuple(decoder.pair(found[unit_id]) for unit_id in unit_ids if unit_id in found)


def assets(connection: Connection, where: Filter) -> tuple[Asset, ...]:
    """Return the visible assets by source."""
    clause = filters.for_assets(where)
    sql = f"SELECT a.data FROM asset a WHERE {clause.sql} ORDER BY a.source, a.tenant"
    return tuple(asset_of(row[0]) for row in rows(connection, sql, *clause.values))


def units(connection: Connection, asset_id: str, where: Filter, decoded: Decoded) -> tuple[Unit, ...]:
    """Return the visible units of an asset by ordinal."""
    clause, decoder = filters.for_units(where), Decoder(where, decoded)
    sql = f"SELECT {COLUMNS} {JOINED} WHERE a.asset_id = ? AND {clause.sql} ORDER BY u.ordinal"
    return tuple(decoder.pair(row)[0] for row in rows(connection, sql, asset_id, *clause.values))


def scan(connection: Connection, where: Filter) -> Iterator[tuple[Unit, Asset]]:
    """Iterate over the visible units by asset id and ordinal; the last few assets stay decoded."""
    clause, decoder = filters.for_units(where), Decoder(where, Decoded(SCANNED_BYTES))
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
    connection: Connection, view: View, keys: Sequence[str], where: Filter, most: int
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return visible units by link key; a key is common or rare within each tenant by itself."""
    asked = filters.tenants(where)
    tenants = [row[0] for row in rows(connection, "SELECT DISTINCT tenant FROM asset")] if asked is None else asked
    visible, listed = view.mask(connection, where), _listed(tuple(dict.fromkeys(keys)))
    found: dict[str, list[tuple[str, str]]] = {}
    for tenant in tenants:
        for key, slot, unit_id, role in rows(connection, HOLDERS, listed, tenant, most + 1, most, tenant):
            if slot < len(visible) and visible[slot]:
                found.setdefault(key, []).append((unit_id, role))
    return {key: tuple(sorted(pairs)) for key, pairs in found.items()}


# All keys in one statement: 2 us a key instead of 80. Common keys are left out before their units are read.
HOLDERS = """
SELECT k.value, u.slot, u.unit_id, l.role FROM json_each(?) k
    CROSS JOIN link l ON l.key = k.value CROSS JOIN unit u ON u.slot = l.slot
    WHERE (SELECT count(*) FROM (SELECT DISTINCT slot FROM link WHERE tenant = ? AND key = k.value LIMIT ?))
        BETWEEN 1 AND ? AND l.tenant = ?
"""


def _listed(words: Sequence[str]) -> str:
    """Bind many words as one value, to be read by ``json_each(?)``."""
    return json.dumps(list(words), ensure_ascii=False)
