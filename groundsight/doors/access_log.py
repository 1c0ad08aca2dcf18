"""The access log: one line for each request over HTTP with who (a keyed hash), what, how long and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from groundsight.doors.entrance import access_of

if TYPE_CHECKING:
    from mcp_types import CallToolResult
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("groundsight.access")
CALL, NOBODY, HASH_CHARS = "groundsight.call", "-", 16
METHODS = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD"})


class AccessLog:
    """Writes lines that hold no word of a person: no address, query, header, argument or error text.

    ``hashed`` is the keyed hash of a caller, ``paths`` those that are named; any other is ``-``.
    """

    def __init__(self, hashed: Callable[[str], str], paths: Collection[str]) -> None:
        self._hashed, self._paths = lru_cache(maxsize=10_000)(hashed), frozenset(paths)
        log.setLevel(logging.INFO)

    async def around(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and write its line; one whose client went away before any answer has status 499."""
        start, status = time.perf_counter(), 499

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watched)
        finally:
            self._write(scope, status, time.perf_counter() - start)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        access = access_of(scope)
        who = self._hashed(access.caller)[:HASH_CHARS] if access else NOBODY
        method = scope["method"] if scope["method"] in METHODS else NOBODY
        path = scope["path"] if scope["path"] in self._paths else NOBODY
        call = " ".join(scope.get(CALL, (NOBODY, NOBODY)))
        log.info("%s %s %s %s %d %.3f s", who, method, path, call, status, seconds)


def note_call(request: object, tool: str, ended: CallToolResult) -> None:
    """Tell the line of a request over HTTP which tool it called and how that ended: both are names from the code."""
    if isinstance(request, Request):
        told: dict[str, Any] = ended.structured_content or {}
        request.scope[CALL] = (tool, str(told["error"]["code"]) if ended.is_error else "OK")
