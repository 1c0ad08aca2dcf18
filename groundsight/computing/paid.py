"""Money that changes hands: what was spent or earned, by whom, and what was bought or sold for it."""

from __future__ import annotations

from groundsight.computing.columns import head_stems, of_people
from groundsight.computing.linked import Link, sole
from groundsight.computing.run import run
from groundsight.computing.stated import Stated, paying
from groundsight.computing.words import said, sides, stems
from groundsight.types.computed import Computation

_HELPING = frozenset(stems("do does have be"))
_SIDED = frozenset("by to from von par por".split())
_TAKING = frozenset(stems("earn collect raise sell"))


def on_its_side(wanted: Stated, linked: Link) -> bool:
    """Who pays is no supplier, and who was paid no buyer; what is earned is no bill, and what is spent no sale."""
    verb = max(paying(linked.words))
    helped = next((at for at in range(verb - 1, -1, -1) if linked.words[at].stem in _HELPING), verb)
    takes = linked.words[verb].stem in _TAKING
    gives = (linked.words[helped].stem != "be") != takes
    facing, subject = sides()["receiver" if gives else "payer"], set(range(helped + 1, verb))
    if any(one.places & subject and head_stems(linked.table.head[one.column]) & facing for one in linked.met):
        return False
    theirs = any(head_stems(linked.table.head[one.column]) & sides()["payer"] for one in linked.met)
    told = frozenset[str]().union(*map(head_stems, linked.table.head), stems(linked.table.title))
    return bool(told & (sides()["income"] | sides()["payer"])) if takes else theirs or not told & sides()["income"]


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
