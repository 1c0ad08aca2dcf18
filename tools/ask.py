"""The ask tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.limits import require_question
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.results import (
    NAME_CHARS,
    QUOTE_CHARS,
    Answering,
    Checked,
    Corners,
    Result,
    Shape,
    answering,
    checked,
    corners,
    degraded_line,
    evidence_uri,
    where_text,
)
from groundsight.types import Answer, AnswerStatus, Citation, Degraded, Evidence, Fit, Stale

if TYPE_CHECKING:
    from groundsight.suite import Suite

ANSWER_CHARS = 20_000


class Cited(Shape):
    """Where a sentence comes from, in which hop it was found and why.

    ``stale`` says that the file has changed or gone since it was read.
    """

    marker: str
    id: str
    source: str
    title: str = ""
    page: int | None = None
    box: Corners | None = None
    section: str | None = None
    quote: str = ""
    stale: Stale = ""
    hop: int = 1
    reason: str = ""


class AnswerResult(Result):
    """An answer with its citations and a verdict a sentence, the closest passages, or the reason why there is none."""

    question: str
    status: AnswerStatus
    text: str
    stop_reason: str
    grounding_ratio: float | None
    fit: Fit
    verdicts: tuple[Checked, ...] = ()
    citations: tuple[Cited, ...] = ()
    tier: Answering
    degraded: tuple[Degraded, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the cited evidence."""
        return tuple(dict.fromkeys(cited.id for cited in self.citations))

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each citation."""
        named = {evidence_uri(cited.id): where_text(cited.source, cited.page) for cited in self.citations}
        return tuple(named.items())[:10]

    def as_text(self) -> str:
        """Answer, citations, verdicts and ratio for a reader."""
        cited = [
            f"{each.marker} {where_text(each.source, each.page, stale=each.stale)} [{each.id}]"
            for each in self.citations
        ]
        checked = [f"- {each.verdict}: {each.text}" for each in self.verdicts]
        ratio = "not checkable" if self.grounding_ratio is None else f"{self.grounding_ratio:.2f}"
        fit = f", answers the question: {self.fit.value}" if self.fit.reason else ""
        head = [f"status: {self.status} ({self.stop_reason}), grounding ratio: {ratio}{fit}", self.text]
        return "\n".join([*head, "", *cited, "", *checked, degraded_line(self.degraded)]).strip()


def ask(
    suite: Suite, question: Annotated[str, Field(description="a full question", min_length=1, max_length=8192)]
) -> AnswerResult:
    """Answer a question from the user's documents only, in several hops if needed.

    Every sentence is checked against the evidence. status: answered, partial, evidence (nothing is sure: the closest
    passages are shown), abstained or refused.
    """
    require_question(question)
    return shaped(suite.ask(question))


def shaped(answer: Answer) -> AnswerResult:
    """Shape an answer for a door."""
    verdicts = fitting([checked(verdict) for verdict in answer.verdicts], 40_000)
    found = {one.evidence_id: one for one in answer.evidence}
    citations = fitting([_cited(each, found.get(each.evidence_id)) for each in answer.citations], 30_000)
    return AnswerResult(
        question=clip(answer.question, 2_000),
        status=answer.status,
        text=clip(answer.text, ANSWER_CHARS),
        stop_reason=one_line(answer.stop_reason, QUOTE_CHARS),
        grounding_ratio=answer.grounding_ratio,
        fit=answer.fit.model_copy(update={"reason": one_line(answer.fit.reason, QUOTE_CHARS)}),
        verdicts=verdicts,
        citations=citations,
        tier=answering(answer.tier),
        degraded=answer.degraded,
        truncated=len(verdicts) < len(answer.verdicts)
        or len(citations) < len(answer.citations)
        or len(answer.text) > ANSWER_CHARS,
    )


def _cited(citation: Citation, found: Evidence | None) -> Cited:
    return Cited(
        marker=one_line(citation.marker, 20),
        id=citation.evidence_id,
        source=one_line(citation.source, NAME_CHARS),
        title=one_line(citation.title, NAME_CHARS),
        page=citation.page,
        box=corners(citation.box),
        section=one_line(citation.section, NAME_CHARS) if citation.section else None,
        quote=one_line(citation.quote, QUOTE_CHARS),
        stale=citation.stale,
        hop=found.hop if found else 1,
        reason=one_line(found.reason, QUOTE_CHARS) if found else "",
    )
