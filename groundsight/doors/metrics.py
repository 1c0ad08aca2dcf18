"""Counters, gauges and histograms in the text format of Prometheus; labels are names from the code, never content."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
Labels = tuple[tuple[str, str], ...]
M = TypeVar("M", bound="Metric")


class Metric(Protocol):
    """Something that can be shown."""

    def lines(self) -> list[str]: ...


class Registry:
    """All metrics of a process, in the order in which they were added."""

    def __init__(self) -> None:
        self._metrics: list[Metric] = []

    def counter(self, name: str, help_text: str) -> Counter:
        """Add a number that only grows."""
        return self._added(Counter(name, help_text))

    def histogram(self, name: str, help_text: str, bounds: Sequence[float] = SECONDS) -> Histogram:
        """Add a distribution."""
        return self._added(Histogram(name, help_text, bounds))

    def gauge(self, name: str, help_text: str, read: Callable[[], float], **labels: str) -> None:
        """Add a number that is read when it is shown; the same name may come again with other labels."""
        self._added(Gauge(name, help_text, read, tuple(sorted(labels.items()))))

    def show(self) -> str:
        """Return everything as text."""
        lines = dict.fromkeys(line for metric in self._metrics for line in metric.lines())
        return "\n".join([*lines, ""])

    def _added(self, metric: M) -> M:
        self._metrics.append(metric)
        return metric


class Counter:
    """A number that only grows, one for each set of labels."""

    def __init__(self, name: str, help_text: str) -> None:
        self._name, self._help = name, help_text
        self._lock = threading.Lock()
        self._values: dict[Labels, float] = {}

    def add(self, **labels: str) -> None:
        """Count one."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            self._values[key] = self._values.get(key, 0) + 1

    def lines(self) -> list[str]:
        """Return the samples."""
        with self._lock:
            values = sorted(self._values.items())
        return [*_head(self._name, "counter", self._help), *(_sample(self._name, key, value) for key, value in values)]


class Gauge:
    """A number as it is now."""

    def __init__(self, name: str, help_text: str, read: Callable[[], float], labels: Labels) -> None:
        self._name, self._help, self._read, self._labels = name, help_text, read, labels

    def lines(self) -> list[str]:
        """Return the sample."""
        return [*_head(self._name, "gauge", self._help), _sample(self._name, self._labels, self._read())]


class Histogram:
    """How often a value was at most each bound."""

    def __init__(self, name: str, help_text: str, bounds: Sequence[float]) -> None:
        self._name, self._help, self._bounds = name, help_text, tuple(bounds)
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, value: float, **labels: str) -> None:
        """Take a value."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(self._bounds) + 1))
            counts[bisect_left(self._bounds, value)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + value

    def lines(self) -> list[str]:
        """Return buckets, sum and count of each set of labels."""
        with self._lock:
            found = [(key, list(counts), self._sums[key]) for key, counts in sorted(self._counts.items())]
        lines = _head(self._name, "histogram", self._help)
        for key, counts, total in found:
            running = 0
            for bound, count in zip((*map(_number, self._bounds), "+Inf"), counts, strict=True):
                running += count
                lines.append(_sample(f"{self._name}_bucket", (*key, ("le", bound)), running))
            lines += [_sample(f"{self._name}_sum", key, total), _sample(f"{self._name}_count", key, running)]
        return lines


def _head(name: str, kind: str, help_text: str) -> list[str]:
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]


def _sample(name: str, labels: Labels, value: float) -> str:
    inner = ",".join(f'{label}="{text}"' for label, text in labels)
    return f"{name}{{{inner}}} {_number(value)}" if inner else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
