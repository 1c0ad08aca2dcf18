"""Probes and metrics of the MCP door over HTTP: ready means ready, and numbers never show what was asked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client

from groundsight.doors.http import http_app
from groundsight.doors.listen import Monitored
from groundsight.doors.mcp_tools import Door
from groundsight.doors.readiness import LOADING, NO_INDEX, Readiness, probes_of, warm
from groundsight.doors.tokens import TokenCheck
from groundsight.errors import BackendDown, NotFound
from groundsight.server import server_of
from groundsight.suite import open_suite
from tests.doors import CANARY, ScriptedSuite, settings_at, some_rows
from tests.encoder_house import running

TOKEN = "a-long-secret-token"


@contextmanager
def door_at(home: Path, suite: Any = None, **server: Any) -> Generator[tuple[str, Door, int | None]]:
    """Serve a door on free ports; give its address, the door and the port of the metrics."""
    settings = settings_at(home, server={"port": 0, **server})
    tokens = TokenCheck(settings.server, settings.governance) if settings.server.token else None
    scripted = suite or ScriptedSuite(settings, *some_rows())
    door = Door(lambda: scripted, writable=False)
    app = Monitored(http_app(server_of(door), settings.server), probes_of(door, warmed=settings.server.warm), tokens)
    with running(app, settings) as listener:
        yield f"http://127.0.0.1:{listener._sockets[0].getsockname()[1]}", door, app.metrics_port


async def searches(address: str, *asked: dict[str, Any]) -> None:
    """Search over MCP, then list the documents."""
    async with Client(f"{address}/mcp") as client:
        for arguments in asked:
            await client.call_tool("search", arguments)
        await client.read_resource("groundsight://assets")


def get(address: str, **headers: str) -> httpx2.Response:
    return httpx2.get(address, headers=headers, trust_env=False)


def test_a_connection_sends_at_once_what_it_is_given(tmp_path: Path) -> None:
    # asyncio turns Nagle's waiting off only where the listening socket names TCP.
    with running(lambda *_: None, settings_at(tmp_path, server={"port": 0})) as listener:
        assert [each.proto for each in listener._sockets] == [socket.IPPROTO_TCP]


def test_calls_are_counted_by_tool_and_outcome_and_show_nothing_else(tmp_path: Path) -> None:
    def verb(_: Any, query: Any) -> None:
        if "missing" in query.text:
            raise NotFound(f"{CANARY} is not there")

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=verb)
    with door_at(tmp_path, suite) as (address, _, _):
        asyncio.run(searches(address, {"query": f"{CANARY} notice"}, {"query": "missing"}, {"query": "x", "limit": 0}))
        shown = get(f"{address}/metrics").text
    assert 'groundsight_calls_total{outcome="OK",tool="search"} 1' in shown
    assert 'groundsight_calls_total{outcome="E_NOT_FOUND",tool="search"} 1' in shown
    assert 'groundsight_calls_total{outcome="E_INVALID_ARG",tool="search"} 1' in shown
    assert 'groundsight_call_seconds_count{tool="search"} 3' in shown
    assert "groundsight_calls_in_flight 0" in shown
    assert CANARY not in shown
    assert "contract.pdf" not in shown


def test_a_call_under_way_is_seen(tmp_path: Path) -> None:
    began, go = threading.Event(), threading.Event()
    seen: list[str] = []

    def verb(_: Any, __: Any) -> None:
        began.set()
        assert go.wait(60)

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=verb)
    with door_at(tmp_path, suite) as (address, _, _):

        def look() -> None:
            assert began.wait(60)
            seen.append(get(f"{address}/metrics").text)
            go.set()

        watching = threading.Thread(target=look)
        watching.start()
        asyncio.run(searches(address, {"query": "notice"}))
        watching.join()
    assert "groundsight_calls_in_flight 1" in seen[0]


def test_metrics_need_the_token_or_a_port_of_their_own(tmp_path: Path) -> None:
    with door_at(tmp_path, token=TOKEN, metrics_port=0) as (address, _, port):
        assert get(f"{address}/metrics").status_code == 401
        assert get(f"{address}/metrics", authorization="Bearer wrong").status_code == 401
        assert get(f"{address}/metrics", authorization=f"Bearer {TOKEN}").status_code == 200
        own = f"http://127.0.0.1:{port}"
        assert get(f"{own}/metrics").status_code == 200
        assert get(f"{own}/mcp").status_code == 404
        assert get(f"{own}/live").status_code == 200


def test_the_door_is_ready_when_its_index_answers(tmp_path: Path) -> None:
    with open_suite(home=tmp_path) as suite, door_at(tmp_path, suite) as (address, _, _):
        assert any(get(f"{address}/ready").status_code == 200 for _ in range(1_000))


def test_an_index_that_is_away_makes_it_not_ready_until_it_is_back() -> None:
    away, clock = [True], iter(range(100))

    def check() -> None:
        if away:
            raise BackendDown("the server is away")

    ready = Readiness(lambda: None, check, lambda: float(next(clock)))
    ready.start()
    ready.wait()
    assert ready.not_ready() == NO_INDEX
    away.clear()
    assert ready.not_ready() == ""


def test_probes_within_a_second_look_once() -> None:
    looks: list[int] = []
    ready = Readiness(lambda: None, lambda: looks.append(1), lambda: 5.0)
    ready.start()
    ready.wait()
    assert [ready.not_ready() for _ in range(5)] == [""] * 5
    assert len(looks) == 1


def test_it_is_loading_until_the_models_are_there_and_a_failure_is_tried_again() -> None:
    tries: list[int] = []
    go = threading.Event()

    def prepare() -> None:
        tries.append(1)
        assert go.wait(60)
        if len(tries) == 1:
            raise BackendDown("not yet")

    ready = Readiness(prepare, lambda: None)
    ready.start()
    assert ready.not_ready() == LOADING
    go.set()
    ready.wait()
    assert ready.not_ready() == LOADING
    ready.wait()
    assert ready.not_ready() == ""
    assert len(tries) == 2


def test_a_second_probe_does_not_wait_for_the_first() -> None:
    began, go = threading.Event(), threading.Event()

    def check() -> None:
        began.set()
        assert go.wait(60)

    ready = Readiness(lambda: None, check)
    ready.start()
    ready.wait()
    first = threading.Thread(target=ready.not_ready)
    first.start()
    assert began.wait(60)
    assert ready.not_ready() != ""
    go.set()
    first.join()
    assert ready.not_ready() == ""


def test_a_warm_start_loads_every_model(tmp_path: Path) -> None:
    with open_suite(home=tmp_path) as suite:
        warm(suite)
        assert {"text_encoder", "picture_encoder", "ocr", "tagger", "reranker"} <= set(vars(suite.parts))


def test_the_engine_s_steps_are_timed_by_channel_and_modality(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "hall.txt").write_text(f"The keeper of the {CANARY} hall is Kim Lund.")
    settings = settings_at(tmp_path / "home", roots=(tmp_path / "files",), models={"visual": "none"})
    suite = open_suite(settings)
    suite.ingest(tmp_path / "files")

    async def called(address: str) -> None:
        async with Client(f"{address}/mcp") as client:
            await client.call_tool("search", {"query": f"{CANARY} hall"})
            await client.call_tool("search", {"query": f"{CANARY} hall"})
            await client.call_tool("ask", {"question": f"Who is the keeper of the {CANARY} hall?", "seconds": 60})

    with door_at(tmp_path / "home", suite) as (address, _, _):
        asyncio.run(called(address))
        shown = get(f"{address}/metrics").text
    counts = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in shown.splitlines() if line[0] != "#"}
    text = '{channel="bm25_text",le="+Inf",modality="text"}'
    assert counts[f"groundsight_channel_seconds_bucket{text}"] >= 2
    assert counts['groundsight_channel_searches_total{channel="bm25_ocr",found="no",modality="image"}'] >= 2
    assert counts['groundsight_cache_lookups_total{cache="search",outcome="hit"}'] >= 1
    assert counts['groundsight_step_seconds_count{modality="",step="ask"}'] == 1
    assert counts['groundsight_step_seconds_count{modality="text",step="model.embedding"}'] >= 2
    assert counts['groundsight_answers_total{status="answered"}'] == 1
    assert counts['groundsight_grounding_ratio_count{verb="ask"}'] == 1
    assert counts["groundsight_queue_seconds_count"] == 1
    assert counts["process_resident_memory_bytes"] > 0
    assert CANARY not in shown
