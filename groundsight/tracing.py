"""Spans, progress and cancellation: what a long piece of work carries with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from groundsight.errors import Cancelled, GroundsightError, TimedOut
from groundsight.journal import Journal
from groundsight.rounds import Client

Progress = Callable[[float, float | None, str], None]
Item = TypeVar("Item")
Told = str | int | float | bool


@dataclass(eq=False)
class Timing:
    """One step of a call: when it began (ns since 1970), its seconds of wall and processor, and what is told of it.

    ``told`` holds figures and words of the code, never a text, a file's name or an id. ``model`` is for the ledger.
    """

    name: str
    above: Timing | None = None
    begun: int = field(default_factory=time.time_ns)
    told: dict[str, Told] = field(default_factory=dict[str, Told])
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    model: str = ""


class Recorder(Protocol):
    """Takes the steps of a call, each when it has ended, from any thread."""

    def append(self, one: Timing) -> None: ...

    def check(self) -> None:
        """Raise OverBudget where the call may not go on."""
        ...


# Who records the call that is under way, and the step that a new one is part of.
RECORD: ContextVar[Recorder | None] = ContextVar("record", default=None)
STEP: ContextVar[Timing | None] = ContextVar("step", default=None)


@contextmanager
def span(name: str, **told: Told) -> Generator[Timing]:
    """Measure a step, all threads of the processor, and record it where a call is recorded; an error by its code."""
    one = Timing(name, STEP.get(), told=dict(told))
    inside, start, cpu = STEP.set(one), time.perf_counter(), time.process_time()
    try:
        yield one
    except GroundsightError as error:
        one.told["error"] = error.error_code
        raise
    finally:
        one.seconds, one.cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        STEP.reset(inside)
        if (record := RECORD.get()) is not None:
            record.append(one)


def tell(**told: Told) -> None:
    """Tell figures and words of the code of the step that is under way."""
    if (one := STEP.get()) is not None:
        one.told.update(told)


def within_budget() -> None:
    """Raise OverBudget where a budget was used up meanwhile, and work stops then."""
    if (record := RECORD.get()) is not None:
        record.check()


class Watch:
    """Progress out, cancellation in, a deadline, the client that can be asked, None when nobody can, and the journal.

    Every slow loop calls ``step`` or ``check``, or goes through ``each``. ``limit`` names the setting of ``seconds``.
    Work ``within`` other watches ends with any of them.
    """

    def __init__(
        self,
        progress: Progress | None = None,
        *,
        seconds: float | None = None,
        limit: str = "",
        client: Client | None = None,
        journal: Journal | None = None,
        within: tuple[Watch, ...] = (),
    ) -> None:
        self._progress, self.client, self.journal, self._within = progress, client, journal, within
        self._limit = f"{seconds:g} s{f' ({limit})' if limit else ''}" if seconds is not None else ""
        self._cancelled = threading.Event()
        self._deadline = time.monotonic() + seconds if seconds is not None else None
        self.queued = 0.0  # when work was put into a queue (time.monotonic), 0 where there is none
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def cancel(self) -> None:
        """Ask the work to stop at its next step; safe from any thread and from a signal handler."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """True once this watch, or one around it, was cancelled."""
        return self._cancelled.is_set() or any(outer.cancelled for outer in self._within)

    def check(self) -> None:
        """Raise Cancelled or TimedOut when the work should stop."""
        for outer in self._within:
            outer.check()
        if self._cancelled.is_set():
            raise Cancelled("the caller stopped waiting", next_step="call again; finished work is kept")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise TimedOut(
                "the time budget is used up", limit=self._limit, next_step="raise the budget or narrow the request"
            )

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items of a slow loop, with a check before each."""
        for item in items:
            self.check()
            yield item

    def step(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report progress, then check for cancellation."""
        if self._progress is not None:
            self._progress(done, total, message)
        self.check()

    @contextmanager
    def span(self, stage: str) -> Generator[None]:
        """Record a step, and add its wall seconds to ``seconds``, those of the processor to ``cpu_seconds``."""
        one = Timing(stage)
        try:
            with span(stage) as one:
                yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + one.seconds
            self.cpu_seconds[stage] = self.cpu_seconds.get(stage, 0.0) + one.cpu_seconds


class Part(Watch):
    """The watch of one part of the work, which counts for ``size`` of ``total`` after ``done``.

    What it tells of its own steps stands behind the name of the part, and moves the whole by its share.
    """

    def __init__(self, outer: Watch, done: float, size: float, total: float, name: str) -> None:
        furthest = 0.0

        def told(at: float, of: float | None, detail: str) -> None:
            nonlocal furthest
            furthest = max(furthest, min(1.0, at / of) if of and detail else 0.0)
            share = f": {detail} {at:g} of {of:g}" if of and detail else f": {detail}" if detail else ""
            outer.step(done + furthest * size, total, name + share)

        super().__init__(told, client=outer.client, within=(outer,))


class Within(Watch):
    """A watch with its own deadline inside another's cancellation; progress stays with the outer one."""

    def __init__(self, outer: Watch, seconds: float, limit: str = "") -> None:
        super().__init__(seconds=seconds, limit=limit, within=(outer,))
