"""Tables of the embedded index, how they are made, and the history of commits."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from groundsight.errors import IndexVersion
from groundsight.index.database import Connection, one, transaction

APPLICATION_ID = 0x47534958
SCHEMA_VERSION = 1

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
            next_step="open it with the version that wrote it, or ingest again into a new home: "
            "groundsight ingest YOUR_FILES --home NEW_FOLDER",
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
