"""Operations over a table that yield what a free sentence states of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from groundsight.computing.linked import Link, Met
from groundsight.computing.linking import link
from groundsight.computing.measuring import compared
from groundsight.computing.run import run
from groundsight.computing.stated import Stated, stated
from groundsight.computing.words import Said
from groundsight.evidence.grids import Table
from groundsight.evidence.heads import scales_of
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity, agrees, find_quantities
from groundsight.types.computed import Computation


@dataclass(frozen=True)
class Found:
    """What a sentence states, computed: whether it holds, and the stretch of the sentence that gives the result."""

    made: Computation
    holds: bool
    span: tuple[int, int]


_COMPARED = ("most", "least", "larger", "smaller", "difference")


def in_table(facts: Facts, table: Table, known: Callable[[Sequence[str]], bool]) -> Iterator[Found]:
    """Yield the readings of a sentence as an operation over a table of which every word is used.

    ``known`` says whether the words that name no part of the table stand in the text around it; with several such
    words a sentence may hold, but does not fail: they may speak of something else.
    """
    exact = [one for one in facts.quantities if one.bound in ("exact", "sure", "about")]
    for one in stated(facts):
        dated = [
            each
            for each in facts.moments
            if (each.day or each.hour or each.month is None) and one.operation in _COMPARED
        ]
        linked = link(facts, table, (*exact, *dated), one.places)
        unknown = [word.stem for word in _unknown(one, linked)]
        if not known(unknown) or (facts.negations and not linked.met):
            continue
        made = _STEPS[one.operation](one, linked)
        # With one such word 35 lies of the training texts failed and no truth did, with two a first truth.
        if made and (made.holds or len(unknown) <= 1) and _explained(made, one, linked, exact):
            yield made


def _unknown(one: Stated, linked: Link) -> list[Said]:
    """The words that are used nowhere; the noun behind a superlative is the kind of all rows ("the oldest object")."""
    behind = linked.words[one.at + 1] if 0 <= one.at < len(linked.words) - 1 else None
    return [word for word in linked.left if word is not behind or one.operation not in ("most", "least")]


def _explained(found: Found, one: Stated, linked: Link, exact: Sequence[Quantity]) -> bool:
    """Every other number of the sentence is an operand, the count of the rows, or a part of a cell."""
    cells = [operand.shown for operand in found.made.operands]
    if one.operation in ("most", "least", "larger", "smaller"):
        cells += linked.table.columns[linked.table.head.index(found.made.operands[0].under)]
    shown = [each for cell in cells for each in find_quantities(cell)]
    inside = {at for met in linked.met for at in met.places}
    for number in exact:
        counted = number.low in (found.made.among, len(linked.table.rows), len(found.made.operands))
        if number is one.value or linked.inside(number.span) & inside or counted:
            continue
        if not any(agrees(replace(number, kind=""), replace(each, kind="")) for each in shown):
            return False
    told = " ".join(operand.shown for operand in found.made.operands)
    return all(each.text in told or linked.inside(each.span) <= inside for each in linked.facts.moments)


def says(value: Quantity, made: Computation, table: Table) -> bool:
    """Whether a number of a sentence says a computed result, its unit, its scale and its rounding included."""
    read = find_quantities(f"{made.result} {made.unit}".strip()) or find_quantities(made.result)
    scales = scales_of(f"{table.rows[0].evidence.title} {table.title} {table.section}")
    return any(agrees(value, one, scales) for one in read)


def _measured(one: Stated, linked: Link) -> int | None:
    """The column that is compared or added up: of the measure that is said, else of the number's unit, else named."""
    table = linked.table
    numbers = [at for at in range(len(table.head)) if table.measures[at] and at not in linked.held]
    told = [at for at in linked.told if at in numbers]
    if one.measure:
        fits = [at for at in compared(table, one.measure) if at in numbers]
    elif one.value and one.value.kind:
        fits = [at for at in numbers if (m := table.measures[at]) and m.kind in ("", one.value.kind)]
        fits = [at for at in fits if (m := table.measures[at]) and m.kind] or [at for at in fits if at in told]
    else:
        fits = told
    behind = [at for at in numbers if one.at >= 0 and one.at + 1 in linked.heads.get(at, ())]
    fits = [at for at in fits if not behind or at in behind]
    both = [at for at in fits if at in told]
    return both[0] if len(both) == 1 else fits[0] if len(fits) == 1 and not told else None


def _named(linked: Link) -> tuple[list[Met], list[Met]]:
    """The conditions that name rows by their key, and the others."""
    key = linked.table.key
    by_key = [one for one in linked.met if one.column == key and one.where.test == "is"]
    return by_key, [one for one in linked.met if one not in by_key]


def _rows(linked: Link, met: Sequence[Met]) -> list[int]:
    return sorted(frozenset(range(len(linked.table.rows))).intersection(*(one.rows for one in met)))


def _extreme(one: Stated, linked: Link) -> Found | None:
    column, named = _measured(one, linked), _subject(linked)
    if column is None or named is None or len(named.rows) != 1 or linked.denied:
        return None
    others = [each for each in linked.met if each is not named]
    where, kept = [each.where for each in others], _rows(linked, others)
    made = run(one.operation, linked.table, column, kept, where, label=named.column, rank=one.rank)
    (row,) = named.rows
    if made is None:
        return None
    holds = linked.table.columns[named.column][row] == made.result
    return Found(made, holds, _stretch(linked, named.places))


def _subject(linked: Link) -> Met | None:
    """The row that a sentence speaks of: named by the key of the table, else by the cell that comes first."""
    whole = [one for one in linked.met if one.where.test == "is" and linked.table.measures[one.column] is None]
    by_key = [one for one in whole if one.column == linked.table.key]
    return by_key[0] if len(by_key) == 1 else min(whole, key=lambda one: min(one.places), default=None)


def _stretch(linked: Link, places: Sequence[int] | frozenset[int]) -> tuple[int, int]:
    return linked.words[min(places)].start, linked.words[max(places)].end


def _pair(one: Stated, linked: Link) -> tuple[int, int] | None:
    """The two rows that a sentence compares, the one that it speaks of first."""
    named = [met for met in linked.met if met.column == linked.table.key and len(met.rows) == len(met.first) == 2]
    if len(named) != 1:
        return None
    (first, here), (second, there) = sorted(named[0].first, key=lambda each: each[1])
    than = next((at for at, word in enumerate(linked.words) if word.text.casefold() == "than"), one.at)
    return (first, second) if here < than < there or than < 0 else None


def _larger(one: Stated, linked: Link) -> Found | None:
    column, pair = _measured(one, linked), _pair(one, linked)
    if column is None or pair is None or linked.denied:
        return None
    made = run(one.operation, linked.table, column, pair)
    if made is None:
        return None
    return Found(made, made.result == linked.table.columns[linked.table.key][pair[0]], _stretch(linked, one.places))


def _difference(one: Stated, linked: Link) -> Found | None:
    column = _measured(one, linked)
    if column is None or one.value is None or linked.denied:
        return None
    rows = _ends(one, linked, column) if one.end == "both" else _pair(one, linked)
    made = run("difference", linked.table, column, rows) if rows else None
    if made is None or rows is None:
        return None
    ahead = linked.table.columns[linked.table.key][rows[0]] == made.operands[0].of
    way = one.at < 0 or one.end == "both" or ahead == (one.end == "high")
    return Found(made, way and says(one.value, made, linked.table), one.value.span)


def _ends(one: Stated, linked: Link, column: int) -> list[int] | None:
    """The rows with the most and with the least of a column."""
    del one
    measured, kept = linked.table.measures[column], linked.rows
    held = sorted((measured.keys[at], at) for at in kept if at in measured.keys) if measured else []
    return [held[-1][1], held[0][1]] if len(held) > 1 and len(held) == len(kept) else None


def _total(one: Stated, linked: Link) -> Found | None:
    column = _measured(one, linked)
    if column is None or one.value is None or linked.denied:
        return None
    made = run(one.operation, linked.table, column, linked.rows, linked.where)
    return Found(made, says(one.value, made, linked.table), one.value.span) if made else None


def _count(one: Stated, linked: Link) -> Found | None:
    """Count the rows that meet the conditions; rows that are named beside it have to be those."""
    named, others = _named(linked)
    whole = [each for each in named if each.whole]
    kept = _rows(linked, others if whole else linked.met)
    if one.value is None or not kept or not linked.met or (whole and not _of_all(one.value, linked)):
        return None
    made = run(
        "count", linked.table, linked.table.key, kept, [each.where for each in (others if whole else linked.met)]
    )
    holds = one.value.low == one.value.high == len(kept) and all(each.rows == frozenset(kept) for each in whole)
    if made is None or (not holds and not _of_all(one.value, linked)):
        return None
    return Found(made, holds, one.value.span)


def _of_all(value: Quantity, linked: Link) -> bool:
    """ "Three of the five": another number is the count of all rows."""
    return any(each is not value and each.low == len(linked.table.rows) for each in linked.facts.quantities)


def _cell(one: Stated, linked: Link) -> Found | None:
    if one.value is None or linked.denied:
        return None if linked.denied else _cells(linked)
    column, kept = _measured(one, linked), linked.rows
    if column is None or len(kept) != 1 or not _named(linked)[0]:
        return None
    made = run("cell", linked.table, column, kept, linked.where)
    return Found(made, says(one.value, made, linked.table), one.value.span) if made else None


def _cells(linked: Link) -> Found | None:
    """The cells of one row as words or dates; another cell than the one of a column that is named fails."""
    if not all(each.whole for each in linked.met):
        return None
    for named in sorted(linked.met, key=lambda each: each.column != linked.table.key):
        told = [each for each in linked.met if each is not named]
        if len(named.rows) == 1 and told and all(each.column in linked.heads for each in told):
            wrong = next((each for each in told if not named.rows <= each.rows), None)
            shown = wrong or told[0]
            made = run("cell", linked.table, shown.column, sorted(named.rows), [named.where], label=named.column)
            return Found(made, wrong is None, _stretch(linked, shown.places)) if made else None
    return None


_STEPS = {
    "most": _extreme, "least": _extreme, "larger": _larger, "smaller": _larger, "difference": _difference,
    "sum": _total, "mean": _total, "count": _count, "cell": _cell,
}  # fmt: skip
