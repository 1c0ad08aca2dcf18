"""Where a table begins: titles and an export's preamble above it, heads of one or more rows, a row of units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from groundsight.ingestion.readers.clean import one_line
from groundsight.language.units import unit_named

# What a reader writes into a cell that the merged one to its left covers; cleaning takes it away.
COVERED = "\x1f"
_MOST_TITLES, _MOST_HEADS = 12, 4
# A preamble row of two cells stands over a table of at least so many: below that it may be the head itself.
_WIDE = 4
# Of several empty rows two are left, of one that one: what lies farther below a table is no part of it.
NEAR = 2
_SIGNS = re.compile(r"[\s.,:/()+\-−%'$€£]")
Row = Sequence[str]


@dataclass(frozen=True)
class Headed:
    """A table parted: what stands above it, one head for each column, and its rows from ``first`` on."""

    title: str
    header: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    first: int


def read_head(rows: Sequence[Row], declared: int = 0) -> Headed:
    """Find the head of a table whose rows are cleaned apart from ``COVERED``; ``declared`` rows are heads for sure."""
    width = max((len(row) for row in rows), default=0)
    grid = [[*row, *[""] * (width - len(row))] for row in rows]
    titles = 0 if declared else _titles(grid)
    heads = declared or _heads(grid[titles:])
    first = titles + min(heads, len(grid) - titles)
    header = _joined(grid[titles:first])
    if _is_units(grid[first : first + 2]):
        header = [
            f"{name} ({unit.strip('()[] ')})" if unit else name for name, unit in zip(header, grid[first], strict=True)
        ]
        first += 1
    title = "\n".join(row_line(row) for row in grid[:titles])
    body = _labels_first([_bare(row) for row in grid[first:]])
    return Headed(title, tuple(header), grouped(body), first)


def _labels_first(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put the label of a total, alone beside its number and in a column of numbers, where the other labels stand."""
    told, counted = list[tuple[str, ...]](), dict[int, bool]()
    for row in rows:
        at, *others = [place for place, cell in enumerate(row) if cell] or [0]
        alone = at > 0 and len(others) == 1 and not is_numeric(row[at]) and is_numeric(row[others[0]])
        if alone and at not in counted:
            # The label itself is one of them and no number.
            column = [other[at] for other in rows if at < len(other) and other[at]]
            counted[at] = sum(map(is_numeric, column)) * 2 >= len(column) > 1
        told.append((row[at], *row[1:at], "", *row[at + 1 :]) if alone and counted[at] else row)
    return told


def grouped(rows: Sequence[tuple[str, ...]], above: str = "") -> tuple[tuple[str, ...], ...]:
    """Repeat the name of a group in the rows below it that leave its place empty; ``above`` is one that goes on.

    A column of groups names each of them once and leaves every third place empty or more; in any other an empty place
    is an unknown value. A row that is not full, as a total is, ends its group.
    """
    full = [row[0] for row in rows if len(row) > 2 and all(row[1:])]
    names = [name for name, _ in groupby(full) if name]
    if full.count("") * 3 < max(len(full), 1) or len(set(names)) < len(names) or any(map(str.isdecimal, names)):
        return tuple(rows)
    told = list[tuple[str, ...]]()
    for row in rows:
        is_full = all(row[1:])
        above = (row[0] or above) if is_full else ""
        told.append((above, *row[1:]) if is_full else row)
    return tuple(told)


def is_numeric(cell: str) -> bool:
    """True for a number, an amount, a day or a code of digits; a year is a head as often as a value."""
    bare = _SIGNS.sub("", cell)
    digits = sum(char.isdigit() for char in bare)
    return digits * 2 > len(bare) and not (len(bare) == 4 and bare == cell.strip() and bare[:2] in ("19", "20"))


def holds_values(row: Row) -> bool:
    """True when a row holds a number somewhere: it is no row of heads."""
    return any(is_numeric(cell) for cell in row)


def parted(rows: Sequence[Row]) -> Iterator[list[int]]:
    """Part rows at empty ones; what goes on below an empty row, as a total does, stays with its table."""
    groups: list[list[int]] = [[]]
    for number, row in enumerate(rows):
        if any(row):
            groups[-1].append(number)
        elif groups[-1]:
            groups.append([])
    yield from _continued([group for group in groups if group], rows)


def _continued(groups: Sequence[list[int]], rows: Sequence[Row]) -> Iterator[list[int]]:
    table: list[int] = []
    for group in groups:
        near = bool(table) and group[0] - table[-1] <= NEAR
        if near and _goes_on([rows[number] for number in table], [rows[number] for number in group]):
            table.extend(group)
            continue
        if table:
            yield table
        table = group
    if table:
        yield table


def _goes_on(table: Sequence[Row], below: Sequence[Row]) -> bool:
    """True for values below a table, or below a lone row of heads, that reach no further to the right."""
    first = below[0]
    if _is_labelled(table, below):
        return False
    heads = _filled(table[0]) > 1 and not holds_values(table[0])
    return holds_values(first) and _filled(first) > 1 and (len(table) > 1 or heads) and _wide(table) >= _wide(below)


def _is_labelled(table: Sequence[Row], below: Sequence[Row]) -> bool:
    """True for labels with a value each, not all of them numbers, below a column of numbers."""
    pairs = all(_filled(row) == _filled(row[:2]) == 2 for row in below)
    counted = len(table[-1]) > 2 and is_numeric(table[-1][1])
    return pairs and counted and not all(is_numeric(row[1]) for row in below)


def stands_above(group: Sequence[Row], following: Sequence[Row]) -> bool:
    """True for lone words, and for labels with one value each over a table of more columns."""
    widest = max(_filled(row) for row in group)
    usual = max((_filled(row) for row in following), default=0)
    return len(group) == 1 or widest == 1 or (widest == 2 < usual and len(group) <= _MOST_TITLES)


def row_line(row: Row) -> str:
    """Write a row as a line; of two cells the first is the label of the second."""
    cells = [cell for cell in row if cell and cell != COVERED]
    labelled = len(cells) == 2 and not is_numeric(cells[0]) and not cells[0].endswith(":")
    return (": " if labelled else " ").join(cells)


def _wide(rows: Sequence[Row]) -> int:
    return max((place + 1 for row in rows for place, cell in enumerate(row) if cell), default=0)


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell and cell != COVERED)


def _bare(row: Row) -> tuple[str, ...]:
    return tuple("" if cell == COVERED else cell for cell in row)


def _titles(grid: Sequence[Row]) -> int:
    """Count the rows above the head: few cells over a table of more, the first of which is no row of values."""
    usual = Counter(_filled(row) for row in grid[:200]).most_common(1)[0][0] if grid else 0
    for number, (row, lower) in enumerate(pairwise(grid[: _MOST_TITLES + 2])):
        alone = _filled(row) == 1 and bool(row[0]) and len(row) > 1
        label = usual >= _WIDE and _filled(row[:2]) == _filled(row) == 2 and not _is_under(row, lower)
        if not alone and not label:
            return number if number and not holds_values(row) else 0
    return 0


def _heads(grid: Sequence[Row]) -> int:
    """Count the rows of heads: one, and one more for each that stands under a merged one."""
    count = 1
    while count < min(_MOST_HEADS, len(grid) - 1) and _is_under(grid[count - 1], grid[count]):
        count += 1
    return count


def _is_under(upper: Row, lower: Row) -> bool:
    """True when the lower row parts the merged heads of the upper one, and all others have nothing below them.

    Where nothing says that cells are merged, the lower row has to leave its first place empty or to repeat its words.
    """
    starts = {place for place, (one, after) in enumerate(pairwise(upper)) if one and (after in ("", COVERED, one))}
    under = {
        place + 1
        for place, (one, after) in enumerate(pairwise(upper))
        if after in (COVERED, one) or (one and not after)
    }
    if holds_values(lower) or not any(lower[place] for place in under):
        return False
    alone = [place for place, cell in enumerate(upper) if cell not in ("", COVERED) and place not in starts | under]
    if any(lower[place] not in ("", COVERED, upper[place]) for place in alone):
        return False
    said = COVERED in upper or any(one and one == after for one, after in pairwise(upper))
    words = [cell for cell in lower if cell and cell != COVERED]
    return said or not lower[0] or not upper[0] or len(set(words)) < len(words)


def _joined(heads: Sequence[Row]) -> list[str]:
    """Write the heads of each column from the outermost: ``2025 / Q1``."""
    columns: list[list[str]] = [[] for _ in (heads[0] if heads else ())]
    for level, row in enumerate(heads):
        last = ""
        for place, cell in enumerate(row):
            # Only a head above others reaches over empty places to its right.
            reaches = cell == COVERED or (
                not cell and place > 0 and level + 1 < len(heads) and bool(heads[level + 1][place])
            )
            last = last if reaches else cell
            if last and last not in columns[place]:
                columns[place].append(last)
    return [" / ".join(parts) for parts in columns]


def _is_units(rows: Sequence[Row]) -> bool:
    """True for a row of nothing but units with a row of values below it."""
    if len(rows) < 2 or not holds_values(rows[1]):
        return False
    written = [one_line(cell).strip("()[] ") for cell in rows[0] if cell and cell != COVERED]
    known = sum(one == "%" or unit_named(one.partition("/")[0]) is not None for one in written)
    # Below no label even a word may measure: "persons" under every head.
    bare = not rows[0][0] and bool(rows[1][0]) and (known > 0 or len(set(written)) == 1 < len(written))
    return bool(written) and (known == len(written) or bare)
