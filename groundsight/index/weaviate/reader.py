"""Reading: pages of live units, each asset whole, every unit held against the filter a second time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from groundsight.errors import IndexCorrupt
from groundsight.governance.access import matches
from groundsight.index import Counts
from groundsight.index.weaviate import filters
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.live import Pointer, Pointers, slices
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.names import coded, decoded, tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.wire import PAGE, Wire
from groundsight.types import Asset, Filter, Unit

FIELDS = ("generation", "ordinal", "data")
RETRIES = 3
ROUNDS = 8
REPAIR = "see what is damaged with: groundsight doctor; then ingest the source again"


@dataclass(frozen=True)
class Stored:
    """A stored unit: decoded, with its row."""

    unit: Unit
    row: Row


class Reader:
    """Reads the content of one epoch within the given tenants."""

    def __init__(self, wire: Wire, names: Names, tenants: Sequence[str]) -> None:
        self._wire, self._names, self._tenants = wire, names, tenants
        self.pointers = Pointers(wire, names)

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        """Return the visible ones of these units, in the order asked."""
        found: dict[str, tuple[Unit, Asset]] = {}
        for tenant in self._tenants:
            for some in slices(tuple(dict.fromkeys(unit_ids))):
                found.update(self._some(tenant, some, where))
        return tuple(found[each] for each in unit_ids if each in found)

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        """Return the visible assets by source."""
        if filters.for_assets(where) is None:
            return ()
        found = [each.asset for tenant in self._tenants for each in self.pointers.all(tenant)]
        return tuple(
            sorted((each for each in found if matches(where, each)), key=lambda each: (each.source, each.tenant))
        )

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        """Return the visible units of an asset by ordinal."""
        for tenant in self._tenants:
            for pointer in self.pointers.of_assets(tenant, [asset_id]).values():
                whole = self.whole(tenant, pointer, where)
                return tuple(each.unit for each in whole)
        return ()

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        """Iterate over the visible units by asset id and ordinal; each asset is read in one state."""
        for tenant, pointer in self.live(where):
            for stored in self.whole(tenant, pointer, where):
                yield stored.unit, pointer.asset

    def live(self, where: Filter) -> list[tuple[str, Pointer]]:
        """Return the pointers whose asset passes what the filter asks of assets, by asset id."""
        if filters.for_units(where) is None:
            return []
        of_asset = filters.without_units(where)
        found = [(tenant, each) for tenant in self._tenants for each in self._candidates(tenant, where)]
        return sorted(
            (each for each in found if matches(of_asset, each[1].asset)), key=lambda each: each[1].asset.asset_id
        )

    def whole(self, tenant: str, pointer: Pointer, where: Filter, *, vectors: bool = False) -> list[Stored]:
        """Return the visible units of one write; if it was replaced meanwhile, those of the one that followed.

        Raises:
            IndexCorrupt: units of a live write are missing.
        """
        for _ in range(RETRIES):
            found = self._of_generation(tenant, pointer, vectors=vectors)
            if len(found) == pointer.units:
                return [each for each in found if matches(where, pointer.asset, each.unit)]
            newer = self.pointers.of_sources(tenant, [pointer.asset.source])
            if not newer:
                return []
            (pointer,) = newer.values()
        raise damaged(pointer, "units are missing")

    def count(self, where: Filter) -> Counts:
        """Count the visible assets and units."""
        assets = units = 0
        for tenant in self._tenants:
            for_assets, for_units = filters.for_assets(where), filters.for_units(where)
            if for_assets is not None:
                counted = self._wire.total(self.pointers.at(tenant), for_assets, "units")
                assets, units = assets + counted[0], units + counted[1]
            elif for_units is not None:
                units += self._count_units(tenant, where)
        return Counts(assets, units)

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return visible units by link key; a key is common or rare within each tenant by itself."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for key in dict.fromkeys(keys):
            pairs = [pair for tenant in self._tenants for pair in self._holders(tenant, key, where, most)]
            if pairs:
                found[key] = tuple(sorted(pairs))
        return found

    def _candidates(self, tenant: str, where: Filter) -> Iterable[Pointer]:
        """Look named assets up; otherwise go through all, because the server stops at 10,000 filtered objects."""
        named = [each.value for each in where.conditions if each.field == "asset_id" and each.op == "eq"]
        if named:
            return self.pointers.of_assets(tenant, [str(named[0])]).values()
        return self.pointers.all(tenant)

    def _holders(self, tenant: str, key: str, where: Filter, most: int) -> list[tuple[str, str]]:
        holders = self._live_rows(tenant, [Test("links", "any", (coded(key),))], most + 1)
        if len(holders) > most:
            return []
        return [
            (unit.unit_id, role)
            for unit, pointer in holders
            if matches(where, pointer.asset, unit)
            for role in dict.fromkeys(link.role for link in unit.links if link.key == key)
        ]

    def _some(self, tenant: str, unit_ids: Sequence[str], where: Filter) -> dict[str, tuple[Unit, Asset]]:
        tests = [Test("unit_id", "any", tuple(map(coded, unit_ids)))]
        rows = self._live_rows(tenant, tests, len(unit_ids))
        return {unit.unit_id: (unit, pointer.asset) for unit, pointer in rows if matches(where, pointer.asset, unit)}

    def _live_rows(self, tenant: str, tests: Sequence[Test], wanted: int) -> list[tuple[Unit, Pointer]]:
        """Return up to ``wanted`` live units; asks again when others were among them or took up the room."""
        limit, before, kept = wanted, set[str](), list[tuple[Unit, Pointer]]()
        for _ in range(ROUNDS):
            rows = self._wire.fetch(self._place(tenant), tests, limit, FIELDS)
            held = {decoded(row.fields["generation"]) for row in rows}
            live = self.pointers.of_generations(tenant, held)
            found = [(row, live.get(decoded(row.fields["generation"]))) for row in rows]
            kept = [(_decode(row, pointer), pointer) for row, pointer in found if pointer is not None]
            short = len(kept) < wanted and len(rows) >= limit
            if not short and held - live.keys() <= before:
                break
            limit, before = limit * 4 if short else limit, before | (held - live.keys())
        return kept[:wanted]

    def _of_generation(self, tenant: str, pointer: Pointer, *, vectors: bool) -> list[Stored]:
        found: list[Stored] = []
        for first in range(0, pointer.last + 1, PAGE):
            tests = [
                Test("generation", "equal", coded(pointer.generation)),
                Test("ordinal", "ge", first),
                Test("ordinal", "lt", first + PAGE),
            ]
            rows = self._wire.fetch(self._place(tenant), tests, PAGE, FIELDS, vectors=vectors)
            found += [Stored(_decode(row, pointer), row) for row in rows]
        return sorted(found, key=lambda each: each.unit.ordinal)

    def _count_units(self, tenant: str, where: Filter) -> int:
        """Let the server count, unless units of other writes lie beside the live ones."""
        tests = filters.for_units(where)
        _, live = self._wire.total(self.pointers.at(tenant), (), "units")
        stored, _ = self._wire.total(self._place(tenant), ())
        if tests is not None and stored == live:
            return self._wire.total(self._place(tenant), tests)[0]
        return sum(len(self.whole(name, pointer, where)) for name, pointer in self.live(where) if name == tenant)

    def _place(self, tenant: str) -> Place:
        return Place(self._names.units, tenant_name(tenant))


def damaged(pointer: Pointer, what: str) -> IndexCorrupt:
    """Name a damaged asset."""
    return IndexCorrupt(what, which=pointer.asset.source, next_step=REPAIR)


def _decode(row: Row, pointer: Pointer) -> Unit:
    unit = Unit.model_validate_json(row.fields["data"])
    if unit.asset_id != pointer.asset.asset_id:
        raise damaged(pointer, "a unit belongs to another asset")
    return unit
