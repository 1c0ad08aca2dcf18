"""Yes-no questions about rules (may visitors ..., are dogs allowed ...): the nearest sentence about the same things."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from groundsight.agent.cover import fit
from groundsight.agent.extract import quote_of, sentence_of
from groundsight.agent.passages import Passage, passages
from groundsight.agent.question import Asked, Need
from groundsight.agent.state import WHOLE, Finding
from groundsight.agent.words import holds
from groundsight.types import Evidence

Near = Callable[[str, Sequence[str]], Sequence[float]]
# Of 11 questions whose rule is worded otherwise, the right sentence was nearest in 10, at 0.42 and up.
NEAR_ENOUGH = 0.4
SENTENCE_WORDS = 3
_RULE = re.compile(r"^(?:is|are|am|may|can|must|should|do|does|will)\b", re.I)
_PARTICIPLE = re.compile(r"(?:ed|ing)$")
_BEFORE_NOUNS = "the|a|an|my|our|your|their|its|of|for|in|on|at|from|to|by|with"
_DOES = re.compile(r"^(?:may|can|must|should|do|does|will)\b", re.I)


def whether(asked: Asked, evidence: Sequence[Evidence], near: Near | None, banned: Collection[str]) -> Finding | None:
    """Quote the sentence that is nearest to a question about what holds or is allowed.

    Its things have to be named by the sentence, by the text around it or by how its file begins; only what is
    done with them may be worded otherwise. None without an encoder, and for questions about the past.
    """
    if near is None or asked.expects != "yes-no" or not _RULE.match(asked.text):
        return None
    told = [one for one in passages(evidence) if _is_sentence(one) and _shares(one, asked)]
    scores = near(asked.text, [one.said for one in told]) if told else ()
    ranked = sorted(zip(scores, range(len(told)), strict=True), key=lambda one: (-one[0], one[1]))
    if not ranked or ranked[0][0] < NEAR_ENOUGH:
        return None
    best = told[ranked[0][1]]
    said = sentence_of(asked, best)
    lost = [need for need in fit(asked, best).missing if not _met(need, best)]
    if said in banned or len(lost) > 1 or not all(_is_done(need, asked) for need in lost):
        return None
    return Finding(step=WHOLE, question=asked.text, sentence=said, bare=best.said, quote=quote_of(best))


def _is_sentence(one: Passage) -> bool:
    return not one.label and len(one.said.split()) >= SENTENCE_WORDS and one.said[-1:] in ".!;"


def _shares(one: Passage, asked: Asked) -> bool:
    return any(holds(one.local, part) for need in asked.needs for part in need.stems)


def _met(need: Need, one: Passage) -> bool:
    if need.hard:
        return False
    return bool(_PARTICIPLE.search(need.shown)) or any(holds(one.around | one.begins, part) for part in need.stems)


def _is_done(need: Need, asked: Asked) -> bool:
    """Say whether a word is what is done: a participle, or in "may visitors walk there" a bare word in the middle."""
    if _PARTICIPLE.search(need.shown):
        return True
    soft = [one for one in asked.needs if not one.hard]
    inside = need in soft[0 if asked.of("name") else 1 : -1]
    bare = not re.search(rf"\b(?:{_BEFORE_NOUNS})\s+{re.escape(need.shown)}\b", asked.text, re.I)
    return bool(_DOES.match(asked.text)) and inside and bare
