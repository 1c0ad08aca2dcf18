"""A small in-memory index and parts for the tests of retrieval: exact, deterministic, no file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import settings

from groundsight.governance.access import matches
from groundsight.index import ChannelQuery, ChannelResult, CheckReport, Counts, Entry
from groundsight.ingestion.links import with_links
from groundsight.parts import Parts
from groundsight.retrieval.words import terms_of
from groundsight.settings import Settings
from groundsight.types import TEXT_FIELDS, Asset, Filter, Principal, TextField, Unit, VectorName
from tests.build import WordEncoder, make_asset, make_entry, make_unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAW = settings(max_examples=40, deadline=None, derandomize=True)
ALICE = Principal(tenant="default", user="alice")


class HouseIndex:
    """The index contract over dictionaries. BM25 is Lucene's, k1 1.2 and b 0.75, one partition a tenant."""

    def __init__(self, *entries: Entry, fingerprints: Mapping[str, str] | None = None) -> None:
        self._assets: dict[str, Asset] = {}
        self._units: dict[str, Unit] = {}
        self._vectors: dict[VectorName, dict[str, NDArray[np.float32]]] = {}
        self._postings: dict[tuple[str, TextField, str], dict[str, int]] = {}
        self._lengths: dict[tuple[str, TextField], dict[str, int]] = {}
        self._links: dict[str, list[tuple[str, str]]] = {}
        self._fingerprints = dict(fingerprints if fingerprints is not None else {"text": WordEncoder.fingerprint})
        self._writes = 0
        self.searches = 0
        self.upsert(entries)

    def fingerprints(self) -> Mapping[str, str]:
        return self._fingerprints

    def claim(self, fingerprints: Mapping[str, str]) -> None:
        self._fingerprints.update(fingerprints)

    def upsert(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._writes += 1
            self._assets[entry.asset.asset_id] = entry.asset
            by_ordinal = {unit.ordinal: unit for unit in entry.units}
            for unit in entry.units:
                self._add(entry.asset, unit)
            for name, rows in entry.rows.items():
                kept = self._vectors.setdefault(name, {})
                kept.update({by_ordinal[row].unit_id: entry.vectors[name][at] for at, row in enumerate(rows)})

    def _add(self, asset: Asset, unit: Unit) -> None:
        self._units[unit.unit_id] = unit
        for link in unit.links:
            self._links.setdefault(link.key, []).append((unit.unit_id, link.role))
        for name in TEXT_FIELDS:
            terms = Counter(terms_of(unit.field(name)))
            if terms:
                self._lengths.setdefault((asset.tenant, name), {})[unit.unit_id] = sum(terms.values())
            for term, count in terms.items():
                self._postings.setdefault((asset.tenant, name, term), {})[unit.unit_id] = count

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        raise AssertionError("retrieval never deletes")

    def _seen(self, unit_id: str, where: Filter) -> bool:
        unit = self._units.get(unit_id)
        return unit is not None and matches(where, self._assets[unit.asset_id], unit)

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        self.searches += 1
        return tuple(ChannelResult(ask.channel, self._ask(ask, where, limit)) for ask in queries)

    def _ask(self, ask: ChannelQuery, where: Filter, limit: int) -> tuple[tuple[str, float], ...]:
        scores = self._near(ask) if ask.vector is not None else self._worded(ask, where)
        seen = [(unit_id, score) for unit_id, score in scores.items() if self._seen(unit_id, where)]
        return tuple(sorted(seen, key=lambda hit: (-hit[1], hit[0]))[:limit])

    def _near(self, ask: ChannelQuery) -> dict[str, float]:
        kept = self._vectors.get(ask.channel, {})  # type: ignore[call-overload]
        return {unit_id: float(row @ ask.vector) for unit_id, row in kept.items()}

    def _worded(self, ask: ChannelQuery, where: Filter) -> dict[str, float]:
        tenant = next((str(test.value) for test in where.conditions if test.field == "tenant"), "default")
        name: TextField = ask.channel.removeprefix("bm25_")  # type: ignore[assignment]
        lengths = self._lengths.get((tenant, name), {})
        mean = sum(lengths.values()) / len(lengths) if lengths else 1.0
        scores: dict[str, float] = {}
        for term in set(terms_of(ask.text)):
            holders = self._postings.get((tenant, name, term), {})
            idf = math.log(1 + (len(lengths) - len(holders) + 0.5) / (len(holders) + 0.5))
            for unit_id, count in holders.items():
                norm = 1.2 * (0.25 + 0.75 * lengths[unit_id] / mean)
                scores[unit_id] = scores.get(unit_id, 0.0) + idf * count / (count + norm)
        return scores

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        found = [self._units[unit_id] for unit_id in unit_ids if self._seen(unit_id, where)]
        return tuple((unit, self._assets[unit.asset_id]) for unit in found)

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        return tuple(asset for asset in self._assets.values() if matches(where, asset))

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        return tuple(unit for unit, asset in self.scan(where) if asset.asset_id == asset_id)

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        yield from self.get(sorted(self._units), where)

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for key in keys:
            pairs = tuple(dict.fromkeys(pair for pair in self._links.get(key, ()) if self._seen(pair[0], where)))
            if pairs and len({unit_id for unit_id, _ in pairs}) <= most:
                found[key] = pairs
        return found

    def count(self, where: Filter) -> Counts:
        return Counts(len(self.assets(where)), sum(1 for _ in self.scan(where)))

    def version(self) -> str:
        return str(self._writes)

    def snapshot(self, folder: Path) -> None:
        raise AssertionError("retrieval takes no snapshots")

    def restore(self, folder: Path) -> None:
        raise AssertionError("retrieval restores nothing")

    def check(self) -> CheckReport:
        return CheckReport(())

    def close(self) -> None:
        return None


class HouseParts(Parts):
    """Parts around a given index; the text encoder counts words, there is no picture encoder unless given."""

    def __init__(self, index: HouseIndex, tree: Settings | None = None, **doubles: object) -> None:
        super().__init__(tree or Settings())
        self.__dict__["index"] = index
        given = {"text_encoder": WordEncoder(), "picture_encoder": None, "ocr": None, "tagger": None, **doubles}
        self.__dict__.update(given)


def entry_of(source: str, *texts: str, heading: str = "", **fields: object) -> Entry:
    """A sealed entry of text units with their links, all under one heading."""
    asset = make_asset(source, **fields)
    units = tuple(make_unit(asset, number, text, heading=heading) for number, text in enumerate(texts))
    return make_entry(asset, *with_links(asset, units), encoder=WordEncoder())


__all__ = ["ALICE", "LAW", "HouseIndex", "HouseParts", "entry_of"]
