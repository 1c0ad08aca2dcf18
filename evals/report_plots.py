"""The plots of the HTML report: curves, hops, segments, latency by stage, trend."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from groundsight.evals.charts import Bar, bar_chart, line_chart, number, round_top

MOST_SEGMENTS = 19
SEGMENT_METRICS = ("recall_at_10", "recall_at_5", "caught", "truths_refused", "right", "near_misses_refused")


def plots(data: Mapping[str, Any], path: Path) -> str:
    """Every plot that the run gives data for."""
    given: Mapping[str, Any] = data["plots"]
    made: list[str] = []
    if given.get("risk_coverage"):
        curve = given["risk_coverage"]
        top = round_top(max(0.05, *(risk for _, risk in curve)))
        made.append(line_chart("Risk against coverage", curve, "share answered", "error rate", top=top))
    if given.get("reliability"):
        made.append(line_chart("Reliability", given["reliability"], "confidence", "share supported", diagonal=True))
    if given.get("by_hop"):
        made.append(bar_chart("Recall by kind of question", [Bar(n, v) for n, v in given["by_hop"].items()], 1.0))
    return "".join([*made, *_segments(data.get("segments", {})), _stages(data.get("wall_ms", {})), _trend(path, data)])


def _segments(segments: Mapping[str, Any]) -> list[str]:
    made: list[str] = []
    for kind, groups in segments.items():
        metric = next((m for m in SEGMENT_METRICS if any(m in row for row in groups.values())), "")
        bars = [_segment(name, row, metric) for name, row in groups.items() if metric in row]
        if kind == "kind" or not metric or len(bars) < 2:
            continue
        shown = metric.replace("recall_at_", "Recall@").replace("_", " ")
        made.append(bar_chart(f"{shown} by {kind.replace('_', ' ')}", bars[:MOST_SEGMENTS], 1.0))
    return made


def _segment(name: str, row: Mapping[str, Any], metric: str) -> Bar:
    figures = row[metric]
    return Bar(name, figures["value"], figures["low"], figures["high"], f"{figures['value']:.2f} ({row['n']})")


def _stages(stages: Mapping[str, Mapping[str, float]]) -> str:
    """Median by stage, with the 95th percentile as the far end of the whisker."""
    bars = [
        Bar(name, row["p50"], row["p50"], row["p95"], f"{number(row['p50'])} ms")
        for name, row in stages.items()
        if row["p95"] >= 0.05
    ]
    return bar_chart("Latency by stage: median, whisker to the 95th percentile", bars) if bars else ""


def _trend(path: Path, data: Mapping[str, Any]) -> str:
    """The first metric over all reports of the same task and data set in the folder, oldest first."""
    metric = next(iter(data["metrics"]), "")
    seen = [found for other in sorted(path.parent.glob("*.json")) if (found := _point(other, data, metric))]
    if len(seen) < 2:
        return ""
    values = [value for _, value in sorted(seen)]
    top = 1.0 if max(values) <= 1.0 else round_top(max(values))
    points = [(place / (len(values) - 1), value) for place, value in enumerate(values)]
    return line_chart(f"Trend of {metric}, {len(values)} reports", points, "earlier to later", metric, top=top)


def _point(path: Path, data: Mapping[str, Any], metric: str) -> tuple[str, float] | None:
    """When and what an older report measured; None when the file is something else."""
    try:
        found: Any = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    report = cast("dict[str, Any]", found)
    same = all(report.get(key) == data[key] for key in ("task", "dataset"))
    if not same or metric not in report.get("metrics", {}):
        return None
    return report["created"], report["metrics"][metric]["value"]
