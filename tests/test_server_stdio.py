"""The MCP door as a real process over stdio, in both eras; stdout carries JSON-RPC and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).resolve().parent.parent
NOISY = """
import os, sys, warnings, logging
from tests.doors import ScriptedSuite, settings_at, some_rows, CANARY
from groundsight.server import build_server
from groundsight.doors.logs import log_quietly
from pathlib import Path

def ask(suite, question):
    print("print", CANARY, flush=True)
    os.write(1, b"a C library\\n")
    warnings.warn("a warning")
    logging.getLogger("x").error("broken", exc_info=RuntimeError(CANARY))
    raise RuntimeError("password=" + CANARY)

log_quietly(logging.DEBUG)
home = Path(sys.argv[1])
build_server(lambda: ScriptedSuite(settings_at(home), *some_rows(), ask=ask), writable=False).run("stdio")
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("command", [["server.py"], ["-m", "groundsight.cli", "serve"]], ids=["server.py", "serve"])
def test_a_real_process_answers(tmp_path: Path, mode: str, command: list[str]) -> None:
    async def run() -> tuple[list[str], Any]:
        started = StdioServerParameters(
            command=sys.executable, args=[*command, "--home", str(tmp_path)], env=environment(), cwd=ROOT
        )
        async with Client(started, mode=mode) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, await client.call_tool("search", {"query": "x", "tennant": "A"})

    names, refused = asyncio.run(run())
    assert "search" in names
    assert "ingest" not in names
    assert refused.structured_content["error"]["code"] == "E_INVALID_ARG"


def test_noise_stays_off_stdout_and_secrets_off_stderr(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", NOISY, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    answers = []
    for message in opening():
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            answers.append(json.loads(process.stdout.readline()))
    process.stdin.close()
    rest, errors = process.stdout.read(), process.stderr.read()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    assert rest == ""
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["structuredContent"]["error"]["code"] == "E_INTERNAL"
    noise = "\n".join(line for line in errors.splitlines() if not line.startswith("print "))
    assert "CANARY" not in noise
    assert "CANARY" not in json.dumps(answers)
    assert "RuntimeError" in noise
    assert "a C library" in errors


def opening() -> list[dict[str, Any]]:
    """What a client of the handshake era says first, and one call."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    call = {"name": "ask", "arguments": {"question": "why?"}}
    return [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]


def test_wrong_settings_stop_the_start_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "groundsight.toml").write_text("[serch]\nlimit = 3\n")
    ended = subprocess.run(
        [sys.executable, "server.py", "--home", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("E_CONFIG: ")
    assert ended.stdout == ""
