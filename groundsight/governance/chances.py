"""Differences of shares with what chance alone would give: the bounds that rules are held against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

Z = 1.96


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    of: int


class Gap(NamedTuple):
    """The difference of two shares, and the lower end of its 95 % interval, never below 0; ``n`` is how many count."""

    value: float
    low: float
    n: int
    best: str = ""
    worst: str = ""


def difference(more: Share, less: Share) -> Gap:
    """Return how much larger one share is than another, after Agresti and Caffo, which holds for few as well."""
    first, second = (more.hits + 1) / (more.of + 2), (less.hits + 1) / (less.of + 2)
    spread = math.sqrt(first * (1 - first) / (more.of + 2) + second * (1 - second) / (less.of + 2))
    value = (more.hits / more.of if more.of else 0.0) - (less.hits / less.of if less.of else 0.0)
    return Gap(value, max(0.0, first - second - Z * spread), more.of + less.of)


def widest(groups: Mapping[str, Share], least: int) -> Gap | None:
    """Return the gap between the best and the worst group of at least so many; None for fewer than two of them."""
    counted = {name: share for name, share in groups.items() if share.of >= least}
    if len(counted) < 2:
        return None
    ordered = sorted(counted, key=lambda name: counted[name].hits / counted[name].of)
    worst, best = ordered[0], ordered[-1]
    gap = difference(counted[best], counted[worst])
    return gap._replace(n=sum(share.of for share in counted.values()), best=best, worst=worst)
