"""Who may look: one machine, one secret, one origin; every answer carries rules that let nothing foreign in or out."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from groundsight.doors.http import LOOPBACK
from groundsight.doors.view.markup import el, together

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RULES = {
    "content-security-policy": "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; "
    "script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
OWN_SITE = (None, "same-origin", "none")


class Guard:
    """Lets through whoever holds the cookie that the printed address gives, by a name of this machine, from itself.

    A page of another port is the same site to a cookie, so the origin is compared whole. The body of a request has a
    stated length of at most ``most`` bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most
        self.token, self._held = secrets.token_urlsafe(32), secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = self._app if scope["type"] != "http" else self._answer(Request(scope)) or self._app

        async def ruled(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(RULES)
            await send(message)

        await answer(scope, receive, ruled)

    def _answer(self, request: Request) -> Response | None:
        port = (request.scope["server"] or ("", 0))[1]
        if request.headers.get("host") not in [f"{name}:{port}" for name in LOOPBACK]:
            return _refused(421, "This address is not served here; open the address printed by `groundsight view`.")
        if _same(request.query_params.get("token", ""), self.token) and request.method == "GET":
            return self._welcome(port)
        if not _same(request.cookies.get(_cookie(port), ""), self._held):
            return _refused(401, "Open the address printed by `groundsight view`: it holds the token.")
        if not _own(request):
            return _refused(403, "This was sent by another page.")
        return self._too_large(request)

    def _welcome(self, port: int) -> Response:
        """Hand over the cookie, and leave the address with the token: a redirect of a foreign link would lose it."""
        onwards = el("meta", http_equiv="refresh", content="0;url=/")
        shown = HTMLResponse(
            together(el("title", "Groundsight"), onwards, el("p", el("a", "Go on to Groundsight", href="/")))
        )
        shown.set_cookie(_cookie(port), self._held, httponly=True, samesite="strict")
        return shown

    def _too_large(self, request: Request) -> Response | None:
        if request.method != "POST":
            return None
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            return _refused(411, "The request has to say how long it is.")
        if int(length) > self._most:
            return _refused(413, f"This is too large. Limit: {self._most} bytes (limits.picture_bytes).")
        return None


def _own(request: Request) -> bool:
    """True when a page of this very server sent the request, or a person typed it."""
    headers = request.headers
    origin, own = headers.get("origin"), f"http://{headers['host']}"
    sent = headers.get("sec-fetch-site") in OWN_SITE and origin in (None, own)
    return sent and (request.method in ("GET", "HEAD") or origin == own)


def _cookie(port: int) -> str:
    return f"groundsight-view-{port}"


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(why, status_code=status)
