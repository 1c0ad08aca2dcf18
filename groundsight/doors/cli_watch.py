"""``groundsight watch``: keep folders in step with the index until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from groundsight.doors.cli_show import say, say_json
from groundsight.errors import NotFound
from groundsight.ingestion.folder.work import Worker
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from types import FrameType

    from groundsight.ingestion import IngestReport
    from groundsight.settings import Settings


def watch_folders(settings: Settings, options: argparse.Namespace) -> int:
    """Watch the folders that are named, or all that may be read; with ``--once`` compare them once and end.

    Raises:
        NotFound: a folder is not there, or none is named and none was read before.
    """
    from groundsight.suite import local_principal, open_suite

    with open_suite(settings) as suite:
        roots = suite.parts.roots
        for folder in options.folders:
            roots.admit(folder)
        named = [roots.source_of(folder.expanduser()) for folder in options.folders] or list(roots.names())
        if not named:
            raise NotFound("no folder is named", next_step="groundsight watch FOLDER")
        held = dict.fromkeys(name.partition("/")[0] for name in named)

        def tell(report: IngestReport) -> None:
            _tell(report, as_json=options.json)

        worker = Worker(suite.parts, local_principal(settings), tuple(held), tell)
        if not options.json and not options.once:
            say(f"watching {', '.join(held)}; Ctrl-C ends")
        with _ended_by_signals(worker):
            worker.run(once=options.once)
    return 0


def _tell(report: IngestReport, *, as_json: bool) -> None:
    """One line for each file that changed or failed, and the counts of a whole comparison."""
    if as_json:
        say_json(report.model_dump(mode="json"), None)
        return
    for file in report.files:
        if file.status != "unchanged":
            problem = f": {file.problem.what}. Next: {file.problem.next_step}" if file.problem else ""
            say(f"{time.strftime('%H:%M:%S')} {file.status} {file.source}{problem}")
            for warning in file.warnings:
                say(f"         {warning}")
    if len(report.files) > 1:
        say(f"{number_of(len(report.files), 'file')} in step, {report.failed} failed")


@contextmanager
def _ended_by_signals(worker: Worker) -> Generator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        worker.stop()

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
