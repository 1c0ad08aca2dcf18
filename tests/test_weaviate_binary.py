"""A server binary of one's own is started on loopback, and nothing else is."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from groundsight.errors import ConfigError
from groundsight.index.weaviate import WeaviateIndex
from groundsight.settings import WeaviateSettings
from tests.build import make_text_entry
from tests.index_workers import ALL
from tests.weaviate_house import NEEDS_SERVER, shared_node


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody uses."""
    for first in range(21_000, 60_000, 50):
        try:
            for port in range(first, first + count):
                with socket.create_server(("127.0.0.1", port)):
                    pass
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def running_binary() -> Path:
    """The program that the shared server runs."""
    return Path(os.readlink(f"/proc/{shared_node().pid}/exe"))


@NEEDS_SERVER
@pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="finds the server program through /proc")
def test_a_local_binary_is_started_used_and_stopped(tmp_path: Path):
    first = free_ports(8)
    settings = WeaviateSettings(binary=running_binary(), http_port=first, grpc_port=first + 1, data=tmp_path / "data")
    index = WeaviateIndex.open(settings)
    index.upsert([make_text_entry("a.txt", "words")])
    assert index.count(ALL).units == 1
    index.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first)).close()


def test_a_binary_that_is_none_is_a_setting_to_correct(tmp_path: Path):
    settings = WeaviateSettings(binary=tmp_path / "absent", http_port=9, grpc_port=10, data=tmp_path / "data")
    with pytest.raises(ConfigError, match="binary"):
        WeaviateIndex.open(settings)


def test_no_binary_is_started_for_another_machine(tmp_path: Path):
    settings = WeaviateSettings(binary=tmp_path / "any", host="192.0.2.1", http_port=9, grpc_port=10, data=tmp_path)
    with pytest.raises(ConfigError, match="this machine"):
        WeaviateIndex.open(settings)
