"""One writer at a time over all processes, served roughly in the order of asking."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from groundsight.index.database import locked, storage_errors

POLL_SECONDS = 0.002


class WriteLock:
    """A turnstile before the lock: SQLite's own busy handler let one of two writers starve for seconds.

    A writer that has just finished meets the next one already waiting inside the turnstile.
    The system frees both locks when a process dies.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self, seconds: float | None = None) -> Generator[None]:
        """Hold the lock, waiting at most ``seconds`` (default: as set up). A thread that holds it may enter again.

        Raises:
            Locked: another writer kept it.
        """
        patience = self._seconds if seconds is None else seconds
        if not self._threads.acquire(timeout=patience):
            raise locked(self._folder)
        try:
            with contextlib.nullcontext() if self._depth else self._across_processes(patience):
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
        finally:
            self._threads.release()

    @contextmanager
    def _across_processes(self, seconds: float) -> Generator[None]:
        from filelock import FileLock, Timeout

        turnstile = FileLock(self._folder / "queue.lock", mode=0o600, poll_interval=POLL_SECONDS)
        writing = FileLock(self._folder / "write.lock", mode=0o600, poll_interval=POLL_SECONDS)
        with storage_errors(self._folder):
            try:
                with turnstile.acquire(timeout=seconds):
                    writing.acquire(timeout=seconds)
            except Timeout as error:
                raise locked(self._folder) from error
        try:
            yield
        finally:
            writing.release()
