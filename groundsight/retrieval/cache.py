"""The last results, kept exactly: same principal's filter, same index version, same settings, same query.

A new version empties the cache, and with it what was read of texts, so that what was forgotten does not stay in memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from groundsight.computing.words import said, stems
from groundsight.language.facts import read_facts
from groundsight.retrieval.onwards import spelled
from groundsight.retrieval.words import terms_of
from groundsight.types import Filter, Query, SearchResult

READ = (read_facts, said, stems, spelled, terms_of)


@dataclass(frozen=True)
class CacheKey:
    """Everything that a result depends on; ``where`` holds the tenant and the day."""

    where: Filter
    version: str
    settings: str
    query: Query


class SearchCache:
    """A thread-safe least-recently-used map from key to result; ``hits`` and ``misses`` count the lookups."""

    def __init__(self, most: int = 128) -> None:
        self._most = most
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[CacheKey, SearchResult] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: CacheKey) -> SearchResult | None:
        """Return the kept result, None when there is none."""
        with self._lock:
            if any(kept.version != key.version for kept in self._kept):
                self._empty()
            if key not in self._kept:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: CacheKey, result: SearchResult) -> None:
        """Keep a result, forgetting the one unused for longest."""
        with self._lock:
            self._kept[key] = result
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget all results, and what was read of any text."""
        with self._lock:
            self._empty()

    def _empty(self) -> None:
        self._kept.clear()
        for remembered in READ:
            remembered.cache_clear()

    def __len__(self) -> int:
        return len(self._kept)
