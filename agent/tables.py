"""Questions worked out over whole tables: the rows are computed with, and the answer says from which."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from groundsight.agent.cover import asks_negation
from groundsight.agent.intent import Dimension, Intent, intent
from groundsight.agent.kinds import has_type
from groundsight.agent.linking import Linked, is_people, key_column, kind_column, link
from groundsight.agent.nouns import RELATIONS, kind_of, says_kind
from groundsight.agent.question import Asked, is_generic
from groundsight.agent.state import WHOLE, Finding
from groundsight.agent.words import squeeze, stem_set
from groundsight.grounding.columns import LISTED, say_cell, say_count, say_gap, say_most, say_sum
from groundsight.grounding.grids import Grid, cited, grids
from groundsight.types import Evidence

_HEADS: dict[Dimension, frozenset[str]] = {
    "money": stem_set(
        "price cost fee amount rent salary sum premium budget value charge eur usd gbp chf euro dollar pound fare wage"
    ),
    "weight": stem_set("weight mass kg g t tonnes lb lbs"),
    "length": stem_set("length distance duration km m cm mm miles minutes min hours days months weeks years term"),
    "height": stem_set("height m cm ft elevation altitude"),
    "temperature": stem_set("temperature c f celsius temp"),
}
_PEOPLE = stem_set("people persons")
_SIZED = stem_set("largest biggest smallest highest lowest")
_SIGNS = "$€£¥"
_PAYS = re.compile(r"\b(?:pa(?:y|ys|id)|costs?|spen[dt])\b", re.I)
_TIMES = re.compile(r"\bhow many times\b|\bhow often\b", re.I)
_SERVED = stem_set("joined since started start hired employed member entered began")


def work_out(step: int, asked: Asked, evidence: Sequence[Evidence], banned: Collection[str] = ()) -> Finding | None:
    """Answer a question from the rows of the one table that all its words fit; None when none or several differ."""
    wanted = None if asks_negation(asked.text) else intent(asked.text)
    if wanted is None or (wanted.op == "lookup" and step == WHOLE):
        return None
    found = [
        (linked.weak, made)
        for grid in grids(evidence)
        if (linked := link(asked, wanted, grid)) and (made := _answer(step, asked, wanted, linked))
    ]
    kept = [(weak, made) for weak, made in found if made.sentence not in banned]
    best = [made for weak, made in kept if weak == min(weak for weak, _ in kept)]
    return best[0] if len({made.value for made in best}) == 1 else None


def _answer(step: int, asked: Asked, wanted: Intent, linked: Linked) -> Finding | None:
    match wanted.op:
        case "extreme" | "compare":
            return _extreme(step, asked, wanted, linked)
        case "sum" | "mean":
            return _sum(step, asked, wanted, linked)
        case "gap":
            return _gap(step, asked, wanted, linked)
        case "count":
            return _count(step, asked, linked)
        case "list":
            return _list(step, asked, linked)
        case "lookup":
            return _cell(step, asked, linked)
        case "next":
            return None


def _gap(step: int, asked: Asked, wanted: Intent, linked: Linked) -> Finding | None:
    """State how far two rows lie apart in one column."""
    label, target = _compared(linked), _target(wanted, linked)
    if label is None or target is None:
        return None
    kept = linked.rows()
    said = say_gap(linked.grid, target[0], kept, label)
    value = said.split(" is ")[-1].split(" higher ")[0]
    return _finding(step, asked, linked.grid, said, kept, target[0], value) if said else None


def _cell(step: int, asked: Asked, linked: Linked) -> Finding | None:
    """Look one cell up: the conditions leave one row, and the words that are asked name one of its columns."""
    grid, kept = linked.grid, linked.rows()
    focus = {part for need in asked.of("focus") if not is_generic(need) for part in need.stems}
    told = [
        at
        for at, words in linked.columns.items()
        if at not in linked.held and focus & words and all(_is_told(part, at, linked) for part in focus)
    ]
    if not linked.where or not kept or len(told) > 1:
        return None
    if not told:
        return _named_by_cell(step, asked, linked, focus)
    if len(kept) > 1:
        return _list(step, asked, linked) if told[0] == kind_column(asked, linked) else None
    said = say_cell(grid, kept[0], _told_by(linked), told[0])
    fits = grid.columns[told[0]][kept[0]] and has_type(asked, said)
    return _finding(step, asked, grid, said, kept, told[0]) if fits else None


def _told_by(linked: Linked) -> int:
    """The column by which a question tells a row: that of a condition in words, else the one that names the rows."""
    grid = linked.grid
    return next((at for at in sorted(linked.held) if grid.measures[at] is None), key_column(grid))


def _named_by_cell(step: int, asked: Asked, linked: Linked, focus: set[str]) -> Finding | None:
    """Name whom a cell belongs to (who has the number 14): the one row that has it, by the column of the asked kind."""
    grid, kept, kind = linked.grid, linked.rows(), kind_column(asked, linked)
    known = linked.cells | linked.named | {part for words in linked.columns.values() for part in words}
    if not kind_of(asked.text) or kind is None or not focus <= known:
        return None
    if len(kept) > 1:
        return _list(step, asked, linked)
    held = grid.at(linked.where[0].column)
    if held is None or not grid.columns[kind][kept[0]]:
        return None
    return _finding(step, asked, grid, say_cell(grid, kept[0], kind, held), kept, kind)


def _is_told(part: str, column: int, linked: Linked) -> bool:
    """What is asked has to be the head of the very column, or a word of the row's condition."""
    return part in linked.columns[column] | linked.cells or says_kind(linked.grid.head[column], part)


def _extreme(step: int, asked: Asked, wanted: Intent, linked: Linked) -> Finding | None:
    label, target = kind_column(asked, linked), _target(wanted, linked)
    if wanted.op == "compare":
        label = _compared(linked)
    if label is None or target is None or label == target[0]:
        return None
    column, high = target
    kept = linked.rows()
    said = say_most(linked.grid, column, kept, linked.where, label, high=high)
    if not said:
        return None
    best = next(at for at in kept if said.startswith(linked.grid.columns[label][at] + " has the ") and at in kept)
    return _finding(step, asked, linked.grid, said, [best], label)


def _compared(linked: Linked) -> int | None:
    """The column of the two that are compared, where each names one row."""
    pairs = [one for one in linked.where if len(one.values) == 2]
    if len(pairs) != 1 or len(linked.rows()) != 2:
        return None
    return linked.grid.at(pairs[0].column)


def _target(wanted: Intent, linked: Linked) -> tuple[int, bool] | None:
    """Return the column that is measured, and whether its high end is meant."""
    grid, high = linked.grid, wanted.high
    free = [at for at, one in enumerate(grid.measures) if one is not None and at not in linked.held]
    told = [at for at in free if at in linked.columns]
    numbers = [at for at in free if _scale(grid, at) == "number"]
    if wanted.dimension in ("date", "time"):
        scaled = [at for at in free if _scale(grid, at) == wanted.dimension]
        column = _only([at for at in scaled if at in told] or scaled)
    elif wanted.dimension:
        fits = [at for at in numbers if _measures(grid, at, wanted.dimension)]
        column = _only([at for at in fits if at in told] or fits)
    else:
        most = max((len(linked.columns[at]) for at in told), default=0)
        column = _only([at for at in told if at in numbers and len(linked.columns[at]) == most])
        if column is None and not told and wanted.said & _SIZED:
            column = (
                _only(numbers) if len(numbers) == 1 else _only([at for at in numbers if _measures(grid, at, "money")])
            )
    if column is None and wanted.dimension == "length":
        column = _only([at for at in free if _scale(grid, at) == "date" and stem_set(grid.head[at]) & _SERVED])
        high = not high
    return None if column is None else (column, high)


def _scale(grid: Grid, at: int) -> str:
    one = grid.measures[at]
    return one.scale if one else ""


def _measures(grid: Grid, at: int, dimension: Dimension) -> bool:
    measured, head = grid.measures[at], grid.head[at]
    unit = measured.unit if measured else ""
    signs = dimension == "money" and any(sign in f"{head}{unit}" for sign in _SIGNS)
    return signs or not stem_set(f"{head} {unit}").isdisjoint(_HEADS.get(dimension, frozenset()))


def _only(found: Sequence[int]) -> int | None:
    return found[0] if len(found) == 1 else None


def _sum(step: int, asked: Asked, wanted: Intent, linked: Linked) -> Finding | None:
    grid = linked.grid
    numbers = [at for at in range(len(grid.head)) if _scale(grid, at) == "number" and at not in linked.held]
    told = [at for at in numbers if at in linked.columns]
    if len(told) != 1 and (asked.expects == "money" or _PAYS.search(asked.text)):
        money = [at for at in numbers if _measures(grid, at, "money")]
        told = [at for at in money if at in told] or money
    column = _only(told)
    # Where another column is headed by the verb, what is paid in March may be what is paid for March.
    if column is None or any(_PAYS.search(asked.text) and _PAYS.search(head) for head in grid.head):
        return None
    kept = linked.rows()
    if len(kept) == 1 and linked.where and grid.columns[column][kept[0]]:
        return _finding(step, asked, grid, say_cell(grid, kept[0], _told_by(linked), column), kept, column)
    said = say_sum(grid, column, kept, linked.where, mean=wanted.op == "mean")
    value = said.split(" averages " if wanted.op == "mean" else " adds up to ")[-1].split(":")[0]
    return _finding(step, asked, grid, said, kept, column, value) if said else None


def _count(step: int, asked: Asked, linked: Linked) -> Finding | None:
    """Count rows, unless a column of numbers says how many."""
    grid, kept = linked.grid, linked.rows()
    if any(_scale(grid, at) == "number" for at in linked.columns) or not kept:
        return None
    label = key_column(grid)
    if not _names_rows(asked, linked, label):
        return None
    said = say_count(grid, kept, linked.where, label)
    return _finding(step, asked, grid, said, kept, label, str(len(kept)))


def _names_rows(asked: Asked, linked: Linked, label: int) -> bool:
    """Rows are counted where the counted noun names them: as a head, in a condition, or as the name of the table."""
    if linked.where and _TIMES.search(asked.text):
        return True
    focus = {part for need in asked.of("focus") for part in need.stems} - RELATIONS
    if _PEOPLE & focus and any(is_people(cells) for cells in linked.grid.columns):
        focus -= _PEOPLE
        return bool(linked.where) and focus <= linked.named | linked.cells
    heads = {part for at, words in linked.columns.items() if linked.where or at == label for part in words}
    return bool(focus) and focus <= heads | linked.named | linked.cells


def _list(step: int, asked: Asked, linked: Linked) -> Finding | None:
    label, kept = kind_column(asked, linked), linked.rows()
    if label is None or not linked.where or not 0 < len(kept) <= LISTED:
        return None
    names = [linked.grid.columns[label][at] for at in kept]
    if not all(names):
        return None
    said = say_count(linked.grid, kept, linked.where, label)
    return _finding(step, asked, linked.grid, said, kept, label, ", ".join(names))


def _finding(
    step: int, asked: Asked, grid: Grid, said: str, kept: Sequence[int], column: int, value: str = ""
) -> Finding:
    """Point at the cell of the first row that answers; the other rows are cited beside it."""
    rows = [grid.rows[at] for at in kept]
    return Finding(
        step=step,
        question=asked.text,
        sentence=said,
        quote=rows[0].quote(column),
        value=squeeze(value or rows[0].cells[column]),
        also=tuple(cited(rows))[1:],
    )
