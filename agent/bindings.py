"""How a question binds a cell of a table: whether its words, numbers and dates pick the row, and what they leave."""

from __future__ import annotations

import math
from collections.abc import Sequence

from groundsight.agent.candidates import Proposal
from groundsight.agent.question import Question
from groundsight.computing.linked import Link
from groundsight.computing.linking import link
from groundsight.computing.stated import asked_for
from groundsight.evidence.grids import grids

_OUTSIDE = {"bound": 0.0, "unlinked": 0.0}


def bindings(question: Question, found: Sequence[Proposal]) -> list[dict[str, float]]:
    """Return two features of each proposal, zeros outside of tables.

    ``bound`` is 1 for the one row that the question picks, a part of it for one of several, -1 for another row;
    ``unlinked`` grows with the words of the question that nothing of the table links.
    """
    rows = [row for one in found if (row := one.stretch.row)]
    wanted = asked_for(question.facts)
    asks = wanted.places if wanted else frozenset[int]()
    held: dict[tuple[str, tuple[int, int]], dict[str, float]] = {}
    for table in grids([row.evidence for row in rows]):
        linked = link(question.facts, table, (), asks)
        for at, row in enumerate(table.rows):
            held[row.evidence.evidence_id, row.span] = _bound(linked, at)
    places = [(row.evidence.evidence_id, row.span) if (row := one.stretch.row) else None for one in found]
    return [held.get(place, _OUTSIDE) if place else _OUTSIDE for place in places]


def _bound(linked: Link, row: int) -> dict[str, float]:
    picked = linked.rows
    bound = (1 / len(picked) if row in picked else -1.0) if linked.met else 0.0
    return {"bound": bound, "unlinked": math.log1p(len(linked.left))}
