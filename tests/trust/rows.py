"""One line of the table: what was tried how often, and how often a promise broke."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass
class Row:
    """``cases`` were tried and ``failures`` broke; ``skipped`` says why nothing was, ``seen`` is what must be found."""

    area: str
    what: str
    cases: int = 0
    failures: int = 0
    seconds: float = 0.0
    skipped: str = ""
    detail: str = ""

    def line(self) -> str:
        """The row of the table."""
        told = f"not run: {self.skipped}" if self.skipped else f"{self.cases} | {self.failures}"
        told = f"{told} | |" if self.skipped else f"{told} | {self.seconds:.0f} s |"
        return f"| {self.area} | {self.what} | {told}"


Check = Callable[[bool], Iterator[Row]]


def timed(check: Check, short: bool) -> Iterator[Row]:
    """Run one group; a group that dies is a failure and not the end of the table."""
    start = time.perf_counter()
    try:
        for row in check(short):
            row.seconds = row.seconds or time.perf_counter() - start
            start = time.perf_counter()
            yield row
    except Exception as error:  # noqa: BLE001 - a broken case must not hide the others
        name = getattr(check, "__name__", "group")
        yield Row("runner", name, 1, 1, time.perf_counter() - start, detail=f"{type(error).__name__}: {error}"[:600])
