"""The index contract in plain Python: slow, complete and simple enough to be believed."""

from __future__ import annotations

import math
import pickle
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from groundsight.errors import IndexVersion
from groundsight.governance.access import PROTECTIVE, matches
from groundsight.governance.redaction import require_proof
from groundsight.index import ChannelQuery, ChannelResult, CheckReport, Counts, Entry
from groundsight.types import Asset, Condition, Filter, Unit


class MemoryIndex:
    """Keeps entries in a dict by tenant and source; every read walks over all of them."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.prints: dict[str, str] = {}
        self.changes = 0

    def fingerprints(self) -> Mapping[str, str]:
        return dict(self.prints)

    def claim(self, fingerprints: Mapping[str, str]) -> None:
        if self.entries and self.prints != dict(fingerprints):
            raise IndexVersion("the index was written with another encoder")
        self.prints = dict(fingerprints)

    def upsert(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            require_proof(entry.asset, entry.units, entry.proof)
        self.entries |= {(entry.asset.tenant, entry.asset.source): entry for entry in entries}
        self.changes += 1

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        gone = [
            k for k, e in self.entries.items() if e.asset.asset_id in asset_ids and matches(_assets(where), e.asset)
        ]
        for key in gone:
            del self.entries[key]
        self.changes += bool(gone)
        return len(gone)

    def protect(self, assets: Sequence[Asset]) -> int:
        wanted = {(each.tenant, each.asset_id): each for each in assets}
        found = {key: e for key, e in self.entries.items() if (e.asset.tenant, e.asset.asset_id) in wanted}
        for key, e in found.items():
            given = wanted[e.asset.tenant, e.asset.asset_id]
            told = {name: getattr(given, name) for name in PROTECTIVE}
            self.entries[key] = replace(e, asset=e.asset.model_copy(update=told))
        self.changes += bool(found)
        return len(found)

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        return tuple(self._asked(query, where, limit) for query in queries)

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        known = {unit.unit_id: (unit, asset) for unit, asset in self.scan(where)}
        return tuple(known[unit_id] for unit_id in unit_ids if unit_id in known)

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        passing = (entry.asset for entry in self.entries.values() if matches(_assets(where), entry.asset))
        return tuple(sorted(passing, key=lambda asset: asset.source))

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        return tuple(unit for unit, asset in self.scan(where) if asset.asset_id == asset_id)

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        for entry in sorted(self.entries.values(), key=lambda entry: entry.asset.asset_id):
            for unit in sorted(entry.units, key=lambda unit: unit.ordinal):
                if matches(where, entry.asset, unit):
                    yield unit, entry.asset

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        found: dict[str, list[tuple[str, str]]] = {key: [] for key in keys}
        for unit, _ in self.scan(where):
            for link in unit.links:
                if link.key in found:
                    found[link.key].append((unit.unit_id, link.role))
        return {key: tuple(pairs) for key, pairs in found.items() if 0 < len({p for p, _ in pairs}) <= most}

    def count(self, where: Filter) -> Counts:
        return Counts(len(self.assets(where)), sum(1 for _ in self.scan(where)))

    def version(self) -> str:
        return str(self.changes)

    def snapshot(self, folder: Path) -> None:
        (folder / "memory").write_bytes(pickle.dumps((self.entries, self.prints)))

    def restore(self, folder: Path) -> None:
        self.entries, self.prints = pickle.loads((folder / "memory").read_bytes())  # noqa: S301
        self.changes += 1

    def check(self) -> CheckReport:
        return CheckReport(())

    def close(self) -> None:
        return None

    def _asked(self, query: ChannelQuery, where: Filter, limit: int) -> ChannelResult:
        name = query.channel
        scores = self._words(name[5:], query.text, where) if name.startswith("bm25_") else self._cosines(query, where)
        best = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return ChannelResult(name, tuple(best))

    def _cosines(self, query: ChannelQuery, where: Filter) -> dict[str, float]:
        seen = {unit.unit_id for unit, _ in self.scan(where)}
        found: dict[str, float] = {}
        for entry in self.entries.values():
            ids = {unit.ordinal: unit.unit_id for unit in entry.units}
            for row, ordinal in enumerate(entry.rows.get(query.channel, ())):  # type: ignore[call-overload]
                if ids[ordinal] in seen and query.vector is not None:
                    found[ids[ordinal]] = float(np.dot(entry.vectors[query.channel][row], query.vector))
        return found

    def _words(self, field: str, text: str, where: Filter) -> dict[str, float]:
        """BM25 (k1 1.2, b 0.75); its statistics come from the tenant alone."""
        tenant = tuple(condition for condition in where.conditions if condition.field == "tenant")
        partition = {u.unit_id: _terms(u.field(field)) for u, _ in self.scan(Filter(conditions=tenant))}  # type: ignore[arg-type]
        partition = {unit_id: terms for unit_id, terms in partition.items() if terms}
        mean = sum(sum(terms.values()) for terms in partition.values()) / max(1, len(partition))
        seen = {unit.unit_id for unit, _ in self.scan(where)}
        found: dict[str, float] = {}
        for unit_id in seen & set(partition):
            score = sum(_bm25(term, partition[unit_id], partition, mean) for term in _terms(text))
            found |= {unit_id: score} if score > 0 else {}
        return found


def _bm25(term: str, terms: Counter[str], partition: Mapping[str, Counter[str]], mean: float) -> float:
    holding = sum(term in other for other in partition.values())
    rarity = math.log(1 + (len(partition) - holding + 0.5) / (holding + 0.5))
    length = 1.2 * (0.25 + 0.75 * sum(terms.values()) / mean)
    return rarity * terms[term] * 2.2 / (terms[term] + length)


def _terms(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def _assets(where: Filter) -> Filter:
    """Only the conditions that an asset alone can answer."""
    kept: tuple[Condition, ...] = tuple(each for each in where.conditions if each.field not in ("kind", "page"))
    return Filter(conditions=kept)
