"""Nothing phones out: the whole program in a hostile environment, beside a sink that stays empty."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.chat_server import chat_server
from tests.doors import CANARY
from tests.egress import Sink, hostile, listening, strangers_in, traced
from tests.pictures import page_of
from tests.test_server_stdio import ROOT

EVERYTHING = """
import asyncio, http.client, json, re, subprocess, sys
from mcp import Client, StdioServerParameters
from groundsight.cli import main
from groundsight.graphs import answer, verify
from tests.test_server_http import MODERN

home, question = sys.argv[1:]
told = (["ingest", f"{home}/docs"], ["search", "notice"], ["ask", question], ["ocr", "docs/page.png"], ["status"])
for command in told:
    assert main([*command, "--home", f"{home}/.groundsight"]) == 0, command
assert answer.graph().invoke({"question": question})["answer"]["status"] == "answered"
assert asyncio.run(verify.graph().ainvoke({"answer": "The notice period is 90 days."}))["report"]["supported"] == 1

async def over_stdio():
    import os
    started = StdioServerParameters(command=sys.executable, args=["server.py"], env=dict(os.environ), cwd=os.getcwd())
    async with Client(started) as client:
        assert (await client.call_tool("ask", {"question": question})).structured_content["status"] == "answered"

asyncio.run(over_stdio())
server = subprocess.Popen([sys.executable, "server.py", "--http", "--port", "0"], stderr=subprocess.PIPE, text=True)
port = int(re.search(r":(\\d+)/mcp", server.stderr.readline())[1])
meta = {"protocolVersion": "2026-07-28", "clientCapabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
params = {"name": "ask", "arguments": {"question": question},
          "_meta": {f"io.modelcontextprotocol/{name}": value for name, value in meta.items()}}
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
wire = http.client.HTTPConnection("127.0.0.1", port)
wire.request("POST", "/mcp", body, {**MODERN, "mcp-method": "tools/call", "mcp-name": "ask"})
reply = wire.getresponse().read()
assert b'"answered"' in reply, reply
server.terminate()
server.wait()
"""
CONTROL = """
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.langchain import wait_for_all_tracers
RunnableLambda(str).invoke("CONTROL")
wait_for_all_tracers()
"""
WITH_A_MODEL = """
import sys
from pathlib import Path
from groundsight.suite import open_suite
from langchain_core.tracers.langchain import wait_for_all_tracers
with open_suite() as suite:
    suite.ingest([Path(sys.argv[2])])
    assert suite.ask(sys.argv[1]).status == "answered"
wait_for_all_tracers()
"""
QUESTION = "How long is the notice period?"


@pytest.fixture
def sink() -> Generator[Sink]:
    with listening() as sink:
        yield sink


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "policy.txt").write_text(f"The notice period is 90 days. {CANARY}")
    page_of("Gate 7 opens at noon").save(folder / "page.png")
    return tmp_path


def run(code: str, home: Path, env: dict[str, str], *arguments: str) -> set[str]:
    """Run a program to its good end; return the addresses outside of this machine that it called."""
    log = home / "connections.log"
    ended = subprocess.run(
        traced(log, [sys.executable, "-c", code, *arguments]),
        cwd=ROOT, env={**env, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3_000:]
    return strangers_in(log)


@pytest.mark.timeout(300)
def test_nothing_is_sent_while_everything_is_used(home: Path, sink: Sink) -> None:
    assert run(EVERYTHING, home, hostile(sink.url, home), str(home), QUESTION) == set()
    assert sink.heard == []


def test_a_language_model_alone_hears_of_a_question(home: Path, sink: Sink) -> None:
    with chat_server(lambda _: "{}") as chat:
        own = {"LLM": "openai:fake", "LLM_BASE_URL": chat.url, "LLM_API_KEY": "key"}
        env = {f"GROUNDSIGHT_AGENT__{name}": value for name, value in own.items()}
        run(WITH_A_MODEL, home, {**hostile(sink.url, home, proxies=False), **env}, QUESTION, str(home / "docs"))
        assert any(QUESTION in prompt for prompt in chat.prompts())
    assert sink.heard == []


def test_the_sink_would_have_heard_it(home: Path, sink: Sink) -> None:
    run(CONTROL, home, hostile(sink.url, home))
    assert any(b"/runs" in body or b"/info" in body for body in sink.heard)
