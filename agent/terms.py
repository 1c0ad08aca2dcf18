"""End dates that no file gives: a start and a term, found in one place, are added up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from groundsight.agent.extract import quote_of
from groundsight.agent.intent import Intent
from groundsight.agent.linking import key_column, link
from groundsight.agent.mention import mentions
from groundsight.agent.passages import Passage, passages
from groundsight.agent.question import Asked, Need, is_generic
from groundsight.agent.state import WHOLE, Finding
from groundsight.agent.words import alike, holds, stem, stem_set
from groundsight.grounding.columns import say_cell
from groundsight.grounding.dates import Moment, find_moments
from groundsight.grounding.grids import Row, grids
from groundsight.grounding.sums import TERM, day_of, day_shown, later, term_of
from groundsight.types import Evidence, Quote

_ENDS = re.compile(
    r"^(?:until|till|up to) when\b|^(?:when|(?:on |by )?(?:what|which) (?:date|day))\b.*\b(?:end|ends|expires?|lapses?|"
    r"runs? out|finish(?:es)?|over|due|stops?|ended|expired)\b|\bend date\b|\bexpiry\b",
    re.I,
)
_ENDING = stem_set(
    "end ends expire runs run out finish lapse over due stop until till valid last lasts least next again fixed term "
    "guaranteed expiry date latest"
)
_STARTS = stem_set("start begin commence from since effective first last date signed issued purchased bought delivered")
_START_HEAD = stem_set("start begin from since signed issued purchased bought last first commencement effective date")
_UNITS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
_EVENT = re.compile(r"\b(?:from|after|of)\s+(?:the\s+)?(?:date\s+of\s+|day\s+of\s+)?(?P<event>[a-z]+)\b", re.I)
_LOOKUP = Intent(op="lookup", said=_ENDING)


@dataclass(frozen=True)
class _Start:
    """A day on which something begins, with the words that give it."""

    moment: Moment
    quote: Quote
    sentence: str = ""


def end_of(
    asked: Asked, evidence: Sequence[Evidence], tables: Sequence[Evidence], banned: Collection[str]
) -> list[Finding]:
    """Work out when something ends; empty where start and term are not found together, or more than one end is."""
    if asked.expects != "date" or not _ENDS.search(asked.text):
        return []
    made = [one for one in (*_in_rows(asked, tables), *_in_text(asked, evidence)) if one[0].sentence not in banned]
    return made[0] if len({one[0].sentence for one in made}) == 1 else []


def _in_rows(asked: Asked, tables: Sequence[Evidence]) -> Iterator[list[Finding]]:
    """Add up the start and the term of the one row that all words of the question fit."""
    for grid in grids(tables):
        linked = link(asked, _LOOKUP, grid)
        kept = linked.rows() if linked and linked.where else []
        if len(kept) != 1:
            continue
        row = grid.rows[kept[0]]
        starts = [at for at, head in enumerate(grid.head) if stem_set(head) & _START_HEAD and _day(row.cells[at])]
        terms = [(at, shown) for at, head in enumerate(grid.head) if (shown := _cell_term(head, row, at))]
        if len(starts) == 1 and len(terms) == 1 and (moment := _day(row.cells[starts[0]])):
            names = [at for at in (starts[0], terms[0][0]) if at != (key := key_column(grid))]
            cells = [_shown(asked, say_cell(grid, kept[0], key, at), row.quote(at)) for at in names]
            yield [_finding(asked, _Start(moment, row.quote()), terms[0][1], row.quote()), *cells]


def _cell_term(head: str, row: Row, at: int) -> str:
    """Read a term from a cell (24 months), or from a number under a head that names its unit."""
    cell = row.cells[at] if at < len(row.cells) else ""
    if TERM.fullmatch(cell.strip()):
        return cell.strip()
    unit = next((many for one, many in _UNITS.items() if stem(one) in stem_set(head)), "")
    return f"{cell.strip()} {unit}" if unit and re.fullmatch(r"\d{1,3}", cell.strip()) else ""


def _in_text(asked: Asked, evidence: Sequence[Evidence]) -> Iterator[list[Finding]]:
    every = [one for one in passages(evidence) if not one.label]
    needs = [need for need in asked.needs if not set(need.stems) <= _ENDING]
    for one in every:
        found = TERM.findall(one.said)
        if needs and len(found) == 1 and _speaks(one, needs) and (start := _start(one, every)):
            first = _finding(asked, start, TERM.search(one.said)[0], quote_of(one))  # type: ignore[index]
            said = {start.sentence: start.quote, one.said: quote_of(one)}
            yield [first, *(_shown(asked, text, quote) for text, quote in said.items())]


def _speaks(one: Passage, needs: Sequence[Need]) -> bool:
    """The sentence names what ends, and everything else that is asked stands around it."""
    around = one.around
    named = [need for need in needs if any(holds(one.local, part) for part in need.stems)]
    met = all(
        mentions(f"{one.evidence.text} {one.evidence.title}", need)
        if need.hard
        else any(holds(around, part) for part in need.stems)
        for need in needs
    )
    return met and any(not is_generic(need) for need in named)


def _start(one: Passage, every: Sequence[Passage]) -> _Start | None:
    """The day that the sentence itself gives, else the day of the event from which it counts, in the same file."""
    days = _days(one.said)
    if len(days) == 1 and stem_set(one.said) & _STARTS:
        return _Start(days[0], quote_of(one), one.said)
    if days:
        return None
    after = one.said[TERM.search(one.said).end() :]  # type: ignore[union-attr]
    event = _EVENT.search(after)
    wanted = alike(stem(event["event"])) if event else _STARTS
    told = [
        (found[0], other)
        for other in every
        if other.evidence.source == one.evidence.source and (event or other.said == one.before)
        if len(found := _days(other.said)) == 1 and not wanted.isdisjoint(other.local)
    ]
    if len({day_of(moment) for moment, _ in told}) != 1:
        return None
    moment, other = told[0]
    return _Start(moment, quote_of(other), other.said)


def _days(text: str) -> list[Moment]:
    return [one for one in find_moments(text) if day_of(one)]


def _day(text: str) -> Moment | None:
    found = _days(text)
    return found[0] if len(found) == 1 else None


def _finding(asked: Asked, start: _Start, term: str, quote: Quote) -> Finding:
    """State the sum in the form that the check computes again."""
    count, unit = term_of(term) or (0, "days")
    day = day_of(start.moment)
    end = day_shown(later(day, count, unit)) if day else ""
    return Finding(
        step=WHOLE,
        question=asked.text,
        sentence=f"{start.moment.text} plus {count} {unit} is {end}",
        quote=quote,
        value=end,
        also=(start.quote.evidence_id,),
    )


def _shown(asked: Asked, said: str, quote: Quote) -> Finding:
    return Finding(step=WHOLE, question=asked.text, sentence=said, quote=quote)
