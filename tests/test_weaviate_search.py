"""Searching on Weaviate: ranks as the embedded index, fused by the server on request, sure of what is live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from groundsight.errors import ConfigError, IndexVersion
from groundsight.governance.redaction import seal_entry
from groundsight.index import ChannelQuery, Entry, HybridIndex
from groundsight.index.local import LocalIndex
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.hybrid import Pair, explained
from groundsight.index.weaviate.known import Known
from groundsight.index.weaviate.live import Pointers
from groundsight.index.weaviate.messages import Hit
from groundsight.index.weaviate.names import object_id
from groundsight.index.weaviate.state import Config, Intent, State
from groundsight.retrieval.search import search
from groundsight.settings import Search, Settings
from groundsight.tracing import Watch
from groundsight.types import Condition, Query, VectorName
from tests.build import make_asset, make_text_entry, make_unit
from tests.index_workers import ALL, WORDS
from tests.retrieval_house import ALICE, HouseParts
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node

VOCABULARY = [f"word{number}" for number in range(120)]
FIELDS = ("text", "caption", "ocr", "transcript", "meta")
NAMES: tuple[VectorName, ...] = ("text", "caption", "ocr", "visual", "meta")
KINDS = {"text": ("text",), "table": ("text", "meta"), "image": ("caption", "ocr"), "video": ("transcript", "caption")}
ASSETS, PARTS, DIMENSION, QUESTIONS = 40, 8, 32, 12


def directions(random: np.random.Generator, count: int) -> np.ndarray:
    """Vectors of length 1 that no two share, so that no ranking is decided by chance."""
    rows = random.standard_normal((count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def corpus() -> list[Entry]:
    """320 units of four kinds, each with the fields and vectors of its kind."""
    random, entries = np.random.default_rng(5), []
    for number in range(ASSETS):
        asset = make_asset(f"{number}.bin")
        units, rows = [], dict.fromkeys(NAMES, ())
        for part, kind in enumerate([*KINDS] * (PARTS // len(KINDS))):
            texts = {field: " ".join(random.choice(VOCABULARY, random.integers(5, 40))) for field in KINDS[kind]}
            units.append(make_unit(asset, part, texts.pop("text", ""), kind=kind, **texts))
            for name in (*KINDS[kind], "visual"):
                rows = rows | {name: (*rows[name], part)} if name in NAMES else rows
        vectors = {name: directions(random, len(listed)) for name, listed in rows.items() if listed}
        entries.append(Entry(asset, tuple(units), seal_entry(asset, units, ()), vectors, rows))
    return entries


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalIndex, WeaviateIndex]]:
    with (
        closing(LocalIndex.open(tmp_path_factory.mktemp("local"))) as local,
        closing(WeaviateIndex.open(settings_for(shared_node()))) as remote,
    ):
        for index in (local, remote):
            index.upsert(corpus())
        yield local, remote


def overlap(both: tuple[LocalIndex, WeaviateIndex], queries: list[ChannelQuery]) -> float:
    """The mean share of the ten best that both back ends name."""
    shared = [
        len({hit for hit, _ in here.hits} & {hit for hit, _ in there.hits}) / len(here.hits)
        for here, there in zip(*(index.search(queries, ALL, 10) for index in both), strict=True)
    ]
    return float(np.mean(shared))


@NEEDS_SERVER
@pytest.mark.parametrize("field", FIELDS)
def test_at_least_nine_of_the_ten_best_by_words_are_those_of_the_embedded_index(both, field: str):
    random = np.random.default_rng(6)
    words = [" ".join(random.choice(VOCABULARY, 3)) for _ in range(QUESTIONS)]
    assert overlap(both, [ChannelQuery(f"bm25_{field}", text=text) for text in words]) >= 0.9


@NEEDS_SERVER
@pytest.mark.parametrize("name", NAMES)
def test_all_ten_best_by_vector_are_those_of_the_embedded_index(both, name: VectorName):
    asked = directions(np.random.default_rng(7), QUESTIONS)
    assert overlap(both, [ChannelQuery(name, vector=vector) for vector in asked]) == 1.0


WEIGHTS = {"text": 0.35, "caption": 0.15, "visual": 0.25, "bm25_text": 0.35, "bm25_caption": 0.15, "bm25_ocr": 0.0}


def asked_of_all() -> list[ChannelQuery]:
    vector = directions(np.random.default_rng(8), 1)[0]
    words = [ChannelQuery(channel, text="word1 word2") for channel in ("bm25_text", "bm25_caption", "bm25_ocr")]
    return [*words, *(ChannelQuery(name, vector=vector) for name in ("text", "caption", "visual"))]


@NEEDS_SERVER
def test_the_servers_fusion_gives_shares_that_add_up_to_its_score(both):
    _, remote = both
    assert isinstance(remote, HybridIndex)
    shares = remote.hybrid(asked_of_all(), ALL, 20, WEIGHTS)
    scores = {name: sum(part.contribution for part in parts) for name, parts in shares.items()}
    assert 0.25 < max(scores.values()) <= 1.0
    assert {part.channel for parts in shares.values() for part in parts} == {"bm25_text", "text", "caption", "visual"}
    alone = remote.hybrid(asked_of_all()[:1], ALL, 20, WEIGHTS)
    here = remote.search(asked_of_all()[:1], ALL, 20)[0].hits
    assert max(sum(part.contribution for part in parts) for parts in alone.values()) == pytest.approx(1.0, abs=1e-5)
    assert len({hit for hit, _ in here} & alone.keys()) >= 18


@NEEDS_SERVER
def test_the_servers_fusion_filters_inside_and_leaves_out_what_was_replaced(both):
    _, remote = both
    pictures = ALL.also(Condition(field="kind", op="eq", value="image"))
    found = remote.hybrid(asked_of_all(), pictures, 20, WEIGHTS)
    assert {unit.kind for unit, _ in remote.get([*found], ALL)} == {"image"}
    asset = make_asset("0.bin")
    gone = f"{asset.asset_id}-0000"
    assert gone in remote.hybrid(asked_of_all(), ALL, 400, WEIGHTS)
    pointers = Pointers(remote._wire, remote.names())
    pointers.remove("default", [*pointers.of_assets("default", [asset.asset_id]).values()])
    remote._store.touch()
    assert gone not in remote.hybrid(asked_of_all(), ALL, 400, WEIGHTS)
    remote.upsert(corpus()[:1])
    assert gone in remote.hybrid(asked_of_all(), ALL, 400, WEIGHTS)


def test_each_side_of_a_hybrid_call_is_booked_on_its_channel():
    told = (
        "\nHybrid (Result Set keyword,bm25) Document 8d5: original score 1.5, normalized score: 0.5"
        " - \nHybrid (Result Set vector,hybridVector) Document 8d5: original score 9e-2, normalized score: 0.0035"
    )
    pair = Pair("a", (("bm25_ocr", 0.1), ("bm25_text", 0.4)), "text", None, 0.4)
    words, vector = explained(Hit("x", "x", 0.5035, "n", told), pair, 0.5)
    assert (words.channel, words.raw, words.contribution) == ("bm25_text", 1.5, 0.25)
    assert (vector.channel, vector.raw, vector.contribution) == ("text", 0.09, 0.00175)
    assert pair.boosted == ["bm25_ocr^10", "bm25_text^40"]
    with pytest.raises(IndexVersion, match="explains"):
        explained(Hit("x", "x", 0.5, "n", "another wording"), pair, 0.5)


def test_what_is_live_is_remembered_only_while_nothing_is_written():
    known, one, two = Known(), ("n", "one"), ("n", "two")
    quiet = State(Config(), "first", ())
    known.confirm(known.before_reading(), quiet)
    early = known.before_reading()
    known.note("first", {one, two}, {one})
    known.confirm(early, quiet)
    assert known.among("first", {one}) is None
    known.confirm(known.before_reading(), replace(quiet, intents=(Intent("i", ()),)))
    assert known.among("first", {one}) is None
    known.confirm(known.before_reading(), quiet)
    assert known.among("first", {one, two}) == {one}
    assert known.among("other", {one}) is None
    known.note("first", {("n", "three")}, set())
    known.confirm(known.before_reading(), replace(quiet, token="second"))
    assert known.among("second", {one}) is None
    known.confirm(known.before_reading(), replace(quiet, token="second"))
    assert known.among("second", {("n", "three")}) is None


def test_an_object_has_the_name_that_follows_from_what_it_is():
    name = object_id("unit", "tenant", "a/b.txt", "generation", "7")
    assert UUID(name).version == 5
    assert name == object_id("unit", "tenant", "a/b.txt", "generation", "7")
    assert name != object_id("unit", "tenant", "a/b.txt", "generation7", "")


@NEEDS_SERVER
def test_a_search_with_the_servers_fusion_gives_hits_whose_contributions_add_up(tmp_path: Path):
    tree = Settings(search=Search(fusion="server"))
    entry = make_text_entry("docs/refunds.txt", "Refunds are paid within 30 days.", "Visitors park in the garage.")
    with closing(WeaviateIndex.open(settings_for(shared_node()))) as index:
        index.claim({"text": WORDS.fingerprint})
        index.upsert([entry])
        result = search(HouseParts(index, tree), Query(text="when are refunds paid"), ALICE, Watch())
    assert result.hits[0].unit.text == "Refunds are paid within 30 days."
    assert {"text", "bm25_text"} <= {part.channel for part in result.hits[0].channels}
    assert '"refunds"' in result.hits[0].reason
    for hit in result.hits:
        assert sum(part.contribution for part in hit.channels) == pytest.approx(hit.score, abs=1e-9)
    with closing(LocalIndex.open(tmp_path)) as local, pytest.raises(ConfigError, match="embedded index"):
        search(HouseParts(local, tree), Query(text="when are refunds paid"), ALICE, Watch())
