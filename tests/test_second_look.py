"""Re-ranking, expansion, spread and the memory of results, each by itself."""

from __future__ import annotations

import threading
from typing import Never

import pytest

from groundsight.errors import ConfigError, NotFound
from groundsight.retrieval.cache import CacheKey, SearchCache
from groundsight.retrieval.diversity import spread_out
from groundsight.retrieval.expansion import pseudo_caption, spelled, telling, words_read
from groundsight.retrieval.rerank import CrossRanker, PictureRanker, bm25_among, fractions, open_reranker
from groundsight.retrieval.words import fold, matched_words, terms_of
from groundsight.settings import Models
from groundsight.types import Box, ChannelScore, Filter, Hit, Query, SearchResult, Tag, TextLine, Tier
from tests.build import make_asset, make_unit

BOX = Box(x0=0, y0=0, x1=1, y1=1)


def hit_of(source: str, text: str, score: float, ordinal: int = 0) -> Hit:
    asset = make_asset(source)
    part = ChannelScore(channel="text", raw=score, contribution=score)
    return Hit(unit=make_unit(asset, ordinal, text), asset=asset, score=score, channels=(part,))


def key_of(text: str) -> CacheKey:
    return CacheKey(Filter(), "1", "s", Query(text=text))


def result_of(text: str) -> SearchResult:
    return SearchResult(query=text, hits=(), tier=Tier())


def test_the_rare_word_among_the_candidates_decides() -> None:
    texts = ["pump manual for the blue pump", "pump manual for the red valve", "pump manual"]
    scores = bm25_among("red pump manual", texts)
    assert scores.index(max(scores)) == 1
    assert all(score >= 0 for score in scores)


def test_texts_without_words_score_nothing() -> None:
    assert bm25_among("pump", ["", "..."]) == [0.0, 0.0]
    assert bm25_among("of the", ["pump", "valve"]) == [0.0, 0.0]


def test_scores_become_fractions_on_any_scale() -> None:
    assert fractions([2.0, 1.0, 0.0]) == [1.0, 0.5, 0.0]
    assert fractions([-4.0, 0.0]) == [0.0, 1.0]
    assert fractions([0.0, 0.0]) == [0.0, 0.0]


def test_a_cross_encoder_reads_the_best_until_its_time_is_up() -> None:
    class Slow:
        fingerprint = "slow"

        def score(self, query: str, texts: list[str]) -> list[float]:
            return [float(len(text)) for text in texts]

    hits = [hit_of(f"{number}.txt", "word " * number, 1 / (number + 1)) for number in range(20)]
    assert len(CrossRanker(Slow(), 1e-9).score("word", hits)) == 8  # type: ignore[arg-type]
    assert len(CrossRanker(Slow(), 60).score("word", hits)) == 20  # type: ignore[arg-type]


def unseen(hit: Hit) -> Never:
    raise NotFound("its file is gone")


def test_pictures_are_looked_at_best_first_and_known_by_words_where_their_file_is_gone() -> None:
    class Sees:
        fingerprint = "sees"

        def match(self, query: str, picture: str) -> float:
            return 0.75 if picture == "b.png" else 0.25

    hits = [hit_of("a.txt", "pump", 0.9), hit_of("b.png", "mast", 0.8), hit_of("c.png", "mast", 0.7)]
    hits[1:] = [hit.model_copy(update={"unit": hit.unit.model_copy(update={"kind": "image"})}) for hit in hits[1:]]
    looked = PictureRanker(Sees(), lambda hit: hit.asset.source, 60).score("pump", hits)  # type: ignore[arg-type,return-value]
    assert looked == [1.0, 0.75, 0.25]
    assert PictureRanker(Sees(), unseen, 60).score("pump", hits) == [1.0, 0.0, 0.0]  # type: ignore[arg-type]


def test_an_unknown_reranker_is_a_settings_error() -> None:
    assert open_reranker(Models(rerank="none"), 1.0, unseen) is None
    with pytest.raises(ConfigError, match="re-ranker"):
        open_reranker(Models(rerank="magic"), 1.0, unseen)


def test_acronyms_are_spelled_both_ways() -> None:
    assert spelled("Exports of the U.S. in May") == "Exports of the U.S. in May US"
    assert spelled("the World Bank Group (WBG) report") == "the World Bank Group WBG report"


def test_stop_words_are_not_looked_up_unless_there_is_nothing_else() -> None:
    assert telling("Where is the hat of a man?") == "hat man"
    assert telling("To be or not to be") == "To be or not to be"


def test_only_likely_concepts_make_a_caption() -> None:
    tags = (Tag(name="receipt", probability=0.6), Tag(name="fog", probability=0.01))
    assert pseudo_caption(tags) == "receipt"


def test_words_read_stop_at_a_line_within_the_bound() -> None:
    lines = tuple(TextLine(text="x" * 10, box=BOX, confidence=1) for _ in range(5))
    assert words_read(lines, 25) == "x" * 10 + "\n" + "x" * 10


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Policies", "policy"),
        ("boxes", "box"),
        ("Acme's", "acme"),
        ("glass", "glass"),
        ("status", "status"),
        ("days", "day"),
    ],
)
def test_words_are_compared_without_plural_and_case(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_matched_words_are_the_questions_own_rarest_first() -> None:
    weights = {"refund": 2.0, "day": 1.0}
    assert matched_words("Which days for Refunds?", "a refund in 30 days", weights) == ("Refunds", "days")
    assert terms_of("What is the Refund of days") == ("refund", "day")


def test_copies_are_shown_once_and_the_rest_keeps_its_order() -> None:
    hits = [hit_of("a", "same words here", 0.9), hit_of("b", "Same words, here!", 0.8), hit_of("c", "other", 0.7)]
    shown = spread_out(hits, 5)
    assert [hit.asset.source for hit in shown] == ["a", "c"]
    assert shown[0].reason == "same text in b"


def test_one_asset_yields_only_to_near_rivals() -> None:
    many = [hit_of("long", f"part {n} of it word{n}", 1.0 - n / 100, n) for n in range(5)]
    near, far = hit_of("near", "rival text", 0.9), hit_of("far", "distant text", 0.3)
    assert "near" in {hit.asset.source for hit in spread_out([*many, near], 5)}
    assert "far" not in {hit.asset.source for hit in spread_out([*many, far], 5)}


def test_the_memory_forgets_what_was_unused_for_longest() -> None:
    memory = SearchCache(most=2)
    for text in ("a", "b"):
        memory.put(key_of(text), result_of(text))
    assert memory.get(key_of("a")) is not None
    memory.put(key_of("c"), result_of("c"))
    assert memory.get(key_of("b")) is None
    assert memory.get(key_of("a")) is not None
    assert len(memory) == 2


def test_the_memory_stands_many_threads() -> None:
    memory = SearchCache(most=8)

    def work(start: int) -> None:
        for number in range(200):
            memory.put(key_of(str((start + number) % 20)), result_of("x"))
            memory.get(key_of(str(number % 20)))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory) == 8
