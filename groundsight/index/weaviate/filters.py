"""Filters in Weaviate's terms, with the meaning that ``governance.access.matches`` gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from groundsight.governance.access import matches
from groundsight.index.filters import LARGEST, UNIT_FIELDS
from groundsight.index.filters import tenants as listed_tenants
from groundsight.index.weaviate.names import coded, coded_list
from groundsight.types import Asset, Condition, Filter

Operation = Literal["equal", "any", "ge", "le", "gt", "lt", "prefix"]


@dataclass(frozen=True)
class Test:
    """One comparison of a stored property; a list of them must all hold."""

    field: str
    op: Operation
    value: str | int | tuple[str, ...]


def for_units(where: Filter) -> tuple[Test, ...] | None:
    """Compile a filter for units within one tenant; None when nothing can pass."""
    tests: list[Test] = []
    for condition in where.conditions:
        if condition.field == "tenant":
            continue
        test = _compile(condition)
        if test is None:
            return None
        tests.append(test)
    return tuple(tests)


def for_assets(where: Filter) -> tuple[Test, ...] | None:
    """Compile a filter for assets; a condition on units never holds of an asset alone."""
    return None if asks_units(where) else for_units(where)


def asks_units(where: Filter) -> bool:
    """True when a condition looks at the unit and not only at its asset."""
    return any(condition.field in UNIT_FIELDS for condition in where.conditions)


def without_units(where: Filter) -> Filter:
    """Return the part of a filter that an asset alone decides."""
    return Filter(conditions=tuple(each for each in where.conditions if each.field not in UNIT_FIELDS))


def named_tenants(where: Filter) -> tuple[str, ...] | None:
    """Return the tenants that the filter names and lets through, None when it names none."""
    return _named(tuple((each.op, each.value) for each in where.conditions if each.field == "tenant"))


def passing_tenants(where: Filter, tenants: Iterable[str]) -> tuple[str, ...]:
    """Return the tenants for which every condition on the tenant holds."""
    asked = Filter(conditions=tuple(each for each in where.conditions if each.field == "tenant"))
    return tuple(each for each in tenants if matches(asked, Asset.model_construct(tenant=each)))


@lru_cache(maxsize=256)
def _named(asked: tuple[tuple[Any, Any], ...]) -> tuple[str, ...] | None:
    where = Filter(conditions=tuple(Condition(field="tenant", op=op, value=value) for op, value in asked))
    listed = listed_tenants(where)
    return None if listed is None else passing_tenants(where, dict.fromkeys(listed))


def _compile(condition: Condition) -> Test | None:
    match condition.field:
        case "labels":
            return _labels(condition)
        case "page":
            return _page(condition)
        case field:
            return _text(field, condition)


def _text(field: str, condition: Condition) -> Test | None:
    match condition.op, condition.value:
        case "eq", str(value):
            return Test(field, "equal", coded(value))
        case "in", tuple(values) if values:
            return Test(field, "any", tuple(coded(value) for value in values))
        case ("ge" | "le" | "prefix") as op, str(value):
            return Test(field, op, coded(value))
        case _:
            return None


def _page(condition: Condition) -> Test | None:
    value = condition.value
    if not isinstance(value, int) or condition.op not in ("eq", "ge", "le"):
        return None
    if condition.op == "eq":
        return Test("page", "equal", value) if abs(value) <= LARGEST else None
    if (value > LARGEST and condition.op == "ge") or (value < -LARGEST and condition.op == "le"):
        return None
    return Test("page", condition.op, max(-LARGEST, min(LARGEST, value)))


def _labels(condition: Condition) -> Test | None:
    match condition.op, condition.value:
        case "any_of", tuple(values) if values:
            return Test("labels", "any", tuple(coded(value) for value in values))
        case "eq", tuple(values):
            return Test("label_list", "equal", coded_list(values))
        case ("ge" | "le") as op, tuple(values):
            return Test("label_list", op, coded_list(values))
        case _:
            return None
