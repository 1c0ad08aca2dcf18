"""The calls of a home: each is recorded step by step, booked, held to the budgets, and told to those who listen."""

from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from groundsight.errors import StorageFailed
from groundsight.limits import Prices
from groundsight.operation.cost import booked, cost_of, over_budget
from groundsight.operation.ledger import Booking, CostLedger
from groundsight.tracing import RECORD, Timing, span, tell
from groundsight.types import Degraded

if TYPE_CHECKING:
    from groundsight.operation.telemetry import Exporter
    from groundsight.settings import Settings
    from groundsight.types import Cost, Principal

Listener = Callable[[Sequence[Timing]], None]
# A long ingest is told and booked meanwhile.
MOST_STEPS = 1_000
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class CallRecord:
    """One call on its way: its steps so far, what they cost, and the budget that was used up when it began."""

    def __init__(self, verb: str, who: Principal, calls: Calls, over: Degraded | None) -> None:
        self._verb, self._who, self._calls, self.over = verb, who, calls, over
        self._steps, self._lock, self._booked = list[Timing](), threading.Lock(), list[Booking]()

    def append(self, one: Timing) -> None:
        """Take a step that has ended."""
        with self._lock:
            self._steps.append(one)
            if len(self._steps) < MOST_STEPS:
                return
        self.settle()

    def settle(self) -> None:
        """Book what was recorded since, and tell it.

        Raises:
            StorageFailed: the ledger can't be written, and a budget stops work.
        """
        with self._lock:
            steps, self._steps = self._steps, []
        self._booked += self._calls.settled(steps, self._verb, self._who)

    def check(self) -> None:
        """Hold the call to the budgets again."""
        self._calls.over(self)

    @property
    def is_priced(self) -> bool:
        """True where anything has a price."""
        return self._calls.rules.prices != Prices()

    def cost(self) -> Cost:
        """Return what the call took so far."""
        with self._lock:
            rest = booked(self._steps, self._verb, self._who, "", self._calls.rules)
        return cost_of([*self._booked, *rest], self._calls.rules)


def cost_so_far() -> float | None:
    """Return what the call under way took; None outside of a call, and where nothing has a price."""
    record = RECORD.get()
    return float(record.cost().amount) if isinstance(record, CallRecord) and record.is_priced else None


class Calls:
    """What the parts of a suite record their calls with; ``listeners`` are told the steps of each."""

    def __init__(self, settings: Settings) -> None:
        self.rules = settings.operation
        self._ledger = CostLedger(settings.home, self.rules.ledger_days) if self.rules.ledger_days else None
        self.listeners = list[Listener]()
        self._exporter: Exporter | None = None
        if self.rules.traces is not None:
            from groundsight.operation.telemetry import Exporter

            self._exporter = Exporter.open(self.rules.traces)

    @contextmanager
    def recorded(self, verb: str, who: Principal) -> Generator[CallRecord]:
        """Record a call; one within another is a step of it.

        Raises:
            OverBudget: a budget is used up, and work stops then.
            StorageFailed: the ledger can't be written, and a budget stops work.
        """
        if isinstance(outer := RECORD.get(), CallRecord):
            with span(verb):
                yield outer
            return
        call = CallRecord(verb, who, self, self.over())
        outside = RECORD.set(call)
        try:
            with span(verb):
                try:
                    yield call
                finally:
                    tell(peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT)
        finally:
            RECORD.reset(outside)
            call.settle()

    def over(self, here: CallRecord | None = None) -> Degraded | None:
        """Book what a call took so far, and tell of a budget that is used up or a ledger that can't be written.

        Raises:
            OverBudget: the settings say that work stops then. StorageFailed: they do, and it can't be known.
        """
        if self._ledger is None:
            return None
        try:
            self._ledger.require_writable()
            if self.rules.budget_day is None and self.rules.budget_month is None:
                return None
            if here is not None:
                here.settle()
            today = date.today()
            return over_budget(self.rules, today, *self._ledger.spent(today, self.rules.currency))
        except StorageFailed as error:
            if self._is_stopping:
                raise
            return Degraded(lane="ledger", reason=error.what, remedy=error.next_step)

    def settled(self, steps: Sequence[Timing], verb: str, who: Principal) -> list[Booking]:
        """Book steps and tell them; return the bookings."""
        for listener in self.listeners:
            listener(steps)
        if self._exporter is not None:
            self._exporter.export(steps)
        try:
            person = self._ledger.person(who) if self._ledger and steps else ""
            bookings = booked(steps, verb, who, person, self.rules)
            if self._ledger is not None:
                self._ledger.add(bookings)
        except StorageFailed:
            if self._is_stopping:
                raise
            return booked(steps, verb, who, "", self.rules)
        return bookings

    @property
    def _is_stopping(self) -> bool:
        """True where a budget stops work, which a ledger that can't be written could not hold to it."""
        return self.rules.over_budget == "stop" and {self.rules.budget_day, self.rules.budget_month} != {None}

    def close(self) -> None:
        """Send what waits to be sent."""
        if self._exporter is not None:
            self._exporter.close()
