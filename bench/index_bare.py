"""What somebody would write who uses the Weaviate client alone; ``index_bench`` measures ours against it.

Storing: the same entries become plain properties, those that filters need among them, and vectors, and go out in
batches of 200, two under way at a time as the client's own batches have it. Searching, to the same ids
and scores: BM25 and vector search of one tenant in two threads. Neither redacts, cuts words, replaces an asset in one
step, nor looks whether a hit is still current. ``ask_as_we_do`` also makes the two calls that ours needs for that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from groundsight.index import Entry
from groundsight.index.weaviate.client import level_of
from groundsight.index.weaviate.names import coded
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.wire import Wire
from groundsight.settings import WeaviateSettings

BATCH = 200
FIELDS = ["unit_id", "generation"]


class BareClient:
    """The client and nothing around it, on the collections of an index of ours."""

    def __init__(self, wire: Wire, settings: WeaviateSettings, names: Names, tenant: str, wanted: int) -> None:
        self._library = wire.library
        level = self._library.classes.config.ConsistencyLevel[level_of(settings)]
        units, pointers, self._meta = (
            wire.client.collections.use(name).with_consistency_level(level)
            for name in (names.units, names.pointers, names.meta)
        )
        self._units, self._pointers = units.with_tenant(tenant), pointers.with_tenant(tenant)
        self._workers, self._senders = ThreadPoolExecutor(3), ThreadPoolExecutor(2)
        self._wanted = wanted

    def store(self, entries: Sequence[Entry]) -> None:
        """Store units in batches."""
        objects = [each for entry in entries for each in self._objects(entry)]
        for done in self._senders.map(self._units.data.insert_many, _slices(objects, BATCH)):
            if done.has_errors:
                raise AssertionError("the server refused objects of the bare client")

    def ask(self, words: str, vector: list[float]) -> list[Any]:
        """Ask two channels at once."""
        query = self._library.classes.query
        found = self._workers.submit(
            self._units.query.bm25, words, query_properties=["bm25_text"], limit=self._wanted,
            return_properties=FIELDS, return_metadata=query.MetadataQuery(score=True),
        )  # fmt: skip
        near = self._workers.submit(
            self._units.query.near_vector, vector, target_vector="text", limit=self._wanted,
            return_properties=FIELDS, return_metadata=query.MetadataQuery(distance=True),
        )  # fmt: skip
        return [*found.result().objects, *near.result().objects]

    def ask_as_we_do(self, words: str, vector: list[float]) -> None:
        """Ask two channels and for the state at once, then for the pointers of the hits."""
        by = self._library.classes.query.Filter.by_property
        kinds = by("kind").contains_any([coded(kind) for kind in ("config", "token", "intent")])
        state = self._workers.submit(
            self._meta.query.fetch_objects, filters=kinds, limit=500, return_properties=["kind", "data"]
        )
        hit = sorted({each.properties["generation"] for each in self.ask(words, vector)})
        live = by("generation").contains_any(hit)
        self._pointers.query.fetch_objects(filters=live, limit=len(hit), return_properties=["generation"])
        state.result()

    def close(self) -> None:
        """End the threads."""
        self._workers.shutdown()
        self._senders.shutdown()

    def _objects(self, entry: Entry) -> Iterator[Any]:
        asset = entry.asset
        shared = {"asset_id": asset.asset_id, "source": asset.source, "media_type": asset.media_type,
                  "region": asset.region, "usage_rights": asset.usage_rights, "labels": list(asset.labels),
                  "generation": asset.sha256}  # fmt: skip
        rows = dict(zip(entry.rows["text"], entry.vectors["text"], strict=True))
        for unit in entry.units:
            yield self._library.classes.data.DataObject(
                uuid=uuid.uuid5(uuid.NAMESPACE_URL, unit.unit_id),
                properties={
                    **shared, "unit_id": unit.unit_id, "kind": unit.kind, "ordinal": unit.ordinal,
                    "links": [link.key for link in unit.links], "bm25_text": unit.text, "data": unit.model_dump_json(),
                },
                vector={"text": rows[unit.ordinal].tolist()},
            )  # fmt: skip


def _slices(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from (values[at : at + size] for at in range(0, len(values), size))
