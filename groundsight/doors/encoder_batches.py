"""Dynamic batching: requests that arrive while a batch runs are joined into the next one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundsight.errors import GroundsightError, RateLimited
from groundsight.tools.gate import internal_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode = Callable[[Sequence[Any]], "NDArray[np.float32]"]


@dataclass(frozen=True)
class Lane:
    """One way to use a model: how it encodes, what an item weighs, and how much makes a batch."""

    encode: Encode
    size: Callable[[Any], int]
    most: int
    most_size: int


@dataclass(frozen=True)
class Job:
    """The items of one request."""

    items: Sequence[Any]
    size: int
    done: Future[NDArray[np.float32]] = field(default_factory=lambda: Future())


class Busy(RateLimited):
    """Too much waits already."""


class Batcher:
    """One model and the thread that runs it.

    The first lane goes first, so that a question does not wait behind an ingestion. A request is never cut: one that
    alone is larger than a batch makes a batch of its own.
    """

    def __init__(self, name: str, lanes: Mapping[str, Lane], most_waiting: int, observe: Callable[[int], None]) -> None:
        self._name, self._lanes, self._most, self._observe = name, lanes, most_waiting, observe
        self._waiting: dict[str, deque[Job]] = {kind: deque() for kind in lanes}
        self._change = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"encode-{name}", daemon=True)
        self._thread.start()

    def submit(self, kind: str, items: Sequence[Any]) -> Future[NDArray[np.float32]]:
        """Queue the items of a request.

        Raises:
            Busy: as much as may wait is waiting.
        """
        job = Job(items, sum(map(self._lanes[kind].size, items)))
        with self._change:
            waiting = self.waiting()
            if waiting and waiting + len(items) > self._most:
                raise Busy(
                    "the encoder service is busy",
                    which=self._name,
                    limit=f"{self._most} items wait (encoders.queue_items)",
                    next_step="try again in a second, or run more of these services",
                )
            self._waiting[kind].append(job)
            self._change.notify()
        return job.done

    def waiting(self) -> int:
        """Return how many items wait."""
        return sum(len(job.items) for jobs in list(self._waiting.values()) for job in tuple(jobs))

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._change:
            self._closed = True
            self._change.notify()
        self._thread.join()

    def _run(self) -> None:
        while jobs := self._next():
            kind, batch = jobs
            self._encode(self._lanes[kind], [job for job in batch if job.done.set_running_or_notify_cancel()])

    def _next(self) -> tuple[str, list[Job]] | None:
        with self._change:
            self._change.wait_for(lambda: self._closed or any(self._waiting.values()))
            kind = next((kind for kind, jobs in self._waiting.items() if jobs), None)
            return (kind, _taken(self._waiting[kind], self._lanes[kind])) if kind else None

    def _encode(self, lane: Lane, batch: Sequence[Job]) -> None:
        items = [item for job in batch for item in job.items]
        if not items:
            return
        self._observe(len(items))
        try:
            rows = lane.encode(items)
        except GroundsightError as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - a bug must not end the thread that all requests wait for
            _fail(batch, internal_error(self._name, error))
        else:
            start = 0
            for job in batch:
                job.done.set_result(rows[start : start + len(job.items)])
                start += len(job.items)


def _taken(jobs: deque[Job], lane: Lane) -> list[Job]:
    """Take the jobs of the next batch from the front of the queue."""
    batch = [jobs.popleft()]
    items, size = len(batch[0].items), batch[0].size
    while jobs and items + len(jobs[0].items) <= lane.most and size + jobs[0].size <= lane.most_size:
        items, size = items + len(jobs[0].items), size + jobs[0].size
        batch.append(jobs.popleft())
    return batch


def _fail(batch: Sequence[Job], error: GroundsightError) -> None:
    for job in batch:
        job.done.set_exception(error)
