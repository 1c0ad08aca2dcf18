"""Fairness between segments: recall and mAP of each, and the gap between the best and the worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from groundsight.evals.metrics import Estimate, bootstrap, gap_between
from groundsight.evals.result import ItemResult

SHOWN = ("recall_at_10", "recall_at_5", "map")


def by_segment(items: Sequence[ItemResult], seed: int = 0) -> dict[str, dict[str, dict[str, Any]]]:
    """Recall and mAP with intervals, by kind of segment and by its name; the questions without gold say nothing."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, groups in _grouped(items).items():
        found[kind] = {name: _row(group, seed) for name, group in sorted(groups.items())}
    return found


def parity_gaps(
    items: Sequence[ItemResult], kinds: Sequence[str], metric: str = "recall_at_10", seed: int = 0
) -> dict[str, Estimate]:
    """The gap in recall between the best and the worst segment of each kind; it counts by its lower bound."""
    groups = _grouped(items)
    found: dict[str, Estimate] = {}
    for kind in kinds:
        having = {name: [i.scores[metric] for i in group if metric in i.scores] for name, group in groups[kind].items()}
        found[f"parity_gap_{kind}"] = gap_between(having, seed=seed)
    return found


def _grouped(items: Sequence[ItemResult]) -> Mapping[str, Mapping[str, list[ItemResult]]]:
    groups: dict[str, dict[str, list[ItemResult]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        for kind, name in item.segments.items():
            if name and any(metric in item.scores for metric in SHOWN):
                groups[kind][name].append(item)
    return groups


def _row(group: Sequence[ItemResult], seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(group)}
    for metric in SHOWN:
        values = [item.scores[metric] for item in group if metric in item.scores]
        row |= {metric: bootstrap(values, seed=seed)._asdict()} if values else {}
    return row
