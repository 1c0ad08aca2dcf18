"""Findings to sentences, sentences to a text with markers, and all of it to an Answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundsight.agent.state import Draft
from groundsight.language.facts import read_facts
from groundsight.language.sentences import numbered
from groundsight.language.speech import holds_detail
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


def lay_out(draft: Draft) -> Laid:
    """Write the text of a draft: one sentence a line, each with the markers of what it cites."""
    numbers: dict[str, str] = {}
    lines: list[str] = []
    spans: list[Span] = []
    at = 0
    for sentence, cites in draft.pairs:
        marks = "".join(f"[{numbers.setdefault(cited, str(len(numbers) + 1))}]" for cited in dict.fromkeys(cites))
        plain = _POINT.sub("", squeeze(sentence))
        plain = plain[numbered(plain) :]
        line = _marked(plain if draft.by == "rules" else _MARKER.sub("", plain), marks)
        spans.append(Span(start=at, end=at + len(line)))
        lines.append(line)
        at += len(line) + 1
    return Laid("\n".join(lines), tuple(spans), {number: cited for cited, number in numbers.items()})


def _marked(sentence: str, marks: str) -> str:
    body = sentence.rstrip(".!?")
    end = sentence[-1] if body != sentence else "."
    return f"{body} {marks}{end}" if marks else body + end


def rejected(laid: Laid, report: GroundingReport) -> dict[int, Verdict]:
    """Return the verdict of each sentence that may not be given, by its place in the draft.

    What can't be checked may only be given where it holds no name, number or date.
    """
    bad: dict[int, Verdict] = {}
    for verdict in report.claims:
        claim, open_ = verdict.claim, verdict.label == "not_checkable"
        if verdict.label in BAD_LABELS or (open_ and holds_detail(read_facts(_MARKER.sub("", claim.text)))):
            spans = enumerate(laid.spans)
            bad |= {at: verdict for at, one in spans if one.start < claim.span.end and claim.span.start < one.end}
    return bad


def only_known(draft: Draft, evidence: Mapping[str, Evidence]) -> tuple[Draft, int]:
    """Remove cites of ids that were not retrieved; return the draft and how many were removed."""
    cites = tuple(tuple(cited for cited in one if cited in evidence) for one in draft.cites)
    removed = sum(map(len, draft.cites)) - sum(map(len, cites))
    return draft.model_copy(update={"cites": cites}), removed


def citations(laid: Laid, evidence: Mapping[str, Evidence], said: Sequence[Quote]) -> tuple[Citation, ...]:
    """Say for every marker where it leads: source, page, box and the first of the words that were said there."""
    quotes = {quote.evidence_id: quote for quote in reversed(said)}
    stale: dict[str, Stale] = {one.source: one.stale for one in evidence.values() if one.stale}
    cited = [(marker, evidence[one], quotes.get(one)) for marker, one in laid.markers.items()]
    return tuple(citation(marker, one, quote, stale.get(one.source, "")) for marker, one, quote in cited)


def receipt(question: str, text: str, evidence_ids: Sequence[str], index_version: str) -> str:
    """Fingerprint an answer with what it rests on."""
    joined = "\0".join((question, text, *sorted(evidence_ids), index_version))
    return "ans-" + hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def citation(marker: str, one: Evidence, quote: Quote | None, stale: Stale) -> Citation:
    """Say where one marker leads."""
    return Citation(
        marker=f"[{marker}]",
        evidence_id=one.evidence_id,
        source=one.source,
        title=one.title,
        page=one.place.page,
        box=(quote.box if quote else None) or one.place.box,
        second=quote.second if quote else one.place.second,
        section=one.place.section,
        quote=squeeze(quote.text) if quote else "",
        uri=f"groundsight://evidence/{one.evidence_id}",
        stale=stale,
    )
