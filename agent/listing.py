"""An answer that lists places: each a sentence of its own with the words that stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from groundsight.agent.compose import citation
from groundsight.types import Answer, Citation, Claim, Degraded, Evidence, Fit, Quote, Reason, Span, Tier, Verdict


class Pointed(NamedTuple):
    """A sentence that points at a place, what stands there, and why it is said."""

    sentence: str
    evidence: Evidence
    quote: Quote
    reason: Reason


def listed(
    question: str, rows: Sequence[Pointed], stop: str, writer: str, degraded: tuple[Degraded, ...] = ()
) -> Answer:
    """Return the sentences, a line each with its marker, as an answer whose every sentence is borne out."""
    text, verdicts, citations = "", list[Verdict](), list[Citation]()
    for number, (said, one, quote, reason) in enumerate(rows, 1):
        sentence, start = f"{said} [{number}]", len(text) + 1 if text else 0
        text = f"{text}\n{sentence}" if text else sentence
        claim = Claim(text=sentence, span=Span(start=start, end=len(text)), cites=(one.evidence_id,))
        reasons = (reason.model_copy(update={"evidence": quote}),)
        verdicts.append(
            Verdict(claim=claim, label="supported", probability=1.0, reasons=reasons, support=(quote,), judge=writer)
        )
        citations.append(citation(str(number), one, quote, one.stale))
    return Answer(
        question=question,
        status="answered",
        text=text,
        stop_reason=stop,
        grounding_ratio=1.0,
        fit=Fit(value="yes", reason="the question asks for places"),
        verdicts=tuple(verdicts),
        citations=tuple(citations),
        evidence=tuple(dict.fromkeys(row.evidence for row in rows)),
        tier=Tier(models={"writer": writer}),
        degraded=degraded,
    )
