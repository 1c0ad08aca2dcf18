"""The worker of a home: one process that works off orders and keeps folders in step, beside all that ask."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import Cancelled, GroundsightError
from groundsight.ingestion.folder.follow import Follower
from groundsight.ingestion.folder.notebook import FOLDER, WORKER_LOCK, is_worked, notebook
from groundsight.ingestion.folder.notices import TURN_MS, notices
from groundsight.ingestion.folder.orders import Order, Orders
from groundsight.ingestion.ingest import ingest
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.ingestion import IngestReport
    from groundsight.parts import Parts
    from groundsight.types import Principal

log = logging.getLogger("groundsight.watch")
STEP_SECONDS = 0.25
Say = Callable[["IngestReport"], None]


class Worker:
    """Works for one home until it is told to stop; the second one of a home waits for the first to end."""

    def __init__(self, parts: Parts, who: Principal, roots: Sequence[str], say: Say) -> None:
        self._parts, self._who, self._roots, self._say = parts, who, tuple(roots), say
        self._orders, self._follower = Orders(parts.settings.home), Follower(parts, who, roots)
        self._stop, self._present = threading.Event(), Watch()
        self._next_sweep = 0.0

    def stop(self) -> None:
        """End at the next file; safe from any thread and from a signal handler."""
        self._stop.set()
        self._present.cancel()

    def run(self, *, once: bool = False) -> None:
        """Work; ``once`` ends when nothing is left to do."""
        with self._alone():
            while not self._stop.is_set():
                self._next_sweep = 0.0
                self._follow(once)
                if once:
                    return

    def _follow(self, once: bool) -> None:
        """Follow the folders that are there until one of them comes or goes."""
        standing = self._follower.standing()
        for changed in self._changes(self._follower.places(standing)):
            self._turn(changed)
            if once or self._follower.standing() != standing:
                return

    def _turn(self, changed: set[Path]) -> None:
        self._sweep()
        for order in self._orders.unfinished():
            self._work_off(order)
        try:
            report = self._follower.turn(changed, time.monotonic(), self._watch())
        except Cancelled:
            return
        if report is not None:
            self._say(report)

    def _sweep(self) -> None:
        """Order the whole of the folders, now and then: at the start, and in case the system lost a change."""
        now, standing = time.monotonic(), self._follower.standing()
        if standing and now >= self._next_sweep:
            self._next_sweep = now + 60 * self._parts.settings.folders.sweep_minutes
            if not any(order.paths == tuple(standing) for order in self._orders.unfinished()):
                self._orders.add(self._who, tuple(standing), prune=True)

    def _work_off(self, order: Order) -> None:
        watch = self._watch(order)
        try:
            report = ingest(self._parts, order.paths, order.who, watch, prune=order.prune, confined=True)
        except Cancelled:
            if not self._stop.is_set():
                self._orders.end(order, "stopped")
            return
        except GroundsightError as error:
            self._orders.end(order, "failed", str(error))
            log.warning("%s", error)
            return
        self._orders.end(order, "done", report=report)
        self._say(report)

    def _watch(self, order: Order | None = None) -> Watch:
        """A watch for one piece of work, which notes how far an order is four times a second."""
        last = 0.0

        def step(done: float, total: float | None, message: str) -> None:
            nonlocal last
            if order is not None and time.monotonic() - last >= STEP_SECONDS:
                last = time.monotonic()
                if not self._orders.step(order, done, total or 0, message):
                    self._present.cancel()

        self._present = Watch(step)
        if self._stop.is_set():
            self._present.cancel()
        return self._present

    def _changes(self, places: Sequence[Path]) -> Generator[set[Path]]:
        if places:
            yield from notices(places, self._stop)
        while not places and not self._stop.wait(TURN_MS / 1_000):
            yield set()

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Wait until this is the only worker of the home, and tell which folders it follows."""
        from filelock import FileLock, Timeout

        home = self._parts.settings.home
        with notebook(home):
            lock = FileLock(home / FOLDER / WORKER_LOCK)
        while not lock.is_locked and not self._stop.is_set():
            with suppress(Timeout):
                lock.acquire(timeout=1)
        try:
            _follow(home, self._roots)
            yield
        finally:
            _follow(home, ())
            lock.release()


def followed(home: Path) -> tuple[str, ...]:
    """Return the names of the folders that some process keeps in step at this moment."""
    with notebook(home, reading=True) as book:
        names = tuple(name for (name,) in book.execute("SELECT root FROM followed ORDER BY rowid"))
    return names if names and is_worked(home) else ()


def _follow(home: Path, names: Sequence[str]) -> None:
    with notebook(home) as book:
        book.execute("DELETE FROM followed")
        book.executemany("INSERT INTO followed VALUES (?)", [(name,) for name in names])
