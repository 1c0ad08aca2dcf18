"""End dates that no file gives: a start and a term, found in one row or in one text, are added up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from groundsight.computing.linked import Link
from groundsight.computing.linking import link
from groundsight.computing.run import day_in, day_of, day_shown, later
from groundsight.computing.tabular import Found
from groundsight.computing.words import akin, alike, light_verbs, said, stems
from groundsight.evidence.grids import Table
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage
from groundsight.language.dates import Moment
from groundsight.language.facts import Facts, read_facts
from groundsight.language.quantities import Quantity, find_quantities
from groundsight.language.same_number import agrees
from groundsight.language.units import factor_of, unit_named
from groundsight.types.computed import Computation, Operand

_ENDS = re.compile(r"^(?:(?:until|till|up to) when|when|(?:on |by )?(?:what|which) (?:date|day))\b", re.I)
_ENDING = frozenset(stems("end expire run out finish over due stop valid last"))
_START = frozenset(stems("start begin from since first last sign issue purchase commence date"))
_UNITS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}


def ends(question: str, tables: Iterable[Table], index: PassageIndex) -> Computation | None:
    """Work out when something ends; None where start and term are not found together, or several ends are."""
    facts = read_facts(question)
    if not _ENDS.search(question.strip()) or not {one.stem for one in said(question)} & _ENDING:
        return None
    made = [*_in_rows(facts, tables), *_in_text(facts, index)]
    return made[0] if len({one.result for one in made}) == 1 else None


def ended(facts: Facts, index: PassageIndex) -> Found | None:
    """Add the term again that a sentence adds to a day; None where the evidence gives not both of them."""
    days = [(one, day) for one in facts.moments if (day := day_of(one))]
    term = next((one for one in facts.quantities if one.kind in ("time", "months")), None)
    counted = _term_of(term.text) if term else None
    if len(days) != 2 or term is None or counted is None or "end" not in facts.text:
        return None
    (start, first), (stop, last) = days
    dated = next((one for one in index.passages if first in map(day_of, one.facts.moments)), None)
    spelled = next((one for one in index.passages if _gives(one, term, counted)), None)
    if dated is None or spelled is None:
        return None
    begun, lasts = Operand(shown=start.text, quote=dated.quote()), Operand(shown=term.text, quote=spelled.quote())
    made = _end(begun, lasts, dated.evidence.source)
    return Found(made, later(first, *counted) == last, stop.span) if made else None


def _gives(one: Passage, term: Quantity, counted: tuple[int, str]) -> bool:
    """The term itself, or its bare number under a head that names its unit ("Weeks", 6)."""
    headed = one.tabular and counted[1] in one.facts.all_words
    return any(
        (agrees(term, each) and each.kind == term.kind) or (headed and each.low == counted[0])
        for each in one.facts.quantities
    )


def _end(start: Operand, term: Operand, source: str) -> Computation | None:
    day, counted = day_in(start.shown), _term_of(term.shown)
    if day is None or counted is None:
        return None
    return Computation(operation="end", source=source, operands=(start, term), result=day_shown(later(day, *counted)))


def _in_rows(facts: Facts, tables: Iterable[Table]) -> Iterator[Computation]:
    """Add up the start and the term of the one row that all words of the question fit."""
    for table in tables:
        words = said(facts.text)
        asks = frozenset(at for at, one in enumerate(words) if one.stem in _ENDING | light_verbs())
        linked = link(facts, table, (), asks)
        if not linked.left and linked.met and len(linked.rows) == 1:
            yield from _of_row(linked, linked.rows[0])


def _of_row(linked: Link, row: int) -> Iterator[Computation]:
    table = linked.table
    cells = [column[row] for column in table.columns]
    starts = [at for at, head in enumerate(table.head) if {*stems(head)} & _START and day_in(cells[at])]
    terms = [(at, shown) for at, head in enumerate(table.head) if (shown := _cell_term(head, cells[at]))]
    if len(starts) == 1 and len(terms) == 1:
        start, term = (
            Operand(shown=shown, quote=table.rows[row].quote(at), of=cells[table.key], under=table.head[at])
            for at, shown in ((starts[0], cells[starts[0]]), terms[0])
        )
        if made := _end(start, term, table.source):
            yield made


def _cell_term(head: str, cell: str) -> str:
    """Read a term from a cell (24 months), or from a number under a head that names its unit."""
    if _term_of(cell):
        return cell.strip()
    units = [one for one in stems(head) if (known := unit_named(one)) and known[0] in ("time", "months")]
    return f"{cell.strip()} {units[0]}s" if units and re.fullmatch(r"\d{1,3}", cell.strip()) else ""


def _in_text(facts: Facts, index: PassageIndex) -> Iterator[Computation]:
    wanted = [one.stem for one in said(facts.text) if not one.small and one.stem not in _ENDING | light_verbs()]
    for one in index.passages:
        spelled = [each for each in one.facts.quantities if _term_of(each.text)]
        if not wanted or len(spelled) != 1 or one.tabular or not _speaks(one, wanted):
            continue
        if (start := _start(one, spelled[0].span[1], index)) and (
            made := _end(start, Operand(shown=spelled[0].text, quote=one.quote()), one.evidence.source)
        ):
            yield made


def _speaks(one: Passage, wanted: Sequence[str]) -> bool:
    """The sentence names what ends, and everything else that is asked stands around it."""
    own = stems(one.facts.text)
    around = (*own, *stems(f"{one.evidence.title} {one.evidence.source} {one.evidence.text}"))
    return any(word in own for word in wanted) and all(any(akin(word, each) for each in around) for word in wanted)


def _start(one: Passage, behind: int, index: PassageIndex) -> Operand | None:
    """The day that the sentence itself gives, else the day of the event from which it counts, in the same file."""
    days = [each for each in one.facts.moments if day_of(each)]
    if days:
        spoken = len(days) == 1 and {*stems(one.facts.text)} & _START
        return Operand(shown=days[0].text, quote=one.quote()) if spoken else None
    counted = re.search(r"\b(?:from|after|of)\s+(?:the\s+)?(?:da(?:te|y)\s+of\s+)?([a-z]+)\b", one.facts.text[behind:])
    wanted = frozenset((stems(counted[1])[0],)) if counted else _START
    near = [each for each in index.passages if each.evidence.source == one.evidence.source and _dated(each)]
    told = [each for each in near if any(_told(word, each) for word in wanted) and (counted or each.at == one.at - 1)]
    days_told = {day_of(_dated(each)[0]) for each in told}
    first = _dated(told[0])[0] if len(days_told) == 1 else None
    return Operand(shown=first.text, quote=told[0].quote()) if first else None


def _dated(one: Passage) -> Sequence[Moment]:
    found = [each for each in one.facts.moments if day_of(each)]
    return found if len(found) == 1 else ()


def _told(word: str, one: Passage) -> bool:
    return any(akin(word, each) or each in alike(word) for each in stems(one.facts.text))


def _term_of(text: str) -> tuple[int, str] | None:
    """Read a term ("24 months", "five years") as a count and its unit in the plural; None where there is not one."""
    found = [one for one in find_quantities(text) if one.kind in ("time", "months") and one.low == one.high]
    many = _UNITS.get(found[0].unit.rstrip("s")) if len(found) == 1 else None
    return (round(found[0].low / factor_of(found[0].unit)), many) if many else None
