"""Does the passage say the same way round: negation, opposites and quantifiers?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from groundsight.computing.words import operations
from groundsight.grounding.align import TELLING, Interval, Pair
from groundsight.grounding.checks_compared import same_comparison
from groundsight.grounding.checks_numbers import says, unsigned
from groundsight.language.bounds import ONE_SIDED
from groundsight.language.facts import Facts, Negation
from groundsight.language.licences import is_known
from groundsight.language.quantities import Quantity
from groundsight.language.stems import lexicon_lines, stem, word_list
from groundsight.language.tokens import Token, converses, rivals
from groundsight.types import Reason

_SOME = 2
_REACH = 6
# Of its other words a claim shares so many with a sentence that conflicts (see _NEEDED in bind).
_NEARLY = 0.68
_BOUNDS = re.compile(
    r"\b(?:no (?:more|less|fewer|later|earlier)|at (?:most|least)|(?:or|and) (?:more|less|fewer))\b", re.IGNORECASE
)
_EXCEPTS = frozenset({"without", "except", "außer", "sauf", "salvo", "excepto"})
_OTHER_WAY = {"more": "less", "less": "more"}


def check_polarity(pair: Pair) -> tuple[Reason, ...]:
    """Return every located reversal of the claim in this passage."""
    found = (_flips, _answered_no, _opposites, _exchanged, _quantifiers, _turned_change)
    return tuple(reason for check in found for reason in check(pair))


def denies(facts: Facts) -> bool:
    """True when anything in a sentence denies, excepts or takes away."""
    return bool(facts.negations) or any(map(_denying, facts.tokens))


def _flips(pair: Pair) -> Iterator[Reason]:
    """One side denies what the other states; where that denies anything in other words, it is left alone."""
    claim, source = pair.claim, pair.passage.facts
    ticked = not pair.passage.tabular or "yes" in source.all_words
    if pair.excepts:
        return
    if claim.negations and ticked and not (source.negations or _other_count(pair)):
        for one in claim.negations:
            if one.stem in source.stems and not _governed(source, one.stem):
                message, at = "negated in the answer, stated in the source", claim.tokens[one.at].span
                yield pair.reason("negation_flip", message, at, _where(source, one.stem))
                return
    elif source.negations:
        for one in source.negations:
            excepts = source.tokens[one.at].word in _EXCEPTS
            if (
                one.stem in claim.stems
                and not excepts
                and not _governed(claim, one.stem)
                and not _stated_too(pair, one)
            ):
                message, at = "stated in the answer, negated in the source", source.tokens[one.at].span
                yield pair.reason("negation_flip", message, _where(claim, one.stem), at)
                return


def _answered_no(pair: Pair) -> Iterator[Reason]:
    """A label with no behind it denies its own words."""
    said = pair.passage.facts
    shared = next((one for one in pair.own if one.weight >= TELLING), None)
    answered = pair.passage.ticked is False and said.tokens[-1].word == "no"
    if shared and answered and not any(map(_denying, pair.claim.tokens)):
        message = "stated in the answer, answered by no in the source"
        yield pair.reason("negation_flip", message, shared.span, said.tokens[-1].span)


def _governed(facts: Facts, base: str) -> bool:
    """True when a word that may deny stands up to six words before this one, or ends its clause."""
    return any(
        _denying(other)
        for at, token in enumerate(facts.tokens)
        if token.stem == base
        for other in facts.tokens[max(0, at - _REACH) : at + _REACH + 1]
        if other is not token
    )


def _denying(token: Token) -> bool:
    prefixed = token.word.startswith(("un", "dis")) and is_known(stem(token.word[2:].removeprefix("s")))
    return prefixed or token.stem in _denials() or token.word.endswith("n't")


@lru_cache(maxsize=1)
def _denials() -> frozenset[str]:
    return frozenset(map(stem, word_list("denial_words.txt")))


def _other_count(pair: Pair) -> bool:
    """ "Three have not signed" beside "nine of twelve have signed": those that are left are others."""
    return not all(says(one, pair.passage.facts.quantities) for one in pair.claim.quantities)


def _stated_too(pair: Pair, one: Negation) -> bool:
    """The word also stands outside the reach of this negation, in a clause that says no less of the claim."""
    facts = pair.passage.facts
    spots = [token.span for token in facts.words if token.stem == one.stem]
    denied = next((spot for spot in spots if spot[0] > facts.tokens[one.at].start), spots[-1])
    against = pair.segment_words(denied)
    return any(not against > pair.segment_words(spot) for spot in spots if spot != denied)


def _opposites(pair: Pair) -> Iterator[Reason]:
    """A word of the claim whose opposite stands in its place, where both sides deny or neither does."""
    said, mine = pair.passage.facts, pair.claim.stems
    if pair.excepts or bool(pair.claim.negations) != bool(said.negations) or same_comparison(pair):
        return
    for word in (one for one in pair.claim.words if one not in pair.own):
        against, turned = rivals(word.stem) - mine, converses(word.stem)
        for other in (one for one in said.words if one.stem in against and not _bounds(pair, word, one)):
            # "Lent to them" and "below the village" need the same word on both sides.
            needed = 1 if word.weight >= TELLING and other.stem not in turned else 2
            near = pair.neighbours(word.span, other.span)
            turned_over = needed == 1 and (pair.turned(word.span, other.span) or _only_this(pair, word))
            if near >= needed or turned_over:
                message = f"{word.text} in the answer, {other.text} in the source"
                yield pair.reason("antonym", message, word.span, other.span)
                return


def _bounds(pair: Pair, word: Token, other: Token) -> bool:
    """Four or more are no fewer than four."""
    places = ((pair.claim.text, word), (pair.passage.facts.text, other))
    return any(found.start() <= one.start < found.end() for text, one in places for found in _BOUNDS.finditer(text))


def _only_this(pair: Pair, word: Token) -> bool:
    """All else that the claim says, two things at least, is the passage's own: in any order nothing else differs."""
    figures = (*pair.claim.quantities, *pair.claim.moments)
    return bool(pair.own) and len(pair.own) + len(figures) > 1 and pair.own_coverage_without([word.span]) == 1


def _exchanged(pair: Pair) -> Iterator[Reason]:
    """The left ear is inflamed, the right one is not: what the claim says of a word stands beside its opposite."""
    said, mine = pair.passage.facts, pair.claim.stems
    for word in pair.own if pair.passage.is_sentence and not pair.claim.negations else ():
        spots = [one.span for one in said.words if word.stem == one.stem]
        for other in (one for one in said.words if one.stem in rivals(word.stem) - mine):
            theirs = pair.segment_words(other.span)
            nearly = pair.coverage_without([word.span]) >= _NEARLY
            if spots and nearly and all(theirs > pair.segment_words(spot) for spot in spots):
                message = f"{word.text} in the answer, {other.text} in the source"
                yield pair.reason("antonym", message, word.span, other.span)
                return


def _quantifiers(pair: Pair) -> Iterator[Reason]:
    if any(one.word in _EXCEPTS for one in pair.passage.facts.tokens):
        return
    for mine, level, head in _counted(pair.claim):
        for theirs, other, governed in _counted(pair.passage.facts):
            if not head & governed or other == level or other > level >= _SOME:
                continue
            message = f"{mine.text} in the answer, {theirs.text} in the source"
            yield pair.reason("quantifier_mismatch", message, mine.span, theirs.span)
            return


def _turned_change(pair: Pair) -> Iterator[Reason]:
    """The same figure, gained in the answer and lost in the source."""
    said = pair.passage.facts
    for mine in pair.claim.quantities:
        against = _OTHER_WAY.get(_way(pair.claim, mine))
        given = [one for one in said.quantities if against and _way(said, one) == against]
        if twin := next((one for one in given if says(unsigned(mine), [unsigned(one)])), None):
            message = f"{mine.text} in the answer, the other way round in the source"
            yield pair.reason("comparison_mismatch", message, mine.span, twin.span)
            return


def _way(facts: Facts, one: Quantity) -> str:
    """Whether a figure is of more or of less, by its sign or by its sentence; "" where that speaks of both."""
    if one.bound in ONE_SIDED:
        return ""
    ways = {operations().get(token.word, "") for token in facts.tokens} & _OTHER_WAY.keys()
    signed = {"less"} if one.low < 0 else {"more"} if one.signed else set[str]()
    # "Fell by -3" and "-3 below" are said of less alone.
    told = signed or ways
    return next(iter(told)) if len(told) == 1 else ""


def _counted(facts: Facts) -> Iterator[tuple[Token, int, frozenset[str]]]:
    levels = _levels()
    for at, token in enumerate(facts.tokens):
        if token.word not in levels or _BOUNDS.search(facts.text, max(0, token.start - 3), token.end + 6):
            continue
        if governed := [one for one in facts.tokens[at + 1 : at + 6] if one.content][:2]:
            yield token, levels[token.word], frozenset(one.stem for one in governed)


@lru_cache(maxsize=1)
def _levels() -> dict[str, int]:
    """How much of all a quantifier means, from none (0) to all (6)."""
    return {word: at for at, line in enumerate(lexicon_lines("quantifiers.txt")) for word in line.split()}


def _where(facts: Facts, base: str) -> Interval | None:
    return next((token.span for token in facts.words if token.stem == base), None)
