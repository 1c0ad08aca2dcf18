"""Segments: the figures of each kind with intervals, and the gap in recall between the best and the worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from groundsight.evals.metrics import Estimate, bootstrap, gap_between
from groundsight.evals.result import ItemResult

SHOWN = ("recall_at_10", "recall_at_5", "map")


def by_segment(
    items: Sequence[ItemResult], seed: int = 0, shown: Sequence[str] = SHOWN
) -> dict[str, dict[str, dict[str, Any]]]:
    """The ``shown`` figures with intervals, by kind of segment and by its name; items without any say nothing."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, groups in _grouped(items, shown).items():
        found[kind] = {name: _row(group, seed, shown) for name, group in sorted(groups.items())}
    return found


def parity_gaps(
    items: Sequence[ItemResult], kinds: Sequence[str], metric: str = "recall_at_10", seed: int = 0
) -> dict[str, Estimate]:
    """The gap in recall between the best and the worst segment of each kind; it counts by its lower bound."""
    groups = _grouped(items, SHOWN)
    found: dict[str, Estimate] = {}
    for kind in kinds:
        having = {name: [i.scores[metric] for i in group if metric in i.scores] for name, group in groups[kind].items()}
        found[f"parity_gap_{kind}"] = gap_between(having, seed=seed)
    return found


def _grouped(items: Sequence[ItemResult], shown: Sequence[str]) -> Mapping[str, Mapping[str, list[ItemResult]]]:
    groups: dict[str, dict[str, list[ItemResult]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        for kind, name in item.segments.items():
            if name and any(metric in item.scores for metric in shown):
                groups[kind][name].append(item)
    return groups


def _row(group: Sequence[ItemResult], seed: int, shown: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(group)}
    for metric in shown:
        having = [item for item in group if metric in item.scores]
        clusters = [item.cluster or item.id for item in having]
        if having:
            row[metric] = bootstrap([item.scores[metric] for item in having], clusters, seed=seed)._asdict()
    return row
