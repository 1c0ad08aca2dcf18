"""Tables of the embedded index, how they are made and changed, and the history of commits.

A change is told first, done in one transaction, and taken back; what was there before is kept beside the index until
``forget``, or until a document is deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import IndexVersion, NotFound, StorageFailed
from groundsight.index import database
from groundsight.index.database import Connection, one, rows, transaction
from groundsight.index.locks import WriteLock
from groundsight.tracing import Watch

APPLICATION_ID = 0x47534958
SCHEMA_VERSION = 1
KEPT = "before-upgrade.db"
# What leads from a schema to the one after it; there has been one schema so far.
STEPS: Mapping[int, str] = {}

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE history (version INTEGER PRIMARY KEY, token TEXT NOT NULL);
CREATE TABLE gone (slot INTEGER PRIMARY KEY, version INTEGER NOT NULL);
CREATE TABLE asset (
    number INTEGER PRIMARY KEY AUTOINCREMENT, asset_id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL, source TEXT NOT NULL, region TEXT NOT NULL, usage_rights TEXT NOT NULL,
    consent_until TEXT NOT NULL, media_type TEXT NOT NULL, created TEXT, labels TEXT NOT NULL,
    data BLOB NOT NULL, UNIQUE (tenant, source));
CREATE TABLE asset_label (
    label TEXT NOT NULL, asset INTEGER NOT NULL, PRIMARY KEY (label, asset)) WITHOUT ROWID;
CREATE INDEX asset_label_asset ON asset_label (asset);
CREATE TABLE unit (
    slot INTEGER PRIMARY KEY AUTOINCREMENT, asset INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    unit_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, page INTEGER, data BLOB NOT NULL,
    UNIQUE (asset, ordinal));
CREATE TABLE vector (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE link (
    tenant TEXT NOT NULL, key TEXT NOT NULL, slot INTEGER NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (tenant, key, slot, role)) WITHOUT ROWID;
CREATE INDEX link_slot ON link (slot);
CREATE TABLE partition (
    id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, field TEXT NOT NULL,
    docs INTEGER NOT NULL, length INTEGER NOT NULL, UNIQUE (tenant, field));
CREATE TABLE posting (
    id INTEGER PRIMARY KEY, part INTEGER NOT NULL, term TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (part, term, first));
"""


@dataclass(frozen=True)
class Stamp:
    """A committed state: its number, and a random token that tells it from one lost in a power cut."""

    version: int
    token: str

    def __str__(self) -> str:
        return f"{self.version}-{self.token}"


def prepare(connection: Connection) -> None:
    """Make the tables in an empty file, or make sure that they are ours.

    Raises:
        IndexVersion: another schema, or another program's database.
    """
    if not is_empty(connection):
        return require_schema(connection)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    with transaction(connection, "IMMEDIATE"):
        if is_empty(connection):
            connection.execute(TABLES)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("INSERT INTO history VALUES (0, ?)", (secrets.token_hex(8),))
    return None


def require_schema(connection: Connection) -> None:
    """Raise IndexVersion unless the file has this schema."""
    found = (one(connection, "PRAGMA application_id"), one(connection, "PRAGMA user_version"))
    if found != (APPLICATION_ID, SCHEMA_VERSION):
        raise IndexVersion(
            f"the index has schema {found[1]}, this version reads schema {SCHEMA_VERSION}",
            next_step="groundsight migrate --schema plan; or open it with the version that wrote "
            "it, or ingest again into a new home: groundsight ingest YOUR_FILES --home NEW_FOLDER",
        )


def current(connection: Connection) -> Stamp:
    """Return the stamp of the state that this connection sees."""
    version, token = connection.execute("SELECT version, token FROM history ORDER BY version DESC LIMIT 1").fetchone()
    return Stamp(version, token)


def is_known(connection: Connection, stamp: Stamp) -> bool:
    """True when the state is in this file's history, so that the changes since are on record."""
    return bool(one(connection, "SELECT 1 FROM history WHERE version = ? AND token = ?", stamp.version, stamp.token))


def record_change(connection: Connection) -> int:
    """Begin the next version in this transaction and return its number."""
    version = current(connection).version + 1
    connection.execute("INSERT INTO history VALUES (?, ?)", (version, secrets.token_hex(8)))
    return version


def forget_before(connection: Connection, stamp: Stamp) -> None:
    """Drop the change records that a derived file of this stamp already contains."""
    if is_known(connection, stamp):
        connection.execute("DELETE FROM history WHERE version < ?", (stamp.version,))
        connection.execute("DELETE FROM gone WHERE version <= ?", (stamp.version,))


def is_empty(connection: Connection) -> bool:
    """True when the file has no tables."""
    return not one(connection, "SELECT count(*) FROM sqlite_schema")


@dataclass(frozen=True)
class Upgrade:
    """What ``apply`` would do: each table and column that would be another, and what ``rollback`` leads back to."""

    from_schema: int
    to_schema: int
    assets: int
    units: int
    changes: tuple[str, ...]
    can_roll_back_to: int | None


class Upgrades:
    """The schema changes of one embedded index."""

    def __init__(self, folder: Path) -> None:
        self._path, self._kept = folder / database.FILE_NAME, folder / KEPT
        self._lock = WriteLock(folder, database.BUSY_SECONDS)

    def plan(self) -> Upgrade:
        """Say what would change, and change nothing.

        Raises:
            NotFound: there is no index.
        """
        if not self._path.exists():
            raise NotFound("there is no index yet", which="index", next_step="groundsight ingest FOLDER")
        with closing(database.connect(self._path)) as found:
            counts = one(found, "SELECT count(*) FROM asset"), one(found, "SELECT count(*) FROM unit")
            return Upgrade(_version(found), SCHEMA_VERSION, *counts, _differences(found), self._before())

    def apply(self, watch: Watch) -> Upgrade:
        """Keep what is there, then change it in one transaction: whatever ends it before, the index is as it was.

        Raises:
            IndexVersion: no step leads from this schema to that of this program, or it does not give it.
        """
        with self._lock.held():
            plan = self.plan()
            watch.step(0, plan.assets, "changing the schema")
            missing = [each for each in range(plan.from_schema, SCHEMA_VERSION) if each not in STEPS]
            if missing or plan.from_schema > SCHEMA_VERSION:
                raise _no_way(plan.from_schema)
            if plan.from_schema == SCHEMA_VERSION:
                return plan
            with closing(database.connect(self._path)) as index:
                self._keep(index)
                _climb(index, plan.from_schema)
        return plan

    def roll_back(self) -> Upgrade:
        """Put back what was there before, in one transaction.

        Raises:
            NotFound: nothing is kept. StorageFailed: the index was written to since, which would be lost.
        """
        with self._lock.held():
            if self._before() is None:
                raise NotFound("there is no earlier schema to go back to", next_step="restore a snapshot instead")
            with closing(database.connect(self._kept)) as kept, closing(database.connect(self._path)) as index:
                if current(kept) != current(index):
                    what, step = "the index was written to since: that would be lost", "restore a snapshot instead"
                    raise StorageFailed(what, which="index", next_step=step)
                database.copy_database(kept, index)
            self.forget()
        return self.plan()

    def forget(self) -> None:
        """Drop what ``roll_back`` would go back to."""
        self._kept.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing stays open."""

    def _keep(self, index: Connection) -> None:
        self.forget()
        with database.storage_errors(self._kept), closing(database.connect(self._kept, create=True)) as kept:
            database.copy_database(index, kept)
            kept.execute("PRAGMA journal_mode=DELETE").fetchall()

    def _before(self) -> int | None:
        if not self._kept.exists():
            return None
        with closing(database.connect(self._kept)) as kept:
            return _version(kept)


def _climb(index: Connection, begin: int) -> None:
    with transaction(index, "IMMEDIATE"):
        for each in range(begin, SCHEMA_VERSION):
            index.execute(STEPS[each]).fetchall()
        index.execute(f"PRAGMA user_version={SCHEMA_VERSION}").fetchall()
        if left := _differences(index):
            raise IndexVersion("the steps do not give this schema", which="; ".join(left))


def _version(index: Connection) -> int:
    return int(one(index, "PRAGMA user_version"))


def _differences(index: Connection) -> tuple[str, ...]:
    """Return the tables, columns and indexes that are not those of this program."""
    with closing(database.in_memory()) as wanted:
        wanted.execute(TABLES)
        there, will_be = _shape(index), _shape(wanted)
    gone = [f"- {each}" for each in sorted(there - will_be)]
    return (*gone, *(f"+ {each}" for each in sorted(will_be - there)))


def _shape(index: Connection) -> set[str]:
    columns = 'SELECT m.name, p.name, p.type, p."notnull" FROM sqlite_schema m, pragma_table_info(m.name) p'
    named = rows(index, f"{columns} WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'")
    indexes = rows(index, "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    told = {f"{table}.{column} {kind}{' NOT NULL' if required else ''}" for table, column, kind, required in named}
    return told | {f"index {name} of {table}" for name, table in indexes}


def _no_way(found: int) -> IndexVersion:
    step = "open it with the version that wrote it, or ingest again: groundsight ingest FILES --home NEW_FOLDER"
    return IndexVersion(f"no step leads from schema {found} to {SCHEMA_VERSION}", which="index", next_step=step)
