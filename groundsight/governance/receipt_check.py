"""The check of the receipts: each against its signature, its parts, the one before it, the end of the chain and the
audit trail, which holds the hash of every receipt that a call left."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import StorageFailed
from groundsight.governance.audit_chain import KEY as AUDIT_KEY
from groundsight.governance.audit_chain import TRAIL, authentic, lines_in
from groundsight.governance.receipt_chain import FIRST, Json, Signer, fits, hash_of, is_mark, read, signed_by
from groundsight.governance.receipts import FILE, FOLDER, KEY, PUBLIC, Receipts
from groundsight.types.showing import number_of

Rows = list[tuple[int, str, str, str]]
SHOWN_CHARS = 40
_HASH = re.compile(rb'"hash": "([0-9a-f]{64})"')


@dataclass(frozen=True)
class ReceiptReport:
    """How many receipts and parts hold; without ``problems`` nobody tampered with them.

    ``emptied`` counts the parts that quoted what was forgotten; ``public`` is the key that they were held to.
    """

    receipts: int
    parts: int = 0
    emptied: int = 0
    public: str = ""
    problems: tuple[str, ...] = ()


def check_receipts(home: Path, public: str = "") -> ReceiptReport:
    """Check every receipt of a home, against the public key beside them or against the one that is given.

    A file that can't be read any more is named as changed, like everything else that is not as it was written.
    """
    folder = home / FOLDER
    if not (folder / FILE).exists():
        gone = (folder / PUBLIC).exists() or bool(sealed_in_trail(home))
        return ReceiptReport(0, problems=("the file of the receipts is missing",) if gone else ())
    key = public or _public(folder)
    if not key:
        return ReceiptReport(0, problems=("the public key of the receipts is missing",))
    try:
        kept = _kept(home)
    except StorageFailed as error:
        return ReceiptReport(0, public=key, problems=(f"the file of the receipts was changed: {error.what}",))
    every = [body for bodies in kept.parts.values() for body in bodies]
    end = read(kept.end[0]) if kept.end and signed_by(key, *kept.end) else {}
    lost = _lost(kept.rows, home, end.get("first", 1) - 1)
    problems = [*kept.damage, *_keys(folder, key), *_chain(kept, key, end), *_strays(kept), *lost, *trail_missed(home)]
    return ReceiptReport(len(kept.rows), len(every), sum(map(is_mark, every)), key, tuple(problems))


@dataclass(frozen=True)
class _Kept:
    """What the file holds: the heads, the parts of each, the end of the chain, and what SQLite finds damaged."""

    rows: Rows
    parts: Mapping[int, list[str]]
    end: tuple[str, str] | None
    damage: tuple[str, ...]


@contextmanager
def _book(home: Path) -> Generator[sqlite3.Connection]:
    with Receipts(home, 1).book(reading=True) as book:
        # A byte that is no UTF-8 is read as a sign that no text has: the receipt that it stands in is named then.
        book.text_factory = lambda data: data.decode("utf-8", "surrogateescape")  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType]
        yield book


def _kept(home: Path) -> _Kept:
    with _book(home) as book:
        found = [str(line) for (line,) in book.execute("PRAGMA integrity_check").fetchall()]
        heads = book.execute("SELECT n, id, head, signature FROM receipts ORDER BY n").fetchall()
        bodies = book.execute("SELECT n, at, body FROM parts ORDER BY n, at").fetchall()
        ends = book.execute("SELECT told, signature FROM ends").fetchall()
    rows = [(n, str(name), str(head), str(signature)) for n, name, head, signature in heads]
    parts: dict[int, list[str]] = {}
    ordered = True
    for n, at, body in bodies:
        ordered &= at == len(parts.setdefault(n, []))
        parts[n].append(str(body))
    damage = [f"the file of the receipts was changed: {line}" for line in found if line != "ok"]
    damage += [] if ordered and len(ends) <= 1 else ["the parts of the receipts are numbered otherwise"]
    return _Kept(rows, parts, (str(ends[0][0]), str(ends[0][1])) if ends else None, tuple(damage))


def sealed_in_trail(home: Path) -> Mapping[str, str]:
    """Return the hash of each receipt that the audit trail knows, by its id, oldest first."""
    trail, key = home / "audit" / TRAIL, home / "audit" / AUDIT_KEY
    if not (trail.is_file() and key.is_file()):
        return {}
    lines, secret = lines_in(trail.read_bytes()), key.read_bytes()
    found = (authentic(line, secret) for line in lines if b'"sealed": "' in line)
    return {str(one["id"]): str(one["sealed"]) for one in found if one and one.get("sealed")}


def trail_missed(home: Path) -> tuple[str, ...]:
    """Say which receipts name a record that the audit trail lacks.

    Raises:
        StorageFailed: the receipts can't be read.
    """
    trail = home / "audit" / TRAIL
    with _book(home) as book:
        rows = book.execute("SELECT n, head FROM receipts ORDER BY n").fetchall()
    there = {found.decode() for found in _HASH.findall(trail.read_bytes())} if trail.is_file() else set[str]()
    missed = [n for n, head in rows if (named := read(head).get("trail")) and named not in there]
    if not missed:
        return ()
    return (
        f"{number_of(len(missed), 'receipt')}, the last one {missed[-1]}: the audit trail lacks the record before it",
    )


def _public(folder: Path) -> str:
    file = folder / PUBLIC
    return file.read_text("ascii", "replace").removesuffix("\n") if file.is_file() else ""


def _keys(folder: Path, key: str) -> Iterator[str]:
    """Hold the files of both keys to the key that signs."""
    file = folder / KEY
    try:
        public = Signer(file.read_bytes()).public if file.is_file() else key
    except (OSError, ValueError):
        public = ""
    if public != key:
        yield "the key of the receipts was changed: it is not the one that signed them"
    if (folder / PUBLIC).is_file() and _public(folder) != key:
        yield "the public key of the receipts was changed: it is not the one that signed them"


def _chain(kept: _Kept, key: str, end: Json) -> Iterator[str]:
    """Walk from the signed beginning to the signed end."""
    rows = kept.rows
    if not end:
        yield "the end of the chain is missing or was changed"
    wanted, before = end.get("first", rows[0][0] if rows else 1), end.get("before", FIRST)
    for n, receipt_id, head, signature in rows:
        if n != wanted:
            yield f"receipts {wanted} to {n - 1} are missing" if n > wanted else f"receipt {n} stands before the first"
        yield from _receipt(n, receipt_id, head, signature, kept.parts.get(n, []), key)
        if n == wanted and read(head).get("prev", before) != before:
            yield f"{_name(n, receipt_id)} does not follow the one before it"
        wanted, before = n + 1, hash_of(head)
    if end and (wanted - 1, before) != (end.get("count"), end.get("last")):
        yield f"the chain ends with receipt {wanted - 1}, {before[:12]}; its end is {end['count']}, {end['last'][:12]}"


def _receipt(n: int, receipt_id: str, head: str, signature: str, parts: list[str], key: str) -> Iterator[str]:
    facts, name = read(head), _name(n, receipt_id)
    if not facts or not signed_by(key, head, signature):
        other = facts.get("key") not in (None, key)
        yield f"{name} is signed by another key" if other else f"{name} was changed"
        return
    if (facts.get("n"), facts.get("id")) != (n, receipt_id):
        yield f"{name} stands in the place of another: it is number {facts.get('n')}, {facts.get('id')}"
    hashes = facts.get("parts", [])
    if len(parts) != len(hashes):
        yield f"{name} has {len(parts)} parts where its head counts {len(hashes)}"
    for at, (part, wanted) in enumerate(zip(parts, hashes, strict=False)):
        if not fits(part, wanted, key):
            kind = read(part).get("kind", "a part")
            yield f"{name}: {kind if isinstance(kind, str) else 'a part'} (part {at}) was changed"


def _strays(kept: _Kept) -> Iterator[str]:
    lonely = {str(n) for n in {*kept.parts} - {row[0] for row in kept.rows}}
    yield from (f"parts of receipt {n} are there without it" for n in sorted(lonely))


def _lost(rows: Rows, home: Path, dropped: int) -> Iterator[str]:
    """Name what the audit trail knows and the chain lacks, but for as many before the first as age has ``dropped``."""
    here = {receipt_id: hash_of(head) for _, receipt_id, head, _ in rows}
    oldest, known = min(here, default="s"), sealed_in_trail(home)
    aged = set(sorted(each for each in known if each < oldest)[:dropped])
    for receipt_id, sealed in known.items():
        if receipt_id not in here and receipt_id not in aged:
            yield f"receipt {receipt_id[:SHOWN_CHARS]} stands in the audit trail and is missing"
        elif here.get(receipt_id, sealed) != sealed:
            yield f"receipt {receipt_id[:SHOWN_CHARS]} is not the one that the audit trail knows"


def _name(n: int, receipt_id: str) -> str:
    return f"receipt {n} ({receipt_id[:SHOWN_CHARS]})"
