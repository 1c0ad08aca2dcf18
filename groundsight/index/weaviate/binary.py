"""A local server binary, started on loopback for a developer; nothing is ever downloaded."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from groundsight.errors import BackendDown, ConfigError
from groundsight.settings import WeaviateSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
START_SECONDS = 60.0
LOG = "server.log"


class LocalServer:
    """A server that this process started; it ends with ``stop``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Return the process number."""
        return self._process.pid

    def stop(self) -> None:
        """Let the server write everything to disk and end."""
        self._process.terminate()
        self._process.wait(30)


def start_if_needed(settings: WeaviateSettings) -> LocalServer | None:
    """Start the configured binary unless a server answers already; return it when it was started here.

    Raises:
        ConfigError: the binary can't be run, or the host is not this machine.
        BackendDown: the server ended or was not ready within a minute.
    """
    if settings.binary is None or _ready(settings):
        return None
    if settings.host not in LOOPBACK:
        raise ConfigError(
            "a local server can only be started on this machine",
            which="weaviate.host",
            next_step="remove weaviate.binary, or set weaviate.host = '127.0.0.1'",
        )
    process = _launch(settings, settings.binary.expanduser())
    _wait(settings, process)
    return LocalServer(process)


def _launch(settings: WeaviateSettings, binary: Path) -> subprocess.Popen[bytes]:
    data = settings.data.expanduser()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (data / LOG).open("ab") as log:
            return subprocess.Popen(
                [str(binary), "--host", "127.0.0.1", "--port", str(settings.http_port), "--scheme", "http"],
                env={**os.environ, **_environment(settings, data)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise ConfigError(
            f"the server binary can't be started: {error.strerror}",
            which="weaviate.binary",
            next_step="name a Weaviate server program that may be executed, and a data folder that may be written",
        ) from error


def _environment(settings: WeaviateSettings, data: Path) -> dict[str, str]:
    first = settings.http_port + 2
    named = ("CLUSTER_GOSSIP_BIND_PORT", "CLUSTER_DATA_BIND_PORT", "RAFT_PORT", "RAFT_INTERNAL_RPC_PORT")
    return {
        **{name: str(first + number) for number, name in enumerate(named)},
        "PERSISTENCE_DATA_PATH": str(data),
        "GRPC_PORT": str(settings.grpc_port),
        "CLUSTER_HOSTNAME": "local",
        "CLUSTER_IN_LOCALHOST": "true",
        "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
        "RAFT_BOOTSTRAP_EXPECT": "1",
        "RAFT_JOIN": f"local:{first + 2}",
        "AUTOSCHEMA_ENABLED": "false",
        "DISABLE_TELEMETRY": "true",
        "ENABLE_MODULES": "",
        "DEFAULT_VECTORIZER_MODULE": "none",
        "GO_PROFILING_DISABLE": "true",
        "LOG_LEVEL": "warning",
        **_authentication(settings),
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


def _wait(settings: WeaviateSettings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _ready(settings):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise BackendDown(
                "the local Weaviate server did not become ready",
                limit=f"{START_SECONDS:.0f} s",
                next_step=f"read {LOG} in the folder of weaviate.data",
            )
        time.sleep(0.1)


def _ready(settings: WeaviateSettings) -> bool:
    address = f"http://{settings.host}:{settings.http_port}/v1/.well-known/ready"
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
