"""Does the passage say the same way round: negation, opposites and quantifiers?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_numbers import Outcome
from groundsight.grounding.facts import Facts, Negation
from groundsight.grounding.tokens import Token, rivals
from groundsight.types import Reason

_LEVELS = {
    "no": 0, "none": 0, "neither": 0, "few": 1, "some": 2, "several": 2, "half": 2.5, "many": 3, "most": 4,
    "majority": 4, "all": 5, "every": 5, "each": 5, "both": 5, "everyone": 5,
}  # fmt: skip


def check_polarity(pair: Pair) -> tuple[Reason, ...]:
    """Return every located reversal of the claim in this passage."""
    opposites = tuple(_opposites(pair))
    flips = tuple(_flips(pair))
    return (*flips, *opposites, *_quantifiers(pair))


def check_negations(pair: Pair) -> Outcome:
    """Look for each negation of the claim in the passage: what is merely not denied is not said."""
    spans = {_token_span(pair.claim, one.at): one for one in pair.claim.negations}
    settled = tuple(span for span, one in spans.items() if _denied_too(pair, one))
    return Outcome(settled, tuple(span for span in spans if span not in settled))


def _denied_too(pair: Pair, one: Negation) -> bool:
    facts = pair.passage.facts
    return _negated(one.scope, facts) or any(
        rivals(token.stem) & facts.keys for token in pair.claim.words if token.keys & one.scope
    )


def _flips(pair: Pair) -> Iterator[Reason]:
    """A negation on one side whose governed word the other side states plainly."""
    claim, source = pair.claim, pair.passage.facts
    for one in claim.negations:
        if one.head & pair.matched_keys and not _negated(one.head, source) and not _reversed(pair, one.head):
            at = _token_span(claim, one.at)
            yield pair.reason(
                "negation_flip", "negated in the answer, stated in the source", at, _where(source, one.head)
            )
            return
    for one in source.negations:
        if one.head & pair.matched_keys and not _negated(one.head, claim) and not _stated_too(pair, one):
            message = "stated in the answer, negated in the source"
            yield pair.reason("negation_flip", message, _where(claim, one.head), _token_span(source, one.at))
            return


def _negated(head: frozenset[str], facts: Facts) -> bool:
    return any(head & one.scope for one in facts.negations)


def _stated_too(pair: Pair, one: Negation) -> bool:
    """The word also stands outside the reach of this negation, in a clause that says no less of the claim."""
    facts = pair.passage.facts
    spots = [(token.start, token.end) for token in facts.words if token.keys & one.head]
    denied = next((spot for spot in spots if spot[0] > facts.tokens[one.at].start), spots[-1])
    against = pair.segment_words(denied)
    return any(not against > pair.segment_words(spot) for spot in spots if spot != denied)


def _reversed(pair: Pair, head: frozenset[str]) -> bool:
    """A negated word beside an opposite on the other side is one reversal, not two."""
    mine = [t for t in pair.claim.words if t.keys & head]
    return any(rivals(t.stem) & pair.passage.facts.keys and not t.keys & pair.passage.facts.keys for t in mine)


def _opposites(pair: Pair) -> Iterator[Reason]:
    """A word of the claim whose opposite stands in its place."""
    claim_stems = {token.stem for token in pair.claim.words}
    said = set(pair.own)
    for word in pair.claim.words:
        if word in said or not (against := rivals(word.stem)):
            continue
        for other in pair.passage.facts.words:
            if other.stem not in against or other.stem in claim_stems or not _beside(pair, word, other):
                continue
            if _is_negated(word, pair.claim) == _is_negated(other, pair.passage.facts):
                message = f"{word.text} in the answer, {other.text} in the source"
                yield pair.reason("antonym", message, (word.start, word.end), (other.start, other.end))
                return


def _beside(pair: Pair, word: Token, other: Token) -> bool:
    return pair.passage.cell or pair.same_slot((word.start, word.end), (other.start, other.end))


def _is_negated(word: Token, facts: Facts) -> bool:
    return any(word.keys & one.scope for one in facts.negations)


def _quantifiers(pair: Pair) -> Iterator[Reason]:
    for mine, level, head in _counted(pair.claim):
        for theirs, other, governed in _counted(pair.passage.facts):
            if not head & governed or _entails(other, level):
                continue
            message = f"{mine.text} in the answer, {theirs.text} in the source"
            yield pair.reason("quantifier_mismatch", message, (mine.start, mine.end), (theirs.start, theirs.end))
            return


def _counted(facts: Facts) -> Iterator[tuple[Token, float, frozenset[str]]]:
    for at, token in enumerate(facts.tokens):
        if token.word not in _LEVELS:
            continue
        governed = [one for one in facts.tokens[at + 1 : at + 6] if one.content][:2]
        if governed:
            yield token, _LEVELS[token.word], frozenset(key for one in governed for key in one.keys)


def _entails(source: float, claim: float) -> bool:
    """ "All" says "most", "many" and "some"; "some" does not say "all"."""
    return source == claim or (source > claim >= 2)


def _token_span(facts: Facts, at: int) -> Interval:
    token = facts.tokens[at]
    return token.start, token.end


def _where(facts: Facts, keys: frozenset[str]) -> Interval | None:
    found: Sequence[Token] = [token for token in facts.words if token.keys & keys]
    return (found[0].start, found[0].end) if found else None
