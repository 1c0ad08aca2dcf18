"""The collections as code: what is stored under which name, and how it is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundsight.settings import WeaviateSettings
from groundsight.types import TEXT_FIELDS, VECTOR_NAMES

SCHEMA_VERSION = 1
# The settings that an existing collection can't take on.
BUILT_WITH = (
    "replication",
    "vector_index",
    "quantizer",
    "ef",
    "ef_construction",
    "max_connections",
    "bm25_k1",
    "bm25_b",
)

Kind = Literal["value", "values", "number", "words", "payload"]

ASSET_FIELDS: dict[str, Kind] = {
    "asset_id": "value",
    "source": "value",
    "region": "value",
    "usage_rights": "value",
    "consent_until": "value",
    "media_type": "value",
    "created": "value",
    "labels": "values",
    "label_list": "value",
    "generation": "value",
}
UNIT_FIELDS: dict[str, Kind] = {
    **ASSET_FIELDS,
    "unit_id": "value",
    "kind": "value",
    "ordinal": "number",
    "page": "number",
    "links": "values",
    **{f"bm25_{field}": "words" for field in TEXT_FIELDS},
    "data": "payload",
}
POINTER_FIELDS: dict[str, Kind] = {
    **ASSET_FIELDS,
    "units": "number",
    "last": "number",
    "digest": "payload",
    "data": "payload",
}
META_FIELDS: dict[str, Kind] = {"kind": "value", "name": "value", "data": "payload"}


@dataclass(frozen=True)
class Collection:
    """One collection: its properties, whether every tenant has a shard of its own, and its vectors."""

    name: str
    fields: dict[str, Kind]
    tenants: bool
    vectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """The collections of one epoch. A restore or a migration fills the next epoch, then switches over."""

    prefix: str
    epoch: int

    @property
    def units(self) -> str:
        """Units with vectors and words."""
        return f"{self.prefix}_e{self.epoch}"

    @property
    def pointers(self) -> str:
        """One object for each asset: which write of it is live."""
        return f"{self.prefix}Asset_e{self.epoch}"

    @property
    def meta(self) -> str:
        """Epoch, fingerprints, version token, tenants and open writes; the same in every epoch."""
        return meta_name(self.prefix)


def meta_name(prefix: str) -> str:
    """Return the name of the collection that describes the index."""
    return f"{prefix}Meta"


def meta_collection(prefix: str) -> Collection:
    """Describe the collection that describes the index."""
    return Collection(meta_name(prefix), META_FIELDS, tenants=False)


def content_collections(names: Names) -> tuple[Collection, ...]:
    """Describe the two collections of an epoch."""
    return (
        Collection(names.units, UNIT_FIELDS, tenants=True, vectors=VECTOR_NAMES),
        Collection(names.pointers, POINTER_FIELDS, tenants=True),
    )


def built_with(settings: WeaviateSettings) -> dict[str, Any]:
    """Return what collections are made with under these settings."""
    return {name: getattr(settings, name) for name in BUILT_WITH}


def differences(built: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which settings differ from those that collections were made with; what is not on record is not compared."""
    return tuple(
        f"weaviate.{name}: {built[name]} -> {value}"
        for name, value in wanted.items()
        if built.get(name, value) != value
    )
