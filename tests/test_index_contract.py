"""Runs the index contract on every implementation that this machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundsight.index import Index
from groundsight.index.local import LocalIndex
from tests.contract_index import *  # noqa: F403


def open_local(folder: Path) -> Index:
    return LocalIndex.open(folder / "index")


IMPLEMENTATIONS: dict[str, Callable[[Path], Index]] = {"local": open_local}


@pytest.fixture(params=IMPLEMENTATIONS)
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
