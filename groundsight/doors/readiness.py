"""Readiness of the MCP door: the index answers, and with ``server.warm`` the models are loaded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from groundsight.doors.listen import Probes
from groundsight.errors import GroundsightError
from groundsight.tools.gate import internal_error

if TYPE_CHECKING:
    from groundsight.doors.mcp_tools import Door
    from groundsight.suite import Suite

log = logging.getLogger("groundsight.ready")
KEPT_SECONDS = 1.0
STARTING, LOADING, NO_INDEX = "starting", "loading", "index unavailable"


class Readiness:
    """Prepares once in the background, then looks at every probe; a preparation that failed begins anew at a probe."""

    def __init__(
        self, prepare: Callable[[], object], check: Callable[[], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._prepare, self._check, self._clock = prepare, check, clock
        self._prepared, self._looking = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._last, self._until = STARTING, -1.0

    def start(self) -> None:
        """Begin to prepare, unless that is under way or done."""
        if not self._prepared.is_set() and not (self._thread and self._thread.is_alive()):
            self._thread = threading.Thread(target=self._run, name="prepare", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Return when the present preparation has ended, well or not."""
        if self._thread:
            self._thread.join()

    def not_ready(self) -> str:
        """Return nothing when ready, else why not; anybody may ask, so the index is looked at once a second at most."""
        if not self._prepared.is_set():
            self.start()
            return LOADING
        if self._clock() >= self._until and self._looking.acquire(blocking=False):
            try:
                self._last, self._until = self._looked(), self._clock() + KEPT_SECONDS
            finally:
                self._looking.release()
        return self._last

    def _looked(self) -> str:
        try:
            self._check()
        except GroundsightError as error:
            log.warning("not ready: %s", error.error_code)
            return NO_INDEX
        return ""

    def _run(self) -> None:
        try:
            self._prepare()
        except GroundsightError as error:
            log.error("not ready: %s", error)
        except Exception as error:  # noqa: BLE001 - the thread belongs to the door
            internal_error("prepare", error)
        else:
            self._prepared.set()


def warm(suite: Suite) -> None:
    """Load every model that the settings name and run the text encoder once."""
    parts = suite.parts
    for lane in ("text_encoder", "picture_encoder", "ocr", "tagger", "captioner", "reranker", "reader", "judge"):
        getattr(parts, lane)
    if parts.text_encoder is not None:
        parts.text_encoder.encode(["ready"], role="query")
    if parts.verifier is not None:
        parts.verifier.loaded()
    import_module(suite.settings.agent.answerer.partition(":")[0])


def probes_of(door: Door, *, warmed: bool) -> Probes:
    """Say when a door is ready, and begin at once to load what shall be loaded before that."""
    ready = Readiness(lambda: warm(door.suite()) if warmed else None, lambda: door.suite().parts.index.version())
    ready.start()
    return Probes(ready.not_ready, door.metrics.registry)
