"""The notebook of a home: what was not read, orders to read, labels, questions; shared by processes, durable."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path

from groundsight.errors import Locked, StorageFailed

FOLDER, WORKER_LOCK = "folder", "worker.lock"
PATIENCE_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS unread (tenant TEXT, source TEXT, told TEXT, PRIMARY KEY (tenant, source));
CREATE TABLE IF NOT EXISTS skipped (tenant TEXT, folder TEXT, why TEXT, told TEXT, PRIMARY KEY (tenant, folder, why));
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, tenant TEXT, user TEXT, told TEXT, state TEXT, stop INTEGER,
  done REAL, total REAL, message TEXT, updated REAL, report TEXT);
CREATE TABLE IF NOT EXISTS followed (root TEXT);
CREATE TABLE IF NOT EXISTS labels (tenant TEXT, user TEXT, number INTEGER, unit TEXT, used REAL,
  PRIMARY KEY (tenant, user, number), UNIQUE (tenant, user, unit));
CREATE TABLE IF NOT EXISTS questions (id TEXT PRIMARY KEY, tenant TEXT, owner TEXT, question TEXT, node TEXT,
  state TEXT, answer TEXT, updated REAL);
"""


@contextmanager
def notebook(home: Path, *, reading: bool = False) -> Generator[sqlite3.Connection]:
    """Open the notebook for one transaction; what is deleted leaves no bytes, and ``reading`` makes no file.

    Raises:
        Locked: another process writes for too long. StorageFailed: the disk refused.
    """
    file = home / FOLDER / "notebook.db"
    try:
        if not reading:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # No write-ahead log: its reset bug (SQLite below 3.51.3) needs one.
        where = ":memory:" if reading and not file.exists() else file
        with closing(sqlite3.connect(where, timeout=PATIENCE_SECONDS)) as opened:
            opened.executescript(f"PRAGMA secure_delete = ON; {_TABLES}")
            with opened:
                yield opened
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked("another process writes the notebook", which="notebook.db", next_step="try again") from error
        raise _unusable() from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise _unusable() from error


def is_worked(home: Path) -> bool:
    """True while the worker of some process works for this home."""
    from filelock import FileLock, Timeout

    lock = home / FOLDER / WORKER_LOCK
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def forget_questions(home: Path, tenants: Iterable[str]) -> None:
    """Remove the questions that are held for tenants: what they found so far may come from what is to go."""
    with notebook(home) as book:
        book.executemany("DELETE FROM questions WHERE tenant = ?", [(tenant,) for tenant in tenants])


def forget_orders(home: Path, sources: Iterable[str]) -> None:
    """Remove finished orders that name one of these sources, and what is said of it by one under way."""
    named = [(json.dumps(source, ensure_ascii=False)[1:-1],) for source in sources]
    with notebook(home) as book:
        done = "state NOT IN ('waiting', 'running')"
        book.executemany(f"DELETE FROM orders WHERE {done} AND instr(told || message || report, ?)", named)
        book.executemany("UPDATE orders SET message = '' WHERE instr(message, ?)", named)


def _unusable() -> StorageFailed:
    return StorageFailed(
        "the notebook of the folders can't be used", which="notebook.db", next_step="delete it, and ingest again"
    )
