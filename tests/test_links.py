"""Link keys: what ties units together, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.index.keys import as_key, heading_key, longest_first, phrases_in
from groundsight.ingestion.links import LONGEST_KEY_CHARS, MOST_LINKS, with_links
from groundsight.types import Link, Unit
from tests.build import make_asset, make_unit
from tests.retrieval_house import LAW


def links_of(text: str = "", *, title: str = "", **fields: object) -> tuple[Link, ...]:
    asset = make_asset("a.txt", title=title)
    return with_links(asset, (make_unit(asset, 0, text, **fields),))[0].links


def mentions(text: str = "", **fields: object) -> set[str]:
    return {link.key for link in links_of(text, **fields) if link.role == "mention"}


def headings(**fields: object) -> set[str]:
    return {link.key for link in links_of(**fields) if link.role == "heading"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Please pay INV-2041 today.", "inv-2041"),
        ("It was ordered under PO 7781 in spring.", "po 7781"),
        ("Replace part AX-77/3B first.", "ax-77/3b"),
        ("The order 450022331 is late.", "450022331"),
        ("The fee is $1,240.50 a year.", "$1,240.50"),
        ("Refunds take 90 days.", "90 days"),
        ("Margins rose 15% again.", "15%"),
        ("A film by Satyajit Ray opened.", "satyajit ray"),
        ("She married Lothair II of Lorraine.", "lothair ii of lorraine"),
        ("He read The Lord of the Rings.", "lord of the rings"),
        ("The trip went to Paris.", "paris"),
        ("An essay by J. R. R. Tolkien.", "j. r. r. tolkien"),
    ],
)
def test_a_name_an_id_or_a_quantity_is_a_key(text: str, key: str) -> None:
    assert key in mentions(text)


@pytest.mark.parametrize(
    "text",
    [
        "Due on 2024-05-01 and again on 1.6.2024.",
        "Due in May 2024 or on Monday.",
        "Write to [EMAIL_1] or <PHONE_2>.",
        "Write to someone@example.org.",
        "However, nothing else is there.",
        "It took 3 of them, the 2nd in 1999.",
    ],
)
def test_a_date_a_placeholder_or_a_plain_word_is_no_key(text: str) -> None:
    assert mentions(text) == set()


def test_the_source_spelling_is_kept_beside_the_key() -> None:
    assert Link(key="inv-2041", shown="INV-2041") in links_of("See invoice INV-2041.")


def test_a_heading_loses_its_parentheses_but_keeps_its_spelling() -> None:
    assert Link(key="jaws", shown="Jaws (film)", role="heading") in links_of(heading="Jaws (film)")


def test_the_title_is_a_heading_of_the_first_unit_only() -> None:
    asset = make_asset("a.pdf", title="Supply_contract.pdf")
    first, second = with_links(asset, (make_unit(asset, 0, "x"), make_unit(asset, 1, "y")))
    assert [link.key for link in first.links] == ["supply contract"]
    assert second.links == ()


def test_cells_ocr_captions_and_speech_are_read_too() -> None:
    assert "acme gmbh" in mentions(kind="table", cells=(("Vendor", "Sum"), ("Acme GmbH", "12")))
    assert "inv-2041" in mentions(kind="image", ocr="INV-2041")
    assert "eiffel tower" in mentions(kind="image", caption="a photo of the Eiffel Tower")
    assert "marie curie" in mentions(kind="audio", transcript="we met Marie Curie there")


def test_tags_are_guesses_and_give_no_key() -> None:
    assert mentions(kind="image", meta="Golden Retriever, dog") == set()


def test_equal_things_written_differently_share_a_key() -> None:
    assert as_key("  Acme   GmbH,") == as_key("ACME GmbH") == "acme gmbh"
    assert as_key("Maurice’s") == as_key("Maurice's") == "maurice"
    assert heading_key("(1999)") == "1999"


@LAW
@given(st.text(max_size=400))
def test_keys_are_normal_bounded_and_the_text_is_untouched(text: str) -> None:
    asset = make_asset("a.txt", title="")
    unit: Unit = make_unit(asset, 0, text)
    (linked,) = with_links(asset, (unit,))
    assert linked.model_copy(update={"links": ()}) == unit
    assert len(linked.links) <= MOST_LINKS
    for link in linked.links:
        assert link.key == as_key(link.key) or link.key.endswith("'s")
        assert len(link.key) <= LONGEST_KEY_CHARS


def test_a_long_text_stays_within_its_bound() -> None:
    assert len(links_of(" ".join(f"and Person{n} Name{n}," for n in range(500)))) == MOST_LINKS


@pytest.mark.parametrize("piece", ["a-", "[A", "A1-", "@", "a", "1,", "A ", "("])
def test_hostile_repetition_ends_and_gives_few_keys(piece: str) -> None:
    assert len(links_of(piece * 10_000)) <= MOST_LINKS


def test_the_longest_run_of_words_wins() -> None:
    runs = [run for run in phrases_in("the New York City Ballet") if run[2] in {"New York", "New York City Ballet"}]
    assert [shown for _, _, shown in longest_first(runs)] == ["New York City Ballet"]
