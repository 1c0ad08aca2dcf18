"""Fusion: shares add up, order follows rank, and lists without hits take no part."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.index import ChannelResult
from groundsight.retrieval.fusion import Method, by_score, fuse, total_of, total_weight, weight_of, without_tails
from groundsight.retrieval.recency import newest, recency_share
from groundsight.settings import Weights
from groundsight.types import TEXT_FIELDS, VECTOR_NAMES, Channel
from tests.build import make_asset
from tests.retrieval_house import LAW

CHANNELS: list[Channel] = [*VECTOR_NAMES, *(f"bm25_{name}" for name in TEXT_FIELDS)]  # type: ignore[list-item]
SCORES = st.floats(0.001, 50.0, allow_nan=False)
LISTS = st.dictionaries(
    st.sampled_from(CHANNELS), st.dictionaries(st.sampled_from("abcdefgh"), SCORES, max_size=8), max_size=10
)


def results_of(lists: dict[Channel, dict[str, float]]) -> list[ChannelResult]:
    return [
        ChannelResult(channel, tuple(sorted(found.items(), key=lambda hit: -hit[1])))
        for channel, found in lists.items()
    ]


@LAW
@given(LISTS, st.sampled_from(["rrf", "weighted"]), st.sampled_from(["minmax", "zscore"]))
def test_shares_add_up_and_a_score_lies_between_nought_and_one(lists, method: Method, scale) -> None:
    shares = fuse(results_of(lists), Weights(), method, scale=scale)
    assert set(shares) == {unit for found in lists.values() for unit in found}
    for parts in shares.values():
        assert all(part.contribution >= 0 for part in parts)
        assert 0 <= total_of(parts) <= 1 + 1e-9


@LAW
@given(LISTS)
def test_an_empty_list_changes_nothing(lists) -> None:
    results = results_of(lists)
    assert fuse([*results, ChannelResult("visual", ())], Weights()) == fuse(results, Weights())


@LAW
@given(LISTS, st.floats(0.1, 10.0))
def test_only_the_ratio_of_weights_counts(lists, factor: float) -> None:
    plain = Weights().model_dump()
    scaled = Weights(**{name: value * (1 if name == "lexical" else factor) for name, value in plain.items()})
    before, after = fuse(results_of(lists), Weights()), fuse(results_of(lists), scaled)
    for unit, parts in before.items():
        assert total_of(parts) == pytest.approx(total_of(after[unit]))


@LAW
@given(LISTS, st.floats(0.5, 20.0))
def test_rank_fusion_ignores_the_scale_of_scores(lists, factor: float) -> None:
    stretched = {name: {unit: factor * raw for unit, raw in found.items()} for name, found in lists.items()}
    assert by_score(fuse(results_of(lists), Weights())) == by_score(fuse(results_of(stretched), Weights()))


@LAW
@given(st.lists(SCORES, min_size=2, max_size=8, unique=True), st.sampled_from(["rrf", "weighted"]))
def test_one_list_alone_keeps_its_order(raws: list[float], method: Method) -> None:
    ranked = tuple((f"u{place}", raw) for place, raw in enumerate(sorted(raws, reverse=True)))
    fused = by_score(fuse([ChannelResult("bm25_text", ranked)], Weights(), method))
    assert fused == tuple(unit for unit, _ in ranked)


def test_the_leader_of_every_list_scores_one() -> None:
    results = [ChannelResult("text", (("a", 0.9), ("b", 0.5))), ChannelResult("bm25_text", (("a", 7.0),))]
    shares = fuse(results, Weights())
    assert total_of(shares["a"]) == pytest.approx(1.0)
    assert total_of(shares["b"]) == pytest.approx(11 / 12 / (1 + Weights().lexical))


def test_a_weight_of_zero_switches_a_channel_off() -> None:
    assert fuse([ChannelResult("visual", (("a", 0.9),))], Weights(visual=0)) == {}


def test_equal_scores_are_ordered_by_id() -> None:
    results = [ChannelResult("text", (("b", 0.9),)), ChannelResult("bm25_text", (("a", 9.0),))]
    assert by_score(fuse(results, Weights(lexical=1))) == ("a", "b")
    assert by_score(fuse(results, Weights())) == ("b", "a")


def test_words_have_a_settled_part_of_the_weight_of_their_text() -> None:
    weights = Weights(ocr=0.4, lexical=0.5)
    assert weight_of("ocr", weights) == 0.4
    assert weight_of("bm25_ocr", weights) == 0.2
    lists = [ChannelResult("ocr", (("a", 1.0),)), ChannelResult("text", ())]
    assert total_weight(lists, weights, "weighted") == 0.4


def test_the_best_picture_ranks_with_the_best_paragraph_under_rrf() -> None:
    paragraphs = tuple((f"p{place}", 0.4) for place in range(20))
    shares = fuse([ChannelResult("text", paragraphs), ChannelResult("ocr", (("scan", 0.9),))], Weights())
    assert by_score(shares)[0] == "scan"
    assert shares["scan"][0].channel == "ocr"


def test_a_picture_known_by_its_name_alone_ranks_with_the_best_paragraph_under_rrf() -> None:
    paragraphs = tuple((f"p{place}", 0.4) for place in range(20))
    results = [ChannelResult("text", paragraphs), ChannelResult("meta", (("hat", 0.8), ("p0", 0.1)))]
    shares = fuse(results, Weights())
    assert by_score(shares)[0] == "hat"
    assert [part.channel for part in shares["p0"]] == ["text"]


def test_a_dense_tail_is_cut_by_the_best_text_wherever_it_stands() -> None:
    results = [
        ChannelResult("text", (("a", 0.30), ("b", 0.20))),
        ChannelResult("ocr", (("c", 0.80), ("d", 0.41))),
        ChannelResult("visual", (("c", 0.20), ("d", -0.1))),
        ChannelResult("bm25_text", (("a", 9.0), ("b", 0.1))),
    ]
    kept = {result.channel: [unit for unit, _ in result.hits] for result in without_tails(results)}
    assert kept == {"text": [], "ocr": ["c", "d"], "visual": ["c"], "bm25_text": ["a", "b"]}


def test_recency_halves_after_a_third_of_a_hundred_days() -> None:
    today = date(2026, 3, 1)
    fresh = recency_share(make_asset(created=today), today, 0.03, 0.1)
    old = recency_share(make_asset(created=date(2026, 1, 27)), today, 0.03, 0.1)
    assert fresh is not None
    assert old is not None
    assert fresh.contribution == pytest.approx(0.1)
    assert old.contribution == pytest.approx(0.1 / (1 + 0.03 * 33))


def test_an_asset_without_a_date_gets_no_recency() -> None:
    assert recency_share(make_asset(), date(2026, 3, 1), 0.03, 0.1) is None
    assert newest([make_asset(), make_asset(created=date(2025, 1, 1))]) == date(2025, 1, 1)
    assert newest([make_asset()]) is None


def test_a_date_after_the_reference_day_counts_as_fresh() -> None:
    share = recency_share(make_asset(created=date(2027, 1, 1)), date(2026, 3, 1), 0.03, 0.1)
    assert share is not None
    assert share.raw == 1.0
