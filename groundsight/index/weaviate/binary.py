"""A local server binary, started on loopback for a developer; nothing is ever downloaded."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from groundsight.errors import BackendDown, ConfigError
from groundsight.settings import WeaviateSettings

LOOPBACK = ("127.0.0.1", "localhost")
START_SECONDS, STOP_SECONDS, KILL_SECONDS = 60.0, 30.0, 5.0
LOG, LOCK, USERS, PID = "server.log", "server.lock", "server.users", "server.pid"
# The number of the open file by which the server holds its lock.
LEFT_OPEN = 9
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LocalServer:
    """This process's share of a server that Groundsight started; the server ends with the last share.

    All that is known of it lies in the data folder: ``server.lock`` is held by whoever starts or ends it,
    ``server.users`` is shared by all who use it, and ``server.pid`` is locked by the server itself as long as it
    lives. The system lets go of a lock when its holder dies, however that happens.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._share = _locked(data / USERS, shared=True)

    def stop(self) -> None:
        """Give the share back; if it was the last, let the server write everything to disk and end."""
        if self._share is None:
            return
        with _starting(self._data):
            os.close(self._share)
            self._share = None
            alone = _locked(self._data / USERS)
            if alone is not None:
                _end(self._data)
                os.close(alone)


def start_if_needed(settings: WeaviateSettings) -> LocalServer | None:
    """Share the server of the configured binary, started here unless another process did; None without a binary.

    A server at this address that was not started from this data folder is used and left alone.

    Raises:
        ConfigError: the binary can't be run, or the settings ask for what it can't give.
        BackendDown: the server ended or was not ready within a minute.
    """
    if settings.binary is None:
        return None
    _require_local(settings)
    data = _folder(settings)
    with _starting(data):
        if is_ready(settings.host, settings.http_port):
            return LocalServer(data) if _runs(data) else None
        _launch(settings, settings.binary.expanduser(), data)
        _wait(settings, data)
        return LocalServer(data)


def _require_local(settings: WeaviateSettings) -> None:
    if settings.host not in LOOPBACK:
        raise ConfigError(
            "a local server can only be started on this machine",
            which="weaviate.host",
            next_step="remove weaviate.binary, or set weaviate.host = '127.0.0.1'",
        )
    if settings.secure or settings.oidc_token or settings.oidc_client_secret:
        raise ConfigError(
            "a local server is started without TLS and OIDC",
            which="weaviate.binary",
            next_step="remove weaviate.secure and weaviate.oidc_*; weaviate.api_key may stay",
        )


def _folder(settings: WeaviateSettings) -> Path:
    data = settings.data.expanduser()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(error) from error
    return data


def _launch(settings: WeaviateSettings, binary: Path, data: Path) -> None:
    """Start the server, which inherits the lock on ``server.pid`` and so shows that it lives."""
    mark = _locked(data / PID)
    if mark is None:
        raise BackendDown(
            "the server of this data folder runs but does not answer at this address",
            which="weaviate.data",
            next_step="set weaviate.http_port as when it was started, or end it",
        )
    try:
        os.ftruncate(mark, 0)
        with (data / LOG).open("ab") as log, Path(os.devnull).open("rb") as nothing:
            streams = ((nothing.fileno(), 0), (log.fileno(), 1), (log.fileno(), 2), (mark, LEFT_OPEN))
            # A server that others still use outlives this process: it is no child to wait for.
            pid = os.posix_spawn(
                binary,
                [str(binary), "--host", "127.0.0.1", "--port", str(settings.http_port), "--scheme", "http"],
                {**os.environ, **_environment(settings, data)},
                file_actions=[(os.POSIX_SPAWN_DUP2, here, there) for here, there in streams],
                setsid=True,
            )
        os.write(mark, str(pid).encode())
    except OSError as error:
        raise _unusable(error) from error
    finally:
        os.close(mark)


def _unusable(error: OSError) -> ConfigError:
    return ConfigError(
        f"the server binary can't be started: {error.strerror}",
        which="weaviate.binary",
        next_step="name a Weaviate server program that may be executed, and a data folder that may be written",
    )


def _locked(path: Path, *, shared: bool = False, wait: bool = False) -> int | None:
    """Open a file and lock it, alone or with others; None when it can't be had without waiting."""
    # Not on Windows, for which no such server exists either.
    import fcntl

    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        return None
    return file


@contextmanager
def _starting(data: Path) -> Generator[None]:
    """Start and end servers one process at a time; whoever waits here waits for a start that has its own limit."""
    file = _locked(data / LOCK, wait=True)
    try:
        yield
    finally:
        if file is not None:
            os.close(file)


def _runs(data: Path) -> bool:
    file = _locked(data / PID)
    if file is not None:
        os.close(file)
    return file is None


def _end(data: Path) -> None:
    """Ask the server to end, then make it; when it was started by this process, forget it as a child."""
    written = (data / PID).read_text()
    if not written:
        return
    pid = int(written)
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        deadline = time.monotonic() + seconds
        if _runs(data):
            os.kill(pid, sign)
        while _runs(data) and time.monotonic() < deadline:
            time.sleep(0.05)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _environment(settings: WeaviateSettings, data: Path) -> dict[str, str]:
    alone = node_environment("local", settings.http_port, settings.grpc_port, str(data))
    return {**alone, **_authentication(settings)}


def node_environment(name: str, http_port: int, grpc_port: int, data: str) -> dict[str, str]:
    """Return the server's settings for a node alone on loopback; it takes the four ports from ``http_port + 2``."""
    first = http_port + 2
    named = ("CLUSTER_GOSSIP_BIND_PORT", "CLUSTER_DATA_BIND_PORT", "RAFT_PORT", "RAFT_INTERNAL_RPC_PORT")
    return {
        **{variable: str(first + number) for number, variable in enumerate(named)},
        "PERSISTENCE_DATA_PATH": data,
        "GRPC_PORT": str(grpc_port),
        "CLUSTER_HOSTNAME": name,
        "CLUSTER_IN_LOCALHOST": "true",
        "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
        "RAFT_BOOTSTRAP_EXPECT": "1",
        "RAFT_JOIN": f"{name}:{first + 2}",
        "AUTOSCHEMA_ENABLED": "false",
        "DISABLE_TELEMETRY": "true",
        "ENABLE_MODULES": "",
        "DEFAULT_VECTORIZER_MODULE": "none",
        "GO_PROFILING_DISABLE": "true",
        "LOG_LEVEL": "warning",
    }


def _authentication(settings: WeaviateSettings) -> dict[str, str]:
    if settings.api_key is None:
        return {"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"}
    return {
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
        "AUTHENTICATION_APIKEY_ENABLED": "true",
        "AUTHENTICATION_APIKEY_ALLOWED_KEYS": settings.api_key.get_secret_value(),
        "AUTHENTICATION_APIKEY_USERS": "groundsight",
    }


def _wait(settings: WeaviateSettings, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(settings.host, settings.http_port):
        ended = not _runs(data)
        if ended or time.monotonic() > deadline:
            _end(data)
            raise BackendDown(
                f"the local Weaviate server {'ended before it was' if ended else 'did not become'} ready",
                limit="" if ended else f"{START_SECONDS:.0f} s",
                next_step=f"read {LOG} in the folder of weaviate.data",
            )
        time.sleep(0.1)


def is_ready(host: str, http_port: int) -> bool:
    """True when a server at this address takes calls."""
    address = f"http://{host}:{http_port}/v1/.well-known/ready"
    try:
        with _DIRECT.open(address, timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
