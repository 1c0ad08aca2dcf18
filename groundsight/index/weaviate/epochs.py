"""Filling new collections beside the live ones, and switching over in one step."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from groundsight.index import Entry
from groundsight.index.prepared import prepare_all
from groundsight.index.tokens import Tokeniser
from groundsight.index.weaviate.schema import SCHEMA_VERSION, Names, content_collections
from groundsight.index.weaviate.state import Config, StateStore
from groundsight.index.weaviate.wire import Wire
from groundsight.index.weaviate.writer import Writer, require_dimensions


class Filling:
    """The next epoch while it is filled; nobody reads it before ``finish``."""

    def __init__(self, wire: Wire, store: StateStore, tokeniser: Tokeniser) -> None:
        self._wire, self._store, self._tokeniser = wire, store, tokeniser
        self._old = store.peek().config
        self._new = Config(epoch=self._old.newest + 1, built=wire.built_with)
        self.names = Names(store.prefix, self._new.epoch)
        for each in content_collections(self.names):
            wire.drop(each.name)
            wire.create(each)
        store.forget_tenants()

    @classmethod
    @contextmanager
    def beside(cls, wire: Wire, store: StateStore, tokeniser: Tokeniser) -> Generator[Filling]:
        """Fill new collections; they are dropped when the filling fails."""
        with ExitStack() as undo:
            filling = cls(wire, store, tokeniser)
            undo.callback(filling.abandon)
            yield filling
            undo.pop_all()

    def store(self, entries: Sequence[Entry]) -> None:
        """Store assets in the next epoch."""
        prepared, dimensions = prepare_all(entries, self._tokeniser)
        require_dimensions(self._new, dimensions)
        self._new = replace(self._new, dimensions={**self._new.dimensions, **dimensions})
        Writer(self._wire, self._store, self.names).put(prepared)

    def finish(self, fingerprints: Mapping[str, str], *, keep_old: bool = False) -> None:
        """Switch over by writing one object; then drop the old collections, or keep them to go back to."""
        previous = vars(self._old.without_previous()) if keep_old else None
        self._store.write(replace(self._new, schema=SCHEMA_VERSION, previous=previous, fingerprints=dict(fingerprints)))
        self._store.touch()
        if not keep_old:
            drop_epoch(self._wire, Names(self._store.prefix, self._old.epoch))

    def abandon(self) -> None:
        """Drop what was filled."""
        drop_epoch(self._wire, self.names)


def drop_epoch(wire: Wire, names: Names) -> None:
    """Drop the collections of an epoch."""
    for each in content_collections(names):
        wire.drop(each.name)
