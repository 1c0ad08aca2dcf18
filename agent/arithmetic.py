"""Questions that two look-ups answer: planned as both, and worked out from what they find."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.agent.state import Draft, Finding, Plan, PlanStep
from groundsight.computing.operands import over, parts
from groundsight.computing.say import say
from groundsight.computing.words import degree, said
from groundsight.language.dates import find_moments
from groundsight.language.quantities import find_quantities
from groundsight.types.computed import Operand


def of_two(question: str) -> Plan | None:
    """Plan a question for a gap or a difference as a question for each of its values."""
    asked = parts(question)
    if asked is None:
        return None
    steps = tuple(PlanStep(step=at, question=text) for at, text in enumerate((asked.first, asked.second), 1))
    return Plan(steps=steps, join="days" if asked.operation == "days" else "difference")


def sum_of(plan: Plan, found: Sequence[Finding]) -> Draft | None:
    """State a gap or a difference in a sentence that holds both values; None when it can't be worked out."""
    if len(found) != 2 or plan.join not in ("days", "difference"):
        return None
    made = over(plan.join, *(Operand(shown=one.value, quote=one.quote) for one in found))
    cites = tuple(dict.fromkeys(one.quote.evidence_id for one in found))
    return Draft(sentences=(say(made),), cites=(cites,), computed=(made,)) if made else None


def verdict_of(question: str, plan: Plan, found: Sequence[Finding]) -> Draft | None:
    """Put the finding that wins a comparison first; None when nothing is compared or the values can't be."""
    if plan.join != "compare" or len(found) != 2:
        return None
    first, second = (_key(one.value) or _key(one.quote.text) for one in found)
    asked = next((one for word in said(question) if (one := degree(word.text)) and one.form != "base"), None)
    if asked is None or first is None or second is None or first[0] != second[0] or first == second:
        return None
    # An older ship has the earlier date, an older person the higher age.
    high = (asked.end == "high") == (asked.measure != "date" or first[0] == "date")
    order = found if (first > second) == high else tuple(reversed(found))
    return Draft(sentences=tuple(one.sentence for one in order), cites=tuple((one.quote.evidence_id,) for one in order))


def _key(shown: str) -> tuple[str, float] | None:
    """Read a date, else a number with its kind, as something that can be compared."""
    dated = next((one for one in find_moments(shown) if one.year), None)
    if dated:
        return "date", dated.year * 10_000 + (dated.month or 0) * 100 + (dated.day or 0) if dated.year else 0.0
    numbers = find_quantities(shown)
    return (numbers[0].kind, numbers[0].low) if numbers else None
