"""BM25 postings in SQLite: one partition for each tenant and field, with statistics of its own.

Score as in Lucene's BM25Similarity (Robertson and Zaragoza 2009, without the constant k1 + 1):
``ln(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b * length / average))``.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from groundsight.index.checksums import seal, unseal
from groundsight.index.database import Connection, one, rows
from groundsight.types import TEXT_FIELDS, Asset, TextField, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundsight.index.tokens import Tokeniser

K1, B = 1.2, 0.75
# Slot, occurrences, length of the unit's field in terms; the last two stop at 65,535.
POSTING = np.dtype([("slot", "<u4"), ("tf", "<u2"), ("length", "<u2")])
PACKED = Struct("<IHH")
MOST = 65_535
# 256 postings are 2 KiB: half a page, so that adding to a common word rewrites one page.
CHUNK = 256
# Memory bounds the words that wait for one flush, however many units one transaction holds.
PENDING = 100_000
# Words that are written together: the last chunks of so many are in memory at once.
TOGETHER = 1_000


@dataclass(frozen=True)
class FieldTerms:
    """The terms of one unit's field with how often they occur."""

    field: TextField
    counts: dict[str, int]
    length: int


def field_terms(unit: Unit, tokeniser: Tokeniser, language: str) -> tuple[FieldTerms, ...]:
    """Return the terms of every field that has any, stemmed by the language of the document."""
    found: list[FieldTerms] = []
    for field in TEXT_FIELDS:
        terms = tokeniser.terms(indexed_text(unit, field), language)
        if terms:
            found.append(FieldTerms(field, dict(Counter(terms)), len(terms)))
    return tuple(found)


def indexed_text(unit: Unit, field: TextField) -> str:
    """Return what BM25 reads of a field; the heading goes with the text, without text with the meta."""
    carrier = "text" if unit.text else "meta"
    return f"{unit.heading}\n{unit.field(field)}" if field == carrier else unit.field(field)


class PostingWriter:
    """Collects the additions and removals of one transaction, then writes each term once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._added: defaultdict[int, defaultdict[str, bytearray]] = defaultdict(lambda: defaultdict(bytearray))
        self._removed: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        self._pending = 0

    def add(self, tenant: str, slot: int, fields: Iterable[FieldTerms]) -> None:
        """Count a unit in its tenant's partitions. Slots must grow from call to call."""
        for terms in fields:
            part = self._partition(tenant, terms.field, 1, terms.length)
            length, added = min(terms.length, MOST), self._added[part]
            for term, count in terms.counts.items():
                added[term] += PACKED.pack(slot, count if count < MOST else MOST, length)
            self._pending += len(terms.counts)
        if self._pending > PENDING:
            self.flush()

    def remove(self, tenant: str, slot: int, fields: Iterable[FieldTerms]) -> None:
        """Take a unit out of its tenant's partitions."""
        for terms in fields:
            part = self._partition(tenant, terms.field, -1, -terms.length)
            for term in terms.counts:
                self._removed[part, term].append(slot)

    def flush(self) -> None:
        """Write what was collected, removals first; drop partitions that became empty."""
        for (part, term), slots in self._removed.items():
            self._take_out(part, term, np.array(slots, np.uint32))
        added = [((part, term), self._added[part][term]) for part in sorted(self._added)
                 for term in sorted(self._added[part])]  # fmt: skip
        for at in range(0, len(added), TOGETHER):
            self._append(dict(added[at : at + TOGETHER]))
        self._connection.execute("DELETE FROM partition WHERE docs = 0")
        self._added.clear()
        self._removed.clear()
        self._pending = 0

    def _partition(self, tenant: str, field: str, docs: int, length: int) -> int:
        sql = """INSERT INTO partition (tenant, field, docs, length) VALUES (?, ?, ?, ?)
            ON CONFLICT (tenant, field) DO UPDATE SET docs = docs + excluded.docs, length = length + excluded.length
            RETURNING id"""
        return one(self._connection, sql, tenant, field, docs, length)

    def _append(self, added: dict[tuple[int, str], bytearray]) -> None:
        """Fill up the last chunk of each word, then begin new ones."""
        sql = """SELECT p.part, p.term, p.id, max(p.first), p.data FROM json_each(?) word
            JOIN posting p ON p.part = word.value ->> 0 AND p.term = word.value ->> 1
            GROUP BY p.part, p.term HAVING length(p.data) < ?"""
        open_ones = rows(self._connection, sql, json.dumps([*added]), CHUNK * PACKED.size)
        self._connection.executemany("DELETE FROM posting WHERE id = ?", [(row,) for _, _, row, _, _ in open_ones])
        begun = {(part, term): unseal(data, first) for part, term, _, first, data in open_ones}
        self._insert((key, begun.get(key, b"") + postings) for key, postings in added.items())

    def _insert(self, words: Iterable[tuple[tuple[int, str], bytes]]) -> None:
        sql = "INSERT INTO posting (part, term, first, last, data) VALUES (?, ?, ?, ?, ?)"
        size = CHUNK * PACKED.size
        chunks = ((key, data[at : at + size]) for key, data in words for at in range(0, len(data), size))
        self._connection.executemany(sql, (_row(*key, chunk) for key, chunk in chunks))

    def _take_out(self, part: int, term: str, slots: NDArray[np.uint32]) -> None:
        sql = "SELECT id, first, data FROM posting WHERE part = ? AND term = ? AND first <= ? AND last >= ?"
        for row, first, data in rows(self._connection, sql, part, term, int(slots.max()), int(slots.min())):
            postings = np.frombuffer(unseal(data, first), POSTING)
            kept = postings[~np.isin(postings["slot"], slots)]
            self._connection.execute("DELETE FROM posting WHERE id = ?", (row,))
            self._insert([((part, term), kept.tobytes())])


def _row(part: int, term: str, chunk: bytes) -> tuple[int, str, int, int, bytes]:
    (first, *_), (last, *_) = PACKED.unpack_from(chunk), PACKED.unpack(chunk[-PACKED.size :])
    return part, term, first, last, seal(chunk, first)


def score(
    connection: Connection, field: str, terms: Sequence[str], tenants: tuple[str, ...] | None, slots: int
) -> NDArray[np.float64]:
    """Return the BM25 score of every slot below ``slots``, 0 where no term occurs.

    ``tenants`` None means all; every tenant is scored with its own statistics.
    """
    scores = np.zeros(slots, np.float64)
    for part, docs, length in _partitions(connection, field, tenants):
        for term, times in sorted(Counter(terms).items()):
            postings = _postings(connection, part, term)
            if len(postings):
                scores[postings["slot"]] += times * _impacts(postings, docs, length / docs)
    return scores


def rebuild(connection: Connection, tokeniser: Tokeniser) -> None:
    """Make all postings again from the stored units, inside the caller's transaction."""
    for table in ("posting", "partition"):
        connection.execute(f"DELETE FROM {table}")
    writer = PostingWriter(connection)
    sql = "SELECT u.slot, u.data, a.data FROM unit u JOIN asset a ON a.number = u.asset ORDER BY u.slot"
    for slot, data, of in connection.execute(sql):
        unit, asset = Unit.model_validate_json(unseal(data, slot)), Asset.model_validate_json(unseal(of, 0))
        writer.add(asset.tenant, slot, field_terms(unit, tokeniser, asset.language))
    writer.flush()


def _partitions(connection: Connection, field: str, tenants: tuple[str, ...] | None) -> list[tuple[int, int, int]]:
    found = rows(connection, "SELECT id, docs, length, tenant FROM partition WHERE field = ?", field)
    return [row[:3] for row in found if tenants is None or row[3] in tenants]


def _postings(connection: Connection, part: int, term: str) -> NDArray[np.void]:
    sql = "SELECT first, data FROM posting WHERE part = ? AND term = ? ORDER BY first"
    return np.frombuffer(b"".join(unseal(data, first) for first, data in rows(connection, sql, part, term)), POSTING)


def _impacts(postings: NDArray[np.void], docs: int, average: float) -> NDArray[np.float64]:
    found = len(postings)
    rarity = math.log(1 + (docs - found + 0.5) / (found + 0.5))
    times = postings["tf"].astype(np.float64)
    return rarity * times / (times + K1 * (1 - B + B * postings["length"] / average))
