"""Searching: all channels and tenants at once, then one look at which of the hits are live.

Threads ask the channels, because the async client in one background loop cost as much CPU; the numbers stand in
docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundsight.errors import InvalidArgument
from groundsight.index import ChannelQuery, ChannelResult
from groundsight.index.tokens import Tokeniser
from groundsight.index.vectors import checked
from groundsight.index.weaviate import filters
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.known import Known, Write
from groundsight.index.weaviate.live import Pointers
from groundsight.index.weaviate.messages import Hit, Place
from groundsight.index.weaviate.names import coded, decoded, tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.state import State
from groundsight.index.weaviate.wire import Wire
from groundsight.types import Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

Call = Callable[[Place, Sequence[Test], int], list[Hit]]
LEXICAL = "bm25_"
# Hits that tie with the last one are sorted by unit id, so a few more than wanted are asked for.
SPARE = 5
MOST = 10_000
# Among units in memory tables server 1.35 stops BM25 before it has seen the best: of 10 asked for it returned
# 0 to 1 of the true ten best among 1,200, and all of them when asked for as many as match.
FRESH_LIMIT = 2_000
ROUNDS = 4
NEARLY = 1e-4


@dataclass(frozen=True)
class Searcher:
    """One search in one epoch: where, for whom, and how many hits are wanted."""

    wire: Wire
    names: Names
    tokeniser: Tokeniser
    workers: Executor
    known: Known
    read: Callable[[], State]
    tenants: Sequence[str]
    limit: int
    since: str = ""

    def ask(self, queries: Sequence[ChannelQuery], where: Filter) -> tuple[tuple[ChannelResult, ...], State]:
        """Return one result for each query, and the state; when stale hits take up room, ask again for more."""
        found, state = self.live_hits([self._call(query) for query in queries], where)
        results = (
            ChannelResult(query.channel, tuple((unit_id, hit.score) for unit_id, hit in self.ranked(hits)))
            for query, hits in zip(queries, found, strict=True)
        )
        return tuple(results), state

    def live_hits(self, calls: Sequence[Call], where: Filter) -> tuple[list[list[Hit]], State]:
        """Make the calls in every tenant, and again for more where hits that are not live took up room.

        They are also made again when a hit belongs to a write that may have become live only after the first of them.
        """
        tests = filters.for_units(where)
        if tests is None:
            return [[] for _ in calls], self.read()
        token, limit, before = self.known.token, min(self.limit + SPARE, MOST), set[Write]()
        for turn in range(1, ROUNDS + 1):
            found = self._all(calls, tests, limit)
            stale, new, state = self._stale(token, {hit.write for hits in found for hit in hits})
            kept = [[hit for hit in hits if hit.write not in stale] for hits in found] if stale else found
            short = any(len(hits) >= limit and len(live) < self.limit for hits, live in zip(found, kept, strict=True))
            if turn == ROUNDS or (stale | new <= before and not short):
                return kept, state
            limit, before = min(limit * 4, MOST) if short else limit, before | stale | new
        raise AssertionError

    def ranked(self, hits: Sequence[Hit]) -> list[tuple[str, Hit]]:
        """Return the best with their unit ids; ties by id, and the spelling on the server sorts as the ids do."""
        best = sorted(hits, key=lambda hit: (-hit.score, hit.unit_id))[: self.limit]
        return [(decoded(hit.unit_id), hit) for hit in best]

    def _call(self, query: ChannelQuery) -> Call:
        if query.channel.startswith(LEXICAL):
            terms = " ".join(self.tokeniser.asked(query.text))
            return lambda at, tests, limit: self._words(at, query.channel, terms, tests, limit) if terms else []
        vector = normalised_vector(query)
        return lambda at, tests, limit: self.wire.nearest(at, query.channel, vector, tests, limit)

    def _words(self, at: Place, name: str, terms: str, tests: Sequence[Test], limit: int) -> list[Hit]:
        """Search words; what was written since ``since`` is searched by itself once more."""
        found = self.wire.words(at, name, terms, tests, limit)
        if not self.since or len(found) < limit:
            return found
        new = [*tests, Test("generation", "ge", coded(self.since))]
        found += self.wire.words(at, name, terms, new, FRESH_LIMIT)
        unique = {(hit.unit_id, hit.generation): hit for hit in found}
        return sorted(unique.values(), key=lambda hit: -hit.score)[:limit]

    def _all(self, calls: Sequence[Call], tests: Sequence[Test], limit: int) -> list[list[Hit]]:
        """Ask every channel of every tenant at once; the last one is asked by the calling thread itself."""
        pairs = [(call, tenant) for call in calls for tenant in self.tenants]
        waiting = [self.workers.submit(self._one, call, tenant, tests, limit) for call, tenant in pairs[:-1]]
        last = [self._one(*pair, tests, limit) for pair in pairs[-1:]]
        found = iter([*(each.result() for each in waiting), *last])
        return [[hit for _ in self.tenants for hit in next(found)] for _ in calls]

    def _one(self, call: Call, tenant: str, tests: Sequence[Test], limit: int) -> list[Hit]:
        return call(Place(self.names.units, tenant_name(tenant)), tests, limit)

    def _stale(self, token: str, writes: set[Write]) -> tuple[set[Write], set[Write], State]:
        """Return which writes are not live (replaced, deleted, or not finished), which may be new, and the state.

        The state is read after the channels were asked: if it has the token from before, nothing changed meanwhile.
        """
        known = self.known.among(token, writes)
        if known is not None:
            state = self.read()
            if state.token == token and not state.intents:
                return writes - known, set(), state
            live = self._live_among(writes)
        else:
            now = self.workers.submit(self.read)
            live = self._live_among(writes)
            self.known.note(token, writes, live)
            state = now.result()
        since = coded(self.since)
        return writes - live, {each for each in live if self.since and each[1] >= since}, state

    def _live_among(self, writes: set[Write]) -> set[Write]:
        pointers = Pointers(self.wire, self.names)
        return {
            (name, generation)
            for tenant, name in ((each, tenant_name(each)) for each in self.tenants)
            for generation in pointers.live_among(tenant, [each for of, each in writes if of == name])
        }


def normalised_vector(query: ChannelQuery) -> NDArray[np.float32]:
    """Return a query's vector with length 1; the full check costs a tenth of a millisecond and is for the others."""
    vector = query.vector
    if vector is None:
        raise InvalidArgument(
            "a dense channel is asked with a vector", which=query.channel, next_step="encode the query first"
        )
    if vector.ndim == 1 and vector.dtype == np.float32 and abs(float(vector @ vector) - 1.0) < NEARLY:
        return vector
    return checked(np.atleast_2d(vector), query.channel, None)[0]
