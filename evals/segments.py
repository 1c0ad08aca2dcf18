"""Segments: the figures of each kind with intervals, and the gap in recall between the best and the worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from groundsight.evals.metrics import Estimate, bootstrap, gap_between
from groundsight.evals.metrics.intervals import FEWEST
from groundsight.evals.result import ItemResult

SHOWN = ("recall_at_10", "recall_at_5", "map")
GAPS = {"recall_at_10": "parity_gap", "map": "map_gap"}


def by_segment(
    items: Sequence[ItemResult], seed: int = 0, shown: Sequence[str] = SHOWN
) -> dict[str, dict[str, dict[str, Any]]]:
    """The ``shown`` figures with intervals, by kind of segment and by its name; items without any say nothing.

    A segment of fewer than five items has its number alone: they are too few for a figure.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, groups in _grouped(items, shown).items():
        found[kind] = {name: _row(group, seed, shown) for name, group in sorted(groups.items())}
    return found


def parity_gaps(items: Sequence[ItemResult], seed: int = 0) -> dict[str, Estimate]:
    """The gaps in recall and mAP between the best and the worst segment of each kind; they count by their lower bound.

    A kind of which fewer than two segments have enough items has none.
    """
    found: dict[str, Estimate] = {}
    for kind, groups in _grouped(items, GAPS).items():
        for metric, told in GAPS.items():
            having = {name: [i.scores[metric] for i in group if metric in i.scores] for name, group in groups.items()}
            gap = gap_between(having, seed=seed) if kind != "kind" else None
            found |= {f"{told}_{kind}": gap} if gap else {}
    return found


def _grouped(items: Sequence[ItemResult], shown: Iterable[str]) -> Mapping[str, Mapping[str, list[ItemResult]]]:
    groups: dict[str, dict[str, list[ItemResult]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        for kind, name in item.segments.items():
            if name and any(metric in item.scores for metric in shown):
                groups[kind][name].append(item)
    return groups


def _row(group: Sequence[ItemResult], seed: int, shown: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"n": len(group)}
    for metric in shown if len(group) >= FEWEST else ():
        having = [item for item in group if metric in item.scores]
        clusters = [item.cluster or item.id for item in having]
        if having:
            row[metric] = bootstrap([item.scores[metric] for item in having], clusters, seed=seed)._asdict()
    return row
