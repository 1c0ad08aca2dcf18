"""What every index promises. Each test takes ``index`` and ``reopen`` from the file that imports it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from groundsight.errors import IndexVersion, InvalidArgument, ModelFailed, RedactionFailed
from groundsight.governance.access import visible_to
from groundsight.index import ChannelQuery, CheckReport, Index
from groundsight.retrieval.identifiers import held_in
from groundsight.types import Condition, Filter, Link, Principal
from tests.build import WordEncoder, make_asset, make_entry, make_text_entry, make_unit

WORDS = WordEncoder()
Reopen = Callable[[], Index]
COMMON = ChannelQuery("bm25_text", text="common")


def tenant(name: str = "default") -> Filter:
    return Filter(conditions=(Condition(field="tenant", op="eq", value=name),))


def dense(text: str) -> ChannelQuery:
    return ChannelQuery("text", vector=WORDS.encode([text])[0])


def found(index: Index, query: ChannelQuery, where: Filter | None = None, limit: int = 10) -> list[str]:
    (result,) = index.search([query], where or tenant(), limit)
    texts = {unit.unit_id: unit.text for unit, _ in index.get([hit[0] for hit in result.hits], where or tenant())}
    return [texts[unit_id] for unit_id, _ in result.hits]


def test_an_empty_index_answers_every_question(index: Index):
    empty = index.search([dense("anything"), ChannelQuery("bm25_text", text="anything")], tenant(), 5)
    assert [result.hits for result in empty] == [(), ()]
    assert index.get(["nothing"], tenant()) == ()
    assert index.assets(tenant()) == () == index.units("nothing", tenant())
    assert list(index.scan(tenant())) == []
    assert index.linked(["key"], tenant(), 5) == {}
    assert (index.count(tenant()).assets, index.count(tenant()).units) == (0, 0)
    assert index.delete(["nothing"], tenant()) == 0
    assert index.check().problems == ()


def test_words_and_vectors_find_the_unit_that_holds_them(index: Index):
    index.upsert([make_text_entry("a.txt", "solar panels on the roof", "the boiler in the cellar")])
    assert found(index, ChannelQuery("bm25_text", text="boiler")) == ["the boiler in the cellar"]
    assert found(index, dense("solar panels"))[0] == "solar panels on the roof"


def test_results_come_in_the_order_of_the_queries_and_stop_at_the_limit(index: Index):
    index.upsert([make_text_entry("a.txt", *(f"page number {number}" for number in range(8)))])
    results = index.search([ChannelQuery("bm25_text", text="page"), dense("number")], tenant(), 3)
    assert [result.channel for result in results] == ["bm25_text", "text"]
    assert [len(result.hits) for result in results] == [3, 3]


def test_dense_scores_are_cosines_best_first(index: Index):
    index.upsert([make_text_entry("a.txt", "red green", "red blue", "red")])
    (result,) = index.search([dense("red")], tenant(), 3)
    assert [score for _, score in result.hits] == pytest.approx([1.0, 2**-0.5, 2**-0.5], abs=1e-3)


def test_what_protects_an_asset_is_replaced_and_nothing_else(index: Index):
    entry, other = make_text_entry("a.txt", "alpha words"), make_text_entry("b.txt", "alpha others")
    index.upsert([entry, other])
    asked, before = ChannelQuery("bm25_text", text="alpha"), index.version()
    told = {"owner": "anna", "labels": ("hr",), "purposes": ("payroll",), "usage_rights": "approved"}
    changed = entry.asset.model_copy(update={**told, "title": "another", "retain_until": date(2999, 1, 1)})
    assert index.protect([changed, make_asset("absent.txt")]) == 1
    assert index.version() != before
    (stored,) = [asset for asset in index.assets(tenant()) if asset.source == "a.txt"]
    assert stored == changed.model_copy(update={"title": entry.asset.title})
    for who in (Principal(), Principal(labels=("hr",)), Principal(user="anna"), Principal(purpose="payroll")):
        assert found(index, asked, visible_to(who)) == ["alpha others"]
    for who in (Principal(labels=("hr",), purpose="payroll"), Principal(user="anna", purpose="payroll")):
        assert sorted(found(index, asked, visible_to(who))) == ["alpha others", "alpha words"]
        assert index.count(visible_to(who)).units == 2
        assert found(index, dense("alpha words"), visible_to(who), 1) == ["alpha words"]
    index.protect([entry.asset])
    assert index.count(visible_to(Principal())).units == 2
    assert index.check().problems == ()


def test_each_field_is_a_channel_of_its_own(index: Index):
    asset = make_asset("p.png")
    unit = make_unit(asset, 0, "alpha", caption="beta", ocr="gamma", transcript="delta", meta="epsilon")
    index.upsert([make_entry(asset, unit, encoder=WORDS)])
    for field, word in (("text", "alpha"), ("caption", "beta"), ("ocr", "gamma"), ("meta", "epsilon")):
        assert len(index.search([ChannelQuery(f"bm25_{field}", text=word)], tenant(), 5)[0].hits) == 1
        vector = WORDS.encode([word])[0]
        assert index.search([ChannelQuery(field, vector=vector)], tenant(), 5)[0].hits[0][1] > 0.99
    assert index.search([ChannelQuery("bm25_caption", text="alpha")], tenant(), 5)[0].hits == ()


def test_a_unit_is_not_found_through_a_channel_that_it_does_not_have(index: Index):
    asset = make_asset("p.png")
    index.upsert([make_entry(asset, make_unit(asset, 0, "alpha", caption="beta")), make_text_entry("a.txt", "alpha")])
    channels = [dense("alpha"), replace(dense("beta"), channel="caption"), replace(dense("beta"), channel="visual")]
    text, caption, visual = index.search([*channels], tenant(), 5)
    assert (len(text.hits), caption.hits, visual.hits) == (1, (), ())
    assert index.search([ChannelQuery("bm25_ocr", text="alpha")], tenant(), 5)[0].hits == ()
    assert index.search([ChannelQuery("bm25_text", text="!?")], tenant(), 5)[0].hits == ()


STRANGE = "Zürich Ελλάδα 東京都 नमस्ते 👩‍🚒 e\u0301 \u200d \u2028 \u202eright\u202c 'quote\" \\ * ? % _ \t\n end"


def test_every_field_and_every_query_may_hold_any_character(index: Index):
    asset = make_asset(
        f"folder/{STRANGE}", title=STRANGE, tenant=STRANGE, region=STRANGE, labels=(STRANGE, "plain"),
        redactions={STRANGE: 1},
    )  # fmt: skip
    texts = dict.fromkeys(("caption", "ocr", "transcript", "meta"), STRANGE)
    unit = make_unit(
        asset, 0, STRANGE, **texts, heading=STRANGE, cells=((STRANGE,),), links=(Link(key=STRANGE, shown=STRANGE),)
    )
    index.upsert([make_entry(asset, unit, encoder=WORDS)])
    where = tenant(STRANGE).also(
        Condition(field="region", op="eq", value=STRANGE), Condition(field="labels", op="any_of", value=(STRANGE,)),
        Condition(field="source", op="prefix", value="folder/Zürich Ελλάδα"),
    )  # fmt: skip
    assert list(index.scan(where)) == [(unit, asset)]
    for text in ("zurich", "Ελλάδα", "東京", "नमस्ते", STRANGE):
        queries = [ChannelQuery(f"bm25_{field}", text=text) for field in ("text", *texts)]
        assert [len(result.hits) for result in index.search(queries, where, 5)] == [1] * 5, text
    assert index.linked([STRANGE], where, 3) == {STRANGE: ((unit.unit_id, "mention"),)}
    assert index.delete([asset.asset_id], where) == 1


def test_a_limit_is_kept_and_none_is_refused(index: Index):
    index.upsert([make_text_entry("a.txt", *(f"page {number}" for number in range(620)))])
    query = ChannelQuery("bm25_text", text="page")
    assert [len(index.search([query], tenant(), limit)[0].hits) for limit in (1, 619, 1_000)] == [1, 619, 620]
    assert [unit.ordinal for unit, _ in index.scan(tenant())] == list(range(620))
    for limit in (0, -1):
        with pytest.raises(InvalidArgument):
            index.search([query], tenant(), limit)


def test_an_entry_replaces_the_asset_with_its_tenant_and_source(index: Index):
    index.upsert([make_text_entry("a.txt", "the old wording", "a second part", sha256="1" * 64)])
    index.upsert([make_text_entry("a.txt", "the new phrasing", sha256="2" * 64)])
    assert found(index, ChannelQuery("bm25_text", text="old wording second")) == []
    assert found(index, ChannelQuery("bm25_text", text="phrasing")) == ["the new phrasing"]
    assert (index.count(tenant()).assets, index.count(tenant()).units) == (1, 1)


def test_storing_the_same_entry_twice_changes_no_answer(index: Index):
    entry = make_text_entry("a.txt", "one text", "another text")
    index.upsert([entry])
    before = index.search([ChannelQuery("bm25_text", text="text"), dense("text")], tenant(), 5)
    index.upsert([entry, entry])
    assert index.search([ChannelQuery("bm25_text", text="text"), dense("text")], tenant(), 5) == before
    assert index.count(tenant()).units == 2


def test_a_source_of_another_tenant_is_another_asset(index: Index):
    index.upsert([make_text_entry("a.txt", "ours", tenant="us"), make_text_entry("a.txt", "theirs", tenant="them")])
    assert found(index, ChannelQuery("bm25_text", text="ours theirs"), tenant("us")) == ["ours"]
    assert index.count(Filter()).assets == 2


def test_deleting_leaves_nothing_to_find(index: Index):
    asset, other = make_asset("a.txt"), make_text_entry("b.txt", "public plan")
    link = Link(key="plan", shown="Plan")
    unit = make_unit(
        asset, 0, "secret", caption="secret", ocr="secret", transcript="secret", meta="secret", links=(link,)
    )
    index.upsert([make_entry(asset, unit, encoder=WORDS), other])
    assert index.linked(["plan"], tenant(), 3) == {"plan": ((unit.unit_id, "mention"),)}
    assert index.delete([asset.asset_id], tenant()) == 1
    for field in ("text", "caption", "ocr", "transcript", "meta"):
        assert found(index, ChannelQuery(f"bm25_{field}", text="secret")) == []
    for name in ("text", "caption", "ocr", "meta"):
        (result,) = index.search([replace(dense("secret"), channel=name)], tenant(), 5)
        assert unit.unit_id not in dict(result.hits)
    assert index.linked(["plan"], tenant(), 3) == {}
    assert index.get([unit.unit_id], tenant()) == () == index.units(asset.asset_id, tenant())
    assert [each.asset.asset_id for each in index.export(tenant())] == [other.asset.asset_id]
    assert index.delete([asset.asset_id], tenant()) == 0
    assert index.check() == CheckReport(())


def test_another_opening_no_longer_sees_what_was_deleted_at_its_next_query(index: Index, reopen: Reopen):
    other, gone = reopen(), make_text_entry("a.txt", "secret plan")
    index.upsert([gone, make_text_entry("b.txt", "public plan")])
    assert len(found(other, ChannelQuery("bm25_text", text="plan"))) == 2
    index.delete([gone.asset.asset_id], tenant())
    assert found(other, ChannelQuery("bm25_text", text="plan")) == ["public plan"]
    assert found(other, dense("secret plan")) == ["public plan"]
    assert other.get([gone.units[0].unit_id], tenant()) == ()
    assert [asset.source for asset in reopen().assets(tenant())] == ["b.txt"]


def test_a_filter_protects_from_deletion(index: Index):
    entry = make_text_entry("a.txt", "theirs", tenant="them")
    index.upsert([entry])
    assert index.delete([entry.asset.asset_id], tenant("us")) == 0
    assert index.count(tenant("them")).assets == 1


def test_what_is_stored_comes_back_equal(index: Index):
    asset = make_asset("a.txt", created=date(2024, 5, 1), labels=("x", "y"), redactions={"email": 2})
    unit = make_unit(
        asset, 3, "text", cells=(("a", "b"), ("1", "2")), heading="Head", links=(Link(key="k", shown="K"),)
    )
    index.upsert([make_entry(asset, unit, encoder=WORDS)])
    assert index.get([unit.unit_id], tenant()) == ((unit, asset),)
    assert index.units(asset.asset_id, tenant()) == (unit,)
    assert index.assets(tenant()) == (asset,)
    assert list(index.scan(tenant())) == [(unit, asset)]


def test_get_keeps_the_order_asked_and_skips_what_is_hidden(index: Index):
    index.upsert([make_text_entry("a.txt", "one", "two"), make_text_entry("h.txt", "hidden", tenant="other")])
    one, two = (unit.unit_id for unit, _ in index.scan(tenant()))
    (hidden,) = (unit.unit_id for unit, _ in index.scan(tenant("other")))
    assert [unit.text for unit, _ in index.get([two, hidden, "absent", one], tenant())] == ["two", "one"]


def test_the_filter_works_inside_the_search(index: Index):
    many = [make_text_entry(f"{number}.txt", "budget budget", labels=("board",)) for number in range(20)]
    index.upsert([*many, make_text_entry("open.txt", "budget for everyone in the house")])
    visible = visible_to(Principal())
    for query in (ChannelQuery("bm25_text", text="budget"), dense("budget")):
        assert found(index, query, visible, limit=1) == ["budget for everyone in the house"]


def test_one_tenants_scores_ignore_the_documents_of_another(index: Index):
    index.upsert([make_text_entry("a.txt", "merger of two firms", "lunch menu", tenant="us")])
    query = ChannelQuery("bm25_text", text="merger menu")
    before = index.search([query], tenant("us"), 5)
    index.upsert([make_text_entry(f"{n}.txt", "merger merger menu", tenant="them") for n in range(5)])
    assert index.search([query], tenant("us"), 5) == before


def test_links_lead_to_units_and_common_keys_are_left_out(index: Index):
    asset = make_asset("a.txt")
    common, rare = Link(key="acme", shown="ACME"), Link(key="roadmap", shown="Roadmap", role="heading")
    units = [make_unit(asset, n, f"unit {n}", links=(common, rare) if n == 0 else (common,)) for n in range(4)]
    index.upsert([make_entry(asset, *units)])
    assert index.linked(["acme", "roadmap", "none"], tenant(), 3) == {"roadmap": ((units[0].unit_id, "heading"),)}
    assert len(index.linked(["acme"], tenant(), 4)["acme"]) == 4
    assert index.linked(["roadmap"], tenant("other"), 3) == {}


def test_content_without_its_proof_is_refused_and_nothing_is_stored(index: Index):
    good = make_text_entry("a.txt", "redacted")
    forged = replace(good, units=(good.units[0].model_copy(update={"text": "card 4111"}),))
    with pytest.raises(RedactionFailed):
        index.upsert([make_text_entry("b.txt", "fine"), forged])
    assert index.count(tenant()).assets == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_vector_that_means_nothing_is_refused_and_nothing_is_stored(index: Index, bad: float):
    entry = make_text_entry("a.txt", "words", "more words")
    matrix = entry.vectors["text"].copy()
    matrix[1] = bad
    with pytest.raises(ModelFailed):
        index.upsert([replace(entry, vectors={"text": matrix})])
    assert index.count(tenant()).units == 0


def test_vectors_of_another_length_are_refused(index: Index):
    index.upsert([make_text_entry("a.txt", "words")])
    entry = make_text_entry("b.txt", "words")
    with pytest.raises(ModelFailed):
        index.upsert([replace(entry, vectors={"text": np.ones((1, 7), np.float32)})])
    assert index.count(tenant()).assets == 1


def test_the_index_keeps_to_the_encoders_that_filled_it(index: Index):
    index.claim({"text": "one@1"})
    index.claim({"text": "other@1"})
    index.upsert([make_text_entry("a.txt", "words")])
    index.claim({"text": "other@1", "visual": "eyes@1"})
    with pytest.raises(IndexVersion):
        index.claim({"text": "one@1"})
    assert dict(index.fingerprints()) == {"text": "other@1", "visual": "eyes@1"}


def test_a_lane_of_sounds_has_vectors_of_its_own_length(index: Index):
    index.upsert([make_text_entry("a.txt", "words")])
    index.claim({"sound": "ears@1"})
    entry = make_text_entry("b.wav", "a bell", "a dog")
    ears = {**entry.vectors, "sound": np.eye(3, dtype=np.float32)[:2]}
    index.upsert([replace(entry, vectors=ears, rows={**entry.rows, "sound": (0, 1)})])
    dog = ChannelQuery("sound", vector=np.array([0, 1, 0], np.float32))
    assert found(index, dog, limit=1) == ["a dog"]
    (exported,) = [each for each in index.export(tenant()) if each.asset.source == "b.wav"]
    assert exported.vectors["sound"].shape == (2, 3)


def test_the_version_changes_with_every_write_and_with_nothing_else(index: Index):
    seen = [index.version()]
    entry = make_text_entry("a.txt", "words")
    index.upsert([entry])
    seen.append(index.version())
    index.search([dense("words")], tenant(), 1)
    assert index.version() == seen[-1]
    index.delete([entry.asset.asset_id], tenant())
    seen.append(index.version())
    assert len(set(seen)) == 3


def test_another_opening_sees_a_write_at_its_next_query(index: Index, reopen: Reopen):
    other = reopen()
    assert other.count(tenant()).units == 0
    index.upsert([make_text_entry("a.txt", "fresh news")])
    assert found(other, ChannelQuery("bm25_text", text="news")) == ["fresh news"]
    assert found(other, dense("news")) == ["fresh news"]
    index.upsert([make_text_entry("a.txt", "stale bread")])
    assert found(other, dense("news")) == ["stale bread"]


def test_a_reader_beside_a_writer_sees_the_old_asset_or_the_new_one_never_half(index: Index, reopen: Reopen):
    """Several assets of one ``upsert`` may appear one after the other on a distributed store; one asset never does."""
    reader, parts, stop = reopen(), 12, threading.Event()

    def write() -> None:
        for turn in range(1, 100_000):
            index.upsert([make_text_entry("a.txt", *(f"common turn{turn} part{part}" for part in range(parts)))])
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    seen: set[str] = set()
    try:
        while len(seen) < 4:
            texts = [unit.text for unit, _ in reader.scan(tenant())]
            for shown in (texts, *(found(reader, query, limit=50) for query in (COMMON, dense("common")))):
                turns = {text.split()[1] for text in shown}
                assert len(turns) <= 1, "units of two writes"
                seen |= turns
            for result in reader.search([COMMON, dense("common")], tenant(), 50):
                assert len(result.hits) in (0, parts), "half an asset"
    finally:
        stop.set()
        writer.join()


def test_content_survives_closing(index: Index, reopen: Reopen):
    index.upsert([make_text_entry("a.txt", "kept words")])
    before = index.search([ChannelQuery("bm25_text", text="kept"), dense("kept")], tenant(), 5)
    index.close()
    assert reopen().search([ChannelQuery("bm25_text", text="kept"), dense("kept")], tenant(), 5) == before


def test_a_snapshot_brings_back_the_same_answers(index: Index, tmp_path: Path):
    index.upsert([make_text_entry("a.txt", "first state", "of things")])
    queries = [ChannelQuery("bm25_text", text="first things"), dense("state")]
    before = index.search(queries, tenant(), 5)
    index.snapshot(tmp_path / "snapshot")
    index.upsert([make_text_entry("a.txt", "second state"), make_text_entry("b.txt", "more")])
    index.restore(tmp_path / "snapshot")
    assert index.search(queries, tenant(), 5) == before
    assert index.count(tenant()).assets == 1
    assert index.check().problems == ()


def test_identifiers_are_looked_up_as_wholes_among_what_the_filter_lets_through(index: Index):
    index.upsert([make_text_entry(f"{n}.txt", f"purchase order and invoice number {n}") for n in range(60)])
    index.upsert([make_text_entry("a.txt", "Invoice INV 2041 is open", "INV-2042 and INV-20411")])
    index.upsert([make_text_entry("b.txt", "RX77 8421 9944 0532 for inv\u20112041", tenant="them")])
    (holder, _) = index.units(make_text_entry("a.txt", "").asset.asset_id, tenant())
    assert set().union(*held_in("total of inv-2041", index, tenant()).by.values()) == {holder.unit_id}
    assert held_in("inv2041 and INV-2043", index, tenant()).absent == ("INV-2043",)
    named = "INV-2041 and INV-2042 and RX77842199440532"
    assert held_in(named, index, tenant("them")).absent == ("INV-2042",)
    index.upsert([make_text_entry("c.txt", "Report MR-2024-017, plate FA-MR 112", tenant="them")])
    assert (
        len(held_in("mr2024017", index, tenant("them")).units())
        == len(held_in("famr112", index, tenant("them")).units())
        == 1
    )
    assert held_in("MR2024017", index, tenant()).absent == ("MR2024017",)
    assert held_in("RX77842199440532", index, tenant()).absent == ("RX77842199440532",)
