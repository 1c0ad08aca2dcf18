"""Snapshots: a consistent copy of the database with a manifest, and the way back."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from groundsight.atomic import sync, write_whole
from groundsight.errors import IndexCorrupt, InvalidArgument
from groundsight.index import database
from groundsight.index.database import Connection
from groundsight.index.schema import SCHEMA_VERSION, current, require_schema
from groundsight.types import Word

MANIFEST = "manifest.json"
READ_BYTES = 1 << 20


class Manifest(Word):
    """What a snapshot holds; ``sha256`` is of the database file beside it."""

    format: Literal["groundsight-snapshot-1"] = "groundsight-snapshot-1"
    schema_version: int
    version: str
    assets: int
    units: int
    bytes: int
    sha256: str


def write_snapshot(source: Connection, folder: Path) -> Manifest:
    """Copy the state that a committed connection sees into an empty folder; the manifest comes last.

    Raises:
        InvalidArgument: the folder holds something.
    """
    with database.storage_errors(folder):
        _require_empty(folder)
        path = folder / database.FILE_NAME
        with closing(database.connect(path, create=True)) as target:
            database.copy_database(source, target)
            target.execute("PRAGMA journal_mode=DELETE").fetchall()
            manifest = _describe(target, path)
        sync(path)
        write_whole(folder / MANIFEST, manifest.model_dump_json(indent=2))
        return manifest


def verified_copy(folder: Path, scratch: Path) -> Path:
    """Copy a snapshot's database into ``scratch`` while checking it, and return the copy.

    Raises:
        InvalidArgument: the folder is no snapshot.
        IndexCorrupt: the content is not what the manifest says, or is damaged.
        IndexVersion: it has another schema.
    """
    manifest = _read_manifest(folder)
    copy = scratch / f"restore.{secrets.token_hex(4)}.tmp"
    with database.storage_errors(folder):
        try:
            found = _copy_hashed(folder / database.FILE_NAME, copy)
            if found != (manifest.bytes, manifest.sha256):
                raise _changed(folder)
            _require_sound(copy)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
    return copy


def replace_content(copy: Path, connect: Callable[[], Connection]) -> None:
    """Put the content of a verified copy in place of the live content, in one transaction."""
    with (
        database.storage_errors(copy),
        closing(database.connect(copy)) as source,
        closing(connect()) as target,
    ):
        database.copy_database(source, target)
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def set_aside(folder: Path) -> None:
    """Rename damaged database files, so that a restore can start afresh and nothing is thrown away."""
    mark = secrets.token_hex(4)
    for suffix in ("-wal", "-shm", ""):
        path = folder / f"{database.FILE_NAME}{suffix}"
        if path.exists():
            os.replace(path, folder / f"damaged-{mark}-{path.name}")


def _require_empty(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidArgument(
            "a snapshot needs an empty folder", which=folder.name, next_step="name a folder that does not exist yet"
        )


def _describe(connection: Connection, path: Path) -> Manifest:
    return Manifest(
        schema_version=SCHEMA_VERSION,
        version=str(current(connection)),
        assets=database.one(connection, "SELECT count(*) FROM asset"),
        units=database.one(connection, "SELECT count(*) FROM unit"),
        bytes=path.stat().st_size,
        sha256=_sha256(path),
    )


def _read_manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise InvalidArgument(
            "this folder holds no finished snapshot", which=folder.name, next_step="name a folder made by snapshot"
        ) from error
    except (OSError, ValidationError) as error:
        raise _changed(folder) from error


def _require_sound(path: Path) -> None:
    with closing(database.connect(path)) as connection:
        require_schema(connection)
        if database.one(connection, "PRAGMA integrity_check(1)") != "ok":
            raise database.damaged(path, "the snapshot fails SQLite's integrity check")


def _copy_hashed(source: Path, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    # O_NOFOLLOW: a snapshot whose database is a link to elsewhere is not a snapshot.
    reading = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(reading, "rb") as old, os.fdopen(writing, "wb") as new:
        while block := old.read(READ_BYTES):
            digest.update(block)
            size += new.write(block)
    return size, digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _changed(folder: Path) -> IndexCorrupt:
    return IndexCorrupt(
        "the snapshot is not what its manifest says", which=folder.name, next_step="restore another snapshot"
    )
