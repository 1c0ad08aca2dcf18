"""Searching: all channels and tenants at once, then one look at which of the hits are live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from groundsight.errors import InvalidArgument
from groundsight.index import ChannelQuery, ChannelResult
from groundsight.index.tokens import Tokeniser
from groundsight.index.vectors import checked
from groundsight.index.weaviate import filters
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.live import Pointers
from groundsight.index.weaviate.names import coded, decoded, tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.wire import Place, Row, Wire
from groundsight.types import Filter

Call = Callable[[Place, Sequence[Test], int], list[Row]]
LEXICAL = "bm25_"
FIELDS = ("unit_id", "generation")
# Hits that tie with the last one are sorted by unit id, so a few more than wanted are asked for.
SPARE = 5
MOST = 10_000
# Among units in memory tables server 1.35 stops BM25 before it has seen the best: of 10 asked for it returned
# 0 to 1 of the true ten best among 1,200, and all of them when asked for as many as match.
FRESH_LIMIT = 2_000
ROUNDS = 4


@dataclass(frozen=True)
class Found:
    """A hit before it is known to be live."""

    unit_id: str
    score: float
    tenant: str
    generation: str


@dataclass(frozen=True)
class Searcher:
    """One search in one epoch: where, for whom, and how many hits are wanted."""

    wire: Wire
    names: Names
    tokeniser: Tokeniser
    workers: Executor
    tenants: Sequence[str]
    limit: int
    since: str = ""

    def ask(self, queries: Sequence[ChannelQuery], where: Filter) -> tuple[ChannelResult, ...]:
        """Return one result for each query; when stale hits take up room, ask again for more."""
        tests = filters.for_units(where)
        calls = [self._call(query) for query in queries]
        if tests is None:
            return tuple(ChannelResult(query.channel, ()) for query in queries)
        found = self._live_hits(calls, tests)
        return tuple(
            ChannelResult(query.channel, self._ranked(hits)) for query, hits in zip(queries, found, strict=True)
        )

    def _live_hits(self, calls: Sequence[Call], tests: Sequence[Test]) -> list[list[Found]]:
        limit, before, kept = min(self.limit + SPARE, MOST), set[str](), list[list[Found]]()
        for _ in range(ROUNDS):
            found = self._all(calls, tests, limit)
            stale = self._stale(found)
            kept = [[hit for hit in hits if hit.generation not in stale] for hits in found]
            short = any(len(hits) >= limit and len(live) < self.limit for hits, live in zip(found, kept, strict=True))
            if stale <= before and not short:
                break
            limit, before = min(limit * 4, MOST) if short else limit, before | stale
        return kept

    def _call(self, query: ChannelQuery) -> Call:
        if query.channel.startswith(LEXICAL):
            terms = " ".join(self.tokeniser.terms(query.text))
            return lambda at, tests, limit: self._words(at, query.channel, terms, tests, limit) if terms else []
        if query.vector is None:
            raise InvalidArgument(
                "a dense channel is asked with a vector", which=query.channel, next_step="encode the query first"
            )
        vector = checked(np.atleast_2d(query.vector), query.channel, None)[0].tolist()
        return lambda at, tests, limit: self.wire.nearest(at, query.channel, vector, tests, limit, FIELDS)

    def _words(self, at: Place, name: str, terms: str, tests: Sequence[Test], limit: int) -> list[Row]:
        """Search words; what was written since ``since`` is searched by itself once more."""
        found = self.wire.words(at, name, terms, tests, limit, FIELDS)
        if not self.since or len(found) < limit:
            return found
        new = [*tests, Test("generation", "ge", coded(self.since))]
        found += self.wire.words(at, name, terms, new, FRESH_LIMIT, FIELDS)
        unique = {row.uuid: row for row in found}
        return sorted(unique.values(), key=lambda row: -row.score)[:limit]

    def _all(self, calls: Sequence[Call], tests: Sequence[Test], limit: int) -> list[list[Found]]:
        asked = [
            [self.workers.submit(self._one, call, tenant, tests, limit) for tenant in self.tenants] for call in calls
        ]
        return [[hit for each in waiting for hit in each.result()] for waiting in asked]

    def _one(self, call: Call, tenant: str, tests: Sequence[Test], limit: int) -> list[Found]:
        rows = call(Place(self.names.units, tenant_name(tenant)), tests, limit)
        return [
            Found(decoded(row.fields["unit_id"]), row.score, tenant, decoded(row.fields["generation"])) for row in rows
        ]

    def _stale(self, found: Sequence[Sequence[Found]]) -> set[str]:
        """Return the generations among the hits that are not live (replaced, deleted, or not yet finished)."""
        pointers = Pointers(self.wire, self.names)
        stale: set[str] = set()
        for tenant in self.tenants:
            hit = {each.generation for hits in found for each in hits if each.tenant == tenant}
            stale |= hit - pointers.live_among(tenant, hit)
        return stale

    def _ranked(self, hits: Sequence[Found]) -> tuple[tuple[str, float], ...]:
        pairs = ((hit.unit_id, hit.score) for hit in hits)
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[: self.limit])
