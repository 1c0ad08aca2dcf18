"""Metrics of stewardship: captions and latency."""

from __future__ import annotations

import math
from collections.abc import Sequence


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


def caption_blend(cider: float, spice: float, rouge: float, grounding: float) -> float:
    """0.3 CIDEr + 0.3 SPICE + 0.2 ROUGE-L + 0.2 grounding, every part clamped to 0..1."""
    parts = zip((0.3, 0.3, 0.2, 0.2), (cider, spice, rouge, grounding), strict=True)
    return sum(weight * _clamp(value) for weight, value in parts)


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))
