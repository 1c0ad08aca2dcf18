"""Evidence: everything a unit says in one text, and which stretch came from where."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundsight.retrieval.evidence import evidence_from, evidence_of, shown
from groundsight.types import Box, ChannelScore, Hit, Place, TextLine
from tests.build import make_asset, make_unit
from tests.retrieval_house import LAW

BOX = Box(x0=0, y0=0, x1=1, y1=1)


def hit_of(text: str = "", **fields: object) -> Hit:
    asset = make_asset("docs/a.pdf", title="A", created="2026-01-02")
    part = ChannelScore(channel="text", raw=0.5, rank=1, contribution=0.7)
    unit = make_unit(asset, 3, text, **fields)
    return Hit(unit=unit, asset=asset, score=0.7, channels=(part,), hop=2, reason='linked by "INV-2041"')


@LAW
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_every_part_is_exactly_its_channel(text: str, caption: str, ocr: str, transcript: str) -> None:
    said = {"text": text, "caption": caption, "ocr": ocr, "transcript": transcript}
    evidence = evidence_of(hit_of(text, caption=caption, ocr=ocr, transcript=transcript))
    parts = {part.channel: evidence.text[part.span.start : part.span.end] for part in evidence.parts}
    assert parts == {channel: words for channel, words in said.items() if words}


def test_where_it_comes_from_and_why_it_is_there_stay_with_it() -> None:
    hit = hit_of("Refunds take 30 days.", place=Place(page=7, section="Terms"))
    evidence = evidence_of(hit)
    assert evidence.evidence_id == hit.unit.unit_id
    assert (evidence.source, evidence.title, evidence.place.page) == ("docs/a.pdf", "A", 7)
    assert (evidence.score, evidence.channels, evidence.hop) == (0.7, hit.channels, 2)
    assert evidence.reason == 'linked by "INV-2041"'
    assert str(evidence.created) == "2026-01-02"


def test_words_in_pictures_carry_the_readers_confidence() -> None:
    lines = (TextLine(text="TOTAL", box=BOX, confidence=0.9), TextLine(text="12.00", box=BOX, confidence=0.7))
    (part,) = evidence_of(hit_of(kind="image", ocr="TOTAL\n12.00", lines=lines)).parts
    assert part.channel == "ocr"
    assert abs(part.confidence - 0.8) < 1e-9


def test_words_in_pictures_without_lines_are_half_trusted() -> None:
    (part,) = evidence_of(hit_of(kind="image", ocr="TOTAL")).parts
    assert part.confidence == 0.5


def test_a_table_without_text_is_rendered_row_by_row() -> None:
    evidence = evidence_of(hit_of(kind="table", cells=(("Item", "Sum"), ("Pens", "12"))))
    assert evidence.text == "Item | Sum\nPens | 12"
    assert evidence.cells == (("Item", "Sum"), ("Pens", "12"))


def test_tags_and_file_facts_are_not_quotable() -> None:
    evidence = evidence_of(hit_of(kind="image", meta="dog, grass"))
    assert evidence.text == ""
    assert evidence_from([hit_of(kind="image", meta="dog"), hit_of("words")])[0].text == "words"


def test_long_content_is_whole_for_checking_and_cut_only_for_display() -> None:
    long = "word " * 2_000
    evidence = evidence_of(hit_of(long))
    assert evidence.text == long
    cut = shown(evidence.text, 100)
    assert len(cut) <= 100
    assert cut.endswith("word…")
    assert shown("short", 100) == "short"
