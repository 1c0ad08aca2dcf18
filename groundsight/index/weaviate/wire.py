"""The one place that speaks to the Weaviate client: typed rows in and out, errors ours, time bounded."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from groundsight.errors import BackendDown, GroundsightError
from groundsight.index.weaviate import client as clients
from groundsight.index.weaviate import messages
from groundsight.index.weaviate.breaker import Breaker, Resting
from groundsight.index.weaviate.faults import TenantMissing, TooSlow, as_ours
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.messages import Hit, Level, Place, Row
from groundsight.index.weaviate.schema import Collection, built_with
from groundsight.settings import WeaviateSettings
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
PAGE = 500
HIT_FIELDS = ("unit_id", "generation")
MOST_DELETED = 10_000
TRIES, READ_TRIES, SLOW_TRIES = 4, 2, 2
FIRST_PAUSE = 0.05
UNDER_WAY = 2


class Wire:
    """Calls to one server or cluster. Any number of threads may use it at once."""

    def __init__(self, settings: WeaviateSettings, breaker: Breaker | None = None) -> None:
        self._settings = settings
        self.breaker = breaker or Breaker()
        with self.guarded():
            self._client = clients.connect(settings)
        self._senders = ThreadPoolExecutor(UNDER_WAY, "weaviate-put")
        self._level: Level = clients.level_of(settings)

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
        how = messages.with_vectors() if vectors else {}
        return self._rows(messages.query(at, self._level, tests, limit, fields, **how))

    def page(self, at: Place, after: str | None, fields: Sequence[str]) -> list[Row]:
        """Return the next ``PAGE`` objects of a whole collection in the order of their UUIDs."""
        return self._rows(messages.query(at, self._level, (), PAGE, fields, **messages.after(after)))

    def hits(self, at: Place, how: dict[str, Any], tests: Sequence[Test], limit: int) -> list[Hit]:
        """Search in one of the ways of ``messages``, best first."""
        request = messages.query(at, self._level, tests, limit, HIT_FIELDS, **how)
        return self._reading(lambda: messages.hits(at, self._sent("Search", request)), [])

    def words(self, at: Place, name: str, terms: str, tests: Sequence[Test], limit: int) -> list[Hit]:
        """Search one property by BM25, best first."""
        return self.hits(at, messages.by_words(name, terms), tests, limit)

    def nearest(
        self, at: Place, name: str, vector: NDArray[np.float32], tests: Sequence[Test], limit: int
    ) -> list[Hit]:
        """Search one named vector by cosine, best first."""
        return self.hits(at, messages.by_vector(name, vector), tests, limit)

    def total(self, at: Place, tests: Sequence[Test], summed: str | None = None) -> tuple[int, int]:
        """Count objects that pass the tests and add up one of their numbers."""
        request = messages.counting(at, tests, summed)
        return self._reading(lambda: messages.counted(self._sent("Aggregate", request)), (0, 0))

    def put(self, at: Place, rows: Iterable[Row]) -> None:
        """Store objects, replacing those with the same UUIDs; each is acknowledged or named in an error.

        Two calls are under way while a third is made ready, and no more: a slow server slows the writer.
        """
        under_way: deque[Future[None]] = deque()
        try:
            for batch in _batches(rows):
                request = messages.batch(at, self._level, batch)
                if len(under_way) == UNDER_WAY:
                    under_way.popleft().result()
                under_way.append(self._senders.submit(self._put_all, at, batch, request))
            while under_way:
                under_way.popleft().result()
        finally:
            wait(under_way)

    def remove(self, at: Place, tests: Sequence[Test]) -> int:
        """Delete the objects that pass the tests; return how many."""
        removed = 0
        while True:
            found = self._retrying(lambda: self._sent("BatchDelete", messages.removal(at, self._level, tests)))
            removed += int(found.successful)
            if found.failed:
                raise BackendDown(
                    f"{number_of(found.failed, 'object')} could not be deleted",
                    which=at.collection,
                    next_step="delete again",
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
        """Release threads and connections."""
        self._senders.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    @property
    def built_with(self) -> dict[str, Any]:
        """Return the settings that collections are made with."""
        return built_with(self._settings)

    @property
    def client(self) -> Any:
        """Return the client itself, for measurements beside ours."""
        return self._client

    def _rows(self, request: Any) -> list[Row]:
        return self._reading(lambda: messages.rows(self._sent("Search", request)), [])

    def _sent(self, method: str, request: Any) -> Any:
        return clients.send(self._client, method, request, self._settings.call_seconds)

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

    def _put_all(self, at: Place, rows: list[Row], request: Any) -> None:
        """Store objects in one call; what the server refuses is tried again by itself."""
        for turn in range(1, TRIES + 1):
            reply = self._retrying(lambda asked=request: self._sent("BatchObjects", asked))
            refused = {error.index: error.error for error in reply.errors}
            if not refused:
                return
            if turn == TRIES:
                raise self._final(at, refused, rows)
            rows = [rows[number] for number in sorted(refused)]
            request = messages.batch(at, self._level, rows)
            _pause(turn)

    def _final(self, at: Place, refused: Mapping[int, str], rows: Sequence[Row]) -> GroundsightError:
        first = min(refused)
        error = as_ours(refused[first], self._settings.call_seconds)
        named = rows[first].fields.get("data", "") and rows[first].uuid
        error.which = f"{number_of(len(refused), 'object')} of {at.collection}, the first {named}"
        return error


def _pause(turn: int) -> None:
    time.sleep(FIRST_PAUSE * 2**turn * random.uniform(0.5, 1.5))


def _batches(rows: Iterable[Row], most: int = 200, most_bytes: int = 4_000_000) -> Generator[list[Row]]:
    """Cut into calls of bounded size."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        length = len(row.fields.get("data", "")) * 2 + sum(vector.nbytes for vector in row.vectors.values())
        if batch and (len(batch) == most or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
