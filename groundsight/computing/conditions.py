"""Numbers, dates and denials of a sentence as conditions on the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from groundsight.computing.linked import Link, Met, sole
from groundsight.computing.words import RANKS, condition_words, degree, stems
from groundsight.evidence.grids import Measured, Table, seconds
from groundsight.language.dates import Moment, agree, find_moments
from groundsight.language.quantities import Quantity, find_quantities
from groundsight.types.computed import Where

_SIGN = re.compile(r"\b(?:negative|positive|out of)\b", re.I)
_PLACES = frozenset(("place", "rank", "position", "pos.", "platz", "rang"))
_COMING = frozenset(stems("come came finish end place"))
TESTS = {"gt": "over", "lt": "under", "ge": "from", "le": "up to"}
NONE = frozenset(("no", "nothing", "none"))
YES = frozenset(("yes", "true", "x", "[x]", "✓", "✔", "☑", "☒"))
NO = frozenset(("no", "false", "-", "[ ]", "✗", "✘", "☐", ""))


def numbers(linked: Link, values: Sequence[Quantity | Moment]) -> None:
    """A number with a bound, or one that a measured column holds exactly, is a condition."""
    for one in linked.facts.quantities:
        places = linked.inside(one.span)
        if one in values or places & linked.used or one.kind == "ordinal":
            continue
        if one.kind and _in_range(linked, one, places):
            continue
        columns = [at for at in _measured(linked, one) if at not in linked.held and rows_at(linked.table, at, one)]
        column = sole([at for at in columns if at in linked.heads], columns)
        if column is not None:
            test = TESTS.get(one.bound, "is")
            bound = _bound_words(linked, min(places))
            _add(linked, column, rows_at(linked.table, column, one), test, one.text, places | bound)


def _in_range(linked: Link, one: Quantity, places: set[int]) -> bool:
    """30 kg stand in the row of what is over 25 kg, of the only column whose cells bound such a figure."""
    found: dict[int, list[int]] = {}
    for column, cells in enumerate(linked.table.columns):
        bounds = {at: read[0] for at, cell in enumerate(cells) if len(read := _ranges(cell, one.kind)) == 1}
        if len({(each.bound, each.low, each.high) for each in bounds.values()}) > 1:
            found[column] = [at for at, each in bounds.items() if _admits(each, one.low)]
    column = sole([*found])
    if one.bound != "exact" or column is None or not found[column]:
        return False
    _add(linked, column, found[column], "is", one.text, places)
    return True


def ranges_of_heads(linked: Link) -> None:
    """30 kg name the column of what is over 25 kg, where heads bound such figures."""
    for one in linked.facts.quantities:
        read = [
            (at, bounds[0]) for at, head in enumerate(linked.table.head) if len(bounds := _ranges(head, one.kind)) == 1
        ]
        fits = [at for at, bounds in read if _admits(bounds, one.low)]
        if one.kind and one.bound == "exact" and len(read) > 1 and len(fits) == 1:
            linked.ranged = fits[0]
            linked.heads.setdefault(fits[0], set()).update(linked.inside(one.span))
            linked.used |= linked.inside(one.span)


def _ranges(cell: str, kind: str) -> list[Quantity]:
    return [
        each for each in find_quantities(cell) if each.kind == kind and (each.low < each.high or each.bound != "exact")
    ]


def _admits(bounds: Quantity, value: float) -> bool:
    tests = {"gt": value > bounds.low, "ge": value >= bounds.low, "lt": value < bounds.low, "le": value <= bounds.low}
    return tests.get(bounds.bound, bounds.low <= value <= bounds.high)


def _add(linked: Link, column: int, rows: Sequence[int], test: str, shown: str, places: set[int]) -> None:
    where = Where.model_validate({"column": linked.table.head[column], "test": test, "values": (shown,)})
    linked.met.append(Met(column, frozenset(rows), where, frozenset(places)))
    linked.used |= places


def _measured(linked: Link, one: Quantity) -> list[int]:
    """The columns of numbers that a number may speak of: of its unit, where it has one."""
    columns = enumerate(linked.table.measures)
    return [at for at, each in columns if each and each.scale == "number" and _is_of(one, each)]


def _is_of(one: Quantity, each: Measured) -> bool:
    """Of one kind, or without one; degrees are compared in their own scale only."""
    return one.kind in ("", each.kind) or (bool(one.unit) and one.unit == each.unit.casefold())


def rows_at(table: Table, column: int, one: Quantity) -> list[int]:
    """Return the rows whose number in a column is, or is bounded as, a quantity says."""
    measured = table.measures[column]
    if measured is None:
        return []
    tests: dict[str, Callable[[float], bool]] = {
        "gt": lambda value: value > one.low, "ge": lambda value: value >= one.low,
        "lt": lambda value: value < one.low, "le": lambda value: value <= one.low,
    }  # fmt: skip
    test = tests.get(one.bound, lambda value: abs(value - one.low) <= 1e-9 * max(1.0, abs(value)))
    factor = measured.factor if one.kind else 1.0
    return [at for at, key in measured.keys.items() if test(float(key) * factor)]


def _bound_words(linked: Link, first: int) -> set[int]:
    """The words before a number that make it a bound ("more than", "at least", "over")."""
    found: set[int] = set()
    for at in range(first - 1, max(-1, first - 4), -1):
        word = linked.words[at].text.casefold()
        if word not in condition_words() and not degree(word) and not linked.words[at].small:
            break
        found.add(at)
    return found


def moments(linked: Link) -> None:
    """A date with before or after, or one that a column of dates holds, is a condition."""
    for one in linked.facts.moments:
        places = linked.inside(one.span)
        scale = "time" if one.hour is not None else "date"
        columns = [at for at in range(len(linked.table.head)) if linked.table.scale(at) == scale]
        column = sole([at for at in columns if at in linked.heads], columns)
        if not places <= linked.used and column is not None:
            _meet_moment(linked, column, one, places)
        elif len(linked.table.rows) == 1 and _dates(linked.table, one):
            # The head of a mail names its day with the weekday and the hour.
            linked.used |= places


def _dates(table: Table, one: Moment) -> bool:
    return any(agree(one, find_moments(cell)) for cell in table.rows[0].cells)


def _meet_moment(linked: Link, column: int, one: Moment, places: set[int]) -> None:
    before = min(places) - 1
    if before > 0 and linked.words[before].text.casefold() == "than":
        before -= 1
    role = condition_words().get(linked.words[before].text.casefold() if before >= 0 else "", "is")
    measured = linked.table.measures[column]
    rows = [at for at, key in measured.keys.items() if fits_moment(key, one, role)] if measured else []
    test = role if role in ("over", "under", "from") else "is"
    bound = set(range(before, min(places))) if test != "is" else set[int]()
    _add(linked, column, rows, test, one.text, places | bound)


def fits_moment(key: Decimal, one: Moment, role: str) -> bool:
    """Compare a key with the fields that are said: after 2020 begins in 2021."""
    if one.hour is not None:
        low = high = seconds(f"{one.hour}:{one.minute or 0:02}")
    elif one.year is None:
        return _same_day(int(key), one)
    else:
        low = Decimal(one.year * 10_000 + (one.month or 0) * 100 + (one.day or 0))
        high = Decimal(one.year * 10_000 + (one.month or 99) * 100 + (one.day or 99))
    return {"under": key < low, "over": key > high, "from": key >= low}.get(role, low <= key <= high)


def _same_day(key: int, one: Moment) -> bool:
    month, day = key // 100 % 100, key % 100
    return one.month in (None, month) and one.day in (None, day) and one.month is not None


def denials(linked: Link) -> None:
    """A small word of denial turns the condition behind it around; a column of yes and no is a condition itself."""
    _flags(linked)
    for at, one in list(linked.open()):
        if condition_words().get(one.text.casefold()) != "not":
            continue
        if _none_of(linked, at):
            continue
        after = [met for met in linked.met if max(met.places) > at and met.where.test == "is"]
        behind = [
            met for met in linked.met if max(met.places) == at - 1 and {*map(str.casefold, met.where.values)} <= YES
        ]
        if after or behind:
            nearest = min(behind or after, key=lambda met: min(met.places))
            _turn(linked, nearest, at)
        else:
            _not_given(linked, at)


def _none_of(linked: Link, at: int) -> bool:
    """No beds, costs nothing: 0 in the column of numbers that is named around the word."""
    if linked.words[at].text.casefold() not in NONE:
        return False
    near = [column for column, places in linked.heads.items() if {at - 1, at + 1} & places]
    numbers = [column for column in near if linked.table.scale(column) == "number" and column not in linked.held]
    if len(numbers) != 1 or (measured := linked.table.measures[numbers[0]]) is None:
        return False
    rows = [row for row, key in measured.keys.items() if key == 0]
    _add(linked, numbers[0], rows, "is", "0", {at} | linked.heads[numbers[0]])
    return True


def _not_given(linked: Link, at: int) -> None:
    """What is not collected has no entry under Collected."""
    for column, places in linked.heads.items():
        cells = linked.table.columns[column]
        blank = [row for row, cell in enumerate(cells) if not any(map(str.isalnum, cell))]
        if max(places) > at and column not in linked.held and 0 < len(blank) < len(cells):
            _add(linked, column, blank, "is not", "given", {at, *places})
            return


def columns_compared(linked: Link) -> None:
    """Below the minimum, above the limit: a column of numbers against the only other one of its unit."""
    measured = {at: one for at, one in enumerate(linked.table.measures) if one and one.scale == "number"}
    for column, places in list(linked.heads.items()):
        first = min(places)
        before = next((at for at in range(first - 1, -1, -1) if not linked.words[at].small), -1)
        role = condition_words().get(linked.words[before].text.casefold()) if before >= 0 else None
        if column not in measured or role not in ("under", "over") or before in linked.used:
            continue
        same = [at for at, one in measured.items() if at != column and one.kind == measured[column].kind]
        other = sole([at for at in same if at in linked.heads], same)
        if other is not None and other not in linked.held:
            keys, against = measured[other].keys, measured[column].keys
            both = sorted(keys.keys() & against.keys())
            rows = [at for at in both if (keys[at] < against[at] if role == "under" else keys[at] > against[at])]
            _add(linked, other, rows, role, linked.table.head[column], {before, *places})
            del linked.heads[column]


def signs(linked: Link) -> None:
    """Negative, positive and out of something are conditions on a column of numbers."""
    found = _SIGN.search(linked.facts.text)
    if found is None:
        return
    places = linked.inside(found.span())
    numbers = [at for at, one in enumerate(linked.table.measures) if one and one.scale == "number"]
    column = sole([at for at in numbers if at in linked.heads], numbers)
    if column is None or column in linked.held:
        return
    test = {"n": "under", "p": "over", "o": "is"}[found[0][0].casefold()]
    fits: dict[str, Callable[[Decimal], bool]] = {
        "under": lambda key: key < 0, "over": lambda key: key > 0, "is": lambda key: key == 0
    }  # fmt: skip
    measured = linked.table.measures[column]
    rows = [at for at, key in measured.keys.items() if fits[test](key)] if measured else []
    _add(linked, column, rows, test, "0", places | linked.heads.get(column, set()))


def places(linked: Link) -> None:
    """Who won, who came second: the place in a table of places."""
    ranks = {"won": 1, "winner": 1, "win": 1, **RANKS}
    ranked = [
        at for at, head in enumerate(linked.table.head) if head.casefold() in _PLACES and linked.table.measures[at]
    ]
    column = sole(ranked)
    measured = linked.table.measures[column] if column is not None and column not in linked.held else None
    if column is None or measured is None:
        return
    told = [(at, rank) for at, one in linked.open() if (rank := ranks.get(one.text.casefold()))]
    if len(told) == 1:
        at, rank = told[0]
        rows = [row for row, key in measured.keys.items() if key == rank]
        around = {near for near in (at - 1, at + 1) if near < len(linked.words) and linked.words[near].stem in _COMING}
        _add(linked, column, rows, "is", str(rank), {at} | around)


def ticked(met: Met) -> bool:
    """True for a condition on a column of yes and no."""
    return {*map(str.casefold, met.where.values)} <= YES | NO


def _flags(linked: Link) -> None:
    for column, places in list(linked.heads.items()):
        cells = [cell.casefold() for cell in linked.table.columns[column]]
        if column in linked.held or not {*cells} <= YES | NO or not {*cells} & YES:
            continue
        rows = frozenset(at for at, cell in enumerate(cells) if cell in YES)
        values = tuple(dict.fromkeys(linked.table.columns[column][at] for at in sorted(rows)))
        where = Where(column=linked.table.head[column], values=values)
        linked.met.append(Met(column, rows, where, frozenset(places)))


def _turn(linked: Link, met: Met, at: int) -> None:
    rest = frozenset(range(len(linked.table.rows))) - met.rows
    other = dict.fromkeys(linked.table.columns[met.column][row] for row in sorted(rest))
    # Paid: no says it better than paid: not yes.
    ticked = all(other) and {*map(str.casefold, met.where.values)} <= YES
    said = {"values": tuple(other)} if ticked else {"test": "is not"}
    where = met.where.model_copy(update=said)
    linked.met[linked.met.index(met)] = replace(met, rows=rest, where=where, places=met.places | {at})
    linked.used.add(at)
