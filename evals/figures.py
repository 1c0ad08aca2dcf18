"""What an item of a run costs."""

from __future__ import annotations

from dataclasses import replace

from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import exact


def with_cost(result: TaskResult, per_cpu_hour: float) -> TaskResult:
    """Add processor time and money per item; ``per_cpu_hour`` is the price of one processor for an hour.

    Local models have no other running cost. The figure covers the whole run, reading of files included.
    """
    seconds = result.cpu_s / result.n
    cost = {"cpu_s_per_item": exact(seconds), "cost_per_1000_items": exact(1000 * seconds * per_cpu_hour / 3600)}
    return replace(result, metrics={**result.metrics, **cost})
