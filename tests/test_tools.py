"""Each tool as a plain function behind the gate: shapes, bounds, rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import Disabled, InvalidArgument, NotFound
from groundsight.governance.roots import Roots
from groundsight.grounding.verify import verify as real_verify
from groundsight.settings import Grounding
from groundsight.tools.bounds import RESULT_BYTES
from groundsight.tools.registry import TOOLS, tools
from groundsight.tools.results import Result
from groundsight.tools.verify import MOST_SEARCHES
from groundsight.types import ChannelScore, Evidence, GroundingReport, Hit, Principal, Query, SearchResult, Tier
from tests.build import make_asset, make_unit
from tests.doors import OneLine, ScriptedSuite, call, channel, settings_at, some_rows


@pytest.fixture
def suite(tmp_path: Path) -> ScriptedSuite:
    return ScriptedSuite(settings_at(tmp_path), *some_rows())


def test_contributions_of_a_hit_add_up_to_its_score(suite: ScriptedSuite) -> None:
    assert {hit.channels for hit in call(suite, "search", query="notice").hits} == {None}
    for hit in call(suite, "search", query="notice", explain=True).hits:
        assert sum(each.contribution for each in hit.channels) == pytest.approx(hit.score, abs=1e-4)


def test_a_search_says_what_answered_and_what_was_missing(suite: ScriptedSuite) -> None:
    result = call(suite, "search", query="notice")
    assert result.tier.name == "embedded"
    assert result.degraded == ("caption",)
    assert "degraded: caption (status" in result.as_text()


def test_filters_narrow_a_search(suite: ScriptedSuite) -> None:
    assert {hit.source for hit in call(suite, "search", query="x", source="docs/n").hits} == {"docs/note.txt"}
    assert call(suite, "search", query="x", kinds=["table"]).hits == ()
    assert call(suite, "search", query="x", created_from="2020-01-01").hits == ()


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_no_tool_lets_a_model_choose_who_asks(spec: Any) -> None:
    forbidden = {"tenant", "user", "roots", "principal", "url"} | (set() if spec.admin else {"labels", "region"})
    assert not forbidden & set(spec.arguments.model_fields)


def test_a_flood_of_text_is_cut_and_marked(tmp_path: Path) -> None:
    asset = make_asset()
    units = [make_unit(asset, number, "word " * 100_000) for number in range(100)]
    hits = tuple(Hit(unit=unit, asset=asset, score=1.0, channels=(channel(1),)) for unit in units)
    suite = ScriptedSuite(
        settings_at(tmp_path), search=lambda _, query: SearchResult(query=query.text, hits=hits, tier=Tier())
    )
    result = call(suite, "search", query="x", limit=100)
    assert len(result.model_dump_json()) <= RESULT_BYTES
    assert all(len(hit.text) <= 2_000 and hit.text.endswith("…") for hit in result.hits)


@pytest.mark.parametrize(("lanes", "weak"), [(["text"], True), (["text", "bm25_text"], False), (["visual"], False)])
def test_hits_that_share_no_word_with_the_query_are_called_weak(lanes: list[str], weak: bool, tmp_path: Path) -> None:
    asset = make_asset()
    parts = tuple(ChannelScore(channel=lane, raw=0.3, weight=1, contribution=0.3) for lane in lanes)
    hit = Hit(unit=make_unit(asset, 0, "The hut opens in May."), asset=asset, score=0.3 * len(lanes), channels=parts)
    suite = ScriptedSuite(
        settings_at(tmp_path), search=lambda _, query: SearchResult(query=query.text, hits=(hit,), tier=Tier())
    )
    assert ("merely the nearest" in call(suite, "search", query="x").as_text()) is weak


def test_text_from_files_is_shown_without_control_characters(tmp_path: Path) -> None:
    asset = make_asset("docs/a\x1b[31m\nb.txt", title="t\u202eitle")
    suite = ScriptedSuite(settings_at(tmp_path), (make_unit(asset, 0, "a\x00\u202eb\U000e0049c"), asset))
    (hit,) = call(suite, "search", query="x").hits
    assert (hit.text, hit.title, hit.source) == ("abc", "title", "docs/a[31m b.txt")


def test_an_answer_carries_verdicts_citations_and_ratio(suite: ScriptedSuite) -> None:
    result = call(suite, "ask", question="How long is the notice period?")
    assert (result.status, result.grounding_ratio) == ("answered", 1.0)
    assert result.verdicts[0].verdict == "supported"
    assert result.verdicts[0].support[0].page == 1
    assert result.citations[0].source == "docs/contract.pdf"


def test_an_answer_is_verified_against_texts_given(suite: ScriptedSuite) -> None:
    good = call(suite, "verify", answer="It rains.", texts=["It rains. It pours."])
    bad = call(suite, "verify", answer="It snows.", texts=["It rains."])
    assert (good.verdict, good.grounding_ratio, good.evidence) == ("pass", 1.0, ("text-1",))
    assert (bad.claims[0].verdict, bad.claims[0].reason) == ("contradicted", "30 days here, 90 days there")


def test_an_answer_is_verified_against_units_by_id(suite: ScriptedSuite) -> None:
    unit = suite.parts.index.rows[0][0]
    result = call(suite, "verify", answer="The notice period is 90 days.", evidence_ids=[unit.unit_id])
    assert (result.verdict, result.evidence) == ("pass", (unit.unit_id,))


def test_an_answer_alone_is_verified_against_what_is_found(tmp_path: Path) -> None:
    asked: list[str] = []

    def search(suite: ScriptedSuite, query: Query) -> None:
        asked.append(query.text)

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=search)
    result = call(suite, "verify", answer="The notice period is 90 days. It is long.")
    assert asked == ["The notice period is 90 days.", "It is long."]
    assert len(result.evidence) == 4


def test_every_sentence_of_an_answer_is_searched_and_the_rest_is_called_unchecked(tmp_path: Path) -> None:
    asked: list[str] = []

    def search(suite: ScriptedSuite, query: Query) -> None:
        asked.append(query.text)

    def check(suite: ScriptedSuite, answer: str, evidence: Mapping[str, Sequence[Evidence]]) -> GroundingReport:
        return real_verify(answer, evidence, Grounding())

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), search=search, verify=check)
    result = call(suite, "verify", answer=" ".join(f"Room {n} has {n} beds." for n in range(2, MOST_SEARCHES + 12)))
    assert len(asked) == MOST_SEARCHES
    assert {one.verdict for one in result.claims[MOST_SEARCHES:]} == {"unverified"}
    assert "unverified" not in {one.verdict for one in result.claims[:MOST_SEARCHES]}
    assert result.claims[-1].reason.startswith("unchecked")


def test_absent_and_forbidden_units_read_alike(tmp_path: Path) -> None:
    secret = make_asset("docs/secret.txt", labels=("board",))
    suite = ScriptedSuite(settings_at(tmp_path), (make_unit(secret, 0, "bonus"), secret))
    texts: list[str] = []
    for unit_id in (f"{secret.asset_id}-0000", "0123456789abcdef-0000"):
        with pytest.raises(NotFound) as caught:
            call(suite, "read", id=unit_id)
        texts.append(str(caught.value).replace(unit_id, "ID"))
    assert texts[0] == texts[1]


def test_a_passage_is_read_with_its_neighbours(suite: ScriptedSuite) -> None:
    units = [unit for unit, _ in suite.parts.index.rows]
    result = call(suite, "read", id=units[1].unit_id, neighbours=1)
    assert [passage.id for passage in result.passages] == [unit.unit_id for unit in units[:3]]
    assert [p.id for p in call(suite, "read", id=units[1].unit_id, neighbours=0).passages] == [units[1].unit_id]


def test_a_page_of_a_document_is_read(suite: ScriptedSuite) -> None:
    asset_id = suite.parts.index.rows[0][1].asset_id
    assert [p.text for p in call(suite, "read", id=asset_id, page=2).passages] == ["Signed in Lisbon."]
    with pytest.raises(NotFound, match="pages 1 to 2"):
        call(suite, "read", id=asset_id, page=3)
    note = suite.parts.index.rows[-1][1].asset_id
    assert call(suite, "read", id=note, page=1).passages
    with pytest.raises(NotFound, match="has no pages"):
        call(suite, "read", id=note, page=2)


def test_status_counts_what_the_caller_may_see(suite: ScriptedSuite) -> None:
    assert (call(suite, "status").assets, call(suite, "status").units) == (2, 4)
    other = suite.acting_for(Principal(tenant="other"))
    assert (call(other, "status").assets, call(other, "status").units) == (0, 0)


def test_ingest_reports_failures_first(suite: ScriptedSuite, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    suite.parts.roots = Roots({"docs": folder}, tmp_path / "roots.json")
    result = call(suite, "ingest", paths=["docs", "docs/a.txt"])
    assert (result.added, result.failed) == (1, 1)
    assert result.files[0].problem == "E_PARSE: the file is encrypted. Next: remove the password"


@pytest.mark.parametrize("path", ["../etc", "/etc/passwd", "docs/../../etc", "~", "file:///etc", "\x00", "docs-evil"])
@pytest.mark.parametrize("name", ["ingest", "ocr", "describe"])
def test_files_outside_the_roots_read_like_absent_ones(
    suite: ScriptedSuite, tmp_path: Path, name: str, path: str
) -> None:
    for folder in ("docs", "docs-evil"):
        (tmp_path / folder).mkdir()
    suite.parts.roots = Roots({"docs": tmp_path / "docs"}, tmp_path / "roots.json")
    arguments: dict[str, Any] = {"paths": [path]} if name == "ingest" else {"picture": path}
    with pytest.raises((NotFound, InvalidArgument)) as caught:
        call(suite, name, **arguments)
    assert "/etc" not in str(caught.value)


def test_a_file_indexed_for_others_is_not_read_through_the_file_system(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "secret.png").write_bytes(b"")
    secret = make_asset("docs/secret.png", labels=("board",))
    roots = Roots({"docs": folder}, tmp_path / "roots.json")
    suite = ScriptedSuite(settings_at(tmp_path), (make_unit(secret, 0, kind="image"), secret), roots=roots)
    suite.parts.ocr = OneLine()
    with pytest.raises(NotFound):
        call(suite, "ocr", picture="docs/secret.png")


def test_a_lane_that_is_off_says_how_to_switch_it_on(suite: ScriptedSuite, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.png").write_bytes(b"x")
    suite.parts.roots = Roots({"docs": tmp_path / "docs"}, tmp_path / "roots.json")
    with pytest.raises(Disabled, match=r"models\.ocr"):
        call(suite, "ocr", picture="docs/a.png")
    with pytest.raises(Disabled, match="captioner"):
        call(suite, "describe", picture="docs/a.png")


def test_tools_that_write_are_offered_only_on_request() -> None:
    assert "ingest" not in [spec.name for spec in tools(writable=False)]
    assert [spec.name for spec in tools(writable=True)] == [spec.name for spec in TOOLS if not spec.admin]
    assert tools(writable=True, admin=True) == TOOLS
    assert tools(writable=False, admin=True) == tools(writable=False)


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_every_tool_is_a_documented_plain_function(spec: Any) -> None:
    assert 20 <= len(spec.description) <= 1_000
    assert issubclass(spec.result, Result)
    assert spec.function.__module__ == f"groundsight.tools.{spec.name}"
