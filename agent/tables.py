"""Questions worked out over whole tables and dates, as findings that a plan can use."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from groundsight.agent.question import Asked
from groundsight.agent.state import WHOLE, Finding
from groundsight.computing.asked import operations
from groundsight.computing.say import say
from groundsight.computing.terms import ends
from groundsight.evidence.forms import forms
from groundsight.evidence.grids import grids
from groundsight.evidence.passage_index import PassageIndex
from groundsight.types import Evidence
from groundsight.types.computed import Computation


def work_out(step: int, asked: Asked, evidence: Sequence[Evidence], banned: Collection[str] = ()) -> Finding | None:
    """Answer a question from the rows of the one table or form that all its words fit.

    A look-up is left to the last step.
    """
    tables = [one for one in evidence if len(one.cells) > 1]
    made = next(iter(operations(asked.text, (*grids(tables), *forms(evidence)))), None)
    if made is None or (step == WHOLE and made.operation == "cell"):
        return None
    return finding(step, asked.text, made, banned, asked.language)


def end_of(
    asked: Asked, evidence: Sequence[Evidence], tables: Sequence[Evidence], banned: Collection[str]
) -> list[Finding]:
    """Work out when something ends from a start and a term that stand together."""
    made = ends(asked.text, grids([one for one in tables if len(one.cells) > 1]), PassageIndex(evidence))
    found = finding(WHOLE, asked.text, made, banned, asked.language) if made else None
    if made is None or found is None:
        return []
    shown = {
        one.quote: f"{one.of}: {one.under}: {one.quote.text}" if one.of else one.quote.text for one in made.operands
    }
    rest = [Finding(step=WHOLE, question=asked.text, sentence=said, quote=quote) for quote, said in shown.items()]
    return [found, *rest]


def finding(
    step: int, question: str, made: Computation, banned: Collection[str] = (), language: str = ""
) -> Finding | None:
    """Say a computation, with the place of its first value; the other values are cited beside it."""
    made = made.model_copy(update={"language": language})
    said = say(made)
    ids = tuple(dict.fromkeys(one.quote.evidence_id for one in made.operands))
    first = made.operands[0].quote
    value = f"{made.result} {made.unit}".strip() if made.operation not in ("cell", "rows") else made.result
    return None if said in banned else Finding(
        step=step, question=question, sentence=said, quote=first, value=value, also=ids[1:], made=made
    )  # fmt: skip
