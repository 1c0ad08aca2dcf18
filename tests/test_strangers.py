"""Callers that nobody knows, over real sockets: slowed by address, logged, counted, and never in the way of a probe."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from groundsight.doors import listen
from groundsight.doors.call_metrics import new_registry
from groundsight.doors.entrance import Entrance
from groundsight.doors.strangers import AT_ONCE, Strangers
from groundsight.doors.tokens import TokenCheck
from groundsight.encoders.service import ServiceTexts
from groundsight.governance.limits import MOST_CALLERS, RateLimiter
from groundsight.server_settings import Server
from groundsight.settings import Governance, Models
from tests.encoder_house import HeldEncoder, serving
from tests.test_server_probes import TOKEN, door_at, get

HEAD = b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\n"


@contextmanager
def encoders_at(home: Path, **server: Any) -> Generator[tuple[str, None, None]]:
    with serving(home, server=server) as (address, _):
        yield address, None, None


@pytest.fixture(params=[door_at, encoders_at])
def serve(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Each door over HTTP."""
    return request.param


def test_wrong_tokens_are_slowed_before_they_are_looked_at(
    serve: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "groundsight.strangers")
    known = {"authorization": f"Bearer {TOKEN}"}
    with serve(tmp_path, token=TOKEN) as (address, *_):
        guessed, slowed = until(429, f"{address}/metrics", authorization="Bearer guess-1")
        assert guessed >= AT_ONCE
        assert int(slowed.headers["retry-after"]) >= 1
        assert [get(f"{address}{probe}").status_code for probe in ("/live", "/health")] == [200, 200]
        until(401, f"{address}/metrics")
        _, shown = until(200, f"{address}/metrics", **known)
    text = shown.text
    assert f'groundsight_strangers_total{{outcome="wrong_token"}} {guessed}' in text
    assert 'groundsight_strangers_total{outcome="no_token"} 1' in text
    assert 'groundsight_strangers_total{outcome="slowed"}' in text
    assert "a request with wrong token from 127.0.0.1" in caplog.text
    assert "guess-1" not in caplog.text + text
    assert TOKEN not in caplog.text


def until(status: int, address: str, **headers: str) -> tuple[int, httpx2.Response]:
    """Ask until the answer has this status; return how many came before, and that answer."""
    for number in range(5_000):
        answer = get(address, **headers)
        if answer.status_code == status:
            return number, answer
        assert answer.status_code in (401, 429)
    raise AssertionError("it never came")


def entrance(clock: Callable[[], float]) -> Entrance:
    tokens = TokenCheck(Server.model_validate({"token": TOKEN}), Governance())
    door = Entrance(tokens, new_registry())
    door._strangers = Strangers(new_registry(), RateLimiter(1, 2, clock))
    return door


def slowed(door: Entrance, host: str, headers: dict[str, str]) -> bool:
    """True when the address has to wait, False when its token was looked at."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    asked = Request({"type": "http", "path": "/mcp", "headers": raw, "client": (host, 1), "server": ("x", 1)})
    refused = asyncio.run(door.refusal(asked))
    return refused is not None and refused.status_code == 429


def test_one_address_does_not_slow_another_and_a_network_is_one() -> None:
    door = entrance(lambda: 0.0)

    def passes(host: str) -> bool:
        return not slowed(door, host, {})

    assert [passes("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert passes("192.0.2.2")
    assert [passes(f"2001:db8::{n}") for n in (1, 2, 3)] == [True, True, False]
    assert passes("2001:db8:0:1::1")


@given(st.lists(st.sampled_from(["right", "wrong", "none"]), max_size=30))
def test_a_known_token_costs_its_address_nothing(calls: list[str]) -> None:
    door, unknown = entrance(lambda: 0.0), 0
    headers = {"right": {"authorization": f"Bearer {TOKEN}"}, "wrong": {"authorization": "Bearer x"}, "none": {}}
    for call in calls:
        assert slowed(door, "192.0.2.1", headers[call]) == (unknown >= 2)
        unknown += call != "right"


def test_only_so_many_addresses_are_remembered() -> None:
    limiter = RateLimiter(1, 1, lambda: 0.0)
    for number in range(MOST_CALLERS + 100):
        assert limiter.wait(str(number)) == 0.0
    assert len(limiter._buckets) == MOST_CALLERS


@contextmanager
def connected(address: str, number: int, first: bytes) -> Generator[list[socket.socket]]:
    """Open connections and send the same beginning on each."""
    host, _, port = address.removeprefix("http://").partition(":")
    wires: list[socket.socket] = []
    try:
        for _ in range(number):
            wires.append(socket.create_connection((host, int(port)), timeout=60))
            with suppress(OSError):
                wires[-1].sendall(first)
        yield wires
    finally:
        for wire in wires:
            wire.close()


def closed(wire: socket.socket, dribble: bytes = b"") -> bool:
    """Wait until the server closes a connection, sending a byte now and then."""
    wire.settimeout(0.05 if dribble else 60)
    for _ in range(1_200):
        try:
            if dribble:
                wire.sendall(dribble)
            if wire.recv(4_096) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    ("first", "dribble"),
    [
        (b"", b""),
        (b"", b"G"),
        (HEAD, b"x-a: b\r\n"),
        (HEAD + b"content-length: 9\r\n\r\n", b""),
        (b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n", b""),
        (b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n", b"x"),
    ],
    ids=["silent", "dribbled line", "dribbled head", "no body", "silent after an answer", "dribbled after an answer"],
)
def test_a_connection_without_a_request_is_closed(
    serve: Callable[..., Any], tmp_path: Path, first: bytes, dribble: bytes
) -> None:
    with serve(tmp_path, request_seconds=1) as (address, *_), connected(address, 1, first) as (wire,):
        assert closed(wire, dribble)


def test_a_thousand_idle_connections_do_not_starve_a_probe(serve: Callable[..., Any], tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    try:
        with serve(tmp_path, request_seconds=600) as (address, *_), connected(address, 1_000, HEAD):
            assert [get(f"{address}/health").status_code for _ in range(20)] == [200] * 20
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_comes_on_top_of_too_much_is_told_to_come_again_and_a_probe_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldEncoder()
    held.go.set()
    with serving(tmp_path, text=held) as (address, _), ThreadPoolExecutor(1) as pool:
        texts = ServiceTexts.open(address, Models())
        held.go.clear()
        while held.began.acquire(blocking=False):
            pass
        first = pool.submit(texts.encode, ["first"])
        assert held.began.acquire(timeout=60)
        monkeypatch.setattr(listen, "UNDER_WAY", 1)
        refused = get(f"{address}/v1/models")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert [get(f"{address}{probe}").status_code for probe in ("/live", "/health")] == [200, 200]
        held.go.set()
        assert first.result(60).any()
