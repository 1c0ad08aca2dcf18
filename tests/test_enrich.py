"""Lines of pictures: read as rows, redacted in place; pictures known by how they look."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from groundsight.governance.pii import Memory
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.enrich import clean_page
from groundsight.ingestion.rows import rows_of
from groundsight.settings import ALL_PII
from groundsight.types import Box, TextLine
from groundsight.vision.phash import perceptual_hash


def line(text: str, x: float, y: float) -> TextLine:
    return TextLine(text=text, box=Box(x0=x, y0=y, x1=x + 0.2, y1=y + 0.05), confidence=0.9)


def test_a_receipt_is_read_row_by_row() -> None:
    lines = (line("Coffee", 0.1, 0.1), line("Tea", 0.1, 0.2), line("3.50", 0.7, 0.11), line("2.00", 0.7, 0.21))
    assert [[one.text for one in row] for row in rows_of(lines)] == [["Coffee", "3.50"], ["Tea", "2.00"]]


def test_a_card_split_over_two_lines_is_removed_and_both_places_are_filled() -> None:
    lines = (line("Card 4111 1111", 0.1, 0.1), line("1111 1111", 0.1, 0.2), line("Total 5", 0.1, 0.3))
    memory = Memory()
    page = clean_page(lines, ALL_PII, memory)
    assert "1111" not in page.model_dump_json()
    assert (dict(memory.counts), page.lines[2].text) == ({"card": 1}, "Total 5")
    assert [each.box for each in page.lines] == [each.box for each in lines]
    assert len(page.hidden) == 2


def test_a_number_on_a_page_is_read_with_the_head_above_it_and_the_label_beside_it() -> None:
    lines = (line("Name", 0.1, 0.1), line("SSN", 0.5, 0.1), line("Ann", 0.1, 0.2), line("123456789", 0.5, 0.2))
    more = (line("Phone", 0.1, 0.4), line("5550199", 0.35, 0.4), line("Weight", 0.1, 0.5), line("5550199", 0.35, 0.5))
    page = clean_page(lines + more, ALL_PII, Memory())
    assert [each.text for each in page.lines[3:]] == ["[SSN_1]", "Phone", "[PHONE_1]", "Weight", "5550199"]


def test_a_damaged_file_of_derived_data_is_made_again(tmp_path: Path) -> None:
    derived = Derived(tmp_path, "p")
    assert derived.made("ocr", "m", "c", lambda: b"one") == b"one"
    assert derived.made("ocr", "m", "c", lambda: b"two") == b"one"
    for file in [path for path in tmp_path.rglob("*") if path.is_file()]:
        file.write_bytes(b"damaged")
    assert (derived.made("ocr", "m", "c", lambda: b"two"), derived.model_calls) == (b"two", 2)


def test_a_scaled_picture_has_a_near_hash_and_another_one_a_far_one() -> None:
    slope = Image.linear_gradient("L").rotate(90)
    other = Image.radial_gradient("L")
    first, near, far = (int(perceptual_hash(each), 16) for each in (slope, slope.resize((100, 80)), other))
    assert (first ^ near).bit_count() <= 4
    assert (first ^ far).bit_count() >= 16
