"""Batches to Weaviate: cut to size, held back by a slow server, tried again for what was refused, named when final."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from groundsight.errors import BackendDown, GroundsightError, ModelFailed
from groundsight.index.weaviate import WeaviateIndex, client, wire
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.names import object_id
from groundsight.index.weaviate.wire import TRIES, UNDER_WAY, Wire
from groundsight.settings import WeaviateSettings
from tests.index_workers import ALL, entries, turns_of
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node

AT = Place("Units", "n-default")
Answer = Callable[[list[str]], dict[int, str]]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr(wire.time, "sleep", waited.append)
    return waited


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], tuple[Wire, list[list[str]]]]:
    """A wire whose server answers each batch with what it refuses, and the names of each batch."""

    def made(answer: Answer) -> tuple[Wire, list[list[str]]]:
        calls: list[list[str]] = []

        def send(_client: Any, method: str, request: Any, _seconds: float) -> Any:
            assert method == "BatchObjects"
            calls.append([each.uuid for each in request.objects])
            refused = answer(calls[-1])
            return SimpleNamespace(errors=[SimpleNamespace(index=at, error=why) for at, why in refused.items()])

        monkeypatch.setattr(client, "connect", lambda _: SimpleNamespace(close=lambda: None))
        monkeypatch.setattr(client, "send", send)
        return Wire(WeaviateSettings()), calls

    return made


def rows(count: int) -> Iterator[Row]:
    return (Row(object_id(str(number)), {"data": "x"}, {"text": np.ones(4, np.float32)}) for number in range(count))


def test_what_a_server_refuses_once_is_sent_again_by_itself(served, pauses: list[float]):
    names = [row.uuid for row in rows(5)]
    opened, calls = served(lambda asked: {1: "busy", 3: "busy"} if len(asked) == 5 else {})
    opened.put(AT, rows(5))
    assert calls == [names, [names[1], names[3]]]
    assert len(pauses) == 1


def test_pauses_grow_and_are_of_random_length(served, pauses: list[float]):
    opened, calls = served(lambda asked: {0: "busy"})
    for _ in range(20):
        with pytest.raises(BackendDown):
            opened.put(AT, rows(1))
    assert len(calls) == 20 * TRIES
    first, last = pauses[:: TRIES - 1], pauses[TRIES - 2 :: TRIES - 1]
    assert max(first) < min(last)
    assert len(set(first)) > 10


def test_what_is_refused_for_good_is_counted_and_named(served, pauses: list[float]):
    names = [row.uuid for row in rows(300)]
    opened, _ = served(lambda asked: {asked.index(name): "no" for name in (names[250], names[260]) if name in asked})
    with pytest.raises(BackendDown) as raised:
        opened.put(AT, rows(300))
    assert raised.value.which == f"2 objects of Units, the first {names[250]}"


def test_the_reason_of_a_refusal_chooses_the_error(served, pauses: list[float]):
    opened, _ = served(lambda asked: {0: "vector lengths don't match: 4 vs 8"})
    with pytest.raises(ModelFailed):
        opened.put(AT, rows(1))


def test_batches_have_a_bounded_size(served):
    opened, calls = served(lambda _: {})
    opened.put(AT, rows(450))
    assert sorted(len(names) for names in calls) == [50, 200, 200]
    big = (Row(object_id(str(number)), {"data": "x" * 900_000}) for number in range(5))
    opened.put(AT, big)
    assert sorted(len(names) for names in calls[3:]) == [1, 2, 2]


def test_a_slow_server_holds_the_writer_back(served):
    """While batches wait for their answers one more is made ready, and nothing beyond is even asked for."""
    too_far, taken, answered = threading.Event(), [], []

    def slow(_: list[str]) -> dict[int, str]:
        assert not too_far.wait(0.1)
        answered.append(True)
        return {}

    def counted() -> Iterator[Row]:
        for number, row in enumerate(rows(1_000)):
            taken.append(number)
            if len(taken) > 200 * (len(answered) + UNDER_WAY + 1) + 1:
                too_far.set()
            yield row

    opened, calls = served(slow)
    opened.put(AT, counted())
    assert (len(calls), len(taken)) == (5, 1_000)


@NEEDS_SERVER
def test_a_write_that_broke_off_is_finished_by_repeating_it(monkeypatch: pytest.MonkeyPatch):
    index = WeaviateIndex.open(settings_for(shared_node()))
    index.upsert(entries(1))
    real, sent = client.send, []

    def failing(at: Any, method: str, request: Any, seconds: float) -> Any:
        sent.append(method)
        if sent.count("BatchObjects") > 2:
            raise OSError("the cable was pulled")
        return real(at, method, request, seconds)

    with monkeypatch.context() as broken:
        broken.setattr(client, "send", failing)
        broken.setattr(wire, "TRIES", 1)
        with pytest.raises(GroundsightError):
            index.upsert(entries(6))
    assert turns_of(list(index.scan(ALL))) == {"left1": 1, "right1": 1}
    index.upsert(entries(6))
    assert turns_of(list(index.scan(ALL))) == {"left1": 6, "right1": 6}
    assert index.check().problems == ()
    index.close()


@NEEDS_SERVER
def test_two_processes_may_create_an_index_at_the_same_moment(monkeypatch: pytest.MonkeyPatch):
    settings = settings_for(shared_node())
    with closing(WeaviateIndex.open(settings)) as first:
        first.upsert(entries(1))
        monkeypatch.setattr(Wire, "collections", lambda _: set())
        monkeypatch.setattr(type(first._wire.client.collections), "exists", lambda *_: False)
        with closing(WeaviateIndex.open(settings)) as second:
            assert turns_of(list(second.scan(ALL))) == turns_of(list(first.scan(ALL))) != {}
            assert second._store.read().config == first._store.read().config
