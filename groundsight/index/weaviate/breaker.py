"""A circuit breaker: after repeated failures calls fail at once for a while, then one call tries again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from groundsight.errors import BackendDown

FAILURES, WITHIN_SECONDS, OPEN_SECONDS, TRIAL_SECONDS = 5, 30.0, 10.0, 5.0
# The parallel calls of one search fail at once, three to twelve of them: that is one failure, not five.
TOGETHER_SECONDS = 0.1


class Resting(BackendDown):
    """The call was not even tried."""


class Breaker:
    """Opens after ``FAILURES`` failures within ``WITHIN_SECONDS``; half-open after ``OPEN_SECONDS``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._opened: float | None = None
        self._trying = False
        self._lock = threading.Condition()

    def before(self) -> None:
        """Let a call through, or raise BackendDown while open.

        After the rest one call tries; those of the same search wait for what becomes of it.
        """
        with self._lock:
            self._lock.wait_for(lambda: not self._trying, TRIAL_SECONDS)
            if self._opened is None:
                return
            waited = self._clock() - self._opened
            if waited < OPEN_SECONDS or self._trying:
                raise Resting(
                    "the Weaviate server failed repeatedly and is left alone for a moment",
                    limit=f"{FAILURES} failures in {WITHIN_SECONDS:.0f} s",
                    next_step=f"try again in {max(1, round(OPEN_SECONDS - waited))} s",
                )
            self._trying = True

    def succeeded(self) -> None:
        """Note that the server answered."""
        with self._lock:
            self._failures.clear()
            self._opened, self._trying = None, False
            self._lock.notify_all()

    def failed(self) -> None:
        """Note that the server did not answer."""
        with self._lock:
            now = self._clock()
            if not self._failures or now - self._failures[-1] >= TOGETHER_SECONDS:
                self._failures.append(now)
            recent = len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN_SECONDS
            if self._trying or recent:
                self._opened, self._trying = now, False
                self._lock.notify_all()

    @property
    def open(self) -> bool:
        """True while calls are refused or on trial."""
        return self._opened is not None
