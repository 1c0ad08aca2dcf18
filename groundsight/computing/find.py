"""Which operation over which values yields what a free sentence states; None where it states no such thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from groundsight.computing.prose import NEAREST, in_prose, plain
from groundsight.computing.say import say
from groundsight.computing.tabular import Found, in_table
from groundsight.computing.terms import ended
from groundsight.computing.words import akin, light_verbs, said
from groundsight.evidence.passage_index import PassageIndex
from groundsight.language.facts import Facts
from groundsight.types import Claim, Evidence, Reason, Span, Verdict
from groundsight.types.computed import Computation

SHOWN = 4


def find(facts: Facts, index: PassageIndex) -> Found | None:
    """Return the computation that a sentence states, with whether it holds; one that holds goes before one that fails.

    It fails only where no passage about the same gives the number.
    """
    if said_whole := ended(facts, index):
        return said_whole

    def known(source: str, words: Sequence[str]) -> bool:
        """What names no part of a table has to stand in its file: what is said of others says nothing of its rows."""
        held = [each for each in index.evidence if each.source == source] if words else []
        around = {one.stem for each in held for one in said(f"{each.title} {each.text}")} | light_verbs()
        return all(word in around or any(akin(word, one) for one in around) for word in words)

    tables = index.watch.each(index.grids)
    found = [one for table in tables for one in in_table(facts, table, partial(known, table.source))]
    if held := next((one for one in found if one.holds), None) or in_prose(facts, index):
        return held
    failed = next(iter(found), None)
    return None if failed is None or _given(facts, failed, index) else failed


def check(claim: Claim, facts: Facts, index: PassageIndex) -> Verdict | None:
    """Judge a claim by computing what it states; None where it states nothing that is computed."""
    found = find(facts, index)
    if found is None:
        return None
    span = Span(start=claim.span.start + found.span[0], end=claim.span.start + found.span[1])
    quotes = tuple(dict.fromkeys(one.quote for one in found.made.operands[:SHOWN]))
    shown = say(found.made)
    if found.holds:
        reason = Reason(code="computed", message=f"computed from the source: {shown}", claim_span=span)
        return Verdict(claim=claim, label="supported", probability=0.97, support=quotes, reasons=(reason,))
    message = f"{facts.text[slice(*found.span)]} in the answer; by the source: {shown}"
    reason = Reason(code="number_mismatch", message=message, claim_span=span, evidence=quotes[0])
    return Verdict(claim=claim, label="contradicted", probability=0.01, reasons=(reason,))


def upheld(claim: Claim, made: Computation, known: Mapping[str, Evidence]) -> Verdict | None:
    """Support what says a computation while every operand still stands where it was read; None where one does not."""
    quotes = tuple(dict.fromkeys(one.quote for one in made.operands))
    for one in quotes:
        held = known.get(one.evidence_id)
        if held is None or held.text[one.span.start : one.span.end] != one.text:
            return None
    reason = Reason(code="computed", message=f"computed from the source: {say(made)}", claim_span=claim.span)
    return Verdict(claim=claim, label="supported", probability=0.97, support=quotes[:SHOWN], reasons=(reason,))


def _given(facts: Facts, failed: Found, index: PassageIndex) -> bool:
    value = next((one for one in facts.quantities if one.span == failed.span), None)
    return value is not None and plain(facts, value, index.closest(facts, NEAREST))
