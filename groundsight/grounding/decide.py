"""The verdict on one claim: supported, contradicted by a located span, or not said."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.computing.find import check
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage
from groundsight.grounding.anaphora import Reference, references, speaks_of
from groundsight.grounding.bind import Bound, bind
from groundsight.grounding.calibrate import Arbiter
from groundsight.grounding.compare import Comparison, compare
from groundsight.grounding.held import Held
from groundsight.language.facts import Facts, read_facts
from groundsight.language.framing import spoken_in
from groundsight.language.sentences import without_cites, without_markers
from groundsight.language.speech import is_bare, is_checkable, stated
from groundsight.types import Claim, Reason, Span, Verdict

_SHOWN = 4
_SURE = frozenset({"negation_flip", "antonym", "number_mismatch", "date_mismatch"})
_WORST = ("contradicted", "unsupported", "supported")


def decide(
    claim: Claim,
    held: Held | None,
    arbiter: Arbiter,
    before: Sequence[Facts] = (),
    *,
    listed: bool = False,
    cells: Sequence[str] | None = None,
) -> Verdict:
    """Judge one claim: not checkable, verbatim, supported by passages, contradicted, or unsupported.

    Without ``held`` nothing was looked for: that is unverified, not unsupported. ``before`` is what the claims before
    it state; a pronoun is held to what they name. ``listed`` is a point of a list, which its lead-in completes.
    ``cells`` are what the row of a table states cell by cell, each with its row and column; its header states none.
    """
    text = without_markers(claim.text)
    if cells == [] or not is_checkable(text):
        return _verdict(claim, "not_checkable", 0.0, _plain("not_a_statement", "nothing to check"))
    if held is None:
        return _verdict(
            claim, "unverified", 0.0, _plain("unchecked", "unchecked: no evidence was searched for this sentence")
        )
    index = held.index
    if not index.passages:
        said = "the evidence holds no text" if index.evidence else "no evidence was given or found"
        return _verdict(claim, "unsupported", 0.0, _plain("no_evidence", said))
    if cells:
        return _row(
            claim,
            [
                _decided(claim, read_facts(cell, language=spoken_in(cell, index.language)), held, arbiter, ())
                for cell in cells
            ],
        )
    language = spoken_in(text, index.language)
    facts = read_facts(stated(text), language=language)
    if is_bare(facts) and not listed:
        return _verdict(
            claim, "unsupported", 0.0, _plain("low_coverage", "a value alone states nothing that can be checked")
        )
    # The heads of columns are spelled as they are: amount_eur is no emphasis.
    if computed := check(claim, read_facts(without_cites(claim.text), language=language), index):
        return computed
    return _placed(_decided(claim, facts, held, arbiter, references(facts, before)))


def bound_to(facts: Facts, index: PassageIndex) -> Bound:
    """Bind what a sentence that stands alone states to the passages of some evidence."""
    return bind(facts, compared(facts, index, references(facts, ())), Held(index))


def compared(facts: Facts, index: PassageIndex, meant: Sequence[Reference]) -> list[Comparison]:
    """Compare a claim with every passage that shares enough of its words and names what its pronouns mean."""
    fitting = (one for one in index.candidates(facts) if speaks_of(one, meant))
    return [compare(facts, passage) for passage in index.watch.each(fitting)]


def _decided(claim: Claim, facts: Facts, held: Held, arbiter: Arbiter, meant: Sequence[Reference]) -> Verdict:
    """Judge by what the claim cites, then by all evidence; support that lies elsewhere is told with its place."""
    index = held.index
    found = compared(facts, index, meant)
    if not found and index.candidates(facts):
        return _verdict(claim, "unsupported", 0.05, *map(_unnamed, meant))
    exact = [one for one in index.verbatim(without_cites(claim.text)) if speaks_of(one, meant)]
    if exact:
        reasons = (_plain("verbatim", "the source says exactly this"), *_dissent(found))
        return _cited(_verdict(claim, "supported", 0.99, *reasons, support=exact))
    cited = [one for one in found if one.passage.evidence.evidence_id in claim.cites]
    by_cited = _weigh(claim, bind(facts, cited, held), found, arbiter, index) if cited else None
    if by_cited and by_cited.label != "unsupported":
        return by_cited
    return _cited(_weigh(claim, bind(facts, found, held), found, arbiter, index))


def _cited(verdict: Verdict) -> Verdict:
    """Tell which evidence supports a claim that cites other evidence."""
    ids = tuple(dict.fromkeys(quote.evidence_id for quote in verdict.support))
    # A number is a footnote of the text, not the name of evidence.
    cites = [cite for cite in verdict.claim.cites if not cite.isdigit()]
    if verdict.label != "supported" or not cites or {*ids} & {*cites}:
        return verdict
    message = f"{', '.join(ids)} says this, not {', '.join(cites)}"
    return verdict.model_copy(update={"reasons": (*verdict.reasons, _plain("wrong_citation", message))})


def _row(claim: Claim, cells: Sequence[Verdict]) -> Verdict:
    """A row of a table is what the worst of its cells is; its reasons point at the whole row."""
    worst = min(cells, key=lambda one: (_WORST.index(one.label), one.probability))
    reasons = tuple(reason.model_copy(update={"claim_span": claim.span}) for reason in worst.reasons)
    support = tuple(dict.fromkeys(quote for one in cells for quote in one.support))[:_SHOWN]
    return worst.model_copy(update={"reasons": reasons, "support": support if worst.label == "supported" else ()})


def _weigh(claim: Claim, bound: Bound, found: Sequence[Comparison], arbiter: Arbiter, index: PassageIndex) -> Verdict:
    """A located conflict contradicts, a slot left open is not supported, and the arbiter decides on the rest."""
    if not bound.chosen:
        return _verdict(
            claim, "unsupported", 0.0, *bound.open or (_plain("low_coverage", "no passage speaks of this"),)
        )
    likely = arbiter.probability(bound, index)
    if bound.conflicts:
        return _verdict(claim, "contradicted", min(likely, 0.05), *bound.conflicts)
    if bound.open or likely < arbiter.threshold:
        return _verdict(claim, "unsupported", min(likely, 0.49), *bound.open or (_lacking(bound),))
    weak = all(one.channel == "caption" for one in bound.passages)
    reason = (
        _plain("weak_channel", "only a model's guess says this: a caption or tags")
        if weak
        else _covered(bound.passages)
    )
    return _verdict(claim, "supported", likely, reason, *_dissent(found), support=bound.passages)


def _dissent(found: Sequence[Comparison]) -> tuple[Reason, ...]:
    """Another source that says otherwise about the same thing, with its span."""
    against = [one for one in found if one.conflicts and one.rest >= 0.95 and len(one.pair.own) >= 2]
    best = max(against, key=_against_rank, default=None)
    if best is None or best.conflicts[0].code not in _SURE:
        return ()
    first = best.conflicts[0]
    return (first.model_copy(update={"message": f"another passage disagrees: {first.message}"}),)


def _against_rank(one: Comparison) -> tuple[float, int, str, int]:
    return round(one.rest, 6), -len(one.conflicts), one.passage.evidence.evidence_id, -one.passage.span[0]


def _lacking(bound: Bound) -> Reason:
    said = {token for one in bound.chosen for token in (*one.pair.own, *one.pair.near)}
    words = ", ".join([token.text for token in bound.claim.words if token not in said][:5])
    if not words:
        return _plain("low_coverage", "no passage says all of this")
    return bound.chosen[0].pair.reason("low_coverage", f"not in the closest passage: {words}", None, None)


def _unnamed(one: Reference) -> Reason:
    message = f"no passage that says this names {one.shown}"
    return Reason(code="entity_missing", message=message, claim_span=Span(start=one.span[0], end=one.span[1]))


def _verdict(
    claim: Claim, label: str, probability: float, *reasons: Reason, support: Sequence[Passage] = ()
) -> Verdict:
    quotes = tuple(dict.fromkeys(passage.quote() for passage in support[:_SHOWN]))
    said = {"claim": claim, "label": label, "probability": probability, "reasons": reasons, "support": quotes}
    return Verdict.model_validate(said)


def _covered(passages: Sequence[Passage]) -> Reason:
    count = len({(passage.evidence.evidence_id, passage.span) for passage in passages})
    return _plain("covered", "one passage says this" if count == 1 else f"{count} passages say this together")


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
