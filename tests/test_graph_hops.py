"""Hops: what one unit leads to, why, how far, and for whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import Cancelled
from groundsight.index import Entry
from groundsight.retrieval.graph import follow
from groundsight.retrieval.headings import headings_named, keys_in
from groundsight.retrieval.onwards import onwards
from groundsight.retrieval.search import search
from groundsight.retrieval.words import terms_of
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter, Hit, Principal, Query
from tests.retrieval_house import ALICE, LAW, HouseIndex, HouseParts, entry_of

FILM = entry_of("film.txt", "The Silent Harbour is a film of 1955 by director Anna Berg.", heading="The Silent Harbour")
PERSON = entry_of("person.txt", "Swedish artist, born in Uppsala, who died in 1990.", heading="Anna Berg (director)")
TOWN = entry_of("town.txt", "A city north of Stockholm with a cathedral.", heading="Uppsala")
FILLER = [entry_of(f"f{n}.txt", f"Drama number {n} was born of a late idea.", heading=f"Drama {n}") for n in range(12)]
INVOICE = entry_of("invoice.txt", "Invoice INV-2041 lists twelve pumps for the harbour works.")
TRANSFER = entry_of("bank.txt", "Transfer of 4,310.00 with reference INV-2041 on the third.")
QUESTION = "Where was the director of The Silent Harbour born?"


def look(
    *entries: Entry, text: str = QUESTION, hops: int = 2, limit: int = 5, who: Principal = ALICE
) -> tuple[Hit, ...]:
    parts = HouseParts(HouseIndex(*entries))
    return search(parts, Query(text=text, hops=hops, limit=limit), who, Watch()).hits


def by_source(hits: tuple[Hit, ...]) -> dict[str, Hit]:
    return {hit.asset.source: hit for hit in hits}


def test_one_hop_reaches_the_heading_that_a_unit_names() -> None:
    hits = by_source(look(FILM, PERSON, TOWN, *FILLER))
    assert hits["person.txt"].hop == 2
    assert hits["person.txt"].reason.startswith('linked by "Anna Berg"')


def test_two_hops_reach_what_no_word_of_the_question_names() -> None:
    assert by_source(look(FILM, PERSON, TOWN, *FILLER, hops=3, limit=8))["town.txt"].hop == 3


def test_without_hops_nothing_is_linked() -> None:
    assert {hit.hop for hit in look(FILM, PERSON, TOWN, *FILLER, hops=1, limit=20)} == {1}


def test_a_shared_id_links_two_documents_and_is_named_as_written() -> None:
    hits = by_source(look(INVOICE, TRANSFER, *FILLER, text="How were the twelve pumps paid?", limit=3))
    assert hits["bank.txt"].reason.startswith('linked by "INV-2041"')
    assert hits["bank.txt"].hop == 2


def test_the_link_has_a_share_and_all_shares_add_up() -> None:
    for hit in look(FILM, PERSON, TOWN, *FILLER, hops=3, limit=20):
        assert ("link" in {part.channel for part in hit.channels}) == (hit.hop > 1)
        assert sum(part.contribution for part in hit.channels) == pytest.approx(hit.score, abs=1e-9)


@LAW
@given(st.permutations([FILM, PERSON, TOWN, INVOICE, TRANSFER]), st.integers(1, 4))
def test_the_order_of_storing_changes_nothing(entries: list[Entry], hops: int) -> None:
    expected = look(FILM, PERSON, TOWN, INVOICE, TRANSFER, hops=hops)
    found = look(*entries, hops=hops)
    assert [(hit.unit.unit_id, hit.hop) for hit in found] == [(hit.unit.unit_id, hit.hop) for hit in expected]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected])


def test_a_link_never_leads_to_what_may_not_be_seen() -> None:
    secret = entry_of("secret.txt", "Anna Berg was born in Uppsala.", heading="Anna Berg", labels=("board",))
    foreign = entry_of("foreign.txt", "Anna Berg was born in Uppsala.", heading="Anna Berg", tenant="other")
    assert set(by_source(look(FILM, secret, foreign, hops=3))) == {"film.txt"}
    assert "secret.txt" in by_source(look(FILM, secret, who=Principal(labels=("board",))))


def test_a_query_filter_holds_for_linked_units_too() -> None:
    where = Filter(conditions=(Condition(field="source", op="in", value=("film.txt", "town.txt")),))
    parts = HouseParts(HouseIndex(FILM, PERSON, TOWN))
    found = search(parts, Query(text=QUESTION, hops=3, where=where), ALICE, Watch()).hits
    assert "person.txt" not in by_source(found)


def test_a_name_that_many_units_share_links_nothing() -> None:
    crowd = [entry_of(f"c{n}.txt", f"Report {n} by Acme Holding on item{n}.") for n in range(20)]
    hits = look(*crowd, entry_of("z.txt", "Pumps came from Acme Holding."), text="pumps", limit=20)
    assert {hit.asset.source for hit in hits if hit.hop > 1} == set()


RIVER = entry_of("river.txt", "The Bubye is a tributary that crosses the south of Zimbabwe.", heading="Bubye River")
FALLS = entry_of("falls.txt", "A waterfall on the border of Zambia and Zimbabwe.", heading="Falls of Smoke")
CROWD = [entry_of(f"z{n}.txt", f"Mine {n} of Zimbabwe opened in the year {1900 + n}.") for n in range(20)]
RIVALS = [entry_of(f"w{n}.txt", f"A waterfall under bridge {n}.", heading=f"Bridge {n}") for n in range(6)]
OPEN = "Which waterfall lies in the country of the Bubye River?"


def test_a_common_name_leads_to_what_answers_the_rest_of_the_question() -> None:
    hits = by_source(look(RIVER, FALLS, *CROWD, *RIVALS, text=OPEN, limit=2))
    assert hits["falls.txt"].hop == 2
    assert hits["falls.txt"].reason.startswith('linked by "Zimbabwe"')
    assert not {source for source in hits if source.startswith("z")}


def onwards_from(question: str, start: Entry, covered: set[str], *others: Entry) -> list[tuple[str, str]]:
    index = HouseIndex(start, *others)
    (found,) = onwards(question, keys_in(question), [(start.units[0], covered)], index, Filter())
    return [(onward.unit_id, onward.shown) for onward in found if onward.unit_id != start.units[0].unit_id]


def test_a_question_without_an_open_word_leads_nowhere() -> None:
    assert onwards_from(OPEN, RIVER, {"bubye", "river"}, FALLS) == [(FALLS.units[0].unit_id, "Zimbabwe")]
    assert onwards_from(OPEN, RIVER, set(terms_of(OPEN)), FALLS) == []


def test_a_name_that_the_question_gives_leads_nowhere_new() -> None:
    assert onwards_from("Which waterfall of Zimbabwe is near the Bubye River?", RIVER, {"bubye", "river"}, FALLS) == []


def test_what_shares_no_name_is_no_hop() -> None:
    assert onwards_from(OPEN, RIVER, {"bubye", "river"}, RIVALS[0]) == []


def test_following_what_was_followed_keeps_the_sums() -> None:
    parts = HouseParts(HouseIndex(FILM, PERSON, TOWN, *FILLER))
    first = search(parts, Query(text=QUESTION, hops=2), ALICE, Watch()).hits
    again = follow(parts, QUESTION, first, ALICE, Watch(), 2)
    assert {hit.unit.unit_id for hit in first} <= {hit.unit.unit_id for hit in again}
    for hit in again:
        assert sum(part.contribution for part in hit.channels) == pytest.approx(hit.score, abs=1e-9)


def test_nothing_to_follow_gives_nothing() -> None:
    parts = HouseParts(HouseIndex(FILM))
    assert follow(parts, QUESTION, (), ALICE, Watch()) == ()


def test_a_cancelled_walk_stops() -> None:
    parts, watch = HouseParts(HouseIndex(FILM, PERSON)), Watch()
    hits = search(parts, Query(text=QUESTION), ALICE, watch).hits
    watch.cancel()
    with pytest.raises(Cancelled):
        follow(parts, QUESTION, hits, ALICE, watch)


def test_the_longest_heading_is_the_one_that_is_named() -> None:
    index = HouseIndex(
        entry_of("a.txt", "A city.", heading="New York"), entry_of("b.txt", "A troupe.", heading="New York City Ballet")
    )
    (named,) = headings_named(["She joined the New York City Ballet in May."], index, Filter())
    assert [name.shown for name in named] == ["New York City Ballet"]
