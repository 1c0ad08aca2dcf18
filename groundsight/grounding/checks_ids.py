"""Is the thing that a claim names by an identifier the thing that the passage speaks of?"""

from __future__ import annotations

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_numbers import Outcome
from groundsight.language.ids import Ident
from groundsight.types import Reason


def check_ids(pair: Pair) -> Outcome:
    """Look for each identifier in the passage, else at the head of its unit; another one in its slot is a conflict."""
    settled: list[Interval] = []
    missing: list[Interval] = []
    conflicts: list[Reason] = []
    for wanted in pair.claim.ids:
        if wanted.key in pair.passage.facts.id_keys:
            settled.append(wanted.span)
        elif rivals := _rivals(pair, wanted):
            conflicts += [_reason(pair, wanted, one) for one in rivals if pair.same_slot(wanted.span, one.span)][:1]
            missing.append(wanted.span)
        elif wanted.key in pair.passage.context_ids:
            settled.append(wanted.span)
        else:
            missing.append(wanted.span)
    disputed = {(r.claim_span.start, r.claim_span.end) for r in conflicts if r.claim_span}
    return Outcome(tuple(settled), tuple(span for span in missing if span not in disputed), tuple(conflicts))


def _rivals(pair: Pair, wanted: Ident) -> list[Ident]:
    """Other identifiers of the same series in this passage that the claim does not name."""
    mine = {one.key for one in pair.claim.ids}
    return [one for one in pair.passage.facts.ids if one.letters == wanted.letters and one.key not in mine]


def _reason(pair: Pair, wanted: Ident, other: Ident) -> Reason:
    message = f"{wanted.text} in the answer, {other.text} in the source"
    return pair.reason("name_mismatch", message, wanted.span, other.span)
