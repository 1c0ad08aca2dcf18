"""Metrics of stewardship: fairness between segments, drift, risk, and latency."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence


def parity_gap(by_segment: Mapping[str, float]) -> float:
    """Largest difference between two segments' scores; 0.0 with fewer than two segments."""
    return max(by_segment.values()) - min(by_segment.values()) if len(by_segment) > 1 else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics (Hyndman and Fan 1996, type 7), share in 0..1.

    Raises:
        ValueError: no values.
    """
    if not values:
        raise ValueError("no values, no percentile")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def centroid_shift(before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]) -> float:
    """One minus the cosine between the two mean vectors; 0.0 is no drift, 1.0 orthogonal.

    Raises:
        ValueError: a set is empty or its mean vector has no length.
    """
    left, right = _mean(before), _mean(after)
    norms = math.hypot(*left) * math.hypot(*right)
    if norms == 0:
        raise ValueError("a mean vector without length has no direction")
    return 1.0 - sum(a * b for a, b in zip(left, right, strict=True)) / norms


def drift_baseline(vectors: Sequence[Sequence[float]], *, draws: int = 200, seed: int = 0) -> float:
    """95th percentile of the shift between random halves of one set: what chance alone gives."""
    rng, shuffled, half = random.Random(seed), list(vectors), len(vectors) // 2
    shifts: list[float] = []
    for _ in range(draws):
        rng.shuffle(shuffled)
        shifts.append(centroid_shift(shuffled[:half], shuffled[half:]))
    return percentile(shifts, 0.95)


def caption_blend(cider: float, spice: float, rouge: float, grounding: float) -> float:
    """0.3 CIDEr + 0.3 SPICE + 0.2 ROUGE-L + 0.2 grounding, every part clamped to 0..1."""
    parts = zip((0.3, 0.3, 0.2, 0.2), (cider, spice, rouge, grounding), strict=True)
    return sum(weight * _clamp(value) for weight, value in parts)


def risk_score(exposure: float, bias: float, grounding_deficit: float, latency_volatility: float) -> float:
    """0.4 data exposure + 0.3 bias severity + 0.2 grounding deficit + 0.1 latency volatility, each 0..1."""
    parts = zip((0.4, 0.3, 0.2, 0.1), (exposure, bias, grounding_deficit, latency_volatility), strict=True)
    return sum(weight * _clamp(value) for weight, value in parts)


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))


def _mean(vectors: Sequence[Sequence[float]]) -> list[float]:
    if not vectors:
        raise ValueError("an empty set has no centre")
    return [sum(column) / len(vectors) for column in zip(*vectors, strict=True)]
