"""Findings to sentences, sentences to a text with markers, and all of it to an Answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundsight.agent.state import WHOLE, Draft, Finding, Plan
from groundsight.language.typography import squeeze
from groundsight.types import Citation, Evidence, GroundingReport, Quote, Span, Stale, Verdict

_POINT = re.compile(r"^[-*\u2022]\s+(?=\S)")
_MARKER = re.compile(r"\s*\[[^\[\]]{1,80}\]")
BAD_LABELS = ("contradicted", "unsupported", "unverified")


@dataclass(frozen=True)
class Laid:
    """A draft laid out: its text, where each sentence stands in it, and the evidence id of each marker."""

    text: str
    spans: tuple[Span, ...]
    markers: Mapping[str, str]


def draft_of(plan: Plan, findings: Sequence[Finding], direct: Draft | None = None) -> Draft:
    """Put findings in the order in which a person wants them: the asked value first, then how it was reached."""
    by_step = {found.step: found for found in findings}
    steps = [step.step for step in plan.steps if step.step in by_step]
    if plan.join == "last" and plan.steps[-1].step in by_step:
        steps = [plan.steps[-1].step, *[step for step in steps if step != plan.steps[-1].step]]
    sentences = list(zip(direct.sentences, direct.cites, strict=True)) if direct else []
    sentences += [(found.sentence, (found.quote.evidence_id, *found.also)) for found in findings if found.step == WHOLE]
    for step in steps:
        found = by_step[step]
        sentences.append((found.sentence, (found.quote.evidence_id, *found.also)))
    kept = list(dict(sentences).items())
    computed = (*(direct.computed if direct else ()), *(found.made for found in findings if found.made))
    return Draft(sentences=tuple(text for text, _ in kept), cites=tuple(cites for _, cites in kept), computed=computed)


def lay_out(draft: Draft) -> Laid:
    """Write the text of a draft: one sentence a line, each with the markers of what it cites."""
    numbers: dict[str, str] = {}
    lines: list[str] = []
    spans: list[Span] = []
    at = 0
    for sentence, cites in zip(draft.sentences, draft.cites, strict=True):
        marks = "".join(f"[{numbers.setdefault(cited, str(len(numbers) + 1))}]" for cited in dict.fromkeys(cites))
        plain = _POINT.sub("", squeeze(sentence))
        line = _marked(plain if draft.by == "rules" else _MARKER.sub("", plain), marks)
        spans.append(Span(start=at, end=at + len(line)))
        lines.append(line)
        at += len(line) + 1
    return Laid("\n".join(lines), tuple(spans), {number: cited for cited, number in numbers.items()})


def _marked(sentence: str, marks: str) -> str:
    end = sentence[-1] if sentence[-1:] in (".", "!", "?") else "."
    body = sentence.rstrip(".!?") if sentence[-1:] in (".", "!", "?") else sentence
    return f"{body} {marks}{end}" if marks else body + end


def rejected(laid: Laid, report: GroundingReport) -> dict[int, Verdict]:
    """Return the verdict of each sentence that may not be given, by its place in the draft.

    What can't be checked may only be given where it holds no name, number or date.
    """
    bad: dict[int, Verdict] = {}
    for verdict in report.claims:
        if verdict.label in BAD_LABELS or (verdict.label == "not_checkable" and _holds_detail(verdict)):
            bad |= {at: verdict for at, span in enumerate(laid.spans) if _overlap(span, verdict.claim.span)}
    return bad


def without(draft: Draft, places: Sequence[int]) -> Draft:
    """Return a draft without some of its sentences."""
    kept = [at for at in range(len(draft.sentences)) if at not in set(places)]
    return draft.model_copy(
        update={"sentences": tuple(draft.sentences[at] for at in kept), "cites": tuple(draft.cites[at] for at in kept)}
    )


def laid_bare(draft: Draft, places: Sequence[int], findings: Sequence[Finding]) -> Draft:
    """Return a draft whose rejected sentences are the bare quotes, where a name had been put before them."""
    bare = {found.sentence: found.bare for found in findings if found.bare}
    sentences = [bare.get(text, text) if at in set(places) else text for at, text in enumerate(draft.sentences)]
    return draft.model_copy(update={"sentences": tuple(sentences)})


def only_known(draft: Draft, evidence: Mapping[str, Evidence]) -> tuple[Draft, int]:
    """Remove cites of ids that were not retrieved; return the draft and how many were removed."""
    cites = tuple(tuple(cited for cited in one if cited in evidence) for one in draft.cites)
    removed = sum(map(len, draft.cites)) - sum(map(len, cites))
    return draft.model_copy(update={"cites": cites}), removed


def quotes_of(report: GroundingReport, found: Sequence[Finding]) -> list[Quote]:
    """Return the words that an answer rests on, those that the rules chose first."""
    chosen = [one.quote for one in found]
    return [*chosen, *(quote for verdict in report.claims for quote in verdict.support)]


def citations(laid: Laid, evidence: Mapping[str, Evidence], said: Sequence[Quote]) -> tuple[Citation, ...]:
    """Say for every marker where it leads: source, page, box and the first of the words that were said there."""
    quotes = {quote.evidence_id: quote for quote in reversed(said)}
    stale: dict[str, Stale] = {one.source: one.stale for one in evidence.values() if one.stale}
    cited = [(marker, evidence[one], quotes.get(one)) for marker, one in laid.markers.items()]
    return tuple(_citation(marker, one, quote, stale.get(one.source, "")) for marker, one, quote in cited)


def receipt(question: str, text: str, evidence_ids: Sequence[str], index_version: str) -> str:
    """Fingerprint an answer with what it rests on."""
    joined = "\0".join((question, text, *sorted(evidence_ids), index_version))
    return "ans-" + hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _citation(marker: str, one: Evidence, quote: Quote | None, stale: Stale) -> Citation:
    return Citation(
        marker=f"[{marker}]",
        evidence_id=one.evidence_id,
        source=one.source,
        title=one.title,
        page=one.place.page,
        box=(quote.box if quote else None) or one.place.box,
        section=one.place.section,
        quote=squeeze(quote.text) if quote else "",
        uri=f"groundsight://evidence/{one.evidence_id}",
        stale=stale,
    )


def _holds_detail(verdict: Verdict) -> bool:
    from groundsight.language.facts import read_facts
    from groundsight.language.speech import holds_detail

    return holds_detail(read_facts(_MARKER.sub("", verdict.claim.text)))


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
