"""A small SQLite file that processes share: opened for one transaction, and what is deleted leaves no bytes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from groundsight.errors import Locked, StorageFailed

PATIENCE_SECONDS = 10.0
_SHADOWS: dict[Path, sqlite3.Connection] = {}
_LOCK = threading.RLock()


@contextmanager
def book_file(file: Path, tables: str, what: str, *, reading: bool, next_step: str) -> Generator[sqlite3.Connection]:
    """Open a file with these tables, which errors call ``what`` ("the daybook"); ``reading`` makes no file.

    What is written beside a file in a folder that can't be written lasts as long as this process.

    Raises:
        Locked: another process writes for too long. StorageFailed: the file can't be used.
    """
    try:
        if not is_writable(file):
            with _LOCK, _shadow_of(file, tables) as kept:
                yield kept
            return
        if not reading:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
        # No write-ahead log: what was deleted would stay in it, and its reset bug (below 3.51.3) needs one.
        where = ":memory:" if reading and not file.exists() else file
        with closing(sqlite3.connect(where, timeout=PATIENCE_SECONDS, isolation_level=None)) as opened:
            opened.execute("PRAGMA secure_delete = ON")
            if not opened.execute("SELECT 1 FROM sqlite_master").fetchone():
                opened.executescript(f"BEGIN IMMEDIATE; {tables} COMMIT;")
            opened.execute("BEGIN" if reading else "BEGIN IMMEDIATE")
            with opened:
                yield opened
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked(f"another process writes {what}", which=file.name, next_step="call again") from error
        raise unusable(file, what, next_step, error) from error
    # A damaged name is no UTF-8, and neither is what SQLite says of it.
    except (sqlite3.DatabaseError, OSError, UnicodeDecodeError) as error:
        raise unusable(file, what, next_step, error) from error


def is_writable(file: Path) -> bool:
    """True where a file can be written, or made in the nearest folder above it that is there."""
    there = next(one for one in (file, *file.absolute().parents) if one.exists())
    return os.access(there, os.W_OK) and (there == file or there.is_dir())


def _shadow_of(file: Path, tables: str) -> sqlite3.Connection:
    """Return what is kept in memory of a file: what it holds, and what this process has written since."""
    if file not in _SHADOWS:
        shadow = sqlite3.connect(":memory:", check_same_thread=False)
        if file.exists():
            with closing(sqlite3.connect(f"file:{quote(str(file.absolute()))}?immutable=1", uri=True)) as stored:
                stored.backup(shadow)
        else:
            shadow.executescript(tables)
        _SHADOWS[file] = shadow
    return _SHADOWS[file]


def unusable(file: Path, what: str, next_step: str, error: Exception) -> StorageFailed:
    """Say that such a file can't be read or written."""
    return StorageFailed(f"{what} can't be used: {error}", which=file.name, next_step=next_step)
