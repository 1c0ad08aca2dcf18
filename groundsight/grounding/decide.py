"""The verdict on one claim: supported, contradicted by a located span, or not said."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.grounding.anaphora import Reference, references, speaks_of
from groundsight.grounding.calibrate import Calibration
from groundsight.grounding.checks_numbers import says
from groundsight.grounding.claims import without_cites, without_markers
from groundsight.grounding.columns import check_columns
from groundsight.grounding.compare import Comparison, compare
from groundsight.grounding.facts import Facts, read_facts
from groundsight.grounding.gather import gather
from groundsight.grounding.passages import Passage
from groundsight.grounding.search import PassageIndex
from groundsight.grounding.speech import is_bare, is_checkable, stated
from groundsight.grounding.sums import check_sum
from groundsight.types import Claim, Quote, Reason, Span, Verdict

_SHOWN = 4
_AS_GOOD = 0.1
_SAME_MATTER = 0.55
_CLOSER = 0.1
_DENIES = frozenset({"negation_flip", "antonym"})
_SURE = _DENIES | {"number_mismatch", "date_mismatch"}


def decide(
    claim: Claim,
    index: PassageIndex | None,
    calibration: Calibration,
    before: Sequence[Facts] = (),
    *,
    listed: bool = False,
) -> Verdict:
    """Judge one claim: not checkable, verbatim, supported by one or several passages, contradicted, or unsupported.

    Without an index nothing was looked for: that is unverified, not unsupported. ``before`` is what the claims before
    it state; a pronoun is held to what they name. ``listed`` is a point of a list, which its lead-in completes.
    """
    text = without_markers(claim.text)
    if not is_checkable(text):
        return Verdict(
            claim=claim,
            label="not_checkable",
            probability=0.0,
            reasons=(_plain("not_a_statement", "nothing to check"),),
        )
    if index is None:
        unchecked = (_plain("unchecked", "unchecked: no evidence was searched for this sentence"),)
        return Verdict(claim=claim, label="unverified", probability=0.0, reasons=unchecked)
    if not index.passages:
        return Verdict(
            claim=claim, label="unsupported", probability=0.0, reasons=(_plain("no_evidence", "no evidence was given"),)
        )
    facts = read_facts(stated(text))
    if is_bare(facts) and not listed:
        return _unsupported(claim, 0.0, (_plain("low_coverage", "a value alone states nothing that can be checked"),))
    if computed := check_sum(claim, text, index):
        return computed
    # The heads of columns are spelled as they are: amount_eur is no emphasis.
    if computed := check_columns(claim, without_cites(claim.text), index):
        return computed
    meant = references(facts, before)
    every = [compare(facts, passage, calibration) for passage in index.watch.each(index.candidates(facts))]
    found = [one for one in index.watch.each(every) if speaks_of(one.pair.passage, meant)]
    if every and not found:
        return _placed(_unsupported(claim, 0.05, tuple(_unnamed(one) for one in meant)))
    exact = [one for one in index.verbatim(without_cites(claim.text)) if speaks_of(one, meant)]
    if quotes := tuple(one.quote() for one in exact[:_SHOWN]):
        return _placed(
            _supported(claim, 0.99, quotes, (_plain("verbatim", "the source says exactly this"), *_dissent(found)))
        )
    return _placed(_weigh(claim, facts, found, index, calibration))


def _unnamed(one: Reference) -> Reason:
    message = f"no passage that says this names {one.shown}"
    return Reason(code="entity_missing", message=message, claim_span=Span(start=one.span[0], end=one.span[1]))


def _weigh(
    claim: Claim, facts: Facts, found: Sequence[Comparison], index: PassageIndex, calibration: Calibration
) -> Verdict:
    gathered = gather(facts, found, index, calibration)
    fits = [one for one in gathered if one.supports and one.probability >= calibration.threshold]
    rivals = [one for one in found if _is_rival(one)]
    fits = [one for one in index.watch.each(fits) if not any(_beats(rival, one) for rival in rivals)]
    if fits:
        return _from_fits(claim, fits, found)
    return _against(claim, found, max((one.probability for one in gathered), default=0.0))


def _is_rival(one: Comparison) -> bool:
    """It speaks surely enough of the same thing, and says something else of it."""
    sure = bool(one.conflicts) and one.rest >= one.needed and not one.of_another
    return sure and one.pair.passage.channel != "caption"


def _beats(rival: Comparison, fit: Comparison) -> bool:
    """The rival says more of the claim by itself: what passages that say less leave open is no support.

    Another name in it counts only against a passage that says nothing of the claim but its names. A sentence that
    denies the claim beats whatever borrows its words.
    """
    if any(r.code in _DENIES for r in rival.conflicts) and {*fit.pair.near} & {*rival.pair.own}:
        return True
    codes = _SURE | {"name_mismatch"} if fit.names_only else _SURE
    spans = [(r.claim_span.start, r.claim_span.end) for r in rival.conflicts if r.claim_span and r.code in codes]
    if not spans:
        return False
    mine = 0.0 if fit.joined else fit.pair.own_coverage_without(spans)
    theirs = rival.pair.own_coverage_without(spans)
    return theirs > mine + _CLOSER or (theirs >= mine and _figures_here(rival) > _figures_here(fit))


def _figures_here(one: Comparison) -> int:
    """How many numbers of the claim stand in the passage itself, not in the sentences around it."""
    given = one.pair.passage.facts.quantities
    return sum(bool(says(wanted, given, one.pair.passage.scales)) for wanted in one.pair.claim.quantities)


def _from_fits(claim: Claim, fits: Sequence[Comparison], found: Sequence[Comparison]) -> Verdict:
    likeliest = max(one.probability for one in fits)
    best = min((one for one in fits if one.probability >= likeliest - _AS_GOOD), key=_cost)
    weak = all(one.pair.passage.channel == "caption" for one in fits)
    reasons = (_plain("weak_channel", "only a caption says this"),) if weak else _covered(best.passages)
    return _supported(claim, likeliest, _quotes(best.passages), (*reasons, *_dissent(found)))


def _cost(one: Comparison) -> tuple[bool, int, float, int, float, str, int]:
    """Of passages that are about as likely: words before captions, few before many, own words first, then short."""
    passage = one.pair.passage
    start, end = passage.span
    caption = passage.channel == "caption"
    own = round(one.pair.own_coverage_without(()), 1)
    return caption, len(one.passages), -own, end - start, -passage.evidence.score, passage.evidence.evidence_id, start


def _dissent(found: Sequence[Comparison]) -> tuple[Reason, ...]:
    """Another source that says otherwise about the same thing, with its span."""
    against = [one for one in found if one.conflicts and one.rest >= 0.95 and len(one.pair.own) >= 2]
    best = max(against, key=_against_rank, default=None)
    if best is None or best.conflicts[0].code not in _SURE:
        return ()
    first = best.conflicts[0]
    return (first.model_copy(update={"message": f"another passage disagrees: {first.message}"}),)


def _against(claim: Claim, found: Sequence[Comparison], likely: float) -> Verdict:
    best = max([one for one in found if not one.of_another] or found, key=_against_rank, default=None)
    if best is None:
        return _unsupported(claim, 0.0, (_plain("low_coverage", "no passage speaks of this"),))
    if _contradicts(best, found):
        return Verdict(
            claim=claim, label="contradicted", probability=min(best.probability, 0.05), reasons=best.conflicts
        )
    return _unsupported(claim, min(likely, 0.49), (*best.conflicts, *_lacking(best)))


def _contradicts(best: Comparison, found: Sequence[Comparison]) -> bool:
    """A located conflict counts unless another passage, without any conflict, says the disputed words."""
    if best.pair.claim.ids and (best.of_another or not best.identified):
        return False
    if not best.conflicts or best.rest < best.needed or best.pair.coverage < _SAME_MATTER or not best.tied:
        return False
    if best.pair.passage.channel == "caption":
        return False
    elsewhere = {span for one in found if not one.conflicts and not one.of_another for span in one.settled}
    return any(_interval(one) not in elsewhere for one in best.conflicts)


def _interval(reason: Reason) -> tuple[int, int] | None:
    return (reason.claim_span.start, reason.claim_span.end) if reason.claim_span else None


def _against_rank(one: Comparison) -> tuple[float, bool, int, int, str, int]:
    passage = one.pair.passage
    weight = -len(one.conflicts), -len(one.open)
    return round(one.rest, 6), bool(one.conflicts), *weight, passage.evidence.evidence_id, -passage.span[0]


def _lacking(best: Comparison) -> tuple[Reason, ...]:
    text = best.pair.claim.text
    absent = tuple(
        Reason(
            code="entity_missing",
            message=f"{text[start:end]} is not in the evidence beside this statement",
            claim_span=Span(start=start, end=end),
        )
        for start, end in best.open
    )
    words = ", ".join(token.text for token in best.pair.missing[:5])
    low = (best.pair.reason("low_coverage", f"not in the closest passage: {words}", None, None),) if words else ()
    return absent or low or (_plain("low_coverage", "no passage says all of this"),)


def _supported(claim: Claim, probability: float, quotes: Sequence[Quote], reasons: tuple[Reason, ...]) -> Verdict:
    return Verdict(claim=claim, label="supported", probability=probability, support=tuple(quotes), reasons=reasons)


def _unsupported(claim: Claim, probability: float, reasons: tuple[Reason, ...]) -> Verdict:
    return Verdict(claim=claim, label="unsupported", probability=probability, reasons=reasons)


def _quotes(passages: Sequence[Passage]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(passage.quote() for passage in passages[:_SHOWN]))


def _covered(passages: Sequence[Passage]) -> tuple[Reason, ...]:
    count = len({(passage.evidence.evidence_id, passage.span) for passage in passages})
    said = "one passage says this" if count == 1 else f"{count} passages say this together"
    return (_plain("covered", said),)


def _plain(code: str, message: str) -> Reason:
    return Reason.model_validate({"code": code, "message": message})


def _placed(verdict: Verdict) -> Verdict:
    """Move the reasons' claim spans from the claim's text into the answer."""
    shift = verdict.claim.span.start
    moved = tuple(
        reason.model_copy(update={"claim_span": Span(start=span.start + shift, end=span.end + shift)})
        if (span := reason.claim_span)
        else reason
        for reason in verdict.reasons
    )
    return verdict.model_copy(update={"reasons": moved})
