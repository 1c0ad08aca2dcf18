"""What is proposed as answers: filters that veto, and the features that a gate weighs."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from groundsight.agent.bindings import bindings
from groundsight.agent.candidates import Eyes, Proposal, candidates, share
from groundsight.agent.fit import beyond_than, fit_of
from groundsight.agent.question import Question
from groundsight.computing.stated import DONE, cues_of
from groundsight.computing.words import RANKS
from groundsight.computing.words import said as words_of
from groundsight.evidence.heads import is_day
from groundsight.evidence.lists import of_another_point
from groundsight.language.bounds import ONE_SIDED
from groundsight.language.content import content_of, stems_of
from groundsight.language.dates import agree
from groundsight.language.facts import Facts, read_facts
from groundsight.language.tokens import facing, facing_end
from groundsight.types import Evidence

_WORD = re.compile(r"\w+")
_RANKED = frozenset(
    ("first", *RANKS, "sixth", "seventh", "eighth", "ninth", "tenth", "1st", "2nd", "3rd", "4th", "5th")
)
_HAD = re.compile(r"\bhad (\w+(?: \w+)?)")
_UNREAL = re.compile(r"\b(?:should|would|could) have\b|\bsupposed to\b", re.I)
_PAST = re.compile(r"(?:\w+ )?(?:who|when|where|what|which|how \w+)\b.{0,40}?\b(?:did|was|were)\b", re.I)
_PLANNED = re.compile(r"\b(?:is|are) (?:expected|planned|scheduled|supposed|due) to\b")
_PLANS = stems_of("expected hoped planned wanted intended meant thought feared supposed")
SCALE = 6.0
# How far ahead a sentence counts that nothing competes with.
ALONE = 0.3
NEAR_CHARS = 400
MOST_WEIGHED = 6
# Cells beside those that the reader likes best: of 101 questions of held-out tables it has the right one at the top for
# 28, row and head in the words of the question for 35.
MOST_TOLD = 4


def proposals(
    question: Question, evidence: Sequence[Evidence], eyes: Eyes, banned: Collection[str] = ()
) -> list[Proposal]:
    """Return what may answer a question, best margin first; a banned sentence competes with none."""
    found = [one for one in candidates(question, evidence, eyes) if one.sentence not in banned]
    able = [one for one in found if not _says_nothing(one, question)]
    told = sorted((one for one in able if one.cell), key=lambda one: -_told(one, question))[:MOST_TOLD]
    best = [*able[:MOST_WEIGHED], *(one for one in told if one not in able[:MOST_WEIGHED])]
    if not best:
        return []
    claims = eyes.reader.support([(f"{question.text} {one.value}", question.read(beside(one))) for one in best])
    nearness = eyes.near(question.text, [question.read(one.said) for one in best])
    nearby = [_nearness(near, _apart(one, best, nearness)) for one, near in zip(best, nearness, strict=True)]
    marks = zip(best, claims, nearby, bindings(question, best), strict=True)
    return [
        replace(one, features={**_features(one, best, claim, question), **near, "bound": bound})
        for one, claim, near, bound in marks
    ]


def _apart(one: Proposal, best: Sequence[Proposal], nearness: Sequence[float]) -> list[float]:
    """How near those are that say something else, with itself: another version of the same sentence is no rival."""
    return [near for other, near in zip(best, nearness, strict=True) if other is one or not _same_said(one, other)]


def _same_said(one: Proposal, other: Proposal) -> bool:
    mine, theirs = (stems_of(each.said) - stems_of(each.value) for each in (one, other))
    return mine == theirs


def _told(one: Proposal, question: Question) -> float:
    """How much of a question the other cells of a row and the head of the column say."""
    return one.row_told(question) + one.label_told(question)


def beside(one: Proposal) -> str:
    """The sentence or row of a value with its neighbours, under what its file is about: there the statement is held."""
    text, (start, end) = one.window.text, one.stretch.at
    room = max(0, (NEAR_CHARS - (end - start)) // 2)
    first = text.rfind("\n", 0, max(0, start - room)) + 1 if start > room else 0
    last = text.find("\n", min(len(text), end + room))
    return f"{one.lead} {text[first : last if last >= 0 else len(text)]}".replace("\n", " ").strip()


def _says_nothing(one: Proposal, question: Question) -> bool:
    """A value that holds nothing but words of the question answers nothing, and neither does what asks itself."""
    return content_of(one.value) <= question.stems or one.said.rstrip(" \"')]").endswith("?")


def _features(one: Proposal, all_of: Sequence[Proposal], claim: float, question: Question) -> dict[str, float]:
    rivals = [
        other.margin
        for other in all_of
        if other.value.casefold() != one.value.casefold() and not _same_said(one, other)
    ]
    fits = {"yes": 1.0, "partly": 0.0, "unknown": 0.0, "no": -1.0}[fit_of(question.text, [one.value]).value]
    return {
        "margin": max(-2.0, min(2.0, one.margin / SCALE)),
        "lead": _bounded(one.margin - max(rivals, default=one.margin - SCALE)),
        "stated": _bounded(claim),
        "fits": fits,
        "rank": 1 / (1 + one.rank),
        "long": math.log1p(len(one.value.split())),
        "cell": float(one.cell),
        "labelled": float(bool(one.label)),
        "label": one.label_told(question),
        "labels": share(content_of(one.label), question.stems) if one.label else 0.0,
        "row": one.row_told(question),
        "focus": _focus(one, question),
        "same": sum(other.value.casefold() == one.value.casefold() for other in all_of) / len(all_of),
        **_said(question, one),
    }


def _focus(one: Proposal, question: Question) -> float:
    """Whether the noun that is asked for ("which berth", "how many seats") stands with the value: -1, 0 or 1."""
    if not question.focus:
        return 0.0
    if share(frozenset({question.focus}), stems_of(one.said) | stems_of(one.label)):
        return 1.0
    return 0.0 if question.focus in stems_of(one.window.text) else -1.0


def _nearness(mine: float, every: Sequence[float]) -> dict[str, float]:
    """How near a sentence is, and by how much it is the nearest of those proposed, or not."""
    others = [one for one in every if one != mine]
    best = mine >= max(every)
    return {
        "sim": mine,
        "nearest": float(best),
        "simlead": mine - (max(others, default=mine - ALONE) if best else max(every)),
    }


def _said(question: Question, one: Proposal) -> dict[str, float]:
    """How much of a question the sentence says, how much it says with what stands around it, and what stays open."""
    said, near = stems_of(one.said), stems_of(f"{one.window.text} {one.window.heading} {one.lead}")
    total, around = len(question.stems) or 1, share(question.stems, said | near)
    return {"said": share(question.stems, said), "near": around, "open": math.log1p(total * (1 - around))}


def _bounded(logit: float) -> float:
    return max(-1.0, min(1.0, logit / SCALE))


def absent(question: Question, one: Proposal) -> list[str]:
    """Return the names, ids, bare numbers and dates of a question that stand neither with a value nor over it.

    A name may stand anywhere in the file: of 67 right values in texts that nothing was fitted on, 25 stood apart.
    """
    facts = read_facts(f"{one.window.text}\n{one.window.heading}\n{one.lead}")
    asked = question.facts
    ids = [
        wanted.text
        for wanted in asked.ids
        if wanted.key not in facts.id_keys and not set(_WORD.findall(wanted.text.casefold())) <= one.file_words
    ]
    told = facts.all_words | one.file_words
    # The Sandviks are named by Sandvik.
    names = [
        each.text for each in asked.names if not {*each.words, *(word.removesuffix("s") for word in each.words)} & told
    ]
    years = {moment.year for moment in facts.moments}
    dates = [wanted.text for wanted in asked.moments if wanted.year and years and wanted.year not in years]
    return [*ids, *names, *dates, *_of_another_day(asked, one), *_absent_numbers(asked, facts)]


def _of_another_day(asked: Facts, one: Proposal) -> list[str]:
    """The days of a question, where in a log the line above a value that dates it gives another one."""
    lines = one.window.evidence.text[: one.stretch.span[0]].split("\n")
    day = next((line for line in reversed(lines) if is_day(line)), "")
    held = read_facts(f"{day}\n{one.said}").moments if day else ()
    return [each.text for each in asked.moments if each.day and held and not agree(each, held, held)]


def _absent_numbers(asked: Facts, facts: Facts) -> list[str]:
    """A number in digits without a unit names a thing: of plot 32 nothing is known where only plot 31 stands."""
    held = {one.low for one in facts.quantities}
    bare = [one for one in asked.quantities if not one.kind and one.text[0].isdigit()]
    return [one.text for one in bare if one.low not in held and one.text not in facts.all_words]


def unbound(question: Question, one: Proposal) -> bool:
    """True where a bound, a denial or several rows of one name of the question are more than a row alone answers.

    What is smaller than 80 is not the row that has 80, what costs nothing not the row with the nearest price, and of
    two rows that the question picks alike neither is the answer.
    """
    said = read_facts(one.said)
    bounds = {(each.bound, each.low) for each in question.facts.quantities if each.bound in ONE_SIDED}
    if not bounds <= {(each.bound, each.low) for each in said.quantities}:
        return True
    if one.stretch.row is None:
        return False
    denied = bool(question.facts.negations) and not said.negations
    return denied or 0 < one.features.get("bound", 0.0) < 1


def of_another(question: Question, one: Proposal) -> bool:
    """True where the sentence, row or line speaks of another thing of the kind that the question names.

    It lacks a name or an identifier of the question that does not head the file, and holds one that is neither asked
    nor part of the value.
    """
    said, asked, about = read_facts(one.said), question.facts, read_facts(one.lead)
    known = question.all_stems | stems_of(one.value)
    told = said.all_words | about.all_words
    others = said.names if any(not set(name.words) & told for name in asked.names) else ()
    codes = said.ids if any(wanted.key not in said.id_keys | about.id_keys for wanted in asked.ids) else ()
    return any(not stems_of(other.text) <= known for other in (*others, *codes))


def unsaid(question: Question, one: Proposal) -> bool:
    """True where of the plain words of a question, names and figures apart, none is said or licensed near a value.

    Of the profit in 2024 nothing is known where the revenue in 2024 stands.
    """
    asked = question.facts
    given = (*asked.names, *asked.ids, *asked.quantities, *asked.moments)
    plain = question.stems - {stem for each in given for stem in stems_of(each.text)}
    return bool(plain) and share(plain, stems_of(f"{one.window.text} {one.window.heading} {one.lead}")) == 0


def opposed(question: Question, one: Proposal) -> bool:
    """True where the sentence gives what faces that which is asked for: the tenant is no landlord, the start no end.

    With opposites of any word 203 of 5,057 right answers would be lost, with these none.
    """
    said = read_facts(one.said).stems
    return any((facing(word) | facing_end(word)) & said for word in question.stems - said)


def only_when(question: Question, one: Proposal) -> bool:
    """True for a bare date where what was done to is asked for: what was opened is no day."""
    if not DONE.match(question.text.strip()):
        return False
    dates = [each.span for each in read_facts(one.value).moments]
    return bool(dates) and not _WORD.search(one.value[: dates[0][0]] + one.value[dates[-1][1] :])


def of_the_other_side(question: Question, one: Proposal) -> bool:
    """True for what a comparison says of another time or thing than the one that is asked of."""
    return beyond_than(question.facts, one.said, max(0, one.said.find(one.value)))


def of_a_next_point(question: Question, one: Proposal) -> bool:
    """True for what stands in a point of a list beside the one that the question names."""
    named = frozenset(word for each in question.facts.names for word in each.words)
    return of_another_point(one.window.evidence.text, one.stretch.span, named)


def undone(question: Question, one: Proposal) -> bool:
    """True where what was done is asked, and the sentence only expects it."""
    return bool(_PAST.match(question.text.strip()) and _PLANNED.search(one.said))


def of_another_rank(question: Question, one: Proposal) -> bool:
    """True where the first is spoken of and the second asked for."""
    asked, told = ({*_WORD.findall(text.casefold())} & _RANKED for text in (question.text, f"{one.label} {one.said}"))
    return bool(asked and told) and not asked & told


def unreal(question: Question, one: Proposal) -> bool:
    """True for what only was expected or should have been, where the question does not ask for that."""
    hoped = any(stems_of(verb) & _PLANS for verb in _HAD.findall(one.said)) or bool(_UNREAL.search(one.said))
    return hoped and not _UNREAL.search(question.text) and not _PLANS & question.all_stems


def reasonless(question: Question, one: Proposal) -> bool:
    """True where why is asked and what is marked says the fact again, without a word of a reason."""
    told = content_of(one.value)
    again = 2 * len(told & question.stems) >= len(told)
    return again and question.text.casefold().startswith("why") and fit_of(question.text, [one.said]).value != "yes"


def unsummed(question: Question, one: Proposal) -> bool:
    """True for one of several figures where all of them together are asked for."""
    if "sum" not in cues_of(words_of(question.text)) or "sum" in cues_of(words_of(one.said)):
        return False
    kinds = {each.kind for each in read_facts(one.value).quantities}
    alike = [each for each in read_facts(one.said).quantities if each.kind in kinds | {""}]
    return len(alike) > 1


VETOES = (
    absent, of_another, unsaid, unbound, opposed, only_when, of_the_other_side, of_another_rank, unreal, unsummed,
    of_a_next_point, undone,
    reasonless,
)  # fmt: skip
