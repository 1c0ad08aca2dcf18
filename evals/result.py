"""What a task leaves behind: metrics with intervals, one line per item, and what it ran on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import groundsight
from groundsight.atomic import write_whole
from groundsight.evals.metrics import Estimate, percentile

ROOMS = ("agent", "tools", "graphs", "prompts", "evals")
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
VERSIONED = (
    "numpy",
    "onnxruntime",
    "apsw",
    "rank-bm25",
    "langgraph",
    "mcp",
    "torch",
    "transformers",
    "weaviate-client",
)


@dataclass(frozen=True)
class ItemResult:
    """One item: its id, its scores by metric, its time by stage, and whatever lets a person open the failure."""

    id: str
    scores: Mapping[str, float]
    cluster: str = ""
    segments: Mapping[str, str] = field(default_factory=dict[str, str])
    wall_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    cpu_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class TaskResult:
    """One run of one task. ``metrics`` are means over items, or set-level figures, with intervals.

    ``controls`` are figures that need no product, or one lane of it alone. ``segments`` holds recall and mAP by
    kind of segment and its name.
    """

    task: str
    dataset: str
    n: int
    metrics: Mapping[str, Estimate]
    items: Sequence[ItemResult]
    tier: Mapping[str, str]
    degraded: Sequence[str]
    fingerprint: str
    cpu_s: float
    wall_s: float
    controls: Mapping[str, Estimate] = field(default_factory=dict[str, Estimate])
    plots: Mapping[str, Any] = field(default_factory=dict[str, Any])
    segments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def summary(self, per_item_file: str) -> dict[str, Any]:
        """Return the data of the JSON report."""
        shown = asdict(self)
        del shown["items"]
        for group in ("metrics", "controls"):
            values: Mapping[str, Estimate] = getattr(self, group)
            shown[group] = {name: estimate._asdict() for name, estimate in values.items()}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        told = {"created": created, "per_item_file": per_item_file, "versions": versions()}
        return {**shown, **told, "wall_ms": by_stage(self.items)}


def by_stage(items: Sequence[ItemResult]) -> dict[str, dict[str, float]]:
    """Wall time percentiles and mean processor time of every stage, in milliseconds."""
    found: dict[str, dict[str, float]] = {}
    for stage in dict.fromkeys(name for item in items for name in item.wall_ms):
        times = [item.wall_ms[stage] for item in items if stage in item.wall_ms]
        found[stage] = {name: percentile(times, share) for name, share in PERCENTILES.items()}
        cpu = [item.cpu_ms[stage] for item in items if stage in item.cpu_ms]
        found[stage] |= {"cpu": sum(cpu) / len(cpu)} if cpu else {}
    return found


def versions() -> dict[str, str]:
    """Versions of Python, Groundsight and the packages that shape results."""
    found = {"python": platform.python_version(), "groundsight": groundsight.__version__, "code": code_digest()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def code_digest() -> str:
    """Return twelve characters that change with any line of the product or of the harness."""
    bases = [Path(groundsight.__file__).parent, *(Path(base) / room for base in groundsight.__path__ for room in ROOMS)]
    found = hashlib.sha256()
    for path in sorted({path for base in bases for path in base.rglob("*.py")}):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


def write_result(result: TaskResult, path: Path) -> dict[str, Any]:
    """Write ``path`` (JSON) and ``<stem>.items.jsonl`` beside it, both atomically; return the summary."""
    items = path.with_suffix(".items.jsonl")
    write_atomically(items, "".join(json.dumps(asdict(item), ensure_ascii=False) + "\n" for item in result.items))
    summary = result.summary(items.name)
    write_atomically(path, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return summary


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that readers see the old or the new content, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text, mode=0o644)
