"""A server binary of one's own is started on loopback, shared by all who name it, and nothing is downloaded."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from groundsight.errors import BackendDown, ConfigError
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.client import library
from groundsight.settings import WeaviateSettings
from tests.build import make_text_entry
from tests.index_workers import ALL
from tests.weaviate_house import NEEDS_SERVER, running_program

ROOT = Path(__file__).resolve().parent.parent
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="finds the server program through /proc")
# Opens the index, says so, and holds it until told to close it.
USER = """
import itertools, sys
from groundsight.index.weaviate import WeaviateIndex
from groundsight.settings import WeaviateSettings
index = WeaviateIndex.open(WeaviateSettings.model_validate_json(sys.argv[1]))
for line in itertools.chain(["open"], sys.stdin):
    print(index.version(), flush=True)
index.close()
"""


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody uses, from a range of this test process alone."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for first in range(21_000 + 500 * worker, 21_500 + 500 * worker, 10):
        try:
            for port in range(first, first + count):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def program(folder: Path, then: str) -> Path:
    """A server program that notes each start, then does something."""
    path = folder / "server"
    path.write_text(f"#!/bin/sh\necho started >> {folder}/starts\n{then}\n")
    path.chmod(0o755)
    return path


def settings_with(folder: Path, then: str) -> WeaviateSettings:
    first = free_ports(8)
    return WeaviateSettings(
        binary=program(folder, then), http_port=first, grpc_port=first + 1, data=folder / "data", vector_index="flat"
    )


def real() -> str:
    """Run what the shared server runs."""
    return f'exec {running_program()} "$@"'


def starts(folder: Path) -> int:
    return len((folder / "starts").read_text().split())


def assert_gone(settings: WeaviateSettings) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", settings.http_port)).close()


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("the client's own download was touched")


@NEEDS_SERVER
@NEEDS_PROC
def test_a_local_binary_is_started_used_and_stopped_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = settings_with(tmp_path, real())
    embedded = library().embedded
    for kind in (embedded.EmbeddedV4, embedded._EmbeddedBase):
        monkeypatch.setattr(kind, "__init__", forbidden)
    monkeypatch.setattr("urllib.request.urlretrieve", forbidden)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    index = WeaviateIndex.open(settings)
    index.upsert([make_text_entry("a.txt", "words")])
    assert index.count(ALL).units == 1
    index.close()
    assert_gone(settings)


class User:
    """Another process that uses the index."""

    def __init__(self, settings: WeaviateSettings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, settings.model_dump_json()],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def answers(self) -> bool:
        assert self.process.stdout is not None
        return bool(self.process.stdout.readline().strip())

    def ask(self) -> bool:
        assert self.process.stdin is not None
        self.process.stdin.write("and now\n")
        self.process.stdin.flush()
        return self.answers()

    def end(self, how: Callable[[subprocess.Popen[str]], object]) -> None:
        with self.process:
            how(self.process)


@NEEDS_SERVER
@NEEDS_PROC
def test_processes_share_one_server_which_ends_with_the_last_of_them(tmp_path: Path):
    settings = settings_with(tmp_path, real())
    users = [User(settings), User(settings)]
    assert [user.answers() for user in users] == [True, True]
    users[0].end(lambda process: process.communicate())
    assert users[1].ask()
    users[1].end(lambda process: process.kill())
    index = WeaviateIndex.open(settings)
    assert index.count(ALL).units == 0
    assert starts(tmp_path) == 1
    index.close()
    assert_gone(settings)


def test_a_server_that_ends_at_once_is_named_with_its_log(tmp_path: Path):
    settings = settings_with(tmp_path, "echo no licence; exit 3")
    with pytest.raises(BackendDown, match="ended before it was ready") as raised:
        WeaviateIndex.open(settings)
    assert "server.log" in raised.value.next_step
    assert "no licence" in (settings.data / "server.log").read_text()


def test_a_binary_that_is_none_is_a_setting_to_correct(tmp_path: Path):
    settings = WeaviateSettings(binary=tmp_path / "absent", http_port=9, grpc_port=10, data=tmp_path / "data")
    with pytest.raises(ConfigError, match="binary"):
        WeaviateIndex.open(settings)


def test_no_binary_is_started_for_another_machine(tmp_path: Path):
    settings = WeaviateSettings(binary=tmp_path / "any", host="192.0.2.1", http_port=9, grpc_port=10, data=tmp_path)
    with pytest.raises(ConfigError, match="this machine"):
        WeaviateIndex.open(settings)


@pytest.mark.parametrize("values", [{"secure": True}, {"oidc_token": "any"}, {"oidc_client_secret": "any"}])
def test_what_a_local_server_can_not_give_is_refused(tmp_path: Path, values: dict[str, object]):
    settings = WeaviateSettings.model_validate({"binary": tmp_path / "any", "data": tmp_path, **values})
    with pytest.raises(ConfigError, match="without TLS"):
        WeaviateIndex.open(settings)
