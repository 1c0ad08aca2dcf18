"""``groundsight serve encoders``: the encoder service behind the same rules as the MCP door."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mcp.server.transport_security import TransportSecurityMiddleware
from starlette.requests import Request

from groundsight.doors.encoder_service import EncoderService
from groundsight.doors.entrance import Entrance
from groundsight.doors.http import refuse_open_bind, transport_security
from groundsight.doors.listen import Listener, Monitored, Probes
from groundsight.doors.tokens import TokenCheck
from groundsight.errors import GroundsightError
from groundsight.tools.gate import internal_error

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from groundsight.server_settings import Server
    from groundsight.settings import Settings


class Guarded:
    """Checks Host and Origin, and what the token may, before the application."""

    def __init__(self, app: ASGIApp, server: Server, entrance: Entrance) -> None:
        self._app, self._entrance = app, entrance
        self._names = TransportSecurityMiddleware(transport_security(server))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)
        refused = await self._names.validate_request(request) or self._entrance.lacking(request, "read")
        return await (refused or self._app)(scope, receive, send)


def encoder_app(service: EncoderService, settings: Settings) -> Monitored:
    """Return the whole application: the service behind its checks, probes and metrics."""
    server = settings.server
    entrance = Entrance(TokenCheck.open(server, settings.governance), service.metrics)
    probes = Probes(lambda: "" if service.loaded else "loading", service.metrics)
    return Monitored(Guarded(service.app(), server, entrance), probes, entrance)


def serve_encoders(settings: Settings) -> None:
    """Listen at once, load the models meanwhile, and serve until stopped.

    Raises:
        GroundsightError: the models can't be loaded, or the settings would open the service to strangers.
    """
    refuse_open_bind(settings.server)
    service = EncoderService(settings)
    listener = Listener(encoder_app(service, settings), settings.server)
    failed: list[GroundsightError] = []

    def load() -> None:
        try:
            service.load()
        except GroundsightError as error:
            failed.append(error)
        except Exception as error:  # noqa: BLE001 - the thread belongs to the door
            failed.append(internal_error("load", error))
        if failed:
            listener.stop()

    threading.Thread(target=load, name="load", daemon=True).start()
    listener.run("/v1/models")
    if failed:
        raise failed[0]
    service.close()
