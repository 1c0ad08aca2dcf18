"""Which words of a claim a passage says, and where in both the same slots lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from groundsight.evidence.passages import REFERRING, Passage, within
from groundsight.language.dates import Moment, agree
from groundsight.language.facts import Facts
from groundsight.language.names import covered_by
from groundsight.language.tokens import Token, ocr_alike, rivals
from groundsight.types import Reason, Span

Interval = tuple[int, int]
_SEGMENT = re.compile(r"[,;:\n]|\b(?:and|but|while|whereas|compared\s+(?:with|to)|versus|than)\b", re.IGNORECASE)
TELLING = 0.6
CONTEXT_CREDIT = 0.6
# Words that a pronoun means: .9 put such sentences before those that say the claim (1 in 100 lies fewer refused).
MEANT_CREDIT = 0.8
ROW_CREDIT = 0.9


@dataclass(frozen=True)
class Pair:
    """One claim beside one passage; offsets of the claim count in the claim's text."""

    claim: Facts
    passage: Passage

    @cached_property
    def own(self) -> tuple[Token, ...]:
        """Claim words that the passage itself says."""
        return tuple(token for token in self.claim.words if self._says(token))

    @cached_property
    def near(self) -> tuple[Token, ...]:
        """Claim words that only the sentences around the passage say."""
        beside = () if another_subject(self.claim, self.passage.facts) else self.passage.beside
        lending = (*self.passage.lent, *(one for one in beside if not another_subject(self.claim, one)))
        keys = frozenset(key for facts in lending for key in facts.keys)
        mine = set(self.own)
        return tuple(token for token in self.claim.words if token not in mine and token.keys & keys)

    @cached_property
    def matched_keys(self) -> frozenset[str]:
        """Match keys of the words that both sides say."""
        return frozenset(key for token in self.own for key in token.keys)

    @property
    def coverage(self) -> float:
        """Weight share of the claim's words said here; words said only around count less."""
        return self.coverage_without(())

    def coverage_without(self, spans: Sequence[Interval]) -> float:
        """Return the coverage with the words inside ``spans`` (of the claim) left out; 1 if none is left."""
        total = _weight(self.claim.words, spans)
        if not total:
            return 1.0 if not self.claim.words or spans else 0.0
        meant = MEANT_CREDIT if self.passage.facts.all_words & REFERRING else CONTEXT_CREDIT
        credit = ROW_CREDIT if self.passage.row else meant
        return (_weight(self.own, spans) + credit * _weight(self.near, spans)) / total

    def own_coverage_without(self, spans: Sequence[Interval]) -> float:
        """Return the weight share said by the passage itself, with the words inside ``spans`` left out."""
        total = _weight(self.claim.words, spans)
        return _weight(self.own, spans) / total if total else 1.0

    def excepted(self, wanted: Moment) -> Moment | None:
        """The date of the passage that one side excepts and the other does not: "open daily except Mondays"."""
        turned = replace(wanted, denied=not wanted.denied)
        return next((one for one in self.passage.facts.moments if agree(turned, (one,))), None)

    @cached_property
    def excepts(self) -> bool:
        """One side excepts a date of which the other speaks."""
        return any(map(self.excepted, self.claim.moments))

    @property
    def is_opposed(self) -> bool:
        """True when the claim has the opposite of a word of the passage, or one side denies and the other does not."""
        said = self.passage.facts
        opposite = any(rivals(token.stem) & said.stems for token in self.claim.words)
        return opposite != (bool(self.claim.negations) != bool(said.negations))

    def same_slot(self, claim_span: Interval, passage_span: Interval) -> bool:
        """True when the nearest shared words beside both stretches overlap."""
        mine = self._anchors(self.claim.words, claim_span)
        theirs = self._anchors(self.passage.facts.words, passage_span)
        return any(one & other for one in mine for other in theirs)

    def neighbours(self, claim_span: Interval, passage_span: Interval) -> int:
        """Count the sides, 0 to 2, on which the nearest telling words of both stretches are the same."""
        mine, theirs = _beside(self.claim, claim_span), _beside(self.passage.facts, passage_span)
        return sum(bool(a and b and a.stem in b.keys) for a, b in zip(mine, theirs, strict=True))

    def clause_of(self, span: Interval) -> tuple[Token, ...]:
        """Return the claim's words between the breaks around ``span``."""
        cuts = [found.span() for found in _SEGMENT.finditer(self.claim.text)]
        start = max((end for _, end in cuts if end <= span[0]), default=0)
        stop = min((begin for begin, _ in cuts if begin >= span[1]), default=len(self.claim.text))
        return tuple(token for token in self.claim.words if start <= token.start and token.end <= stop)

    def turned(self, claim_span: Interval, passage_span: Interval) -> bool:
        """True when the nearest telling word on one side of a stretch stands on the other side of the other stretch."""
        (left, right), (before, after) = _beside(self.claim, claim_span), _beside(self.passage.facts, passage_span)
        return any(a and b and a.stem in b.keys for a, b in ((left, after), (right, before)))

    def segment_words(self, span: Interval, *but: Interval) -> frozenset[str]:
        """Return the shared match keys, numbers included, in the clause around ``span``; ``but`` is left out, too."""
        facts = self.passage.facts
        cuts = [found.span() for found in _SEGMENT.finditer(facts.text) if not within(found.span(), _spans(facts))]
        start = max((end for _, end in cuts if end <= span[0]), default=0)
        stop = min((begin for begin, _ in cuts if begin >= span[1]), default=len(facts.text))
        tokens = (
            t
            for t in facts.tokens
            if t.content and start <= t.start and t.end <= stop and not within(t.span, [span, *but])
        )
        mine = {key for token in self.claim.tokens if token.content for key in token.keys}
        return frozenset(key for token in tokens for key in token.keys & mine)

    def reason(self, code: str, message: str, claim_span: Interval | None, passage_span: Interval | None) -> Reason:
        """Word a reason with both spans; the claim's span still counts in the claim's text."""
        span = None if claim_span is None else Span(start=claim_span[0], end=claim_span[1])
        return Reason.model_validate(
            {"code": code, "message": message, "claim_span": span, "evidence": self.passage.quote(passage_span)}
        )

    def _says(self, token: Token) -> bool:
        if token.keys & self.passage.facts.keys or self._named(token) or self._turned(token):
            return True
        if self.passage.channel != "ocr" or token.weight < 0.5:
            return False
        return any(ocr_alike(token.word, other.word) for other in self.passage.facts.words)

    def _named(self, token: Token) -> bool:
        """The word belongs to a name that the passage gives in another form."""
        facts = self.passage.facts
        names = (one for one in self.claim.names if within(token.span, [one.span]))
        return any(covered_by(one, facts.all_words, facts.names) for one in names)

    def _turned(self, token: Token) -> bool:
        """One side denies the opposite: "not open" says "closed", and "closed" says "not open"."""
        against = rivals(token.stem)
        facts = self.passage.facts
        if not against & facts.stems:
            return False
        mine = any(token.keys & one.scope for one in self.claim.negations)
        return (mine != any(one.stem in against for one in facts.negations)) != self.excepts

    def _anchors(self, words: Sequence[Token], span: Interval) -> list[frozenset[str]]:
        shared = [t for t in words if t.weight > 0.2 and t.keys & self.matched_keys and not within(t.span, [span])]
        left = [t for t in shared if t.end <= span[0]][-2:]
        right = [t for t in shared if t.start >= span[1]][:2]
        return [t.keys for t in (*left, *right)]


def another_subject(claim: Facts, said: Facts) -> bool:
    """True when this opens with what the claim does not name, and does not name what the claim opens with."""
    if said.all_words & REFERRING or not said.words or not claim.words:
        return False
    return not said.words[0].keys & claim.keys and not claim.words[0].keys & said.keys


def _beside(facts: Facts, span: Interval) -> tuple[Token | None, Token | None]:
    words = [t for t in facts.tokens if t.weight >= TELLING]
    left = [t for t in words if t.end <= span[0]]
    return left[-1] if left else None, next((t for t in words if t.start >= span[1]), None)


def _spans(facts: Facts) -> list[Interval]:
    return [one.span for one in (*facts.quantities, *facts.moments)]


def _weight(tokens: Iterable[Token], spans: Sequence[Interval]) -> float:
    return sum(token.weight for token in tokens if not within(token.span, spans))
