"""Key figures of a house run for a dashboard, and what an item costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import bootstrap, percentile, risk_score
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import exact


def with_cost(result: TaskResult, per_cpu_hour: float) -> TaskResult:
    """Add processor time and money per item; ``per_cpu_hour`` is the price of one processor for an hour.

    Local models have no other running cost. The figure covers the whole run, reading of files included.
    """
    seconds = result.cpu_s / result.n
    cost = {"cpu_s_per_item": exact(seconds), "cost_per_1000_items": exact(1000 * seconds * per_cpu_hour / 3600)}
    return replace(result, metrics={**result.metrics, **cost})


def key_figures(result: TaskResult) -> dict[str, Any]:
    """Return what a dashboard shows.

    Bias counts the parity gaps by the lower end of their interval: a gap that chance explains is none.

    Raises:
        InvalidArgument: the run is not of the house task.
    """
    if result.task != "house":
        raise InvalidArgument("key figures come from the house task", which=result.task, next_step="groundsight eval")
    value = {name: estimate.value for name, estimate in result.metrics.items()}
    gaps = [max(0.0, e.low) for name, e in result.metrics.items() if name.startswith("parity_gap")]
    times = [item.wall_ms["search"] for item in result.items]
    volatility = 1.0 - percentile(times, 0.5) / max(percentile(times, 0.95), 1e-9)
    leaking = 1.0 - value["pii_redaction_coverage"]
    deficit = 1.0 - value.get("grounding_ratio", 0.0)
    return {
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "recall_at_10": value.get("recall_at_10"),
        "map": value.get("map"),
        "grounding_ratio": value.get("grounding_ratio"),
        "cache_hit_ratio": value.get("cache_hit_ratio"),
        "bias_parity_gap": max(gaps, default=0.0),
        "pii_redaction_coverage": value["pii_redaction_coverage"],
        "avg_retrieval_latency_ms": bootstrap(times).value,
        "risk_score": risk_score(leaking, max(gaps, default=0.0), deficit, volatility),
    }
