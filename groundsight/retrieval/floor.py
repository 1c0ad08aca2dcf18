"""When a search has nothing to show: evidence that counts by itself, held against a calibrated floor.

A fused score is relative, so nonsense has a best hit too. Absolute are the cosine of the nearest passage, and how much
of the words of the query, by rarity, the best passage holds. Both depend on what the caller may see and nothing else.
Questions in other words lie as far from their passage as nonsense does, so how near is near enough depends on whether
the words of the query are words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence, Set
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from groundsight.encoders.wordhood import is_word
from groundsight.index.keys import is_plain, words_of
from groundsight.language.framing import asked_in
from groundsight.retrieval.asking import DENSE
from groundsight.retrieval.identifiers import Held
from groundsight.retrieval.words import asked_weights, fold, quotable, terms_of
from groundsight.types import Hit

ALL = 0.999


class Floor(BaseModel):
    """Weights of a logistic model and the least score that passes; they hold for one text encoder alone.

    ``least`` holds for queries made of words, ``strange`` for the others.

    ``enough`` is the share of the words that passes without nearness; of questions over foreign sets 5 % reach it.
    ``looks`` names the picture encoder whose answers to words say too little to pass the floor by themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    encoder: str
    looks: str
    intercept: float
    nearness: float
    covered: float
    least: float
    strange: float
    enough: float

    def score(self, evidence: Evidenced) -> float:
        """Return the score that is held against ``least``; what is found by its words needs no nearness."""
        if evidence.covered >= self.enough and (evidence.words > 1 or evidence.covered > ALL):
            return math.inf
        return self.intercept + self.nearness * evidence.nearness + self.covered * evidence.covered

    def passes(self, evidence: Evidenced) -> bool:
        """Tell whether the evidence is enough."""
        return self.score(evidence) >= (self.strange if evidence.strange else self.least)


class Evidenced(BaseModel):
    """The best cosine of a text channel; the best share of the query's words by rarity, and how many words that are.

    ``strange`` when most words of the query stand in no candidate and are no words either.
    """

    model_config = ConfigDict(frozen=True)

    nearness: float
    covered: float
    words: int = 0
    strange: bool = False


@lru_cache(maxsize=1)
def packaged_floor() -> Floor:
    """Read the packaged coefficients once."""
    return Floor.model_validate(json.loads((Path(__file__).parent / "data" / "floor.json").read_text("utf-8")))


def evidence_for(words: str, hits: Sequence[Hit]) -> Evidenced:
    """Measure the hits against the words of the query."""
    terms = frozenset(terms_of(words))
    held = [terms.intersection(terms_of(quotable(hit.unit))) for hit in hits]
    weights = asked_weights(terms, held)
    covered, best = max(((sum(weights[term] for term in each), len(each)) for each in held), default=(0.0, 0))
    raws = (part.raw for hit in hits for part in hit.channels if part.channel in DENSE)
    total = sum(weights.values()) or 1.0
    strange = _strange(words, frozenset[str]().union(*held))
    return Evidenced(nearness=max(raws, default=0.0), covered=covered / total, words=best, strange=strange)


def _strange(words: str, held: Set[str]) -> bool:
    lettered = [word for word in words_of(words) if any(map(str.isalpha, word))]
    asked = [word for word in lettered if not is_plain(word)]
    return not lettered or 2 * sum(fold(word) in held or is_word(word) for word in asked) < len(asked)


def too_far(words: str, hits: Sequence[Hit], held: Held, encoder: str | None, looks: str | None) -> str:
    """Return why these hits are not worth showing, empty when they are.

    An identifier that is held passes by itself, one that is held nowhere and stands alone never does. A hit by its
    look passes unless the floor was calibrated beside that picture encoder, one by its sound always; ``encoder`` and
    ``looks`` are fingerprints, and without a calibrated text encoder everything passes. So does what is asked in
    another language than that of the questions it was calibrated with: their nearness says nothing there.
    """
    floor = packaged_floor()
    if held.by or encoder != floor.encoder or not hits or asked_in(words):
        return ""
    if held.absent and _nothing_else(words, held.absent):
        return f"no passage holds {', '.join(held.absent)}"
    unmeasured = {"sound"} if looks == floor.looks else {"sound", "visual"}
    if any(part.channel in unmeasured for hit in hits for part in hit.channels):
        return ""
    evidence = evidence_for(words, hits)
    return "" if floor.passes(evidence) else _told(evidence)


def _nothing_else(words: str, absent: Sequence[str]) -> bool:
    return set(terms_of(words)) <= set(terms_of(" ".join(absent)))


def _told(evidence: Evidenced) -> str:
    shared = f"at most {evidence.covered:.0%} of its words, by rarity," if evidence.covered else "no word"
    near = f"the closest has cosine {evidence.nearness:.2f}"
    return f"nothing is near to the query: the passages share {shared} with it, {near}"
