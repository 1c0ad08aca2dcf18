"""Encoders over HTTP: the same vectors and fingerprints as in process, batches, limits, and clear failures."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from groundsight.cli import main
from groundsight.encoders import open_picture_encoder, open_text_encoder
from groundsight.encoders.minilm import MiniLm
from groundsight.encoders.service import Service, ServicePictures, ServiceTexts
from groundsight.encoders.wire import MODEL, pack_pictures, unpack_pictures
from groundsight.errors import ConfigError, GroundsightError, InvalidArgument, LimitExceeded, ModelFailed
from groundsight.index.local import LocalIndex
from groundsight.settings import Models
from tests.build import WordEncoder, make_text_entry
from tests.encoder_house import Greys, HeldEncoder, serving
from tests.pictures import clock_face

TOKEN = "a-long-secret-token"


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """A service of small doubles with small limits."""
    limits = {"request_items": 4, "request_chars": 100, "request_bytes": 2_000}
    with serving(tmp_path_factory.mktemp("home"), visual=Greys(), encoders=limits) as (address, _):
        yield address


def texts_of(address: str, **models: Any) -> ServiceTexts:
    return ServiceTexts.open(address, Models.model_validate(models))


def post(address: str, kind: str, body: bytes, **headers: str) -> httpx2.Response:
    named = {MODEL: WordEncoder.fingerprint, **headers}
    return httpx2.post(f"{address}/v1/{kind}", content=body, headers=named, trust_env=False)


def test_the_same_weights_give_the_same_vectors_and_name_as_in_process(tmp_path: Path) -> None:
    here = MiniLm.open(threads=2)
    texts = ["A ferry leaves Kallen at nine.", "", "Überfahrt — 渡し船 🚢", "word " * 400]
    with serving(tmp_path, text=here) as (address, _):
        there = open_text_encoder(Models(text=f"service:{address}"))
        assert there is not None
        assert (there.fingerprint, there.dimension) == (MiniLm.fingerprint, 384)
        for role in ("query", "passage"):
            assert np.allclose(there.encode(texts, role=role), here.encode(texts, role=role), atol=1e-6)
        assert np.array_equal(there.encode(texts[:1], role="query"), here.encode(texts[:1], role="query"))


def test_an_index_made_in_process_is_accepted_with_the_service(tmp_path: Path, words: str) -> None:
    index = LocalIndex.open(tmp_path)
    index.claim({"text": WordEncoder.fingerprint})
    index.upsert([make_text_entry("a.txt", "a ferry")])
    index.claim({"text": texts_of(words).fingerprint})
    with pytest.raises(GroundsightError, match="other-words"):
        index.claim({"text": "other-words@1"})
    index.close()


def test_many_texts_travel_in_few_requests_and_keep_their_order(words: str) -> None:
    texts = [f"ferry {number}" for number in range(10)]
    client = texts_of(words)
    before = count_of(words, "passage")
    assert np.array_equal(client.encode(texts), WordEncoder().encode(texts))
    assert count_of(words, "passage") - before == 3
    assert client.encode([]).shape == (0, client.dimension)


def test_a_question_is_asked_once(words: str) -> None:
    client = texts_of(words)
    before = count_of(words, "query")
    for _ in range(3):
        client.encode(["when does the ferry leave"], role="query")
    assert count_of(words, "query") - before == 1


def test_pictures_travel_whole(words: str) -> None:
    client = open_picture_encoder(Models(visual=f"service:{words}"), None)
    assert isinstance(client, ServicePictures)
    pictures = [Image.new("RGB", (20 + n, 10), (n, n, n)) for n in range(5)] + [Image.new("RGBA", (9, 9), (0, 0, 0, 0))]
    rows = client.encode_pictures(pictures)
    assert rows[:, :3].tolist() == [*[[n, 20 + n, 10] for n in range(5)], [255, 9, 9]]
    assert np.array_equal(client.encode_words(["ferry"]), WordEncoder().encode(["ferry"]))


def test_the_concept_space_is_the_same_over_the_wire(tmp_path: Path) -> None:
    text = MiniLm.open(threads=2)
    here = open_picture_encoder(Models(), text)
    assert here is not None
    with serving(tmp_path, text=text, visual=here) as (address, _):
        there = open_picture_encoder(Models(visual=f"service:{address}"), None)
        assert there is not None
        assert there.fingerprint == here.fingerprint
        assert np.allclose(there.encode_pictures([clock_face()]), here.encode_pictures([clock_face()]), atol=1e-6)


def test_requests_that_arrive_while_a_batch_runs_are_joined_and_questions_go_first(tmp_path: Path) -> None:
    held = HeldEncoder()
    held.go.set()
    with serving(tmp_path, text=held) as (address, service), ThreadPoolExecutor(8) as pool:
        held.go.clear()
        held.batches.clear()
        while held.began.acquire(blocking=False):
            pass
        client = texts_of(address)
        first = pool.submit(client.encode, ["first"])
        assert held.began.acquire(timeout=60)
        batcher = service._batchers["text"]
        waiting = [batcher.submit("passage", [f"text {number}"]) for number in range(3)]
        asked = batcher.submit("query", ["question"])
        held.go.set()
        rows = [each.result(60) for each in (*waiting, asked)]
        first.result(60)
    assert held.batches == [
        ("passage", ["first"]), ("query", ["question"]), ("passage", ["text 0", "text 1", "text 2"]),
    ]  # fmt: skip
    assert np.array_equal(rows[1], WordEncoder().encode(["text 1"]))


def test_a_full_queue_is_refused_with_a_time_to_wait_and_the_client_waits(tmp_path: Path) -> None:
    held = HeldEncoder()
    held.go.set()
    with serving(tmp_path, text=held, encoders={"queue_items": 1}) as (address, service), ThreadPoolExecutor(2) as pool:
        held.go.clear()
        batcher = service._batchers["text"]
        while held.began.acquire(blocking=False):
            pass
        running = batcher.submit("passage", ["running"])
        assert held.began.acquire(timeout=60)
        batcher.submit("passage", ["waiting"])
        refused = post(address, "passage", b'{"texts": ["late"]}')
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.headers["connection"] == "close"
        assert refused.json()["error"]["code"] == "E_RATE_LIMITED"
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            held.go.set()
            running.result(60)

        service_client = Service.connect(address, Models(), pause=pause)
        patient = ServiceTexts(service_client, service_client.served("text"))
        rows = pool.submit(patient.encode, ["late"]).result(60)
    assert np.array_equal(rows, WordEncoder().encode(["late"]))
    assert pauses
    assert all(0.5 <= each <= 1.5 for each in pauses)


def test_a_service_that_stays_busy_is_an_error_in_bounded_time(tmp_path: Path) -> None:
    with serving(tmp_path, load=False) as (address, _):
        pauses: list[float] = []
        service = Service.connect(address, Models(service_seconds=5), pause=pauses.append)
        with pytest.raises(ModelFailed, match="still loading"):
            service.served("text")
    assert 5 <= sum(pauses) <= 5 + 1.5


def test_it_is_ready_when_its_models_are_loaded(tmp_path: Path) -> None:
    with serving(tmp_path, load=False) as (address, service):
        assert httpx2.get(f"{address}/live", trust_env=False).status_code == 200
        assert httpx2.get(f"{address}/ready", trust_env=False).status_code == 503
        service.load()
        assert httpx2.get(f"{address}/ready", trust_env=False).status_code == 200


def test_another_model_is_never_used_silently(words: str) -> None:
    client = texts_of(words)
    assert post(words, "passage", b'{"texts": ["x"]}', **{MODEL: "other@1"}).status_code == 409
    other = type(client._model)(**{**vars(client._model), "fingerprint": "other@1"})
    with pytest.raises(ModelFailed, match="another model"):
        ServiceTexts(client._service, other).encode(["x"])


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("passage", b"{", 400, "E_INVALID_ARG"),
        ("passage", b'{"texts": "x"}', 400, "E_INVALID_ARG"),
        ("passage", b'{"texts": [1]}', 400, "E_INVALID_ARG"),
        ("passage", b'{"texts": []}', 400, "E_INVALID_ARG"),
        ("passage", b"[" * 2_000, 400, "E_INVALID_ARG"),
        ("passage", b'{"texts": ["a","a","a","a","a"]}', 413, "E_LIMIT"),
        ("passage", json.dumps({"texts": ["a" * 101]}).encode(), 413, "E_LIMIT_TEXT"),
        ("passage", b" " * 3_000, 413, "E_LIMIT_BYTES"),
        ("pictures", b"\x01", 400, "E_INVALID_ARG"),
        ("pictures", b"\0" * 8, 400, "E_INVALID_ARG"),
        ("pictures", b"\xff\xff\0\0\xff\xff\0\0", 413, "E_LIMIT_PIXELS"),
        ("pictures", b"\x10\0\0\0\x10\0\0\0" + b"x" * 10, 400, "E_INVALID_ARG"),
        ("pictures", b"\1\0\0\0\1\0\0\0rgb" * 5, 413, "E_LIMIT"),
        ("pictures", b"x" * 2_001, 413, "E_LIMIT_BYTES"),
        ("nothing", b"", 404, ""),
    ],
)
def test_a_request_out_of_bounds_is_refused_by_name(words: str, kind: str, body: bytes, status: int, code: str) -> None:
    model = Greys.fingerprint if kind == "pictures" else WordEncoder.fingerprint
    answer = post(words, kind, body, **{MODEL: model})
    assert answer.status_code == status
    assert not code or answer.json()["error"]["code"] == code
    assert texts_of(words).encode(["still alive"]).any()


def test_a_text_that_is_too_long_is_an_error_for_the_caller(words: str) -> None:
    with pytest.raises(LimitExceeded, match="too long"):
        texts_of(words).encode(["short", "a" * 101])


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.binary(min_size=3, max_size=3)), max_size=5))
def test_pictures_come_out_as_they_went_in(shapes: list[tuple[int, int, bytes]]) -> None:
    pictures = [Image.new("RGB", (wide, high), tuple(colour)) for wide, high, colour in shapes]
    found = unpack_pictures(pack_pictures(pictures), 5, 100)
    assert [(each.size, each.tobytes()) for each in found] == [(each.size, each.tobytes()) for each in pictures]


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_no_body_of_pictures_does_anything_but_parse_or_fail_by_name(body: bytes) -> None:
    try:
        found = unpack_pictures(body, 2, 50)
    except (InvalidArgument, LimitExceeded):
        return
    assert pack_pictures(found) == body


def test_a_service_that_is_away_is_tried_twice_and_named() -> None:
    pauses: list[float] = []
    service = Service.connect("http://127.0.0.1:9", Models(), pause=pauses.append)
    with pytest.raises(ModelFailed) as failure:
        service.served("text")
    assert len(pauses) == 1
    assert failure.value.which == "http://127.0.0.1:9"
    assert "groundsight serve encoders" in failure.value.next_step


def test_a_search_without_its_encoders_fails_by_name_and_is_never_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROUNDSIGHT_MODELS__TEXT", "service:http://127.0.0.1:9")
    assert main(["search", "ferry", "--json", "--home", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "E_MODEL"


def test_a_lost_call_is_tried_once_more() -> None:
    answers = [httpx2.ReadError("gone"), httpx2.Response(200, json={})]

    def answer(_: httpx2.Request) -> httpx2.Response:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    client = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://service")
    with pytest.raises(ConfigError, match="no encoder service"):
        Service(client, "http://service", 5, lambda _: None).served("text")
    assert not answers


@pytest.mark.parametrize("body", [b"", b"1234", b"x" * 4 * 64 + b"y"])
def test_an_answer_of_another_length_is_an_error(body: bytes) -> None:
    served = {"text": {"fingerprint": "a@1", "dimension": 64}, "limits": {"items": 9, "chars": 9, "bytes": 9}}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json=served)
        return httpx2.Response(200, content=body, headers={MODEL: "a@1"})

    client = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://service")
    service = Service(client, "http://service", 5, lambda _: None)
    with pytest.raises(ModelFailed, match="promised"):
        ServiceTexts(service, service.served("text")).encode(["x"])


def test_a_lane_that_is_not_served_is_a_matter_of_the_settings(tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _), pytest.raises(ConfigError, match="serves no visual encoder"):
        open_picture_encoder(Models(visual=f"service:{address}"), None)
    with pytest.raises(ConfigError, match="no address"):
        open_text_encoder(Models(text="service:localhost:8001"))


def test_without_the_token_nothing_is_answered_and_metrics_neither(tmp_path: Path) -> None:
    with serving(tmp_path, server={"token": TOKEN}) as (address, _):
        for path in ("/v1/models", "/metrics"):
            assert httpx2.get(address + path, trust_env=False).status_code == 401
            known = {"authorization": f"Bearer {TOKEN}"}
            assert httpx2.get(address + path, headers=known, trust_env=False).status_code == 200
        assert post(address, "passage", b'{"texts": ["x"]}').status_code == 401
        with pytest.raises(ConfigError, match="service_token"):
            texts_of(address)
        assert texts_of(address, service_token=TOKEN).encode(["x"]).any()
        assert httpx2.get(f"{address}/ready", trust_env=False).status_code == 200


@pytest.mark.parametrize(("header", "value"), [("host", "evil.example"), ("origin", "http://evil.example")])
def test_another_host_or_origin_is_refused(words: str, header: str, value: str) -> None:
    assert post(words, "passage", b'{"texts": ["x"]}', **{header: value}).status_code in (403, 421)


def test_a_request_without_a_length_is_refused(words: str) -> None:
    connection = http.client.HTTPConnection(words.removeprefix("http://"), timeout=20)
    headers = {MODEL: WordEncoder.fingerprint}
    connection.request("POST", "/v1/passage", iter([b'{"texts": ["x"]}']), headers, encode_chunked=True)
    assert connection.getresponse().status == 400
    connection.close()


def test_a_bug_in_a_model_does_not_end_the_service(tmp_path: Path) -> None:
    class Broken(WordEncoder):
        def encode(self, texts: Any, *, role: Any = "passage") -> Any:
            return 1 / 0 if "break" in texts else super().encode(texts, role=role)

    with serving(tmp_path, text=Broken()) as (address, _):
        client = texts_of(address)
        with pytest.raises(ModelFailed, match="internal error"):
            client.encode(["break"])
        assert client.encode(["whole"]).any()


def test_metrics_count_requests_and_never_show_a_text(tmp_path: Path) -> None:
    with serving(tmp_path, visual=Greys()) as (address, _):
        texts_of(address).encode(["CANARY one", "CANARY two"])
        post(address, "passage", b"{")
        shown = httpx2.get(f"{address}/metrics", trust_env=False).text
    assert 'groundsight_encoder_requests_total{kind="passage",outcome="OK"} 1' in shown
    assert 'groundsight_encoder_requests_total{kind="passage",outcome="E_INVALID_ARG"} 1' in shown
    assert 'groundsight_encoder_queue_items{model="text"} 0' in shown
    assert 'groundsight_encoder_batch_items_bucket{le="2.0",model="text"} 1' in shown
    assert "CANARY" not in shown


def test_waiting_requests_are_answered_before_the_service_ends(tmp_path: Path) -> None:
    held = HeldEncoder()
    held.go.set()
    with serving(tmp_path, text=held) as (_, service):
        held.go.clear()
        jobs = [service._batchers["text"].submit("passage", [str(number)]) for number in range(3)]
        closing = threading.Thread(target=service.close)
        closing.start()
        held.go.set()
        closing.join(60)
        assert all(job.result(0).any() for job in jobs)


def count_of(address: str, kind: str) -> int:
    """How many requests of a kind were answered well."""
    shown = httpx2.get(f"{address}/metrics", trust_env=False).text
    wanted = f'groundsight_encoder_requests_total{{kind="{kind}",outcome="OK"}} '
    return sum(int(float(line.removeprefix(wanted))) for line in shown.splitlines() if line.startswith(wanted))
