"""What stands before the graphs of ``langgraph dev``: pages that ``langgraph.json`` names, and local host names.

The server itself keeps CORS, which hides answers from foreign pages but lets their requests through; and a name that
was made to lead to this machine makes any page a local one.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, cast

from mcp.server.transport_security import TransportSecurityMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection

from groundsight.doors.http import transport_security
from groundsight.server_settings import Server

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send


class OwnPages:
    """Refuses other host names and the pages of other origins, before anything is done for them."""

    def __init__(self, app: ASGIApp) -> None:
        http: dict[str, Any] = json.loads(os.environ.get("LANGGRAPH_HTTP") or "{}")
        pages = Server(allowed_origins=http.get("cors", {}).get("allow_origins", ()))
        self._app, self._names = app, TransportSecurityMiddleware(transport_security(pages))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refused = None
        if scope["type"] in ("http", "websocket"):
            refused = await self._names.validate_request(cast("Request", HTTPConnection(scope)))
        await (refused or self._app)(scope, receive, send)


app = Starlette(middleware=[Middleware(OwnPages)])
