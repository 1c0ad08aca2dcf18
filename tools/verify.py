"""The verify tool."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.ingestion.folder.orders import while_reading
from groundsight.ingestion.reach import UNIT_ID
from groundsight.limits import require_words
from groundsight.sessions import Labels
from groundsight.tools.bounds import fitting, one_line
from groundsight.tools.find import evidence_named
from groundsight.tools.ingest import reading_text
from groundsight.tools.recording import Check, account_of_check, check_noted
from groundsight.tools.results import Checked, Result, checked, evidence_uri, nothing_text
from groundsight.tracing import Within
from groundsight.types import Evidence, Nothing, Query, Verdict

if TYPE_CHECKING:
    from groundsight.suite import Suite

MOST_SEARCHES = 100
MOST_EVIDENCE = 50
HITS_A_SENTENCE = 4
QUERY_CHARS = 1_000


class Verification(Result):
    """The check of an answer: ``grounding_ratio`` is supported / checkable sentences."""

    verdict: Literal["pass", "revise", "abstain"]
    grounding_ratio: float | None
    checkable: int
    supported: int
    contradicted: int
    claims: tuple[Checked, ...]
    evidence: tuple[str, ...]
    method: str
    nothing: Nothing | None = None
    reading: str = ""

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the evidence that was used."""
        return self.evidence

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each supporting unit."""
        quotes = [quote for claim in self.claims for quote in claim.support if not quote.id.startswith("text-")]
        return tuple({evidence_uri(quote.id): quote.source or quote.id for quote in quotes}.items())[:10]

    def as_text(self) -> str:
        """One line for each sentence, and the verdict."""
        ratio = "nothing checkable" if self.grounding_ratio is None else f"{self.grounding_ratio:.2f}"
        lines = [f"- {each.verdict} ({each.probability:.2f}): {each.text} | {each.reason}" for each in self.claims]
        nothing = [nothing_text(self.nothing)] if self.nothing else [self.reading] if self.reading else []
        return "\n".join([*nothing, f"verdict: {self.verdict}, grounding ratio: {ratio}", *lines])


def verify(
    suite: Suite,
    answer: Annotated[str, Field(description="the text to check", min_length=1)],
    evidence_ids: Annotated[
        list[str] | None, Field(description="labels (E1), ids or sources", max_length=MOST_EVIDENCE)
    ] = None,
    texts: Annotated[list[str] | None, Field(description="other texts to check against", max_length=20)] = None,
) -> Verification:
    """Before giving any answer about my files, and to fact-check a text: is each sentence true to them?

    Each is supported, contradicted (with the reason), unsupported or unchecked. Without evidence each is searched for.
    """
    from groundsight.retrieval.emptiness import emptiness

    require_words(answer, "the answer", "give the text to check")
    limits = suite.settings.limits
    suite = suite.acting_for(watch=Within(suite.watch, limits.verify_seconds, "limits.verify_seconds"))
    given = _given(suite, evidence_ids or [], texts or [])
    empty = None if given else emptiness(suite.parts, suite.principal)
    check = Check(answer, given) if given else Check(answer, searched(suite, answer), searched=True)
    report = shaped(suite, check)
    nothing = while_reading(suite.settings.home, suite.principal, empty)
    return report.model_copy(update={"nothing": nothing, "reading": "" if given else reading_text(suite)})


def shaped(suite: Suite, check: Check) -> Verification:
    """Check an answer and shape the report for a door."""
    report = check_noted(suite, check)
    used = dict.fromkeys(one_line(each.evidence_id, 120) for each in check.every)
    claims = fitting([checked(_labelled(suite, verdict)) for verdict in report.claims], 80_000)
    result = Verification(
        verdict=report.verdict,
        grounding_ratio=report.grounding_ratio,
        checkable=report.checkable,
        supported=report.supported,
        contradicted=report.contradicted,
        claims=claims,
        evidence=tuple(used)[:MOST_EVIDENCE],
        method=report.method,
        truncated=len(claims) < len(report.claims),
    )
    return result.with_account(partial(account_of_check, suite, check, report))


def _labelled(suite: Suite, verdict: Verdict) -> Verdict:
    """Call the evidence of a wrong citation by its labels, as the answer does."""
    if all(each.code != "wrong_citation" for each in verdict.reasons):
        return verdict
    ids = [*verdict.claim.cites, *(quote.evidence_id for quote in verdict.support)]
    labels = Labels(suite.settings.home, suite.principal).give([each for each in ids if UNIT_ID.fullmatch(each)])
    *others, last = verdict.reasons
    said = re.sub(r"[^\s,]+", lambda word: labels.get(word[0], word[0]), last.message)
    return verdict.model_copy(update={"reasons": (*others, last.model_copy(update={"message": said}))})


def _given(suite: Suite, ids: list[str], texts: list[str]) -> tuple[Evidence, ...]:
    from groundsight.language.sentences import evidence_from_text

    given = [evidence_from_text(f"text-{number}", f"text {number}", text) for number, text in enumerate(texts, 1)]
    return (*(evidence_named(suite, ids) if ids else ()), *given)


def searched(suite: Suite, answer: str) -> Mapping[str, Sequence[Evidence]]:
    """Search each sentence by itself, so that no sentence changes the verdict on another; the rest stays unchecked."""
    from groundsight.grounding.verify import queries_of
    from groundsight.retrieval.evidence import evidence_of, with_guesses

    def found(query: str) -> list[Evidence]:
        hits = suite.search(Query(text=query[:QUERY_CHARS], limit=HITS_A_SENTENCE)).hits
        return [one for hit in hits if (one := with_guesses(evidence_of(hit), hit.unit.tags)).text]

    return {query: found(query) for query in queries_of(answer)[:MOST_SEARCHES]}
