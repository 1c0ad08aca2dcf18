"""Identifiers: what a query names exactly stands above whatever only sounds like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.index import Entry
from groundsight.retrieval.identifiers import FEW, held_in, named_in
from groundsight.retrieval.search import search
from groundsight.retrieval.spellings import Identifier
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter, Principal, Query, SearchResult
from tests.memory_index import MemoryIndex
from tests.retrieval_house import ALICE, LAW, HouseIndex, HouseParts, entry_of

TITLES = [entry_of(f"orders-{n}.txt", f"Purchase orders of {n}.", heading="Purchase order") for n in range(12)]
HOLDER = entry_of("scan.txt", "No. INV-2041 of 19 May, bearing set, bank of the north, total 18,460.00")
NEAR = entry_of("near.txt", "Purchase order for INV-2042, INV-20411 and INV-2041-7", heading="Purchase order INV")
EVERYTHING = Filter()
CODES = st.tuples(st.from_regex(r"[A-Z]{2,4}", fullmatch=True), st.integers(3_000, 99_999))


def sources(result: SearchResult) -> list[str]:
    return [hit.asset.source for hit in result.hits]


def memory_of(*entries: Entry) -> MemoryIndex:
    index = MemoryIndex()
    index.upsert(entries)
    return index


def ask(index: HouseIndex, text: str, who: Principal = ALICE, **query: object) -> SearchResult:
    return search(HouseParts(index), Query.model_validate({"text": text, **query}), who, Watch())


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("fusion", ["rrf", "weighted"])
def test_the_file_that_holds_the_identifier_stands_above_every_title(hops: int, fusion: str) -> None:
    result = ask(HouseIndex(*TITLES, NEAR, HOLDER), "purchase order INV-2041", hops=hops, fusion=fusion)
    assert sources(result)[0] == "scan.txt"
    assert "the identifier itself" in result.hits[0].reason
    assert [hit.asset.source for hit in result.hits if any(part.channel == "identifier" for part in hit.channels)] == [
        "scan.txt"
    ]
    for hit in result.hits:
        assert sum(part.contribution for part in hit.channels) == pytest.approx(hit.score, abs=1e-9)


def test_what_holds_two_identifiers_stands_above_what_holds_one() -> None:
    one = entry_of("one.txt", "Purchase order PO-7781, purchase order by the yard", heading="Purchase order")
    both = entry_of("both.txt", "INV-2041 names PO-7781 among much else about paint and rope")
    assert sources(ask(HouseIndex(*TITLES, one, HOLDER, both), "purchase order PO-7781 of INV-2041"))[0] == "both.txt"


def test_only_who_may_see_the_holder_learns_of_it() -> None:
    hidden = entry_of("board.txt", "INV-2041 is disputed", labels=("board",))
    assert ask(HouseIndex(*TITLES, hidden), "purchase order INV-2041").absent == ("INV-2041",)
    assert ask(HouseIndex(*TITLES, hidden), "order INV-2041", Principal(labels=("board",))).absent == ()
    other = Filter(conditions=(Condition(field="tenant", op="eq", value="b"),))
    assert held_in("INV-2041", HouseIndex(hidden), other).absent == ("INV-2041",)


def test_an_identifier_that_is_nowhere_is_named_and_the_other_words_still_find() -> None:
    result = ask(HouseIndex(*TITLES, NEAR), "purchase order INV-9999")
    assert result.absent == ("INV-9999",)
    assert result.hits
    assert "identifier" not in {part.channel for hit in result.hits for part in hit.channels}


def test_what_many_hold_is_no_identifier() -> None:
    many = [entry_of(f"{n}.txt", f"Measures against COVID-19, part {n}") for n in range(FEW + 5)]
    result = ask(HouseIndex(*many), "COVID-19 measures")
    assert "identifier" not in {part.channel for hit in result.hits for part in hit.channels}
    assert result.absent == ()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("total of invoice inv-2041?", ["inv-2041"]),
        ("INV 2041", ["INV 2041"]),
        ("what was ordered with po 7781", ["po 7781"]),
        ("part 4711-B or 4711 C", ["4711-B", "4711 C"]),
        ("ISO 9001:2015 audit", ["ISO 9001:2015"]),
        ("what is new in v2.3.1?", ["v2.3.1"]),
        ("Urteil 12 O 345/21", ["12 O 345/21"]),
        ("call +47 22 33 44 55 now", ["+47 22 33 44 55"]),
        ("account DE89 3704 0044 0532 0130 00", ["DE89 3704 0044 0532 0130 00"]),
        ("write to a.b@example.org", ["a.b@example.org"]),
        ("customer 48213", ["48213"]),
        ("the car FA-MR 112", ["FA-MR 112"]),
        ("films of the 1990s, July 2025, 2025-01-31, Q3 2022, 1,234.50 EUR, 30-day, 5km, FIFA 2018", []),
    ],
)
def test_identifiers_are_told_by_their_build(query: str, found: list[str]) -> None:
    runs = [[one.shown for one in run] for run in named_in(query)]
    assert all(any(want in run for run in runs) for want in found)
    assert bool(runs) == bool(found)


@LAW
@given(CODES, st.sampled_from(["{}-{}", "{} {}", "{}{}", "{}\u2011{}", "{}/{}", "{}_{}", "{}\n{}", "no.{}-{}.pdf"]))
def test_separators_spaces_and_case_do_not_tell_identifiers_apart(code: tuple[str, int], form: str) -> None:
    one = Identifier((f"{code[0]}-{code[1]}",), True)
    text = f"see {form.format(*code)}, please"
    assert one.held_by(text)
    assert one.held_by(text.lower())


@LAW
@given(CODES, st.integers(0, 9), st.sampled_from(["{}-{}{}", "{}-{}-{}", "{}-{}.{}", "{}X-{}", "1{}-{}"]))
def test_a_near_identifier_is_another_one(code: tuple[str, int], digit: int, form: str) -> None:
    assert not Identifier((f"{code[0]}-{code[1]}",), True).held_by(f"see {form.format(*code, digit)} here")
    assert not Identifier((f"{code[0]}-{code[1]}",), True).held_by(f"see {code[0]}-{code[1] + 1 + digit} here")


@pytest.mark.parametrize(
    ("words", "holds", "holds_not"),
    [
        ("v2.3.1", "V 2.3.1", "v2.31, v23.1, v2.3.1.4 and v2.3.10"),
        ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"),
        ("12 O 345/21", "12 o 345/21", "112 O 345/21, 12 O 345/212 and 12 O 34521"),
        ("+47 22 33 44 55", "4722334455", "4722334456"),
        ("4711-B", "4711B", "A-4711-B, 4711-BC and 4711"),
    ],
)
def test_an_identifier_is_matched_as_a_whole(words: str, holds: str, holds_not: str) -> None:
    one = Identifier(tuple(words.split()), True)
    assert one.held_by(holds)
    assert not one.held_by(holds_not)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("MR2024017", "report MR-2024-017"),
        ("MR 2024017", "report MR-2024-017"),
        ("mr-2024017", "report MR/2024/017"),
        ("MR-2024-017", "report MR2024017"),
        ("TR2506", "course TR-25-06"),
        ("AED227", "device AED/22-7"),
        ("B77314", "lot B-77-314"),
        ("famr112", "the car (plate FA-MR 112)"),
        ("FA-MR 112", "the car (plate FAMR112)"),
    ],
)
def test_an_identifier_is_found_however_it_is_parted(query: str, text: str) -> None:
    holder = entry_of("holder.txt", f"{text}, among much else")
    index = memory_of(*TITLES, NEAR, holder)
    held = held_in(f"purchase order {query}", index, EVERYTHING)
    assert (held.units(), held.absent) == ({holder.units[0].unit_id}, ())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("MR2024018", "report MR-2024-017"),
        ("MR202401", "report MR-2024-017"),
        ("FA-MR 113", "plate FA-MR 112"),
        ("INV20417", "paid for INV 2041 on 7 May"),
        ("2024017", "paid 2024-01-7"),
        ("MR2024017", "by MR 2024-01-7"),
        ("EUR12500", "EUR 12.500 and 12,500"),
        ("v23.1", "version v2.3.1"),
    ],
)
def test_what_is_merely_near_however_it_is_parted_is_another_one(query: str, text: str) -> None:
    index = memory_of(entry_of("near.txt", text))
    held = held_in(query, index, EVERYTHING)
    assert (held.units(), held.absent) == (frozenset(), (query,))


def test_the_spelling_asked_for_goes_before_the_others() -> None:
    other, itself = entry_of("other.txt", "lot B-77-314 and more"), entry_of("itself.txt", "lot B-7731-4 and more")
    assert held_in("B-7731-4", memory_of(other, itself), EVERYTHING).units() == {itself.units[0].unit_id}


def test_what_only_spaces_could_spell_is_neither_held_nor_denied() -> None:
    held = held_in("AED227", memory_of(entry_of("row.txt", "AED 22 7 pieces")), EVERYTHING)
    assert (held.units(), held.absent) == (frozenset(), ())
