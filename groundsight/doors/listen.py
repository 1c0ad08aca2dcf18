"""Listening over HTTP: one process, its probes, and its metrics behind a token or on a port of their own."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from groundsight.doors.connections import Patient, Waiting
from groundsight.doors.entrance import Entrance
from groundsight.errors import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from groundsight.doors.access_log import AccessLog
    from groundsight.doors.tokens import TokenCheck
    from groundsight.server_settings import Server

BACKLOG = 1_000
# Together under 1,024 open files, the usual limit of a process, with room for the index.
WAITING, UNDER_WAY = 250, 500
ALIVE = ("/live", "/health")


@dataclass(frozen=True)
class Probes:
    """What a process says about itself: ``not_ready`` returns nothing once it is ready, else a reason in one word."""

    not_ready: Callable[[], str]
    metrics: CollectorRegistry


class Monitored:
    """Answers ``/live``, ``/ready`` and ``/metrics`` before the application, without looking at the host name.

    ``/metrics`` needs the scope admin where tokens are needed; the port of ``server.metrics_port`` answers it without,
    and nothing else. All but a probe pass the entrance, and of these requests 500 are served at a time.
    """

    def __init__(
        self, app: ASGIApp, probes: Probes, entrance: Entrance | TokenCheck | None, access_log: AccessLog | None = None
    ) -> None:
        self._app, self._probes, self._log = app, probes, access_log
        self._entrance = entrance if isinstance(entrance, Entrance) else Entrance(entrance, probes.metrics)
        self._under_way = 0
        self.metrics_port: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        own = await self._probed(Request(scope))
        if own:
            return await own(scope, receive, send)
        if self._log is None:
            return await self._admitted(scope, receive, send)
        return await self._log.around(self._admitted, scope, receive, send)

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        refused = await self._entrance.refusal(request) or self._guarded(request)
        if refused:
            return await refused(scope, receive, send)
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _probed(self, request: Request) -> Response | None:
        private = self.metrics_port is not None and (request.scope["server"] or ("", 0))[1] == self.metrics_port
        match request.url.path:
            case path if path in ALIVE:
                return JSONResponse({"status": "ok"})
            case "/ready":
                reason = await _in_thread(self._probes.not_ready)
                return JSONResponse({"status": reason or "ready"}, status_code=503 if reason else 200)
            case "/metrics" if private:
                return self._numbers()
            case _:
                return Response(status_code=404) if private else None

    def _guarded(self, request: Request) -> Response | None:
        if request.url.path == "/metrics":
            return self._entrance.lacking(request, "admin") or self._numbers()
        return busy() if self._under_way >= UNDER_WAY else None

    def _numbers(self) -> Response:
        return Response(generate_latest(self._probes.metrics), headers={"content-type": CONTENT_TYPE_LATEST})


async def _in_thread(work: Callable[[], str]) -> str:
    import anyio.to_thread

    return await anyio.to_thread.run_sync(work)


def busy() -> Response:
    """Ask to come again."""
    return JSONResponse({"error": "too many requests at once"}, status_code=503, headers={"retry-after": "1"})


class Listener:
    """Listens until stopped; says on stderr where, unless ``sockets`` are given. Port 0 takes a free one."""

    def __init__(self, app: ASGIApp, server: Server, sockets: Sequence[socket.socket] = ()) -> None:
        import uvicorn

        waiting = Waiting(server.request_seconds, WAITING)

        def config(port: int) -> uvicorn.Config:
            return uvicorn.Config(
                app,
                host=server.host,
                port=port,
                log_config=None,
                access_log=False,
                http=cast("Any", partial(Patient, waiting)),
                ws="none",
                timeout_keep_alive=server.request_seconds,
                proxy_headers=bool(server.proxies),
                forwarded_allow_ips=list(server.proxies),
            )

        self._host = server.host
        self._uvicorn = uvicorn.Server(config(server.port))
        self._silent = bool(sockets)
        self._sockets = list(sockets) or sockets_of(server, metrics=isinstance(app, Monitored))
        if isinstance(app, Monitored) and len(self._sockets) > 1:
            app.metrics_port = self._sockets[1].getsockname()[1]

    def run(self, path: str) -> None:
        """Serve; ``path`` is where clients begin."""
        if not self._silent:
            announce(self._host, self._sockets, path)
        self._uvicorn.run(sockets=self._sockets)

    def stop(self) -> None:
        """Finish the requests under way and return from ``run``; safe from any thread."""
        self._uvicorn.should_exit = True


def sockets_of(server: Server, *, metrics: bool, worker: int = 0) -> list[socket.socket]:
    """Listen where the settings say: for clients, and for whoever reads the metrics of a worker (its own port).

    Raises:
        ConfigError: an address can't be listened on.
    """
    found = [_bound(server.host, server.port, "server.port")] if not worker else []
    if metrics and server.metrics_port is not None:
        port = server.metrics_port + worker if server.metrics_port else 0
        found.append(_bound(server.host, port, "server.metrics_port"))
    for listening in found:
        listening.listen(BACKLOG)
    return found


def announce(host: str, sockets: Sequence[socket.socket], path: str) -> None:
    """Say on stderr where a door listens: for clients at ``path``, then the metrics of each worker."""
    for number, listening in enumerate(sockets):
        place = f"{_shown(host, listening)}{'/metrics' if number else path}"
        print(f"groundsight listens on http://{place}", file=sys.stderr, flush=True)


def _bound(host: str, port: int, setting: str) -> socket.socket:
    """Take an address; a library that listens by itself ends the process without a word that helps."""
    # Named, so that asyncio sends at once what it is given: else each reply waits 40 ms for the client's receipt.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"the address can't be listened on: {error.strerror}",
            which=f"server.host = {host}, {setting} = {port}",
            next_step="stop what listens there, or choose another with --port or --host",
        ) from error
    listening.set_inheritable(True)
    return listening


def _shown(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
