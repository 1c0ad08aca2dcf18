"""What a program gives to a verb: of the kind that the verb takes, or refused by name before any work."""

from __future__ import annotations

import queue
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import InvalidArgument
from groundsight.language.sentences import evidence_from_text
from groundsight.types import Evidence

if TYPE_CHECKING:
    from groundsight.ingestion import IngestReport
    from groundsight.suite import Suite

Given = str | Evidence
TURN_SECONDS = 0.25


def fitting(suite: Suite, name: str, **arguments: object) -> dict[str, Any]:
    """Return arguments as the tool of this name takes them.

    Raises:
        InvalidArgument: one is of another type, or out of range.
    """
    from groundsight.tools.gate import checked_arguments
    from groundsight.tools.registry import tool

    every = checked_arguments(tool(name), arguments, suite.settings.limits.answer_chars)
    return {each: every[each] for each in arguments}


def as_evidence(given: object) -> Sequence[Evidence]:
    """Return texts as evidence; what is evidence already stays.

    Raises:
        InvalidArgument: something is neither.
    """
    one = isinstance(given, str | Evidence) or not hasattr(type(given), "__iter__")
    listed = (given,) if one else cast("Iterable[object]", given)
    return [_one(number, each) for number, each in enumerate(listed, 1)]


def reports_of(suite: Suite, roots: tuple[str, ...], once: bool) -> Generator[IngestReport]:
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


def _one(number: int, given: object) -> Evidence:
    match given:
        case Evidence():
            return given
        case str():
            return evidence_from_text(f"text-{number}", f"text {number}", given)
        case _:
            which, step = type(given).__name__, "give texts or Evidence"
            raise InvalidArgument("this is no evidence", which=which, next_step=step)
