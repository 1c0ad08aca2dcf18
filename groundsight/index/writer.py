"""What one write transaction does: take the old asset out, put the new one in, note the change."""

from __future__ import annotations

import json
from collections.abc import Sequence

from groundsight.errors import ModelFailed
from groundsight.governance.access import PROTECTIVE, field_value, readers
from groundsight.index import filters
from groundsight.index.checksums import seal, unseal
from groundsight.index.database import Connection, one, rows
from groundsight.index.postings import PostingWriter, field_terms, rebuild
from groundsight.index.prepared import Prepared, PreparedUnit
from groundsight.index.schema import record_change
from groundsight.index.tokens import Tokeniser
from groundsight.index.vectors import NAMES_PER_SLOT, encode, vector_id
from groundsight.types import Asset, Filter, Unit

DIMENSION, ENCODER, TOKENS, TRACES, IDENTITY = "dimension.", "encoder.", "tokens", "traces", "identity"


class Change:
    """The writes of one open transaction. ``finish`` must be called before it commits."""

    def __init__(self, connection: Connection, tokeniser: Tokeniser) -> None:
        self._connection, self._tokeniser = connection, tokeniser
        self._version = record_change(connection)
        self._keep_tokens_current()
        self._postings = PostingWriter(connection)

    def encoders(self) -> dict[str, str]:
        """Return the fingerprints of the encoders, which nobody can change while this is open."""
        return stored_encoders(self._connection)

    def put(self, prepared: Sequence[Prepared], dimensions: dict[str, int]) -> None:
        """Store assets, each in place of the one with its tenant and source.

        Raises:
            ModelFailed: a named vector has another dimension than the stored ones.
        """
        self._require_dimensions(dimensions)
        for entry in prepared:
            self._take_out(self._numbers("tenant = ? AND source = ?", entry.asset.tenant, entry.asset.source))
        for entry in prepared:
            self._insert(entry)

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        """Remove the assets that pass the filter; return how many."""
        clause = filters.for_assets(where)
        found = [
            number
            for asset_id in dict.fromkeys(asset_ids)
            for number in self._numbers(f"asset_id = ? AND {clause.sql}", asset_id, *clause.values)
        ]
        self._take_out(found)
        if found:
            write_meta(self._connection, TRACES, "left")
        return len(found)

    def protect(self, assets: Sequence[Asset]) -> int:
        """Replace what protects stored assets, named by tenant and id; return how many were there."""
        asked = "SELECT number, data FROM asset WHERE tenant = ? AND asset_id = ?"
        found = [(each, row) for each in assets for row in rows(self._connection, asked, each.tenant, each.asset_id)]
        for given, (number, data) in found:
            stored = Asset.model_validate_json(unseal(data, 0))
            asset = stored.model_copy(update={name: getattr(given, name) for name in PROTECTIVE})
            values = (asset.region, *(field_value(name, asset, None) for name in ("usage_rights", "consent_until")))
            self._connection.execute(
                """UPDATE asset SET region = ?, usage_rights = ?, consent_until = ?, labels = ?, data = ?
                    WHERE number = ?""",
                (*values, json.dumps(readers(asset)), seal(asset.model_dump_json().encode(), 0), number),
            )
            self._label(number, readers(asset))
        return len(found)

    def finish(self) -> None:
        """Write the collected postings; an index without assets forgets its dimensions."""
        self._postings.flush()
        if not one(self._connection, "SELECT 1 FROM asset LIMIT 1"):
            self._connection.execute("DELETE FROM meta WHERE key GLOB ?", (DIMENSION + "*",))

    def _keep_tokens_current(self) -> None:
        """Postings of another tokeniser would hide words: make them again first."""
        if read_meta(self._connection, TOKENS) != self._tokeniser.fingerprint:
            rebuild(self._connection, self._tokeniser)
            write_meta(self._connection, TOKENS, self._tokeniser.fingerprint)

    def _require_dimensions(self, dimensions: dict[str, int]) -> None:
        for name, dimension in dimensions.items():
            stored = read_meta(self._connection, DIMENSION + name)
            if stored is None:
                write_meta(self._connection, DIMENSION + name, str(dimension))
            elif int(stored) != dimension:
                raise ModelFailed(
                    f"{name} vectors of {dimension} numbers do not fit the index",
                    which=name,
                    limit=f"{stored} numbers",
                    next_step="use the encoder that the index was made with",
                )

    def _numbers(self, sql: str, *values: str | int) -> list[int]:
        return [row[0] for row in rows(self._connection, f"SELECT a.number FROM asset a WHERE {sql}", *values)]

    def _take_out(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            asset = Asset.model_validate_json(
                unseal(one(self._connection, "SELECT data FROM asset WHERE number = ?", number), 0)
            )
            for slot, data in rows(self._connection, "SELECT slot, data FROM unit WHERE asset = ?", number):
                unit = Unit.model_validate_json(unseal(data, slot))
                self._postings.remove(asset.tenant, slot, field_terms(unit, self._tokeniser, asset.language))
                self._drop_slot(slot)
            for table, column in (("unit", "asset"), ("asset_label", "asset"), ("asset", "number")):
                self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))

    def _drop_slot(self, slot: int) -> None:
        first = slot * NAMES_PER_SLOT
        self._connection.execute("DELETE FROM vector WHERE id BETWEEN ? AND ?", (first, first + NAMES_PER_SLOT - 1))
        self._connection.execute("DELETE FROM link WHERE slot = ?", (slot,))
        self._connection.execute("INSERT INTO gone VALUES (?, ?)", (slot, self._version))

    def _insert(self, entry: Prepared) -> None:
        number = self._insert_asset(entry.asset, entry.data)
        for unit in entry.units:
            self._insert_unit(entry.asset.tenant, number, unit)

    def _insert_asset(self, asset: Asset, data: bytes) -> int:
        labels, held = readers(asset), [field_value(name, asset, None) for name in ("usage_rights", "consent_until")]
        created = asset.created.isoformat() if asset.created else None
        values = (asset.asset_id, asset.tenant, asset.source, asset.region, *held)
        number = one(
            self._connection,
            """INSERT INTO asset (asset_id, tenant, source, region, usage_rights, consent_until,
                media_type, created, labels, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number""",
            *values, asset.media_type, created, json.dumps(labels), seal(data, 0),
        )  # fmt: skip
        self._label(number, labels)
        return number

    def _label(self, number: int, labels: Sequence[str]) -> None:
        self._connection.execute("DELETE FROM asset_label WHERE asset = ?", (number,))
        for label in dict.fromkeys(labels):
            self._connection.execute("INSERT INTO asset_label VALUES (?, ?)", (label, number))

    def _insert_unit(self, tenant: str, number: int, prepared: PreparedUnit) -> None:
        unit = prepared.unit
        slot = one(self._connection, "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'unit'")
        self._connection.execute(
            "INSERT INTO unit VALUES (?, ?, ?, ?, ?, ?, ?)",
            (slot, number, unit.ordinal, unit.unit_id, unit.kind, unit.place.page, seal(prepared.data, slot)),
        )
        for name, row in prepared.vectors.items():
            key = vector_id(slot, name)
            self._connection.execute("INSERT INTO vector VALUES (?, ?)", (key, encode(row, key)))
        links = dict.fromkeys((tenant, link.key, slot, link.role) for link in unit.links)
        self._connection.executemany("INSERT INTO link VALUES (?, ?, ?, ?)", links)
        self._postings.add(tenant, slot, prepared.fields)


def read_meta(connection: Connection, key: str) -> str | None:
    """Return a setting that the index keeps about itself."""
    return one(connection, "SELECT value FROM meta WHERE key = ?", key)


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Keep a setting."""
    connection.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
    )


def stored_encoders(connection: Connection) -> dict[str, str]:
    """Return the fingerprint of each encoder lane."""
    found = rows(connection, "SELECT key, value FROM meta WHERE key GLOB ? ORDER BY key", ENCODER + "*")
    return {key.removeprefix(ENCODER): value for key, value in found}
