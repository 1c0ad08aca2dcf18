"""Writing: new units first, then the pointer in one step, then the old units away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from groundsight.errors import ModelFailed
from groundsight.governance.access import PROTECTIVE, matches
from groundsight.index.prepared import Prepared, PreparedUnit
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.live import Pointer, Pointers, asset_fields, digest_of, slices
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.names import coded, object_id, tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.state import Config, StateStore
from groundsight.index.weaviate.wire import Wire
from groundsight.types import Asset, Filter

REPAIRS = 2


class Writer:
    """Changes the content of one epoch."""

    def __init__(self, wire: Wire, store: StateStore, names: Names) -> None:
        self._wire, self._store, self._names = wire, store, names
        self._pointers = Pointers(wire, names)

    def put(self, prepared: Sequence[Prepared]) -> None:
        """Store assets; each takes the place of the one with its tenant and source in one step."""
        by_tenant: defaultdict[str, list[Prepared]] = defaultdict(list)
        for each in prepared:
            by_tenant[each.asset.tenant].append(each)
        with self._store.change([(each.asset.tenant, each.asset.source) for each in prepared]) as write:
            for tenant, theirs in by_tenant.items():
                self._store.add_tenant(self._names, tenant, tenant_name(tenant))
                self._replace(tenant, theirs, write)

    def delete(self, tenant: str, asset_ids: Sequence[str], where: Filter) -> int:
        """Remove the assets of a tenant that pass the filter, with all units of all their writes."""
        found = [each for each in self._pointers.of_assets(tenant, asset_ids).values() if matches(where, each.asset)]
        if not found:
            return 0
        sources = [each.asset.source for each in found]
        with self._store.change([(tenant, source) for source in sources]):
            self._pointers.remove(tenant, found)
            for some in slices(sources):
                self._wire.remove(self._units(tenant), [Test("source", "any", tuple(map(coded, some)))])
        return len(found)

    def protect(self, tenant: str, assets: Sequence[Asset]) -> list[Pointer]:
        """Replace what protects live assets on their pointers, and return these."""
        told = {each.asset_id: {name: getattr(each, name) for name in PROTECTIVE} for each in assets}
        live = self._pointers.of_assets(tenant, told).values()
        newer = [replace(each, asset=each.asset.model_copy(update=told[each.asset.asset_id])) for each in live]
        if newer:
            with self._store.change([(tenant, each.asset.source) for each in newer]):
                self._pointers.put(tenant, newer)
        return newer

    def clear_up(self, tenant: str, source: str, intent: str) -> None:
        """Delete what an interrupted write left of a source, and what was live before the live write."""
        own = Test("source", "equal", coded(source))
        live = min(self._pointers.of_sources(tenant, [source]), default="")
        self._wire.remove(self._units(tenant), [own, Test("generation", "lt", coded(live or intent))])
        begun = [Test("generation", "prefix", coded(intent)), Test("generation", "gt", coded(live))]
        self._wire.remove(self._units(tenant), [own, *begun])

    def _replace(self, tenant: str, prepared: Sequence[Prepared], write: str) -> None:
        new = {f"{write}-{number}": each for number, each in enumerate(prepared)}
        old = self._pointers.of_sources(tenant, [each.asset.source for each in prepared])
        self._put_units(tenant, new)
        self._pointers.put(tenant, [_pointer(each, generation) for generation, each in new.items()])
        for some in slices(tuple(old)):
            self._wire.remove(self._units(tenant), [Test("generation", "any", tuple(map(coded, some)))])

    def _put_units(self, tenant: str, new: Mapping[str, Prepared]) -> None:
        """Write the units; when a deletion of the same source ran through them, write them again."""
        missing = new
        for _ in range(REPAIRS):
            each_row = (row for name, each in missing.items() for row in unit_rows(tenant, each, name))
            self._wire.put(self._units(tenant), each_row)
            missing = self._incomplete(tenant, missing)
            if not missing:
                return

    def _incomplete(self, tenant: str, new: Mapping[str, Prepared]) -> dict[str, Prepared]:
        """Return the writes of which units are missing: one count for many, and one for each only if that is wrong."""
        found: dict[str, Prepared] = {}
        for some in slices(tuple(new)):
            if self._stored(tenant, some) != sum(len(new[name].units) for name in some):
                found |= {name: new[name] for name in some if self._stored(tenant, [name]) != len(new[name].units)}
        return found

    def _stored(self, tenant: str, generations: Sequence[str]) -> int:
        return self._wire.total(self._units(tenant), [Test("generation", "any", tuple(map(coded, generations)))])[0]

    def _units(self, tenant: str) -> Place:
        return Place(self._names.units, tenant_name(tenant))


def unit_rows(tenant: str, prepared: Prepared, generation: str) -> Iterator[Row]:
    """Yield the objects that store an asset's units as one write."""
    shared = asset_fields(prepared.asset, generation)
    for unit in prepared.units:
        yield _unit_row(tenant, prepared, unit, shared)


def require_dimensions(config: Config, dimensions: dict[str, int]) -> None:
    """Raise ModelFailed when vectors have another length than those stored."""
    for name, dimension in dimensions.items():
        if config.dimensions.get(name, dimension) != dimension:
            raise ModelFailed(
                f"{name} vectors of {dimension} numbers do not fit the index",
                which=name,
                limit=f"{config.dimensions[name]} numbers",
                next_step="use the encoder that the index was made with",
            )


def _pointer(prepared: Prepared, generation: str) -> Pointer:
    digest = digest_of(unit.data for unit in prepared.units)
    last = max((each.unit.ordinal for each in prepared.units), default=-1)
    return Pointer(prepared.asset, generation, len(prepared.units), last, digest)


def _unit_row(tenant: str, prepared: Prepared, unit: PreparedUnit, shared: dict[str, Any]) -> Row:
    generation = str(shared["generation"])
    links = [coded(key) for key in dict.fromkeys(link.key for link in unit.unit.links)]
    fields: dict[str, Any] = {
        **shared,
        "unit_id": coded(unit.unit.unit_id),
        "kind": coded(unit.unit.kind),
        "ordinal": unit.unit.ordinal,
        "links": links,
        "data": unit.data.decode(),
        **{f"bm25_{terms.field}": _repeated(terms.counts) for terms in unit.fields},
    }
    if unit.unit.place.page is not None:
        fields["page"] = unit.unit.place.page
    uuid = object_id("unit", tenant, prepared.asset.source, generation, str(unit.unit.ordinal))
    return Row(uuid, fields, unit.vectors)


def _repeated(counts: dict[str, int]) -> str:
    """Return the terms as the server counts them; their order says nothing to BM25."""
    return " ".join(chain.from_iterable(map(repeat, counts, counts.values())))
