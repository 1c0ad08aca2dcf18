"""Real Weaviate nodes on loopback for measurements and tests.

They are started by the program that the environment names, else in containers where docker runs. The program takes
``--data FOLDER [--nodes N] [--only I]`` and prints ``NAME PID HTTP_PORT GRPC_PORT FOLDER`` for each node once it is
ready; ``WEAVIATE_PORT0`` sets the first of ten ports a node.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from groundsight.bench import weaviate_docker

Program = tuple[str, ...]
VARIABLE = "GROUNDSIGHT_WEAVIATE_START"
SERVER = {"AUTOSCHEMA_ENABLED": "false"}


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


def starter() -> Program | None:
    """Return the command that starts servers, None when this machine has none."""
    named = os.environ.get(VARIABLE)
    if named and os.access(named, os.X_OK):
        return (named,)
    return (sys.executable, "-m", "groundsight.bench.weaviate_docker") if weaviate_docker.usable() else None


def start(
    program: Program,
    data: Path,
    *options: str,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Node, ...]:
    """Start nodes and wait until they are ready; when one is not, none is left behind."""
    extra = {"WEAVIATE_PORT0": str(port)} if port else {}
    done = subprocess.run(
        [*program, "--data", data, *options],
        env={**os.environ, **SERVER, **extra, **(environment or {})},
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    lines = (line.split() for line in done.stdout.splitlines())
    nodes = tuple(Node(name, int(pid), int(http), int(grpc), Path(at)) for name, pid, http, grpc, at in lines)
    if done.returncode:
        for node in nodes:
            node.kill()
        done.check_returncode()
    return nodes
