"""Many callers at one HTTP door, over real sockets: no cross-talk, limits of each, a log without a word of them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from groundsight.cli import main
from groundsight.doors.access import Access
from groundsight.doors.call_metrics import new_registry
from groundsight.doors.caller_limits import CallerLimits
from groundsight.doors.entrance import ACCESS, Entrance
from groundsight.doors.http_workers import serve_workers
from groundsight.errors import ConfigError
from groundsight.governance.limits import RateLimiter
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from groundsight.types import Principal
from tests.build import make_asset, make_entry, make_unit
from tests.doors import CANARY, ScriptedSuite, settings_at, some_rows
from tests.http_house import door_for
from tests.issuer import ISSUER, URL, filed, token
from tests.test_server_http import ROOT, environment, own, send

CLIENTS, TENANTS, ASKING = 50, 5, 3
LIGHT = {"models": {"visual": "none", "text": "none", "reader": "none"}, "ingestion": {"tags": False, "ocr": False}}
SERVE = ("-m", "groundsight.cli", "serve", "--http", "--port", "0", "--workers", "2", "--home")


def secret(number: int) -> str:
    """What only this caller may see."""
    return f"vault{number * 7_919 + 100_003}"


def bearer(number: int) -> str:
    """Every other caller has a token of the settings, the rest bring one of an issuer."""
    if number % 2 == 0:
        return f"token-{number}"
    return token(sub=f"user{number}", org=f"tenant{number % TENANTS}", roles=[f"label{number}"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[int, int]]:
    """Two workers over fifty documents of five tenants, each under a label of its own; their port and their parent."""
    folder = tmp_path_factory.mktemp("many")
    callers = [
        {"token": bearer(n), "user": f"user{n}", "tenant": f"tenant{n % TENANTS}", "labels": [f"label{n}"]}
        for n in range(0, CLIENTS, 2)
    ]
    issued = {"issuer": ISSUER, "keys": str(filed(folder, "rsa1")), "tenant_claim": "org", "labels_claim": "roles"}
    assets = [
        make_asset(f"files/board{n}.md", tenant=f"tenant{n % TENANTS}", labels=(f"label{n}",)) for n in range(CLIENTS)
    ]
    with open_suite(load_settings(folder / "home", **LIGHT)) as suite:
        text = "The secret word of the board is {}."
        suite.parts.index.upsert(
            [make_entry(asset, make_unit(asset, 0, text.format(secret(n)))) for n, asset in enumerate(assets)]
        )
    told = {"url": URL, "callers": callers, "jwt": issued}
    variables = {
        f"GROUNDSIGHT_{section.upper()}__{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for section, values in {**LIGHT, "server": told}.items()
        for name, value in values.items()
    }
    errors = folder / "stderr"
    with errors.open("w") as stream:
        command = [sys.executable, *SERVE, str(folder / "home")]
        process = subprocess.Popen(command, cwd=ROOT, env={**environment(), **variables}, stderr=stream)
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/mcp", errors.read_text())):
            assert process.poll() is None, errors.read_text()
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        assert process.wait(60) == 0, errors.read_text()


async def talk(port: int, number: int, mode: str, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """One connection of one caller; what each call gave."""
    headers = {"authorization": f"Bearer {bearer(number)}"}
    # Reading the certificates of the system costs more than the calls, and plain HTTP needs none.
    async with httpx2.AsyncClient(headers=headers, timeout=60, verify=False) as wire:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
        async with Client(transport, mode=mode) as client:
            return [(await client.call_tool(name, arguments)).structured_content for name, arguments in calls]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_fifty_callers_at_once_see_each_their_own_and_nothing_else(served: tuple[int, int], mode: str) -> None:
    port, _ = served

    async def one(number: int) -> tuple[int, str]:
        asked = {"query": "What is the secret word of the board?", "limit": 50}
        found = (await talk(port, number, mode, ("search", asked)))[0]
        more = [("read", {"id": found["hits"][0]["label"]})]
        if number < ASKING:
            more.append(("ask", {"question": asked["query"], "seconds": 0}))
        given = await talk(port, number, mode, *more)
        words = json.dumps([found, *given])
        assert secret(number) in json.dumps(given[0])
        assert set(re.findall(r"vault\d+", words)) == {secret(number)}
        assert set(re.findall(r"board\d+\.md", words)) == {f"board{number}.md"}
        return number, given[-1].get("handle", "")

    async def all_of_them() -> list[tuple[int, str]]:
        return await asyncio.gather(*map(one, range(CLIENTS)))

    async def others(given: list[tuple[int, str]]) -> None:
        first, handle = next(one for one in given if one[1])
        second = first + TENANTS  # of the same tenant
        going = {"handle": handle, "seconds": 30}
        mine, theirs = await asyncio.gather(
            talk(port, first, mode, ("ask", going)), talk(port, second, mode, ("ask", going))
        )
        assert secret(first) in json.dumps(mine)
        assert theirs[0]["error"]["code"] == "E_NOT_FOUND"

    given = asyncio.run(all_of_them())
    asyncio.run(others(given))


def workers_of(pid: int) -> set[int]:
    """The worker processes of a server."""
    workers = set()
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended since it was listed
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                workers.add(int(child))
    return workers


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in /proc")
def test_a_worker_that_dies_is_begun_again(served: tuple[int, int]) -> None:
    port, pid = served
    before = workers_of(pid)
    assert len(before) == 2
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    while killed in workers_of(pid) or len(workers_of(pid)) < 2:
        assert send(port, {"host": "x"}, method="GET", path="/live", body=b"")[0] == 200
    found = asyncio.run(talk(port, 3, "auto", ("search", {"query": "secret word"})))[0]
    assert secret(3) in json.dumps(found)


@contextmanager
def door_at(home: Path, suite: Any = None, **more: Any) -> Generator[int]:
    """Serve a scripted door for ann and bob, and give its port."""
    callers = [{"token": f"token-of-{user}", "user": user} for user in ("ann", "bob")]
    server = {"port": 0, "token": "admin", "callers": callers, **more.pop("server", {})}
    settings = settings_at(home, server=server, **more)
    with door_for(settings, suite or ScriptedSuite(settings, *some_rows()), writable=False) as port:
        yield port


def listed(port: int, user: str) -> tuple[int, dict[str, str], bytes]:
    return send(port, own(port, authorization=f"Bearer token-of-{user}"))


def test_a_flood_of_one_caller_is_told_to_wait_and_nobody_else_is(tmp_path: Path) -> None:
    with door_at(tmp_path, governance={"calls_per_second": 1, "burst": 20}) as port, ThreadPoolExecutor(8) as pool:
        flood = list(pool.map(lambda _: listed(port, "ann"), range(60)))
        told = [(headers["retry-after"], body) for code, headers, body in flood if code == 429]
        assert len(told) > 20
        assert {code for code, *_ in flood} == {200, 429}
        assert {after for after, _ in told} == {"1"}
        assert b"governance.calls_per_second" in told[0][1]
        assert listed(port, "bob")[0] == 200


def test_one_caller_is_served_so_many_requests_at_a_time(tmp_path: Path) -> None:
    began, go = threading.Semaphore(0), threading.Event()

    def verb(_: Any, __: Any) -> None:
        began.release()
        assert go.wait(60)

    async def search(port: int) -> Any:
        async with httpx2.AsyncClient(headers={"authorization": "Bearer token-of-ann"}, timeout=60) as wire:
            transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
            async with Client(transport, mode="auto") as client:
                return (await client.call_tool("search", {"query": "notice"})).is_error

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=verb)
    with door_at(tmp_path, suite, server={"requests_at_once": 2}) as port, ThreadPoolExecutor(2) as pool:
        held = [pool.submit(asyncio.run, search(port))]
        assert began.acquire(timeout=60)
        held.append(pool.submit(asyncio.run, search(port)))
        assert began.acquire(timeout=60)
        code, headers, body = listed(port, "ann")
        assert (code, headers["retry-after"]) == (429, "1")
        assert b"server.requests_at_once" in body
        assert listed(port, "bob")[0] == 200
        go.set()
        assert not any(each.result(60) for each in held)
        assert listed(port, "ann")[0] == 200


def test_metrics_are_for_whoever_holds_admin(tmp_path: Path) -> None:
    with door_at(tmp_path) as port:
        for bearer, code in (("token-of-ann", 403), ("admin", 200)):
            headers = {"host": "x", "authorization": f"Bearer {bearer}"}
            assert send(port, headers, method="GET", path="/metrics", body=b"")[0] == code


def test_the_access_log_tells_who_what_how_long_and_nothing_of_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def verb(_: Any, query: Any) -> None:
        assert CANARY in query.text

    async def search(port: int, user: str) -> None:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer token-of-{user}", "x": CANARY}) as wire:
            for mode in ("auto", "legacy"):
                transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
                async with Client(transport, mode=mode) as client:
                    await client.call_tool("search", {"query": f"{CANARY} notice"})
                    await client.call_tool("search", {"query": CANARY, "limit": 0})

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=verb)
    caplog.set_level(logging.INFO, "groundsight.access")
    with door_at(tmp_path, suite) as port:
        asyncio.run(search(port, "ann"))
        asyncio.run(search(port, "bob"))
        send(port, {"host": CANARY}, method="GET", path=f"/{CANARY}?{CANARY}", body=b"")
        send(port, {"host": CANARY}, method=CANARY, path="/mcp", body=b"")
    lines = [record.getMessage() for record in caplog.records if record.name == "groundsight.access"]
    form = re.compile(r"([0-9a-f]{16}|-) (\w+|-) (/mcp|-) ((?:\w+|-) (?:\w+|-)) (\d{3}) \d+\.\d{3} s")
    told = [form.fullmatch(line) for line in lines]
    assert all(told), lines
    parts = [found.groups() for found in told if found]
    assert [call for *_, call, code in parts if code == "200"].count("search OK") == 4
    assert [call for *_, call, code in parts if code == "200"].count("search E_INVALID_ARG") == 4
    assert len({who for who, *_ in parts}) == 3
    assert ("-", "GET", "-", "- -", "401") in parts
    assert ("-", "-", "/mcp", "- -", "401") in parts
    everything = "\n".join(lines)
    assert all(word not in everything for word in (CANARY, "ann", "bob", "127.0.0.1", "token"))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--workers", "2"], "add --http"),
        (["encoders", "--http", "--workers", "2"], "add --http"),
        (["--http", "--workers", "0"], "server.workers"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], named: str
) -> None:
    assert main(["serve", *more, "--home", str(tmp_path)]) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize("agent", [{"llm": "client"}, {"review": "answer"}])
def test_several_workers_are_refused_where_a_question_waits_for_its_client(
    tmp_path: Path, agent: dict[str, str]
) -> None:
    settings = load_settings(tmp_path, agent=agent, server={"workers": 2, "port": 0})
    with pytest.raises(ConfigError, match="waits in one process"):
        serve_workers(settings, writable=False, watched=False)


def test_a_client_that_goes_away_while_it_sends_is_no_error() -> None:
    said: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nothing was asked")

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    access = Access.of(Principal(tenant="one", user="ann"), ["read"], issuer=ISSUER)
    limits = CallerLimits(app, Entrance(None, new_registry()), RateLimiter(20, 60), 12)
    scope = {"type": "http", "method": "POST", "headers": [], "path": "/mcp", ACCESS: access}
    asyncio.run(limits(scope, gone, send))
    assert not said
