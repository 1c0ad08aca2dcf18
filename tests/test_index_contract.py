"""Runs the index contract on every implementation that this machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from groundsight.index import Index
from groundsight.index.local import LocalIndex
from groundsight.index.weaviate import WeaviateIndex
from tests.contract_index import *  # noqa: F403
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node


def open_local(folder: Path) -> Index:
    return LocalIndex.open(folder / "index")


def open_weaviate(folder: Path) -> Index:
    return WeaviateIndex.open(settings_for(shared_node(), f"C{sha256(str(folder).encode()).hexdigest()[:12]}"))


IMPLEMENTATIONS: dict[str, Callable[[Path], Index]] = {"local": open_local, "weaviate": open_weaviate}


@pytest.fixture(params=["local", pytest.param("weaviate", marks=NEEDS_SERVER)])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Index]]:
    """Opens the index of this test, again and again."""
    opened: list[Index] = []

    def open_it() -> Index:
        opened.append(IMPLEMENTATIONS[request.param](tmp_path))
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()


@pytest.fixture
def index(reopen: Callable[[], Index]) -> Index:
    """The index of this test."""
    return reopen()
