"""The writer without a language model: of what the reader proposes, the one answer that is sure enough, quoted."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from groundsight.agent.candidates import Eyes, Proposal, share
from groundsight.agent.proposals import VETOES, proposals
from groundsight.agent.question import Question
from groundsight.agent.state import Finding
from groundsight.language.content import stems_of
from groundsight.types import Evidence, Quote

PACKAGED = Path(__file__).resolve().parent / "data" / "gate.json"

# The reader is less sure of what it reads in an English frame: of 37 questions in three other languages the right
# values at the top reach .48 and more, those of near misses .22 at most, the surest wrong one .475.
FOREIGN = 0.48

# How probable it has to be that another source answers: it is only shown beside, so less than to be given.
RIVAL = 0.35


@dataclass(frozen=True)
class Gate:
    """A logistic over the features of a proposal and what it has to reach, fitted by ``training.train_gate``."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how probable it is that a proposal answers its question."""
        score = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-score))

    def sure(self, one: Proposal, question: Question, least: float = 0.0) -> bool:
        """True for a proposal that is probable enough, with everything that the question names beside it."""
        likely = self.probability(one.features) >= (least or (FOREIGN if question.language else self.threshold))
        return likely and not any(veto(question, one) for veto in VETOES)


@lru_cache(maxsize=1)
def gate() -> Gate:
    """Read the packaged gate once."""
    read = json.loads(PACKAGED.read_text("utf-8"))
    return Gate(read["intercept"], read["weights"], read["threshold"])


def find(step: int, text: str, evidence: Sequence[Evidence], eyes: Eyes, banned: Collection[str]) -> Finding | None:
    """Return the passage that answers a question, or None where none is sure enough.

    What the gate likes best and something vetoes is not replaced by the next best, and what the check refused not by
    what says less of the question: where the kiln fired with ash is refused, the one fired with salt is no answer.
    """
    question, weighs = Question(text), gate()
    best = next(iter(_weighed(question, evidence, eyes, banned)), None)
    if best is None or not weighs.sure(best, question):
        return None
    if any(share(question.stems, stems_of(one)) > share(question.stems, stems_of(best.said)) for one in banned):
        return None
    return Finding(step=step, question=text, sentence=best.sentence, quote=best.quote, value=best.value)


def answers(text: str, evidence: Sequence[Evidence], eyes: Eyes, least: float) -> list[Proposal]:
    """Return every proposal that is at least so probable, the best one first."""
    question, weighs = Question(text), gate()
    return [one for one in _weighed(question, evidence, eyes) if weighs.sure(one, question, least)]


def _weighed(
    question: Question, evidence: Sequence[Evidence], eyes: Eyes, banned: Collection[str] = ()
) -> list[Proposal]:
    """Order the proposals by the gate.

    A question for yes or no is left to the evidence: read by this net, two of five answers were wrong.
    """
    if question.asks_whether:
        return []
    weighs = gate()
    return sorted(proposals(question, evidence, eyes, banned), key=lambda one: -weighs.probability(one.features))


def likeliest(question: Question, evidence: Sequence[Evidence], eyes: Eyes) -> list[Quote]:
    """Return the sentences, rows or lines of the best proposals, sure or not."""
    return [one.whole for one in _weighed(question, evidence, eyes)]
