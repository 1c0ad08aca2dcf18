"""Chunks are stretches of the document text, cut where a reader would cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from groundsight.governance.pii import Memory
from groundsight.ingestion import Element
from groundsight.ingestion.chunking import Chunked, Cutter
from groundsight.settings import Ingestion, Settings
from groundsight.types import Box

SMALL = Settings(ingestion=Ingestion(chunk_chars=60))
TEXTS = st.text(alphabet="ab .!\n1A-,é。", max_size=200)
ELEMENTS = st.lists(
    st.builds(
        Element,
        kind=st.sampled_from(["heading", "text", "figure"]),
        text=TEXTS,
        page=st.sampled_from([None, 1, 2, 3]),
        level=st.integers(0, 3),
    ),
    max_size=8,
)


def chunk(elements: list[Element], settings: Settings = SMALL) -> Chunked:
    return Cutter(settings, Memory()).cut(elements)


@given(ELEMENTS, st.integers(0, 30))
def test_a_chunk_is_its_span_of_the_document_text(elements: list[Element], overlap: int) -> None:
    made = chunk(elements, Settings(ingestion=Ingestion(chunk_chars=60, chunk_overlap=overlap)))
    for piece in made.chunks:
        span = piece.place.span
        assert (made.document_text[span.start : span.end] if span else "") == piece.text


@given(ELEMENTS)
def test_no_word_is_lost_and_none_is_doubled(elements: list[Element]) -> None:
    made = chunk(elements)
    wanted = "".join("".join(element.text.split()) for element in elements)
    assert "".join("".join(piece.text.split()) for piece in made.chunks) == wanted


@given(ELEMENTS)
def test_no_text_chunk_is_much_longer_than_asked(elements: list[Element]) -> None:
    assert all(len(piece.text) <= 2 * 60 for piece in chunk(elements).chunks if piece.kind == "text")


def test_a_page_ends_a_chunk_unless_a_sentence_runs_on() -> None:
    pages = (Element(kind="text", text="It ends.", page=1), Element(kind="text", text="Next.", page=2))
    assert [piece.text for piece in chunk(pages).chunks] == ["It ends.", "Next."]
    runs = (Element(kind="text", text="It does not", page=1), Element(kind="text", text="end here. Next.", page=2))
    made = chunk(runs).chunks
    assert [(piece.text, piece.place.page) for piece in made] == [("It does not\n\nend here.", 1), ("Next.", 2)]


def test_headings_give_path_and_innermost_heading() -> None:
    elements = (
        Element(kind="heading", text="One", level=1),
        Element(kind="heading", text="Two", level=2),
        Element(kind="text", text="Body."),
    )
    (piece,) = chunk(elements).chunks
    assert (piece.heading, piece.place.section) == ("Two", "One > Two")


def test_a_table_pairs_header_and_value_and_repeats_the_header() -> None:
    cells = (("Region", "Q1"), *((f"North {number}", "4.2") for number in range(6)))
    made = chunk([Element(kind="table", cells=cells)]).chunks
    assert len(made) > 1
    assert made[0].text.startswith("Region: North 0; Q1: 4.2")
    assert all(piece.cells[0] == ("Region", "Q1") for piece in made)
    assert [row for piece in made for row in piece.cells[1:]] == list(cells[1:])


def test_the_box_is_the_union_of_the_elements() -> None:
    first, second = Box(x0=0.1, y0=0.1, x1=0.2, y1=0.2), Box(x0=0.3, y0=0.3, x1=0.4, y1=0.5)
    elements = [Element(kind="text", text=t, page=1, box=b) for t, b in (("One.", first), ("Two.", second))]
    assert chunk(elements).chunks[0].place.box == Box(x0=0.1, y0=0.1, x1=0.4, y1=0.5)
