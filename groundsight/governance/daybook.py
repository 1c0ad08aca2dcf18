"""The daybook of a home: the policy that was last in force, figures of each answer, and what a person is to review.

Figures hold no content. What is reviewed does, so what is deleted leaves no bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from groundsight.errors import Locked, StorageFailed

FILE = "daybook.db"
PATIENCE_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS answers (time REAL, tenant TEXT, door TEXT, status TEXT, stopped TEXT, ratio REAL,
  checkable INTEGER, supported INTEGER, contradicted INTEGER, seconds REAL, tier TEXT, region TEXT, language TEXT,
  kinds TEXT);
CREATE INDEX IF NOT EXISTS answers_by_time ON answers (time);
CREATE TABLE IF NOT EXISTS review (id TEXT PRIMARY KEY, time REAL, tenant TEXT, told TEXT,
  verdict TEXT, who TEXT, judged REAL, correction TEXT, note TEXT);
CREATE TABLE IF NOT EXISTS review_assets (id TEXT, asset TEXT);
CREATE INDEX IF NOT EXISTS review_by_asset ON review_assets (asset);
"""


@contextmanager
def daybook(home: Path, *, reading: bool = False) -> Generator[sqlite3.Connection]:
    """Open the daybook for one transaction; ``reading`` makes no file.

    Raises:
        Locked: another process writes for too long. StorageFailed: the disk refused.
    """
    file = home / FILE
    try:
        if not reading:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
        where = ":memory:" if reading and not file.exists() else file
        with closing(sqlite3.connect(where, timeout=PATIENCE_SECONDS, isolation_level="IMMEDIATE")) as opened:
            opened.executescript(f"PRAGMA secure_delete = ON; {_TABLES}")
            with opened:
                yield opened
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked("another process writes the daybook", which=FILE, next_step="call again") from error
        raise _unusable() from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise _unusable() from error


def _unusable() -> StorageFailed:
    step = "check the disk and the rights; a damaged daybook can be moved away, its reviews are lost then"
    return StorageFailed("the daybook can't be used", which=FILE, next_step=step)
