"""HTTP: loopback by default, Host and Origin checked on every bind, a token anywhere else, a status for each error."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from groundsight.errors import (
    ConfigError,
    Fixable,
    GroundsightError,
    LimitExceeded,
    ModelFailed,
    NotFound,
    Refused,
    Retryable,
)

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from groundsight.doors.listen import Probes
    from groundsight.doors.tokens import TokenCheck
    from groundsight.settings import Server

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def refuse_open_bind(server: Server) -> None:
    """Refuse to listen beyond this machine without a token and without the names it answers to.

    Raises:
        ConfigError: no token at all, or ``server.allowed_hosts`` is missing.
    """
    if is_loopback(server.host):
        return
    if server.token is None and not server.callers:
        raise ConfigError(
            "listening beyond this machine needs a token",
            which=f"server.host = {server.host!r}",
            next_step="set GROUNDSIGHT_SERVER__TOKEN or server.callers, or listen on 127.0.0.1",
        )
    if not server.allowed_hosts:
        raise ConfigError(
            "listening beyond this machine needs the host names that clients use",
            which="server.allowed_hosts",
            next_step="set server.allowed_hosts, for example ['search.example.org']",
        )


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine reaches."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def transport_security(server: Server) -> TransportSecuritySettings:
    """Return the Host and Origin rules; the SDK drops them on other binds unless they are given."""
    from mcp.server.transport_security import TransportSecuritySettings

    hosts = [f"{name}:*" for name in LOOPBACK] if is_loopback(server.host) else []
    origins = [f"http://{name}:*" for name in LOOPBACK] if is_loopback(server.host) else []
    named = [form for name in server.allowed_hosts for form in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[*hosts, *named],
        allowed_origins=[*origins, *server.allowed_origins],
    )


def http_app(mcp: MCPServer[Any], server: Server) -> Starlette:
    """Return the ASGI application: ``/mcp`` and ``/health``."""
    from starlette.responses import JSONResponse

    @mcp.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    _ = health
    return mcp.streamable_http_app(transport_security=transport_security(server), host=server.host)


def serve_http(mcp: MCPServer[Any], server: Server, probes: Probes, tokens: TokenCheck | None = None) -> None:
    """Listen until stopped."""
    from groundsight.doors.listen import Listener, Monitored

    refuse_open_bind(server)
    Listener(Monitored(http_app(mcp, server), probes, tokens), server).run("/mcp")


def status_of(error: GroundsightError) -> int:
    """Return the HTTP status of an error: it tells machines whether to wait, to change the request or to give up."""
    match error:
        case NotFound():
            return 404
        case Refused():
            return 403
        case LimitExceeded():
            return 413
        case Fixable():
            return 400
        case Retryable() if not isinstance(error, ModelFailed):
            return 503
        case _:
            return 500
