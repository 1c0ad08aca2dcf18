"""The daybook of a home: the policy that was last in force, figures of each answer, and what a person is to review.

Figures hold no content. What is reviewed does, so what is deleted leaves no bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from groundsight.governance.book_file import book_file

FILE = "daybook.db"
_TABLES = """
CREATE TABLE IF NOT EXISTS known (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS answers (time REAL, tenant TEXT, door TEXT, status TEXT, stopped TEXT, ratio REAL,
  checkable INTEGER, supported INTEGER, contradicted INTEGER, seconds REAL, tier TEXT, region TEXT, language TEXT,
  kinds TEXT, score REAL, cost REAL, flags TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS answers_by_time ON answers (time);
CREATE TABLE IF NOT EXISTS review (id TEXT PRIMARY KEY, time REAL, tenant TEXT, told TEXT,
  verdict TEXT, who TEXT, judged REAL, correction TEXT, note TEXT);
CREATE TABLE IF NOT EXISTS opened (time REAL, tenant TEXT, question TEXT, unit TEXT, asset TEXT);
CREATE TABLE IF NOT EXISTS review_assets (id TEXT, asset TEXT);
CREATE INDEX IF NOT EXISTS review_by_asset ON review_assets (asset);
"""
_STEP = "check the disk and the rights; a damaged daybook can be moved away: its reviews and figures are lost then"


# Columns that daybooks of before lack. They are only ever added, so that an older version goes on with the file.
_ADDED = {"score": "REAL", "cost": "REAL", "flags": "TEXT NOT NULL DEFAULT ''"}


@contextmanager
def daybook(home: Path, *, reading: bool = False) -> Generator[sqlite3.Connection]:
    """Open the daybook for one transaction; ``reading`` makes no file.

    Raises:
        Locked: another process writes for too long. StorageFailed: the disk refused.
    """
    with book_file(home / FILE, _TABLES, "the daybook", reading=reading, next_step=_STEP) as book:
        there = {row[1] for row in book.execute("PRAGMA table_info(answers)")}
        for name, kind in _ADDED.items():
            if name not in there:
                book.execute(f"ALTER TABLE answers ADD COLUMN {name} {kind}")
        yield book


def known(home: Path, name: str) -> str:
    """Return what was noted under a name, empty for nothing."""
    with daybook(home, reading=True) as book:
        row = book.execute("SELECT value FROM known WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def note_known(book: sqlite3.Connection, name: str, value: str) -> bool:
    """Note a value under a name, and return whether it is another one than before."""
    sql = "INSERT INTO known VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value != ?"
    return bool(book.execute(sql, (name, value, value)).rowcount)
