"""Long calls over real wires, stdio and HTTP, in both eras: rounds with the client, progress, cancellation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from tests.client_model import DECLINED, GOOD, PERIOD, Person, Script, says
from tests.doors import trail
from tests.talk import MODES
from tests.test_server_http import served
from tests.test_server_stdio import ROOT, environment

ASKED = """
import sys
from pathlib import Path
from groundsight.doors.http import serve_http
from groundsight.doors.mcp_tools import Door
from groundsight.doors.readiness import probes_of
from groundsight.server import server_of
from groundsight.server_settings import Server
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
door = Door(lambda: suite, writable=True)
server = server_of(door)
if "http" in sys.argv:
    serve_http(server, settings_at(home).model_copy(update={"server": Server(port=0)}), probes_of(door, warmed=False))
else:
    server.run("stdio")
"""
LONG: dict[str, dict[str, Any]] = {"ask": {"question": "why?"}, "ingest": {"paths": ["docs"]}}
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

    async def ask(client: Client, script: Script) -> Any:
        person.script = script
        return (await client.call_tool("ask", {"question": PERIOD})).structured_content

    async def talk(client: Client) -> Any:
        good, nonsense = await ask(client, GOOD), await ask(client, lambda _: "no json at all")
        if mode == "auto":
            with pytest.raises(MCPError, match="rejected"):
                await ask(client, lambda _: DECLINED)
            return good, nonsense
        return good, nonsense, await ask(client, lambda _: DECLINED)

    good, *by_rule = over(wire, mode, tmp_path, talk, **person.callbacks())
    assert good["text"] == "The notice period is 90 days [1]."
    assert good["tier"]["models"]["writer"] == "client:scripted-1"
    for given, reason in zip(by_rule, ("malformed", "unreachable: the client declined"), strict=False):
        assert (given["status"], given["tier"]["models"]["writer"]) == ("answered", "rules")
        assert given["degraded"][0]["reason"].startswith(reason)
    assert "How long is the notice period?" in person.shown[0]


def test_long_calls_report_progress_and_stop_when_their_caller_goes_away(tmp_path: Path, wire: str, mode: str) -> None:
    async def leave(client: Client, verb: str, arguments: dict[str, Any]) -> None:
        with anyio.CancelScope() as scope:

            async def note(progress: float, total: float | None, message: str | None) -> None:
                assert (progress > 0, total, message) == (True, None, "working")
                scope.cancel()

            await client.call_tool(verb, arguments, progress_callback=note)
        assert scope.cancelled_caught

    async def talk(client: Client) -> None:
        for left, (verb, arguments) in enumerate(LONG.items(), 1):
            await leave(client, verb, arguments)
            with anyio.fail_after(20):
                while trail(tmp_path).count((verb, "E_CANCELLED")) < 1:
                    await client.list_tools()
            assert len(trail(tmp_path)) == left

    over(wire, mode, tmp_path, talk, "long")
