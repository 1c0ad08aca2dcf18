"""The draft that the rules write: what was found, quoted."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.agent.state import WHOLE, Draft, Finding, Plan
from groundsight.computing.words import degree, said
from groundsight.language.dates import find_moments
from groundsight.language.quantities import find_quantities


def quoted(question: str, plan: Plan, found: Sequence[Finding]) -> Draft:
    """Write findings in the order in which a person wants them: the asked value first, then how it was reached."""
    whole = [one for one in found if one.step == WHOLE]
    by_step = {one.step: one for one in found}
    order = [step.step for step in plan.steps if step.step in by_step]
    if plan.join == "last":
        order.sort(key=lambda step: step != plan.steps[-1].step)
    steps = [by_step[step] for step in order]
    if not whole and plan.join == "compare":
        steps = compared(question, steps)
    pairs = [(one.sentence, (one.quote.evidence_id, *one.also)) for one in (*whole, *steps)]
    made = tuple(one.made for one in found if one.made)
    return Draft(computed=made).saying(pairs)


def compared(question: str, found: list[Finding]) -> list[Finding]:
    """Put the finding that wins a comparison first; the order stays where nothing is compared."""
    keys = [_key(one.value) or _key(one.quote.text) for one in found]
    asked = next((one for word in said(question) if (one := degree(word.text)) and one.form != "base"), None)
    if asked is None or len(keys) != 2 or (first := keys[0]) is None or (second := keys[1]) is None:
        return found
    # An older ship has the earlier date, an older person the higher age.
    high = (asked.end == "high") == (asked.measure != "date" or first[0] == "date")
    comparable = first[0] == second[0] and first != second
    return found if not comparable or (first > second) == high else found[::-1]


def _key(shown: str) -> tuple[str, float] | None:
    """Read a date, else a number with its kind, as something that can be compared."""
    dated = next((one for one in find_moments(shown) if one.year), None)
    if dated:
        return "date", (dated.year or 0) * 10_000 + (dated.month or 0) * 100 + (dated.day or 0)
    numbers = find_quantities(shown)
    return (numbers[0].kind, numbers[0].low) if numbers else None
