"""HTTP: loopback by default, Host and Origin checked on every bind, a token anywhere else, a status for each error."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit

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
from groundsight.server_settings import Scope

if TYPE_CHECKING:
    from socket import socket

    from mcp.server import MCPServer
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from groundsight.doors.listen import Monitored, Probes
    from groundsight.doors.tokens import TokenCheck
    from groundsight.server_settings import Server
    from groundsight.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
METADATA = "/.well-known/oauth-protected-resource"
PLACES = """\
Groundsight: search, answers and checks over documents, for programs that speak MCP.

/mcp      the tools (streamable HTTP)
/live     answers while the process lives, as does /health
/ready    answers 200 once the index does
/metrics  counts and latencies

Where this server needs a token, send it as Authorization: Bearer TOKEN.
"""


def refuse_open_bind(server: Server) -> None:
    """Refuse to listen beyond this machine without a token and without the names it answers to.

    Raises:
        ConfigError: no token at all, or ``server.allowed_hosts`` is missing.
    """
    if is_loopback(server.host):
        return
    if not (server.token or server.callers or server.jwt):
        raise ConfigError(
            "listening beyond this machine needs a token",
            which=f"server.host = {server.host!r}",
            next_step="set GROUNDSIGHT_SERVER__TOKEN, server.callers or server.jwt, or listen on 127.0.0.1",
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


def http_app(mcp: MCPServer[Any], server: Server, scopes: Sequence[str] = ()) -> Starlette:
    """Return the ASGI application: ``/mcp``, ``/health``, ``/``, and where tokens come from an issuer, who that is.

    Several workers keep no session of the handshake era: any of them may get the next request.
    """
    from starlette.responses import JSONResponse, PlainTextResponse

    @mcp.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @mcp.custom_route("/", methods=["GET"])
    async def places(_: Request) -> Response:
        return PlainTextResponse(PLACES)

    _ = (health, places)
    app = mcp.streamable_http_app(
        transport_security=transport_security(server), host=server.host, stateless_http=server.workers > 1
    )
    if server.jwt and server.url:
        app.routes.append(_metadata_route(server.url, server.jwt.issuer, scopes))
    return app


def metadata_url(server: Server) -> str:
    """Return the address of the protected-resource metadata (RFC 9728), empty where no issuer gives out tokens."""
    if not (server.jwt and server.url):
        return ""
    parts = urlsplit(server.url)
    return f"{parts.scheme}://{parts.netloc}{METADATA}{parts.path.rstrip('/')}"


def _metadata_route(url: str, issuer: str, scopes: Sequence[str]) -> Route:
    from mcp.server.auth.handlers.metadata import ProtectedResourceMetadataHandler
    from mcp.server.auth.routes import cors_middleware
    from mcp.shared.auth import ProtectedResourceMetadata
    from starlette.routing import Route

    told = {"resource": url, "authorization_servers": [issuer], "scopes_supported": [*scopes]}
    metadata = ProtectedResourceMetadata.model_validate({**told, "resource_name": "Groundsight"})
    answer = cors_middleware(ProtectedResourceMetadataHandler(metadata).handle, ["GET", "OPTIONS"])
    path = METADATA + urlsplit(url).path.rstrip("/")
    return Route(path, endpoint=answer, methods=["GET", "OPTIONS"])


def monitored_app(
    mcp: MCPServer[Any], settings: Settings, probes: Probes, tokens: TokenCheck | None = None
) -> Monitored:
    """Return the whole application: probes, access log, tokens, limits of each caller, then ``http_app``."""
    from groundsight.doors.access_log import AccessLog
    from groundsight.doors.caller_limits import CallerLimits
    from groundsight.doors.entrance import Entrance
    from groundsight.doors.listen import Monitored
    from groundsight.governance.audit import AuditLog
    from groundsight.governance.limits import limiter_of

    server = settings.server
    metadata = metadata_url(server)
    public = ("/", urlsplit(metadata).path) if metadata else ("/",)
    entrance = Entrance(tokens, probes.metrics, metadata=metadata, public=public)
    app = http_app(mcp, server, tokens.named(get_args(Scope)) if tokens else ())
    limited = CallerLimits(app, entrance, limiter_of(settings, "http"), server.requests_at_once)
    hashed = AuditLog(settings.home / "audit").fingerprint
    log = AccessLog(hashed, (*public, "/mcp", "/metrics")) if server.access_log else None
    return Monitored(limited, probes, entrance, log)


def serve_http(
    mcp: MCPServer[Any],
    settings: Settings,
    probes: Probes,
    tokens: TokenCheck | None = None,
    sockets: Sequence[socket] = (),
) -> None:
    """Listen until stopped, on ``sockets`` where these are bound already."""
    from groundsight.doors.listen import Listener

    refuse_open_bind(settings.server)
    Listener(monitored_app(mcp, settings, probes, tokens), settings.server, sockets).run("/mcp")


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
