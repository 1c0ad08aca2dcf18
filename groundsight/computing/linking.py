"""Which words of a sentence name rows, columns and the table itself; a word that names nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from groundsight.computing.columns import head_stems, of_measure
from groundsight.computing.conditions import (
    NO,
    YES,
    columns_compared,
    denials,
    moments,
    numbers,
    places,
    ranges_of_heads,
    signs,
)
from groundsight.computing.linked import Link, Met
from groundsight.computing.words import Said, akin, alike, condition_words, light_verbs, measures, said, stems
from groundsight.evidence.grids import Table
from groundsight.language.dates import Moment
from groundsight.language.facts import Facts
from groundsight.language.file_kinds import kinds
from groundsight.language.quantities import Quantity
from groundsight.language.stems import lexicon_rows
from groundsight.language.units import unit_named
from groundsight.types.computed import Where

_PAPERS = frozenset(stems("letter form note document brief formular lettre formulaire carta formulario"))


def link(
    facts: Facts, table: Table, values: Sequence[Quantity | Moment] = (), asks: frozenset[int] = frozenset()
) -> Link:
    """Link the words of a sentence to a table; ``values`` are results that it states and ``asks`` are words of its
    operation: neither is a condition.
    """
    linked = Link(table, facts, said(facts.text))
    for one in values:
        linked.used |= linked.inside(one.span)
    _whole_cells(linked, {at for one in values if isinstance(one, Moment) for at in linked.inside(one.span)})
    _heads(linked)
    numbers(linked, values)
    moments(linked)
    linked.used |= asks
    places(linked)
    _parts_of_cells(linked)
    _titles(linked)
    _labels(linked)
    _alike(linked)
    # What costs more than 80 is known only now.
    numbers(linked, values)
    columns_compared(linked)
    signs(linked)
    denials(linked)
    return linked


def _whole_cells(linked: Link, taken: set[int]) -> None:
    """Take every cell whose words all stand in the sentence one after another, the longest first."""
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for column, cells in enumerate(linked.table.columns):
        for row, cell in enumerate(cells):
            parts = _bare(cell)
            if _speaks(cell, parts) and _told(linked, column, cell):
                found += [(column, row, run) for run in _runs(linked.words, parts, cell)]
    for length in sorted({len(run) for *_, run in found}, reverse=True):
        here = [one for one in found if len(one[2]) == length and not taken & {*one[2]}]
        _meet(linked, here)
        taken |= {at for *_, run in here for at in run}


def _speaks(cell: str, parts: Sequence[str]) -> bool:
    return any(part for part in parts if not part.isdigit() or len(parts) > 1)


def _told(linked: Link, column: int, cell: str) -> bool:
    """A bare number or yes is no condition by itself."""
    measured = linked.table.measures[column]
    spelled = measured is None or measured.scale == "date"
    return spelled and cell.casefold() not in YES | NO


@lru_cache(maxsize=8192)
def _bare(cell: str) -> tuple[str, ...]:
    """The stems of a cell; a footnote mark in brackets is none of its words."""
    words = said(re.sub(r"\s*\(\d\)$", "", cell))
    start = next((at for at, one in enumerate(words) if not one.small), 0)
    return tuple(one.stem for one in words[start:])


def _is_verb_of(word: Said, cell: str) -> bool:
    """What is marked is not of Mark."""
    bare = word.text.casefold()
    return bare.endswith(("ed", "ing")) and cell[:1].isupper() and bare not in cell.casefold()


def _runs(words: Sequence[Said], parts: tuple[str, ...], shown: str) -> Iterator[tuple[int, ...]]:
    """Find the words of a cell in a sentence, in their order, at most one small word between two."""
    for start, word in enumerate(words):
        if word.stem != parts[0] or word.small or _is_verb_of(word, shown):
            continue
        run = [start]
        for part in parts[1:]:
            gap = next((at for at in (run[-1] + 1, run[-1] + 2) if at < len(words) and words[at].stem == part), None)
            if gap is None or (gap == run[-1] + 2 and not words[run[-1] + 1].small):
                break
            run.append(gap)
        if len(run) == len(parts):
            yield tuple(run)


def _meet(linked: Link, found: Sequence[tuple[int, int, tuple[int, ...]]]) -> None:
    """Make one condition of the cells of one column; of several with the same words, one whose head is said, else the
    first.
    """
    seen: set[tuple[int, ...]] = set()
    asked = {one.stem for one in linked.words}
    told = [column for column, head in enumerate(linked.table.head) if head_stems(head) and head_stems(head) <= asked]
    for column in sorted(dict.fromkeys(column for column, *_ in found), key=lambda each: each not in told):
        mine = [(row, run) for at, row, run in found if at == column and run not in seen]
        if not mine:
            continue
        rows, places = frozenset(row for row, _ in mine), frozenset(at for _, run in mine for at in run)
        values = tuple(dict.fromkeys(linked.table.columns[column][row] for row, _ in mine))
        first = tuple((row, run[0]) for row, run in mine)
        if old := linked.of_column(column):
            linked.met.remove(old)
            rows, places, values = rows | old.rows, places | old.places, old.where.values + values
            first += old.first
        where = Where(column=linked.table.head[column], values=values)
        linked.met.append(Met(column, rows, where, places, first=first))
        linked.used |= places
        seen |= {run for _, run in mine}


def _heads(linked: Link) -> None:
    """Link words to the heads of columns; several heads may have one. The 12 of 12 March is none of 12:30."""
    ranges_of_heads(linked)
    dated = {at for one in linked.facts.moments for at in linked.inside(one.span)}
    for at, one in list(linked.open()):
        if at in dated and one.text.isdigit() and len(one.text) < 3:
            continue
        for column in range(len(linked.table.head)):
            if one.stem in head_stems(linked.table.head[column]):
                linked.heads.setdefault(column, set()).add(at)
                linked.used.add(at)


def _parts_of_cells(linked: Link) -> None:
    """Take a word that no head has as a condition where cells of one column have it."""
    for at, one in list(linked.open()):
        if one.stem in _name_stems(linked.table) or at in linked.used or condition_words().get(one.text.casefold()):
            continue
        found = {column: rows for column in range(len(linked.table.head)) if (rows := _having(linked, column, one))}
        told = [column for column in found if column in linked.heads] or list(found)
        if len(told) == 1:
            _narrow(linked, told[0], found[told[0]], at)


def _having(linked: Link, column: int, one: Said) -> frozenset[int]:
    measured = linked.table.measures[column]
    if measured is not None or len(one.stem) < 2:
        return frozenset()
    cells = linked.table.columns[column]
    return frozenset(at for at, cell in enumerate(cells) if one.stem in _bare(cell) and not _is_verb_of(one, cell))


def _narrow(linked: Link, column: int, rows: frozenset[int], at: int) -> None:
    """Words of one cell narrow a condition; a word of other rows widens it."""
    old = linked.of_column(column)
    if old:
        linked.met.remove(old)
        rows = (rows & old.rows) or (rows | old.rows)
    cells = linked.table.columns[column]
    values = tuple(dict.fromkeys(cells[row] for row in sorted(rows)))
    places = frozenset({at}) | (old.places if old else frozenset[int]())
    linked.met.append(Met(column, rows, Where(column=linked.table.head[column], values=values), places, whole=False))
    linked.used.add(at)


def _titles(linked: Link) -> None:
    """Words of the table's own name are used; digits that stand there are its number."""
    named, source = _name_stems(linked.table), linked.table.source
    called = {one for row in linked.table.rows[:1] for one in stems(row.evidence.title)}
    around = {*stems(re.sub(r"[_/.-]+", " ", source))} | _kind_stems(source) | called
    # A page with labels is a letter, a form or a note to whoever asks for it.
    around |= _PAPERS if len(linked.table.rows) == 1 else frozenset()
    for at, one in list(linked.open()):
        if one.stem in named or one.stem in around:
            linked.titled.add(at)
            linked.used.add(at)
            linked.weak += one.stem not in named


@lru_cache(maxsize=256)
def _kind_stems(source: str) -> frozenset[str]:
    """The words for a file of this kind: of a .eml also mail and message."""
    ending = source.rsplit(".", 1)[-1].casefold()
    return frozenset(stems(" ".join(next((words for _, _, words in kinds() if ending in words), ()))))


def _labels(linked: Link) -> None:
    """Take a verb that asks for a line of the head where the question names the kind of file: who sent the mail."""
    kind = _kind_stems(linked.table.source)
    if not any(linked.words[at].stem in kind for at in linked.titled):
        return
    heads = {head.casefold(): column for column, head in enumerate(linked.table.head)}
    for at, one in list(linked.open()):
        asked = {heads[label]: asks for label, asks, verbs in _verbs() if label in heads and one.stem in verbs}
        linked.labels.update(asked)
        linked.used |= {at} if asked else set()


@lru_cache(maxsize=1)
def _verbs() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The labels of a mail's head, each with its question words and the stems of the verbs that ask for it."""
    return tuple((label, asks, frozenset(stems(verbs))) for label, asks, verbs in lexicon_rows("labels.tsv"))


def _name_stems(table: Table) -> frozenset[str]:
    return _stems_of_name(table.source, table.section, table.title)


@lru_cache(maxsize=256)
def _stems_of_name(source: str, section: str, title: str) -> frozenset[str]:
    stem_of_file = re.sub(r"\.\w+$", "", source.rsplit("/", 1)[-1])
    return frozenset(one for one in stems(re.sub(r"[_/.-]+", " ", f"{stem_of_file} {section} {title}")))


def _alike(linked: Link) -> None:
    """Link what is left by meaning: a measure, a word that the head licenses, or one that the name licenses."""
    for at, one in list(linked.open()):
        if one.text.casefold() in condition_words():
            continue
        columns = columns_alike(linked.table, one)
        for column in columns:
            linked.heads.setdefault(column, set()).add(at)
        if columns:
            linked.loose[at] = columns
        if columns or any(akin(one.stem, part) or _same(one.stem, part) for part in _name_stems(linked.table)):
            linked.used.add(at)
            linked.weak += 1


def columns_alike(table: Table, one: Said) -> list[int]:
    """By its family or its unit, else by its measure, else by a licence; what the head says has to license it."""
    heads = [head_stems(head) for head in table.head]
    unit = unit_named(one.text.casefold())
    family = [at for at, parts in enumerate(heads) if any(akin(one.stem, part) for part in parts)]
    if one.stem in light_verbs():
        # To have says nothing, to hold something of the holder.
        return family
    return (
        family
        or (_in_unit(table, unit[0], unit[2]) if unit else [])
        or [at for name, words in measures().items() if one.stem in words for at in of_measure(table, name)]
        or [at for at, parts in enumerate(heads) if any(_same(one.stem, part) for part in parts)]
    )


def _in_unit(table: Table, kind: str, factor: float) -> list[int]:
    """The columns in a unit, else in another of its kind: kilometres are no metres where both stand."""
    alike = [(at, each.factor) for at, each in enumerate(table.measures) if each and each.kind == kind]
    return [at for at, size in alike if size == factor] or [at for at, _ in alike]


def _same(one: str, other: str) -> bool:
    """Each licenses the other: "join" alone licenses "marry" too."""
    return one in alike(other) and other in alike(one)
