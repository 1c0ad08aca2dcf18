"""Differences of shares with what chance alone would give, and whether some callers get fewer answers than others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from groundsight.governance.answer_figures import Given

Z = 1.96
GROUPS = ("region", "language")


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

    @property
    def measured(self) -> str:
        """The difference in words."""
        return f"{self.value:.2f}, at least {self.low:.2f}"


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
    worst, *_, best = sorted(counted, key=lambda name: counted[name].hits / counted[name].of)
    gap = difference(counted[best], counted[worst])
    return gap._replace(n=sum(share.of for share in counted.values()), best=best, worst=worst)


def parity_gap(given: Sequence[Given], least: int) -> Gap | None:
    """Return the widest gap in the share of questions that were answered, by the region of the caller or the language
    of the question; None: too few."""
    asked = [one for one in given if one.door == "ask"]
    gaps = [gap for by in GROUPS if (gap := widest(_shares(asked, by), least)) is not None]
    return max(gaps, key=lambda gap: (gap.low, gap.value), default=None)


def _shares(asked: Sequence[Given], by: str) -> dict[str, Share]:
    found: dict[str, Share] = {}
    for one in asked:
        name = f"{by} {getattr(one, by) or 'not known'}"
        before = found.get(name, Share(0, 0))
        found[name] = Share(before.hits + (one.status in ("answered", "partial")), before.of + 1)
    return found
