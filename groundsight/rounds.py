"""Rounds: what a piece of work may ask its client in between, and where it waits for the reply."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundsight.errors import TimedOut

if TYPE_CHECKING:
    from groundsight.settings import Agent

Json = dict[str, Any]
CLIENT = "client"
HELD_SECONDS = 600.0
HELD_EACH = 16


@dataclass(frozen=True)
class _Held:
    owner: str
    work: object
    until: float


class Shelf:
    """Holds work that waits for its client, under unguessable tickets that open once and only for their owner.

    Kept for ten minutes, at most 16 for each owner; the oldest goes first. Safe from any thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._held: dict[str, _Held] = {}

    def put(self, owner: str, work: object) -> str:
        """Keep work and return its ticket."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._forget_old()
            own = [name for name, held in self._held.items() if held.owner == owner]
            for name in own[: max(0, len(own) - HELD_EACH + 1)]:
                del self._held[name]
            self._held[ticket] = _Held(owner, work, self._clock() + HELD_SECONDS)
        return ticket

    def take(self, owner: str, ticket: str) -> object:
        """Give back what waits under a ticket, and forget it.

        Raises:
            TimedOut: nothing waits there for this owner: too late, taken already, or never there.
        """
        with self._lock:
            self._forget_old()
            held = self._held.get(ticket)
            if held is None or held.owner != owner:
                raise TimedOut("the question is no longer held", limit=f"{HELD_SECONDS:.0f} s", next_step="ask again")
            del self._held[ticket]
            return held.work

    def __len__(self) -> int:
        return len(self._held)

    def _forget_old(self) -> None:
        now = self._clock()
        self._held = {name: held for name, held in self._held.items() if held.until > now}


@dataclass(frozen=True)
class Client:
    """Who waits for a call: what can be asked of it, and the reply that it brings to work that waited.

    ``samples``: its language model writes for us; ``approves``: it can ask its person. ``ticket`` is empty in the
    first round. ``reply`` is None when the client came back without one.
    """

    shelf: Shelf = field(default_factory=Shelf)
    samples: bool = False
    approves: bool = False
    ticket: str = ""
    reply: Json | None = None


def may_ask_client(client: Client | None, agent: Agent) -> bool:
    """True where a question may turn to the client that asks: to its model, or to its person."""
    return client is not None and (agent.llm == CLIENT or agent.review != "none")
