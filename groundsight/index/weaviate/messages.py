"""Requests and replies of the server's gRPC interface, built straight from our data.

The client's own query builder checks every argument and makes several objects of each hit: a search of 15 hits cost
0.38 ms of CPU through it and 0.22 ms through these messages, a stored unit 66 and 25 microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from groundsight.index.weaviate.filters import Test

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = Literal["ONE", "QUORUM", "ALL"]
OPERATORS = {"equal": "EQUAL", "any": "CONTAINS_ANY", "ge": "GREATER_THAN_EQUAL", "le": "LESS_THAN_EQUAL",
             "gt": "GREATER_THAN", "lt": "LESS_THAN", "prefix": "LIKE"}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A collection and, where it has tenants, the server's name of one."""

    collection: str
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An object: properties and vectors by name."""

    uuid: str
    fields: Mapping[str, Any]
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=lambda: {})


class Hit(NamedTuple):
    """A found unit, its id and generation as they are spelled on the server, its score and where that came from."""

    unit_id: str
    generation: str
    score: float
    tenant: str
    explained: str = ""

    @property
    def write(self) -> tuple[str, str]:
        """Return the write that the unit belongs to."""
        return self.tenant, self.generation


@cache
def protocol() -> SimpleNamespace:
    """Import the messages that come with the client."""
    from weaviate.proto.v1 import aggregate_pb2, base_pb2, base_search_pb2, batch_delete_pb2, batch_pb2, search_get_pb2

    return SimpleNamespace(
        aggregate=aggregate_pb2, base=base_pb2, ways=base_search_pb2, batch=batch_pb2, delete=batch_delete_pb2,
        search=search_get_pb2,
    )  # fmt: skip


def query(at: Place, level: Level, tests: Sequence[Test], limit: int, fields: Sequence[str], **how: Any) -> Any:
    """Ask for objects that pass the tests; ``how`` is one of the ways below, or nothing for no special order."""
    known = protocol().search
    return known.SearchRequest(
        uses_123_api=True, uses_125_api=True, uses_127_api=True, collection=at.collection, tenant=at.tenant or "",
        consistency_level=_level(level), limit=limit, filters=_filters(tuple(tests)),
        properties=_returned(tuple(fields)), **{"metadata": _told(uuid=True), **how},
    )  # fmt: skip


def after(uuid: str | None) -> dict[str, Any]:
    """Go through a collection in the order of the UUIDs."""
    return {"after": uuid or ""}


def with_vectors() -> dict[str, Any]:
    """Return the vectors with each object."""
    return {"metadata": _told(uuid=True, vector=True)}


def by_words(name: str, terms: str) -> dict[str, Any]:
    """Search one property by BM25."""
    return {"bm25_search": protocol().ways.BM25(query=terms, properties=[name]), "metadata": _told(score=True)}


def by_vector(name: str, vector: NDArray[np.float32]) -> dict[str, Any]:
    """Search one named vector."""
    known = protocol().ways
    return {
        "near_vector": known.NearVector(
            vector_bytes=vector.astype("<f4", copy=False).tobytes(), targets=known.Targets(target_vectors=[name])
        ),
        "metadata": _told(distance=True),
    }


def by_both(
    words: str, fields: Sequence[str], name: str, vector: NDArray[np.float32] | None, alpha: float
) -> dict[str, Any]:
    """Search words in boosted fields and one named vector; ``alpha`` is the weight of the vector."""
    known = protocol().ways
    asked = known.Hybrid(
        query=words, properties=fields, fusion_type=known.Hybrid.FUSION_TYPE_RELATIVE_SCORE,
        targets=known.Targets(target_vectors=[name]), alpha=alpha, alpha_param=alpha, use_alpha_param=True,
    )  # fmt: skip
    if vector is not None:
        asked.vector_bytes = vector.astype("<f4", copy=False).tobytes()
    return {"hybrid_search": asked, "metadata": _told(score=True, explain_score=True)}


def rows(reply: Any) -> list[Row]:
    """Return the objects of a reply in its order."""
    return [_row(each.metadata, each.properties.non_ref_props.fields) for each in reply.results]


def hits(at: Place, reply: Any) -> list[Hit]:
    """Return the hits of a reply, best first; a distance is turned into a cosine."""
    found: list[Hit] = []
    for each in reply.results:
        told, fields = each.metadata, each.properties.non_ref_props.fields
        score = 1.0 - told.distance if told.distance_present else told.score
        unit_id, generation = fields["unit_id"].text_value, fields["generation"].text_value
        found.append(Hit(unit_id, generation, score, at.tenant or "", told.explain_score))
    return found


def batch(at: Place, level: Level, objects: Iterable[Row]) -> Any:
    """Store objects, each replacing the one with its UUID."""
    known = protocol()
    return known.batch.BatchObjectsRequest(
        objects=[_object(known, at, each) for each in objects], consistency_level=_level(level)
    )


def removal(at: Place, level: Level, tests: Sequence[Test]) -> Any:
    """Delete what passes the tests."""
    return protocol().delete.BatchDeleteRequest(
        collection=at.collection, tenant=at.tenant, filters=_filters(tuple(tests)), consistency_level=_level(level)
    )


def counting(at: Place, tests: Sequence[Test], summed: str | None) -> Any:
    """Count what passes the tests and add up one number."""
    known = protocol().aggregate
    one = known.AggregateRequest.Aggregation
    return known.AggregateRequest(
        collection=at.collection, tenant=at.tenant or "", objects_count=True, filters=_filters(tuple(tests)),
        aggregations=[one(property=summed, int=one.Integer(sum=True))] if summed else (),
    )  # fmt: skip


def counted(reply: Any) -> tuple[int, int]:
    """Return the count and the sum of a reply."""
    single = reply.single_result
    sums = single.aggregations.aggregations
    return int(single.objects_count), int(sums[0].int.sum) if sums else 0


@cache
def _told(**asked: bool) -> Any:
    return protocol().search.MetadataRequest(**asked)


@lru_cache(maxsize=64)
def _returned(fields: tuple[str, ...]) -> Any:
    return protocol().search.PropertiesRequest(non_ref_properties=fields)


@lru_cache(maxsize=256)
def _filters(tests: tuple[Test, ...]) -> Any:
    if not tests:
        return None
    base, parts = protocol().base, [_filter(test) for test in tests]
    if len(parts) == 1:
        return parts[0]
    return base.Filters(operator=base.Filters.OPERATOR_AND, filters=parts)


def _filter(test: Test) -> Any:
    base = protocol().base
    made = base.Filters(
        operator=getattr(base.Filters, f"OPERATOR_{OPERATORS[test.op]}"), target=base.FilterTarget(property=test.field)
    )
    match test.value:
        case int(value):
            made.value_int = value
        case str(value):
            made.value_text = f"{value}*" if test.op == "prefix" else value
        case values:
            made.value_text_array.values.extend(values)
    return made


def _object(known: SimpleNamespace, at: Place, row: Row) -> Any:
    """Write one object; numbers travel as floats and become what the schema says."""
    made = known.batch.BatchObject(uuid=row.uuid, collection=at.collection, tenant=at.tenant)
    properties = made.properties
    plain = properties.non_ref_properties.fields
    for name, value in row.fields.items():
        if isinstance(value, str):
            plain[name].string_value = value
        elif isinstance(value, int):
            plain[name].number_value = value
        elif value:
            properties.text_array_properties.add(prop_name=name, values=value)
        else:
            properties.empty_list_props.append(name)
    for name, vector in row.vectors.items():
        made.vectors.add(
            name=name, vector_bytes=vector.astype("<f4", copy=False).tobytes(),
            type=known.base.Vectors.VECTOR_TYPE_SINGLE_FP32,
        )  # fmt: skip
    return made


def _row(told: Any, fields: Any) -> Row:
    vectors = {each.name: np.frombuffer(each.vector_bytes, "<f4") for each in told.vectors if each.vector_bytes}
    return Row(told.id, {name: _plain(value) for name, value in fields.items()}, vectors)


def _plain(value: Any) -> str | int | list[str]:
    match value.WhichOneof("kind"):
        case "text_value":
            return value.text_value
        case "int_value":
            return value.int_value
        case _:
            return list(value.list_value.text_values.values)


@cache
def _level(level: Level) -> int:
    return int(protocol().base.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{level}"))
