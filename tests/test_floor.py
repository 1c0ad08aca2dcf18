"""The floor: a search shows nothing rather than what is merely nearest, and says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.encoders.minilm import MiniLm
from groundsight.evals.floor import nonsense
from groundsight.index import Entry
from groundsight.retrieval.floor import Evidenced, evidence_for, packaged_floor
from groundsight.retrieval.search import search
from groundsight.settings import Search, Settings
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter, Principal, Query, SearchResult
from tests.build import WordEncoder
from tests.retrieval_house import ALICE, LAW, HouseIndex, HouseParts, entry_of

REFUNDS = entry_of("docs/refunds.txt", "Refunds are paid within 30 days of a written request, see INV-2041.")
PARKING = entry_of("docs/parking.txt", "Visitors park in the north garage.")
NONSENSE = "qwxz vlorb grint"


class Calibrated(WordEncoder):
    """Counts words, under the name of the encoder that the floor was fitted for."""

    fingerprint = packaged_floor().encoder


class Nearest(Calibrated):
    """Finds something a little near to every text: as near as most questions in other words are to their passage."""

    def encode(self, texts, **kind):  # type: ignore[no-untyped-def]
        return 0.75 * super().encode(["refunds paid"] * len(texts), **kind)


def parts_of(*entries: Entry, tree: Settings | None = None, **doubles: object) -> HouseParts:
    prints = {"text": Calibrated.fingerprint, "visual": WordEncoder.fingerprint}
    index = HouseIndex(*entries, fingerprints=prints)
    return HouseParts(index, tree, **{"text_encoder": Calibrated(), **doubles})


def ask(parts: HouseParts, text: str, who: Principal = ALICE, **query: object) -> SearchResult:
    return search(parts, Query.model_validate({"text": text, **query}), who, Watch())


def reason(result: SearchResult) -> str:
    return result.nothing.reason if result.nothing else ""


@pytest.mark.parametrize("hops", [1, 3])
def test_nonsense_finds_nothing_and_says_why(hops: int) -> None:
    result = ask(parts_of(REFUNDS, PARKING), NONSENSE, hops=hops)
    assert (result.hits, reason(result)) == ((), "below_floor")
    assert "share no word" in result.nothing.why  # type: ignore[union-attr]


def test_a_true_question_and_a_single_word_are_not_floored() -> None:
    parts = parts_of(REFUNDS, PARKING)
    for text in ("How many days until refunds are paid?", "garage", "north"):
        assert ask(parts, text).hits, text
        assert ask(parts, text).nothing is None


def test_an_identifier_that_exists_is_never_floored() -> None:
    result = ask(parts_of(REFUNDS, PARKING), f"INV 2041 {NONSENSE} {NONSENSE}")
    assert result.hits[0].asset.source == "docs/refunds.txt"


def test_an_identifier_that_is_nowhere_finds_nothing_by_itself() -> None:
    result = ask(parts_of(REFUNDS, PARKING), "INV-9999")
    assert (reason(result), result.absent) == ("below_floor", ("INV-9999",))
    assert "no passage holds INV-9999" in result.nothing.why  # type: ignore[union-attr]
    assert ask(parts_of(REFUNDS, PARKING), "INV-9999 refunds paid").hits


@LAW
@given(st.lists(st.sampled_from(["refunds", "garage", "qwxz", "vlorb", "INV-2041", "soup"]), min_size=1, max_size=4))
def test_the_floor_knows_nothing_of_what_the_caller_may_not_see(words: list[str]) -> None:
    hidden = (
        entry_of("board.txt", "qwxz vlorb soup for the board", labels=("board",)),
        entry_of("theirs.txt", "soup vlorb INV-2041 of another tenant", tenant="other"),
    )
    alone, beside = (
        ask(parts_of(REFUNDS, PARKING), " ".join(words)),
        ask(parts_of(REFUNDS, PARKING, *hidden), " ".join(words)),
    )
    assert (alone.nothing, alone.absent) == (beside.nothing, beside.absent)
    assert [hit.asset.source for hit in alone.hits] == [hit.asset.source for hit in beside.hits]


def test_the_reasons_for_nothing_are_told_apart() -> None:
    parts = parts_of(REFUNDS, entry_of("b.txt", "refunds for the board", tenant="board"))
    where = Filter(conditions=(Condition(field="source", op="prefix", value="nowhere/"),))
    assert reason(ask(parts, "refunds", where=where)) == "empty_filter"
    assert reason(ask(parts, "refunds", Principal(tenant="stranger"))) == "empty_index"
    assert reason(ask(parts_of(), "refunds")) == "empty_index"


def test_without_a_calibration_whatever_is_nearest_is_shown() -> None:
    near = entry_of("near.txt", "qwxz and much else", "grint")
    assert ask(HouseParts(HouseIndex(near, REFUNDS)), "qwxz refunds grint vlorb").hits
    off = Settings(search=Search(floor=False))
    dense = {"text_encoder": Nearest()}
    assert ask(parts_of(REFUNDS, **dense), NONSENSE).hits == ()
    assert ask(parts_of(REFUNDS, tree=off, **dense), NONSENSE).hits
    assert ask(parts_of(REFUNDS, **dense), NONSENSE, channels=("text",)).hits


@pytest.mark.parametrize("text", ["walkie-talkie runtime", "can pupils come and look around", "Gravestone", "café"])
def test_a_question_in_other_words_is_shown_what_nonsense_is_not(text: str) -> None:
    parts = parts_of(REFUNDS, text_encoder=Nearest())
    assert ask(parts, text).hits
    assert ask(parts, f"{NONSENSE} asdf").hits == ()


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 9))
def test_what_passes_without_words_passes_with_them(near: float, covered: float, words: int) -> None:
    strange = Evidenced(nearness=near, covered=covered, words=words, strange=True)
    assert packaged_floor().passes(strange) <= packaged_floor().passes(strange.model_copy(update={"strange": False}))


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("how many members help out", False),
        ("walkie-talkie runtime", False),
        ("café terrace", False),
        ("qwxz vlorb members", True),
        ("qwxz vlorb members help", False),
        ("zzzz 12345", True),
        ("12345 678", True),
        ("of the", False),
    ],
)
def test_a_query_is_strange_when_most_of_its_words_are_none(text: str, strange: bool) -> None:
    assert evidence_for(text, ()).strange is strange


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_more_evidence_never_falls_below_the_floor(near: float, more: float, words: float, further: float) -> None:
    floor = packaged_floor()
    if floor.passes(Evidenced(nearness=near, covered=words)):
        assert floor.passes(Evidenced(nearness=max(near, more), covered=max(words, further)))


def test_the_made_nonsense_is_the_same_every_time_and_holds_no_word_of_the_set() -> None:
    questions = ["Which harbour master approved the invoice?"]
    assert list(nonsense(questions, 3)) == list(nonsense(questions, 3)) != list(nonsense(questions, 4))


def test_the_coefficients_name_what_they_were_fitted_on() -> None:
    assert "sha256" in packaged_floor().origin


def test_the_packaged_floor_holds_for_the_packaged_encoders() -> None:
    assert packaged_floor().encoder == MiniLm.fingerprint
    assert packaged_floor().looks.endswith(MiniLm.fingerprint)
