"""What the columns of a table measure: by the unit of their numbers, else by the words of their heads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from groundsight.computing.words import measures, said
from groundsight.evidence.grids import Measured, Table
from groundsight.evidence.tables import head_unit

_PERSON = re.compile(r"^(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[A-Z][\w'-]*\.?(?: [A-Z][\w'.-]*)+$")


@lru_cache(maxsize=4096)
def head_stems(head: str) -> frozenset[str]:
    """Return the stems of the head of a column, its unit left out."""
    unit = head_unit(head)
    return frozenset(one.stem for one in said(head.replace(unit, " ") if unit else head) if not one.small)


def of_measure(table: Table, name: str) -> list[int]:
    """Return the columns that measure something: by their unit, else by the words of their heads."""
    if not name:
        return []
    by_unit = [at for at, one in enumerate(table.measures) if one and _is_of(one, name)]
    worded = [at for at, one in enumerate(table.measures) if one and head_stems(table.head[at]) & measures()[name]]
    # The day of the last count counts nothing.
    return [at for at in worded if table.scale(at) == "number"] if name == "count" else by_unit or worded


def compared(table: Table, measure: str) -> list[int]:
    """Return the columns that a degree of a measure compares: long is also how long it takes, late also a time."""
    found = of_measure(table, measure)
    if found or measure not in ("length", "date"):
        return found
    other = of_measure(table, "duration")
    return other if measure == "length" else [at for at in other if table.scale(at) == "time"]


def _is_of(one: Measured, name: str) -> bool:
    if name in ("date", "duration") and one.scale != "number":
        return one.scale == "date" if name == "date" else one.scale == "time"
    kinds = {"height": ("length",), "duration": ("time", "months"), "temperature": ("celsius", "fahrenheit", "kelvin")}
    return len(one.kind) == 3 if name == "money" else one.kind in kinds.get(name, (name,))


def is_people(cells: Sequence[str]) -> bool:
    """Say whether most cells read like names of persons."""
    given = [cell for cell in cells if cell]
    return bool(given) and sum(bool(_PERSON.match(cell)) for cell in given) * 5 >= len(given) * 4
