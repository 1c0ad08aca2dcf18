"""Admission: a token bucket for each principal, so that one caller cannot starve the others."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from groundsight.errors import RateLimited

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.settings import Settings

MOST_CALLERS, PATIENCE_SECONDS = 10_000, 5.0
LIMITS = "limits"


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
        with self._held():
            left = self._refilled(caller)
            if left < 1.0:
                raise self._refusal(1.0 - left)
            self._store(caller, left - 1.0)

    def wait(self, caller: str) -> float:
        """Return the seconds until this caller has a token, 0 when it has one; takes none."""
        with self._held():
            return max(0.0, (1.0 - self._refilled(caller)) / self._rate)

    @contextmanager
    def _held(self) -> Generator[None]:
        with self._lock:
            yield

    def _refilled(self, caller: str) -> float:
        now = self._clock()
        left, seen = self._bucket(caller) or (float(self._burst), now)
        left = min(float(self._burst), left + max(0.0, now - seen) * self._rate)
        self._store(caller, left)
        return left

    def _bucket(self, caller: str) -> tuple[float, float] | None:
        return self._buckets.get(caller)

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


class SharedRateLimiter(RateLimiter):
    """The same over all processes that open this file: what one lets through, the others count as well.

    The clock is that of the machine since its start, which its processes have in common; where it began anew
    meanwhile, a bucket is refilled from then on.
    """

    def __init__(self, file: Path, rate: float, burst: int) -> None:
        super().__init__(rate, burst)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._book = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        # A crash of the machine loses a few seconds of counting; to wait for the disk costs each call milliseconds.
        self._book.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
        self._book.execute("CREATE TABLE IF NOT EXISTS buckets (caller TEXT PRIMARY KEY, left REAL, seen REAL)")

    @contextmanager
    def _held(self) -> Generator[None]:
        with super()._held():
            self._book.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                self._book.execute("COMMIT")

    def _bucket(self, caller: str) -> tuple[float, float] | None:
        return self._book.execute("SELECT left, seen FROM buckets WHERE caller = ?", (caller,)).fetchone()

    def _store(self, caller: str, left: float) -> None:
        self._book.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", (caller, left, self._clock()))


def limiter_of(settings: Settings, name: str) -> RateLimiter:
    """Count the calls of each caller of a door as the settings say, over all its workers where there are several."""
    rules = settings.governance
    if settings.server.workers == 1:
        return RateLimiter(rules.calls_per_second, rules.burst)
    return SharedRateLimiter(settings.home / LIMITS / f"{name}.db", rules.calls_per_second, rules.burst)
