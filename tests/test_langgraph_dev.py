"""The real ``langgraph dev``: whom it answers, what it reads, how it stops, and that it reports to nobody."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.egress import Sink, hostile, listening, strangers_in, traced

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / ".venv-studio" / "bin" / "langgraph"
PROGRAM = str(OWN) if OWN.exists() else shutil.which("langgraph")
MANY = 2_000
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="make studio, or install groundsight[studio], to run langgraph dev"),
    pytest.mark.timeout(300),
]


@dataclass(frozen=True)
class Dev:
    """A server, its home with more documents than it can read in a while, and the sink of its environment."""

    port: int
    process: subprocess.Popen[bytes]
    home: Path
    sink: Sink
    log: Path

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        wire.request(method, path, json.dumps(body or {}), {"content-type": "application/json", **named})
        reply = wire.getresponse()
        text = reply.read()
        found = {name.lower(): value for name, value in reply.getheaders()}
        wire.close()
        return reply.status, found, json.loads(text) if text[:1] in (b"{", b"[") else text

    def run(self, graph: str, **given: Any) -> Any:
        return self.ask("POST", "/runs/wait", {"assistant_id": graph, "input": given})[2]

    def begin(self, graph: str, **given: Any) -> str:
        """Begin a run in the background; return the path under which it is known."""
        thread = self.ask("POST", "/threads")[2]["thread_id"]
        begun = self.ask("POST", f"/threads/{thread}/runs", {"assistant_id": graph, "input": given})[2]
        return f"/threads/{thread}/runs/{begun['run_id']}"

    def trail(self) -> list[dict[str, Any]]:
        file = self.home / ".groundsight" / "audit" / "audit.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def outcomes(self) -> list[str]:
        return [line["outcome"] for line in self.trail() if line.get("kind", "end") == "end" and "outcome" in line]

    def indexed(self) -> int:
        """Return how many files the run under way has finished, by what it derived."""
        return sum(1 for _ in (self.home / ".groundsight").rglob("*"))


def until(found: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    for _ in range(1_200):
        assert process.poll() is None
        if found():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


@pytest.fixture
def dev(tmp_path: Path) -> Generator[Dev]:
    """A copy of the checkout, served in a hostile environment, with the right to write."""
    for name in ("agent", "graphs", "prompts", "groundsight", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("langgraph.json", "pyproject.toml", "server.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    for number in range(MANY):
        (tmp_path / "docs" / f"{number}.txt").write_text(f"Ferry {number} leaves at {number} o'clock.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "connections.log"
    with listening() as sink:
        settings = {
            "GROUNDSIGHT_ROOTS": json.dumps([str(tmp_path / "docs")]),
            "GROUNDSIGHT_SERVER__ALLOW_WRITE": "true",
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "PYTHONPATH": str(tmp_path),
        }
        process = subprocess.Popen(
            traced(log, [str(PROGRAM), "dev", "--no-browser", "--no-reload", "--port", str(port)]),
            cwd=tmp_path, env=hostile(sink.url, tmp_path) | settings,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        server = Dev(port, process, tmp_path, sink, log)
        try:
            until(lambda: _answers(server), process)
            yield server
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(server: Dev) -> bool:
    try:
        return server.ask("GET", "/ok")[0] == 200
    except OSError:
        return False


def test_langgraph_dev_keeps_every_promise_of_a_door(dev: Dev) -> None:
    graphs = {one["graph_id"] for one in dev.ask("POST", "/assistants/search")[2]}
    assert graphs == {"answer", "chat", "ingest", "verify"}
    for origin, status in (
        ("http://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example:80", 403),
        ("http://localhost:3000", 200),
        ("http://127.0.0.1:5173", 200),
        ("https://smith.langchain.com", 200),
    ):
        allowed = origin if status == 200 else None
        answered, headers, _ = dev.ask("POST", "/assistants/search", origin=origin)
        assert (answered, headers.get("access-control-allow-origin")) == (status, allowed)
        answered, headers, _ = dev.ask("OPTIONS", "/runs", origin=origin, access_control_request_method="POST")
        assert (answered, headers.get("access-control-allow-origin")) == (status, allowed)
    assert dev.ask("POST", "/runs/wait", host="evil.example")[0] == 421
    for outside in ("/etc", "/etc/hosts", str(dev.home), "docs/../langgraph.json"):
        assert dev.run("ingest", paths=[outside])["__error__"]["error"] == "NotFound"
    assert dev.outcomes() == ["E_NOT_FOUND"] * 4

    where = dev.begin("ingest", paths=["docs"])
    until(lambda: dev.indexed() > 20, dev.process)
    assert dev.ask("POST", f"{where}/cancel?wait=true")[0] in (200, 202, 204)
    until(lambda: dev.outcomes()[4:] == ["E_CANCELLED"], dev.process)

    answer = dev.run("answer", question="When does ferry 1 leave?")
    assert list(answer) == ["answer"]
    assert dev.outcomes()[5:7] == ["OK", "OK"]

    before = len(dev.outcomes())
    dev.begin("ingest", paths=["docs"])
    until(lambda: any(line.get("kind") == "begin" for line in dev.trail()[-1:]), dev.process)
    os.killpg(dev.process.pid, signal.SIGINT)
    dev.process.wait(120)
    assert dev.outcomes()[before:] == ["E_CANCELLED"]
    assert dev.sink.heard == []
    assert strangers_in(dev.log) == set()
