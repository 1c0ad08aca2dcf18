"""A draft held to its evidence: each sentence to what it cites, then to all evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groundsight.agent.compose import Laid, lay_out, rejected
from groundsight.agent.state import Draft
from groundsight.computing.find import upheld
from groundsight.computing.say import say
from groundsight.grounding.calibrate import open_arbiter
from groundsight.grounding.verify import report as counted
from groundsight.settings import Grounding
from groundsight.types import Evidence, GroundingReport, Span, Verdict

Check = Callable[[str, Sequence[Evidence]], GroundingReport]
Known = Mapping[str, Evidence]


@dataclass(frozen=True)
class Held:
    """What became of a draft: its report, the rejected sentences by place, and the supported ones.

    The supported ones cite what supports them, whatever they cited before.
    """

    report: GroundingReport
    bad: Mapping[int, Verdict]
    kept: Draft


def hold(draft: Draft, known: Known, check: Check, settings: Grounding) -> Held:
    """Check every sentence of a draft against what it cites, and where that does not say it against all evidence.

    A sentence that says a computation stands or falls with its operands: it is never read back from English. Only a
    sentence that something supports is kept: what states nothing is padding.
    """
    laid = lay_out(draft)
    cited = {ids: check(laid.text, [known[one] for one in ids]) for ids in dict.fromkeys(draft.cites) if ids}
    whole = next(iter(cited.values()), None) or check(laid.text, list(known.values()))
    places = [place_of(laid, verdict.claim.span) for verdict in whole.claims]
    own = [cited[ids].claims[n] if (ids := draft.cites[at]) else None for n, at in enumerate(places)]
    computed = {say(one): one for one in draft.computed}
    for n, at in enumerate(places):
        if made := computed.get(draft.sentences[at]):
            own[n] = upheld(whole.claims[n].claim, made, known) or own[n]
    if not all(one and one.label == "supported" for one in own):
        whole = check(laid.text, list(known.values()))
    verdicts = tuple(_better(one, other) for one, other in zip(own, whole.claims, strict=True))
    report = counted(verdicts, settings, open_arbiter(None))
    report = report.model_copy(update={"method": whole.method, "calibration": whole.calibration})
    bad = rejected(laid, report)
    support: list[list[Verdict]] = [[] for _ in draft.sentences]
    for at, one in zip(places, verdicts, strict=True):
        support[at] += [one] if one.label == "supported" else []
    kept = [at for at, each in enumerate(support) if each and at not in bad]
    pairs = [(draft.sentences[at], _corrected(draft.cites[at], support[at], known)) for at in kept]
    return Held(report, bad, draft.saying(pairs))


def place_of(laid: Laid, span: Span) -> int:
    """Return the place of the sentence in which a claim stands."""
    return next(at for at, line in enumerate(laid.spans) if span.start < line.end)


def _better(own: Verdict | None, whole: Verdict) -> Verdict:
    """Support by what is cited stands whatever another source says; then support from elsewhere; then a conflict."""
    if own is None or own.label not in ("supported", "contradicted"):
        return whole
    return whole if own.label == "contradicted" and whole.label == "supported" else own


def _corrected(cites: tuple[str, ...], support: Sequence[Verdict], known: Known) -> tuple[str, ...]:
    """Keep the cites while they hold the support of the whole sentence, else cite what does."""
    told = [[quote.evidence_id for quote in one.support] for one in support]
    if cites and all(not ids or set(ids) & set(cites) for ids in told):
        return cites
    return tuple(dict.fromkeys(one for ids in told for one in ids if one in known)) or cites
