"""Which words of a question name columns, rows and the table itself; a word left over rules the table out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from groundsight.agent.intent import Intent
from groundsight.agent.mention import in_order, mentions
from groundsight.agent.nouns import EVENTS, RELATIONS, kind_of, says_kind
from groundsight.agent.passages import separated
from groundsight.agent.question import Asked, Need, is_generic
from groundsight.agent.words import FILLER, LIGHT, STOP, YEAR, holds, stem_set, stems
from groundsight.grounding.grids import Grid, Where, holders

_SELF = stem_set("family household company club team school group firm organisation organization office we us our")
_PASSING = RELATIONS | EVENTS | stem_set("do make done made thing times row entry record list pay spend belong")
_PERSON = re.compile(r"^(?:(?:Dr|Mr|Mrs|Ms|Prof)\.? )?[A-Z][\w'-]+(?: [A-Z][\w'.-]*)+$")
_SMALL = stem_set(" ".join(STOP | FILLER))
_LIGHT = stem_set(" ".join(LIGHT | FILLER))
LONGEST_CELL = 60
LONGEST_UNIT = 3


@dataclass
class Linked:
    """How a question reads on one table: conditions on rows, the columns it names, and by which words.

    ``named`` are words of the table's name, ``cells`` those of the conditions; ``weak`` counts the words let pass.
    """

    grid: Grid
    where: list[Where] = field(default_factory=list[Where])
    columns: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    named: set[str] = field(default_factory=set[str])
    cells: set[str] = field(default_factory=set[str])
    weak: int = 0

    @property
    def held(self) -> set[int]:
        """The columns that conditions use."""
        return {at for one in self.where if (at := self.grid.at(one.column)) is not None}

    def rows(self) -> list[int]:
        """The rows that meet the conditions."""
        return self.grid.where(self.where) or []


def link(asked: Asked, wanted: Intent, grid: Grid) -> Linked | None:
    """Link every word of a question to a table; None when one is left over."""
    linked = Linked(grid)
    naming = _naming(grid)
    covered = linked.cells = _whole_cells(asked, linked)
    _light_heads(asked, linked)
    for need in asked.needs:
        left = [part for part in need.stems if part not in wanted.said]
        if not left or set(left) <= covered:
            _head(need, linked)
            continue
        if not _place(need, linked, naming):
            return None
    return linked


def _light_heads(asked: Asked, linked: Linked) -> None:
    """Words that say little elsewhere (used, pages) may head a column."""
    said = {part for need in asked.needs for part in need.stems}
    for root in stem_set(asked.text) & _LIGHT - said:
        for at, head in enumerate(linked.grid.head):
            if root in stem_set(head):
                linked.columns.setdefault(at, set()).add(root)


def kind_column(asked: Asked, linked: Linked) -> int | None:
    """Return the column that names what is asked for (which boat, who); the one that names the rows otherwise."""
    kind, grid = kind_of(asked.text), linked.grid
    free = [at for at in range(len(grid.head)) if at not in linked.held]
    if kind == "person":
        people = [at for at in free if is_people(grid.columns[at]) and not says_kind(grid.head[at], "company")]
        return next((at for at in people if at in linked.columns), people[0] if people else None)
    if kind and kind not in _SMALL:
        fits = [at for at in free if holds(stem_set(grid.head[at]), kind) or says_kind(grid.head[at], kind)]
        if fits:
            return fits[0]
        return key_column(grid) if holds(_own_name(grid), kind) or is_generic(_as_need(kind)) else None
    told = [at for at in linked.columns if at in free and grid.measures[at] is None]
    return told[0] if told else key_column(grid)


def key_column(grid: Grid) -> int:
    """Return the column that tells the rows apart: the first or second if its words all differ, else the first."""
    for at, cells in enumerate(grid.columns[:2]):
        if grid.measures[at] is None and all(cells) and len(set(cells)) == len(cells):
            return at
    return 0


def _as_need(kind: str) -> Need:
    return Need(kind="focus", shown=kind, stems=(kind,))


def is_people(cells: Sequence[str]) -> bool:
    """Say whether most cells read like names of persons."""
    given = [cell for cell in cells if cell]
    return bool(given) and sum(bool(_PERSON.match(cell)) for cell in given) * 5 >= len(given) * 4


@lru_cache(maxsize=256)
def _naming_of(source: str, section: str, title: str) -> frozenset[str]:
    return stem_set(f"{separated(source)} {section} {title}")


def _naming(grid: Grid) -> frozenset[str]:
    return _naming_of(grid.source, grid.section, grid.title)


def _own_name(grid: Grid) -> frozenset[str]:
    """The words of a table's name without those of the folders that its file lies in."""
    return _naming_of(grid.source.rsplit("/", 1)[-1], grid.section, grid.title)


def _whole_cells(asked: Asked, linked: Linked) -> set[str]:
    """Take every cell whose words all stand in the question, one after another, as a condition."""
    wanted, covered = stems(asked.text), set[str]()
    for at, cells in enumerate(linked.grid.columns):
        if linked.grid.measures[at] is not None:
            continue
        found = {cell: parts for cell in dict.fromkeys(cells) if (parts := _said(cell, wanted, linked.grid.head[at]))}
        longest = [one for one in found if not any(set(found[one]) < set(other) for other in found.values())]
        if longest:
            linked.where.append(Where(linked.grid.head[at], tuple(longest)))
            covered.update(part for one in longest for part in found[one])
    return covered


def _said(cell: str, wanted: tuple[str, ...], head: str) -> tuple[str, ...]:
    """Return the stems of a cell that the question says whole, empty when it does not."""
    if not cell or len(cell) > LONGEST_CELL or '"' in cell or cell.casefold() == head.casefold():
        return ()
    parts = tuple(part for part in stems(cell) if part not in _SMALL)
    return parts if parts and in_order(wanted, parts, gap=1) else ()


def _place(need: Need, linked: Linked, naming: frozenset[str]) -> bool:
    if need.kind == "number" and not YEAR.fullmatch(need.shown):
        return _number(need, linked)
    if (not need.hard or len(need.shown) <= LONGEST_UNIT) and _head(need, linked):
        return True
    if not need.hard and _passes(need, linked, naming):
        return True
    named = need.hard and all(part in naming for part in need.stems)
    if not (named and need.kind == "number") and _within_cells(need, linked):
        return True
    linked.named.update(need.stems if named else ())
    return named


def _head(need: Need, linked: Linked) -> bool:
    """Link a word to the heads of columns; several heads may have it."""
    heads = [at for at, head in enumerate(linked.grid.head) if _in_head(need, head)]
    for at in heads:
        linked.columns.setdefault(at, set()).update(need.stems)
    return bool(heads)


def _in_head(need: Need, head: str) -> bool:
    said = stem_set(head)
    return all(holds(said, part) for part in need.stems)


def _passes(need: Need, linked: Linked, naming: frozenset[str]) -> bool:
    if all(holds(naming, part) for part in need.stems):
        linked.named.update(need.stems)
        linked.weak += not all(holds(_own_name(linked.grid), part) for part in need.stems)
        return True
    if any(says_kind(head, need.stems[0]) for head in linked.grid.head):
        return True
    linked.weak += 1
    return is_generic(need) or need.stems[0] in _PASSING or need.stems[0] in _SELF


def _within_cells(need: Need, linked: Linked) -> bool:
    """Take a name, or a word that heads and naming lack, as a condition where cells of one column have it."""
    found: dict[int, str] = {}
    for at, cells in enumerate(linked.grid.columns):
        measured = linked.grid.measures[at]
        if measured is not None and not (measured.scale == "date" and YEAR.fullmatch(need.shown)):
            continue
        value = next((shown for cell in cells if (shown := _as_spelled(need, cell))), "")
        if value and '"' not in value:
            found[at] = value
    told = [at for at in found if at in linked.columns] or list(found)
    if len(told) != 1:
        return False
    linked.where.append(Where(linked.grid.head[told[0]], (found[told[0]],)))
    return True


def _as_spelled(need: Need, cell: str) -> str:
    """Return the words of a cell that a need speaks of, as the cell spells them."""
    if len(need.stems) > 1 or need.hard:
        found = re.search(rf"(?<!\w){re.escape(need.shown)}(?!\w)", cell, re.I)
        return found.group(0) if found else (cell if mentions(cell, need) and len(cell) <= LONGEST_CELL else "")
    words = re.findall(r"[^\W_]+", cell)
    return next((word for word in words if stems(word) == need.stems), "")


def _number(need: Need, linked: Linked) -> bool:
    """A number is a condition where one measured column holds exactly it."""
    columns = [
        at for at, cells in enumerate(linked.grid.columns)
        if linked.grid.measures[at] is not None and any(cell == need.shown for cell in cells)
    ]  # fmt: skip
    told = [at for at in columns if at in linked.columns] or columns
    if len(told) != 1 or not holders(linked.grid.columns[told[0]], need.shown):
        return False
    linked.where.append(Where(linked.grid.head[told[0]], (need.shown,)))
    return True
