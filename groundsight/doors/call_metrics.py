"""What the MCP door counts and times for Prometheus: calls by tool, and the steps that the engine records.

Labels are names from the code, never arguments. Percentiles are read from the buckets (docs/operation.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from groundsight.errors import GroundsightError, Internal
from groundsight.tracing import Timing

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
FINE = (0.0001, 0.0005, 0.001, 0.002, *SECONDS)
RATIOS = (0.0, 0.25, 0.5, 0.65, 0.7, 0.8, 0.9, 1.0)
DELTAS = (-0.7, -0.5, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)
CHANNEL, CACHES = "search.channel", ("search", "ask")


def new_registry() -> CollectorRegistry:
    """Return an empty registry, without the time at which each sample began."""
    disable_created_metrics()
    return CollectorRegistry()


class CallMetrics:
    """Metrics of one door, of the engine behind it, and of the process (memory, processor)."""

    def __init__(self, in_flight: Callable[[], int], waiting: Callable[[], int]) -> None:
        self.registry = held = new_registry()
        ProcessCollector(registry=held)
        Gauge("groundsight_calls_in_flight", "Calls that are being served.", registry=held).set_function(in_flight)
        Gauge("groundsight_calls_waiting", "Calls that wait for a thread.", registry=held).set_function(waiting)

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"groundsight_{name}", told, labels, registry=held)

        def histogram(name: str, told: str, bounds: Sequence[float], *labels: str) -> Histogram:
            return Histogram(f"groundsight_{name}", told, labels, buckets=bounds, registry=held)

        self._outcomes = counter("calls", "Calls by tool and outcome.", "tool", "outcome")
        self._seconds = histogram("call_seconds", "Seconds from call to result.", SECONDS, "tool")
        self._steps = histogram("step_seconds", "Seconds of a step.", FINE, "step", "modality")
        self._channels = histogram("channel_seconds", "Seconds of a channel.", FINE, "channel", "modality")
        self._found = counter("channel_searches", "Searches by channel: did it find?", "channel", "modality", "found")
        self._caches = counter("cache_lookups", "Lookups in the caches of searches and answers.", "cache", "outcome")
        self._answers = counter("answers", "Answers by status; refused and abstained are refusals.", "status")
        self._ratio = histogram("grounding_ratio", "Supported of checkable sentences.", RATIOS, "verb")
        self._delta = histogram("grounding_delta", "The ratio over the target.", DELTAS, "verb")
        self._queue = histogram("queue_seconds", "Seconds from question to answer, waiting included.", SECONDS)
        self._tokens = counter("tokens", "Tokens by kind of work.", "kind", "modality")

    @contextmanager
    def timed(self, tool: str) -> Generator[None]:
        """Count one call and how it ended."""
        start, outcome = time.perf_counter(), Internal.code
        try:
            yield
            outcome = "OK"
        except GroundsightError as error:
            outcome = error.error_code
            raise
        finally:
            self._outcomes.labels(tool=tool, outcome=outcome).inc()
            self._seconds.labels(tool=tool).observe(time.perf_counter() - start)

    def heard(self, steps: Sequence[Timing]) -> None:
        """Count the steps of a call of the engine."""
        for one in steps:
            if one.name == CHANNEL:
                channel, modality = str(one.told["channel"]), str(one.told["modality"])
                self._channels.labels(channel, modality).observe(one.seconds)
                self._found.labels(channel, modality, "yes" if one.told.get("hits") else "no").inc()
                continue
            self._steps.labels(one.name, str(one.told.get("modality", ""))).observe(one.seconds)
            self._told(one)

    def _told(self, one: Timing) -> None:
        told = one.told
        if one.name in CACHES and "cache_hit" in told:
            self._caches.labels(
                "answers" if one.name == "ask" else one.name, "hit" if told["cache_hit"] else "miss"
            ).inc()
        if "status" in told and one.name == "ask":
            self._answers.labels(str(told["status"])).inc()
        if "grounding_ratio" in told:
            self._ratio.labels(one.name).observe(float(told["grounding_ratio"]))
            self._delta.labels(one.name).observe(float(told["grounding_delta"]))
        if "queue_seconds" in told:
            self._queue.observe(float(told["queue_seconds"]))
        if "tokens" in told:
            self._tokens.labels(one.name.removeprefix("model."), str(told["modality"])).inc(float(told["tokens"]))
