"""The MCP door as a real process over stdio, in both eras; stdout carries JSON-RPC and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.doors import trail

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


class Talk:
    """A server process and its two pipes."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
        )

    def __enter__(self) -> Talk:
        for message in opening()[:2]:
            self.send(message)
        self.hear()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def send(self, message: dict[str, Any] | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def call(self, number: int, tool: str, **arguments: Any) -> None:
        params = {"name": tool, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def ended(self) -> tuple[int, str]:
        """Close standard input, wait for the end, and return the exit code and standard error."""
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors.decode()


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


PING = b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"x": "%s"}}'
NO_MESSAGES = [
    (b"{", -32700, None),
    (b"[" * 5_000, -32700, None),
    (PING % rb"\ud800", -32700, 7),
    (PING % b"\xff", -32700, 7),
    (PING % b"\x00", -32700, 7),
    (PING % (b"x" * 8 * 1024 * 1024), -32600, None),
    (b"[" + PING % b"x" + b"]", -32600, None),
    (b"[]", -32600, None),
    (b"7", -32600, None),
    (b"{}", -32600, None),
    (b'{"jsonrpc": "1.0", "id": "a", "method": "ping"}', -32600, "a"),
    (b'{"jsonrpc": "2.0", "id": 8, "method": 1}', -32600, 8),
    (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600, None),
    (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600, None),
    (rb'{"jsonrpc": "2.0", "id": "\ud800", "method": "ping"}', -32700, None),
]


def test_a_line_that_is_no_message_is_answered_and_ends_nothing(tmp_path: Path) -> None:
    with Talk("server.py", "--home", str(tmp_path)) as talk:
        for line, code, named in NO_MESSAGES:
            talk.send(line)
            answer = talk.hear()
            assert (answer["id"], answer["error"]["code"]) == (named, code), line[:60]
            assert answer["error"]["message"]
            talk.send(b" \r\n" + PING % b"\\u0000")
            assert talk.hear()["result"] == {}
        assert talk.ended() == (0, "")


def test_a_line_that_is_no_message_is_answered_before_the_first_request(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "server.py", "--home", str(tmp_path)],
        input=b"broken\n" * 12,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
    )
    assert [json.loads(line)["error"]["code"] for line in ended.stdout.splitlines()] == [-32700] * 12
    assert (ended.returncode, ended.stderr) == (0, b"")


SAILED = [f"The ferry {n} sailed from Bergen to Oslo with {n * 7} guests on 3 May 2021." for n in range(1, 1_900)]
LONG = {"answer": " ".join(f"Truly {each}" for each in SAILED), "texts": ["\n".join(SAILED)]}


def test_a_cancelled_check_of_a_long_text_ends_and_the_server_goes_on(tmp_path: Path) -> None:
    with Talk("server.py", "--home", str(tmp_path)) as talk:
        talk.call(3, "verify", **LONG)
        talk.call(4, "status")
        assert talk.hear()["id"] == 4
        talk.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 3}})
        for number in range(5, 2_000):
            talk.call(number, "status")
            assert talk.hear()["id"] == number
            if ("verify", "E_CANCELLED") in trail(tmp_path):
                break
        assert ("verify", "E_CANCELLED") in trail(tmp_path)


def test_the_process_ends_with_its_client_in_the_middle_of_a_long_check(tmp_path: Path) -> None:
    with Talk("server.py", "--home", str(tmp_path)) as talk:
        talk.call(3, "verify", **LONG)
        talk.call(4, "status")
        assert talk.hear()["id"] == 4
        assert talk.ended() == (0, "")
    assert trail(tmp_path) == [("status", "OK"), ("verify", "E_CANCELLED")]


# A runner in the background ignores interrupts, and so would its children.
DEAF = """
import signal, sys, threading
from pathlib import Path
from groundsight.doors import mcp_stdio, mcp_tools
from groundsight.server import build_server
from tests.doors import ScriptedSuite, settings_at, some_rows

def deaf(*_):
    print("begun", file=sys.stderr, flush=True)
    threading.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)
mcp_stdio.LAST_SECONDS = mcp_tools.LAST_SECONDS = 0.05
suite = ScriptedSuite(settings_at(Path(sys.argv[1])), *some_rows(), ask=deaf, ingest=deaf)
sys.exit(mcp_stdio.serve_lines(build_server(lambda: suite, writable=True)))
"""


@pytest.mark.parametrize("way", ["its input closes", "nobody reads", "an interrupt"])
def test_the_process_ends_even_if_a_call_hears_no_cancel(tmp_path: Path, way: str) -> None:
    with Talk("-c", DEAF, str(tmp_path)) as talk:
        talk.call(3, "ask", question="Why?")
        assert talk.process.stderr is not None
        assert talk.process.stderr.readline() == b"begun\n"
        if way == "its input closes":
            assert talk.ended() == (0, "")
            return
        assert talk.process.stdout is not None
        if way == "nobody reads":
            talk.process.stdout.close()
            talk.send(PING % b"x")
        else:
            talk.process.send_signal(signal.SIGINT)
        assert talk.process.wait(timeout=60) == (0 if way == "nobody reads" else 130)
        assert talk.process.stderr.read() == b""
