"""One cell of the row that a question picks, and the cells of a few rows that have one name."""

from __future__ import annotations

from groundsight.computing.conditions import NO, YES
from groundsight.computing.linked import Link
from groundsight.computing.run import run
from groundsight.types.computed import Computation

# More rows than this are a list, and no name that several things have.
MOST_NAMESAKES = 4


def cell_of(column: int, linked: Link) -> Computation | None:
    """Look one cell up; of several rows of one name the other words of the question tell which."""
    label, rows = _told_by(linked, column), linked.rows
    made = run("cell", linked.table, column, rows, linked.where, label=label)
    if made is None or linked.table.columns[label].count(made.operands[0].of) < 2:
        return made
    # Of several rows of one name the other words tell which: Skellig, hake.
    told = [at for at in sorted(linked.held) if linked.table.measures[at] is None and at != column]
    named = ", ".join(linked.table.columns[at][rows[0]] for at in told)
    return made.model_copy(update={"operands": (made.operands[0].model_copy(update={"of": named}),)})


def of_namesakes(column: int, linked: Link) -> Computation | None:
    """What each of a few rows of one name says, told apart by another column: Halle in Germany and in Belgium."""
    table, kept = linked.table, linked.rows
    names = [one for one in linked.met if one.whole and one.where.test == "is" and len(one.where.values) == 1]
    apart = [
        at for at in linked.free
        if at != column and table.measures[at] is None and len({*(table.columns[at][row] for row in kept)}) == len(kept)
    ]  # fmt: skip
    if len(kept) > MOST_NAMESAKES or len(linked.met) != 1 or not names or not apart:
        return None
    return run("rows", table, column, kept, linked.where, label=apart[0])


def _told_by(linked: Link, column: int) -> int:
    """The column by which a question tells a row: that of a condition in words, else the one that names the rows."""
    words = [
        one for one in linked.met if one.column != column and not {*map(str.casefold, one.where.values)} <= YES | NO
    ]
    held = [one.column for one in words if linked.table.measures[one.column] is None and one.where.test == "is"]
    return linked.table.key if linked.table.key in held or not held else held[0]
