"""The command line as a test calls it: as JSON, in a home of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundsight.cli import main

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command in ``tmp_path/home`` and return its exit code and what it said."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def command(*words: str) -> tuple[int, Any]:
        code = main([*words, "--json", "--home", str(tmp_path / "home")])
        return code, json.loads(capsys.readouterr().out)

    return command
