"""The embedded index: exact vectors, textbook BM25, private files, and refusals that say what to do."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from groundsight.cli import main
from groundsight.errors import IndexCorrupt, IndexVersion, InvalidArgument, Locked, ModelFailed, StorageFailed
from groundsight.index import ChannelQuery, database, schema, vectors
from groundsight.index.local import LocalIndex
from groundsight.index.locks import WriteLock
from groundsight.index.tokens import Tokeniser
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter
from tests.build import WordEncoder, make_asset, make_entry, make_text_entry, make_unit

WORDS = WordEncoder()
VOCABULARY = [f"word{chr(97 + a)}{chr(97 + b)}" for a in range(12) for b in range(6)]


def tenant(name: str = "default") -> Filter:
    return Filter(conditions=(Condition(field="tenant", op="eq", value=name),))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    opened = LocalIndex.open(tmp_path / "index")
    yield opened
    opened.close()


def random_texts(seed: int, number: int) -> list[str]:
    chance = random.Random(seed)
    weights = [1 / (place + 1) for place in range(len(VOCABULARY))]
    return [" ".join(chance.choices(VOCABULARY, weights, k=chance.randint(3, 40))) for _ in range(number)]


def store_vectors(index: LocalIndex, matrix: np.ndarray, **fields: object) -> list[str]:
    asset = make_asset("vectors.bin", **fields)
    units = [make_unit(asset, row, "x") for row in range(len(matrix))]
    sealed = make_entry(asset, *units)
    object.__setattr__(sealed, "vectors", {"visual": matrix})
    object.__setattr__(sealed, "rows", {"visual": tuple(range(len(matrix)))})
    index.upsert([sealed])
    return [unit.unit_id for unit in units]


@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "numpy"])
@pytest.mark.parametrize("clustered", [True, False], ids=["clustered", "spread"])
def test_vector_search_equals_brute_force(
    index: LocalIndex, monkeypatch: pytest.MonkeyPatch, kernel: bool, clustered: bool
):
    if not kernel:
        monkeypatch.setattr(vectors, "_kernel", lambda: None)
    chance = np.random.default_rng(7)
    matrix = chance.standard_normal((3_000, 48)).astype(np.float32)
    if clustered:
        matrix = matrix[:20].repeat(150, axis=0) + matrix * np.float32(0.02)
    ids = np.array(store_vectors(index, matrix))
    unit = (matrix / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)).astype(np.float32)
    for query in matrix[:30:3] + chance.standard_normal((10, 48)).astype(np.float32) * 0.3:
        cosines = unit.astype(np.float64) @ (query / np.linalg.norm(query.astype(np.float64)))
        best = np.argsort(-cosines)[:50]
        (result,) = index.search([ChannelQuery("visual", vector=query)], tenant(), 50)
        assert [score for _, score in result.hits] == pytest.approx(cosines[best].tolist(), abs=1e-6)
        assert {unit_id for unit_id, _ in result.hits} == set(ids[best])


def test_equal_scores_are_ordered_by_unit_id(index: LocalIndex):
    ids = store_vectors(index, np.ones((700, 16), np.float32))
    (result,) = index.search([ChannelQuery("visual", vector=np.ones(16, np.float32))], tenant(), 9)
    assert [unit_id for unit_id, _ in result.hits] == sorted(ids)[:9]
    (words,) = index.search([ChannelQuery("bm25_text", text="x")], tenant(), 9)
    assert [unit_id for unit_id, _ in words.hits] == sorted(ids)[:9]


def test_bm25_scores_equal_the_textbook(index: LocalIndex):
    texts = random_texts(3, 400)
    index.upsert([make_text_entry(f"{at}.txt", *texts[at : at + 40]) for at in range(0, 400, 40)])
    index.upsert([make_text_entry("0.txt", *texts[:40])])
    tokeniser = Tokeniser()
    oracle = BM25Okapi([tokeniser.terms(text) for text in texts], k1=1.2, b=0.75)
    for term in oracle.idf:
        holders = sum(term in counts for counts in oracle.doc_freqs)
        oracle.idf[term] = np.log(1 + (len(texts) - holders + 0.5) / (holders + 0.5))
    by_id = {unit.unit_id: texts.index(unit.text) for unit, _ in index.scan(tenant())}
    for query in random_texts(5, 20):
        expected = oracle.get_scores(tokeniser.terms(query)) / 2.2
        (result,) = index.search([ChannelQuery("bm25_text", text=query)], tenant(), 20)
        assert [score for _, score in result.hits] == pytest.approx(sorted(expected, reverse=True)[:20])
        assert [score for _, score in result.hits] == pytest.approx([expected[by_id[key]] for key, _ in result.hits])


def test_scores_without_a_tenant_condition_are_those_of_each_tenant(index: LocalIndex):
    index.upsert([make_text_entry("a", "merger lunch", "lunch", tenant="us")])
    index.upsert([make_text_entry("b", "merger", "merger merger", "soup", tenant="them")])
    query = ChannelQuery("bm25_text", text="merger lunch")
    apart = [hit for name in ("us", "them") for hit in index.search([query], tenant(name), 9)[0].hits]
    assert sorted(index.search([query], Filter(), 9)[0].hits) == sorted(apart)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("order INV-2041 shipped", "inv-2041"),
        ("order INV-2041 shipped", "2041"),
        ("order INV-2041 shipped", "inv2041"),
        ("a café in Zürich", "CAFE zurich"),
        ("they were invoiced twice", "invoices"),
        ("the company's plan", "company"),
        ("costs 1,234.50 a year", "1234.50"),
        ("東京都庁の建物", "都庁"),
        ("read snake_case_name here", "case"),
    ],
)
def test_words_are_found_however_they_are_written(index: LocalIndex, text: str, query: str):
    index.upsert([make_text_entry("a.txt", text, "nothing of that kind")])
    (result,) = index.search([ChannelQuery("bm25_text", text=query)], tenant(), 5)
    assert len(result.hits) == 1


def test_a_heading_is_found_with_the_text_under_it(index: LocalIndex):
    asset = make_asset("a.txt")
    index.upsert([make_entry(asset, make_unit(asset, 0, "turn the key", heading="Installation"))])
    assert len(index.search([ChannelQuery("bm25_text", text="installing")], tenant(), 5)[0].hits) == 1


def test_a_deleted_text_is_nowhere_in_the_files(index: LocalIndex, tmp_path: Path):
    entry = make_text_entry("a.txt", "zanzibarquartz is the word")
    index.upsert([entry, make_text_entry("b.txt", "other")])
    index.delete([entry.asset.asset_id], tenant())
    files = [path for path in (tmp_path / "index").iterdir() if path.is_file()]
    assert not [path.name for path in files if b"zanzibarquartz" in path.read_bytes()]


def test_files_are_private(index: LocalIndex, tmp_path: Path):
    index.upsert([make_text_entry("a.txt", "words")])
    index.snapshot(tmp_path / "snapshot")
    for folder in (tmp_path / "index", tmp_path / "snapshot"):
        assert folder.stat().st_mode & 0o077 == 0
        assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o077] == []


def test_a_waiting_writer_gives_up_with_a_retryable_error(tmp_path: Path):
    patient, hasty = LocalIndex.open(tmp_path / "i"), LocalIndex.open(tmp_path / "i", lock_seconds=0.05)
    patient.upsert([make_text_entry("a.txt", "words")])
    with WriteLock(tmp_path / "i", 1).held(), pytest.raises(Locked) as caught:
        hasty.upsert([make_text_entry("b.txt", "words")])
    assert caught.value.retryable
    assert hasty.count(tenant()).assets == 1
    hasty.upsert([make_text_entry("b.txt", "words")])


def test_threads_share_one_index(index: LocalIndex):
    problems: list[str] = []

    def work(name: str) -> None:
        for turn in range(8):
            index.upsert([make_text_entry(f"{name}.txt", f"thread {name} turn{turn}")])
            (result,) = index.search([ChannelQuery("bm25_text", text=f"{name}")], tenant(), 5)
            (pair,) = index.get([key for key, _ in result.hits], tenant())
            if pair[0].text != f"thread {name} turn{turn}":
                problems.append(pair[0].text)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("alpha", "bravo", "carol")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert index.count(tenant()).assets == 3


def test_another_schema_is_refused_with_the_way_out(index: LocalIndex, tmp_path: Path):
    index.upsert([make_text_entry("a.txt", "words")])
    index.close()
    raw = database.connect(tmp_path / "index" / "index.db")
    raw.execute("PRAGMA user_version=99")
    raw.close()
    with pytest.raises(IndexVersion, match="ingest again into a new home"):
        LocalIndex.open(tmp_path / "index").count(tenant())
    with pytest.raises(IndexVersion, match="no step leads from schema 99"):
        schema.Upgrades(tmp_path / "index").apply(Watch())


def test_a_schema_changes_as_it_was_told_or_not_at_all_and_is_taken_back(
    index: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    index.claim({"text": "words@1"})
    index.upsert([make_text_entry("a.txt", "kept words")])
    index.close()
    monkeypatch.setenv("GROUNDSIGHT_HOME", str(tmp_path))

    def migrated(action: str) -> tuple[int, dict[str, Any]]:
        code = main(["migrate", "--schema", action, "--json", "--home", str(tmp_path)])
        return code, json.loads(capsys.readouterr().out)

    def held() -> tuple[int, Mapping[str, str]]:
        with closing(LocalIndex.open(tmp_path / "index")) as opened:
            return opened.count(tenant()).units, opened.fingerprints()

    assert migrated("plan")[1]["changes"] == []
    before = held()
    with monkeypatch.context() as newer:
        newer.setattr(schema, "SCHEMA_VERSION", 2)
        newer.setattr(schema, "TABLES", schema.TABLES.replace("region TEXT", "shelf TEXT, region TEXT"))
        with pytest.raises(IndexVersion, match="groundsight migrate --schema plan"):
            held()
        assert migrated("plan")[1]["changes"] == ["+ asset.shelf TEXT"]
        failing = "ALTER TABLE asset ADD COLUMN shelf TEXT; DELETE FROM unit; SELECT nonsense"
        for step in (failing, "ALTER TABLE asset ADD COLUMN shelves TEXT"):
            newer.setattr(schema, "STEPS", {1: step})
            assert migrated("apply")[0] != 0
            with monkeypatch.context() as older:
                older.setattr(schema, "SCHEMA_VERSION", 1)
                assert held() == before
        newer.setattr(schema, "STEPS", {1: "ALTER TABLE asset ADD COLUMN shelf TEXT"})
        assert migrated("apply")[0] == 0
        assert held() == before
        assert migrated("plan")[1]["can_roll_back_to"] == 1
        assert migrated("rollback")[0] == 0
    assert held() == before
    assert migrated("rollback")[1]["error"]["code"] == "E_NOT_FOUND"


def test_a_full_disk_is_an_error_and_the_index_recovers(index: LocalIndex):
    index.upsert([make_text_entry("a.txt", "kept words")])
    with index._store.writing() as connection:
        pages = database.one(connection, "PRAGMA page_count")
        connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(StorageFailed, match="free disk space"):
        index.upsert([make_text_entry("b.txt", *random_texts(1, 200))])
    assert index.count(tenant()).assets == 1
    index.upsert([make_text_entry("b.txt", *random_texts(1, 20))])
    assert index.check().problems == ()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed):
        LocalIndex.open(tmp_path / "file" / "index")


def test_two_assets_cannot_have_the_same_unit_id(index: LocalIndex):
    first, second = make_asset("a"), make_asset("b")
    index.upsert([make_entry(first, make_unit(first, 0, "a"))])
    clash = make_unit(second, 0, "b", unit_id=make_unit(first, 0).unit_id)
    with pytest.raises(InvalidArgument, match="same id"):
        index.upsert([make_entry(second, clash)])
    assert [unit.text for unit, _ in index.scan(tenant())] == ["a"]


def test_questions_that_cannot_be_asked_are_refused(index: LocalIndex):
    index.upsert([make_text_entry("a.txt", "words")])
    with pytest.raises(InvalidArgument):
        index.search([ChannelQuery("text")], tenant(), 5)
    with pytest.raises(InvalidArgument):
        index.search([], tenant(), 0)
    for vector in (np.ones(7), np.zeros(64), np.full(64, np.nan)):
        with pytest.raises(ModelFailed):
            index.search([ChannelQuery("text", vector=vector.astype(np.float32))], tenant(), 5)


def test_a_snapshot_is_refused_when_changed_linked_or_unfinished(index: LocalIndex, tmp_path: Path):
    index.upsert([make_text_entry("a.txt", "words")])
    target = tmp_path / "snapshot"
    index.snapshot(target)
    with pytest.raises(InvalidArgument, match="empty folder"):
        index.snapshot(target)
    whole = (target / "index.db").read_bytes()
    (target / "index.db").write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(IndexCorrupt):
        index.restore(target)
    (target / "index.db").unlink()
    os.symlink("/etc/hostname", target / "index.db")
    with pytest.raises(StorageFailed):
        index.restore(target)
    (target / "manifest.json").unlink()
    with pytest.raises(InvalidArgument, match="no finished snapshot"):
        index.restore(target)
    assert index.count(tenant()).assets == 1
    assert not list((tmp_path / "index").glob("*.tmp"))
