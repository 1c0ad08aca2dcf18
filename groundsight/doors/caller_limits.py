"""Before a call over HTTP is served: how many requests one caller may send, and which scope its token needs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from groundsight.doors.entrance import Entrance, access_of
from groundsight.doors.strangers import come_again
from groundsight.governance.limits import RateLimiter
from groundsight.tools.registry import tools

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Asgi

    from groundsight.doors.access import Access
    from groundsight.server_settings import Scope

MOST_BYTES, STREAMS = 4 * 1024 * 1024, 64
CALLING, READING = "tools/call", ("resources/read", "resources/subscribe", "completion/complete")
SCOPES: dict[str, Scope] = {
    spec.name: "admin" if spec.admin else "ingest" for spec in tools(writable=True, admin=True) if spec.writes
}


class CallerLimits:
    """Counts the requests of each caller with a token, and asks for a wider token where its issuer can be asked.

    The tools check the same rights and say so in their words; here a client learns of it in the way of OAuth.
    """

    def __init__(self, app: ASGIApp, entrance: Entrance, limiter: RateLimiter, at_once: int) -> None:
        self._app, self._entrance, self._limiter, self._at_once = app, entrance, limiter, at_once
        self._under_way: Counter[tuple[str, bool]] = Counter()

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        """Serve one request."""
        access = access_of(scope)
        if access is None:
            return await self._app(scope, receive, send)
        if refused := self._refusal(access, scope["method"]):
            return await refused(scope, receive, send)
        with self._counted(access, scope["method"]):
            return await self._within(access, Request(scope, receive), send)

    def _refusal(self, access: Access, method: str) -> Response | None:
        if wait := self._limiter.wait(access.caller):
            return come_again("of this caller (governance.calls_per_second, .burst)", wait)
        self._limiter.admit(access.caller)
        most = STREAMS if method == "GET" else self._at_once
        if self._under_way[access.caller, method == "GET"] >= most:
            return come_again(f"of this caller at once: {most} (server.requests_at_once)", 1)
        return None

    @contextmanager
    def _counted(self, access: Access, method: str) -> Generator[None]:
        # A stream that stays open holds no thread, so it does not count against the calls.
        key = (access.caller, method == "GET")
        self._under_way[key] += 1
        try:
            yield
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]

    async def _within(self, access: Access, request: Request, send: Send) -> None:
        wants_nothing = access.may("read") and access.may("ingest")
        if request.method != "POST" or wants_nothing or not access.can_be_widened:
            return await self._app(request.scope, request.receive, send)
        try:
            body = await _body(request)
        except ClientDisconnect:  # nobody is left to answer
            return None
        if len(body) > MOST_BYTES:
            too_large = JSONResponse({"error": "the request is too large"}, status_code=413)
            return await too_large(request.scope, request.receive, send)
        needed = needed_scope(body)
        refused = self._entrance.lacking(request, needed) if needed else None
        return await (refused or self._app)(request.scope, _again(body, request.receive), send)


async def _body(request: Request) -> bytes:
    """Return what was sent, no more of it than shows that it is too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            break
    return body


def needed_scope(body: bytes) -> Scope | None:
    """Return the scope that a message needs: none for what only tells what there is, or for what is no message."""
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    message = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    if message.get("method") in READING:
        return "read"
    if message.get("method") != CALLING or not isinstance(message.get("params"), dict):
        return None
    return SCOPES.get(message["params"].get("name"), "read")


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, then what comes after it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given
