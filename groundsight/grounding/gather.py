"""Several passages beside one claim: one that speaks of it, and others that settle what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from groundsight.grounding.align import Interval, another_subject
from groundsight.grounding.calibrate import Calibration
from groundsight.grounding.checks_names import named_in
from groundsight.grounding.checks_numbers import says
from groundsight.grounding.compare import SLOTS, Comparison, coverage, details, figures, weighed
from groundsight.grounding.dates import agree
from groundsight.grounding.facts import Facts
from groundsight.grounding.passages import Passage
from groundsight.grounding.search import PassageIndex
from groundsight.grounding.tokens import Token
from groundsight.tracing import Watch

_PART = 0.34
_CLOSE = 6
# Over long texts two words around it, or four beside it, instead of none and three: 19 instead of 27 of 96 names of the
# same text pass for another, and 47 of 50 true claims are kept.
_TIED = 2
_TELLING = 4


def gather(
    claim: Facts, found: Sequence[Comparison], index: PassageIndex, calibration: Calibration
) -> list[Comparison]:
    """Return each passage with its helpers, and the passages that each say a good part as one."""
    joined = join(claim, found, calibration, index.watch)
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
    eased = [_doubted(one, eased, index) for one in index.watch.each(eased)]
    against = {_place(one.pair.passage) for one in eased if one.conflicts}
    wanted = {span for one in eased if _lacks(one) for span in one.open}
    fit = [one for one in index.watch.each(index.passages) if _place(one) not in against and _may_help(claim, one)]
    disputed = {(_place(one.pair.passage), span) for one in eased for span in one.filled}
    helpers = {
        span: _holding(claim, span, [one for one in fit if (_place(one), span) not in disputed], index)
        for span in wanted
    }
    return [_helped(one, helpers, index, calibration) if _lacks(one) else one for one in index.watch.each(eased)]


def join(claim: Facts, found: Sequence[Comparison], calibration: Calibration, watch: Watch) -> Comparison | None:
    """Let passages that each say a good part, and contradict nothing, support a claim together.

    A row of a table or form speaks of its own thing: its cells are joined, but never with another row or a sentence.
    """
    parts = [one for one in found if _is_part(one) and not one.located and not one.of_other_figures]
    rows: dict[tuple[str, Interval], list[Comparison]] = {}
    for one in (each for each in parts if each.pair.passage.tabular):
        rows.setdefault(_place(one.pair.passage), []).append(one)
    groups = [*_of_one_thing(claim, [one for one in parts if not one.pair.passage.tabular]), *rows.values()]
    joined = [_joined(claim, group, calibration, watch) for group in groups if len(group) > 1]
    return max(joined, key=lambda one: (one.supports, one.probability), default=None)


def _eased(one: Comparison) -> Comparison:
    """Take a slot filled otherwise as open where too little else agrees."""
    slots = [r.claim_span for r in one.conflicts if r.code in SLOTS and r.claim_span]
    if not slots or len(slots) < len(one.conflicts) or one.rest >= one.needed:
        return one
    filled = tuple((span.start, span.end) for span in slots)
    return replace(one, open=(*one.open, *filled), filled=filled, conflicts=())


def _doubted(one: Comparison, every: Sequence[Comparison], index: PassageIndex) -> Comparison:
    """Reopen what only a sentence close by would settle, where that sentence has it of something else."""
    here, claim = one.pair.passage, one.pair.claim
    near = [other for other in every if other.filled and _close(here, other.pair.passage)]
    spans = {s for other in near for s in other.filled if _holds(claim, s, other.pair.passage, index)}
    lost = tuple(s for s in one.settled if s in spans and not _holds(claim, s, here, index))
    if not lost:
        return one
    settled = tuple(span for span in one.settled if span not in lost)
    return replace(one, open=(*one.open, *lost), settled=settled)


def _close(one: Passage, other: Passage) -> bool:
    return one.evidence is other.evidence and abs(one.at - other.at) <= _CLOSE


def _lacks(one: Comparison) -> bool:
    return bool(one.open) and not one.of_another


def _place(passage: Passage) -> tuple[str, Interval]:
    return passage.evidence.evidence_id, passage.span


def _may_help(claim: Facts, passage: Passage) -> bool:
    """No caption, and of what the claim names by identifier nothing else."""
    mine = {one.key for one in claim.ids}
    return passage.channel != "caption" and (not mine or bool(mine & (passage.facts.id_keys | passage.context_ids)))


def _holding(claim: Facts, span: Interval, passages: Sequence[Passage], index: PassageIndex) -> list[Passage]:
    """The passages that hold this number, date or name, those with most words of the claim first."""
    holding = [one for one in index.watch.each(passages) if _holds(claim, span, one, index)]
    return sorted(holding, key=lambda one: (-_shared(claim, span, one.facts.keys), one.evidence.evidence_id, one.span))


def _shared(claim: Facts, span: Interval, said: frozenset[str]) -> int:
    """How many words of the claim are said beside this stretch."""
    return sum(
        bool(token.keys & said) for token in claim.words if not (span[0] <= token.start and token.end <= span[1])
    )


def _holds(claim: Facts, span: Interval, passage: Passage, index: PassageIndex) -> bool:
    facts = passage.facts
    if name := next((one for one in claim.names if one.span == span), None):
        return named_in(passage, name)
    if not claim.keys & facts.keys:
        return False
    if any(says(one, facts.quantities) for one in claim.quantities if one.span == span):
        return True
    dates = (one.facts.moments for one in index.datelines(passage.evidence.evidence_id))
    around = (moment for moments in (*dates, *(near.moments for near in passage.context)) for moment in moments)
    years = (*facts.moments, *around)
    return any(agree(one, facts.moments, years) for one in claim.moments if one.span == span)


def _helped(
    one: Comparison, helpers: Mapping[Interval, list[Passage]], index: PassageIndex, calibration: Calibration
) -> Comparison:
    """Close what is open. What stands somewhere, but not where it would count, stays open without being absent."""
    lines = index.datelines(one.pair.passage.evidence.evidence_id)
    dated = {
        moment.span: line for moment in one.pair.claim.moments for line in lines if agree(moment, line.facts.moments)
    }
    near = {span: other for span in one.open for other in reversed(helpers[span]) if _counts(one, span, other)}
    every = dated | near
    help_ = {span: every[span] for span in one.open if span in every}
    still = tuple(span for span in one.open if span not in help_)
    absent = tuple(span for span in still if not helpers[span])
    passages = tuple(dict.fromkeys((*one.passages, *help_.values())))
    helped = replace(one, open=still, settled=(*one.settled, *help_), passages=passages)
    return weighed(helped, calibration, absent)


def _counts(one: Comparison, span: Interval, helper: Passage) -> bool:
    """A helper stands close by and speaks of the claim, or says much of it; a slot filled otherwise stays open.

    A row helps itself alone, and a sentence that opens with something else lends no number.
    """
    claim, passage = one.pair.claim, one.pair.passage
    if (helper.tabular or passage.tabular) and _place(helper) != _place(passage):
        return False
    if span in figures(claim) and helper.is_sentence and another_subject(claim, helper.facts):
        return False
    near = _close(helper, passage) and _shared(claim, span, helper.facts.keys | helper.context_keys) >= _TIED
    return span not in one.filled and (near or _shared(claim, span, helper.facts.keys) >= _TELLING)


def _is_part(one: Comparison) -> bool:
    """It says a third of the claim, or something of it about a thing that the claim names by identifier."""
    large = one.pair.own_coverage_without(()) >= _PART
    return (large or (one.identified and bool(one.pair.own))) and one.tied


def _joined(claim: Facts, parts: Sequence[Comparison], calibration: Calibration, watch: Watch) -> Comparison:
    disputed = ((r.claim_span.start, r.claim_span.end) for one in parts for r in one.conflicts if r.claim_span)
    wanted = {*disputed, *(span for one in parts for span in (*one.open, *one.settled))}
    chosen = _cover(parts, watch)
    settled = {span for one in chosen for span in one.settled}
    total = sum(token.weight for token in claim.words)
    said = sum(token.weight for token in {token for one in chosen for token in one.pair.own})
    share = said / total if total else 1.0
    still = tuple(wanted - settled)
    values = {**details(claim, still, tuple(settled)), **coverage(share, total), "joined": 1.0}
    passages = tuple(passage for one in chosen for passage in one.passages)
    return Comparison(chosen[0].pair, still, tuple(settled), (), passages, values, calibration.probability(values))


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


def _cover(parts: Sequence[Comparison], watch: Watch) -> list[Comparison]:
    """Choose, each time the passage that adds most words, numbers, dates or names."""
    chosen: list[Comparison] = []
    said: set[Token | Interval] = set()
    rest = sorted(parts, key=lambda c: (c.pair.passage.span, c.pair.passage.evidence.evidence_id))
    while rest:
        best = max(watch.each(rest), key=lambda one: (_added(one, said), one.pair.own_coverage_without(())))
        if chosen and not _added(best, said):
            break
        chosen.append(best)
        rest.remove(best)
        said |= {*best.pair.own, *best.settled}
    return chosen


def _added(one: Comparison, said: set[Token | Interval]) -> float:
    return sum(t.weight for t in one.pair.own if t not in said) + len(set(one.settled) - said)
