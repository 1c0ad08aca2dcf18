"""Operations over a table that yield what a free sentence states of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from groundsight.computing.columns import compared, head_stems
from groundsight.computing.conditions import ticked
from groundsight.computing.linked import Link, Met
from groundsight.computing.linking import link
from groundsight.computing.run import run
from groundsight.computing.stated import Stated, stated
from groundsight.computing.words import Said
from groundsight.evidence.grids import Table
from groundsight.evidence.heads import scales_of
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity, find_quantities
from groundsight.language.same_number import agrees
from groundsight.types.computed import Computation


@dataclass(frozen=True)
class Found:
    """What a sentence states, computed: whether it holds, and the stretch of the sentence that gives the result."""

    made: Computation
    holds: bool
    span: tuple[int, int]


_OF = re.compile(r"\b(?:of|von|aus|de|sur)\s+(?:(?:the|all|den|les|los)\s+)*$", re.IGNORECASE)
_COMPARED = ("most", "least", "larger", "smaller", "difference")


def in_table(facts: Facts, table: Table, known: Callable[[Sequence[str]], bool]) -> Iterator[Found]:
    """Yield the readings of a sentence as an operation over a table of which every word is used.

    ``known`` says whether the words that name no part of the table stand in the text around it; with several such
    words a sentence may hold, but does not fail: they may speak of something else.
    """
    exact = [one for one in facts.quantities if one.bound in ("exact", "sure", "about")]
    whole = [one for one in facts.moments if one.day or one.hour or one.month is None]
    for one in stated(facts):
        linked = link(facts, table, (*exact, *(whole if one.operation in _COMPARED else ())), one.places)
        unknown = [word.stem for word in _unknown(one, linked)]
        if linked.denied or not known(unknown) or (facts.negations and not linked.met):
            continue
        made = _computed(one, linked)
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
    under = linked.table.head.index(found.made.operands[0].under)
    told = " ".join(cells)
    if one.operation in ("most", "least"):
        cells += linked.table.columns[under]
    shown = [each for cell in cells for each in find_quantities(cell)]
    counts = (found.made.among, len(linked.table.rows), len(found.made.operands))
    inside = {at for met in linked.met for at in met.places}
    headed = inside | linked.heads.get(under, set())
    return all(
        number is one.value
        or number.low in counts
        or linked.inside(number.span) & inside
        or any(agrees(replace(number, kind=""), replace(each, kind="")) for each in shown)
        for number in exact
    ) and all(each.text in told or linked.inside(each.span) <= headed for each in linked.facts.moments)


def _computed(one: Stated, linked: Link) -> Found | None:
    column = _measured(one, linked)
    match one.operation:
        case "count":
            return _count(one, linked)
        case "cell" if one.value is None:
            return _cells(linked)
        case _ if column is None:
            return None
        case "most" | "least":
            return _extreme(one, linked, column)
        case "larger" | "smaller":
            return _larger(one, linked, column)
        case "difference":
            return _difference(one, linked, column)
        case "cell" if not _named(linked)[0]:
            return None
        case _:
            return _stating(one, linked, run(one.operation, linked.table, column, linked.rows, linked.where))


def _stating(one: Stated, linked: Link, made: Computation | None, holds: bool = True) -> Found | None:
    """A computation whose result the sentence gives as a number."""
    if made is None or one.value is None:
        return None
    return Found(made, holds and says(one.value, made, linked.table), one.value.span)


def says(value: Quantity, made: Computation, table: Table) -> bool:
    """Whether a number of a sentence says a computed result, its unit, its scale and its rounding included."""
    bare = find_quantities(made.result)
    read = (*find_quantities(f"{made.result} {made.unit}".strip()), *(() if value.kind and made.unit else bare)) or bare
    scales = scales_of(f"{table.rows[0].evidence.title} {table.title} {table.section}")
    return any(agrees(value, one, scales) for one in read)


def _measured(one: Stated, linked: Link) -> int | None:
    """The column that is compared or added up: of the measure that is said, else of the number's unit, else named."""
    table = linked.table
    numbers = [at for at in range(len(table.head)) if table.measures[at] and at not in linked.held]
    told = [at for at in linked.told if at in numbers]
    sized = [at for at in compared(table, one.measure) if at in numbers]
    if sized or one.measure not in ("", "size"):
        fits = sized
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
    """The conditions that name rows by their key, and the others: a month names no day of a table of days."""
    key = linked.table.key
    by_key = [
        one for one in linked.met if one.column == key and one.where.test == "is" and (one.first or not one.whole)
    ]
    return by_key, [one for one in linked.met if one not in by_key]


def _rows(linked: Link, met: Sequence[Met]) -> list[int]:
    return sorted(frozenset(range(len(linked.table.rows))).intersection(*(one.rows for one in met)))


def _extreme(one: Stated, linked: Link, column: int) -> Found | None:
    named = _subject(linked)
    if named is None or len(named.rows) != 1:
        return None
    others = [each for each in linked.met if each is not named]
    where, kept = [each.where for each in others], _rows(linked, others)
    made = run(one.operation, linked.table, column, kept, where, label=named.column, rank=one.rank)
    named_so = linked.table.columns[named.column][min(named.rows)]
    return Found(made, named_so == made.result, _stretch(linked, named.places)) if made else None


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


def _larger(one: Stated, linked: Link, column: int) -> Found | None:
    pair = _pair(one, linked)
    made = run(one.operation, linked.table, column, pair) if pair else None
    if made is None or pair is None:
        return None
    return Found(made, made.result == linked.table.columns[linked.table.key][pair[0]], _stretch(linked, one.places))


def _difference(one: Stated, linked: Link, column: int) -> Found | None:
    both = one.end == "both"
    rows = _ends(linked, column) if both else _pair(one, linked)
    made = run("difference", linked.table, column, rows) if rows else None
    if made is None or rows is None:
        return None
    ahead = linked.table.columns[linked.table.key][rows[0]] == made.operands[0].of
    return _stating(one, linked, made, both or one.at < 0 or ahead == (one.end == "high"))


def _ends(linked: Link, column: int) -> list[int] | None:
    """The rows with the most and with the least of a column."""
    measured, kept = linked.table.measures[column], linked.rows
    held = sorted((measured.keys[at], at) for at in kept if at in measured.keys) if measured else []
    return [held[-1][1], held[0][1]] if len(held) > 1 and len(held) == len(kept) else None


def _count(one: Stated, linked: Link) -> Found | None:
    """Count the rows that meet the conditions; rows that are named beside it have to be those."""
    named, others = _named(linked)
    whole = [each for each in named if each.whole]
    met = others if whole else linked.met
    kept = _rows(linked, met)
    if one.value is None or not kept or not linked.met:
        return None
    holds = one.value.low == one.value.high == len(kept) and all(each.rows == frozenset(kept) for each in whole)
    if not _of_all(one.value, linked) and (whole or not holds):
        return None
    made = run("count", linked.table, linked.table.key, kept, [each.where for each in met])
    return Found(made, holds, one.value.span) if made else None


def _of_all(value: Quantity, linked: Link) -> bool:
    """ "Three of the five": behind "of" stands the count of all rows; the 3 of "3 cabins" is none."""
    numbers = (each for each in linked.facts.quantities if each is not value and each.low == len(linked.table.rows))
    return any(_OF.search(linked.facts.text[: each.span[0]]) for each in numbers)


def _cells(linked: Link) -> Found | None:
    """The cells of one row as words or dates; another cell than the one of a column that is named fails."""
    # Who has paid the rent of a plot is not told by who holds it, nor who watered it by its water tap.
    used = linked.held | {linked.table.key}
    told = {at for column in used for at in linked.heads.get(column, ())}
    idle = any(not places <= told for column, places in linked.heads.items() if column not in used)
    stems = {one.stem for one in linked.words}
    partly = any(
        each.where.values and ticked(each) and not head_stems(each.where.column) <= stems for each in linked.met
    )
    if idle or partly or not all(each.whole for each in linked.met):
        return None
    for named in sorted(linked.met, key=lambda each: each.column != linked.table.key):
        told = [each for each in linked.met if each is not named]
        if len(named.rows) == 1 and told and all(each.column in linked.heads for each in told):
            wrong = next((each for each in told if not named.rows <= each.rows), None)
            shown = wrong or told[0]
            made = run("cell", linked.table, shown.column, sorted(named.rows), [named.where], label=named.column)
            return Found(made, wrong is None, _stretch(linked, shown.places)) if made else None
    return None
