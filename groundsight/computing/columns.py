"""What the columns of a table hold: a measure, by unit or by the words of their heads, or persons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from groundsight.computing.linked import Link, sole
from groundsight.computing.stated import Stated
from groundsight.computing.words import measures, operations, said, sides, stems
from groundsight.evidence.grids import Measured, Table
from groundsight.evidence.tables import head_unit
from groundsight.language.licences import is_known
from groundsight.language.stems import lexicon_rows, stem
from groundsight.language.units import unit_named

# An altitude in metres is no length.
LENGTHS = frozenset(("length", "height", "width"))
# Who does something: borrower, author, pianist.
_DOER = re.compile(r"(?:er|or|ist|ian|ee)s?$", re.I)
_PERSON = re.compile(r"^(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[A-Z][\w'-]*\.?(?: [A-Z][\w'.-]*)+$")
# Invoice no., Nr.
_NUMBER = re.compile(r"(?:(?<=\w )no\b|\bno(?=\.)|\bnr\b)\.?$|[#№]$", re.I)
HOLDING = frozenset(stems("have hold own possess"))
_THINGS = frozenset(stems("thing item one"))
_FIRMS = frozenset(stems("firm company supplier provider"))
_BEGUN = frozenset(stems("since start join begin hire member"))
_CENTS = re.compile(r"\d+[.,]\d\d")


@lru_cache(maxsize=4096)
def head_stems(head: str) -> frozenset[str]:
    """Return the stems of the head of a column, its unit left out."""
    before, _, after = head.rpartition(unit) if (unit := head_unit(head)) else (head, "", "")
    whole = _NUMBER.sub("number", f"{before} {after}".strip())
    return frozenset(one.stem for one in said(whole) if not one.small)


def of_measure(table: Table, name: str) -> list[int]:
    """Return the columns that measure something: by unit and words of the head, else by unit, else by words."""
    if not name:
        return []
    other = (
        frozenset[str]().union(*(measures()[each] for each in LENGTHS - {name}))
        if name in LENGTHS
        else frozenset[str]()
    )
    fits = [at for at, one in enumerate(table.measures) if one and _is_of(one, name)]
    by_unit = [at for at in fits if not head_stems(table.head[at]) & (other - measures()[name])]
    worded = [at for at, one in enumerate(table.measures) if one and head_stems(table.head[at]) & measures()[name]]
    # The day of the last count counts nothing.
    if name == "count":
        return [at for at in worded if table.scale(at) == "number"]
    priced = [at for at in range(len(table.head)) if name == "money" and _is_priced(table, at)]
    return [at for at in by_unit if at in worded] or by_unit or worded or priced


def _is_priced(table: Table, at: int) -> bool:
    """A line of a menu or a receipt gives money without saying so: two decimals and no unit."""
    one = table.measures[at]
    return (
        len(table.rows) == 1
        and one is not None
        and not one.unit
        and bool(_CENTS.fullmatch(table.columns[at][0].strip()))
    )


def compared(table: Table, measure: str) -> list[int]:
    """Return the columns that a degree of a measure compares: long is also how long it takes, late also a time."""
    found = of_measure(table, measure)
    if found or measure not in ("length", "date"):
        return found
    other = of_measure(table, "duration")
    return other if measure == "length" else [at for at in other if table.scale(at) == "time"]


def _is_of(one: Measured, name: str) -> bool:
    if name in ("date", "duration") and one.scale != "number":
        return one.scale == "date" if name == "date" else one.scale == "time"
    return name != "width" and of_kind(one.kind, name)


def of_kind(kind: str, measure: str) -> bool:
    """Say whether units of a kind measure something: metres a height, square metres a size."""
    kinds = {
        "height": ("length",),
        "width": ("length",),
        "size": ("area", "volume"),
        "duration": ("time", "months"),
        "temperature": ("celsius", "fahrenheit", "kelvin"),
    }
    return len(kind) == 3 if measure == "money" else kind in kinds.get(measure, (measure,))


def is_who(wanted: Stated, linked: Link) -> bool:
    """Whether the verb or the role behind who names the column of those persons: who watered plot 4 is not its holder.

    Who has or holds something is said of the row; who has paid, of a column of yes and no.
    """
    behind = max(wanted.places, default=-1) + 1
    if behind >= len(linked.words) or linked.words[behind].stem in HOLDING:
        return True
    helped = linked.words[behind].small  # is the owner, has paid
    at = wanted.focus if helped else behind
    linking = {column for column, places in linked.heads.items() if at in places}
    people, roles = of_people(linked.table, linked.free)
    if linking & {*people, *roles}:
        return True
    return helped and (linked.table.key in linking or any(at in one.places for one in linked.met))


def of_people(table: Table, among: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the columns that hold full names, and those that hold persons under a role."""
    roles = [at for at in among if _role(table.head[at])]
    held = [at for at in roles if is_people(table.columns[at], 0.5) or _called(table.columns[at])]
    return [at for at in among if is_people(table.columns[at])], held


def _role(head: str) -> bool:
    return any(one.text.casefold() in _roles() or _DOER.search(one.text) for one in said(head))


@lru_cache(maxsize=1)
def _roles() -> frozenset[str]:
    return frozenset(role for asks, roles in lexicon_rows("roles.tsv") if asks == "Who" for role in roles.split())


def _called(cells: Sequence[str]) -> bool:
    """True where every cell is one word with a capital that no dictionary has."""
    given = [cell for cell in cells if cell]
    return bool(given) and all(cell.isalpha() and cell.istitle() and not is_known(stem(cell)) for cell in given)


def is_people(cells: Sequence[str], least: float = 0.8) -> bool:
    """Say whether most cells read like names of persons."""
    given = [cell for cell in cells if cell]
    return bool(given) and sum(bool(_PERSON.match(cell)) for cell in given) >= least * len(given)


def are_named(cells: Sequence[str]) -> bool:
    """Say whether all cells are names, of whatever: Ekowarm, Calor & Sons."""
    return bool(cells) and all(
        cell and all(word[0].isupper() for word in re.findall(r"[^\W\d_]+", cell)) for cell in cells
    )


def begun_in(wanted: Stated, linked: Link) -> int | None:
    """The only column of days from which on the rows are so, where how long they are is asked."""
    dates = [
        at for at in linked.free if linked.table.scale(at) == "date" and head_stems(linked.table.head[at]) & _BEGUN
    ]
    return sole(dates) if wanted.measure == "length" else None


def unlabelled(table: Table, among: Sequence[int]) -> list[int]:
    """In a list the figures with which nothing else stands: 18 km, where 650 m stand with up."""
    return [at for at in among if table.open and " " not in table.head[at]]


def called_by_all(linked: Link) -> frozenset[str]:
    """Words that any row may be called by: a thing; where all have names a firm; in a list of what was spent a
    purchase.
    """
    table = linked.table
    spending = frozenset(stems(" ".join(word for word, name in operations().items() if name in ("spent", "traded"))))
    about = spending & {*stems(f"{table.title} {table.section}")}
    sided = any(head_stems(head) & (sides()["payer"] | sides()["receiver"]) for head in table.head)
    bought = spending if (about or sided) and of_measure(table, "money") else frozenset[str]()
    firms = _FIRMS if are_named(table.columns[table.key]) else frozenset[str]()
    return _THINGS | bought | firms


def naming_of_rows(linked: Link) -> int:
    """Return the column by which a person knows the rows: the key, or where that holds codes the first in words."""
    table = linked.table
    worded = [at for at in linked.free if table.measures[at] is None and len({*table.columns[at]}) == len(table.rows)]
    coded = any(char.isdigit() for cell in table.columns[table.key] for char in cell)
    return next((at for at in worded if at != table.key), table.key) if coded else table.key


def measured_column(wanted: Stated, linked: Link) -> int | None:
    """Return the column that is compared: of the measure that is said, else named, else the only one of numbers."""
    table = linked.table
    # Which plot is the largest asks for the plot, whatever number it has.
    named = wanted.asks in ("which", "what") and wanted.operation in ("most", "least")
    told = [
        at
        for at in linked.told
        if table.measures[at] and counts_such(wanted, linked, at) and not (named and wanted.focus in linked.heads[at])
    ]
    fits = [at for at in compared(table, wanted.measure) if at in linked.free]
    # The largest invoice has no size.
    if fits or wanted.measure not in ("", "size") or (wanted.measure and table.open):
        return sole([at for at in fits if at in told], unlabelled(table, fits), fits)
    numbers = [at for at in linked.free if table.scale(at) == "number" and at not in table.numbered]
    return sole([at for at in told if at in numbers], [] if told else numbers)


def counts_such(wanted: Stated, linked: Link, column: int) -> bool:
    """Say whether a column of a list counts what is asked for: "30 years guarantee on the panels" are no panels."""
    measured, places = linked.table.measures[column], linked.heads.get(column, set())
    counts = wanted.asks == "how many" or wanted.operation in ("most", "least")
    if not (counts and linked.table.open and measured and measured.kind) or wanted.measure or places & {*linked.loose}:
        return True
    words = linked.table.head[column].split()
    named = {stem(word.casefold()) for word in words[:2]}
    return any(unit_named(linked.words[at].text.casefold()) or linked.words[at].stem in named for at in places)
