"""Answers that a source gives to the very question: below a heading of a FAQ, or in the next line of a chat."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from groundsight.agent.fit import fit_of
from groundsight.agent.question import Question, naming_of
from groundsight.agent.state import Finding
from groundsight.agent.versions import in_force_first, replaces
from groundsight.computing.say import say
from groundsight.evidence.forms import SAYS
from groundsight.evidence.replies import Reply, replies
from groundsight.language.content import stems_of
from groundsight.language.facts import read_facts
from groundsight.language.licences import said_among, verb_share
from groundsight.language.same_asking import asking
from groundsight.language.sentences import without_list_mark
from groundsight.language.stems import stem, word_list
from groundsight.language.tokens import turned_round
from groundsight.language.typography import squeeze
from groundsight.types import Evidence
from groundsight.types.computed import Computation, Operand

# "What time", "on which day" ask as "when" does and are no words of the matter.
_WHO = re.compile(r"who(?:m|se)?\b", re.I)
_ROLE_WORDS = 4
_WHEN = re.compile(r"\b(?:(?:at|on|in) )?(?:what|which) (?:time|date|day)\b", re.I)


def replied(step: int, asked: Question, evidence: Sequence[Evidence], banned: Collection[str]) -> Finding | None:
    """Return what a source replies to the question; None where none asks the same, or two reply differently."""
    found = [one for each in evidence for one in replies(each) if _same(asked, one) and _is_reply(asked, one)]
    found = in_force_first(found, lambda one: one.evidence, frozenset())
    if not found or any(one.bare != found[0].bare and not replaces(found[0].evidence, one.evidence) for one in found):
        return None
    made = _worded(found[0])
    sentence = say(made) if made else without_list_mark(squeeze(found[0].said))
    if sentence in banned:
        return None
    return Finding(
        step=step, question=asked.text, sentence=sentence, quote=found[0].quote(), value=found[0].bare, made=made
    )


def _worded(one: Reply) -> Computation | None:
    """A reply that is a value alone, "From 3 pm", under its question: alone it states nothing."""
    figures = read_facts(one.bare)
    dated = "".join(one.bare[slice(*each.span)] + " " for each in (*figures.moments, *figures.quantities)).split()
    words = [word.strip(".,!") for word in one.bare.split()]
    if one.said != one.bare or len(words) > _ROLE_WORDS:
        return None
    if any(verb_share(stem(word)) > SAYS for word in words if word not in dated):
        return None
    value = Operand(shown=one.bare, quote=one.quote(), under=squeeze(one.asked).rstrip("?？ "))
    return Computation(operation="cell", source=one.evidence.source, operands=(value,), result=one.bare)


def _is_reply(asked: Question, one: Reply) -> bool:
    """True for what may be of the type that is asked for: a name is no day, and "It can't come with us" nobody."""
    fit = fit_of(asked.text, [one.said]).value
    return fit == "yes" if _WHO.match(asked.text) and len(one.bare.split()) > _ROLE_WORDS else fit != "no"


def _same(asked: Question, one: Reply) -> bool:
    """True where a source asks for the same: nothing is asked that it does not ask, and the other way round.

    What the file is about may stand in the question, and what it speaks of before where two words are the same.
    """
    theirs = Question(_WHEN.sub("when", _opened(one.asked)))
    mine = Question(_WHEN.sub("when", asked.text))
    if asking(mine.text)[0] != asking(theirs.text)[0] or bool(mine.facts.negations) != bool(theirs.facts.negations):
        return False
    if turned_round(mine.text, theirs.text):
        return False
    about = stems_of(naming_of(one.evidence)) | stems_of(one.evidence.place.section or "")
    known = about | (stems_of(one.before) if len(theirs.stems) > 1 else frozenset[str]())
    figures, others = ({(each.low, each.kind) for each in one.facts.quantities} for one in (mine, theirs))
    asks_all = said_among(mine.stems, theirs.stems | known) == mine.stems
    return figures == others and asks_all and said_among(theirs.stems, mine.stems) == theirs.stems


def _opened(question: str) -> str:
    """A question from the word that asks: of "ok, and who brings the stove" the first two say nothing."""
    words = question.split()
    opening = word_list("asking_words.txt")
    at = next((at for at, word in enumerate(words[:4]) if word.casefold() in opening), 0)
    return " ".join(words[at:]) if not stems_of(" ".join(words[:at])) - stems_of("ok okay so and") else question
