"""A form is a table of one row: what is asked for is one of its labels, said word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from groundsight.computing.columns import head_stems, is_people
from groundsight.computing.conditions import NO, YES
from groundsight.computing.linked import Link, sole
from groundsight.computing.run import run
from groundsight.computing.stated import SHOWS, Stated
from groundsight.computing.words import measures
from groundsight.language.facts import read_facts
from groundsight.types.computed import Computation

LONGEST_NUMBER = 4
_DOES = re.compile(r"what (?:do|does|did)\b", re.I)


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
