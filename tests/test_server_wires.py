"""Long calls over real wires, stdio and HTTP, in both eras: rounds with the client, progress, cancellation."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.client_model import GOOD, PERIOD, Person, says
from tests.talk import MODES
from tests.test_server_http import served
from tests.test_server_stdio import ROOT, environment

ASKED = """
import sys
from pathlib import Path
from groundsight.doors.http import serve_http
from groundsight.server import build_server
from groundsight.settings import Server
from tests.agent_house import AskedHouse
from tests.doors import Anywhere, ScriptedSuite, settings_at, some_rows

def work(suite, *_):
    done = 0
    while True:
        done += 1
        suite.watch.step(done, None, "working")
        suite.closed.wait(0.001)

home = Path(sys.argv[-1])
if "long" in sys.argv:
    suite = ScriptedSuite(settings_at(home), *some_rows(), roots=Anywhere(), ask=work, ingest=work)
else:
    suite = AskedHouse(home, llm="client", review="plan")
server = build_server(lambda: suite, writable=True)
serve_http(server, Server(port=0)) if "http" in sys.argv else server.run("stdio")
"""
TALK = Callable[[Client], Coroutine[Any, Any, Any]]


@pytest.fixture(params=["stdio", "http"])
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def over(wire: str, mode: str, home: Path, talk: TALK, *words: str, **callbacks: Any) -> Any:
    """Start the server, and talk to it with a client of its own process."""

    async def run(target: Any) -> Any:
        async with Client(target, mode=mode, **callbacks) as client:
            return await talk(client)

    command = ["-c", ASKED, wire, *words]
    if wire == "http":
        with served(home, *command) as port:
            return asyncio.run(run(f"http://127.0.0.1:{port}/mcp"))
    started = StdioServerParameters(command=sys.executable, args=[*command, str(home)], env=environment(), cwd=ROOT)
    return asyncio.run(run(started))


def test_the_clients_model_and_its_person_are_asked_over_real_wires(tmp_path: Path, wire: str, mode: str) -> None:
    person = Person(GOOD, says("accept", approved=True))

    async def talk(client: Client) -> Any:
        return await client.call_tool("ask", {"question": PERIOD})

    given = over(wire, mode, tmp_path, talk, **person.callbacks()).structured_content
    assert given["text"] == "The notice period is 90 days [1]."
    assert given["tier"]["models"]["writer"] == "client:scripted-1"
    assert (len(person.asked), len(person.shown)) == (2, 1)


@pytest.mark.parametrize(("verb", "arguments"), [("ask", {"question": "why?"}), ("ingest", {"paths": ["docs"]})])
def test_a_long_call_reports_progress_and_stops_when_its_caller_goes_away(
    tmp_path: Path, wire: str, mode: str, verb: str, arguments: dict[str, Any]
) -> None:
    async def talk(client: Client) -> None:
        with anyio.CancelScope() as scope:

            async def note(progress: float, total: float | None, message: str | None) -> None:
                assert (progress > 0, total, message) == (True, None, "working")
                scope.cancel()

            await client.call_tool(verb, arguments, progress_callback=note)
        assert scope.cancelled_caught
        with anyio.fail_after(20):
            while "E_CANCELLED" not in trail(tmp_path):
                await client.list_tools()

    over(wire, mode, tmp_path, talk, "long")
    assert trail(tmp_path).count("E_CANCELLED") == 1


def trail(home: Path) -> list[str]:
    """The outcomes of the calls so far."""
    file = home / "audit" / "audit.jsonl"
    return [json.loads(line)["outcome"] for line in file.read_text().splitlines()] if file.exists() else []
