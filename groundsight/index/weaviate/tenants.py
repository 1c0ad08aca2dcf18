"""Tenants by how long they are unused: awake, asleep on the server's disk, or away in object storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from groundsight.index.weaviate.names import tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.state import StateStore
from groundsight.index.weaviate.uses import Use, Uses, today
from groundsight.index.weaviate.wire import Place, Wire
from groundsight.settings import WeaviateSettings

AWAKE, ASLEEP, AWAY = "ACTIVE", "INACTIVE", "OFFLOADED"


@dataclass(frozen=True)
class Tenant:
    """A tenant: its state, its size (of a sleeping one, when it fell asleep) and the day of its last use."""

    name: str
    state: str
    assets: int | None
    units: int | None
    last_use: str | None


@dataclass(frozen=True)
class Move:
    """A tenant and the state that it is to have."""

    tenant: str
    unused_days: int
    before: str
    after: str


class Tenants:
    """The tenants of one index."""

    def __init__(self, wire: Wire, prefix: str, day: date | None = None) -> None:
        self._wire, self._store, self._uses = wire, StateStore(wire, prefix), Uses(wire, prefix)
        self._day = day or today()

    @classmethod
    def open(cls, settings: WeaviateSettings) -> Tenants:
        """Connect to the server.

        Raises:
            BackendDown, ConfigError, IndexVersion: as opening the index.
        """
        return cls(Wire(settings), settings.collection)

    def all(self) -> tuple[Tenant, ...]:
        """Return every tenant by name; none is woken for it."""
        names = self._names()
        states, uses = self._wire.tenant_states(names.units), self._uses.all()
        return tuple(
            self._described(names, tenant, states.get(tenant_name(tenant), "UNKNOWN"), uses.get(tenant))
            for tenant in self._store.tenants()
        )

    def due(self, *, sleep_days: int | None, offload_days: int | None) -> tuple[Move, ...]:
        """Return what is unused long enough; a tenant of which no use is known counts as used today."""
        found = [self._move(tenant, sleep_days, offload_days) for tenant in self.all()]
        return tuple(move for move in found if move is not None)

    def apply(self, moves: Sequence[Move]) -> None:
        """Carry out the moves: first what falls asleep, then what goes away.

        The days of a tenant of which no use is known are counted from now on.

        Raises:
            Disabled: the server has no object storage to offload to.
        """
        names, moving = self._names(), {move.tenant for move in moves}
        for tenant in self.all():
            if tenant.state == AWAKE and (tenant.last_use is None or tenant.name in moving):
                self._uses.write(Use(tenant.name, tenant.last_use or str(self._day), tenant.assets, tenant.units))
        for state in (ASLEEP, AWAY):
            some = [tenant_name(move.tenant) for move in moves if move.after == state]
            for collection in (names.units, names.pointers) if some else ():
                self._wire.move_tenants(collection, some, state)

    def close(self) -> None:
        """Release the connections."""
        self._wire.close()

    def _names(self) -> Names:
        return self._store.names(self._store.read().config)

    def _described(self, names: Names, tenant: str, state: str, use: Use | None) -> Tenant:
        day = use.day if use else None
        if state != AWAKE:
            return Tenant(tenant, state, use.assets if use else None, use.units if use else None, day)
        assets, units = self._wire.total(Place(names.pointers, tenant_name(tenant)), (), "units")
        return Tenant(tenant, state, assets, units, day)

    def _move(self, tenant: Tenant, sleep_days: int | None, offload_days: int | None) -> Move | None:
        used = date.fromisoformat(tenant.last_use) if tenant.last_use else self._day
        unused = self._day - used
        if offload_days is not None and tenant.state in (AWAKE, ASLEEP) and unused >= timedelta(offload_days):
            return Move(tenant.name, unused.days, tenant.state, AWAY)
        if sleep_days is not None and tenant.state == AWAKE and unused >= timedelta(sleep_days):
            return Move(tenant.name, unused.days, tenant.state, ASLEEP)
        return None
