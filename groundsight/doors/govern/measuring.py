"""What is stored looked at again, value by value, and the thread of a server that does so and asks the rules."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError
from groundsight.governance.lookout import ask_rules, standing
from groundsight.governance.rescan import Rescanned, rescan
from groundsight.settings import PiiKind
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Unit

if TYPE_CHECKING:
    from groundsight.suite import Suite

log = logging.getLogger("groundsight.lookout")


def rescanned(suite: Suite, kinds: Sequence[PiiKind]) -> Rescanned:
    """Look at every stored unit of every tenant again, and say how far that is."""
    total = suite.parts.index.count(Filter()).units

    def told() -> Iterator[tuple[Unit, Asset]]:
        for number, row in enumerate(suite.parts.index.scan(Filter())):
            suite.watch.step(number, total, "looking again")
            yield row

    return rescan(told(), kinds)


class Lookout:
    """Asks the rules every ``governance.incidents.look_minutes`` beside a server until it is closed; 0 asks never.

    What is stored is looked at again where that is longer ago than ``rescan_hours``.
    """

    def __init__(self, suite: Suite) -> None:
        self._watch, self._ended = Watch(), threading.Event()
        self._suite = suite.acting_for(watch=self._watch)
        self._minutes = suite.settings.governance.incidents.look_minutes
        self._beside = threading.Thread(target=self._keep_looking, name="lookout", daemon=True)
        if self._minutes:
            self._beside.start()

    def close(self) -> None:
        """End the thread, at the next document where it looks at what is stored."""
        self._ended.set()
        self._watch.cancel()
        if self._minutes:
            self._beside.join()

    def _keep_looking(self) -> None:
        while not self._ended.wait(self._minutes * 60):
            try:
                self._look()
            except GroundsightError as error:
                # The next look may fare better; until then the log says what keeps this one.
                log.error("%s", error)

    def _look(self) -> None:
        from groundsight.doors.govern.drift_desk import show_drift
        from groundsight.quality.drift import baseline_of

        coverage = _coverage(self._suite)
        ask_rules(self._suite.settings, self._suite.principal, coverage)
        if coverage is not None and baseline_of(self._suite.settings.home):
            show_drift(self._suite)


def _coverage(suite: Suite) -> Rescanned | None:
    hours, last = suite.settings.governance.incidents.rescan_hours, standing(suite.settings).coverage
    due = hours and (last is None or time.time() - last.time.timestamp() > hours * 3600)
    return rescanned(suite, suite.settings.governance.redact) if due else None
