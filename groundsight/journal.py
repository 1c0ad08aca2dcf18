"""A journal: where long work notes how far it is, so that it can be told before its end and gone on with later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from groundsight.types import Answer

Json = dict[str, Any]


class Journal:
    """How far one question is: the last node that ended, the state after it, and how to tell what is known then.

    ``node`` is empty before the first. ``heard`` is called after each note. Safe from any thread.
    """

    def __init__(self, node: str = "", state: Json | None = None) -> None:
        self._lock, self._noted = threading.Lock(), (node, state or {})
        self._tell: Callable[[Json], Answer] | None = None
        self.heard: Callable[[], None] | None = None

    @property
    def noted(self) -> tuple[str, Json]:
        """The last node that ended, and the state after it."""
        with self._lock:
            return self._noted

    def note(self, node: str, state: Json, tell: Callable[[Json], Answer]) -> None:
        """Note that a node ended in this state."""
        with self._lock:
            self._noted, self._tell = (node, state), tell
        if self.heard is not None:
            self.heard()

    def so_far(self) -> Answer | None:
        """Tell what is known, None before the first note."""
        return self._tell(self.noted[1]) if self._tell else None
