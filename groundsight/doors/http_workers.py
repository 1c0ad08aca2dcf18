"""Several processes that serve one address and one index: started, begun again when one dies, ended together."""

from __future__ import annotations

import logging
import multiprocessing
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from socket import socket
from typing import TYPE_CHECKING, Any

from groundsight.errors import ConfigError, GroundsightError
from groundsight.governance.limits import LIMITS
from groundsight.rounds import CLIENT

if TYPE_CHECKING:
    from groundsight.settings import Settings

log = logging.getLogger("groundsight.server")
MOST_DEATHS, WITHIN_SECONDS, LAST_SECONDS = 5, 60.0, 15.0


class Workers:
    """The processes of one server. They share its sockets, so whichever is free takes the next connection."""

    def __init__(self, settings: Settings, listening: Sequence[Sequence[socket]], *, writable: bool, watched: bool):
        # Spawned, not forked: libraries beneath hold threads. What is passed goes through a pipe, secrets included.
        self._context = multiprocessing.get_context("spawn")
        self._told: dict[str, Any] = settings.model_dump()
        self._listening, self._writable, self._watched = listening, writable, watched
        self._running: dict[int, BaseProcess] = {}
        self._ending = threading.Event()

    def run(self) -> int:
        """Serve until told to end; return 1 where workers die again and again."""
        deaths: list[float] = []
        for number in range(len(self._listening)):
            self._start(number)
        while not self._ending.is_set():
            ended = [number for number, each in self._running.items() if not each.is_alive()]
            for number in ended:
                deaths = [*(at for at in deaths if time.monotonic() - at < WITHIN_SECONDS), time.monotonic()]
                log.warning("worker %d ended with code %s", number, self._running[number].exitcode)
                if len(deaths) > MOST_DEATHS:
                    return self._end(1)
                self._start(number)
            wait([each.sentinel for each in self._running.values()])
        return self._end(0)

    def stop(self, *_: object) -> None:
        """End all of them after the requests under way."""
        self._ending.set()
        for each in self._running.values():
            each.terminate()

    def _start(self, number: int) -> None:
        process = self._context.Process(
            target=_serve,
            args=(self._told, self._listening[number], self._writable, self._watched, number),
            name=f"worker-{number}",
        )
        process.start()
        self._running[number] = process
        if self._ending.is_set():
            process.terminate()

    def _end(self, code: int) -> int:
        self.stop()
        for each in self._running.values():
            each.join(LAST_SECONDS)
            each.kill()
            each.join()
        return code


def serve_workers(settings: Settings, *, writable: bool, watched: bool) -> int:
    """Serve over HTTP with ``server.workers`` processes; return 0, or 1 where they die again and again.

    Raises:
        ConfigError: what a client is asked in between waits in one process, so another one can't go on with it; or the
            address can't be listened on.
    """
    from groundsight.doors.http import refuse_open_bind
    from groundsight.doors.listen import announce, sockets_of
    from groundsight.doors.tokens import TokenCheck

    refuse_open_bind(settings.server)
    TokenCheck.open(settings.server, settings.governance, settings.roots)
    if settings.agent.llm == CLIENT or settings.agent.review != "none":
        raise ConfigError(
            "a question that waits for its client waits in one process",
            which="server.workers with agent.llm = client, or agent.review",
            next_step="serve with one worker, or without these two",
        )
    shutil.rmtree(settings.home / LIMITS, ignore_errors=True)
    first, *own = sockets_of(settings.server, metrics=True)
    others = [sockets_of(settings.server, metrics=True, worker=number) for number in range(1, settings.server.workers)]
    workers = Workers(settings, [(first, *each) for each in (own, *others)], writable=writable, watched=watched)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, workers.stop)
    announce(settings.server.host, [first, *own, *(each for more in others for each in more)], "/mcp")
    return workers.run()


def _serve(told: dict[str, Any], sockets: Sequence[socket], writable: bool, watched: bool, number: int) -> None:
    """Serve as one worker, the first beside what reads folders; end when the process that started it is gone."""
    from groundsight.doors.cli_show import show_error
    from groundsight.doors.logs import log_quietly
    from groundsight.server import serve_over_http, suite_factory
    from groundsight.settings import load_settings
    from groundsight.suite import open_suite

    log_quietly()
    threading.Thread(target=_end_with_the_starter, name="starter", daemon=True).start()
    settings = load_settings(**told)
    try:
        factory = partial(open_suite, settings) if number else suite_factory(settings, watched=watched)
        serve_over_http(settings, factory, writable=writable, sockets=sockets)
    except GroundsightError as error:
        show_error(error)
        sys.exit(1)


def _end_with_the_starter() -> None:
    starter = multiprocessing.parent_process()
    if starter is not None:
        wait([starter.sentinel])
        signal.raise_signal(signal.SIGTERM)
