"""What the MCP door counts: calls under way and waiting, seconds for each tool, outcomes by code."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from groundsight.doors.metrics import Registry
from groundsight.errors import GroundsightError, Internal


class CallMetrics:
    """Metrics of one door. Labels are names of tools and error codes, never arguments."""

    def __init__(self, in_flight: Callable[[], int], waiting: Callable[[], int]) -> None:
        self.registry = Registry()
        self.registry.gauge("groundsight_calls_in_flight", "Calls that are being served.", in_flight)
        self.registry.gauge("groundsight_calls_waiting", "Calls that wait for a free thread.", waiting)
        self._outcomes = self.registry.counter("groundsight_calls_total", "Calls by tool and outcome.")
        self._seconds = self.registry.histogram("groundsight_call_seconds", "Seconds from call to result.")

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
            self._outcomes.add(tool=tool, outcome=outcome)
            self._seconds.observe(time.perf_counter() - start, tool=tool)
