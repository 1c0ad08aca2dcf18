"""Several passages beside one claim: one that speaks of it, and others that settle what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from groundsight.grounding.align import Interval
from groundsight.grounding.calibrate import Calibration
from groundsight.grounding.checks_numbers import says
from groundsight.grounding.compare import SLOTS, Comparison, coverage, details, weighed
from groundsight.grounding.dates import agree
from groundsight.grounding.facts import Facts
from groundsight.grounding.names import covered_by
from groundsight.grounding.passages import Passage
from groundsight.grounding.search import PassageIndex
from groundsight.grounding.tokens import Token

_PART = 0.34


def gather(claim: Facts, found: Sequence[Comparison], index: PassageIndex, calibration: Calibration) -> list[Comparison]:
    """Return each passage with its helpers, and the passages that each say a good part as one."""
    joined = join(claim, found, calibration)
    return [*complete(claim, found, index, calibration), *([joined] if joined else [])]


def complete(
    claim: Facts, found: Sequence[Comparison], index: PassageIndex, calibration: Calibration
) -> list[Comparison]:
    """Let passages be helped by others that hold the numbers, dates and names which they leave open.

    A slot filled otherwise counts as open, not as a conflict, where too little else agrees to say that the same
    thing is meant. A helper holds a word of the claim beside the number, and no located conflict; a line that
    dates a whole text helps every passage of it.
    """
    eased = [_eased(one) for one in found]
    against = {_place(one.pair.passage) for one in eased if one.conflicts}
    wanted = {span for one in eased if _lacks(one) for span in one.open}
    fit = [one for one in index.passages if _place(one) not in against and _may_help(claim, one)]
    helpers = {span: helper for span in wanted if (helper := _helper(claim, span, fit, index))}
    return [_helped(one, helpers, index, calibration) if _lacks(one) else one for one in eased]


def join(claim: Facts, found: Sequence[Comparison], calibration: Calibration) -> Comparison | None:
    """Let passages that each say a good part, and contradict nothing, support a claim together."""
    groups = _of_one_thing(claim, [one for one in found if _is_part(one) and not one.located])
    joined = [_joined(claim, group, calibration) for group in groups if len(group) > 1]
    return max(joined, key=lambda one: (one.supports, one.probability), default=None)


def _eased(one: Comparison) -> Comparison:
    """Take a slot filled otherwise as open where too little else agrees."""
    slots = [r.claim_span for r in one.conflicts if r.code in SLOTS and r.claim_span]
    if not slots or len(slots) < len(one.conflicts) or one.rest >= one.needed:
        return one
    return replace(one, open=(*one.open, *((span.start, span.end) for span in slots)), conflicts=())


def _lacks(one: Comparison) -> bool:
    return bool(one.open) and not one.of_another


def _place(passage: Passage) -> tuple[str, Interval]:
    return passage.evidence.evidence_id, passage.span


def _may_help(claim: Facts, passage: Passage) -> bool:
    """No caption, and of what the claim names by identifier nothing else."""
    mine = {one.key for one in claim.ids}
    return passage.channel != "caption" and (not mine or bool(mine & (passage.facts.id_keys | passage.context_ids)))


def _helper(claim: Facts, span: Interval, passages: Sequence[Passage], index: PassageIndex) -> Passage | None:
    """The passage with most words of the claim among those that hold this number, date or name."""
    holding = [one for one in passages if _holds(claim, span, one, index)]
    return max(holding, key=lambda one: (len(claim.keys & one.facts.keys), one.evidence.evidence_id), default=None)


def _holds(claim: Facts, span: Interval, passage: Passage, index: PassageIndex) -> bool:
    facts = passage.facts
    if name := next((one for one in claim.names if one.span == span), None):
        return covered_by(name, facts.all_words, facts.names, ocr=passage.channel == "ocr")
    if not claim.keys & facts.keys:
        return False
    if any(says(one, facts.quantities) for one in claim.quantities if one.span == span):
        return True
    dates = (one.facts.moments for one in index.datelines(passage.evidence.evidence_id))
    around = (moment for moments in (*dates, *(near.moments for near in passage.context)) for moment in moments)
    years = (*facts.moments, *around)
    return any(agree(one, facts.moments, years) for one in claim.moments if one.span == span)


def _helped(
    one: Comparison, helpers: Mapping[Interval, Passage], index: PassageIndex, calibration: Calibration
) -> Comparison:
    lines = index.datelines(one.pair.passage.evidence.evidence_id)
    dated = {moment.span: line for moment in one.pair.claim.moments for line in lines if agree(moment, line.facts.moments)}
    every = {**dated, **helpers}
    help_ = {span: every[span] for span in one.open if span in every}
    still = tuple(span for span in one.open if span not in help_)
    passages = tuple(dict.fromkeys((*one.passages, *help_.values())))
    return weighed(replace(one, open=still, settled=(*one.settled, *help_), passages=passages), calibration)


def _is_part(one: Comparison) -> bool:
    """It says a third of the claim, or something of it about a thing that the claim names by identifier."""
    large = one.pair.own_coverage_without(()) >= _PART
    return (large or (one.identified and bool(one.pair.own))) and one.tied


def _joined(claim: Facts, parts: Sequence[Comparison], calibration: Calibration) -> Comparison:
    wanted = {one.span for one in (*claim.ids, *claim.quantities, *claim.moments, *(n for n in claim.names if n.sure))}
    chosen = _cover(parts)
    settled = {span for one in chosen for span in one.settled}
    total = sum(token.weight for token in claim.words)
    said = sum(token.weight for token in {token for one in chosen for token in one.pair.own})
    share = said / total if total else 1.0
    still = tuple(wanted - settled)
    values = {**details(claim, still, tuple(settled)), **coverage(share, share, total), "joined": 1.0}
    passages = tuple(passage for one in chosen for passage in one.passages)
    return Comparison(
        chosen[0].pair, still, tuple(settled), (), passages, values, calibration.probability(values)
    )


def _of_one_thing(claim: Facts, parts: Sequence[Comparison]) -> list[list[Comparison]]:
    """Group the parts that hang together by the identifiers of the claim; without any they are one group."""
    wanted = {one.span for one in claim.ids}
    if not wanted:
        return [list(parts)]
    groups: list[tuple[set[Interval], list[Comparison]]] = []
    for one in parts:
        held, members = wanted & set(one.settled), [one]
        if not held:
            continue
        for group in [each for each in groups if each[0] & held]:
            groups.remove(group)
            held, members = held | group[0], [*group[1], *members]
        groups.append((held, members))
    return [members for _, members in groups]


def _cover(parts: Sequence[Comparison]) -> list[Comparison]:
    """Choose, each time the passage that adds most words, numbers, dates or names."""
    chosen: list[Comparison] = []
    said: set[Token | Interval] = set()
    rest = sorted(parts, key=lambda c: (c.pair.passage.span, c.pair.passage.evidence.evidence_id))
    while rest:
        best = max(rest, key=lambda one: (_added(one, said), one.pair.own_coverage_without(())))
        if chosen and not _added(best, said):
            break
        chosen.append(best)
        rest.remove(best)
        said |= {*best.pair.own, *best.settled}
    return chosen


def _added(one: Comparison, said: set[Token | Interval]) -> float:
    return sum(t.weight for t in one.pair.own if t not in said) + len(set(one.settled) - said)
