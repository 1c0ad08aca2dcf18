"""The one place that speaks to the Weaviate client: typed rows in and out, errors ours, time bounded."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from groundsight.errors import BackendDown, GroundsightError
from groundsight.index.weaviate import client as clients
from groundsight.index.weaviate.breaker import Breaker, Resting
from groundsight.index.weaviate.faults import TenantMissing, TooSlow, as_ours
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.schema import Collection
from groundsight.settings import WeaviateSettings

T = TypeVar("T")
PAGE = 500
MOST_DELETED = 10_000
TRIES, READ_TRIES, SLOW_TRIES = 4, 2, 2
FIRST_PAUSE = 0.05


@dataclass(frozen=True)
class Place:
    """A collection and, where it has tenants, the server's name of one."""

    collection: str
    tenant: str | None = None


@dataclass(frozen=True)
class Row:
    """An object: properties, vectors by name, and its score where it was searched for."""

    uuid: str
    fields: Mapping[str, Any]
    vectors: Mapping[str, Sequence[float]] = field(default_factory=lambda: {})
    score: float = 0.0


class Wire:
    """Calls to one server or cluster. Any number of threads may use it at once."""

    def __init__(self, settings: WeaviateSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        self.breaker = breaker or Breaker()
        with self.guarded():
            self._client = clients.connect(settings)
        self._open: dict[Place, Any] = {}

    @contextmanager
    def guarded(self) -> Generator[None]:
        """Map the client's errors to ours and tell the breaker how it went."""
        self.breaker.before()
        note = self.breaker.succeeded
        try:
            yield
        except clients.errors() as error:
            ours = as_ours(clients.detail_of(error), self._settings.call_seconds)
            note = self.breaker.failed if isinstance(ours, BackendDown) else note
            raise ours from None
        finally:
            note()

    def fetch(
        self, at: Place, tests: Sequence[Test], limit: int, fields: Sequence[str], *, vectors: bool = False
    ) -> list[Row]:
        """Return objects that pass the tests, in no special order."""

        def ask() -> Any:
            return self.opened(at).query.fetch_objects(
                filters=clients.filters_of(tests), limit=limit, return_properties=list(fields), include_vector=vectors
            )

        return self._rows(ask)

    def page(self, at: Place, after: str | None, fields: Sequence[str]) -> list[Row]:
        """Return the next ``PAGE`` objects of a whole collection in the order of their UUIDs."""

        def ask() -> Any:
            return self.opened(at).query.fetch_objects(limit=PAGE, after=after, return_properties=list(fields))

        return self._rows(ask)

    def words(
        self, at: Place, name: str, terms: str, tests: Sequence[Test], limit: int, fields: Sequence[str]
    ) -> list[Row]:
        """Search one property by BM25, best first."""

        def ask() -> Any:
            return self.opened(at).query.bm25(
                terms, query_properties=[name], filters=clients.filters_of(tests), limit=limit,
                return_properties=list(fields), return_metadata=clients.with_score(),
            )  # fmt: skip

        return self._rows(ask, lambda found: float(found.metadata.score))

    def nearest(
        self, at: Place, name: str, vector: Sequence[float], tests: Sequence[Test], limit: int, fields: Sequence[str]
    ) -> list[Row]:
        """Search one named vector by cosine, best first."""

        def ask() -> Any:
            return self.opened(at).query.near_vector(
                vector, target_vector=name, filters=clients.filters_of(tests), limit=limit,
                return_properties=list(fields), return_metadata=clients.with_distance(),
            )  # fmt: skip

        return self._rows(ask, lambda found: 1.0 - float(found.metadata.distance))

    def total(self, at: Place, tests: Sequence[Test], summed: str | None = None) -> tuple[int, int]:
        """Count objects that pass the tests and add up one of their numbers."""

        def ask() -> tuple[int, int]:
            return clients.totals(self.opened(at), tests, summed)

        return self._reading(ask, (0, 0))

    def put(self, at: Place, rows: Sequence[Row]) -> None:
        """Store objects, replacing those with the same UUIDs; each is acknowledged or named in an error."""
        for batch in _batches(rows):
            self._put_all(at, batch)

    def remove(self, at: Place, tests: Sequence[Test]) -> int:
        """Delete the objects that pass the tests; return how many."""
        removed = 0
        while True:
            found = self._retrying(lambda: self.opened(at).data.delete_many(clients.filters_of(tests)))
            removed += int(found.successful)
            if found.failed:
                raise BackendDown(
                    f"{found.failed} objects could not be deleted", which=at.collection, next_step="delete again"
                )
            if int(found.matches) < MOST_DELETED:
                return removed

    def collections(self) -> set[str]:
        """Return the names of all collections."""
        return self._retrying(lambda: set(self._client.collections.list_all(simple=True)))

    def create(self, collection: Collection) -> None:
        """Create a collection unless it is there."""
        with self.guarded():
            clients.create(self._client, collection, self._settings)

    def drop(self, name: str) -> None:
        """Delete a collection and all it holds."""
        self._retrying(lambda: self._client.collections.delete(name))
        self._open = {place: opened for place, opened in self._open.items() if place.collection != name}

    def add_tenant(self, at: Place) -> None:
        """Create a tenant unless it is there."""
        self._retrying(lambda: clients.add_tenant(self._client, at.collection, str(at.tenant)))

    def remove_tenants(self, collection: str) -> None:
        """Delete all tenants of a collection with what they hold."""
        self._retrying(lambda: clients.remove_tenants(self._client, collection))

    def tenant_states(self, collection: str) -> Mapping[str, str]:
        """Return the state of every tenant of a collection by the server's name."""
        return self._retrying(lambda: clients.tenant_states(self._client, collection))

    def move_tenants(self, collection: str, tenants: Sequence[str], state: str) -> None:
        """Put tenants of a collection to sleep, or away."""
        self._retrying(lambda: clients.move_tenants(self._client, collection, tuple(tenants), state))

    @property
    def library(self) -> Any:
        """Return the client library."""
        return clients.library()

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def opened(self, at: Place) -> Any:
        """Return the client's own collection, for measurements beside ours."""
        if at not in self._open:
            self._open[at] = clients.collection(self._client, at.collection, at.tenant, self._settings)
        return self._open[at]

    def _rows(self, ask: Callable[[], Any], score: Callable[[Any], float] = lambda _: 0.0) -> list[Row]:
        def rows() -> list[Row]:
            return [Row(str(each.uuid), each.properties, each.vector, score(each)) for each in ask().objects]

        return self._reading(rows, [])

    def _reading(self, ask: Callable[[], T], nothing: T) -> T:
        try:
            return self._retrying(ask, tries=READ_TRIES)
        except TenantMissing:
            return nothing

    def _retrying(self, ask: Callable[[], T], tries: int = TRIES) -> T:
        """Try again after a pause of random length; every call may be made twice without harm.

        A cluster needs a few seconds to notice a dead node, so a slow write is tried once more.
        """
        slow = 0 if tries == READ_TRIES else SLOW_TRIES
        for turn in range(1, tries + 1):
            try:
                with self.guarded():
                    return ask()
            except BackendDown as error:
                slow -= isinstance(error, TooSlow)
                if turn == tries or slow < 0 or isinstance(error, Resting):
                    raise
                _pause(turn)
        raise AssertionError

    def _put_all(self, at: Place, rows: Sequence[Row]) -> None:
        waiting = list(rows)
        for turn in range(1, TRIES + 1):
            refused = self._retrying(lambda batch=waiting: clients.insert(self.opened(at), batch))
            if not refused:
                return
            if turn == TRIES:
                raise self._final(at, refused, waiting)
            waiting = [waiting[number] for number in refused]
            _pause(turn)

    def _final(self, at: Place, refused: Mapping[int, str], rows: Sequence[Row]) -> GroundsightError:
        first = min(refused)
        error = as_ours(refused[first], self._settings.call_seconds)
        named = rows[first].fields.get("data", "") and rows[first].uuid
        error.which = f"{len(refused)} objects of {at.collection}, the first {named}"
        return error


def _pause(turn: int) -> None:
    time.sleep(FIRST_PAUSE * 2**turn * random.uniform(0.5, 1.5))


def _batches(rows: Sequence[Row], most: int = 200, most_bytes: int = 4_000_000) -> Generator[list[Row]]:
    """Cut into calls of bounded size; one call ends before the next begins, so a slow server slows the writer."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        length = len(str(row.fields.get("data", ""))) * 2 + sum(8 * len(vector) for vector in row.vectors.values())
        if batch and (len(batch) == most or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
