"""The MCP door over real sockets on loopback: both eras, Host and Origin, tokens, refused binds."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from groundsight.doors.http import refuse_open_bind, transport_security
from groundsight.errors import ConfigError
from groundsight.server_settings import Server
from tests.test_server_stdio import ROOT, environment

TOKEN = "a-long-secret-token"
LIST = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
        }
    },
}
MODERN = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/list",
}


SERVER = ("server.py", "--http", "--port", "0", "--home")


@contextmanager
def served(home: Path, *command: str, **more: str) -> Generator[int]:
    """Serve on a free port of 127.0.0.1 and give the port."""
    process = subprocess.Popen(
        [sys.executable, *(command or SERVER), str(home)],
        cwd=ROOT,
        env={**environment(), **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/mcp", line)
        assert found, line
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with served(tmp_path_factory.mktemp("home")) as port:
        yield port


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with served(tmp_path_factory.mktemp("home"), GROUNDSIGHT_SERVER__TOKEN=TOKEN) as port:
        yield port


def send(
    port: int, headers: dict[str, str], *, method: str = "POST", path: str = "/mcp", body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One raw request, with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    payload = json.dumps(LIST).encode() if body is None else body
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"content-length": str(len(payload)), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(payload)
    answer = connection.getresponse()
    result = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return result


def own(port: int, **more: str) -> dict[str, str]:
    return {"host": f"127.0.0.1:{port}", **MODERN, **more}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_works_over_sockets(port: int, mode: str) -> None:
    async def run() -> Any:
        async with Client(f"http://127.0.0.1:{port}/mcp", mode=mode) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert "search" in names
            return await client.call_tool("search", {"query": "x", "limit": 0})

    result = asyncio.run(run())
    assert result.structured_content["error"]["code"] == "E_INVALID_ARG"


def test_one_post_is_a_whole_call(port: int) -> None:
    status, _, body = send(port, own(port))
    assert status == 200
    assert b'"search"' in body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused(port: int, host: str) -> None:
    assert send(port, {**own(port), "host": host})[0] in (400, 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_a_page_of_another_origin_is_refused(port: int, origin: str) -> None:
    assert send(port, own(port, origin=origin))[0] == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_cannot_call_a_tool(port: int, kind: str) -> None:
    assert send(port, {**own(port), "content-type": kind})[0] in (400, 415)


def test_no_foreign_page_is_allowed_by_cors(port: int) -> None:
    headers = own(port, origin="http://evil.example", **{"access-control-request-method": "POST"})
    status, answered, _ = send(port, headers, method="OPTIONS", body=b"")
    assert status >= 400
    assert "access-control-allow-origin" not in answered


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"[]", b"\xff\xfe"])
def test_malformed_requests_leave_the_server_alive(port: int, body: bytes) -> None:
    assert 400 <= send(port, own(port), body=body)[0] < 500
    assert send(port, own(port))[0] == 200


def test_a_body_over_four_mebibytes_is_refused(port: int) -> None:
    assert send(port, {**own(port), "content-length": str(5 * 2**20)}, body=b"")[0] == 413


def test_health_tells_nothing_but_that_it_lives(port: int) -> None:
    status, _, body = send(port, {"host": "x"}, method="GET", path="/health", body=b"")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize("bearer", [None, "wrong", TOKEN[:-1], TOKEN + "x", ""])
def test_without_the_token_nothing_is_answered(guarded: int, bearer: str | None) -> None:
    headers = own(guarded) if bearer is None else own(guarded, authorization=f"Bearer {bearer}")
    assert send(guarded, headers)[0] == 401


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_token_opens_the_door(guarded: int, mode: str) -> None:
    async def run() -> int:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as wire:
            transport = streamable_http_client(f"http://127.0.0.1:{guarded}/mcp", http_client=wire)
            async with Client(transport, mode=mode) as client:
                return len((await client.list_tools()).tools)

    assert asyncio.run(run()) == 9


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_a_bind_beyond_this_machine_needs_token_and_names(host: str) -> None:
    with pytest.raises(ConfigError, match="TOKEN"):
        refuse_open_bind(Server(host=host))
    with pytest.raises(ConfigError, match="allowed_hosts"):
        refuse_open_bind(Server.model_validate({"host": host, "token": TOKEN}))
    refuse_open_bind(Server.model_validate({"host": host, "token": TOKEN, "allowed_hosts": ["a.example"]}))


def test_host_and_origin_are_checked_on_every_bind() -> None:
    for server in (Server(), Server.model_validate({"host": "0.0.0.0", "allowed_hosts": ["a.example"]})):
        rules = transport_security(server)
        assert rules.enable_dns_rebinding_protection
        assert rules.allowed_hosts
    assert transport_security(Server.model_validate({"host": "0.0.0.0"})).allowed_hosts == []


def test_an_open_bind_is_refused_at_start(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "server.py", "--http", "--host", "0.0.0.0", "--home", str(tmp_path)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "E_CONFIG" in ended.stderr
    assert "GROUNDSIGHT_SERVER__TOKEN" in ended.stderr


TEAM = """
import sys
from pathlib import Path
from groundsight.doors.http import serve_http
from groundsight.doors.mcp_tools import Door
from groundsight.doors.readiness import probes_of
from groundsight.doors.tokens import TokenCheck
from groundsight.server import server_of
from groundsight.settings import load_settings
from tests.build import make_asset, make_unit
from tests.doors import ScriptedSuite

settings = load_settings(Path(sys.argv[1]))
one, two = make_asset("docs/a.txt", tenant="one"), make_asset("docs/b.txt", tenant="two", labels=("board",))
suite = ScriptedSuite(settings, (make_unit(one, 0, "a"), one), (make_unit(two, 0, "b"), two))
tokens = TokenCheck(settings.server, settings.governance)
door = Door(lambda: suite, writable=True, caller=tokens.present)
serve_http(server_of(door, tokens), settings, probes_of(door, warmed=False), tokens)
"""
TEAM_SETTINGS = """
[server]
port = 0
[[server.callers]]
token = "token-of-ann"
user = "ann"
tenant = "one"
[[server.callers]]
token = "token-of-bob"
user = "bob"
tenant = "two"
labels = ["board"]
may_write = true
"""


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_each_caller_sees_and_may_do_what_its_token_says(tmp_path: Path, mode: str) -> None:
    async def talk(port: int, token: str) -> tuple[list[str], str]:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as wire:
            transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
            async with Client(transport, mode=mode) as client:
                listed: Any = (await client.read_resource("groundsight://assets")).contents[0]
                written = await client.call_tool("ingest", {"paths": ["elsewhere"]})
                sources = [asset["source"] for asset in json.loads(listed.text)["assets"]]
                return sources, (written.structured_content or {})["error"]["code"]

    (tmp_path / "groundsight.toml").write_text(TEAM_SETTINGS)
    with served(tmp_path, "-c", TEAM) as port:
        assert asyncio.run(talk(port, "token-of-ann")) == (["docs/a.txt"], "E_POLICY")
        assert asyncio.run(talk(port, "token-of-bob")) == (["docs/b.txt"], "E_NOT_FOUND")
        assert send(port, own(port, authorization="Bearer token-of-eve"))[0] == 401
    users = {json.loads(line)["user"] for line in (tmp_path / "audit" / "audit.jsonl").read_text().splitlines()}
    assert users == {"ann", "bob"}
