"""Real Weaviate servers for tests: started once, on loopback, with a fresh collection for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from groundsight.settings import WeaviateSettings

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "GROUNDSIGHT_WEAVIATE_START"
REASON = f"no Weaviate server: set {VARIABLE} to a program that starts one"
_NUMBERS = count(1)


def starter() -> Path | None:
    """Return the program that starts servers, None when this machine has none."""
    named = Path(os.environ.get(VARIABLE, ROOT.parent / "shared" / "bin" / "weaviate-start"))
    return named if os.access(named, os.X_OK) else None


NEEDS_SERVER = pytest.mark.skipif(starter() is None, reason=REASON)


@dataclass(frozen=True)
class Node:
    """A running node."""

    name: str
    pid: int
    http_port: int
    grpc_port: int
    data: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


SERVER = {"AUTOSCHEMA_ENABLED": "false"}


def start(
    data: Path, *options: str, port: int | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Node, ...]:
    """Start nodes and wait until they are ready."""
    program = starter()
    assert program is not None
    extra = {"WEAVIATE_PORT0": str(port)} if port else {}
    done = subprocess.run(
        [program, "--data", data, *options],
        env={**os.environ, **SERVER, **extra, **(environment or {})},
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    lines = (line.split() for line in done.stdout.splitlines())
    return tuple(Node(name, int(pid), int(http), int(grpc), Path(at)) for name, pid, http, grpc, at in lines)


def settings_for(node: Node, collection: str = "", **values: object) -> WeaviateSettings:
    """Settings for a node, with a collection of its own."""
    named = collection or f"T{os.getpid()}x{next(_NUMBERS)}"
    known = {"http_port": node.http_port, "grpc_port": node.grpc_port, "vector_index": "flat"}
    return WeaviateSettings.model_validate({**known, "collection": named, **values})


@cache
def shared_node() -> Node:
    """One server for all tests of this process, gone with it."""
    data = Path(tempfile.mkdtemp(prefix="weaviate-"))
    (node,) = start(data)

    def end() -> None:
        node.kill()
        shutil.rmtree(data, ignore_errors=True)

    atexit.register(end)
    return node
