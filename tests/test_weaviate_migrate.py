"""An index moves between back ends with its vectors, ranks alike on both, and changes its schema and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from groundsight.cli import main
from groundsight.errors import Cancelled, IndexVersion, NotFound
from groundsight.index import ChannelQuery
from groundsight.index.local import LocalIndex
from groundsight.index.migrate import migrate
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.migrations import Migrations
from groundsight.settings import WeaviateSettings
from groundsight.tracing import Watch
from groundsight.types import Filter
from tests.build import WordEncoder, make_asset, make_entry, make_text_entry, make_unit
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node

pytestmark = NEEDS_SERVER
WORDS = WordEncoder()
ALL = Filter()
ASKED = ("boiler cellar", "solar roof panels", "kitchen", "window door roof")
VOCABULARY = "solar panel roof boiler cellar garden window door kitchen budget plan".split()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalIndex]:
    """An embedded index with 60 assets of three units and a picture."""
    random = np.random.default_rng(7)
    index = LocalIndex.open(tmp_path / "index")
    index.claim({"text": WORDS.fingerprint})
    index.upsert(
        [
            make_text_entry(
                f"{n}.txt", *(" ".join(random.choice(VOCABULARY, 4 + n % 9)) for _ in range(3)), tenant=f"t{n % 2}"
            )
            for n in range(60)
        ]
    )
    asset = make_asset("picture.png", tenant="t0")
    index.upsert([make_entry(asset, make_unit(asset, 4, "", caption="a roof", ocr="plan 7"), encoder=WORDS)])
    yield index
    index.close()


@pytest.fixture
def settings() -> WeaviateSettings:
    return settings_for(shared_node())


@pytest.fixture
def remote(settings: WeaviateSettings) -> Iterator[WeaviateIndex]:
    index = WeaviateIndex.open(settings)
    yield index
    index.close()


def test_an_index_moves_there_and_back_with_its_vectors(local: LocalIndex, remote: WeaviateIndex, tmp_path: Path):
    report = migrate(local, remote, ALL, Watch())
    assert (report.assets, report.units, report.moved, report.problems) == (61, 181, 61, ())
    assert report.sampled > 10
    assert dict(remote.fingerprints()) == dict(local.fingerprints())
    with closing(LocalIndex.open(tmp_path / "second")) as second:
        assert migrate(remote, second, ALL, Watch()).problems == ()
        assert list(second.scan(ALL)) == list(local.scan(ALL)) == list(remote.scan(ALL))


def test_an_interrupted_move_is_finished_by_repeating_it(
    local: LocalIndex, remote: WeaviateIndex, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("groundsight.index.migrate.GROUP_UNITS", 30)
    watch = Watch(lambda done, total, message: watch.cancel() if done > 15 else None)
    with pytest.raises(Cancelled):
        migrate(local, remote, ALL, watch)
    begun = remote.count(ALL).assets
    assert 0 < begun < 61
    again = migrate(local, remote, ALL, Watch())
    assert (again.moved, again.skipped, again.problems) == (61 - begun, begun, ())
    assert migrate(local, remote, ALL, Watch()).moved == 0


def test_both_back_ends_rank_alike(local: LocalIndex, remote: WeaviateIndex):
    migrate(local, remote, ALL, Watch())
    where = Filter.model_validate({"conditions": [{"field": "tenant", "op": "eq", "value": "t0"}]})
    for text in ASKED:
        queries = [ChannelQuery("bm25_text", text=text), ChannelQuery("text", vector=WORDS.encode([text])[0])]
        for here, there in zip(local.search(queries, where, 10), remote.search(queries, where, 10), strict=True):
            # Weaviate counts units without words in a field into BM25's number of documents.
            assert [score for _, score in there.hits] == pytest.approx([score for _, score in here.hits], abs=0.03)
            floor = here.hits[-1][1] + 1e-4
            assert {hit for hit, score in here.hits if score > floor} <= {hit for hit, _ in there.hits}


def test_a_schema_of_another_version_is_refused_changed_and_rolled_back(
    local: LocalIndex, remote: WeaviateIndex, settings: WeaviateSettings
):
    migrate(local, remote, ALL, Watch())
    before, query = list(remote.scan(ALL)), [ChannelQuery("bm25_text", text="boiler")]
    found = remote.search(query, ALL, 5)
    store = remote._store
    store.write(replace(store.peek().config, schema=0))
    with pytest.raises(IndexVersion, match="schema 0"):
        WeaviateIndex.open(settings)
    with closing(Migrations.open(settings)) as migrations:
        plan = migrations.plan()
        assert (plan.from_schema, plan.to_schema, plan.assets, plan.units) == (0, 1, 61, 181)
        migrations.apply(Watch())
        with closing(WeaviateIndex.open(settings)) as changed:
            assert list(changed.scan(ALL)) == before
            assert changed.search(query, ALL, 5) == found
        assert migrations.roll_back().from_schema == 0
        with pytest.raises(NotFound):
            migrations.roll_back()


def test_settings_that_a_filled_index_can_not_take_on_are_shown_and_applied_beside_it(
    local: LocalIndex, remote: WeaviateIndex, settings: WeaviateSettings
):
    migrate(local, remote, ALL, Watch())
    wanted = settings.model_copy(update={"vector_index": "hnsw", "quantizer": "rq", "ef": 200, "bm25_b": 0.5})
    with closing(Migrations.open(settings)) as same, closing(Migrations.open(wanted)) as migrations:
        assert same.plan().changes == ()
        assert migrations.plan().changes == (
            "weaviate.vector_index: flat -> hnsw", "weaviate.quantizer: none -> rq", "weaviate.ef: -1 -> 200",
            "weaviate.bm25_b: 0.75 -> 0.5",
        )  # fmt: skip
        migrations.apply(Watch())
        assert migrations.plan().changes == ()
        assert len(same.plan().changes) == 4
    made = remote._wire.client.collections.use(remote.names().units).config.get()
    assert made.inverted_index_config.bm25.b == 0.5
    assert made.vector_config["text"].vector_index_config.ef == 200
    assert made.vector_config["text"].vector_index_config.quantizer is not None


def test_the_command_line_moves_an_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: WeaviateSettings
):
    with closing(LocalIndex.open(tmp_path / "home" / "index")) as index:
        index.upsert([make_text_entry("a.txt", "the boiler in the cellar")])
    config = tmp_path / "groundsight.toml"
    config.write_text(
        f"[weaviate]\nhttp_port = {settings.http_port}\ngrpc_port = {settings.grpc_port}\n"
        f'collection = "{settings.collection}"\n'
    )
    options = ["--home", str(tmp_path / "home"), "--config", str(config), "--json"]
    assert main(["migrate", "--to", "weaviate", *options]) == 0
    assert json.loads(capsys.readouterr().out)["moved"] == 1
    assert main(["migrate", "--schema", "plan", *options]) == 0
    assert json.loads(capsys.readouterr().out)["units"] == 1


def test_an_index_of_before_is_given_the_vectors_of_a_lane_that_is_new_to_it(
    settings: WeaviateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("groundsight.index.weaviate.schema.VECTOR_NAMES", ("text", "visual"))
        with closing(WeaviateIndex.open(settings)) as index:
            index.claim({"text": WORDS.fingerprint})
            index.upsert([make_text_entry("a.txt", "words")])
    with closing(WeaviateIndex.open(settings)) as index:
        index.claim({"text": WORDS.fingerprint, "sound": "ears@1"})
        entry = make_text_entry("b.wav", "a bell")
        ears = {**entry.vectors, "sound": np.eye(3, dtype=np.float32)[:1]}
        index.upsert([replace(entry, vectors=ears, rows={**entry.rows, "sound": (0,)})])
        (result,) = index.search([ChannelQuery("sound", vector=np.eye(3, dtype=np.float32)[0])], ALL, 5)
        assert [score for _, score in result.hits] == pytest.approx([1.0], abs=1e-3)
