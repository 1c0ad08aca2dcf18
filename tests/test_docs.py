"""The documentation runs: every command, snippet, setting and link in README.md and docs/ is executed or resolved."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
# Enough of the demo for every command that the pages show, with one picture, since each page reads it anew.
SHOWN = ("purchasing/*", "invoices/scan-0519.png", "fleet/*", "policies/*")
KNOWN = {"bash", "python", "json", "toml", "text", "yaml", "mermaid"}


class Block(NamedTuple):
    """One fenced block of a page: language, further words after it, and its body."""

    language: str
    words: tuple[str, ...]
    body: str


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block of a page, in order."""
    found = []
    for match in FENCE.finditer(page.read_text("utf-8")):
        language, *words = match["info"].split() or [""]
        found.append(Block(language, tuple(words), match["body"]))
    return found


def ids(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder such as a newcomer has: some demo files as ``my-files``, an empty home."""
    demo = ROOT / "evals/demo/files"
    for path in (path for pattern in SHOWN for path in demo.glob(pattern)):
        target = tmp_path / "my-files" / path.relative_to(demo)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def environment(desk: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GROUNDSIGHT_")}
    return {**kept, "HOME": str(desk), "PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_and_snippet_runs(page: Path, desk: Path) -> None:
    for block in blocks_of(page):
        if block.language == "bash":
            run_commands(block, desk)
        if block.language == "python":
            run([sys.executable, "-c", block.body], desk)


def run_commands(block: Block, desk: Path) -> None:
    """Run the block's commands; ``make`` targets are checked here and run by their own tests."""
    commands = [line for line in block.body.splitlines() if line and not line.startswith("#")]
    for target in (line for line in commands if line.startswith("make ")):
        run(["make", "-n", "-C", str(ROOT), *target.split()[1:2]], desk)
    rest = "\n".join(line for line in commands if not line.startswith(("make ", "pip install")))
    if "background" in block.words:
        return serve_for_a_moment(rest, desk)
    return run(["bash", "-ec", rest], desk) if rest else None


def run(command: list[str], desk: Path) -> None:
    done = subprocess.run(command, cwd=desk, env=environment(desk), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def serve_for_a_moment(command: str, desk: Path) -> None:
    """Start a server, wait until it says that it listens, and stop it."""
    with subprocess.Popen(
        ["bash", "-ec", f"exec {command}"], cwd=desk, env=environment(desk), stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        said = []
        while line := server.stderr.readline():
            said.append(line)
            if "listens on" in line:
                break
        server.terminate()
        assert any("http" in line for line in said), "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_data_block_is_valid(page: Path) -> None:
    from groundsight.settings import Settings

    for block in blocks_of(page):
        assert block.language in KNOWN, f"{page.name}: unknown block {block.language!r}"
        if block.language == "json":
            json.loads(block.body)
        if block.language == "toml" and "settings" in block.words:
            Settings.model_validate(tomllib.loads(block.body))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_stays_on_one_screenful_of_scrolling() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150
