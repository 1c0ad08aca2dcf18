"""Every program over a table that a question may mean: conditions that fit together, an operation, its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from groundsight.computing.columns import compared, head_stems
from groundsight.computing.linked import Met
from groundsight.computing.linking import columns_alike
from groundsight.computing.parsing.anchors import anchors
from groundsight.computing.run import run
from groundsight.computing.stated import Stated, asked_for, cues_of, paying
from groundsight.computing.words import RANKS, Ranked, Said, degrees, said, stems
from groundsight.evidence.grids import Table
from groundsight.language.facts import Facts
from groundsight.types.computed import Computation, Operation, Where

# Of 300 questions of WikiTableQuestions 151 have a program with their answer in these bounds, 28 programs each.
CONDITIONS, ANCHORS, SETS, LISTED = 3, 12, 14, 6
COLUMNS, LABELS = 5, 3
QUALITIES = ("steep", "strong", "rich", "best", "better", "wors")


@dataclass(frozen=True)
class Program:
    """An operation on ``column`` of the rows that ``met`` leaves, named by ``label``."""

    operation: Operation
    column: int
    label: int
    met: tuple[Met, ...]
    rows: tuple[int, ...]
    rank: int = 1

    def run(self, table: Table) -> Computation | None:
        """Run it; None where it has no single result."""
        where = tuple(one.where for one in self.met)
        told = [one.column for one in self.met if one.where.test == "is" and table.measures[one.column] is None]
        # A cell is said of what tells its row: the shelf of a book.
        label = self.label if self.operation != "cell" else told[0] if told else table.key
        return run(self.operation, table, self.column, self.rows, where, label=label, rank=self.rank)


@dataclass(frozen=True)
class TableQuestion:
    """A question beside a table."""

    facts: Facts
    table: Table

    @cached_property
    def words(self) -> tuple[Said, ...]:
        """Every word with its place."""
        return said(self.facts.text)

    @cached_property
    def wanted(self) -> Stated | None:
        """The question as the rules read it."""
        return asked_for(self.facts)

    @property
    def asks(self) -> str:
        """The question word, "" for none."""
        return self.wanted.asks if self.wanted else ""

    @property
    def focus(self) -> int:
        """The place of the noun that is asked for, -1 for none."""
        return self.wanted.focus if self.wanted else -1

    @cached_property
    def paid(self) -> bool:
        """Whether it speaks of money that changes hands."""
        return bool(paying(self.words))

    @cached_property
    def degrees(self) -> list[Ranked]:
        """What compares or picks."""
        return degrees(self.words)

    @cached_property
    def rank(self) -> int:
        """2 where the second is asked for."""
        told = [RANKS[one.text.casefold()] for one in self.words if one.text.casefold() in RANKS]
        return told[0] if len(told) == 1 and self.degrees else 1

    @cached_property
    def cues(self) -> dict[str, frozenset[int]]:
        """The words that ask for an operation."""
        return cues_of(self.words)

    @cached_property
    def heads(self) -> tuple[frozenset[int], ...]:
        """For each column the places of the words that its head has."""
        return tuple(
            frozenset(at for at, one in enumerate(self.words) if one.stem in head_stems(head))
            for head in self.table.head
        )

    @cached_property
    def loose(self) -> tuple[frozenset[int], ...]:
        """For each column the places of the words that its head, its unit or its measure licenses."""
        told = [(at, columns_alike(self.table, one)) for at, one in enumerate(self.words) if not one.small]
        return tuple(frozenset(at for at, columns in told if column in columns) for column in range(len(self.heads)))

    @cached_property
    def titled(self) -> frozenset[int]:
        """The places of the words that the name of the table or of its file has."""
        named = {*stems(f"{self.table.source} {self.table.section} {self.table.title}".replace("_", " "))}
        return frozenset(at for at, one in enumerate(self.words) if one.stem in named)

    def measured_by(self, column: int, one: Ranked) -> bool:
        """Heavy is no length, and steep nothing that is called otherwise; high and large may be said of anything."""
        if self.heads[column] or column in compared(self.table, one.degree.measure):
            return True
        return one.degree.measure in ("", "size") and not self.words[one.at].stem.startswith(QUALITIES)

    def likely(self, free: Sequence[int]) -> list[int]:
        """The free columns, those whose heads are said first."""
        first = sorted(free, key=lambda at: (-len(self.heads[at]), -len(self.loose[at]), at != self.table.key, at))
        return first[:COLUMNS]


def programs(asked: TableQuestion) -> Iterator[Program]:
    """Yield every program of some promise, each once."""
    table = asked.table
    for met in _sets(asked):
        rows = tuple(sorted(frozenset(range(len(table.rows))).intersection(*(one.rows for one in met))))
        if rows:
            yield from _over(asked, met, rows)


def _sets(asked: TableQuestion) -> list[tuple[Met, ...]]:
    """Conditions that share no words, those that use most words first; none at all is one of them."""
    every = len(asked.table.rows)
    found = [
        one for one in anchors(asked.facts, asked.words, asked.table, asked.loose) if one.rows and len(one.rows) < every
    ]
    found += list(_beyond(asked, found))
    found.sort(key=lambda one: (-len(one.places), not one.whole, len(one.rows)))
    found = found[:ANCHORS]
    sets: list[tuple[Met, ...]] = [()]
    for one in found:
        for chosen in list(sets):
            if len(chosen) < CONDITIONS and not any(one.places & each.places for each in chosen):
                sets.append(_joined(chosen, one))
    sets.sort(key=lambda met: (-len(frozenset[int]().union(*(one.places for one in met))), len(met)))
    return [*sets[:SETS], *([()] if () not in sets[:SETS] else [])]


def _joined(chosen: tuple[Met, ...], one: Met) -> tuple[Met, ...]:
    """Two values of one column are either's rows."""
    same = next((each for each in chosen if each.column == one.column), None)
    if same is None or {same.where.test, one.where.test} != {"is"} or same.rows & one.rows:
        return (*chosen, one)
    where = same.where.model_copy(update={"values": same.where.values + one.where.values})
    both = replace(same, rows=same.rows | one.rows, where=where, places=same.places | one.places)
    return (*(each for each in chosen if each is not same), both)


def _beyond(asked: TableQuestion, found: Sequence[Met]) -> Iterator[Met]:
    """More than one row has: the rows whose number is beyond that of the row behind "than"."""
    than = next((at for at, one in enumerate(asked.words) if one.text.casefold() == "than"), None)
    one = next((each for each in asked.degrees if each.degree.form == "comparative"), None)
    if than is None or one is None:
        return
    numbers = asked.likely([at for at, each in enumerate(asked.table.measures) if each])
    behind = [met for met in found if len(met.rows) == 1 and min(met.places) > than and met.where.test == "is"]
    for met, column in ((met, column) for met in behind for column in numbers):
        (row,) = met.rows
        measured = asked.table.measures[column]
        if measured and row in measured.keys:
            over, edge = one.degree.end == "high", measured.keys[row]
            rows = [at for at, key in measured.keys.items() if (key > edge if over else key < edge)]
            shown = asked.table.columns[column][row]
            where = Where(column=asked.table.head[column], test="over" if over else "under", values=(shown,))
            yield Met(column, frozenset(rows), where, met.places | one.places | {than} | asked.heads[column])


def _over(asked: TableQuestion, met: tuple[Met, ...], rows: tuple[int, ...]) -> Iterator[Program]:
    """Every operation on the rows that are left."""
    table, held = asked.table, {one.column for one in met}
    free = [at for at in range(len(table.head)) if at not in held]
    likely = asked.likely(free)
    numbers = [at for at in free if table.measures[at]]
    if met:
        operation: Operation = "cell" if len(rows) == 1 else "rows"
        yield from (Program(operation, at, at, met, rows) for at in likely if len(rows) <= LISTED)
        yield Program("count", table.key, table.key, met, rows)
    kinds = [at for at in likely if asked.loose[at] and table.scale(at) != "number"]
    yield from (Program("kinds", at, at, met, rows) for at in kinds)
    if len(rows) == 2:
        yield from _of_two(asked, met, rows, numbers)
    if len(rows) > 1:
        yield from _of_many(asked, met, rows, numbers, likely)


def _of_two(
    asked: TableQuestion, met: tuple[Met, ...], rows: tuple[int, ...], numbers: Sequence[int]
) -> Iterator[Program]:
    key = asked.table.key
    yield from (Program("difference", at, key, met, rows) for at in numbers)
    for end in {one.degree.end for one in asked.degrees}:
        yield from (Program("larger" if end == "high" else "smaller", at, key, met, rows) for at in numbers)


def _of_many(
    asked: TableQuestion, met: tuple[Met, ...], rows: tuple[int, ...], numbers: Sequence[int], likely: Sequence[int]
) -> Iterator[Program]:
    table = asked.table
    plain = [at for at in numbers if table.scale(at) == "number" and at not in table.numbered]
    yield from (Program("sum", at, table.key, met, rows) for at in plain)
    yield from (Program("mean", at, table.key, met, rows) for at in plain if "mean" in asked.cues)
    apt = {(one.degree.end, at): None for one in asked.degrees for at in numbers if asked.measured_by(at, one)}
    for end, at in apt:
        named = [label for label in likely if label != at][:LABELS]
        for label in dict.fromkeys((*named, table.key, at)):
            yield Program("most" if end == "high" else "least", at, label, met, rows, asked.rank)
