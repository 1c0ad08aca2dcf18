"""The check of the receipts: each against its signature, its parts, the one before it, the end of the chain and the
audit trail, which holds the hash of every receipt that a call left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import StorageFailed
from groundsight.governance.audit_chain import KEY as AUDIT_KEY
from groundsight.governance.audit_chain import TRAIL, authentic, lines_in
from groundsight.governance.receipt_chain import FIRST, Json, fits, hash_of, is_mark, read, signed_by
from groundsight.governance.receipts import FILE, FOLDER, PUBLIC, Receipts

Rows = list[tuple[int, str, str, str]]
SHOWN_CHARS = 40


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
    """Check every receipt of a home, against the public key beside them or against the one that is given."""
    folder = home / FOLDER
    if not (folder / FILE).exists():
        gone = (folder / PUBLIC).exists() or bool(sealed_in_trail(home))
        return ReceiptReport(0, problems=("the file of the receipts is missing",) if gone else ())
    key = public or _public(folder)
    if not key:
        return ReceiptReport(0, problems=("the public key of the receipts is missing",))
    try:
        with Receipts(home, 1).book(reading=True) as book:
            rows: Rows = book.execute("SELECT n, id, head, signature FROM receipts ORDER BY n").fetchall()
            found = book.execute("SELECT n, body FROM parts ORDER BY n, at").fetchall()
            ends = book.execute("SELECT told, signature FROM ends").fetchone()
    except StorageFailed as error:
        return ReceiptReport(0, public=key, problems=(error.what,))
    parts: dict[int, list[str]] = {}
    for n, body in found:
        parts.setdefault(n, []).append(str(body))
    end = read(str(ends[0])) if ends and signed_by(key, str(ends[0]), str(ends[1])) else {}
    problems = [*_chain(rows, parts, key, end), *_strays(rows, parts), *_lost(rows, home, end.get("first", 1) - 1)]
    every = [body for bodies in parts.values() for body in bodies]
    return ReceiptReport(len(rows), len(every), sum(map(is_mark, every)), key, tuple(problems))


def sealed_in_trail(home: Path) -> Mapping[str, str]:
    """Return the hash of each receipt that the audit trail knows, by its id, oldest first."""
    trail, key = home / "audit" / TRAIL, home / "audit" / AUDIT_KEY
    if not (trail.is_file() and key.is_file()):
        return {}
    lines, secret = lines_in(trail.read_bytes()), key.read_bytes()
    found = (authentic(line, secret) for line in lines if b'"sealed": "' in line)
    return {str(one["id"]): str(one["sealed"]) for one in found if one and one.get("sealed")}


def _public(folder: Path) -> str:
    file = folder / PUBLIC
    return file.read_text("ascii", "replace").strip() if file.is_file() else ""


def _chain(rows: Rows, parts: Mapping[int, list[str]], key: str, end: Json) -> Iterator[str]:
    """Walk from the signed beginning to the signed end."""
    if not end:
        yield "the end of the chain is missing or was changed"
    wanted, before = end.get("first", rows[0][0] if rows else 1), end.get("before", FIRST)
    for n, receipt_id, head, signature in rows:
        if n != wanted:
            yield f"receipts {wanted} to {n - 1} are missing" if n > wanted else f"receipt {n} stands before the first"
        yield from _receipt(n, receipt_id, head, signature, parts.get(n, []), key)
        if n == wanted and read(head).get("prev", before) != before:
            yield f"{_name(n, receipt_id)} does not follow the one before it"
        wanted, before = n + 1, hash_of(str(head))
    if end and (wanted - 1, before) != (end.get("count"), end.get("last")):
        yield f"the chain ends with receipt {wanted - 1}, {before[:12]}; its end is {end['count']}, {end['last'][:12]}"


def _receipt(n: int, receipt_id: str, head: str, signature: str, parts: list[str], key: str) -> Iterator[str]:
    facts, name = read(str(head)), _name(n, receipt_id)
    if not facts or not signed_by(key, str(head), str(signature)):
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


def _strays(rows: Rows, parts: Mapping[int, list[str]]) -> Iterator[str]:
    yield from (f"parts of receipt {n} are there without it" for n in sorted({*parts} - {row[0] for row in rows}))


def _lost(rows: Rows, home: Path, dropped: int) -> Iterator[str]:
    """Name what the audit trail knows and the chain lacks, but for as many before the first as age has ``dropped``."""
    here = {receipt_id: hash_of(str(head)) for _, receipt_id, head, _ in rows}
    oldest, known = min(here, default=""), sealed_in_trail(home)
    aged = set(sorted(each for each in known if each < oldest)[:dropped])
    for receipt_id, sealed in known.items():
        if receipt_id not in here and receipt_id not in aged:
            yield f"receipt {receipt_id[:SHOWN_CHARS]} stands in the audit trail and is missing"
        elif here.get(receipt_id, sealed) != sealed:
            yield f"receipt {receipt_id[:SHOWN_CHARS]} is not the one that the audit trail knows"


def _name(n: int, receipt_id: str) -> str:
    return f"receipt {n} ({str(receipt_id)[:SHOWN_CHARS]})"
