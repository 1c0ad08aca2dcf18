"""Which words of a question hold rows of a table: words of cells, numbers and dates, boxes, each also denied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from groundsight.computing.conditions import NO, TESTS, YES, fits_moment, rows_at
from groundsight.computing.linked import Met
from groundsight.computing.words import Said, condition_words, degree, places_in, stems
from groundsight.evidence.grids import Table
from groundsight.language.facts import Facts
from groundsight.types.computed import Where

# A bound stands at most so many words before its number: "after the year 1961".
REACH = 3


def anchors(facts: Facts, words: Sequence[Said], table: Table, heads: Sequence[frozenset[int]]) -> list[Met]:
    """Return every condition that some words may mean, on every column that may be meant; they overlap.

    ``heads`` are the places of the words that name each column.
    """
    denying = {at for at, one in enumerate(words) if condition_words().get(one.text.casefold()) == "not"}
    for one in facts.negations:
        denying |= places_in(words, (facts.tokens[one.at].start, facts.tokens[one.at].end))
    found = [*_of_cells(words, table), *_of_numbers(facts, words, table), *_of_moments(facts, words, table)]
    found += _of_boxes(table, heads)
    return [
        *found,
        *_blank(table, heads, denying),
        *(other for one in found if (other := _denied(table, one, denying))),
    ]


def _of_boxes(table: Table, heads: Sequence[frozenset[int]]) -> Iterator[Met]:
    """The rows that have yes under a head of boxes."""
    for column, cells in enumerate(table.columns):
        told = [cell.casefold() for cell in cells]
        rows = [row for row, cell in enumerate(told) if cell in YES]
        if heads[column] and rows and {*told} <= YES | NO:
            yield _met(table, column, rows, "is", cells[rows[0]], {*heads[column]})


def _blank(table: Table, heads: Sequence[frozenset[int]], denying: set[int]) -> Iterator[Met]:
    """What is not given back has no entry under "Back"."""
    for column, cells in enumerate(table.columns):
        rows = [row for row, cell in enumerate(cells) if not any(map(str.isalnum, cell))]
        near = {at for at in denying if any(abs(at - place) <= REACH for place in heads[column])}
        if near and 0 < len(rows) < len(cells):
            yield _met(table, column, rows, "is not", "given", {*heads[column], *near})


def _of_cells(words: Sequence[Said], table: Table) -> Iterator[Met]:
    """The longest stretches of the question that cells of a column have, each with the rows that have it."""
    places: dict[str, list[int]] = {}
    for at, one in enumerate(words):
        places.setdefault(one.stem, []).append(at)
    for column, cells in enumerate(table.columns):
        if table.scale(column) in ("number", "time"):
            continue
        runs = _rows_by_run(words, places, cells)
        for (start, end), rows in runs.items():
            if not any((start, end) != other and _within((start, end), other) for other in runs):
                whole = [row for row in rows if len(stems(cells[row])) <= end - start]
                values = tuple(dict.fromkeys(cells[row] for row in sorted(whole or rows)))
                where = Where(column=table.head[column], values=values)
                yield Met(column, frozenset(whole or rows), where, frozenset(range(start, end)), bool(whole))


def _rows_by_run(
    words: Sequence[Said], places: dict[str, list[int]], cells: Sequence[str]
) -> dict[tuple[int, int], set[int]]:
    runs: dict[tuple[int, int], set[int]] = {}
    for row, cell in enumerate(cells):
        for run in _runs(words, places, stems(cell)):
            runs.setdefault(run, set()).add(row)
    return runs


def _runs(words: Sequence[Said], places: dict[str, list[int]], parts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Stretches of the question that are stretches of a cell and do not begin or end with a small word."""
    for first, part in enumerate(parts):
        for at in places.get(part, ()):
            if first and at and words[at - 1].stem == parts[first - 1]:
                continue
            end = at
            while end - at + first < len(parts) and end < len(words) and words[end].stem == parts[end - at + first]:
                end += 1
            start = at
            while start < end and words[start].small:
                start += 1
            while end > start and words[end - 1].small:
                end -= 1
            if end > start:
                yield start, end


def _within(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return other[0] <= one[0] and one[1] <= other[1]


def _of_numbers(facts: Facts, words: Sequence[Said], table: Table) -> Iterator[Met]:
    for one in facts.quantities:
        if one.kind == "ordinal":
            continue
        places = places_in(words, one.span)
        test = TESTS.get(one.bound, "is")
        for column, measured in enumerate(table.measures):
            if places and measured and measured.scale == "number" and one.kind in ("", measured.kind):
                rows = rows_at(table, column, one)
                bound = _bound(words, min(places)) if test != "is" else set[int]()
                yield _met(table, column, rows, test, one.text, places | bound)


def _of_moments(facts: Facts, words: Sequence[Said], table: Table) -> Iterator[Met]:
    for one in facts.moments:
        places = places_in(words, one.span)
        scale = "time" if one.hour is not None else "date"
        bound = _bound(words, min(places)) if places else set[int]()
        roles = [role for at in bound if (role := condition_words().get(words[at].text.casefold()))]
        role = roles[0] if roles else "is"
        for column, measured in enumerate(table.measures):
            if places and measured and measured.scale == scale:
                rows = [at for at, key in measured.keys.items() if fits_moment(key, one, role)]
                yield _met(table, column, rows, role if role in TESTS.values() else "is", one.text, places | bound)


def _bound(words: Sequence[Said], first: int) -> set[int]:
    """The words before a number that bound it, with what stands between."""
    near = range(max(0, first - REACH), first)
    bounds = {at for at in near if condition_words().get(words[at].text.casefold()) in TESTS.values()}
    told = bounds | {at for at in near if degree(words[at].text)}
    return {*range(min(told), first)} if told else set()


def _met(table: Table, column: int, rows: Sequence[int], test: str, shown: str, places: set[int]) -> Met:
    where = Where.model_validate({"column": table.head[column], "test": test, "values": (shown,)})
    return Met(column, frozenset(rows), where, frozenset(places))


def _denied(table: Table, one: Met, denying: set[int]) -> Met | None:
    """The other rows, where a denial stands right before."""
    told = [at for at in denying if 0 < min(one.places) - at <= REACH]
    if not told or one.where.test != "is":
        return None
    rest = frozenset(range(len(table.rows))) - one.rows
    where = one.where.model_copy(update={"test": "is not"})
    return replace(one, rows=rest, where=where, places=one.places | {max(told)})
