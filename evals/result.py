"""What a task leaves behind: metrics with intervals, one line per item, and what it ran on."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from groundsight import __version__
from groundsight.evals.metrics import Estimate

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
    """One item: its id, its scores by metric, and whatever lets a person open the failure."""

    id: str
    scores: Mapping[str, float]
    cluster: str = ""
    segments: Mapping[str, str] = field(default_factory=dict[str, str])
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class TaskResult:
    """One run of one task. ``metrics`` are means over items, or set-level figures, with intervals."""

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

    def summary(self, per_item_file: str) -> dict[str, Any]:
        """Return the data of the JSON report."""
        shown = asdict(self)
        del shown["items"]
        for group in ("metrics", "controls"):
            values: Mapping[str, Estimate] = getattr(self, group)
            shown[group] = {name: estimate._asdict() for name, estimate in values.items()}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return {**shown, "created": created, "per_item_file": per_item_file, "versions": versions()}


def versions() -> dict[str, str]:
    """Versions of Python, Groundsight and the packages that shape results."""
    found = {"python": platform.python_version(), "groundsight": __version__}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)
