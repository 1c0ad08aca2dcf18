"""Operations run: over the rows of a table, and over values that prose gives."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from groundsight.evidence.grids import Measured, Table, number_shown
from groundsight.language.dates import Moment, find_moments
from groundsight.types.computed import Computation, Operand, Operation, Where

LISTED = 12


def run(
    operation: Operation,
    table: Table,
    column: int,
    rows: Sequence[int],
    where: Sequence[Where] = (),
    *,
    label: int | None = None,
    rank: int = 1,
) -> Computation | None:
    """Run an operation over some rows of a column; None where it has no single result.

    ``label`` is the column that names the rows, the key of the table unless given.
    """
    named = table.key if label is None else label
    made = _STEPS[operation](table, column, list(rows), named, rank)
    if made is None:
        return None
    result, used, at = made
    measured = table.measures[column]
    unit = measured.unit if measured and measured.scale == "number" and operation not in ("count", "rows") else ""
    return Computation(
        operation=operation,
        source=table.source,
        table=table.title or table.section,
        conditions=tuple(where),
        operands=tuple(_operand(table, row, at, named) for row in used),
        result=result,
        unit="%" if operation == "change" else "" if operation == "ratio" else unit,
        among=len(rows) if operation not in ("count", "rows") else len(table.rows),
        rank=rank,
    )


_Made = tuple[str, list[int], int] | None


def _operand(table: Table, row: int, column: int, label: int) -> Operand:
    return Operand(
        shown=table.columns[column][row],
        quote=table.rows[row].quote(column),
        of=table.columns[label][row] if label != column else "",
        under=table.head[column],
    )


def _cell(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    return (table.columns[column][rows[0]], rows, column) if len(rows) == 1 and table.columns[column][rows[0]] else None


def _rows(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    names = list(dict.fromkeys(table.columns[column][at] for at in rows))
    return (", ".join(names), rows, column) if 0 < len(rows) <= LISTED and all(names) else None


def _count(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del table, column, rank
    return (str(len(rows)), rows, label) if rows else None


def _held(table: Table, column: int, rows: list[int]) -> tuple[Measured, list[int]] | None:
    measured = table.measures[column]
    held = [at for at in rows if measured and at in measured.keys]
    return (measured, held) if measured and held else None


def _total(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    found = _held(table, column, rows)
    if found is None or found[0].scale != "number" or len(found[1]) < 2 or len(found[1]) < len(rows):
        return None
    return number_shown(sum((found[0].keys[at] for at in found[1]), Decimal(0))), found[1], column


def _mean(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    made = _total(table, column, rows, label, rank)
    return (number_shown(round(Decimal(made[0]) / len(made[1]), 2)), made[1], column) if made else None


def _extreme(table: Table, column: int, rows: list[int], rank: int, *, high: bool) -> _Made:
    """Return the row at an end; none where two share the place, or where one of the rows has no value."""
    found = _held(table, column, rows)
    if found is None or len(rows) < 2 or len(found[1]) < rank + 1:
        return None
    keys = [found[0].keys[at] for at in found[1]]
    wanted = sorted(keys, reverse=high)[rank - 1]
    best = [at for at, key in zip(found[1], keys, strict=True) if key == wanted]
    return (table.columns[column][best[0]], best, column) if len(best) == 1 else None


def _most(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    return _named(table, label, _extreme(table, column, rows, rank, high=True))


def _least(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    return _named(table, label, _extreme(table, column, rows, rank, high=False))


def _named(table: Table, label: int, made: _Made) -> _Made:
    """Return the row by its name; none where that is left blank, as in the row of a total."""
    if made is None or not (name := table.columns[label][made[1][0]].strip()):
        return None
    return name, *made[1:]


def _larger(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del rank
    found = _two(table, column, rows)
    return (table.columns[label][found[1][1]], found[1][::-1], column) if found else None


def _smaller(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del rank
    found = _two(table, column, rows)
    return (table.columns[label][found[1][0]], found[1], column) if found else None


def _two(table: Table, column: int, rows: list[int]) -> tuple[Measured, list[int]] | None:
    """Two rows with different values, the lower first."""
    found = _held(table, column, rows)
    if found is None or len(rows) != 2 or len(found[1]) != 2:
        return None
    order = sorted(found[1], key=lambda at: found[0].keys[at])
    return None if found[0].keys[order[0]] == found[0].keys[order[1]] else (found[0], order)


def _difference(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    found = _two(table, column, rows)
    if found is None or found[0].scale == "date":
        return None
    (low, high), keys = found[1], found[0].keys
    gap = keys[high] - keys[low]
    return (_clock(gap) if found[0].scale == "time" else number_shown(gap)), [high, low], column


def _clock(total: Decimal) -> str:
    return f"{int(total) // 60}:{int(total) % 60:02}"


def _ratio(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    found = _two(table, column, rows)
    if found is None or found[0].scale != "number" or not found[0].keys[found[1][0]]:
        return None
    (low, high), keys = found[1], found[0].keys
    return number_shown(round(keys[high] / keys[low], 2)), [high, low], column


def _change(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    """Return by how many percent the second of two rows lies over or under the first."""
    del label, rank
    found = _two(table, column, rows)
    if found is None or found[0].scale != "number" or not found[0].keys[rows[0]]:
        return None
    first, last = found[0].keys[rows[0]], found[0].keys[rows[1]]
    return number_shown(round(abs(last - first) / first * 100, 1)), rows, column


def _gap_in_days(table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    del label, rank
    days = [day_in(table.columns[column][at]) for at in rows]
    if len(days) != 2 or days[0] is None or days[1] is None:
        return None
    return str(abs((days[1] - days[0]).days)), rows, column


_STEPS = {
    "cell": _cell, "rows": _rows, "count": _count, "sum": _total, "mean": _mean, "most": _most, "least": _least,
    "larger": _larger, "smaller": _smaller, "difference": _difference, "ratio": _ratio, "change": _change,
    "days": _gap_in_days, "end": _cell,
}  # fmt: skip


def later(day: date, count: int, unit: str) -> date:
    """Return the same day some days, weeks, months or years later; the last of the month where that day is lacking."""
    if unit in ("days", "weeks"):
        return day + timedelta(days=count * (7 if unit == "weeks" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_shown(day: date) -> str:
    """Write a day as 1 September 2025."""
    return f"{day.day} {day:%B} {day.year}"


def day_of(one: Moment) -> date | None:
    """Return the calendar day of a moment that gives day, month and year."""
    if one.year is None or one.month is None or one.day is None:
        return None
    try:
        return date(one.year, one.month, one.day)
    except ValueError:
        return None


def day_in(text: str) -> date | None:
    """Return the only calendar day that a text gives."""
    days = {day for one in find_moments(text) if (day := day_of(one))}
    return days.pop() if len(days) == 1 else None
