"""Tasks: each reads a data folder, runs the product on it, and returns a result with its controls."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import cast

from groundsight.errors import InvalidArgument
from groundsight.evals.journal import Keep, Make, kept_items
from groundsight.evals.metrics import Estimate, bootstrap, percentile, resampled
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.settings import Settings
from groundsight.suite import Suite, open_suite
from groundsight.tracing import Watch

TASKS = (
    "house", "multihop", "retrieval", "grounding", "refusal", "ocr", "caption", "pii", "speech", "compression",
    "written", "contrast", "answers", "models", "everyday", "locales", "other_words", "renamed",
    "notations", "receipts",
)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What a task is given. ``home`` keeps its index, caches and unfinished items between runs.

    ``opener`` assembles the suite; a negative control puts a broken part in there.
    """

    folder: Path
    settings: Settings
    home: Path
    corpus: Path | None = None
    limit: int | None = None
    seed: int = 0
    watch: Watch = field(default_factory=Watch)
    opener: Callable[[Settings], Suite] = open_suite

    def open(self) -> Suite:
        """Open the product over the index of this task."""
        return self.opener(self.settings.model_copy(update={"home": self.home}))

    def keeping(self, *key: object) -> AbstractContextManager[Keep]:
        """Keep finished items, so that an interrupted run goes on; ``key`` is what they depend on beside the data."""
        files = [self.folder] if self.folder.is_file() else sorted(self.folder.glob("*.jsonl*"))
        data = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        settings = self.settings.model_copy(update={"home": self.home})
        return kept_items(self.home / "items.partial.jsonl", settings.model_dump_json(), str(self.folder), data, *key)


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


def of_set(items: Sequence[ItemResult], metric: Callable[[Sequence[ItemResult]], float], seed: int = 0) -> Estimate:
    """A figure of the whole set with an interval over draws of its items, by source where they share one."""
    clusters: list[Hashable] = [item.cluster or item.id for item in items]
    return resampled(lambda places: metric([items[place] for place in places]), clusters, seed=seed)


def latency(items: Sequence[ItemResult], stage: str, share: float, seed: int) -> Estimate:
    """A percentile of the milliseconds that a stage took."""
    return of_set(items, lambda drawn: percentile([item.wall_ms[stage] for item in drawn], share), seed)


def made(jobs: Sequence[tuple[str, Make]], context: Context, *key: object) -> list[ItemResult]:
    """Make the named items one after the other; see ``Context.keeping``."""
    items: list[ItemResult] = []
    with context.keeping(*key) as keep:
        for place, (name, make) in enumerate(jobs, 1):
            context.watch.step(place, len(jobs), name)
            items.append(keep(name, make))
    return items


def exact(value: float) -> Estimate:
    """A figure of the whole set that has no interval of its own."""
    return Estimate(value, value, value)
