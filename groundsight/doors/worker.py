"""The worker process: told its settings by one line of standard input, ended when that is closed."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError

if TYPE_CHECKING:
    from groundsight.ingestion import IngestReport

NICE = 10


def work() -> int:
    """Work until the one who started this goes away; return 1 when the index or the disk refuses."""
    from groundsight.doors.cli_show import show_error
    from groundsight.doors.logs import log_quietly
    from groundsight.ingestion.folder.work import Worker
    from groundsight.settings import load_settings
    from groundsight.suite import local_principal, open_suite

    log_quietly()
    if hasattr(os, "nice"):
        os.nice(NICE)
    told = json.loads(sys.stdin.buffer.readline())
    settings = load_settings(**told["settings"])
    with open_suite(settings) as suite:
        worker = Worker(suite.parts, local_principal(settings), told["roots"], _say_nothing)
        threading.Thread(target=_end_with_the_starter, args=(worker.stop,), daemon=True).start()
        try:
            worker.run()
        except GroundsightError as error:
            show_error(error)
            return 1
    return 0


def _end_with_the_starter(stop: object) -> None:
    sys.stdin.buffer.read()
    if callable(stop):
        stop()


def _say_nothing(_: IngestReport) -> None:
    return


if __name__ == "__main__":
    sys.exit(work())
