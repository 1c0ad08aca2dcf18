"""Admission: a token bucket for each principal, so that one caller cannot starve the others."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from groundsight.errors import RateLimited

MOST_CALLERS = 10_000


class RateLimiter:
    """``rate`` calls a second on average and ``burst`` at once, counted for each caller.

    ``clock`` returns monotonic seconds; tests inject their own. The least recently seen callers
    are forgotten beyond 10,000, which only ever refills a bucket.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, caller: str) -> None:
        """Take one token of this caller.

        Raises:
            RateLimited: the bucket is empty; the message says when to try again.
        """
        with self._lock:
            left = self._refilled(caller)
            if left < 1.0:
                raise self._refusal(1.0 - left)
            self._store(caller, left - 1.0)

    def wait(self, caller: str) -> float:
        """Return the seconds until this caller has a token, 0 when it has one; takes none."""
        with self._lock:
            return max(0.0, (1.0 - self._refilled(caller)) / self._rate)

    def _refilled(self, caller: str) -> float:
        now = self._clock()
        left, seen = self._buckets.get(caller, (float(self._burst), now))
        left = min(float(self._burst), left + (now - seen) * self._rate)
        self._store(caller, left)
        return left

    def _store(self, caller: str, left: float) -> None:
        self._buckets[caller] = (left, self._clock())
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)

    def _refusal(self, missing: float) -> RateLimited:
        wait_ms = int(1000 * missing / self._rate) + 1
        return RateLimited(
            "too many calls",
            limit=f"{self._rate:g} calls a second, {self._burst} at once (governance.calls_per_second, .burst)",
            next_step=f"wait {wait_ms} ms and call again",
        )
