"""Operations run: over the rows of a table, and over values that prose gives."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from groundsight.evidence.grids import Table, number_shown
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
    made = _listed(operation, table, column, list(rows)) or _measured(operation, table, column, list(rows), named, rank)
    if made is None:
        return None
    result, used = made
    measured = table.measures[column]
    counted = operation in ("count", "kinds", "rows")
    return Computation(
        operation=operation,
        source=table.source,
        table=table.title or table.section,
        conditions=tuple(where),
        operands=tuple(_operand(table, row, column, named) for row in used),
        result=result,
        unit=measured.unit if measured and measured.scale == "number" and not counted else "",
        among=len(table.rows) if counted else len(rows),
        rank=rank,
    )


_Made = tuple[str, list[int]] | None


def _operand(table: Table, row: int, column: int, label: int) -> Operand:
    return Operand(
        shown=table.columns[column][row],
        quote=table.rows[row].quote(column),
        of=table.columns[label][row] if label != column else "",
        under=table.head[column],
    )


def _listed(operation: Operation, table: Table, column: int, rows: list[int]) -> _Made:
    names = list(dict.fromkeys(table.columns[column][at] for at in rows))
    match operation:
        case "cell" if len(rows) == 1 and names[0]:
            return names[0], rows
        case "rows" if 0 < len(rows) <= LISTED and all(names):
            return ", ".join(names), rows
        case "count" if rows:
            return str(len(rows)), rows
        case "kinds" if all(names) and names:
            first = {table.columns[column][at]: at for at in reversed(rows)}
            return str(len(names)), sorted(first.values())
        case _:
            return None


def _measured(operation: Operation, table: Table, column: int, rows: list[int], label: int, rank: int) -> _Made:
    measured = table.measures[column]
    keys = {at: measured.keys[at] for at in rows if at in measured.keys} if measured else {}
    names, number = table.columns[label], table.scale(column) == "number"
    match operation:
        case "sum" | "mean" if number and 1 < len(keys) == len(rows):
            total = sum(keys.values(), Decimal(0))
            return number_shown(total if operation == "sum" else round(total / len(keys), 2)), rows
        case "most" | "least" if len(rows) > 1 and len(keys) > rank:
            wanted = sorted(keys.values(), reverse=operation == "most")[rank - 1]
            best = [at for at, key in keys.items() if key == wanted]
            # Two may share the place, and the name of a row may be left blank.
            return (names[best[0]].strip(), best) if len(best) == 1 and names[best[0]].strip() else None
        case "larger" | "smaller" | "difference" if len(rows) == len({*keys.values()}) == 2:
            return _of_two(operation, keys, names, table.scale(column))
        case _:
            return None


def _of_two(operation: Operation, keys: dict[int, Decimal], names: Sequence[str], scale: str) -> _Made:
    low, high = sorted(keys, key=lambda at: keys[at])
    gap = keys[high] - keys[low]
    match operation:
        case "larger":
            return names[high], [high, low]
        case "smaller":
            return names[low], [low, high]
        case _ if scale != "date":
            return _time_shown(gap) if scale == "time" else number_shown(gap), [high, low]
        case _:
            return None


def _time_shown(gap: Decimal) -> str:
    """Write a count of the last unit as 1:05; 1.7 seconds are no 0:01."""
    return f"{int(gap) // 60}:{int(gap) % 60:02}" if gap == int(gap) else number_shown(gap)


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
