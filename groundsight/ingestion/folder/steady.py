"""Changes that wait until they are whole: a file is read when nobody has touched it for a while."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.errors import NotFound

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.limits import Folders

Look = Callable[[str], object]


@dataclass
class _Waiting:
    first: float
    last: float
    state: object


class Steady:
    """Sources that were seen to change, and the moments since which each of them is as it is (seconds)."""

    def __init__(self, rules: Folders, look: Look, is_written: Callable[[str], bool]) -> None:
        self._rules, self._look, self._is_written = rules, look, is_written
        self._waiting: dict[str, _Waiting] = {}

    def touch(self, source: str, now: float) -> None:
        """Note a change of a source."""
        first = self._waiting[source].first if source in self._waiting else now
        self._waiting[source] = _Waiting(first, now, self._look(source))

    def due(self, now: float) -> list[str]:
        """Return what is at rest, and wait for it no more."""
        ready = [source for source in self._waiting if self._rests(source, now)]
        for source in ready:
            del self._waiting[source]
        return ready

    def __len__(self) -> int:
        return len(self._waiting)

    def _rests(self, source: str, now: float) -> bool:
        waiting, state = self._waiting[source], self._look(source)
        if state != waiting.state:
            waiting.state, waiting.last = state, now
        quiet = now - waiting.last >= self._rules.quiet_seconds
        return quiet and (now - waiting.first >= self._rules.open_seconds or not self._is_written(source))


def state_of(roots: Roots, source: str) -> object:
    """Return what changes whenever a file is written: its number, size and time; None for what is no file."""
    try:
        found = roots.stat(source)
    except NotFound:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None


def is_written(roots: Roots, source: str) -> bool:
    """True while some program holds a file open for writing; where that can't be told (not Linux, another's), False.

    The kernel grants a read lease on a file only when nobody has it open for writing. Whoever opens it in between is
    told of by a signal, whose usual one would end this process: it is one that is ignored.
    """
    lease = getattr(fcntl, "F_SETLEASE", None)
    if lease is None:
        return False
    try:
        descriptor = roots.open_inside(source)
    except NotFound:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, lease, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, lease, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
