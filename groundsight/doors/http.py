"""The MCP door over HTTP: loopback by default, Host and Origin checked on every bind, a token anywhere else."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Any

from groundsight.errors import ConfigError
from groundsight.types import Principal

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.auth.provider import AccessToken
    from mcp.server.transport_security import TransportSecuritySettings
    from pydantic import SecretStr
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from groundsight.doors.listen import Probes
    from groundsight.settings import Governance, Server

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class TokenCheck:
    """Knows the tokens of the settings and who calls with each of them.

    ``server.token`` stands for the identity in ``governance``; each of ``server.callers`` for its own.
    """

    def __init__(self, server: Server, governance: Governance) -> None:
        self._known: list[tuple[bytes, Principal]] = []
        if server.token:
            local = governance.model_dump(include={"tenant", "user", "region", "labels"})
            self._known.append((_secret(server.token), Principal(**local, may_write=True)))
        for caller in server.callers:
            who = Principal.model_validate(caller.model_dump(exclude={"token"}))
            self._known.append((_secret(caller.token), who))

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the access that a bearer token gives, None for an unknown one."""
        from mcp.server.auth.provider import AccessToken

        who = self.principal(token)
        if who is None:
            return None
        return AccessToken(
            token=token, client_id="groundsight", scopes=["groundsight"], subject=f"{who.tenant}/{who.user}"
        )

    def principal(self, token: str) -> Principal | None:
        """Return who calls with this token; every known token is compared, in constant time."""
        given = token.encode("utf-8", "replace")
        matching = [who for known, who in self._known if hmac.compare_digest(given, known)]
        return matching[0] if matching else None

    def present(self) -> Principal | None:
        """Return who makes the call that is being served."""
        from mcp.server.auth.middleware.auth_context import get_access_token

        access = get_access_token()
        return self.principal(access.token) if access else None


def _secret(token: SecretStr) -> bytes:
    return token.get_secret_value().encode()


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


def serve_http(
    mcp: MCPServer[Any], server: Server, probes: Probes | None = None, tokens: TokenCheck | None = None
) -> None:
    """Listen until stopped, with ``/ready`` and ``/metrics`` where probes are given."""
    from groundsight.doors.listen import Listener, Monitored

    refuse_open_bind(server)
    app = http_app(mcp, server)
    Listener(Monitored(app, probes, tokens) if probes else app, server).run("/mcp")
