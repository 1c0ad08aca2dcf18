"""What is said of what: the predicates of a sentence with both their sides, their voice and how surely they are said.

Rules over tokens, no parser: a word is a predicate behind an auxiliary, or where its form and its neighbours allow
nothing else. Sides are sets of stems; who acts is ``before`` in the active voice, behind "by" in the passive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Literal, cast

from groundsight.language.licences import verb_share
from groundsight.language.stems import irregular, lexicon_lines, stem, word_list
from groundsight.language.tokens import Token

Modality = Literal["fact", "possible", "planned", "advised", "required", "conditional"]

_BE = frozenset("is are was were be been being am".split())
_HAVE = frozenset("has have had having".split())
_HELPERS = (
    _BE | _HAVE | frozenset("do does did to will shall may might can cannot could must should would ought".split())
)
CONDITIONS = frozenset({"if", "unless", "provided"})
_BREAK = re.compile(
    r"[;:,()—]|\b(?:and|but|or|because|although|while|whereas|if|unless|that|which|who|when)\b", re.IGNORECASE
)
# The share of a word's uses that are verbs, by WordNet's tagged texts: below it a form in -s or a bare form is a noun.
_FINITE, _BARE = 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Predicate:
    """A verb at ``span`` with the stems of the content words on both sides of it, in its own clause.

    ``passive``: the subject, in ``before``, is acted on. ``stem`` is "be" or "have" where nothing else is said.
    A coordinated verb takes over the subject of the verb before it.
    """

    stem: str
    span: tuple[int, int]
    passive: bool
    before: frozenset[str]
    after: frozenset[str]
    modality: Modality = "fact"


def find_predicates(text: str, tokens: Sequence[Token]) -> tuple[Predicate, ...]:
    """Find the predicates of a sentence in their order."""
    found: list[Predicate] = []
    heads = list(_heads(text, tokens))
    edges = [0, *(_edge(text, tokens, one[0], other[0]) for one, other in pairwise(heads)), len(tokens)]
    for (at, base, passive), (start, end) in zip(heads, pairwise(edges), strict=False):
        before = _content(tokens[start:at]) or (found[-1].before if found else frozenset[str]())
        # "is expected to rise": the verb before governs how this one is said.
        governed = start and found and found[-1].span[1] == tokens[start - 1].end
        said = modality_of(tokens[start - 1 if governed else start : at])
        span = tokens[at].start, tokens[at].end
        found.append(Predicate(base, span, passive, before, _content(tokens[at + 1 : end]), said))
    return tuple(found)


def modality_of(tokens: Sequence[Token]) -> Modality:
    """Return how surely these words let a predicate be said: the first that is not plain."""
    table = _modality()
    for token, after in zip_longest(tokens, tokens[1:]):
        bound = after is not None and after.word == "to"
        if bound and (token.word in _HAVE or token.stem == "need"):
            return "required"
        if bound and token.word in _BE:
            return "planned"
        if found := table.get(token.word) or table.get(token.stem):
            return found
    return "fact"


@lru_cache(maxsize=1)
def _modality() -> dict[str, Modality]:
    rows = (line.split() for line in lexicon_lines("modality.txt"))
    return {form: cast("Modality", kind) for kind, *words in rows for word in words for form in (word, stem(word))}


def _heads(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str, bool]]:
    """Yield position, stem and voice of each predicate."""
    at = 0
    while at < len(tokens):
        if _helps(tokens, at):
            last = _last_helper(tokens, at)
            head = _main(tokens, last)
            if head is not None:
                yield head, tokens[head].stem, tokens[last].word in _BE and _participle(tokens[head].word)
                at = head
            elif tokens[last].word in _BE | _HAVE:
                yield last, "be" if tokens[last].word in _BE else "have", False
                at = last
        elif _finite(text, tokens, at):
            yield at, tokens[at].stem, _acted_on(tokens, at)
        at += 1


def _acted_on(tokens: Sequence[Token], at: int) -> bool:
    """ "The pump repaired by Ines", but not "rose by 5 percent"."""
    behind = tokens[at + 1 : at + 3]
    return len(behind) == 2 and behind[0].word == "by" and not behind[1].text[0].isdigit()


def _helps(tokens: Sequence[Token], at: int) -> bool:
    """ "May" inside a sentence is a month."""
    return tokens[at].word in _HELPERS and (at == 0 or tokens[at].text.islower())


def _last_helper(tokens: Sequence[Token], at: int) -> int:
    last = at
    for after in range(at + 1, min(at + 6, len(tokens))):
        if tokens[after].word in _HELPERS:
            last = after
        elif not _passed(tokens[after]):
            break
    return last


def _main(tokens: Sequence[Token], last: int) -> int | None:
    """The verb behind the last helper, adverbs and denials passed over."""
    for at in range(last + 1, min(last + 5, len(tokens))):
        word = tokens[at].word
        known = verb_share(tokens[at].stem)
        if tokens[last].word in _BE | _HAVE:
            verb = (
                _participle(word)
                or (tokens[last - 1].word in _HELPERS and last > 0 and known >= _FINITE)
                or (word.endswith("ing") and verb_share(tokens[at].stem) > 0)
            )
        else:
            verb = known > 0
        if verb:
            return at
        if not _passed(tokens[at]):
            return None
    return None


def _passed(token: Token) -> bool:
    return token.word.endswith("ly") or (token.weight == 0 and token.word not in {"the", "a", "an", "by", "of", "in"})


def _participle(word: str) -> bool:
    if word.endswith("ed"):
        return len(word) > 5 or verb_share(stem(word)) > 0
    return word in irregular() and not word.endswith("s") and verb_share(stem(word)) > 0


def _finite(text: str, tokens: Sequence[Token], at: int) -> bool:
    token, share = tokens[at], verb_share(tokens[at].stem)
    close = at > 0 and text[tokens[at - 1].end : token.start].isspace()
    if not at or token.text[0].isupper() or (close and _determines(tokens[at - 1])):
        return False
    if _participle(token.word):
        return True
    after = text[token.end : token.end + 1] in ("", ".", ";") or (at + 1 < len(tokens) and _opens(tokens[at + 1]))
    plural = tokens[at - 1].word.endswith("s") or tokens[at - 1].word in {"we", "they", "i", "you", "people"}
    third = token.word.endswith("s") and not token.word.endswith("ss")
    return after and (share >= _FINITE if third and not plural else share >= _BARE and plural)


def _determines(token: Token) -> bool:
    return token.word in word_list("determiners.txt") or token.text[0].isdigit()


def _opens(token: Token) -> bool:
    """A word that opens an object or a complement: an article, a number, a name, a preposition."""
    return token.weight < 0.5 or token.text[0].isdigit() or token.text[0].isupper() or token.word.endswith("ly")


def _edge(text: str, tokens: Sequence[Token], one: int, other: int) -> int:
    """Where the clause of the second predicate begins: behind the last break between both, else behind the first."""
    breaks = [found.end() for found in _BREAK.finditer(text, tokens[one].end, tokens[other].start)]
    return next((at for at in range(one + 1, other + 1) if breaks and tokens[at].start >= breaks[-1]), one + 1)


def _content(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.stem for token in tokens if token.content and token.word not in _HELPERS)
