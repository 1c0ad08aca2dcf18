"""The writer without a language model: of what the reader proposes, the one answer that is sure enough, quoted."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from groundsight.agent.candidates import Eyes, Proposal, Question
from groundsight.agent.proposals import absent, of_another, proposals
from groundsight.agent.state import Finding
from groundsight.evidence.windows import quoted
from groundsight.types import Evidence, Quote

PACKAGED = Path(__file__).resolve().parent / "data" / "gate.json"


@dataclass(frozen=True)
class Gate:
    """A logistic over the features of a proposal and what it has to reach, fitted by ``evals.train_gate``."""

    intercept: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how probable it is that a proposal answers its question."""
        score = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-score))

    def sure(self, one: Proposal, question: Question) -> bool:
        """True for a proposal that is probable enough, with everything that the question names beside it."""
        likely = self.probability(one.features) >= self.threshold
        return likely and not absent(question, one.window) and not of_another(question, one)


@lru_cache(maxsize=1)
def gate() -> Gate:
    """Read the packaged gate once."""
    read = json.loads(PACKAGED.read_text("utf-8"))
    return Gate(read["intercept"], read["weights"], read["threshold"])


def find(step: int, text: str, evidence: Sequence[Evidence], eyes: Eyes, banned: Collection[str]) -> Finding | None:
    """Return the passage that answers a question, or None where none is sure enough.

    A question for yes or no is left to the evidence: read by this net, two of five answers were wrong.
    """
    question = Question(text)
    if question.asks_whether:
        return None
    weighs = gate()
    found = sorted(proposals(question, evidence, eyes, banned), key=lambda one: -weighs.probability(one.features))
    sure = [one for one in found if weighs.sure(one, question)]
    # What the gate likes best and something vetoes is not replaced by the next best.
    if not sure or found[0] is not sure[0]:
        return None
    best = sure[0]
    return Finding(step=step, question=text, sentence=best.sentence, quote=best.quote, value=best.value)


def likeliest(question: Question, evidence: Sequence[Evidence], eyes: Eyes) -> list[Quote]:
    """Return the sentences, rows or lines of the best proposals, sure or not."""
    if question.asks_whether:
        return []
    weighs = gate()
    found = sorted(proposals(question, evidence, eyes), key=lambda one: -weighs.probability(one.features))
    return [quoted(one.window.evidence, one.stretch.span, one.stretch.channel) for one in found]
