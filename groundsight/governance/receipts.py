"""Receipts: the short name of a call in the audit trail, and what is kept of each answer and check.

They lie in ``<home>/receipts``: the records with their parts in ``receipts.db``, the signing key with mode 0600, and
``public`` with the public key in base64, for whoever wants to check them elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from groundsight.atomic import write_whole
from groundsight.governance.audit import read_or_make_key
from groundsight.governance.book_file import book_file, is_writable, unusable
from groundsight.governance.receipt_chain import (
    FIRST,
    Json,
    Signer,
    canonical,
    emptied,
    hash_of,
    head_of,
    is_mark,
    read,
    salted,
)
from groundsight.settings import Settings
from groundsight.types import Principal

FOLDER, FILE, KEY, PUBLIC = "receipts", "receipts.db", "key", "public"
DAY_MS = 86_400_000
_STEP = "make room or correct the rights; governance.receipts_days = 0 keeps no receipts"
_TABLES = """
CREATE TABLE IF NOT EXISTS receipts (n INTEGER PRIMARY KEY, id TEXT UNIQUE, head TEXT, signature TEXT);
CREATE TABLE IF NOT EXISTS parts (n INTEGER, at INTEGER, body TEXT, PRIMARY KEY (n, at));
CREATE TABLE IF NOT EXISTS ends (one INTEGER PRIMARY KEY CHECK (one = 1), told TEXT, signature TEXT);
"""


@dataclass(frozen=True)
class ReceiptBody:
    """What is to be kept of an answer or a check: facts that quote nothing, and parts that may be emptied one by one.

    What a part quotes it names by the ids of assets or units; a part that rests on a forgotten one is emptied.
    """

    facts: Mapping[str, Any]
    parts: tuple[Mapping[str, Any], ...]

    def of(self, door: str, tool: str, trail: str = "") -> ReceiptBody:
        """Return the same with the door and the tool through which it was asked, and the hash of a record of the audit
        trail that stood there before."""
        place = {"door": door, "tool": tool, **({"trail": trail} if trail else {})}
        return ReceiptBody({**self.facts, **place}, self.parts)


@dataclass(frozen=True)
class Receipt:
    """A receipt as it is kept: the spelling of its head and of each part, and the signature of the head."""

    head: str
    signature: str
    parts: tuple[str, ...]

    @cached_property
    def facts(self) -> Json:
        """The head as data."""
        return read(self.head)

    def of_kind(self, kind: str) -> tuple[Json, ...]:
        """Return the parts of a kind that were not emptied, without their salts."""
        found = (read(part) for part in self.parts)
        return tuple(
            {name: each[name] for name in each if name not in ("salt", "kind")}
            for each in found
            if each.get("kind") == kind
        )

    def one(self, kind: str) -> Json:
        """Return the first part of a kind, empty where it was emptied."""
        return (*self.of_kind(kind), Json())[0]

    @property
    def emptied(self) -> tuple[Json, ...]:
        """The marks of the parts that are gone."""
        return tuple(found for part in self.parts if "emptied" in (found := read(part)))


class Receipts:
    """The receipts of a home; one transaction each, so a kill leaves all of one or nothing. Safe for processes."""

    def __init__(self, home: Path, days: int) -> None:
        self.folder, self._days = home / FOLDER, days

    @classmethod
    def open(cls, settings: Settings) -> Receipts | None:
        """Return the receipts that the settings ask for, None where none are kept, or the home is read-only."""
        days = settings.governance.receipts_days if is_writable(settings.home) else 0
        return cls(Path(settings.home), days) if days else None

    def add(self, receipt_id: str, who: Principal, account: ReceiptBody) -> str:
        """Keep a receipt at the end of the chain and return the hash of its head; what is too old goes.

        Raises:
            StorageFailed: the disk refused. Locked: another process writes for too long.
        """
        signer, parts = self._signer, [salted(part) for part in (caller(who), *account.parts)]
        with self.book() as book:
            first, before, count, last = _ends(book)
            facts = {"id": receipt_id, "who": self.name_of(who), **account.facts}
            head = head_of(facts, parts, number=count + 1, before=last, public=signer.public)
            row = (count + 1, receipt_id, head, signer.sign(head))
            book.execute("INSERT INTO receipts VALUES (?, ?, ?, ?)", row)
            rows = [(count + 1, at, part) for at, part in enumerate(parts)]
            book.executemany("INSERT INTO parts VALUES (?, ?, ?)", rows)
            self._without_old(book, first, before, count + 1, hash_of(head))
        return hash_of(head)

    def let_go(self) -> None:
        """Remove the receipts that are too old.

        Raises:
            StorageFailed, Locked: as ``add``.
        """
        with self.book() as book:
            if book.execute("SELECT 1 FROM receipts WHERE id < ?", (self._oldest(),)).fetchone():
                self._without_old(book, *_ends(book))

    def find(self, receipt_id: str) -> Receipt | None:
        """Return a receipt, None where none of this id is kept any more.

        Raises:
            StorageFailed: the receipts can't be read.
        """
        if receipt_id < self._oldest():
            return None
        with self.book(reading=True) as book:
            asked = "SELECT n, head, signature FROM receipts WHERE id = ?"
            row = book.execute(asked, (receipt_id,)).fetchone()
            if row is None:
                return None
            parts = book.execute("SELECT body FROM parts WHERE n = ? ORDER BY at", (row[0],)).fetchall()
        return Receipt(row[1], row[2], tuple(part for (part,) in parts))

    def forget(self, asset_ids: Iterable[str]) -> None:
        """Empty every part that names one of these documents; the chain holds all the same.

        Raises:
            StorageFailed, Locked: as ``add``.
        """
        if not (self.folder / FILE).is_file():
            return
        signer = self._signer
        with self.book() as book:
            for asset_id in asset_ids:
                named = "SELECT n, at, body FROM parts WHERE instr(body, ?)"
                rows = [row for row in book.execute(named, (asset_id,)).fetchall() if not is_mark(row[2])]
                marks = [(emptied(hash_of(body), asset_id, signer), n, at) for n, at, body in rows]
                book.executemany("UPDATE parts SET body = ? WHERE n = ? AND at = ?", marks)

    def using(self, name: str, who: Principal) -> tuple[str, ...]:
        """Return the ids of the receipts of this caller that name an asset or unit, oldest first."""
        with self.book(reading=True) as book:
            asked = "SELECT id, head FROM receipts WHERE n IN (SELECT n FROM parts WHERE instr(body, ?)) ORDER BY n"
            rows = book.execute(asked, (name,)).fetchall()
        if not rows:
            return ()
        mine, oldest = self.name_of(who), self._oldest()
        return tuple(one for one, head in rows if read(head).get("who") == mine and one >= oldest)

    def name_of(self, who: Principal) -> str:
        """Return the keyed hash under which a caller stands in the heads."""
        said = canonical({"tenant": who.tenant, "user": who.user})
        return hmac.digest(self._seed, said.encode(), "sha256").hex()

    def book(self, *, reading: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        """Open the records for one transaction; what is emptied leaves no bytes, and ``reading`` makes no file.

        Raises:
            StorageFailed: the file can't be used. Locked: another process writes for too long.
        """
        return book_file(self.folder / FILE, _TABLES, "the receipts", reading=reading, next_step=_STEP)

    def _without_old(self, book: sqlite3.Connection, first: int, before: str, count: int, last: str) -> None:
        """Remove what lies before the first receipt that is young enough, and sign where the chain begins and ends."""
        (kept,) = book.execute("SELECT MIN(n) FROM receipts WHERE id >= ?", (self._oldest(),)).fetchone()
        kept = kept or count + 1
        if kept > first:
            (head,) = book.execute("SELECT head FROM receipts WHERE n = ?", (kept - 1,)).fetchone() or ("",)
            for table in ("receipts", "parts"):
                book.execute(f"DELETE FROM {table} WHERE n < ?", (kept,))
            first, before = kept, hash_of(head) if head else before
        told = canonical({"first": first, "before": before, "count": count, "last": last})
        book.execute("REPLACE INTO ends VALUES (1, ?, ?)", (told, self._signer.sign(told)))

    @property
    def _made(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.folder

    @cached_property
    def _seed(self) -> bytes:
        return read_or_make_key(self._made / KEY)

    @cached_property
    def _signer(self) -> Signer:
        try:
            signer = Signer(self._seed)
            if not (self.folder / PUBLIC).is_file():
                write_whole(self.folder / PUBLIC, signer.public + "\n", mode=0o644)
        except (OSError, ValueError) as error:
            raise unusable(self.folder, "the receipts", _STEP, error) from error
        return signer

    def _oldest(self) -> str:
        """Return the id before which a receipt is too old: ids begin with their time."""
        return f"r{max(0, int(time.time() * 1000) - self._days * DAY_MS):011x}"


def new_receipt() -> str:
    """Return a fresh id whose first part sorts by time: ``r`` + 11 hex digits of milliseconds + 10 random."""
    return f"r{int(time.time() * 1000):011x}{secrets.token_hex(5)}"


def caller(who: Principal) -> Json:
    """Return the part that says who asked, with which rights."""
    return {"kind": "caller", **who.model_dump(mode="json", exclude={"roots", "may_read", "may_write", "dated_only"})}


def _ends(book: sqlite3.Connection) -> tuple[int, str, int, str]:
    row = book.execute("SELECT told FROM ends").fetchone()
    told = read(row[0]) if row else {}
    return told.get("first", 1), told.get("before", FIRST), told.get("count", 0), told.get("last", FIRST)
