"""Real Weaviate servers for tests: started once, on loopback, with a fresh collection for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from groundsight.bench.weaviate_nodes import VARIABLE, Node, starter
from groundsight.bench.weaviate_nodes import start as start_with
from groundsight.settings import WeaviateSettings

PROGRAM = starter()
NEEDS_SERVER = pytest.mark.skipif(
    PROGRAM is None, reason=f"no Weaviate server: set {VARIABLE} to a program that starts one, or run docker"
)
_NUMBERS = count(1)


def start(
    data: Path, *options: str, port: int | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Node, ...]:
    """Start nodes and wait until they are ready."""
    assert PROGRAM is not None
    return start_with(PROGRAM, data, *options, port=port, environment=environment)


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


def running_program() -> str:
    """The program that the shared server runs; one in a container can't be started by its path."""
    program = os.readlink(f"/proc/{shared_node().pid}/exe")
    if not os.access(program, os.X_OK):
        pytest.skip("the server's program lies in a container")
    return program
