"""Tasks: each reads a data folder, runs the product on it, and returns a result with its controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import cast

from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.settings import Settings
from groundsight.tracing import Watch

TASKS = ("multihop", "retrieval", "grounding", "refusal", "ocr", "caption", "pii", "speech", "house")


@dataclass(frozen=True)
class Context:
    """What a task is given. ``home`` keeps its index and caches between runs."""

    folder: Path
    settings: Settings
    home: Path
    corpus: Path | None = None
    limit: int | None = None
    seed: int = 0
    watch: Watch = field(default_factory=Watch)


Task = Callable[[Context], TaskResult]


def find_task(name: str) -> Task:
    """Return the function of a task.

    Raises:
        InvalidArgument: no task has this name.
    """
    if name not in TASKS:
        raise InvalidArgument("unknown task", which=name, next_step=f"use one of {', '.join(TASKS)}")
    return cast("Task", import_module(f"groundsight.evals.tasks.{name}").run)


def means(items: Sequence[ItemResult], seed: int = 0) -> dict[str, Estimate]:
    """Mean of every score over the items that have it, with clustered bootstrap intervals."""
    names = dict.fromkeys(name for item in items for name in item.scores)
    found: dict[str, Estimate] = {}
    for name in names:
        having = [item for item in items if name in item.scores]
        clusters = [item.cluster or item.id for item in having]
        found[name] = bootstrap([item.scores[name] for item in having], clusters, seed=seed)
    return found


def exact(value: float) -> Estimate:
    """A figure of the whole set that has no interval of its own."""
    return Estimate(value, value, value)
