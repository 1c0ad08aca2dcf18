"""The examination of an embedded index: damage is named, and what is derived is made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from groundsight.errors import IndexCorrupt
from groundsight.governance.access import EVERYONE, field_value
from groundsight.index import CheckReport, view
from groundsight.index.checksums import WIDTH, is_sealed
from groundsight.index.database import one, rows, transaction
from groundsight.index.mapped import read_arrays
from groundsight.index.postings import POSTING, rebuild
from groundsight.index.schema import record_change
from groundsight.index.store import Store
from groundsight.index.tokens import Tokeniser
from groundsight.index.vectors import NAMES_PER_SLOT, decode
from groundsight.types import VECTOR_NAMES, Asset, Unit

if TYPE_CHECKING:
    import apsw

DRIFT_SAMPLE = 64
MOST_PROBLEMS = 50
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
            with closing(store.connect()) as connection:
                problems = _problems(connection)
                repaired = [] if problems else _mend_postings(connection)
            if not problems:
                repaired += _mend_mapped_file(store)
        except (IndexCorrupt, ValidationError) as error:
            return CheckReport((str(error),))
        return CheckReport(tuple(problems[:MOST_PROBLEMS]), tuple(repaired))


def _problems(connection: apsw.Connection) -> list[str]:
    with transaction(connection):
        found = [f"SQLite: {row[0]}" for row in rows(connection, "PRAGMA integrity_check(20)") if row[0] != "ok"]
        found += [f"{number} {what}" for what, sql in ORPHANS.items() if (number := one(connection, sql))]
        return found + list(_damaged_values(connection))


def _damaged_values(connection: apsw.Connection) -> Iterator[str]:
    for number, data, *columns in connection.execute(f"SELECT number, data, {', '.join(COLUMNS)}, labels FROM asset"):
        if not is_sealed(data, 0) or columns != _asset_columns(data):
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
        json.dumps(asset.labels or (EVERYONE,)),
    ]


def _unit_columns(data: bytes) -> list[object]:
    unit = Unit.model_validate_json(data[:-WIDTH])
    return [unit.unit_id, unit.ordinal, unit.kind, unit.place.page]


def _mend_postings(connection: apsw.Connection) -> list[str]:
    """Postings follow from the units: where their sums do not fit, they are made again."""
    if all(_partition_fits(connection, *row) for row in rows(connection, "SELECT id, docs, length FROM partition")):
        return []
    with transaction(connection, "IMMEDIATE"):
        record_change(connection)
        rebuild(connection, Tokeniser())
    return ["postings"]


def _partition_fits(connection: apsw.Connection, part: int, docs: int, length: int) -> bool:
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
        sound = view.load(connection, store.folder) is not None and not _drift(connection, store)
    if sound:
        return []
    path.unlink()
    store.forget_view()
    store.publish()
    return [view.FILE_NAME]


def _drift(connection: apsw.Connection, store: Store) -> bool:
    """True when a sampled code is further from its vector than rounding allows."""
    found = read_arrays(store.folder / view.FILE_NAME)
    arrays = found[1] if found else {}
    for key in (key for key in arrays if key.endswith("/codes")):
        name = key.partition("/")[0]
        codes, scales, slots = (arrays[f"{name}/{part}"] for part in ("codes", "scales", "slots"))
        for row in range(0, len(slots), max(1, len(slots) // DRIFT_SAMPLE)):
            vector = int(slots[row]) * NAMES_PER_SLOT + VECTOR_NAMES.index(name)
            data = one(connection, "SELECT data FROM vector WHERE id = ?", vector)
            if data is not None and np.abs(codes[row] * scales[row] - decode(data, vector)).max() > scales[row] * 0.51:
                return True
    return False
