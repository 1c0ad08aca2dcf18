"""The wheel alone: one top-level name, help, an ingest and a server from outside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel alone; the heavy dependencies are seen through a path file."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    site = next((folder / "lib").glob("python3*/site-packages"))
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    others = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.pth").write_text(f"{others}\n")
    return folder / "bin"


def test_the_wheel_installs_no_other_top_level_name(wheel: Path) -> None:
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"groundsight"}


def test_the_wheel_holds_every_room_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "groundsight/server.py",
        "groundsight/tools/gate.py",
        "groundsight/graphs/answer.py",
        "groundsight/agent/nodes.py",
        "groundsight/prompts/draft.md",
        "groundsight/evals/gates.toml",
        "groundsight/evals/house/questions.jsonl",
        "groundsight/evals/written/test.jsonl",
        "groundsight/encoders/data/vocab.txt",
        "groundsight/encoders/data/reader.onnx",
        "groundsight/encoders/data/verifier.npz",
        "groundsight/encoders/data/verifier.onnx",
        "groundsight/agent/data/gate.json",
        *(f"groundsight/language/lexicon/{path.name}" for path in (ROOT / "groundsight/language/lexicon").iterdir()),
    } <= names
    training = [name for name in names if name.endswith(("train.jsonl", "held_out.jsonl"))]
    assert not training, "what is trained and fitted on stays in the checkout"


def test_help_ingest_and_search_work_from_outside_the_checkout(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/boiler.txt").write_text("The boiler was replaced in March 2024 by Anna Holm.")
    assert "ingest" in run(bin_folder, tmp_path, "--help")
    run(bin_folder, tmp_path, "ingest", "notes", "--home", "home")
    found = json.loads(run(bin_folder, tmp_path, "search", "who replaced the boiler", "--home", "home", "--json"))
    assert "Anna Holm" in found["hits"][0]["text"]


def test_the_server_answers_from_outside_the_checkout(bin_folder: Path, tmp_path: Path) -> None:
    async def names() -> set[str]:
        command = [str(bin_folder / "python"), "-m", "groundsight.cli", "serve", "--home", str(tmp_path / "home")]
        async with Client(StdioServerParameters(command=command[0], args=command[1:], cwd=tmp_path)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert {"search", "ask", "verify"} <= anyio.run(names)


def run(bin_folder: Path, cwd: Path, *arguments: str) -> str:
    command = [str(bin_folder / "python"), "-m", "groundsight.cli", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
