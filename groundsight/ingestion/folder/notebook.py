"""The notebook of a home: what was not read, orders to read, labels, questions; shared by processes, durable."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from groundsight.governance.book_file import book_file

FOLDER, FILE, WORKER_LOCK = "folder", "notebook.db", "worker.lock"
HELD_SECONDS = 3_600.0
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


def notebook(home: Path, *, reading: bool = False) -> AbstractContextManager[sqlite3.Connection]:
    """Open the notebook for one transaction; what is deleted leaves no bytes, and ``reading`` makes no file.

    Raises:
        Locked: another process writes for too long. StorageFailed: the disk refused.
    """
    file, what = home / FOLDER / FILE, "the notebook of the folders"
    return book_file(file, _TABLES, what, reading=reading, next_step="delete it, and ingest again")


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


def let_go_of_questions(home: Path) -> None:
    """Remove the questions that are held no longer."""
    if not (home / FOLDER / FILE).exists():
        return
    with notebook(home) as book:
        book.execute("DELETE FROM questions WHERE updated < ?", (time.time() - HELD_SECONDS,))


def forget_orders(home: Path, sources: Iterable[str]) -> None:
    """Remove finished orders that name one of these sources, and what is said of it by one under way."""
    named = [(json.dumps(source, ensure_ascii=False)[1:-1],) for source in sources]
    with notebook(home) as book:
        done = "state NOT IN ('waiting', 'running')"
        book.executemany(f"DELETE FROM orders WHERE {done} AND instr(told || message || report, ?)", named)
        book.executemany("UPDATE orders SET message = '' WHERE instr(message, ?)", named)
