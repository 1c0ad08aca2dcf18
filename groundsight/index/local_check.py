"""The examination of an embedded index: damage is named, and what is derived is made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import numpy as np
from pydantic import ValidationError

from groundsight.errors import IndexCorrupt
from groundsight.governance.access import field_value, readers
from groundsight.index import CheckReport, view
from groundsight.index.checksums import WIDTH, is_sealed
from groundsight.index.database import Connection, one, rows, storage_errors, transaction
from groundsight.index.postings import POSTING, rebuild
from groundsight.index.schema import record_change
from groundsight.index.store import Store
from groundsight.index.tokens import Tokeniser
from groundsight.index.vectors import NAMES_PER_SLOT, Codes, decode, vector_id
from groundsight.types import Asset, Unit

DRIFT_SAMPLE = 64
MOST_PROBLEMS = 50
# Half a step is the most that rounding moves a number; the rest is float32.
ROUNDING = 0.51
COLUMNS = ("asset_id", "tenant", "source", "region", "usage_rights", "consent_until", "media_type", "created")
ORPHANS = {
    "units without an asset": "SELECT count(*) FROM unit WHERE asset NOT IN (SELECT number FROM asset)",
    "vectors without a unit": f"SELECT count(*) FROM vector WHERE id / {NAMES_PER_SLOT} NOT IN (SELECT slot FROM unit)",
    "links without a unit": "SELECT count(*) FROM link WHERE slot NOT IN (SELECT slot FROM unit)",
    "labels without an asset": "SELECT count(*) FROM asset_label WHERE asset NOT IN (SELECT number FROM asset)",
    "postings without a partition": "SELECT count(*) FROM posting WHERE part NOT IN (SELECT id FROM partition)",
}


def examine(store: Store) -> CheckReport:
    """Examine every stored value under the write lock, so that nothing moves meanwhile."""
    with store.write_lock.held():
        try:
            with storage_errors(store.path), closing(store.connect()) as connection:
                problems = _problems(connection)
                repaired = [] if problems else _mend_postings(connection, store.tokeniser)
            if not problems:
                repaired += _mend_mapped_file(store)
        except (IndexCorrupt, ValidationError) as error:
            return CheckReport((str(error),))
        return CheckReport(tuple(problems[:MOST_PROBLEMS]), tuple(repaired))


def _problems(connection: Connection) -> list[str]:
    with transaction(connection):
        found = [f"SQLite: {row[0]}" for row in rows(connection, "PRAGMA integrity_check(20)") if row[0] != "ok"]
        found += [f"{number} {what}" for what, sql in ORPHANS.items() if (number := one(connection, sql))]
        return found + list(_damaged_values(connection))


def _damaged_values(connection: Connection) -> Iterator[str]:
    for number, data, *columns in connection.execute(f"SELECT number, data, {', '.join(COLUMNS)}, labels FROM asset"):
        # An index of before says "approved" of what is kept until a day without consent.
        if not is_sealed(data, 0) or list(columns) not in (
            wanted := _asset_columns(data),
            [*wanted[:4], "approved", *wanted[5:]],
        ):
            yield f"asset {number} is damaged"
    for slot, data, *columns in connection.execute("SELECT slot, data, unit_id, ordinal, kind, page FROM unit"):
        if not is_sealed(data, slot) or columns != _unit_columns(data):
            yield f"unit {slot} is damaged"
    for key, data in connection.execute("SELECT id, data FROM vector"):
        if not is_sealed(data, key):
            yield f"vector {key} is damaged"


def _asset_columns(data: bytes) -> list[object]:
    asset = Asset.model_validate_json(data[:-WIDTH])
    names = ("tenant", "source", "region", "usage_rights", "consent_until", "media_type", "created")
    return [
        asset.asset_id,
        *(field_value(name, asset, None) for name in names),
        json.dumps(readers(asset)),
    ]


def _unit_columns(data: bytes) -> list[object]:
    unit = Unit.model_validate_json(data[:-WIDTH])
    return [unit.unit_id, unit.ordinal, unit.kind, unit.place.page]


def _mend_postings(connection: Connection, tokeniser: Tokeniser) -> list[str]:
    """Postings follow from the units: where their sums do not fit, they are made again."""
    if all(_partition_fits(connection, *row) for row in rows(connection, "SELECT id, docs, length FROM partition")):
        return []
    with transaction(connection, "IMMEDIATE"):
        record_change(connection)
        rebuild(connection, tokeniser)
    return ["postings"]


def _partition_fits(connection: Connection, part: int, docs: int, length: int) -> bool:
    chunks = rows(connection, "SELECT first, data FROM posting WHERE part = ?", part)
    if not all(is_sealed(data, first) for first, data in chunks):
        return False
    postings = np.frombuffer(b"".join(data[:-WIDTH] for _, data in chunks), POSTING)
    return len(np.unique(postings["slot"])) == docs and int(postings["tf"].sum(dtype=np.int64)) == length


def _mend_mapped_file(store: Store) -> list[str]:
    path = store.folder / view.FILE_NAME
    if not path.exists():
        return []
    with store.reading() as connection:
        mapped = view.load(connection, store.folder)
        sound = mapped is not None and not _drift(connection, mapped)
    if sound:
        return []
    path.unlink()
    store.forget_view()
    store.publish()
    return [view.FILE_NAME]


def _drift(connection: Connection, mapped: view.View) -> bool:
    """True when a sampled code is further from its vector than rounding allows."""
    return any(
        _drifts(connection, name, part, row)
        for name, parts in mapped.codes.items()
        for part in parts
        for row in range(0, len(part.slots), max(1, len(part.slots) // DRIFT_SAMPLE))
    )


def _drifts(connection: Connection, name: str, part: Codes, row: int) -> bool:
    key = vector_id(int(part.slots[row]), name)
    data = one(connection, "SELECT data FROM vector WHERE id = ?", key)
    if data is None:
        return False
    distance = np.abs(part.codes[row] * part.scales[row] - decode(data, key)).max()
    return bool(distance > part.scales[row] * ROUNDING)
