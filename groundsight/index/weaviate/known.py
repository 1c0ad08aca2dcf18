"""Which writes are live, remembered for as long as nothing is written.

A search must ask for the state in any case. When that says after the search what it said before, nothing was written
meanwhile, and what an earlier search learned about the writes among its hits still holds.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Set as AbstractSet

from groundsight.index.weaviate.state import State

Write = tuple[str, str]
MOST = 50_000


class Known:
    """Remembers writes, each a tenant and a generation, under one version token; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps = itertools.count()
        self._token = ""
        self._live: dict[Write, bool] = {}
        self._noted: list[tuple[int, dict[Write, bool]]] = []

    @property
    def token(self) -> str:
        """Return the token of the state seen last while no write was open; empty before the first."""
        return self._token

    def among(self, token: str, writes: AbstractSet[Write]) -> set[Write] | None:
        """Return which of the writes are live in the state of this token, None when one is unknown."""
        with self._lock:
            if token != self._token or not writes <= self._live.keys():
                return None
            return {each for each in writes if self._live[each]}

    def note(self, token: str, writes: AbstractSet[Write], live: AbstractSet[Write]) -> None:
        """Keep what was looked up after ``token`` was seen; it counts once the same token is seen again."""
        with self._lock:
            if token and token == self._token:
                self._noted.append((next(self._steps), {each: each in live for each in writes}))

    def before_reading(self) -> int:
        """Return a mark to take before the state is read."""
        return next(self._steps)

    def confirm(self, mark: int, state: State) -> None:
        """Take over what was noted before the mark, or forget everything when something was written."""
        if state.intents:
            return
        with self._lock:
            if state.token != self._token or len(self._live) > MOST:
                self._token, self._live, self._noted = state.token, {}, []
            for noted in [each for each in self._noted if each[0] < mark]:
                self._live.update(noted[1])
                self._noted.remove(noted)
