"""The index on a Weaviate server or cluster: ``Index`` with one pointer for each asset as its commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from groundsight.errors import IndexVersion, InvalidArgument
from groundsight.index import ChannelQuery, ChannelResult, CheckReport, Counts, Entry, Exported
from groundsight.index.prepared import Prepared, prepare_all, require_encoders
from groundsight.index.tokens import Tokeniser
from groundsight.index.weaviate import filters
from groundsight.index.weaviate.binary import LocalServer, start_if_needed
from groundsight.index.weaviate.epochs import Filling
from groundsight.index.weaviate.known import Known
from groundsight.index.weaviate.lost import require_not_lost
from groundsight.index.weaviate.names import generation_since, tenant_name
from groundsight.index.weaviate.reader import Reader
from groundsight.index.weaviate.schema import Names, content_collections
from groundsight.index.weaviate.searcher import Searcher
from groundsight.index.weaviate.state import Config, State, StateStore
from groundsight.index.weaviate.uses import Uses
from groundsight.index.weaviate.wire import Wire
from groundsight.index.weaviate.writer import Writer, require_dimensions
from groundsight.settings import WeaviateSettings
from groundsight.tracing import Watch
from groundsight.types import Asset, ChannelScore, Filter, Unit

T = TypeVar("T")
WORKERS = 16
SWITCHES = 3
# A write is named when it begins and becomes visible when it ends.
SLACK_SECONDS = 60.0
NOTING_SECONDS = 1.0


class WeaviateIndex:
    """Implements ``Index``. One ``upsert`` of several assets makes them live one after the other."""

    def __init__(self, wire: Wire, prefix: str, fresh_seconds: float, server: LocalServer | None = None) -> None:
        self._server, self._fresh_seconds = server, fresh_seconds
        self._wire = wire
        self._store, self._uses = StateStore(wire, prefix), Uses(wire, prefix)
        self._tokeniser = Tokeniser()
        self._workers = ThreadPoolExecutor(WORKERS, "weaviate")
        self._writing = threading.Lock()
        self._known = Known()
        self._epoch, self._fresh = 0, fresh_seconds > 0

    @classmethod
    def open(cls, settings: WeaviateSettings, home: Path | None = None) -> WeaviateIndex:
        """Connect, and create the collections of a new index; ``home`` remembers where there were documents.

        Raises:
            BackendDown: the server can't be reached within ``connect_seconds``.
            ConfigError: it refuses the credentials.
            IndexVersion: the server or the collections are of another version.
            IndexCorrupt: the index, or a part of it, is gone from the server.
        """
        with ExitStack() as undo:
            server = start_if_needed(settings)
            if server is not None:
                undo.callback(server.stop)
            index = cls(Wire(settings), settings.collection, settings.fresh_seconds, server)
            undo.pop_all()
            undo.callback(index.close)
            index._store.prepare()
            if home is not None:
                require_not_lost(home, settings, index._store.tenants())
            undo.pop_all()
        return index

    def fingerprints(self) -> Mapping[str, str]:
        """Return the stored fingerprint of each encoder lane."""
        return dict(self._store.read().config.fingerprints)

    def claim(self, fingerprints: Mapping[str, str]) -> None:
        """Store the encoders' fingerprints; a lane that holds vectors of another encoder is refused."""
        with self._writing:
            config = self._store.read().config
            if all(config.fingerprints.get(lane) == wanted for lane, wanted in fingerprints.items()):
                return
            self._wire.create(content_collections(self._store.names(config))[0])
            if not self._empty(config):
                require_encoders(config.fingerprints, fingerprints, "another weaviate.collection")
            self._store.write(replace(config, fingerprints={**config.fingerprints, **fingerprints}))

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Store assets, each in one step in place of the one with its tenant and source."""
        if entries:
            self.store(*prepare_all(entries, self._tokeniser))

    def store(self, prepared: Sequence[Prepared], dimensions: dict[str, int]) -> None:
        """Store assets that were checked before."""
        with self._writing:
            state = self._store.read()
            config = self._fitting(state.config, dimensions)
            self._finish_abandoned(state)
            self._writer(config).put(prepared)
            self._uses.note(self._uses.due(tuple({each.asset.tenant for each in prepared})))

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        """Remove the assets that pass the filter, with all that was stored of them."""
        with self._writing:
            state = self._store.read()
            self._finish_abandoned(state)
            writer = self._writer(state.config)
            return sum(writer.delete(tenant, asset_ids, where) for tenant in self._tenants(where))

    def protect(self, assets: Sequence[Asset]) -> int:
        """Replace what protects assets, each in one step for whoever reads it."""
        from groundsight.index.weaviate.protecting import protect

        with self._writing:
            state = self._store.read()
            self._finish_abandoned(state)
            reader = Reader(self._wire, self._store.names(state.config), ())
            return protect(self._writer(state.config), reader, self._tokeniser, assets)

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        """Ask every channel at once, filtering inside each search."""
        if limit < 1:
            raise InvalidArgument("a search needs room for a hit", limit="limit >= 1", next_step="raise the limit")
        return self._asking(where, limit, lambda searcher: searcher.ask(queries, where))

    def hybrid(
        self, queries: Sequence[ChannelQuery], where: Filter, limit: int, weights: Mapping[str, float]
    ) -> Mapping[str, tuple[ChannelScore, ...]]:
        """Let the server fuse words and vectors; return what each channel added to a unit's score."""
        from groundsight.index.weaviate.hybrid import hybrid

        return self._asking(where, limit, lambda searcher: hybrid(searcher, queries, where, weights))

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        """Return the units that exist and pass the filter, in the order asked."""
        return self._reading(where, lambda reader: reader.get(unit_ids, where))

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        """Return all assets that pass the filter, by source."""
        return self._reading(where, lambda reader: reader.assets(where))

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        """Return the units of one asset by ordinal; empty when it is not visible."""
        return self._reading(where, lambda reader: reader.units(asset_id, where))

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        """Iterate over the visible units; each asset is read in one state, the assets one after the other."""
        yield from Reader(self._wire, self.names(), self._tenants(where)).scan(where)

    def export(self, where: Filter) -> Iterator[Exported]:
        """Iterate over whole assets with their vectors, each in one state."""
        from groundsight.index.weaviate.exporting import export

        if not filters.asks_units(where):
            yield from export(Reader(self._wire, self.names(), self._tenants(where)), where)

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return ``(unit_id, role)`` pairs by key; keys of more than ``most`` units of a tenant are left out."""
        return self._reading(where, lambda reader: reader.linked(keys, where, most))

    def count(self, where: Filter) -> Counts:
        """Count the assets and the units that pass the filter."""
        return self._reading(where, lambda reader: reader.count(where))

    def version(self) -> str:
        """Return a token that changes with every write; a new one at every call while a write is open."""
        return self._store.read().version

    def snapshot(self, folder: Path, watch: Watch | None = None) -> None:
        """Write all assets with vectors and a manifest into an empty folder; writers are not held up."""
        from groundsight.index.weaviate.snapshots import write_snapshot

        write_snapshot(self, folder, watch)

    def restore(self, folder: Path, watch: Watch | None = None) -> None:
        """Fill new collections from a verified snapshot, then switch over to them in one step."""
        from groundsight.index.weaviate.snapshots import restore_snapshot

        with self._writing:
            restore_snapshot(self, folder, watch)

    def check(self) -> CheckReport:
        """Examine every asset; delete what interrupted writes left."""
        from groundsight.index.weaviate.checking import examine

        with self._writing:
            return examine(self._wire, self._store)

    def close(self) -> None:
        """Release threads and connections; stop a server that was started here."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._wire.close()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def next_epoch(self) -> AbstractContextManager[Filling]:
        """Fill new collections beside the live ones."""
        return Filling.beside(self._wire, self._store, self._tokeniser)

    def make_tenant(self, tenant: str) -> None:
        """Create a tenant before anything is written to it."""
        self._store.add_tenant(self.names(), tenant, tenant_name(tenant))

    def names(self) -> Names:
        """Return the collections that are live."""
        return self._store.names(self._store.read().config)

    def _noting(self, tenants: Sequence[str]) -> list[Future[None]]:
        """Note the use of tenants beside the search, once a day."""
        due = self._uses.due(tenants)
        return [self._workers.submit(self._uses.note, due)] if due else []

    def _asking(self, where: Filter, limit: int, ask: Callable[[Searcher], tuple[T, State]]) -> T:
        """Search; when it turns out that something was written just before, search again with that in mind."""
        tenants = self._tenants(where)

        def search(names: Names) -> tuple[T, State]:
            since = generation_since(self._fresh_seconds + SLACK_SECONDS) if self._fresh else ""
            searcher = Searcher(
                self._wire, names, self._tokeniser, self._workers, self._known, self._state, tenants, limit, since
            )
            return ask(searcher)

        noting, fresh = self._noting(tenants), self._fresh
        found = self._in_epoch(search)
        found = found if fresh or not self._fresh else self._in_epoch(search)
        wait_for(noting, NOTING_SECONDS)
        return found

    def _reading(self, where: Filter, ask: Callable[[Reader], T]) -> T:
        tenants = self._tenants(where)

        def both(names: Names) -> tuple[T, State]:
            now = self._workers.submit(self._state)
            return ask(Reader(self._wire, names, tenants)), now.result()

        return self._in_epoch(both)

    def _in_epoch(self, ask: Callable[[Names], tuple[T, State]]) -> T:
        """Ask the epoch of the last time and look whether it still is; if not, ask again."""
        for _ in range(SWITCHES):
            epoch = self._epoch or self._state().config.epoch
            try:
                found, state = ask(Names(self._store.prefix, epoch))
            except IndexVersion:
                found, state = None, self._state()
                if state.config.epoch == epoch:
                    raise
            self._epoch = state.config.epoch
            self._fresh = self._store.is_fresh(state, self._fresh_seconds)
            if self._epoch == epoch and found is not None:
                return found
        raise IndexVersion("the index is being replaced again and again", next_step="try again")

    def _state(self) -> State:
        mark = self._known.before_reading()
        state = self._store.read()
        self._known.confirm(mark, state)
        return state

    def _tenants(self, where: Filter) -> tuple[str, ...]:
        named = filters.named_tenants(where)
        return filters.passing_tenants(where, self._store.tenants()) if named is None else named

    def _writer(self, config: Config) -> Writer:
        return Writer(self._wire, self._store, self._store.names(config))

    def _empty(self, config: Config) -> bool:
        pointers = Reader(self._wire, self._store.names(config), ()).pointers
        return not any(pointers.any(tenant) for tenant in self._store.tenants())

    def _fitting(self, config: Config, dimensions: dict[str, int]) -> Config:
        """Take over new vector lengths; an index without assets forgets its old ones."""
        if any(config.dimensions.get(name, length) != length for name, length in dimensions.items()) and self._empty(
            config
        ):
            names = self._store.names(config)
            for name in (names.units, names.pointers):
                self._wire.remove_tenants(name)
            self._store.forget_tenants()
            config = replace(config, dimensions={})
        require_dimensions(config, dimensions)
        return self._store.with_dimensions(config, dimensions)

    def _finish_abandoned(self, state: State) -> None:
        writer = self._writer(state.config)
        for intent in state.intents:
            if self._store.is_abandoned(intent):
                for tenant, source in intent.work:
                    writer.clear_up(tenant, source, intent.name)
                self._store.touch()
                self._store.forget(intent.name)
