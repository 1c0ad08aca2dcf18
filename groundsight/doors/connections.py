"""Connections that wait for a request: each has a time to bring it, and the oldest goes when there are too many."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Waiting:
    """The connections that wait for their client, the longest waiting first: at most ``most``, ``seconds`` each."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._timers: dict[H11Protocol, asyncio.TimerHandle] = {}

    def enter(self, connection: H11Protocol, *, anew: bool = False) -> None:
        """Begin to wait, or go on; ``anew`` gives the full time again."""
        if connection in self._timers and not anew:
            return
        self.leave(connection)
        give_up = connection.transport.abort
        self._timers[connection] = connection.loop.call_later(self._seconds, give_up)
        if len(self._timers) > self._most:
            oldest = next(iter(self._timers))
            self.leave(oldest)
            oldest.transport.abort()

    def leave(self, connection: H11Protocol) -> None:
        """Stop to wait: the request is here, or the connection is gone."""
        if timer := self._timers.pop(connection, None):
            timer.cancel()


class Patient(H11Protocol):
    """A connection whose client has a time for the head of a request, and for each further part of its body.

    The server itself would wait without end: its timer runs only after an answer, until the next byte.
    """

    def __init__(self, waiting: Waiting, **named: Any) -> None:
        super().__init__(**named)
        self._waiting = waiting

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait."""
        super().connection_made(transport)
        self._waiting.enter(self)

    def data_received(self, data: bytes) -> None:
        """Look what is still missing."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._waiting.leave(self)
        super().connection_lost(exc)

    def _look(self) -> None:
        match self.conn.their_state:
            case h11.IDLE:
                self._waiting.enter(self)
            case h11.SEND_BODY:
                self._waiting.enter(self, anew=True)
            case _:
                self._waiting.leave(self)
