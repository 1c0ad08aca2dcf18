"""The probability that a passage supports a claim: a small logistic model with packaged coefficients."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

FEATURES = ("window", "lost", "open_names", "open_figures", "settled", "conflict", "joined")


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


PACKAGED = Path(__file__).resolve().parent / "data" / "calibration.json"


@lru_cache(maxsize=1)
def packaged() -> Calibration:
    """Read the packaged coefficients once."""
    return Calibration.model_validate(json.loads(PACKAGED.read_text("utf-8")))
