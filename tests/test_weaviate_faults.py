"""A Weaviate server that is away, slow, strange or killed gives clear errors in bounded time, and loses nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import TypeVar

import pytest

from groundsight.bench.weaviate_nodes import Node
from groundsight.bench.weaviate_proxy import Fault, Proxy
from groundsight.cli import main
from groundsight.errors import BackendDown, GroundsightError, IndexCorrupt, IndexVersion, StorageFailed
from groundsight.index import ChannelQuery
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.breaker import OPEN_SECONDS, Breaker
from groundsight.index.weaviate.faults import TooSlow, as_ours
from groundsight.settings import WeaviateSettings, load_settings
from groundsight.suite import open_suite
from tests.build import make_text_entry
from tests.index_workers import ALL, SOURCES, WORDS, entries, turns_of
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node, start

T = TypeVar("T")
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
def server_that_says(said: str) -> Iterator[int]:
    """An HTTP server with one answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(said.encode())

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
    with server_that_says('{"version": "1.26.4"}') as http:
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
    assert isinstance(failure_of(settings, 10), IndexCorrupt)


@NEEDS_SERVER
def test_a_collection_that_vanished_under_a_write_is_named():
    settings = settings_for(shared_node())
    index = WeaviateIndex.open(settings)
    index._wire.drop(f"{settings.collection}Meta")
    with pytest.raises(IndexVersion, match="missing"):
        index.upsert([make_text_entry("a.txt", "words")])
    index.close()


@pytest.mark.parametrize("said", ["{}", '{"version": "new"}', "[]", "<html></html>"])
def test_what_is_no_weaviate_server_is_said_to_be_none(said: str):
    with server_that_says(said) as http:
        error = failure_of(WeaviateSettings(http_port=http, grpc_port=9), 5)
    assert isinstance(error, BackendDown)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("UNAVAILABLE failed to connect to all addresses; last error: ipv4:127.0.0.1:40312: refused", BackendDown),
        ("UNAVAILABLE tcp handshaker shutdown [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred", BackendDown),
        ("open /var/lib/weaviate/x.wal: permission denied", StorageFailed),
        ("put object: no space left on device", StorageFailed),
        ("UNAVAILABLE connection attempt timed out before receiving SETTINGS frame", BackendDown),
        ("DEADLINE_EXCEEDED Deadline Exceeded", TooSlow),
    ],
)
def test_words_of_the_server_are_not_taken_for_what_they_only_resemble(said: str, kind: type[GroundsightError]):
    assert type(as_ours(said, 1.0)) is kind


@pytest.fixture
def between() -> Iterator[tuple[Proxy, Proxy, WeaviateSettings]]:
    """A proxy before each port of the shared server, with the settings that lead through them."""
    node = shared_node()
    with Proxy(node.http_port) as http, Proxy(node.grpc_port) as grpc:
        yield http, grpc, settings_for(node, http_port=http.port, grpc_port=grpc.port, call_seconds=1)


def never_resting() -> Breaker:
    """A breaker by whose clock all failures lie far apart."""
    return Breaker(count(0.0, 100.0).__next__)


Between = tuple[Proxy, Proxy, WeaviateSettings]


@NEEDS_SERVER
@pytest.mark.parametrize("fault", ["hold", "cut", "refuse"])
def test_answers_that_stay_away_or_break_off_are_failures_and_the_next_ones_count(between: Between, fault: Fault):
    _, grpc, settings = between
    index = WeaviateIndex.open(settings)
    index._wire.breaker = never_resting()
    index.upsert(entries(1))
    before = index.search(WORDS_ASKED, ALL, 5)
    with ExitStack() as broken:
        if fault == "refuse":
            # Only a new connection can be refused: the old one is cut.
            grpc.fault = "cut"
            with pytest.raises(BackendDown):
                index.search(WORDS_ASKED, ALL, 5)
        grpc.fault = fault
        broken.callback(setattr, grpc, "fault", "none")
        for ask in (lambda: index.search(WORDS_ASKED, ALL, 5), lambda: index.count(ALL), lambda: list(index.scan(ALL))):
            with pytest.raises(BackendDown):
                ask()
    assert patiently(lambda: index.search(WORDS_ASKED, ALL, 5)) == before
    index.close()


@NEEDS_SERVER
@pytest.mark.parametrize("fault", ["hold", "cut", "refuse"])
def test_a_connection_that_fails_half_way_is_given_up(between: Between, fault: Fault):
    http, _, settings = between
    http.fault = fault
    assert isinstance(failure_of(settings, 5), BackendDown)


@NEEDS_SERVER
def test_the_breaker_spares_a_server_that_fails_and_closes_when_it_answers(between: Between):
    _, grpc, settings = between
    index, now = WeaviateIndex.open(settings), [0.0]
    index.upsert(entries(1))
    index._wire.breaker = breaker = Breaker(lambda: now[0])
    grpc.fault = "cut"
    while not breaker.open:
        now[0] += 1.0
        with pytest.raises(BackendDown):
            index.count(ALL)
    grpc.fault = "none"
    with pytest.raises(BackendDown, match="left alone"):
        index.count(ALL)

    def after_a_rest() -> int:
        now[0] += OPEN_SECONDS
        return index.count(ALL).assets

    assert patiently(after_a_rest) == 2
    assert not breaker.open
    index.close()


@NEEDS_SERVER
def test_a_read_only_disk_is_named_and_readers_keep_the_old_asset(caplog: pytest.LogCaptureFixture):
    settings = settings_for(shared_node())
    index = WeaviateIndex.open(settings)
    index.upsert(entries(1))
    units = index._wire._client.collections.use(f"{settings.collection}_e1")
    units.config.update_shards("READONLY")
    with pytest.raises(StorageFailed, match="disk"):
        index.upsert(entries(1 + SOURCES))
    assert turns_of(list(index.scan(ALL))) == {"left1": 1, "right1": 1}
    assert caplog.text == ""
    units.config.update_shards("READY")
    index.upsert(entries(1 + SOURCES))
    assert turns_of(list(index.scan(ALL))) == {"left1": 1 + SOURCES, "right1": 1 + SOURCES}
    assert index.check().problems == ()
    index.close()


BARE = {"text": "none", "visual": "none", "ocr": "none"}


def test_asking_while_the_server_is_away_fails_and_does_not_abstain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    known = {"INDEX__BACKEND": "weaviate", "WEAVIATE__HTTP_PORT": "9", "WEAVIATE__GRPC_PORT": "10"}
    for name, value in {**known, **{f"MODELS__{lane.upper()}": what for lane, what in BARE.items()}}.items():
        monkeypatch.setenv(f"GROUNDSIGHT_{name}", value)
    code = main(["ask", "Who approved the order?", "--json", "--home", str(tmp_path)])
    said = json.loads(capsys.readouterr().out)
    assert code == 1
    assert said["error"]["code"] == "E_BACKEND"
    assert said["error"]["retryable"] is True
    assert "abstained" not in json.dumps(said)


@NEEDS_SERVER
def test_a_question_that_the_server_leaves_half_answered_fails_and_is_answered_later(between: Between, tmp_path: Path):
    _, grpc, settings = between
    note = tmp_path / "note.txt"
    note.write_text("MS Birk has 250 seats.\n")
    chosen = load_settings(
        home=tmp_path / "home", roots=(tmp_path,), index={"backend": "weaviate"}, models=BARE,
        weaviate=settings.model_dump(),
    )  # fmt: skip
    with open_suite(chosen) as suite:
        suite.ingest([note])
        assert suite.ask("How many seats does MS Birk have?").evidence
        grpc.fault = "hold"
        with pytest.raises(BackendDown):
            suite.ask("How many seats does MS Birk have?")
        grpc.fault = "none"
        assert patiently(lambda: suite.ask("How many seats does MS Birk have?")).evidence


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    """A server that may be killed; whoever kills it puts the next one into the list."""
    nodes = list(start(tmp_path_factory.mktemp("mortal")))
    yield nodes
    nodes[-1].kill()


@NEEDS_SERVER
def test_a_server_killed_in_the_middle_of_writing_and_searching_loses_nothing(mortal: list[Node]):
    node = mortal[-1]
    index = WeaviateIndex.open(settings_for(node, call_seconds=2))
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
    restart(mortal, node)
    assert_whole(index, acknowledged[-1])
    index.upsert(entries(acknowledged[-1] + 10))
    assert index.check().problems == ()
    index.close()


def restart(mortal: list[Node], node: Node) -> None:
    mortal += start(node.data.parent, port=node.http_port)


def assert_whole(index: WeaviateIndex, acknowledged: int) -> None:
    """The last write must be there, and every asset whole."""
    turns = patiently(lambda: turns_of(list(index.scan(ALL))))
    assert max(turns.values()) >= acknowledged


def patiently(ask: Callable[[], T]) -> T:
    """Ask until the breaker lets a call through."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask()
        except BackendDown:
            assert time.monotonic() < deadline
            threading.Event().wait(0.2)


@NEEDS_SERVER
def test_a_cluster_of_three_goes_on_with_two(tmp_path: Path):
    with ExitStack() as clean:
        nodes = start(tmp_path, "--nodes", "3")
        for node in nodes:
            clean.callback(node.kill)
        # A write waits until the cluster has noticed the dead node, on a busy machine more than once five seconds.
        index = WeaviateIndex.open(settings_for(nodes[0], replication=3, call_seconds=15))
        clean.callback(index.close)
        index.upsert(entries(1))
        nodes[2].kill()
        index.upsert(entries(2))
        assert turns_of(list(index.scan(ALL))) == {"left1": 1, "right1": 1, "left2": 2, "right2": 2}
        assert len(index.search(WORDS_ASKED, ALL, 20)[0].hits) == 12


def test_the_breaker_opens_after_five_failures_and_lets_one_call_try():
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for now[0] in range(5):
        breaker.before()
        breaker.failed()
    with pytest.raises(BackendDown, match="left alone"):
        breaker.before()
    now[0] += OPEN_SECONDS
    breaker.before()
    breaker.failed()
    with pytest.raises(BackendDown):
        breaker.before()
    now[0] += OPEN_SECONDS
    breaker.before()
    breaker.succeeded()
    breaker.before()
    assert not breaker.open


@pytest.mark.parametrize(("ends", "passes"), [("succeeded", True), ("failed", False)])
def test_calls_beside_the_one_that_tries_share_its_fate(ends: str, passes: bool):
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for now[0] in range(5):
        breaker.failed()
    now[0] += OPEN_SECONDS
    breaker.before()
    with ThreadPoolExecutor(3) as workers:
        beside = [workers.submit(breaker.before) for _ in range(3)]
        getattr(breaker, ends)()
        assert [each.exception() is None for each in beside] == [passes] * 3


def test_calls_that_fail_together_are_one_failure():
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(100):
        breaker.failed()
    assert not breaker.open
    for now[0] in (0.2, 0.4, 0.6, 0.8):
        breaker.failed()
    assert breaker.open


def test_failures_far_apart_do_not_open_the_breaker():
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(12):
        now[0] += 8.0
        breaker.before()
        breaker.failed()
    assert not breaker.open
