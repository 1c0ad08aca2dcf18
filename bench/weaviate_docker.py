"""Weaviate nodes in containers, for tests and measurements on a machine with docker and no server program.

``python -m groundsight.bench.weaviate_docker --data FOLDER [--nodes N] [--only I]`` starts the image that the compose
file names and prints ``NAME PID HTTP_PORT GRPC_PORT FOLDER`` for each node once all are ready. The nodes share the
machine's network, so that one may be killed and started again on its ports; docker does this on Linux only.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from groundsight.doors.usage import Parser
from groundsight.index.weaviate.binary import is_ready, node_environment

COMPOSE = Path(__file__).resolve().parents[1] / "compose.yaml"
IMAGE = re.compile(r"^\s*image:\s*(\S*/weaviate:\S+)", re.M)
# Switches of the server that a caller may set for its nodes.
PASSED = ("ASYNC_", "AUTHENTICATION_", "AUTHORIZATION_", "AUTOSCHEMA_", "DISK_", "GRPC_CERT", "GRPC_KEY", "MEMORY_",
          "PERSISTENCE_", "REPLICATION_")  # fmt: skip
PORTS_PER_NODE, READY_SECONDS = 10, 120.0


def usable() -> bool:
    """True where a docker engine answers and the image is known."""
    if sys.platform != "linux" or shutil.which("docker") is None or not COMPOSE.is_file():
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def image() -> str:
    """Return the server image that ``compose.yaml`` names."""
    found = IMAGE.search(COMPOSE.read_text("utf-8"))
    if found is None:
        raise SystemExit("compose.yaml names no Weaviate image")
    return found[1]


def environment(number: int, nodes: int, first: int, *, again: bool) -> dict[str, str]:
    """Return the settings of one node; ``again`` for one that comes back to a running cluster."""
    at = first + (number - 1) * PORTS_PER_NODE
    peer = (2 if number == 1 else 1) if again and nodes > 1 else 1
    joins = {"CLUSTER_JOIN": f"127.0.0.1:{first + (peer - 1) * PORTS_PER_NODE + 2}"} if number > 1 or again else {}
    rafts = ",".join(f"n{each + 1}:{first + each * PORTS_PER_NODE + 4}" for each in range(nodes))
    return {
        **node_environment(f"n{number}", at, at + 1, "/var/lib/weaviate"),
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
        **{name: value for name, value in os.environ.items() if name.startswith(PASSED)},
        **(joins if nodes > 1 else {}),
        "RAFT_BOOTSTRAP_EXPECT": str(nodes),
        "RAFT_JOIN": rafts,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Start the nodes, wait until they are ready, print a line for each."""
    parser = Parser(prog="weaviate_docker", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the nodes' data")
    parser.add_argument("--nodes", type=int, default=1, help="size of the cluster (default 1)")
    parser.add_argument("--only", type=int, help="start this node of the cluster again")
    options = parser.parse_args(argv)
    first = int(os.environ.get("WEAVIATE_PORT0") or _free(options.nodes * PORTS_PER_NODE))
    numbers = [options.only] if options.only else list(range(1, options.nodes + 1))
    lines: list[str] = []
    for number in numbers:
        lines.append(_start(number, options.nodes, first, options.data, again=bool(options.only)))
        if options.nodes > 1 and number == 1:
            _until(lambda: _listens(first + 2))
    for number in numbers:
        _until(lambda at=first + (number - 1) * PORTS_PER_NODE: is_ready("127.0.0.1", at))
    print("\n".join(lines))
    return 0


def _start(number: int, nodes: int, first: int, data: Path, *, again: bool) -> str:
    at, folder = first + (number - 1) * PORTS_PER_NODE, (data / f"n{number}").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = [f"--env={name}={value}" for name, value in environment(number, nodes, first, again=again).items()]
    user = [f"--user={os.getuid()}:{os.getgid()}", f"--volume={folder}:/var/lib/weaviate"]
    command = ["docker", "run", "--detach", "--rm", "--network=host", *user, *settings, image()]
    listening = ["--host", "127.0.0.1", "--port", str(at), "--scheme", "http"]
    container = subprocess.run([*command, *listening], check=True, capture_output=True, text=True).stdout.strip()
    asked = ["docker", "inspect", "--format", "{{.State.Pid}}", container]
    process = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    return f"n{number} {process} {at} {at + 1} {folder}"


def _free(count: int) -> int:
    for first in range(21_000, 55_000, 100):
        if not any(_listens(port) for port in range(first, first + count)):
            return first
    raise SystemExit("no free ports")


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _until(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not come():
        if time.monotonic() > deadline:
            raise SystemExit(f"a node was not ready within {READY_SECONDS:.0f} s")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
