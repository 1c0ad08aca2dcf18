"""The worker as a process of its own: started by whoever serves, begun again when it dies, ended with its starter."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from groundsight.ingestion.folder.orders import Orders

if TYPE_CHECKING:
    from groundsight.settings import Settings

log = logging.getLogger("groundsight.watch")
MOST_DEATHS, FIRST_PAUSE_SECONDS, LAST_SECONDS = 5, 1.0, 10.0


class Helper:
    """Starts a worker process when there is something to do. It ends when this process closes its pipe, or dies."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._roots = settings, ()
        self._closed, self._starting = threading.Event(), threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    def follow(self, roots: Sequence[str]) -> None:
        """Keep these folders in step from now on."""
        self._roots = tuple(roots)
        self.ensure()

    def ensure(self) -> None:
        """Have a worker, started now where there is none."""
        with self._starting:
            if not self._closed.is_set() and (self._keeper is None or not self._keeper.is_alive()):
                self._keeper = threading.Thread(target=self._keep, name="worker", daemon=True)
                self._keeper.start()

    def close(self) -> None:
        """End the worker; what it has not read is read when the next one starts."""
        self._closed.set()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if self._keeper is not None:
            self._keeper.join(LAST_SECONDS)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        """Begin again what dies, a few times; then what it was at has failed."""
        for deaths in range(1, MOST_DEATHS + 1):
            with self._starting:
                if self._closed.is_set():
                    return
                self._process = _started(self._settings, self._roots)
            code = self._process.wait()
            if code == 0 or self._closed.wait(FIRST_PAUSE_SECONDS * 2 ** (deaths - 1)):
                return
            log.warning("the worker ended with code %s", code)
        orders = Orders(self._settings.home)
        for order in orders.unfinished():
            orders.end(order, "failed", f"the worker died {MOST_DEATHS} times, the last time at: {order.message}")


def _started(settings: Settings, roots: Sequence[str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "groundsight.doors.worker"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    # Secrets go through the pipe: an argument or a variable could be read by other programs.
    told = json.dumps({"settings": settings.model_dump(), "roots": roots}, default=_plain)
    if process.stdin is not None:
        process.stdin.write(told.encode() + b"\n")
        process.stdin.flush()
    return process


def _plain(value: object) -> object:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path() | Decimal():
            return str(value)
        case _:
            raise TypeError(f"a setting of type {type(value).__name__} can't be passed on")
