"""The next files are read while the present one is stored, small plain ones in groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from groundsight.errors import GroundsightError
from groundsight.ingestion import Parsed
from groundsight.ingestion.discover import Found
from groundsight.ingestion.frozen import Frozen
from groundsight.tracing import Watch

# Half of the time of a reader of a small file goes by in forks and pipes: one alone leaves a core idle.
_AHEAD = 2
# Beyond this a share of a fork is less than what is read by it.
_MOST_TOGETHER = 16


@dataclass(frozen=True)
class ReadFile:
    """A file as it was at one moment, what was read from it, and the folder of its pictures; closing drops all."""

    document: Frozen
    parsed: Parsed
    folder: TemporaryDirectory[str]

    @property
    def scratch(self) -> Path:
        """Where the pictures and the files inside lie."""
        return Path(self.folder.name)

    def __enter__(self) -> ReadFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.document.copy.close()
        self.folder.cleanup()


Read = ReadFile | GroundsightError | None


@dataclass(frozen=True)
class Ready:
    """What is read from one file, once the files that are read with it are."""

    group: Future[list[Read]]
    place: int

    def result(self) -> ReadFile | None:
        """Wait for it; None is a file that is as it was. An error of this file is raised."""
        found = self.group.result()[self.place]
        if isinstance(found, GroundsightError):
            raise found
        return found


def in_groups(found: Sequence[Found], may_share: Callable[[Found], bool]) -> Iterator[list[Found]]:
    """Part the files, in order: those that may share a child in groups, any other by itself."""
    for shared, run in groupby(found, may_share):
        files = list(run)
        size = _MOST_TOGETHER if shared else 1
        yield from (files[at : at + size] for at in range(0, len(files), size))


def read_ahead(
    groups: Iterable[Sequence[Found]], read: Callable[[Sequence[Found], Watch], list[Read]], watch: Watch
) -> Generator[tuple[Found, Ready]]:
    """Yield each file with what is read from it on other threads, two groups ahead; close it to end the reading."""
    stop, waiting = Watch(within=(watch,)), deque[tuple[Sequence[Found], Future[list[Read]]]]()
    with ThreadPoolExecutor(_AHEAD, "groundsight-read") as pool:
        try:
            for group in groups:
                waiting.append((group, pool.submit(copy_context().run, read, group, stop)))
                yield from _due(waiting, _AHEAD)
            yield from _due(waiting, 0)
        finally:
            stop.cancel()
            _drop([ready for _, ready in waiting])


def _due(waiting: deque[tuple[Sequence[Found], Future[list[Read]]]], most: int) -> Iterator[tuple[Found, Ready]]:
    while len(waiting) > most:
        group, ready = waiting[0]
        yield from ((each, Ready(ready, place)) for place, each in enumerate(group))
        waiting.popleft()


def _drop(unused: Sequence[Future[list[Read]]]) -> None:
    for ready in unused:
        if not ready.cancel() and ready.exception() is None:
            for left in filter(None, ready.result()):
                left.__exit__() if isinstance(left, ReadFile) else None
