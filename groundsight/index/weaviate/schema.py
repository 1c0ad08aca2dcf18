"""The collections as code: what is stored under which name, and how it is searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from groundsight.types import TEXT_FIELDS, VECTOR_NAMES

SCHEMA_VERSION = 1
K1, B = 1.2, 0.75

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
