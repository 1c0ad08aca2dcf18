"""The whole way through the doors on real files: ingest, search, ask, verify, read, over MCP and the command line."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from groundsight.cli import main
from groundsight.governance.audit_check import verify_chain
from groundsight.server import build_server
from groundsight.settings import Settings, load_settings
from groundsight.suite import open_suite
from tests.talk import MODES

CONTRACT = """# Maintenance contract

## Notice

Either party may end this contract. The notice period is 90 days.

## Contact

Questions go to ann.berg@example.com or to the office in Lisbon.
"""
SENTENCE = "The notice period is 90 days."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place")
    (folder / "docs" / "inner").mkdir(parents=True)
    (folder / "docs" / "contract.md").write_text(CONTRACT)
    (folder / "docs" / "inner" / "note.txt").write_text("The board meets in Porto on 3 March 2025.\n")
    (folder / "secret.txt").write_text("The code is 4711.\n")
    light = '[models]\nvisual = "none"\n[ingestion]\ntags = false\n'
    (folder / "home").mkdir()
    (folder / "home" / "groundsight.toml").write_text(light)
    assert main(["ingest", str(folder / "docs"), "--home", str(folder / "home")]) == 0
    return folder


@pytest.fixture
def settings(place: Path) -> Settings:
    return load_settings(place / "home")


def over_mcp(settings: Settings, mode: str, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    async def run() -> list[Any]:
        async with Client(build_server(lambda: open_suite(settings), writable=True), mode=mode) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return [result.structured_content for result in asyncio.run(run())]


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_is_found_cited_and_verified(settings: Settings, mode: str) -> None:
    found, asked, verified = over_mcp(
        settings,
        mode,
        ("search", {"query": "notice period", "explain": True}),
        ("ask", {"question": "What is the notice period of the maintenance contract?"}),
        ("verify", {"answer": "The notice period is 30 days."}),
    )
    best = found["hits"][0]
    assert best["source"] == "docs/contract.md"
    assert sum(each["contribution"] for each in best["channels"]) == pytest.approx(best["score"], abs=1e-4)
    assert asked["status"] == "answered"
    assert "90 days" in asked["text"]
    assert asked["citations"][0]["source"] == "docs/contract.md"
    assert verified["claims"][0]["verdict"] == "contradicted"
    assert "90 days" in verified["claims"][0]["reason"]


def test_personal_data_does_not_come_out(settings: Settings) -> None:
    found, refused = over_mcp(
        settings, "auto", ("search", {"query": "contact office Lisbon"}), ("read", {"id": "x", "picture": True})
    )
    assert "ann.berg@example.com" not in json.dumps(found)
    assert "[EMAIL_1]" in json.dumps(found)
    assert refused["error"]["code"] == "E_NOT_FOUND"


def test_a_folder_inside_a_known_one_is_not_stored_twice(settings: Settings) -> None:
    ingested, outside, status = over_mcp(
        settings,
        "auto",
        ("ingest", {"paths": ["docs/inner"]}),
        ("ingest", {"paths": ["../secret.txt"]}),
        ("status", {}),
    )
    assert (ingested["unchanged"], ingested["added"]) == (1, 0)
    assert outside["error"]["code"] == "E_NOT_FOUND"
    assert (status["assets"], status["roots"]) == (2, ["docs"])


def test_the_command_line_answers_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(place / "home"), "--json"]
    assert main(["ask", "What is the notice period of the maintenance contract?", *home]) == 0
    assert json.loads(capsys.readouterr().out)["grounding_ratio"] == 1.0
    (place / "answer.txt").write_text(SENTENCE)
    evidence = ["--evidence", str(place / "docs" / "contract.md")]
    assert main(["verify", "--answer", str(place / "answer.txt"), *evidence, *home]) == 0
    (place / "answer.txt").write_text("The notice period is 30 days.")
    assert main(["verify", "--answer", str(place / "answer.txt"), *evidence, *home]) == 1


def test_every_call_stands_in_one_whole_trail(settings: Settings) -> None:
    over_mcp(settings, "auto", ("search", {"query": "Porto"}))
    report = verify_chain(settings.home / "audit")
    assert report.problems == ()
    trail = (settings.home / "audit" / "audit.jsonl").read_text()
    assert "Porto" not in trail
    assert report.lines >= 2


def test_the_doctor_finds_a_sound_installation(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--home", str(place / "home"), "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert {"python", "sqlite", "home", "disk", "sandbox", "index", "audit", "model: text"} <= set(checks)
    assert checks["index"]["state"] == "ok"
    assert all(check["state"] in ("ok", "warn") for check in checks.values())


def test_the_doctor_finds_a_changed_trail(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trail = place / "home" / "audit" / "audit.jsonl"
    whole = trail.read_text()
    trail.write_text(whole.replace('"OK"', '"NO"', 1))
    assert main(["doctor", "--home", str(place / "home")]) == 1
    assert "line 2 was changed" in capsys.readouterr().out
    trail.write_text(whole)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "empty"])
def test_a_lost_index_is_said_by_every_command_and_the_way_back_works(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: Any
) -> None:
    shutil.copytree(place / "home", tmp_path / "home")
    home = ["--home", str(tmp_path / "home"), "--json"]
    harm(tmp_path / "home" / "index" / "index.db")
    for words in (["search", "notice"], ["ask", "What is the notice period?"], ["ingest", str(place / "docs")]):
        capsys.readouterr()
        assert main([*words, *home]) == 3
        said = json.loads(capsys.readouterr().out)["error"]
        assert said["code"] == "E_INDEX_CORRUPT"
    assert main(["doctor", *home]) == 3
    for name in said["next_step"].rpartition("ingest again: ")[2].split(", "):
        shutil.move(tmp_path / name.replace("HOME", "home"), tmp_path / name.replace("/", "-"))
    assert main(["ingest", str(place / "docs"), *home]) == 0
    capsys.readouterr()
    assert main(["search", "notice", *home]) == 0
    assert json.loads(capsys.readouterr().out)["hits"]
