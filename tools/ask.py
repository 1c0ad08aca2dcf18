"""The ask tool."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.limits import require_question
from groundsight.rounds import may_ask_client
from groundsight.sessions import Labels
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.find import picture_named, units_by_id
from groundsight.tools.ingest import reading_text
from groundsight.tools.recording import account_of_answer
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
    is_kept,
    where_text,
)
from groundsight.types import Answer, AnswerStatus, Cached, Citation, Cost, Degraded, Evidence, Fit, Stale

if TYPE_CHECKING:
    from groundsight.questions import Work
    from groundsight.suite import Suite

ANSWER_CHARS = 20_000
MOST_SECONDS = 600
OWN_LABEL = "the asked picture"


class Cited(Shape):
    """Where a sentence comes from, in which hop it was found and why.

    ``stale`` says that the file has changed or gone since it was read.
    """

    marker: str
    id: str
    label: str = ""
    source: str
    title: str = ""
    page: int | None = None
    box: Corners | None = None
    second: float | None = None
    section: str | None = None
    quote: str = ""
    stale: Stale = ""
    hop: int = 1
    reason: str = ""


class AnswerResult(Result):
    """An answer with its citations and a verdict a sentence, the closest passages, or the reason why there is none.

    With a ``handle`` it is not finished: ``text`` says what is known so far, and ``ask(handle=...)`` goes on.
    """

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
    handle: str = ""
    reading: str = ""
    cost: Cost | None = None
    cached: Cached | None = None

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the cited evidence."""
        return tuple(dict.fromkeys(cited.id for cited in self.citations))

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each citation."""
        kept = [cited for cited in self.citations if is_kept(cited.id)]
        named = {evidence_uri(cited.id): where_text(cited.source, cited.page, second=cited.second) for cited in kept}
        return tuple(named.items())[:10]

    def tells_fit(self) -> bool:
        """True where it could be told whether the answer is of the kind that was asked for."""
        return bool(self.fit.reason) and self.fit.value != "unknown"

    def as_text(self) -> str:
        """Answer, citations, verdicts and ratio for a reader."""
        cited = [
            f"{each.marker} {where_text(each.source, each.page, None, each.stale, each.second)} "
            f"[{each.label or OWN_LABEL}]"
            for each in self.citations
        ]
        checked = [f"- {each.verdict}: {each.text}" for each in self.verdicts]
        again = f", given before, {self.cached.age:.0f} s ago" if self.cached else ""
        ratio = "not checkable" if self.grounding_ratio is None else f"{self.grounding_ratio:.2f}"
        fit = f", answers the question: {self.fit.value}" if self.tells_fit() else ""
        head = [f"status: {self.status} ({self.stop_reason}), grounding ratio: {ratio}{fit}{again}", self.text]
        going = f"Not finished: call ask with handle={self.handle!r} to go on." if self.handle else ""
        tail = [*checked, *filter(None, [self.reading, degraded_line(self.degraded)])]
        blocks = ["\n".join(lines) for lines in (head, cited, tail) if lines]
        return "\n".join(filter(None, [going, "\n\n".join(blocks)]))


def ask(
    suite: Suite,
    question: Annotated[str, Field(description="a full question", max_length=8192)] = "",
    seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS, description="how long you can wait")] = 20,
    handle: Annotated[str, Field(description="go on with an earlier question", max_length=60)] = "",
    picture: Annotated[str, Field(description="what it is about: file, or label of an image")] = "",
) -> AnswerResult:
    """For clients without a model of their own: answers a question from my files alone, every sentence checked.

    status: answered, partial, evidence (nothing is sure: the closest passages), abstained, refused; or working: call
    again with the handle.
    """
    if handle:
        return _waited(suite, suite.parts.questions.take_up(suite, handle), seconds)
    require_question(question)
    about = [picture_named(suite, picture)] if picture else []
    if may_ask_client(suite.watch.client, suite.settings.agent):
        return shaped(suite, suite.ask(question, *about))
    return _waited(suite, suite.parts.questions.begin(suite, question, *about), seconds)


def _waited(suite: Suite, work: Work, seconds: float) -> AnswerResult:
    """Give the answer, or the handle with what is known so far; nothing is kept or given that is gone meanwhile."""
    answer = work.wait(seconds, suite.watch)
    given = answer or work.journal.so_far() or _begun(work.question)
    shown = [each.evidence_id for each in (*given.citations, *given.evidence) if is_kept(each.evidence_id)]
    if shown and (work.handle or answer is None):
        units_by_id(suite, shown)
    return shaped(suite, given, "" if answer else suite.parts.questions.hand_out(suite, work))


def _begun(question: str) -> Answer:
    text = "Nothing found so far."
    return Answer(question=question, status="working", text=text, stop_reason="just begun", grounding_ratio=None)


def shaped(suite: Suite, answer: Answer, handle: str = "") -> AnswerResult:
    """Shape an answer for a door."""
    labels = Labels(suite.settings.home, suite.principal).give(
        [each.evidence_id for each in answer.citations if is_kept(each.evidence_id)]
    )
    verdicts = fitting([checked(verdict) for verdict in answer.verdicts], 40_000)
    found = {one.evidence_id: one for one in answer.evidence}
    cited = [_cited(each, labels.get(each.evidence_id, ""), found.get(each.evidence_id)) for each in answer.citations]
    citations = fitting(cited, 30_000)
    result = AnswerResult(
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
        handle=handle,
        reading=reading_text(suite),
        cost=answer.cost,
        cached=answer.cached,
        truncated=len(verdicts) < len(answer.verdicts)
        or len(citations) < len(answer.citations)
        or len(answer.text) > ANSWER_CHARS,
    )
    return result.with_account(partial(account_of_answer, suite, answer))


def _cited(citation: Citation, label: str, found: Evidence | None) -> Cited:
    return Cited(
        label=label,
        marker=one_line(citation.marker, 20),
        id=citation.evidence_id,
        source=one_line(citation.source, NAME_CHARS),
        title=one_line(citation.title, NAME_CHARS),
        page=citation.page,
        box=corners(citation.box),
        second=citation.second,
        section=one_line(citation.section, NAME_CHARS) if citation.section else None,
        quote=one_line(citation.quote, QUOTE_CHARS),
        stale=citation.stale,
        hop=found.hop if found else 1,
        reason=one_line(found.reason, QUOTE_CHARS) if found else "",
    )
