"""A Weaviate server that is away, slow, strange or killed gives clear errors in bounded time, and loses nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from groundsight.errors import BackendDown, ConfigError, GroundsightError, IndexVersion
from groundsight.evals.weaviate_nodes import Node
from groundsight.index import ChannelQuery
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.breaker import Breaker
from groundsight.settings import WeaviateSettings
from tests.build import make_text_entry
from tests.index_workers import ALL, WORDS, entries, turns_of
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node, start

KEY = "a-key-that-must-stay-secret"
WITH_KEY = {
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
    "AUTHENTICATION_APIKEY_ENABLED": "true",
    "AUTHENTICATION_APIKEY_ALLOWED_KEYS": KEY,
    "AUTHENTICATION_APIKEY_USERS": "groundsight",
}
WORDS_ASKED = [ChannelQuery("bm25_text", text="common"), ChannelQuery("text", vector=WORDS.encode(["common"])[0])]


def failure_of(settings: WeaviateSettings, seconds: float) -> GroundsightError:
    """Open an index that can't be opened; it must say so within the seconds."""
    begun = time.monotonic()
    with pytest.raises(GroundsightError) as raised:
        WeaviateIndex.open(settings)
    assert time.monotonic() - begun < seconds
    return raised.value


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def server_of_version(version: str) -> Iterator[int]:
    """An HTTP server that says it is Weaviate of some version."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"version": version}).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_server_that_is_away_is_named_at_once():
    error = failure_of(WeaviateSettings(http_port=9, grpc_port=10), 5)
    assert isinstance(error, BackendDown)
    assert error.next_step


def test_a_server_that_never_answers_is_given_up():
    with silent_port() as http, silent_port() as grpc:
        error = failure_of(WeaviateSettings(http_port=http, grpc_port=grpc, connect_seconds=1, call_seconds=1), 5)
    assert isinstance(error, BackendDown)


def test_a_server_older_than_the_client_needs_is_refused():
    with server_of_version("1.26.4") as http:
        error = failure_of(WeaviateSettings(http_port=http, grpc_port=9), 5)
    assert isinstance(error, IndexVersion)
    assert "1.27" in str(error)


@NEEDS_SERVER
def test_a_blocked_data_port_is_named():
    with silent_port() as grpc:
        error = failure_of(settings_for(shared_node(), grpc_port=grpc, call_seconds=1), 10)
    assert isinstance(error, BackendDown)


@NEEDS_SERVER
def test_collections_that_vanished_are_named():
    settings = settings_for(shared_node())
    index = WeaviateIndex.open(settings)
    index.upsert([make_text_entry("a.txt", "words")])
    index._wire.drop(f"{settings.collection}_e1")
    with pytest.raises(IndexVersion, match="missing"):
        index.search(WORDS_ASKED, ALL, 5)
    index.close()
    assert isinstance(failure_of(settings, 10), IndexVersion)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    """A server that wants a key; whoever kills it puts the next one into the list."""
    nodes = list(start(tmp_path_factory.mktemp("guarded"), environment=WITH_KEY))
    yield nodes
    nodes[-1].kill()


@NEEDS_SERVER
@pytest.mark.parametrize("key", [None, "a-wrong-key"])
def test_a_wrong_key_is_a_setting_to_correct_and_is_never_shown(guarded: list[Node], key: str | None):
    error = failure_of(settings_for(guarded[-1], api_key=key), 5)
    assert isinstance(error, ConfigError)
    assert "a-wrong-key" not in f"{error} {error!r} {error.as_data()} {error.__cause__} {error.__context__!r}"


@NEEDS_SERVER
def test_a_server_killed_in_the_middle_of_writing_and_searching_loses_nothing(guarded: list[Node]):
    node = guarded[-1]
    index = WeaviateIndex.open(settings_for(node, api_key=KEY, call_seconds=2))
    acknowledged: list[int] = []

    def write() -> None:
        for turn in range(1, 10_000):
            try:
                index.upsert(entries(turn))
            except GroundsightError:
                return
            acknowledged.append(turn)

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 5:
        index.search(WORDS_ASKED, ALL, 5)
    node.kill()
    with pytest.raises(BackendDown):
        index.search(WORDS_ASKED, ALL, 5)
    writer.join(30)
    restart(guarded, node)
    assert_whole(index, acknowledged[-1])
    index.upsert(entries(acknowledged[-1] + 10))
    assert index.check().problems == ()
    index.close()


def restart(guarded: list[Node], node: Node) -> None:
    guarded += start(node.data.parent, port=node.http_port, environment=WITH_KEY)


def assert_whole(index: WeaviateIndex, acknowledged: int) -> None:
    """Ask until the breaker lets a call through; then the last write must be there, and every asset whole."""
    deadline = time.monotonic() + 20
    while True:
        try:
            turns = turns_of(list(index.scan(ALL)))
            break
        except BackendDown:
            assert time.monotonic() < deadline
            threading.Event().wait(0.2)
    assert max(turns.values()) >= acknowledged


@NEEDS_SERVER
def test_a_cluster_of_three_goes_on_with_two(tmp_path: Path):
    with ExitStack() as clean:
        nodes = start(tmp_path, "--nodes", "3")
        for node in nodes:
            clean.callback(node.kill)
        index = WeaviateIndex.open(settings_for(nodes[0], replication=3, call_seconds=5))
        clean.callback(index.close)
        index.upsert(entries(1))
        nodes[2].kill()
        index.upsert(entries(2))
        assert turns_of(list(index.scan(ALL))) == {"left1": 1, "right1": 1, "left2": 2, "right2": 2}
        assert len(index.search(WORDS_ASKED, ALL, 20)[0].hits) == 12


def test_the_breaker_opens_after_five_failures_and_lets_one_call_try():
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(5):
        breaker.before()
        breaker.failed()
    with pytest.raises(BackendDown, match="left alone"):
        breaker.before()
    now[0] = 10.0
    breaker.before()
    with pytest.raises(BackendDown):
        breaker.before()
    breaker.failed()
    with pytest.raises(BackendDown):
        breaker.before()
    now[0] = 20.0
    breaker.before()
    breaker.succeeded()
    breaker.before()
    assert not breaker.open


def test_failures_far_apart_do_not_open_the_breaker():
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(12):
        now[0] += 8.0
        breaker.before()
        breaker.failed()
    assert not breaker.open
