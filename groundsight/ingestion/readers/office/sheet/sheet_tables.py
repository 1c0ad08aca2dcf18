"""A sheet parted into its tables: by empty rows, side by side, what is hidden apart from what is shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from groundsight.errors import LimitExceeded
from groundsight.ingestion import Element
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.sheet.sheet_cells import Cells
from groundsight.ingestion.readers.table_elements import check_columns, headed_blocks
from groundsight.ingestion.readers.table_heads import (
    COVERED,
    NEAR,
    Headed,
    is_numeric,
    parted,
    read_head,
    row_line,
    stands_above,
)  # fmt: skip

_ABOVE_CHARS = 200
# A head is found by what stands below it.
_FEW_ROWS = 50
# A total stands a few rows below its table.
_FAR = 5
Region = tuple[list[int], list[int]]
# Cells far apart on a diagonal are few; the rectangle around them is what takes memory.
_MOST_PLACES = 20_000_000


@dataclass(frozen=True)
class _Grid:
    """The used part of some rows; of empty rows or columns one is left, of many two, their number is None."""

    rows: list[list[str]]
    down: list[int | None]
    across: list[int | None]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]


class SheetTables:
    """Finds the tables and the lone texts of a sheet, part by part; a table goes on in the next part under its head.

    What stands at the top of a sheet is the title of its first table. A text file has no tables side by side, and what
    stands above a table there is its title everywhere.
    """

    def __init__(self, ledger: Ledger, *, is_sheet: bool = True) -> None:
        self._ledger, self._is_sheet = ledger, is_sheet
        self._above: list[str] = []
        self._at_top = True
        # Of the tables that go on: head and title by column, in the place of the last row that was told.
        self._heads, self._titles, self._last = dict[int, str](), dict[int, str](), 0
        self._held: dict[int, dict[int, str]] = {}

    def read(self, cells: Cells, *, more: bool) -> Iterator[Element]:
        """Yield what some rows hold; ``more`` follow."""
        carried = [self._last] if self._heads else []
        rows = {**dict.fromkeys(carried, self._heads), **self._held, **cells.rows}
        grid = _grid(replace(cells, rows=rows), self._ledger)
        self._heads, self._held = {}, {}
        regions = list(_regions(grid.rows, side_by_side=self._is_sheet))
        if more:
            regions = self._without_last(regions, grid, bool(carried))
        for region, following in zip_longest(regions, regions[1:], fillvalue=None):
            if region is not None:
                yield from self._region(grid, *region, following, goes_on=bool(carried) and region[0][0] == 0)
        if more:
            self._last = max(cells.rows)
        elif self._above:
            yield Element(kind="text", text="\n".join(self._above))

    def _without_last(self, regions: list[Region], grid: _Grid, carried: bool) -> list[Region]:
        """Keep a table that only begins here for the next part: its head needs the rows below it."""
        if not regions or len(regions[-1][0]) >= _FEW_ROWS or (carried and regions[-1][0][0] == 0):
            return regions
        *regions, (rows, columns) = regions
        self._held = {grid.down[row] or 0: _by_number(grid, row, columns) for row in rows}
        return regions

    def _region(
        self, grid: _Grid, rows: list[int], columns: list[int], following: Region | None, *, goes_on: bool
    ) -> Iterator[Element]:
        below, beside = following or ([], [])
        is_below = bool(below) and below[0] - rows[-1] <= NEAR and not set(columns).isdisjoint(beside)
        if goes_on:
            title = self._titles.get(grid.across[columns[0]] or 0, "")
            # Nothing but the head that was carried over.
            if len(rows) > 1:
                yield from self._tables(grid, rows, columns, title, declared=1)
        elif stands_above(_cut(grid, rows, columns), _cut(grid, below, beside) if is_below else ()):
            yield from self._beside(list(_texts(grid, rows, columns)))
        else:
            above, self._above, self._at_top = "\n".join(self._above), [], False
            yield from self._tables(grid, rows, columns, above)

    def _beside(self, texts: list[Element]) -> Iterator[Element]:
        """Keep short words for the title of the table below; others stand for themselves."""
        short = all(not one.mark for one in texts) and sum(len(one.text) for one in texts) <= _ABOVE_CHARS
        if short and (self._at_top or not self._is_sheet):
            self._above.extend(one.text for one in texts)
        else:
            yield from texts

    def _tables(
        self, grid: _Grid, rows: list[int], columns: list[int], above: str, declared: int = 0
    ) -> Iterator[Element]:
        """Yield the table that is shown, then its hidden rows, then its hidden columns beside the first one."""
        table = read_head(_cut(grid, rows, columns), declared)
        if rows[-1] == len(grid.rows) - 1:
            numbers = [grid.across[at] or 0 for at in columns]
            self._heads.update(zip(numbers, table.header, strict=True))
            self._titles[numbers[0]] = "\n".join(part for part in (above, table.title) if part)
        below = rows[table.first :]
        unseen = [at for at, row in enumerate(below) if row in grid.hidden_rows]
        seen = [at for at, row in enumerate(below) if row not in grid.hidden_rows]
        kept = [at for at, column in enumerate(columns) if column not in grid.hidden_columns]
        lost = [at for at, column in enumerate(columns) if column in grid.hidden_columns]
        if kept and (seen or not unseen):
            yield from headed_blocks(_part(table, seen, kept), above=above)
        if unseen:
            yield from headed_blocks(_part(table, unseen, range(len(columns))), above=above, mark="hidden")
        if lost and seen:
            yield from headed_blocks(_part(table, seen, [*kept[:1], *lost]), above=above, mark="hidden")


def _by_number(grid: _Grid, row: int, columns: list[int]) -> dict[int, str]:
    return {grid.across[at] or 0: grid.rows[row][at] for at in columns if grid.rows[row][at] not in ("", COVERED)}


def _grid(cells: Cells, ledger: Ledger) -> _Grid:
    columns = sorted({column for row in cells.rows.values() for column in row})
    check_columns(len(columns))
    across, down = _spaced(columns), _spaced(list(cells.rows), cells.struck)
    if len(across) * len(down) > _MOST_PLACES:
        limit = f"{_MOST_PLACES} places"
        raise LimitExceeded("the sheet is too large", limit=limit, next_step="split the sheet", code="E_LIMIT_TEXT")
    hidden = {column for one in cells.hidden_columns for column in columns if column in one}
    rows = [[cells.rows.get(row or 0, {}).get(column or 0, "") for column in across] for row in down]
    places = [{number: at for at, number in enumerate(one) if number} for one in (down, across)]
    _cover(rows, cells, places[0], places[1], ledger)
    return _Grid(
        rows,
        down,
        across,
        frozenset(at for at, row in enumerate(down) if row in cells.hidden_rows),
        frozenset(at for at, column in enumerate(across) if column in hidden),
    )


def _spaced(numbers: Sequence[int], gone: Container[int] = ()) -> list[int | None]:
    """Keep an empty place where numbers are left out, two where many are; those of ``gone`` leave none: a table stays
    whole."""
    told: list[int | None] = []
    for number in sorted(numbers):
        last = told[-1] if told else None
        empty = 0 if last is None else sum(one not in gone for one in islice(range(last + 1, number), _FAR))
        told.extend([None] * (1 + (empty == _FAR) if empty else 0))
        told.append(number)
    return told


def _cover(rows: list[list[str]], cells: Cells, down: dict[int, int], across: dict[int, int], ledger: Ledger) -> None:
    """Mark what a merged cell covers to its right, and repeat it downwards."""
    numbers, letters = list(down), list(across)
    for top, left, bottom, right in cells.merged:
        text = cells.rows.get(top, {}).get(left, "")
        wide = [across[one] for one in letters[bisect_left(letters, left) : bisect_right(letters, right)]]
        high = [down[one] for one in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]]
        for row in high if text else ():
            covered = sum(1 for at in wide if rows[row][at] not in ("", COVERED, text))
            ledger.note("covered cell", "a merged cell lies over it", covered)
            rows[row][wide[0]] = text
            for at in wide[1:]:
                rows[row][at] = COVERED


def _regions(grid: list[list[str]], *, side_by_side: bool) -> Iterator[Region]:
    for rows in parted([[cell if cell != COVERED else "" for cell in row] for row in grid]):
        groups = _side_by_side(grid, rows) if side_by_side else [list(range(len(grid[0])))]
        for columns in groups:
            inner = [[grid[row][at] if grid[row][at] != COVERED else "" for at in columns] for row in rows]
            for part in parted(inner) if len(groups) > 1 else [list(range(len(rows)))]:
                yield [rows[at] for at in part], columns


def _side_by_side(grid: list[list[str]], rows: list[int]) -> list[list[int]]:
    """Part at an empty column where what follows has names of its own; else the gap only keeps a distance."""
    groups: list[list[int]] = []
    gap = True
    for column in range(len(grid[0])):
        used = any(grid[row][column] not in ("", COVERED) for row in rows)
        if used and gap and (not groups or _stands_alone(grid, rows, column)):
            groups.append([])
        if used:
            groups[-1].append(column)
        gap = not used
    return groups


def _stands_alone(grid: list[list[str]], rows: list[int], column: int) -> bool:
    texts = [grid[row][column] for row in rows if grid[row][column] not in ("", COVERED)]
    beside = column + 1 < len(grid[0]) and any(grid[row][column + 1] not in ("", COVERED) for row in rows)
    names = sum(1 for text in texts if not is_numeric(text) and any(char.isalpha() for char in text))
    return names * 2 > len(texts) and (beside or len(texts) * 2 < len(rows))


def _cut(grid: _Grid, rows: Sequence[int], columns: Sequence[int]) -> list[list[str]]:
    return [[grid.rows[row][at] for at in columns] for row in rows]


def _texts(grid: _Grid, rows: list[int], columns: list[int]) -> Iterator[Element]:
    for mark in ("", "hidden"):
        lines = [
            row_line(
                [cells[at] for at in columns if (row in grid.hidden_rows or at in grid.hidden_columns) == bool(mark)]
            )
            for row, cells in ((row, grid.rows[row]) for row in rows)
        ]
        if any(lines):
            yield Element(kind="text", text="\n".join(line for line in lines if line), mark=mark)


def _part(table: Headed, rows: Sequence[int], columns: Sequence[int]) -> Headed:
    body = tuple(tuple(table.body[row][at] for at in columns) for row in rows)
    return Headed(table.title, tuple(table.header[at] for at in columns), body, table.first)
