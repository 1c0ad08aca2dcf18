"""How a question binds the row of a value: by the words, numbers and dates that pick rows of its table."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.agent.candidates import Proposal
from groundsight.agent.question import Question
from groundsight.computing.linking import link
from groundsight.computing.stated import asked_for
from groundsight.evidence.grids import grids


def bindings(question: Question, found: Sequence[Proposal]) -> list[float]:
    """Return 1 for the one row that a question picks, 1/n for one of n, -1 for another row, 0 where it picks none."""
    rows = [row for one in found if (row := one.stretch.row)]
    wanted = asked_for(question.facts)
    asks = wanted.places if wanted else frozenset[int]()
    bound: dict[tuple[str, tuple[int, int]], float] = {}
    for table in grids([row.evidence for row in rows]):
        linked = link(question.facts, table, (), asks)
        for at, row in enumerate(table.rows) if linked.met else ():
            bound[row.evidence.evidence_id, row.span] = 1 / len(linked.rows) if at in linked.rows else -1.0
    places = [(row.evidence.evidence_id, row.span) if (row := one.stretch.row) else None for one in found]
    return [bound.get(place, 0.0) if place else 0.0 for place in places]
