"""Does the evidence say so? Claims, their spans, checks without a model, and optional judges."""

from __future__ import annotations

from typing import Protocol

from groundsight.types import Evidence, Word


class Judgement(Word):
    """A judge's probabilities for one claim; the rest to 1 is "not said"."""

    supported: float
    contradicted: float = 0.0


class Judge(Protocol):
    """Refines the uncertain band. A judge that raises leaves the claim ``unverified``."""

    @property
    def fingerprint(self) -> str: ...

    def score(self, claim: str, evidence: tuple[Evidence, ...]) -> Judgement: ...
