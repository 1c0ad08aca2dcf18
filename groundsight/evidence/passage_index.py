"""Passages by their words: which ones speak of a claim, and which repeat it word for word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from groundsight.evidence.grids import Table, grids
from groundsight.evidence.passages import Passage, read_passages
from groundsight.evidence.selected import Lines
from groundsight.evidence.windows import windows
from groundsight.language.facts import Facts
from groundsight.language.sentences import without_list_mark
from groundsight.language.tokens import Token, ocr_alike, tokenise
from groundsight.language.typography import written
from groundsight.tracing import Watch
from groundsight.types import Evidence

_FLOOR = 0.05
_TWO = 2.0
_SMALL = 20


class PassageIndex:
    """The passages of all evidence with postings from match keys, built in one pass. ``watch`` can stop every loop."""

    def __init__(self, evidence: Sequence[Evidence], watch: Watch | None = None) -> None:
        self.watch = watch or Watch()
        self.evidence: tuple[Evidence, ...] = tuple(evidence)
        self.passages: tuple[Passage, ...] = read_passages(evidence, self.watch)
        self._postings: dict[str, list[int]] = defaultdict(list)
        self._exact: dict[str, list[int]] = defaultdict(list)
        for at, passage in enumerate(self.passages):
            self._post(at, passage)

    @cached_property
    def language(self) -> str:
        """The language of all evidence, empty where there are several or none is known."""
        known = {one.language for one in self.evidence}
        return known.pop() if len(known) == 1 else ""

    @cached_property
    def grids(self) -> tuple[Table, ...]:
        """The whole tables of the evidence."""
        return grids(self.evidence, self.watch)

    @cached_property
    def lines(self) -> Lines:
        """Every sentence, row and line of the evidence, to select from."""
        return Lines([one.said(each) for one in self.watch.each(windows(self.evidence)) for each in one.stretches])

    def candidates(self, claim: Facts) -> list[Passage]:
        """Return passages whose words, with those that a pronoun means, carry a quarter of the claim's weight.

        The bar depends on claim and passage alone, so that more evidence never hides a passage.
        """
        weights: dict[int, float] = defaultdict(float)
        total = sum(token.weight for token in claim.words)
        for token in self.watch.each(claim.words):
            for at in self._found(token):
                weights[at] += token.weight
        for figure in _figures(claim):
            for at in self._postings.get(figure, ()):
                weights[at] += 1.0
        if not total:
            return [self.passages[at] for at in range(len(self.passages))]
        return [self.passages[at] for at in sorted(weights) if weights[at] >= min(_FLOOR * total, _TWO)]

    def closest(self, claim: Facts, limit: int) -> list[Passage]:
        """Return the passages that share most of the claim's words, best first."""
        wanted = claim.keys
        found = self.candidates(claim)
        found.sort(key=lambda one: (-len(wanted & one.facts.keys), one.evidence.evidence_id, one.span))
        return found[:limit]

    def verbatim(self, text: str) -> tuple[Passage, ...]:
        """Return the whole passages that are written exactly so, sign by sign."""
        found = self._exact.get(written(text), []) if len(tokenise(text)) > 1 else []
        return tuple(self.passages[at] for at in found)

    def _post(self, at: int, passage: Passage) -> None:
        keys = passage.facts.keys.union(*(before.keys for before in passage.earlier[-1:]), _figures(passage.facts))
        for key in keys:
            self._postings[key].append(at)
        if passage.channel != "caption" and not passage.cell and not passage.asks:
            self._exact[written(without_list_mark(passage.shown))].append(at)

    def _found(self, token: Token) -> set[int]:
        exact = {at for key in token.keys for at in self._postings.get(key, ())}
        return exact | {at for word in self._alike(token) for at in self._postings[word]}

    def _alike(self, token: Token) -> list[str]:
        if token.weight < 0.5 or not any(passage.channel == "ocr" for passage in self.passages):
            return []
        return [word for word in self._postings if ocr_alike(token.word, word)]


def _figures(facts: Facts) -> set[str]:
    """What may stand for a passage alone: measured amounts, large counts and whole dates, as keys."""
    amounts = {f"{one.kind}={one.low:g}" for one in facts.quantities if one.kind or abs(one.low) > _SMALL}
    days = {f"day={one.month}-{one.day}" for one in facts.moments if one.day}
    return amounts | days | {f"hour={one.hour}:{one.minute or 0}" for one in facts.moments if one.hour is not None}
