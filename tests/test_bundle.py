"""The bundle, the registry's entry and the skill say the same of one server, within the limits of their formats."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from groundsight.cli import build_parser
from tests.test_server_stdio import ROOT, environment


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hosts")
    subprocess.run([sys.executable, "deploy/hosts/bundle.py", str(folder)], cwd=ROOT, env=environment(), check=True)
    return folder


def read(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def test_the_bundle_starts_the_server_on_the_folders_that_the_person_picked(out: Path) -> None:
    manifest = read(out / "bundle" / "manifest.json")
    asked = manifest["user_config"]["folders"]
    assert (asked["type"], asked["multiple"], asked["required"]) == ("directory", True, True)
    arguments = manifest["server"]["mcp_config"]["args"]
    at = arguments.index("${user_config.folders}")
    started = [*arguments[arguments.index("serve") : at], "one", "two", *arguments[at + 1 :]]
    assert list(map(str, build_parser().parse_args(started).root)) == ["one", "two"]


def test_the_bundle_holds_a_server_that_runs_without_the_checkout(out: Path) -> None:
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = (
        "import sys; sys.path.insert(0, '.'); import groundsight, groundsight.server as server; "
        "print(groundsight.__file__, server.__file__)"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=out / "bundle", env=alone, capture_output=True, text=True, check=True
    )
    expected = ("groundsight/__init__.py", "server.py")
    assert told.stdout.split() == [str(out / "bundle" / each) for each in expected]


def test_the_registry_gets_a_name_that_the_readme_carries_and_one_exact_version(out: Path) -> None:
    entry, manifest = read(out / "server.json"), read(out / "bundle" / "manifest.json")
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert f"mcp-name: {entry['name']}" in (ROOT / "README.md").read_text("utf-8")
    assert 1 <= len(entry["description"]) <= 100
    (package,) = entry["packages"]
    assert entry["version"] == package["version"] == manifest["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])


def test_all_three_name_the_same_tools(out: Path) -> None:
    named = [tool["name"] for tool in read(out / "bundle" / "manifest.json")["tools"]]
    skill = (out / "SKILL.md").read_text("utf-8")
    assert skill.startswith("---\nname: groundsight\ndescription: ")
    assert re.findall(r"^- `(\w+)`", skill, re.MULTILINE) == named
    assert "ask" in named
    assert "forget" not in named
