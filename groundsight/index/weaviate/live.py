"""Live pointers: which write of an asset counts. A unit of any other write is never shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from groundsight.governance.access import field_value
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.names import coded, coded_list, decoded, object_id, tenant_name
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.wire import PAGE, Wire
from groundsight.types import Asset

FIELDS = ("generation", "units", "last", "digest", "data")
TOGETHER = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Pointer:
    """The live write of an asset: its generation and how many units with which digest it has.

    ``last`` is the highest ordinal, -1 without units.
    """

    asset: Asset
    generation: str
    units: int
    last: int
    digest: str


class Pointers:
    """Reads and writes the pointers of one epoch."""

    def __init__(self, wire: Wire, names: Names) -> None:
        self._wire, self._names = wire, names

    def at(self, tenant: str) -> Place:
        """Return where the pointers of a tenant lie."""
        return Place(self._names.pointers, tenant_name(tenant))

    def of_generations(self, tenant: str, generations: Iterable[str]) -> dict[str, Pointer]:
        """Return the pointers to those of these writes that are live."""
        return self._by_value(tenant, "generation", generations)

    def live_among(self, tenant: str, generations: Iterable[str]) -> set[str]:
        """Return which of these writes are live; generations are spelled as on the server, here and there."""
        found: set[str] = set()
        for some in slices(tuple(dict.fromkeys(generations))):
            tests = [Test("generation", "any", tuple(some))]
            rows = self._wire.fetch(self.at(tenant), tests, len(some), ("generation",))
            found |= {row.fields["generation"] for row in rows}
        return found

    def of_assets(self, tenant: str, asset_ids: Iterable[str]) -> dict[str, Pointer]:
        """Return the pointers of assets by generation."""
        return self._by_value(tenant, "asset_id", asset_ids)

    def of_sources(self, tenant: str, sources: Iterable[str]) -> dict[str, Pointer]:
        """Return the pointers of sources by generation."""
        return self._by_value(tenant, "source", sources)

    def all(self, tenant: str) -> Iterator[Pointer]:
        """Iterate over all pointers of a tenant."""
        at = self.at(tenant)
        rows = self._wire.page(at, None, FIELDS)
        while rows:
            yield from map(pointer_of, rows)
            rows = self._wire.page(at, rows[-1].uuid, FIELDS) if len(rows) == PAGE else []

    def any(self, tenant: str) -> bool:
        """True when a tenant holds an asset."""
        return bool(self._wire.fetch(self.at(tenant), (), 1, ("generation",)))

    def put(self, tenant: str, pointers: Sequence[Pointer]) -> None:
        """Make writes live; each pointer changes in one step."""
        self._wire.put(self.at(tenant), [_row(pointer) for pointer in pointers])

    def remove(self, tenant: str, pointers: Sequence[Pointer]) -> None:
        """Make assets disappear; their units are to be deleted after."""
        for some in slices(pointers):
            self._wire.remove(
                self.at(tenant), [Test("generation", "any", tuple(coded(each.generation) for each in some))]
            )

    def _by_value(self, tenant: str, field: str, values: Iterable[str]) -> dict[str, Pointer]:
        found: dict[str, Pointer] = {}
        for some in slices(tuple(dict.fromkeys(values))):
            tests = [Test(field, "any", tuple(coded(value) for value in some))]
            rows = self._wire.fetch(self.at(tenant), tests, len(some) * 2, FIELDS)
            found.update((pointer.generation, pointer) for pointer in map(pointer_of, rows))
        return found


def slices(values: Sequence[T], size: int = TOGETHER) -> Iterator[Sequence[T]]:
    """Cut into calls of bounded size."""
    yield from (values[at : at + size] for at in range(0, len(values), size))


def pointer_of(row: Row) -> Pointer:
    """Decode a pointer."""
    fields = row.fields
    asset = Asset.model_validate_json(fields["data"])
    return Pointer(asset, decoded(fields["generation"]), int(fields["units"]), int(fields["last"]), fields["digest"])


def asset_fields(asset: Asset, generation: str) -> dict[str, Any]:
    """Return the properties that a unit and a pointer share, with the defaults for what is missing."""
    plain = ("asset_id", "source", "region", "usage_rights", "consent_until", "media_type", "created")
    values = {name: field_value(name, asset, None) for name in plain}
    labels = field_value("labels", asset, None)
    listed = labels if isinstance(labels, tuple) else ()
    return {
        **{name: coded(str(value)) for name, value in values.items() if value is not None},
        "labels": [coded(label) for label in dict.fromkeys(listed)],
        "label_list": coded_list(listed),
        "generation": coded(generation),
    }


def digest_of(parts: Iterable[bytes]) -> str:
    """Return a digest of the stored units in order."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _row(pointer: Pointer) -> Row:
    fields = asset_fields(pointer.asset, pointer.generation)
    more = {
        "units": pointer.units,
        "last": pointer.last,
        "digest": pointer.digest,
        "data": pointer.asset.model_dump_json(),
    }
    return Row(object_id("pointer", pointer.asset.tenant, pointer.asset.source), {**fields, **more})
