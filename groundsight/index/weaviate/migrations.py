"""Changing the schema of a filled index: plan, apply beside the old one, roll back.

A new schema, or another vector index or quantiser from the settings, is built in collections of its own from
the stored units and vectors. One written object switches over, and the old collections stay until ``forget``.
"""

from __future__ import annotations

from dataclasses import dataclass

from groundsight.errors import Locked, NotFound
from groundsight.index.migrate import GROUP_UNITS, groups
from groundsight.index.tokens import Tokeniser
from groundsight.index.weaviate.epochs import Filling, drop_epoch
from groundsight.index.weaviate.exporting import export
from groundsight.index.weaviate.reader import Reader
from groundsight.index.weaviate.schema import SCHEMA_VERSION, Names, content_collections, differences
from groundsight.index.weaviate.snapshots import as_entry
from groundsight.index.weaviate.state import Config, State, StateStore
from groundsight.index.weaviate.wire import Wire
from groundsight.settings import WeaviateSettings
from groundsight.tracing import Watch
from groundsight.types import Filter


@dataclass(frozen=True)
class Plan:
    """What ``apply`` would do."""

    from_schema: int
    to_schema: int
    assets: int
    units: int
    changes: tuple[str, ...]
    creates: tuple[str, ...]
    can_roll_back_to: int | None


class Migrations:
    """Schema changes of one index; ingestion must rest while one is applied."""

    def __init__(self, wire: Wire, prefix: str) -> None:
        self._wire, self._store = wire, StateStore(wire, prefix)

    @classmethod
    def open(cls, settings: WeaviateSettings) -> Migrations:
        """Connect to the server, whatever the schema of the index there."""
        return cls(Wire(settings), settings.collection)

    def plan(self) -> Plan:
        """Say what would change, and change nothing."""
        config = self._state().config
        counted = self._reader(config).count(Filter())
        names = Names(self._store.prefix, config.newest + 1)
        creates = tuple(each.name for each in content_collections(names))
        old = config.previous_config
        changes, before = differences(config.built, self._wire.built_with), old.schema if old else None
        return Plan(config.schema, SCHEMA_VERSION, counted.assets, counted.units, changes, creates, before)

    def apply(self, watch: Watch) -> Plan:
        """Copy every asset into collections of the present schema and settings, then switch over.

        Raises:
            Locked: something was written meanwhile; the index is as it was.
        """
        plan, config = self.plan(), self._state().config
        before = self._live(config)
        self._drop_previous(config)
        with Filling.beside(self._wire, self._store, Tokeniser()) as filling:
            done = 0
            for group in groups(export(self._reader(config), Filter()), GROUP_UNITS):
                filling.store([as_entry(each) for each in group])
                done += len(group)
                watch.step(done, plan.assets, group[-1].asset.source)
            if self._live(config) != before:
                raise Locked(
                    "something was written while the schema was changed",
                    next_step="let ingestion rest, then apply again; nothing was changed",
                )
            filling.finish(config.fingerprints, keep_old=True)
        return plan

    def roll_back(self) -> Plan:
        """Go back to the collections before the last ``apply`` and drop the new ones.

        Raises:
            NotFound: there is nothing to go back to.
        """
        config = self._state().config
        if config.previous_config is None:
            raise NotFound("there is no earlier schema to go back to", next_step="restore a snapshot instead")
        self._store.write(config.previous_config)
        self._store.touch()
        drop_epoch(self._wire, Names(self._store.prefix, config.epoch))
        return self.plan()

    def forget(self) -> None:
        """Drop the collections that ``roll_back`` would go back to."""
        self._drop_previous(self._state().config)

    def close(self) -> None:
        """Release the connections."""
        self._wire.close()

    def _state(self) -> State:
        return self._store.peek()

    def _reader(self, config: Config) -> Reader:
        return Reader(self._wire, Names(self._store.prefix, config.epoch), self._store.tenants())

    def _drop_previous(self, config: Config) -> None:
        old = config.previous_config
        if old is not None:
            self._store.write(config.without_previous())
            drop_epoch(self._wire, Names(self._store.prefix, old.epoch))

    def _live(self, config: Config) -> set[tuple[str, str]]:
        return {(tenant, each.generation) for tenant, each in self._reader(config).live(Filter())}
