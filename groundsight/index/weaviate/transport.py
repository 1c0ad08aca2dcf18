"""How calls reach a Weaviate server: TLS for both ports, bounded waits, and a login renewed between calls."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from groundsight.errors import ConfigError
from groundsight.index.weaviate.faults import Unreachable
from groundsight.index.weaviate.login import Login
from groundsight.settings import WeaviateSettings

# The default waits up to two minutes before it tries a server again that was away. A proxy that the environment
# names would get the one port and not the other.
CHANNEL = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100),
           ("grpc.max_reconnect_backoff_ms", 1000), ("grpc.enable_http_proxy", 0)]  # fmt: skip


@dataclass(frozen=True)
class Trust:
    """Whose certificates are believed: for HTTP, and as PEM for gRPC (None: the public authorities)."""

    http: ssl.SSLContext | bool = True
    pem: bytes | None = None


def trust(settings: WeaviateSettings) -> Trust:
    """Read ``ca_file``; what it holds is then trusted alone.

    Raises:
        ConfigError: the file can't be used, or TLS is off.
    """
    if settings.ca_file is None:
        return Trust()
    if not settings.secure:
        raise ConfigError(
            "a certificate authority is named, but TLS is off",
            which="weaviate.ca_file",
            next_step="set weaviate.secure = true",
        )
    path = settings.ca_file.expanduser()
    try:
        pem = path.read_bytes()
        return Trust(ssl.create_default_context(cafile=str(path)), pem)
    except OSError as error:
        reason = "it holds no PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"the certificate authority can't be read: {reason}",
            which="weaviate.ca_file",
            next_step="name a file with the certificates, in PEM, that signed those of the server",
        ) from error


def http_client(settings: WeaviateSettings, headers: Any, trusted: Trust, login: Login | None) -> Any:
    """Return the client for the REST port; the library's own takes no authority and waits 5 s to connect."""
    import httpx

    def hasten(request: Any) -> None:
        request.extensions["timeout"]["connect"] = settings.connect_seconds

    hooks: dict[str, list[Callable[..., Any]]] = {"request": [hasten]}
    signing = _signing(login) if login else None
    return httpx.Client(headers=headers, verify=trusted.http, trust_env=False, auth=signing, event_hooks=hooks)


def _signing(login: Login) -> Any:
    """Sign a request with the token of now; with a new one when the server refuses that."""
    import httpx

    class Signing(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["authorization"] = header = login.header()
            answer = yield request
            if answer.status_code == 401:
                login.forget(header)
                request.headers["authorization"] = login.header()
                yield request

    return Signing()


def channel_credentials(trusted: Trust) -> Any:
    """Return what the gRPC port is verified with, None for the library's choice of public authorities."""
    import grpc

    return grpc.ssl_channel_credentials(root_certificates=trusted.pem) if trusted.pem else None


class FailFast:
    """The client sleeps 31 seconds over a server that is away; behind this its calls fail at once instead.

    It also signs the calls with the login, where there is one; with a new token when the server refuses that of now.
    """

    def __init__(self, stub: Any, login: Login | None) -> None:
        self._stub, self._login = stub, login

    def __getattr__(self, name: str) -> Callable[..., Any]:
        import grpc

        method = getattr(self._stub, name)

        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return self._signed(method, arguments, named) if self._login else method(*arguments, **named)
            except grpc.RpcError as error:
                raise Unreachable(status(error)) from None

        return call

    def _signed(self, method: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        import grpc

        assert self._login is not None
        plain, header = tuple(named.pop("metadata", None) or ()), self._login.header()
        try:
            return method(*arguments, metadata=(*plain, ("authorization", header)), **named)
        except grpc.RpcError as error:
            # Server 1.35 says UNKNOWN here, with the reason in words.
            if "unauthorized" not in status(error) and "UNAUTHENTICATED" not in status(error):
                raise
        self._login.forget(header)
        return method(*arguments, metadata=(*plain, ("authorization", self._login.header())), **named)


def status(error: Any) -> str:
    """Return name and details of a gRPC status, never its headers."""
    return f"{error.code().name} {error.details()}" if callable(getattr(error, "code", None)) else type(error).__name__
