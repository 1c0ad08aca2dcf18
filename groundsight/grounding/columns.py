"""Statements about whole columns: written in one form, and computed again from the rows when they are checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from groundsight.grounding.grids import Grid, Measured, Where, number_shown
from groundsight.grounding.search import PassageIndex
from groundsight.types import Claim, Quote, Reason, Span, Verdict

LISTED = 12
_EXTREMES = {
    "number": ("lowest", "highest"), "date": ("earliest", "latest"), "time": ("shortest", "longest"),
}  # fmt: skip
_QUOTED = r'(?:[^":]+ "[^"]*"(?: or "[^"]*")*(?: and )?)+'
_WITH = rf"(?: with (?P<where>{_QUOTED}))?"
_MOST = re.compile(
    rf"^(?P<row>.+?) has the (?P<way>highest|lowest|latest|earliest|longest|shortest) (?P<column>.+?) "
    rf"of (?P<n>\d+) rows{_WITH}: (?P<value>.+?)$"
)
_COUNT = re.compile(rf"^(?P<value>\d+) of (?P<n>\d+) rows have (?P<where>{_QUOTED}): (?P<rows>.+?)$")
_ALL = re.compile(r"^(?P<value>\d+) rows are listed under (?P<column>[^:]+): (?P<rows>.+?)$")
_SUM = re.compile(
    rf"^(?P<column>.+?) of (?P<n>\d+) rows{_WITH} (?P<how>adds up to|averages) (?P<value>[^:]+?)(?:: (?P<rows>.+?))?$"
)
_GAP = re.compile(r"^(?P<column>.+?) is (?P<value>.+?) higher for (?P<row>.+?) than for (?P<other>.+?): .+ against .+$")
_CELL = re.compile(r"^(?P<row>[^:]+): (?P<column>[^:]+): (?P<value>.+)$")
_ONE_WHERE = re.compile(r'(?P<column>[^":]+?) (?P<values>"[^"]*"(?: or "[^"]*")*)(?: and |$)')


def say_most(grid: Grid, column: int, kept: Sequence[int], where: Sequence[Where], label: int, *, high: bool) -> str:
    """State which row has the extreme of a column among some rows; empty when none or several have it."""
    measured = grid.measures[column]
    best = _extreme(measured, kept, high=high) if measured else []
    if measured is None or len(best) != 1:
        return ""
    way = _EXTREMES[measured.scale][high]
    count = sum(at in measured.keys for at in kept)
    name, value = grid.columns[label][best[0]], grid.columns[column][best[0]]
    return f"{name} has the {way} {grid.head[column]} of {count} rows{_with(where)}: {value}" if name else ""


def say_count(grid: Grid, kept: Sequence[int], where: Sequence[Where], label: int) -> str:
    """State how many rows meet some conditions, and name the first of them."""
    names = _names(grid, kept, label)
    if not where:
        return f"{len(kept)} rows are listed under {grid.head[label]}: {names}"
    return f"{len(kept)} of {len(grid.rows)} rows have {' and '.join(map(str, where))}: {names}"


def say_sum(grid: Grid, column: int, kept: Sequence[int], where: Sequence[Where], *, mean: bool) -> str:
    """State what some rows of a column add up to, or their mean; empty where it can't be."""
    measured = grid.measures[column]
    held = [at for at in kept if measured and at in measured.keys]
    if measured is None or measured.scale != "number" or len(held) < 2:
        return ""
    value = _shown(_total(measured, held, mean=mean), measured.unit)
    joined = (", " if mean else " + ").join(grid.columns[column][at] for at in held)
    rows = f": {joined}" if len(held) <= LISTED else ""
    how = "averages" if mean else "adds up to"
    return f"{grid.head[column]} of {len(held)} rows{_with(where)} {how} {value}{rows}"


def say_gap(grid: Grid, column: int, kept: Sequence[int], label: int) -> str:
    """State how far two rows lie apart in a column; empty unless there are two different values."""
    measured = grid.measures[column]
    held = sorted((measured.keys[at], at) for at in kept if measured and at in measured.keys)
    if measured is None or measured.scale != "number" or len(held) != 2 or held[0][0] == held[1][0]:
        return ""
    (low, less), (high, more) = held
    names, cells = grid.columns[label], grid.columns[column]
    gap = _shown(high - low, measured.unit)
    head = f"{grid.head[column]} is {gap} higher for {names[more]} than for {names[less]}"
    return f"{head}: {cells[more]} against {cells[less]}"


def say_cell(grid: Grid, row: int, label: int, column: int) -> str:
    """State one cell with the name of its row and the head of its column."""
    return f"{grid.columns[label][row]}: {grid.head[column]}: {grid.columns[column][row]}"


def check_columns(claim: Claim, text: str, index: PassageIndex) -> Verdict | None:
    """Judge a statement about a column by computing it again from the rows; None when a claim is no such statement.

    Supported needs a table with the named columns and as many rows; there, another result is contradicted.
    """
    for form, check in _FORMS:
        match = form.match(text.strip().rstrip(" ."))
        if match and (verdict := _judged(claim, match, check, index)):
            return verdict
    return None


_Check = Callable[["re.Match[str]", Grid], "tuple[bool, str, Sequence[int]] | None"]


def _judged(claim: Claim, match: re.Match[str], check: _Check, index: PassageIndex) -> Verdict | None:
    read = [(grid, found) for grid in index.watch.each(index.grids) if (found := check(match, grid))]
    if not read:
        return None
    grid, (right, shown, kept) = max(read, key=lambda one: one[1][0])
    quotes = _quotes(grid, kept)
    span = Span(start=claim.span.start + match.start("value"), end=claim.span.start + match.end("value"))
    if right:
        reason = Reason(code="computed", message=f"computed again from {len(grid.rows)} rows: {shown}", claim_span=span)
        return Verdict(claim=claim, label="supported", probability=0.97, support=quotes, reasons=(reason,))
    message = f"{match['value']} in the answer, {shown} by the rows of the source"
    reason = Reason(code="number_mismatch", message=message, claim_span=span, evidence=next(iter(quotes), None))
    return Verdict(claim=claim, label="contradicted", probability=0.01, reasons=(reason,))


def _most(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    found = _column(match, grid)
    if found is None:
        return None
    column, measured, kept = found
    if len(kept) != int(match["n"]):
        return None
    high = match["way"] in ("highest", "latest", "longest")
    best = _extreme(measured, kept, high=high)
    right = len(best) == 1 and match["row"] in grid.rows[best[0]].cells
    shown = grid.columns[column][best[0]]
    return right and shown.rstrip(" .") == match["value"].strip(), shown, best


def _counted(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    kept = grid.where(_read_where(match["where"]))
    if kept is None or int(match["n"]) != len(grid.rows):
        return None
    return len(kept) == int(match["value"]) and _named(match["rows"], grid, kept), str(len(kept)), kept


def _all(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    column, kept = grid.at(match["column"]), range(len(grid.rows))
    if column is None:
        return None
    return len(kept) == int(match["value"]) and _named(match["rows"], grid, kept), str(len(kept)), kept


def _summed(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    found = _column(match, grid)
    if found is None or len(found[2]) != int(match["n"]) or found[1].scale != "number":
        return None
    column, measured, kept = found
    mean = match["how"] == "averages"
    shown = _shown(_total(measured, kept, mean=mean), measured.unit)
    cells = (", " if mean else " + ").join(grid.columns[column][at] for at in kept)
    return match["value"].strip() == shown and (match["rows"] or cells) == cells, shown, kept


def _gap(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    column = grid.at(match["column"])
    rows = [[at for at, row in enumerate(grid.rows) if match[name] in row.cells] for name in ("row", "other")]
    if column is None or any(len(one) != 1 for one in rows):
        return None
    kept = [one[0] for one in rows]
    said = [say_gap(grid, column, kept, at) for at in range(len(grid.head))]
    shown = next((one for one in said if one), "")
    return match.group(0) in [one.rstrip(" .") for one in said], shown, kept


def _cell(match: re.Match[str], grid: Grid) -> tuple[bool, str, Sequence[int]] | None:
    """A cell that is there is supported; whether one that is not there conflicts is for the checks of words."""
    column = grid.at(match["column"])
    if column is None:
        return None
    kept = [
        at
        for at, row in enumerate(grid.rows)
        if match["row"] in row.cells and grid.columns[column][at].rstrip(" .") == match["value"]
    ]
    return (True, match["value"], kept) if kept else None


_FORMS = ((_ALL, _all), (_COUNT, _counted), (_SUM, _summed), (_GAP, _gap), (_MOST, _most), (_CELL, _cell))


def _column(match: re.Match[str], grid: Grid) -> tuple[int, Measured, list[int]] | None:
    column, kept = grid.at(match["column"]), grid.where(_read_where(match["where"] or ""))
    measured = grid.measures[column] if column is not None else None
    if column is None or measured is None or kept is None:
        return None
    held = [at for at in kept if at in measured.keys]
    return (column, measured, held) if held else None


def _read_where(text: str) -> list[Where]:
    return [
        Where(one["column"].strip(), tuple(re.findall(r'"([^"]*)"', one["values"])))
        for one in _ONE_WHERE.finditer(text)
    ]


def _extreme(measured: Measured, kept: Sequence[int], *, high: bool) -> list[int]:
    keys = {at: measured.keys[at] for at in kept if at in measured.keys}
    best = (max if high else min)(keys.values(), default=None)
    return [at for at, key in keys.items() if key == best]


def _total(measured: Measured, kept: Sequence[int], *, mean: bool) -> Decimal:
    total = sum((measured.keys[at] for at in kept), Decimal(0))
    return round(total / len(kept), 2) if mean else total


def _shown(value: Decimal, unit: str) -> str:
    return f"{number_shown(value)} {unit.upper() if len(unit) == 3 else unit}".strip()


def _with(where: Sequence[Where]) -> str:
    return " with " + " and ".join(map(str, where)) if where else ""


def _names(grid: Grid, kept: Sequence[int], label: int) -> str:
    names = [grid.columns[label][at] for at in kept[:LISTED]]
    return ", ".join(names) + (", ..." if len(kept) > LISTED else "")


def _named(rows: str, grid: Grid, kept: Sequence[int]) -> bool:
    """The names have to be those of one column, in the order of the rows."""
    return any(_names(grid, list(kept), at).rstrip(". ") == rows.rstrip(". ") for at in range(len(grid.head)))


def _quotes(grid: Grid, kept: Sequence[int]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(_each_quote(grid, kept)))


def _each_quote(grid: Grid, kept: Sequence[int]) -> Iterator[Quote]:
    yield from (grid.rows[at].quote() for at in kept[:4])
