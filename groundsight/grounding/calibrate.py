"""The probability that a passage supports a claim: a small logistic model with packaged coefficients."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

FEATURES = (
    "coverage", "own_coverage", "full_coverage", "missing_words", "missing_share", "near_share", "pairs_shared",
    "numbers_settled", "numbers_missing", "dates_missing", "names_missing", "conflicts", "ocr", "caption", "cell",
    "claim_words", "passage_extra", "joined", "spread",
)  # fmt: skip


class Calibration(BaseModel):
    """Coefficients by feature name, the threshold of support, and where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    origin: str
    threshold: float
    intercept: float
    weights: dict[str, float]

    def probability(self, features: dict[str, float]) -> float:
        """Return the probability of support for these features; names that have no weight are refused."""
        score = self.intercept + sum(self.weights[name] * value for name, value in features.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


@lru_cache(maxsize=1)
def packaged() -> Calibration:
    """Read the packaged coefficients once."""
    return Calibration.model_validate(
        json.loads(files("groundsight.grounding").joinpath("data/calibration.json").read_text("utf-8"))
    )
