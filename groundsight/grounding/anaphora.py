"""Whom a pronoun or a definite stand-in means, and whether a passage speaks of that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundsight.evidence.passages import Passage
from groundsight.language.facts import Facts
from groundsight.language.ids import Ident
from groundsight.language.names import Name, covered_by
from groundsight.language.tokens import Token

_PERSON = frozenset({"he", "she", "him", "his", "her", "hers"})
_THING = frozenset({"it", "its"})
_MANY = frozenset({"they", "them", "their"})
_POINTING = frozenset({"this", "that", "these", "those", "both"})
_PRONOUNS = _PERSON | _THING | _MANY
_STAND_IN = frozenset(
    "company firm business organisation organization invoice order contract agreement document report ship "
    "boat building bridge project product machine device team club school hospital bank person man woman "
    "author director manager supplier customer".split()
)
_PEOPLE = frozenset("person man woman author director manager".split())
_EXPLETIVE = re.compile(
    r"\bit\s+(?:(?:is|was|has\s+been|will\s+be)\s+(?:\w+\s+){1,3}(?:that|to|for|whether)\b"
    r"|(?:takes|took|rains|rained|snows|seems|appears|follows|depends|turned\s+out)\b)",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"^\W*(?:he|she|they|it)\s+(?:\w+\s+){1,2}(?P<object>it|him|her|them)\b", re.IGNORECASE)
_PLACE_BEFORE = re.compile(r"\b(?:in|at|from|to|near|of|for)\s+$", re.IGNORECASE)
_FIRM = frozenset("ltd inc gmbh corp foods motors bank airlines university hospital school group".split())
Subject = tuple[Ident | Name, ...]


@dataclass(frozen=True)
class Reference:
    """A stretch of a claim that means something named before; any of ``meant`` may be it."""

    span: tuple[int, int]
    meant: Subject

    @property
    def shown(self) -> str:
        """The antecedents as written."""
        return " or ".join(dict.fromkeys(one.text for one in self.meant))


def references(claim: Facts, before: Sequence[Facts]) -> tuple[Reference, ...]:
    """Resolve what opens a claim ("It", "The company"), and the object beside an opening pronoun.

    The antecedent is the last thing of a fitting kind that the sentences before name; without one there
    is nothing to hold the claim to.
    """
    found = (Reference(t.span, _antecedent(kind, t, before)) for t, kind in _referring(claim))
    return tuple(one for one in found if one.meant)


def speaks_of(passage: Passage, wanted: Sequence[Reference]) -> bool:
    """True when the passage, or the head of its unit, names one antecedent of each reference."""
    return all(any(_named(passage, one) for one in each.meant) for each in wanted)


def _named(passage: Passage, one: Ident | Name) -> bool:
    facts = passage.facts
    if isinstance(one, Ident):
        if one.key in facts.id_keys:
            return True
        rival = any(other.letters == one.letters for other in facts.ids)
        return not rival and one.key in passage.context_ids
    near = () if passage.cell or passage.row else passage.earlier
    names = [*facts.names, *(name for each in (*passage.context, *near) for name in each.names)]
    words = facts.all_words | passage.context_words | frozenset(w for each in near for w in each.all_words)
    return covered_by(one, words, names, ocr=passage.channel == "ocr")


def _referring(claim: Facts) -> list[tuple[Token, str]]:
    """The opening pronoun or stand-in, and the pronoun it acts on, each with its kind."""
    first = next((n for n, t in enumerate(claim.tokens) if t.word in _PRONOUNS or t.content), None)
    if first is None or _EXPLETIVE.search(claim.text):
        return []
    token = claim.tokens[first]
    if token.word not in _PRONOUNS:
        return _stand_in(claim, first)
    acted = _OBJECT.match(claim.text)
    objects = [t for t in claim.tokens if acted and t.start == acted.start("object")]
    return [(t, _kind(t.word)) for t in (token, *objects)]


def _stand_in(claim: Facts, first: int) -> list[tuple[Token, str]]:
    token = claim.tokens[first]
    article = claim.tokens[first - 1].word if first else ""
    noun = token.word
    if article not in {"the", *_POINTING} or token.text[0].isupper() or _modified(claim, token):
        return []
    return [(token, f"person:{noun}" if noun in _PEOPLE else f"noun:{noun}")]


def _modified(claim: Facts, token: Token) -> bool:
    """The noun itself is named or bounded: "the company Tellmark", "the bridge of Sarn"."""
    rest = claim.text[token.end : token.end + 5]
    return bool(re.match(r"\s+(?:of|in|at|[A-Z\d])", rest))


def _kind(word: str) -> str:
    return "person" if word in _PERSON else "many" if word in _MANY else "thing"


def _antecedent(kind: str, token: Token, before: Sequence[Facts]) -> Subject:
    kind, _, noun = kind.partition(":")
    for facts in reversed(before):
        if kind == "noun":
            found = _bearing(facts, noun) or (_things(facts) if noun in _STAND_IN else ())
        else:
            found = _people(facts) if kind == "person" else _things(facts) if kind == "thing" else _all(facts)
        if found:
            return found
    return ()


def _bearing(facts: Facts, noun: str) -> Subject:
    """Names and identifiers that stand right beside this noun ("the Aldera bridge", "invoice INV-2041")."""
    spots = [t.span for t in facts.tokens if t.word == noun]
    both = (*facts.ids, *facts.names)
    return tuple(
        one for one in both if any(0 <= one.span[0] - end <= 1 or 0 <= start - one.span[1] <= 1 for start, end in spots)
    )


def _people(facts: Facts) -> Subject:
    fitting = (n for n in facts.names if not _FIRM & set(n.words) and not any(c.isdigit() for c in n.text))
    return tuple(n for n in fitting if not _PLACE_BEFORE.search(facts.text[: n.span[0]]))


def _things(facts: Facts) -> Subject:
    """Identifiers before names, and of names the one that opens the sentence."""
    if facts.ids:
        return facts.ids
    opening = tuple(n for n in facts.names if not any(t.content and t.weight >= 1 for t in _between(facts, n)))
    return opening[:1] or tuple(facts.names)


def _between(facts: Facts, name: Name) -> list[Token]:
    return [t for t in facts.words if t.end <= name.span[0]]


def _all(facts: Facts) -> Subject:
    return (*facts.ids, *facts.names)
