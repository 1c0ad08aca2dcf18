"""What tools and their results cost a model: bytes of a search, tokens of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from groundsight.tools.bounds import excerpt, fair_shares
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from groundsight.types import Box, Hit, Place, SearchResult, Tag, Tier
from tests.build import make_asset, make_unit
from tests.doors import LANE, ScriptedSuite, channel, settings_at

LONG = {
    "latin": "The harbour fees of July were paid late. ",
    "umlauts": "Die Gebühren für die Hafenüberführung wurden im März geprüft. ",
    "signs": "七月の港湾料金は遅れて支払われました。",
}


def eight_hits(home: Path, text: str) -> ScriptedSuite:
    """Eight long tables on pages, with tags, boxes, sections and reasons, and a value that is hidden."""
    asset = make_asset("documents/2025/contracts and invoices/harbour-services-agreement.pdf", pages=9)
    place = Place(page=3, box=Box(x0=0.1, y0=0.2, x1=0.9, y1=0.8), section="Appendix B > Fees by month and berth")
    tags = tuple(Tag(name=name, probability=0.8) for name in ("container ship", "dock", "crane", "pier"))
    units = [make_unit(asset, at, f"{text * 60} Ask [EMAIL_1].", place=place, tags=tags) for at in range(8)]
    hits = tuple(
        Hit(unit=unit, asset=asset, score=1 / at, channels=(channel(at),), matched=("July",), reason=REASON, hop=2)
        for at, unit in enumerate(units, 1)
    )
    found = SearchResult(query="fees July", hits=hits, tier=Tier(models={"text": "m" * 60}), degraded=(LANE,))
    return ScriptedSuite(settings_at(home), search=lambda _, query: found)


REASON = 'linked by "INV-2042"; holds "fees", "July"; meaning of the text #1, words of title and tags #12'


def searched(suite: ScriptedSuite, **more: Any) -> Any:
    return Gate.open(suite.settings, "test").call(tool("search"), suite, {"query": "fees July", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", LONG)
def test_eight_long_hits_cost_few_bytes_and_say_where_why_and_how_sure(tmp_path: Path, kind: str) -> None:
    result = searched(eight_hits(tmp_path, LONG[kind]))
    text, data = result.as_text(), result.model_dump_json()
    assert len(result.hits) == 8
    assert len(text.encode()) <= 4_000
    assert len(data.encode()) <= 8_000
    for told in (
        "agreement.pdf, page 3",
        "box 0.10 0.20 0.90 0.80",
        'linked by "INV-2042"',
        "tags: container ship, dock",
    ):
        assert text.count(told) == 8
    assert ("2 of 2 words" if kind == "latin" else "linked") in text


def test_the_arithmetic_of_a_score_is_shown_on_request_alone(tmp_path: Path) -> None:
    suite = eight_hits(tmp_path, LONG["latin"])
    assert "bm25_text" not in searched(suite).model_dump_json() + searched(suite).as_text()
    assert "= bm25_text 1.0000" in searched(suite, explain=True).as_text()


def test_a_hidden_value_is_called_no_answer(tmp_path: Path) -> None:
    assert "hidden by the settings (governance.redact)" in searched(eight_hits(tmp_path, "[EMAIL_1] ")).as_text()


def test_an_excerpt_begins_where_most_of_the_words_stand() -> None:
    text = "Greetings to all. " * 20 + "The fee in July is 90 euros. It is late. " + "Regards. " * 20
    assert excerpt(text, ["July", "fee"], 60).startswith("…The fee in July is 90 euros.")
    assert excerpt("short\n text", ["x"], 60) == "short text"
    assert all(len(excerpt(text, words, most)) <= most for words in ([], ["July"]) for most in (5, 40, 200))


def test_shares_leave_to_the_large_what_the_small_do_not_need() -> None:
    assert fair_shares([10, 500, 500], 410) == [10, 200, 200]
    assert fair_shares([], 10) == []
