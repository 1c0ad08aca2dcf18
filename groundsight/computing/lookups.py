"""What a question looks up: the cell of a row, rows of one name, a label of a form, money that changes hands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundsight.computing.columns import head_stems, is_people, of_people
from groundsight.computing.conditions import NO, YES
from groundsight.computing.linked import Link, sole
from groundsight.computing.run import run
from groundsight.computing.stated import SHOWS, Stated, paying
from groundsight.computing.words import light_verbs, measures, said, sides, stems
from groundsight.language.facts import read_facts
from groundsight.types.computed import Computation

# More rows than this are a list, and no name that several things have.
MOST_NAMESAKES = 4
LONGEST_NUMBER = 4
_DOES = re.compile(r"what (?:do|does|did)\b", re.I)
_HELPING = frozenset(stems("do does have be"))
_SIDED = frozenset("by to from von par por".split())
_BUYING = frozenset(stems("buy purchase order"))
_TAKING = frozenset(stems("earn sell"))


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
    # A kind that many rows have is no name of theirs.
    if 3 * len({*table.columns[names[0].column]}) < 2 * len(table.rows):
        return None
    return run("rows", table, column, kept, linked.where, label=apart[0])


def _told_by(linked: Link, column: int) -> int:
    """The column by which a question tells a row: that of a condition in words, else the one that names the rows."""
    words = [
        one for one in linked.met if one.column != column and not {*map(str.casefold, one.where.values)} <= YES | NO
    ]
    held = [one.column for one in words if linked.table.measures[one.column] is None and one.where.test == "is"]
    return linked.table.key if linked.table.key in held or not held else held[0]


def looked_up(wanted: Stated, linked: Link) -> Computation | None:
    """A form has one row, which its title names; what is asked for has to be one of its labels, word by word."""
    column = _labelled(linked, linked.told)
    typed = column is not None and _typed(wanted, linked.table.columns[column][0])
    column = column if typed else sole([at for at, asks in linked.labels.items() if wanted.asks in asks.split()])
    if column is None and wanted.asks == "when" and not linked.heads:
        # What a note is about took place on its date.
        dated = [at for at, head in enumerate(linked.table.head) if head_stems(head) <= measures()["date"]]
        column = sole([at for at in dated if _typed(wanted, linked.table.columns[at][0])])
    asked = linked.facts.text.strip()
    told = SHOWS.match(asked) or any(column in columns for columns in linked.loose.values())
    if column is None or not linked.rows or (_DOES.match(asked) and not told):
        # What somebody does or gets is not the somebody; what something costs or shows is its value.
        return None
    return run("cell", linked.table, column, [0], label=column)


def of_box(linked: Link) -> Computation | None:
    """Whether something is so is told by the box, the yes or the no beside what a form calls it."""
    column = _labelled(linked, linked.heads)
    told = linked.table.columns[column][0].casefold() if column is not None else ""
    made = run("cell", linked.table, column, [0], label=column) if column is not None and told in YES | NO else None
    return made.model_copy(update={"operation": "whether", "result": "yes" if told in YES else "no"}) if made else None


def says_more(value: str, linked: Link) -> bool:
    """A value that has only words of the question says nothing."""
    return bool({*stems(value)} - {one.stem for one in linked.words})


def is_unheld(place: int, linked: Link) -> bool:
    """True for a word that names what is asked for: no condition has it, and it says something."""
    inside = any(place in one.places for one in linked.met)
    return place >= 0 and not inside and linked.words[place].stem not in light_verbs()


def of_row(linked: Link) -> Computation | None:
    """Whether something is so of a row that the question names is told by the one cell that it speaks of."""
    table = linked.table
    named = linked.of_column(table.key)
    asked = {*linked.held, *linked.told} - {table.key}
    if named is None or len(named.rows) != 1 or named.where.test != "is" or len(asked) != 1:
        return None
    column = asked.pop()
    made, stated = run("cell", table, column, sorted(named.rows), label=table.key), linked.of_column(column)
    if made is None or stated is None:
        return made
    return made.model_copy(update={"operation": "whether", "result": "yes" if named.rows <= stated.rows else "no"})


def _labelled(linked: Link, among: Iterable[int]) -> int | None:
    """The only label of a form that a question says word by word."""
    stems_at = {at: {linked.words[one].stem for one in linked.heads[at]} for at in among}
    return sole([at for at, said in stems_at.items() if head_stems(linked.table.head[at]) <= said])


def _typed(wanted: Stated, value: str) -> bool:
    """A value of the kind that is asked for; how much or many is a number and little else."""
    read = read_facts(value)
    counted = bool(read.quantities) and len(value.split()) <= LONGEST_NUMBER
    who = bool(read.names) or is_people([value])
    kinds = {"when": bool(read.moments), "who": who, "how much": counted, "how many": counted}
    return kinds.get(wanted.asks, True)


def on_its_side(wanted: Stated, linked: Link) -> bool:
    """Nobody of the other side is named, and some column holds such money."""
    return not of_other_side(wanted, linked) and moved_in(wanted, linked) is not None


def of_other_side(wanted: Stated, linked: Link) -> bool:
    """Who pays is no supplier, and who was paid no buyer."""
    verb = max(paying(linked.words))
    helped = next((at for at in range(verb - 1, -1, -1) if linked.words[at].stem in _HELPING), verb)
    takes = linked.words[verb].stem in _TAKING
    gives = (linked.words[helped].stem != "be") != takes
    facing, subject = sides()["receiver" if gives else "payer"], set(range(helped + 1, verb))
    return any(one.places & subject and head_stems(linked.table.head[one.column]) & facing for one in linked.met)


def moved_in(wanted: Stated, linked: Link) -> int | None:
    """The column of the money that was paid or taken in: what is earned is no cost, and what is spent no revenue."""
    table = linked.table
    money = [
        at for at, one in enumerate(table.measures)
        if one and one.scale == "number" and (len(one.kind) == 3 or head_stems(table.head[at]) & measures()["money"])
    ]  # fmt: skip
    income = [at for at in money if head_stems(table.head[at]) & sides()["income"]]
    payers = [at for at, head in enumerate(table.head) if head_stems(head) & sides()["payer"]]
    verb = linked.words[max(paying(linked.words))].stem
    if income and verb in _BUYING:
        # What was bought in a list of sales, the buyers would have to say.
        return None
    if verb in _TAKING:
        return sole(income, money if payers or {*stems(table.title)} & sides()["income"] else ())
    told = [at for at in money if verb in head_stems(table.head[at])]
    return sole(told, [at for at in money if at not in income], income if {*payers} & linked.held else ())


def traded(linked: Link) -> Computation | None:
    """Name the things that were bought or sold: the only column of words that holds no persons and no condition."""
    table, known = linked.table, sides()["payer"] | sides()["receiver"]
    persons = {at for side in of_people(table, linked.free) for at in side}
    worded = [at for at in linked.free if table.measures[at] is None and at not in persons]
    # "Paid by", "sold to" head those who did it.
    sided = [
        at
        for at in worded
        if _SIDED & {one.text.casefold() for one in said(table.head[at])} or head_stems(table.head[at]) & known
    ]
    things = sole([at for at in worded if at not in sided])
    return (
        run("rows", table, things, linked.rows, linked.where, label=things)
        if things is not None and linked.met
        else None
    )
