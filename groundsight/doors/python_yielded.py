"""What the Python door yields: the reports of a watch, and the events of a question."""

from __future__ import annotations

import queue
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from groundsight.suite import Suite
from groundsight.types import Answer

if TYPE_CHECKING:
    from groundsight.graphs.telling import Event
    from groundsight.ingestion import IngestReport

TURN_SECONDS, DOOR = 0.25, "python"


def with_receipts(suite: Suite, events: Generator[Event]) -> Generator[Event]:
    """Pass on what is told, the answer with its receipt."""
    from groundsight.tools.recording import with_receipt

    with closing(events):
        for event in events:
            yield with_receipt(suite, event, DOOR) if isinstance(event, Answer) else event


def reports(suite: Suite, roots: tuple[str, ...], once: bool) -> Generator[IngestReport]:
    """Hand over what a worker in a thread of its own reports; leaving ends it."""
    from groundsight.ingestion.folder.work import Worker

    reports: queue.SimpleQueue[IngestReport] = queue.SimpleQueue()
    worker = Worker(suite.parts, suite.principal, roots, reports.put)
    beside = ThreadPoolExecutor(1, "watch")
    working = beside.submit(worker.run, once=once)
    try:
        while not working.done() or not reports.empty():
            suite.watch.check()
            with suppress(queue.Empty):
                yield reports.get(timeout=TURN_SECONDS)
        working.result()
    finally:
        worker.stop()
        beside.shutdown()
