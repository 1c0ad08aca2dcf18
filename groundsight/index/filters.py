"""Filters in SQL, with the meaning that ``governance.access.matches`` gives them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from groundsight.index.database import Connection
from groundsight.types import Condition, Filter

UNIT_FIELDS = ("kind", "page")
LARGEST = 2**63 - 1
NEVER, ALWAYS = "0", "1"
HIGHEST_CHARACTER, SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


@dataclass(frozen=True)
class Clause:
    """A WHERE expression over ``asset a`` (and ``unit u``) with its bound values."""

    sql: str
    values: tuple[str | int, ...] = ()


def for_units(where: Filter) -> Clause:
    """Compile a filter for rows of ``unit u JOIN asset a``."""
    return _all([_compile(condition) for condition in where.conditions])


def for_assets(where: Filter) -> Clause:
    """Compile a filter for rows of ``asset a``; a condition on units never holds of an asset alone."""
    return _all([Clause(NEVER)] if asks_units(where) else [_compile(condition) for condition in where.conditions])


def asks_units(where: Filter) -> bool:
    """True when a condition looks at the unit and not only at its asset."""
    return any(condition.field in UNIT_FIELDS for condition in where.conditions)


def tenants(where: Filter) -> tuple[str, ...] | None:
    """Return the tenants that can pass, None when the filter leaves them open."""
    for condition in where.conditions:
        if condition.field == "tenant" and condition.op in ("eq", "in"):
            value = condition.value
            listed = (value,) if condition.op == "eq" else value
            return tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, tuple) else ()
    return None


def add_functions(connection: Connection) -> None:
    """Teach a connection to compare label lists as Python does."""
    connection.create_scalar_function("labels_hold", labels_hold, 3, deterministic=True)


def labels_hold(op: str, stored: str, wanted: str) -> bool:
    """Compare two JSON lists of labels, element by element."""
    left, right = json.loads(stored), json.loads(wanted)
    return left == right if op == "eq" else left >= right if op == "ge" else left <= right


def _all(clauses: Sequence[Clause]) -> Clause:
    sql = " AND ".join(f"({clause.sql})" for clause in clauses) or ALWAYS
    return Clause(sql, tuple(value for clause in clauses for value in clause.values))


def _compile(condition: Condition) -> Clause:
    match condition.field:
        case "labels":
            return _labels(condition)
        case "page":
            return _page(condition)
        case "kind":
            return _text("u.kind", condition)
        case field:
            return _text(f"a.{field}", condition)


def _text(column: str, condition: Condition) -> Clause:
    match condition.op, condition.value:
        case "eq", str(value):
            return Clause(f"{column} = ?", (value,))
        case "in", tuple(values):
            return _within(column, values)
        case "ge", str(value):
            return Clause(f"{column} >= ?", (value,))
        case "le", str(value):
            return Clause(f"{column} <= ?", (value,))
        case "prefix", str(value):
            return _prefix(column, value)
        case _:
            return Clause(NEVER)


def _page(condition: Condition) -> Clause:
    sign = {"eq": "=", "ge": ">=", "le": "<="}.get(condition.op)
    if sign is None or not isinstance(condition.value, int):
        return Clause(NEVER)
    if condition.op == "eq" and abs(condition.value) > LARGEST:
        return Clause(NEVER)
    return Clause(f"u.page {sign} ?", (max(-LARGEST, min(LARGEST, condition.value)),))


def _labels(condition: Condition) -> Clause:
    match condition.op, condition.value:
        case "any_of", tuple(values):
            within = _within("label", values)
            return Clause(f"a.number IN (SELECT asset FROM asset_label WHERE {within.sql})", within.values)
        case ("eq" | "ge" | "le") as op, tuple(values):
            return Clause(f"labels_hold('{op}', a.labels, ?)", (json.dumps(values),))
        case _:
            return Clause(NEVER)


def _within(column: str, values: tuple[str, ...]) -> Clause:
    return Clause(f"{column} IN (SELECT value FROM json_each(?))", (json.dumps(values, ensure_ascii=False),))


def _prefix(column: str, prefix: str) -> Clause:
    """Everything from the prefix up to its successor: an index can serve it, LIKE and GLOB have wildcards."""
    stem = prefix.rstrip(chr(HIGHEST_CHARACTER))
    if not stem:
        return Clause(f"{column} >= ?", (prefix,))
    following = ord(stem[-1]) + 1
    upper = stem[:-1] + chr(SURROGATES.stop if following in SURROGATES else following)
    return Clause(f"{column} >= ? AND {column} < ?", (prefix, upper))
