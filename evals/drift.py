"""Embedding drift: the mean vector of each lane, kept in the report so that two runs can be compared."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from groundsight.evals.metrics import centroid_shift, drift_baseline
from groundsight.index.export import stored_vectors
from groundsight.settings import Settings
from groundsight.suite import Suite
from groundsight.types import VECTOR_NAMES

SAMPLE = 200
DRAWS = 40
DIGITS = 5


def centroids(suite: Suite, seed: int = 0) -> dict[str, Any]:
    """Mean vector, count and chance baseline of every lane that holds vectors; the embedded index only."""
    return stored_centroids(suite.settings, seed)


def stored_centroids(settings: Settings, seed: int = 0) -> dict[str, Any]:
    """Read the same without opening the index; empty where there is none."""
    if settings.index.backend != "local" or not (settings.home / "index").is_dir():
        return {}
    found: dict[str, Any] = {}
    for name in VECTOR_NAMES:
        _, matrix = stored_vectors(settings.home / "index", name)
        if len(matrix) < 2:
            continue
        places = random.Random(seed).sample(range(len(matrix)), min(SAMPLE, len(matrix)))
        chance = drift_baseline([matrix[place].tolist() for place in places], draws=DRAWS, seed=seed)
        mean = [round(float(number), DIGITS) for number in matrix.mean(axis=0)]
        found[name] = {"n": len(matrix), "mean": mean, "chance": chance}
    return found


def drift_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Shift of each lane's mean vector between two runs, and whether it exceeds what chance gives.

    A lane whose dimension changed has no shift: another encoder wrote it, and ``verdict`` says so.
    """
    return {name: _row(before[name], after[name]) for name in before if name in after}


def _row(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    if len(before["mean"]) != len(after["mean"]):
        return {"shift": None, "chance": None, "verdict": "another encoder"}
    shift, chance = centroid_shift([before["mean"]], [after["mean"]]), max(before["chance"], after["chance"])
    return {"shift": shift, "chance": chance, "verdict": "drifted" if shift > chance else "within chance"}
