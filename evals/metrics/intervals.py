"""Uncertainty: bootstrap intervals and paired comparisons, clustered where items share a source."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal, NamedTuple

DRAWS, FEWEST = 1000, 5


class Estimate(NamedTuple):
    """A mean with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """B minus A with its interval, the items won and lost, and what follows."""

    value: float
    low: float
    high: float
    wins: tuple[int, ...]
    losses: tuple[int, ...]
    verdict: Literal["better", "worse", "undecided"]


def bootstrap(
    values: Sequence[float], clusters: Sequence[Hashable] | None = None, *, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """Mean with a 95 % percentile interval (Efron 1979); whole clusters are drawn where given.

    Raises:
        ValueError: no values: an empty set has no score.
    """
    if not values:
        raise ValueError("an empty set has no score")
    groups = _grouped(values, clusters)
    means = sorted(_drawn_means(groups, random.Random(seed), draws))
    return Estimate(sum(values) / len(values), means[int(0.025 * draws)], means[min(int(0.975 * draws), draws - 1)])


def resampled(
    metric: Callable[[Sequence[int]], float],
    clusters: Sequence[Hashable],
    *,
    seed: int = 0,
    draws: int = 200,
) -> Estimate:
    """A figure of the whole set (``metric`` of item places) with a 95 % interval over draws of whole clusters.

    Draws on which the metric is undefined (a ValueError: one class only, say) are drawn again, at most
    ten times ``draws``; a metric that is undefined on the set itself raises.
    """
    value = metric(range(len(clusters)))
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(clusters):
        places.setdefault(key, []).append(place)
    groups, rng, drawn = list(places.values()), random.Random(seed), list[float]()
    for _ in range(10 * draws):
        if len(drawn) == draws:
            break
        try:
            drawn.append(metric([place for group in rng.choices(groups, k=len(groups)) for place in group]))
        except ValueError:
            continue
    drawn.sort()
    if not drawn:
        return Estimate(value, value, value)
    return Estimate(value, drawn[int(0.025 * len(drawn))], drawn[min(int(0.975 * len(drawn)), len(drawn) - 1)])


def gap_between(segments: Mapping[str, Sequence[float]], *, seed: int = 0) -> Estimate | None:
    """Gap between the best and the worst segment's mean, with a 95 % bootstrap interval for that pair.

    Segments of fewer than ``FEWEST`` items are left out: their mean says little. None: fewer than two are left.
    Read the lower bound: the largest of many gaps is above zero by chance alone.
    """
    kept = {name: values for name, values in segments.items() if len(values) >= FEWEST}
    if len(kept) < 2:
        return None
    ordered = sorted(kept.values(), key=lambda values: sum(values) / len(values))
    worst, best, rng = ordered[0], ordered[-1], random.Random(seed)
    drawn = sorted(
        _mean(rng.choices(best, k=len(best))) - _mean(rng.choices(worst, k=len(worst))) for _ in range(DRAWS)
    )
    return Estimate(_mean(best) - _mean(worst), drawn[int(0.025 * DRAWS)], drawn[int(0.975 * DRAWS)])


def paired(
    before: Sequence[float],
    after: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    higher_is_better: bool = True,
    seed: int = 0,
) -> Difference:
    """Compare two runs item by item; decided only when the interval of the difference leaves out zero."""
    gaps = [new - old for old, new in zip(before, after, strict=True)]
    value, low, high = bootstrap(gaps, clusters, seed=seed)
    sign = 1 if higher_is_better else -1
    wins = tuple(place for place, gap in enumerate(gaps) if gap * sign > 0)
    losses = tuple(place for place, gap in enumerate(gaps) if gap * sign < 0)
    if low > 0 or high < 0:
        return Difference(value, low, high, wins, losses, "better" if value * sign > 0 else "worse")
    return Difference(value, low, high, wins, losses, "undecided")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _grouped(values: Sequence[float], clusters: Sequence[Hashable] | None) -> list[tuple[float, int]]:
    """Sum and size of each cluster; every item is its own cluster when none are given."""
    keys = clusters if clusters is not None else range(len(values))
    groups: dict[Hashable, tuple[float, int]] = {}
    for key, value in zip(keys, values, strict=True):
        total, count = groups.get(key, (0.0, 0))
        groups[key] = (total + value, count + 1)
    return list(groups.values())


def _drawn_means(groups: list[tuple[float, int]], rng: random.Random, draws: int) -> list[float]:
    means: list[float] = []
    for _ in range(draws):
        chosen = rng.choices(groups, k=len(groups))
        means.append(sum(total for total, _ in chosen) / sum(count for _, count in chosen))
    return means
