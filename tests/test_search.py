"""The ladder: what is found, in which order, why, for whom, and what was missing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import Cancelled, Disabled, IndexVersion, InvalidArgument, LimitExceeded
from groundsight.retrieval.asking import asked_of
from groundsight.retrieval.search import search
from groundsight.settings import Limits, Models, Search, Settings, Weights
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter, Principal, Query, SearchResult, Tag, TextLine
from tests.build import ScriptedReader, WordEncoder, make_asset, make_entry, make_unit
from tests.pictures import clock_face
from tests.retrieval_house import ALICE, LAW, HouseIndex, HouseParts, entry_of

REFUNDS = entry_of("docs/refunds.txt", "Refunds are paid within 30 days of a written request.", heading="Refunds")
PARKING = entry_of("docs/parking.txt", "Visitors park in the north garage.", heading="Parking")
MENU = entry_of("docs/menu.txt", "The canteen serves soup on Monday.", heading="Menu")


def ask(
    index: HouseIndex, text: str, *, tree: Settings | None = None, who: Principal = ALICE, **query: object
) -> SearchResult:
    return search(HouseParts(index, tree), Query.model_validate({"text": text, **query}), who, Watch())


def sources(result: SearchResult) -> list[str]:
    return [hit.asset.source for hit in result.hits]


def test_the_unit_that_answers_comes_first_with_its_reason() -> None:
    result = ask(HouseIndex(REFUNDS, PARKING, MENU), "How many days until refunds are paid?")
    first = result.hits[0]
    assert first.asset.source == "docs/refunds.txt"
    assert set(first.matched) == {"days", "refunds", "paid"}
    assert '"refunds"' in first.reason
    assert "meaning of the text #1" in first.reason
    assert first.hop == 1


@LAW
@given(
    st.lists(
        st.sampled_from(["refund", "days", "garage", "soup", "request", "monday", "north", "paid"]),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["rrf", "weighted"]),
    st.integers(1, 3),
)
def test_contributions_add_up_to_the_score(words: list[str], fusion: str, hops: int) -> None:
    index = HouseIndex(REFUNDS, PARKING, entry_of("menu.txt", "Soup is paid on Monday.", created="2026-01-01"))
    result = ask(index, " ".join(words), fusion=fusion, hops=hops)
    assert result.hits
    for hit in result.hits:
        assert sum(part.contribution for part in hit.channels) == pytest.approx(hit.score, abs=1e-9)
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)


def test_stop_words_reach_the_vectors_and_no_word_list() -> None:
    asked = asked_of(HouseParts(HouseIndex(REFUNDS)), Query(text="Is there a refund?"), Principal(), Watch())
    assert asked.words == "Is there a refund?"
    assert {ask.text for ask in asked.channels if ask.vector is None} == {"refund"}


def test_an_empty_query_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no word"):
        ask(HouseIndex(REFUNDS), " \n ")


def test_a_query_over_the_limit_is_refused_by_its_code() -> None:
    with pytest.raises(LimitExceeded) as caught:
        ask(HouseIndex(REFUNDS), "x" * 51, tree=Settings(limits=Limits(query_chars=50)))
    assert caught.value.error_code == "E_LIMIT_QUERY"


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"hops": 0}, {"hops": 99}])
def test_a_number_out_of_range_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument):
        ask(HouseIndex(REFUNDS), "refund", **wrong)


def test_more_results_than_the_limit_are_refused() -> None:
    with pytest.raises(LimitExceeded) as caught:
        ask(HouseIndex(REFUNDS), "refund", limit=101)
    assert caught.value.error_code == "E_LIMIT_RESULTS"


def test_nothing_of_another_tenant_or_another_reader_is_found() -> None:
    index = HouseIndex(
        entry_of("a.txt", "refund rules of tenant one", tenant="one"),
        entry_of("b.txt", "refund rules for the board", labels=("board",)),
        entry_of("c.txt", "refund rules for all"),
        entry_of("d.txt", "refund rules once allowed", consent_until="2020-01-01"),
    )
    assert sources(ask(index, "refund rules")) == ["c.txt"]
    assert sources(ask(index, "refund rules", who=Principal(tenant="one"))) == ["a.txt"]
    board = ask(index, "refund rules", who=Principal(labels=("board",)))
    assert set(sources(board)) == {"b.txt", "c.txt"}


def test_an_index_that_forgets_its_filter_is_caught_on_the_way_out() -> None:
    class Leaky(HouseIndex):
        def _seen(self, unit_id: str, where: Filter) -> bool:
            return unit_id in self._units

    index = Leaky(entry_of("a.txt", "refund rules", tenant="one"), entry_of("c.txt", "refund rules"))
    result = ask(index, "refund rules", hops=2)
    assert sources(result) == ["c.txt"]
    assert "a.txt" not in result.model_dump_json()


def test_a_query_filter_narrows_the_search() -> None:
    where = Filter(conditions=(Condition(field="source", op="prefix", value="docs/p"),))
    assert sources(ask(HouseIndex(REFUNDS, PARKING), "refunds park", where=where)) == ["docs/parking.txt"]


def test_only_the_named_channels_are_asked() -> None:
    result = ask(HouseIndex(REFUNDS, PARKING), "refunds request", channels=("bm25_text",))
    assert {part.channel for hit in result.hits for part in hit.channels} <= {"bm25_text", "rerank"}


def test_newer_wins_between_equals_and_its_share_is_shown() -> None:
    index = HouseIndex(
        entry_of("old.txt", "The price of steel is 80.", created=date(2024, 1, 1)),
        entry_of("new.txt", "The price of steel is 95.", created=date(2026, 1, 1)),
    )
    first = ask(index, "price of steel").hits[0]
    assert first.asset.source == "new.txt"
    assert [part.raw for part in first.channels if part.channel == "recency"] == [1.0]


def test_the_same_text_is_shown_once_and_its_twin_is_named() -> None:
    index = HouseIndex(entry_of("a.txt", "Refunds take 30 days."), entry_of("b.txt", "Refunds take 30 days."), MENU)
    result = ask(index, "refunds days")
    assert len({hit.unit.text for hit in result.hits}) == len(result.hits)
    assert "same text in" in result.hits[0].reason


def test_one_asset_leaves_room_for_a_near_rival() -> None:
    many = entry_of("long.txt", *(f"Refund rule number {n} about paid requests." for n in range(8)))
    rival = entry_of("short.txt", "Refund rule: paid requests need a stamp, says the cashier.")
    assert "short.txt" in sources(ask(HouseIndex(many, rival), "refund rule paid requests", limit=5))


def test_without_a_text_encoder_words_still_find_and_the_lane_is_named() -> None:
    tree = Settings(models=Models(text="none", visual="none"))
    parts = HouseParts(HouseIndex(REFUNDS, PARKING), tree, text_encoder=None)
    result = search(parts, Query(text="refunds"), ALICE, Watch())
    assert sources(result) == ["docs/refunds.txt"]
    assert {"text vectors", "visual"} <= {gap.lane for gap in result.degraded}
    assert result.tier.models["text"] == "none"


def test_an_index_without_vectors_is_named_as_degraded() -> None:
    result = ask(HouseIndex(REFUNDS, fingerprints={}), "refunds")
    assert sources(result) == ["docs/refunds.txt"]
    assert any("holds no vectors" in gap.reason for gap in result.degraded)


def test_an_index_of_another_encoder_is_refused() -> None:
    with pytest.raises(IndexVersion, match="another encoder"):
        ask(HouseIndex(REFUNDS, fingerprints={"text": "other@1"}), "refunds")


def test_a_cancelled_search_stops() -> None:
    watch = Watch()
    watch.cancel()
    with pytest.raises(Cancelled):
        search(HouseParts(HouseIndex(REFUNDS)), Query(text="refunds"), ALICE, watch)


def test_a_repeated_query_is_answered_from_memory_until_the_index_changes() -> None:
    index = HouseIndex(REFUNDS)
    parts = HouseParts(index)
    before = search(parts, Query(text="refunds"), ALICE, Watch())
    asked = index.searches
    assert search(parts, Query(text="refunds"), ALICE, Watch()) is before
    assert index.searches == asked
    index.upsert([entry_of("x.txt", "Refunds need a form.")])
    assert len(search(parts, Query(text="refunds"), ALICE, Watch()).hits) == 2


def test_the_memory_of_one_principal_never_answers_another() -> None:
    parts = HouseParts(HouseIndex(entry_of("b.txt", "refund rules", labels=("board",))))
    assert search(parts, Query(text="refund rules"), Principal(labels=("board",)), Watch()).hits
    assert not search(parts, Query(text="refund rules"), ALICE, Watch()).hits


def picture_entry(source: str, ocr: str, look: str) -> object:
    asset = make_asset(source, media_type="image/png")
    unit = make_unit(asset, kind="image", ocr=ocr)
    entry = make_entry(asset, unit, encoder=WordEncoder())
    return type(entry)(
        asset,
        (unit,),
        entry.proof,
        {**entry.vectors, "visual": WordEncoder().encode([look])},
        {**entry.rows, "visual": (0,)},
    )


def test_a_picture_is_found_among_many_texts_by_its_look_and_its_words() -> None:
    texts = [entry_of(f"t{n}.txt", f"Paragraph {n} speaks about invoice rules and payment {n}.") for n in range(40)]
    photo = picture_entry("dog.png", "HAPPY REX", "dog grass")
    fingerprints = {"text": WordEncoder.fingerprint, "visual": WordEncoder.fingerprint}
    index = HouseIndex(*texts, photo, fingerprints=fingerprints)
    parts = HouseParts(index, picture_encoder=WordEncoder())
    assert sources(search(parts, Query(text="dog on grass"), ALICE, Watch()))[0] == "dog.png"
    assert sources(search(parts, Query(text="happy rex"), ALICE, Watch()))[0] == "dog.png"


def test_a_picture_query_searches_by_look_by_words_read_and_by_concepts() -> None:
    line = TextLine(text="INV-2041", box={"x0": 0, "y0": 0, "x1": 1, "y1": 1}, confidence=0.9)

    class Eyes:
        fingerprint = WordEncoder.fingerprint

        def encode_pictures(self, pictures: list[object]) -> np.ndarray:
            return WordEncoder().encode(["striped cat" for _ in pictures])

    class Concepts:
        fingerprint = "test-tags@1"

        def tags(self, picture: object) -> tuple[Tag, ...]:
            return (Tag(name="receipt", probability=0.8), Tag(name="fog", probability=0.01))

    fingerprints = {"text": WordEncoder.fingerprint, "visual": WordEncoder.fingerprint}
    index = HouseIndex(
        REFUNDS, entry_of("inv.txt", "Invoice INV-2041 is open."), picture_entry("look.png", "", "striped cat"),
        fingerprints=fingerprints,
    )  # fmt: skip
    parts = HouseParts(index, picture_encoder=Eyes(), ocr=ScriptedReader((line,)), tagger=Concepts())
    parts.load_picture = lambda name, who, watch: clock_face()  # type: ignore[method-assign,assignment]
    result = search(parts, Query(picture="cat.png"), ALICE, Watch())
    assert set(sources(result)[:2]) == {"inv.txt", "look.png"}
    assert "receipt" in result.query
    assert "fog" not in result.query


def test_a_picture_encoder_that_abstains_is_named() -> None:
    class Silent(WordEncoder):
        def encode_words(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), 64), np.float32)

    index = HouseIndex(REFUNDS, fingerprints={"text": WordEncoder.fingerprint, "visual": WordEncoder.fingerprint})
    result = search(HouseParts(index, picture_encoder=Silent()), Query(text="refunds"), ALICE, Watch())
    assert any("no opinion" in gap.reason for gap in result.degraded)


def test_the_reranker_can_be_switched_off() -> None:
    tree = Settings(search=Search(weights=Weights(rerank=0)))
    result = ask(HouseIndex(REFUNDS, PARKING), "refunds", tree=tree)
    assert "rerank" not in {part.channel for hit in result.hits for part in hit.channels}


def test_a_named_heading_counts() -> None:
    index = HouseIndex(REFUNDS, entry_of("other.txt", "Refunds were once paid by the cashier."))
    first = ask(index, "What are the Refunds rules?").hits[0]
    assert "heading" in {part.channel for part in first.channels}


def test_a_heading_that_many_units_have_counts_less_for_each() -> None:
    index = HouseIndex(REFUNDS, *(entry_of(f"{n}.txt", f"Garage number {n}.", heading="Parking") for n in range(4)))
    hits = ask(index, "Where are the Refunds and Parking rules?").hits
    raws = {hit.unit.heading: part.raw for hit in hits for part in hit.channels if part.channel == "heading"}
    assert raws == {"Refunds": 1.0, "Parking": 0.25}


def test_a_query_that_no_lane_can_answer_is_refused_and_not_answered_with_nothing() -> None:
    parts = HouseParts(HouseIndex(REFUNDS))
    parts.load_picture = lambda name, who, watch: "cat"  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(Disabled, match="no lane"):
        search(parts, Query(picture="cat.png"), ALICE, Watch())


def test_standard_scores_can_be_summed_instead_of_ranks() -> None:
    tree = Settings(search=Search(fusion="weighted", scale="zscore"))
    assert sources(ask(HouseIndex(REFUNDS, PARKING, MENU), "refunds within days", tree=tree))[0] == "docs/refunds.txt"


def test_an_index_without_content_says_what_to_do() -> None:
    result = ask(HouseIndex(), "anything at all")
    assert result.hits == ()
    (remedy,) = [lane.remedy for lane in result.degraded if lane.lane == "index"]
    assert remedy.startswith("run: ")
    assert remedy.endswith("ingest FOLDER")
