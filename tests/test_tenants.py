"""The page on tenants: one home, several bodies of documents, told apart by an option of the command line."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from groundsight.cli import main
from groundsight.doors.cli_options import OF_A_TENANT
from tests.test_server_stdio import ROOT, environment

LIGHT = '[models]\nvisual = "none"\ntext = "none"\nreader = "none"\n[ingestion]\ntags = false\nocr = false\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a note for each of two tenants."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "groundsight.toml").write_text(LIGHT)
    for tenant in ("one", "two"):
        (tmp_path / f"{tenant}.md").write_text(f"The notice period of {tenant} is 30 days.\n")
        assert main(["ingest", str(tmp_path / f"{tenant}.md"), "--tenant", tenant, "--home", str(home)]) == 0
    return home


def test_each_tenant_lists_finds_and_forgets_its_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*command: str) -> str:
        capsys.readouterr()
        assert main([*command, "--home", str(home), "--json"]) == 0
        return capsys.readouterr().out

    for tenant, other in (("one", "two"), ("two", "one")):
        for command in (("list",), ("search", "notice period"), ("ask", "How long is the notice period?")):
            said = told(*command, "--tenant", tenant)
            assert f"{tenant}.md" in said
            assert f"{other}.md" not in said
    assert json.loads(told("list"))["documents"] == []
    file = str(home.parent / "one.md")
    assert main(["forget", file, "--tenant", "two", "--home", str(home)]) == 1
    told("forget", file, "--tenant", "one")
    assert "one.md" not in told("list", "--tenant", "one")
    assert "two.md" in told("list", "--tenant", "two")


def test_a_server_serves_the_tenant_that_it_is_told(home: Path) -> None:
    async def listed(*more: str) -> str:
        command = ["-m", "groundsight.cli", "serve", "--home", str(home), *more]
        server = StdioServerParameters(command=sys.executable, args=command, env=environment(), cwd=ROOT)
        async with Client(server) as client:
            opened: Any = (await client.read_resource("groundsight://assets")).contents[0]
            return opened.text

    assert "two.md" in asyncio.run(listed("--tenant", "two"))
    assert "two.md" not in asyncio.run(listed("--tenant", "one"))


@pytest.mark.parametrize("name", ["acme ", "\u00a0acme", "ac\u200bme", "ac\x1bme", "acme\n"])
def test_the_name_of_a_tenant_shows_all_its_signs(name: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--tenant", name, "--home", str(home)]) == 2
    assert "signs that nobody sees" in capsys.readouterr().err


@pytest.mark.parametrize("command", sorted(OF_A_TENANT - {"chat", "open", "show", "view", "watch"}))
def test_a_tenant_without_a_name_is_refused(command: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = {
        "consent": ["export", "x.csv"],
        "ingest": ["."],
        "why": ["x"],
        "forget": ["x"],
        "search": ["x"],
        "ask": ["x"],
        "verify": ["--answer", "x"],
        "report": ["transparency"],
        "explain": ["x"],
        "lineage": ["x"],
        "replay": ["x"],
        "train": ["fuser", "--from", "x"],
    }
    assert main([command, *more.get(command, []), "--tenant", " ", "--home", str(home)]) == 2
    assert "a tenant without a name" in capsys.readouterr().err
