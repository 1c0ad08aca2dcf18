"""From a question to operations over tables: every word of it has to be used, else there is no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from groundsight.computing.columns import (
    are_named,
    begun_in,
    called_by_all,
    compared,
    counts_such,
    head_stems,
    is_people,
    is_who,
    measured_column,
    naming_of_rows,
    of_measure,
    of_people,
    unlabelled,
)
from groundsight.computing.linked import Link, sole
from groundsight.computing.linking import link
from groundsight.computing.lookups import (
    cell_of,
    is_unheld,
    looked_up,
    moved_in,
    of_box,
    of_namesakes,
    of_other_side,
    of_row,
    on_its_side,
    says_more,
    traded,
)
from groundsight.computing.parsing.choose import likeliest
from groundsight.computing.run import run
from groundsight.computing.stated import DONE, WHETHER, Stated, asked_for
from groundsight.computing.words import light_verbs, measures, stems
from groundsight.evidence.grids import Row, Table
from groundsight.language.facts import Facts, read_facts
from groundsight.types.computed import Computation

_WHO = ("who", "whom", "whose")
_DIFFERENT = frozenset(("different", "distinct", "kinds", "types", "various"))
_PEOPLE = frozenset(stems("people person persons name names"))


def operations(question: str, tables: Sequence[Table], *, weigh: bool = True) -> list[Computation]:
    """Return what answers a question, best first; empty where a word is used nowhere or two tables disagree.

    ``weigh`` adds what is learned of English questions: which of all programs over a table is meant.
    """
    facts = read_facts(question)
    if (read := _read(facts, tables)) or not weigh:
        return read
    wanted = asked_for(facts)
    if wanted and wanted.paid:
        tables = [table for table in tables if not of_other_side(wanted, link(facts, table, (), wanted.places))]
    return likeliest(facts, tables)


def _read(facts: Facts, tables: Iterable[Table]) -> list[Computation]:
    wanted = asked_for(facts)
    if wanted is None:
        return []
    found: list[tuple[int, Computation]] = []
    for table in tables:
        linked = link(facts, table, (), wanted.places)
        made = None if _unused(wanted, linked) else _answer(wanted, linked)
        # How high a hut is, the row of the hut tells before that of a path that starts there.
        aside = bool(wanted.measure) and linked.table.key not in linked.held
        found += [(linked.weak + aside, made)] if made and _all_told(linked, made) else []
    found.sort(key=lambda one: one[0])
    best = [made for weak, made in found if weak == found[0][0]]
    return [made for _, made in found] if len({(one.operation, one.result) for one in best}) == 1 else []


def _all_told(linked: Link, made: Computation) -> bool:
    """A word that only something like it links has to link a column that the answer uses: married is not joined.

    So has a date: what was paid in March is not what was paid for March.
    """
    heads, columns = linked.table.head, linked.table.columns
    told = {one.column for one in made.conditions} | {one.under for one in made.operands} | {heads[linked.table.key]}
    told |= {heads[at] for at, cells in enumerate(columns) if made.result in cells}
    dated = [at for at in linked.heads if linked.table.scale(at) == "date"] if linked.facts.moments else []
    loose = all(any(heads[at] in told for at in columns) for columns in linked.loose.values())
    return loose and all(heads[at] in told for at in dated)


def _unused(wanted: Stated, linked: Link) -> bool:
    """A word that is used nowhere; of all rows is said of what is added up or counted anyway."""
    whole = wanted.operation in ("sum", "mean", "count") and "all" in linked.facts.all_words
    every = stems("all over across") if whole else ()
    people = _PEOPLE if any(is_people(cells) for cells in linked.table.columns) else ()
    counting = measures()["count"] if wanted.operation == "count" else ()
    things = called_by_all(linked) if wanted.operation in ("most", "least") else ()
    costs = measures()["money"] if linked.ranged is not None else ()  # what 7 kg cost stands under "2 to 10 kg"
    spent = light_verbs().union(every, people, counting, things, costs)
    return any(one.stem not in spent for one in linked.left)


def _answer(wanted: Stated, linked: Link) -> Computation | None:
    if wanted.paid and not on_its_side(wanted, linked):
        return None
    if len(linked.table.rows) == 1:
        return of_box(linked) if wanted.asks == WHETHER else looked_up(wanted, linked)
    match wanted.operation:
        case "most" | "least" | "larger" | "smaller":
            return _extreme(wanted, linked)
        case "sum" | "mean":
            return _total(wanted, linked) or _over(wanted, linked)
        case "difference":
            return _over(wanted, linked) if len(linked.rows) == 2 else None
        case "count":
            return _count(wanted, linked)
        case _ if wanted.asks == WHETHER:
            return of_row(linked)
        case _ if wanted.paid:
            return traded(linked) or _over(replace(wanted, operation="sum"), linked)
        case _:
            return _look_up(wanted, linked)


def _extreme(wanted: Stated, linked: Link) -> Computation | None:
    column = None if _lasting(wanted, linked) else measured_column(wanted, linked)
    if column is None and (begun := begun_in(wanted, linked)) is not None:
        # Who has been here longest came first.
        column, wanted = begun, replace(wanted, operation="least" if wanted.operation == "most" else "most")
    if column is not None and linked.table.open and not all(linked.table.columns[column][at] for at in linked.rows):
        return None
    label = _named(wanted, linked) if wanted.operation in ("most", "least") else linked.table.key
    if label == column and linked.table.key in linked.heads:
        # In which month the museum had most visitors per month, the column of months tells.
        label = linked.table.key
    if wanted.asks == "when" and column is not None and linked.table.scale(column) == "date":
        label = column
    elif column is None or label in (None, column):
        return None
    return run(wanted.operation, linked.table, column, linked.rows, linked.where, label=label, rank=wanted.rank)


def _lasting(wanted: Stated, linked: Link) -> bool:
    """Who has been with us longest: a time since a day, whatever else is measured in hours."""
    return wanted.asks in _WHO and wanted.at == len(linked.words) - 1 and begun_in(wanted, linked) is not None


def _named(wanted: Stated, linked: Link) -> int | None:
    """Return the column of what is asked for: which boat, who; the key of the table for what its own name calls."""
    table, free = linked.table, linked.free
    if wanted.asks in _WHO:
        people, roles = of_people(table, free)
        if not is_who(wanted, linked):
            people, roles = [at for at in people if at == table.key], []
        asked = [at for at in people if wanted.focus in linked.heads.get(at, ())]
        firms = [table.key] if wanted.operation in ("most", "least") and are_named(table.columns[table.key]) else []
        worded = [at for at in linked.told if table.measures[at] is None]
        called = [at for at in worded if are_named([cell for cell in table.columns[at] if cell])]
        return sole(asked, [at for at in roles if at in linked.heads], roles, people, firms, called)
    if wanted.asks in ("when", "where", "how much", "how many"):
        return None
    if heads := [at for at in linked.told if wanted.focus in linked.heads[at]]:
        return heads[0]
    if (
        wanted.operation in ("most", "least")
        and wanted.focus >= 0
        and linked.words[wanted.focus].stem in called_by_all(linked)
    ):
        return naming_of_rows(linked)
    named = wanted.focus in linked.titled and (table.key in free or wanted.operation != "cell")
    return table.key if named else None


def _over(wanted: Stated, linked: Link) -> Computation | None:
    column = _number_column(wanted, linked)
    counted = linked.titled.union(linked.heads.get(column, ()) if column is not None else ())
    # "Paid by" heads the column of those who paid, and "paid" asks for the money.
    others = [at for at in linked.told if at not in (column, linked.table.key) and linked.heads[at] - wanted.places]
    if column is None or others or (wanted.asks == "how many" and wanted.focus not in counted):
        return None
    if wanted.paid and len(linked.rows) == 1:
        return cell_of(column, linked)
    return run(wanted.operation, linked.table, column, linked.rows, linked.where)


def _number_column(wanted: Stated, linked: Link) -> int | None:
    table = linked.table
    numbers = [at for at in linked.free if table.scale(at) in ("number", "time") and at not in table.numbered]
    told = [at for at in linked.told if at in numbers and counts_such(wanted, linked, at)]
    if wanted.paid:
        return moved_in(wanted, linked)
    # A rent is high and a share large without a height or an area.
    if wanted.measure and not (told and wanted.measure in ("height", "size")):
        fits = [at for at in compared(table, wanted.measure) if at in linked.free]
        return sole([at for at in fits if at in told], fits)
    if told:
        named = [at for at in told if wanted.focus in linked.heads[at]]
        return sole(unlabelled(table, named), named, told)
    return sole(numbers)


def _total(wanted: Stated, linked: Link) -> Computation | None:
    """A total that the table prints is read and not added up again."""
    table, asked = linked.table, {one.stem for one in linked.words}
    # Of a subtotal and a total the question names one.
    rows = [row for row in table.totals if {*stems(_label(row))} <= asked] or table.totals
    if wanted.operation != "sum" or linked.met or len(rows) != 1:
        return None
    column = _number_column(wanted, linked)
    if column is None and wanted.asks != "how many":
        column = sole([at for at, cell in enumerate(rows[0].cells) if cell and cell != _label(rows[0])])
    printed = Table(table.source, table.section, table.title, table.head, tuple(rows))
    return run("cell", printed, column, [0]) if column is not None and printed.columns[column][0] else None


def _label(row: Row) -> str:
    return next(filter(None, row.cells), "")


def _count(wanted: Stated, linked: Link) -> Computation | None:
    """Count rows, of different ones what a column of words holds, unless a column of numbers says how many."""
    table, kept, focus = linked.table, linked.rows, wanted.focus
    kinds = [at for at in linked.told if focus in linked.heads[at] and table.measures[at] is None]
    several = not linked.met or bool(linked.facts.all_words & _DIFFERENT)
    if several and len(kinds) == 1 and kept and len({*(table.columns[kinds[0]][at] for at in kept)}) < len(kept):
        return run("kinds", table, kinds[0], kept, linked.where, label=kinds[0])
    numbers = [at for at in linked.told if table.scale(at) == "number" and at not in table.numbered]
    named = focus in linked.heads.get(table.key, ()) and not any(focus in linked.heads[at] for at in numbers)
    if numbers and not named:
        column = sole([at for at in numbers if focus in linked.heads[at]], numbers)
        if column is None or not linked.met:
            return None
        # How many mallards adds up what rows of mallards say; two rows of one name are two things.
        added = any(focus in one.places for one in linked.met)
        total = run("sum", table, column, kept, linked.where) if added else None
        return cell_of(column, linked) or total or of_namesakes(column, linked)
    counted = sole([at for at in of_measure(table, "count") if at in linked.free])
    if len(kept) == 1 and counted is not None and any(focus in one.places for one in linked.met):
        return cell_of(counted, linked)
    return run("count", table, table.key, kept, linked.where) if kept and _counts_rows(wanted, linked) else None


def _counts_rows(wanted: Stated, linked: Link) -> bool:
    """Rows are counted where the counted noun names them: a head, a condition, or the name of the table."""
    focus, key = wanted.focus, linked.table.key
    if any(one.column == key and one.where.test == "is" for one in linked.met):
        return False
    if wanted.asks == "how often":
        return bool(linked.met) and "date" in map(linked.table.scale, linked.free)
    people = focus >= 0 and linked.words[focus].stem in _PEOPLE and is_people(linked.table.columns[key])
    named = focus in linked.titled or any(focus in one.places for one in linked.met)
    return people or named or any(focus in one for at, one in linked.heads.items() if linked.met or at == key)


def _look_up(wanted: Stated, linked: Link) -> Computation | None:
    """Look one cell up, or name all rows that fit; without a condition there is nothing to look up."""
    column, kept = _target(wanted, linked), linked.rows
    if column is None or not kept or not linked.met:
        return None
    if wanted.measure and {*linked.told} - {column, linked.table.key}:
        # How long the hut is closed is no length of the hut.
        return None
    if DONE.match(linked.facts.text.strip()) and linked.table.scale(column) in ("date", "time"):
        # What was opened is no day, though the column is called "Opened".
        return None
    measured = linked.table.measures[column] is not None and column not in linked.table.numbered
    if len(kept) > 1 and (measured or wanted.asks in ("when", "how much", "how many")):
        return of_namesakes(column, linked)
    rows = run("rows", linked.table, column, kept, linked.where, label=column)
    made = cell_of(column, linked) if len(kept) == 1 else rows
    return made if made and says_more(made.result, linked) else None


def _target(wanted: Stated, linked: Link) -> int | None:
    table, free = linked.table, linked.free
    if linked.ranged is not None and wanted.asks not in _WHO:
        return linked.ranged
    named = _named(wanted, linked)
    if named is not None or wanted.asks in _WHO:
        return named
    told = linked.told
    match wanted.asks:
        case "when":
            dated = [at for at in free if table.scale(at) in ("date", "time")]
            return sole([at for at in told if at in dated], dated)
        case "how much" | "how many":
            return _number_column(wanted, linked)
        case "where":
            return sole([at for at in free if head_stems(table.head[at]) & measures()["place"]])
        case _ if not told and not is_unheld(wanted.focus, linked):
            return naming_of_rows(linked)
        case _ if not told and wanted.focus in linked.titled and not any(table.head) and len(table.head) == 2:
            # The fee of a violin lesson in a list of fees.
            return 1 - table.key
        case _:
            pass
    return sole([at for at in told if wanted.focus in linked.heads[at]], told)
