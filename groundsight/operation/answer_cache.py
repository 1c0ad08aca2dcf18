"""Answers that are given again to the same question of the same caller, while nothing that they rest on has changed.

They lie in ``<home>/answers`` under keyed hashes. All of them go with the first change of the index and with the first
document that is forgotten, each when its time is over and a home is opened, asked or counted; what is deleted leaves no
bytes.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from groundsight.governance.audit import read_or_make_key
from groundsight.governance.book_file import book_file, unusable
from groundsight.types import Answer, Cached, Word

FOLDER, FILE, KEY, MOST = "answers", "answers.db", "key", 10_000
_WHAT = "the cache of answers"
_STEP = "check the disk and the rights; operation.cache_minutes = 0 gives no answer again"
_TABLES = """
CREATE TABLE answers (key TEXT PRIMARY KEY, version TEXT, time REAL, told TEXT);
CREATE TABLE lookups (found INTEGER PRIMARY KEY, count INTEGER);
INSERT INTO lookups VALUES (0, 0), (1, 0);
"""


class CacheStats(Word):
    """How often an answer was looked for and found since the last ``clear``, and how many are kept now."""

    hits: int
    misses: int
    hit_ratio: float
    kept: int


class AnswerCache:
    """The answers of a home that may be given again. Safe for threads and processes."""

    def __init__(self, home: Path, minutes: int) -> None:
        self._folder, self._seconds = home / FOLDER, minutes * 60

    def key(self, asking: Sequence[str], scope: str) -> str:
        """Return the keyed hash of a question's form and of everything else that its answer depends on."""
        told = json.dumps([*asking, scope]).encode()
        return hmac.digest(self._key, told, "sha256").hex()

    def find(self, key: str, version: str) -> Answer | None:
        """Return the answer that is kept, with its age; let go of those of another version, and of what is too old.

        Raises:
            StorageFailed: the disk refused. Locked: another process writes for too long.
        """
        now = time.time()
        with self._book() as book:
            self._old_go(book)
            book.execute("DELETE FROM answers WHERE version != ?", (version,))
            row = book.execute("SELECT time, told FROM answers WHERE key = ?", (key,)).fetchone()
            kept = _read(row[1]) if row else None
            book.execute("UPDATE lookups SET count = count + 1 WHERE found = ?", (int(kept is not None),))
        if kept is None:
            return None
        return kept.model_copy(update={"cached": Cached(age=round(max(0.0, now - row[0]), 1), receipt=kept.receipt)})

    def keep(self, key: str, version: str, answer: Answer) -> None:
        """Keep an answer that was just given; of more than 10,000 the oldest go.

        Raises:
            StorageFailed, Locked: as ``find``.
        """
        with self._book() as book:
            self._old_go(book)
            row = (key, version, time.time(), answer.model_dump_json(exclude={"cost"}))
            book.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
            over = "SELECT key FROM answers ORDER BY time DESC LIMIT -1 OFFSET ?"
            book.execute(f"DELETE FROM answers WHERE key IN ({over})", (MOST,))

    def clear(self, *, counts: bool = False) -> int:
        """Forget every answer, and with ``counts`` how often one was found; return how many were kept."""
        if not (self._folder / FILE).exists():
            return 0
        with self._book() as book:
            if counts:
                book.execute("UPDATE lookups SET count = 0")
            return book.execute("DELETE FROM answers").rowcount

    def stats(self) -> CacheStats:
        """Let go of what is too old, then count lookups and answers."""
        if not (self._folder / FILE).exists():
            return CacheStats(hits=0, misses=0, hit_ratio=0.0, kept=0)
        with self._book() as book:
            self._old_go(book)
            misses, hits = (count for (count,) in book.execute("SELECT count FROM lookups ORDER BY found"))
            (kept,) = book.execute("SELECT COUNT(*) FROM answers").fetchone()
        ratio = round(hits / (hits + misses), 4) if hits + misses else 0.0
        return CacheStats(hits=hits, misses=misses, hit_ratio=ratio, kept=kept)

    def _old_go(self, book: sqlite3.Connection) -> None:
        book.execute("DELETE FROM answers WHERE time <= ?", (time.time() - self._seconds,))

    def _book(self) -> AbstractContextManager[sqlite3.Connection]:
        return book_file(self._folder / FILE, _TABLES, _WHAT, reading=False, next_step=_STEP)

    @cached_property
    def _key(self) -> bytes:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return read_or_make_key(self._folder / KEY)
        except OSError as error:
            raise unusable(self._folder / KEY, _WHAT, _STEP, error) from error


def _read(told: str) -> Answer | None:
    try:
        return Answer.model_validate_json(told)
    except ValidationError:  # it was kept by another version of this program
        return None
