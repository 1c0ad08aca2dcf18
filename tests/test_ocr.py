"""The reader of words in pictures, on rendered text."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from groundsight.errors import ModelFailed
from groundsight.types import TextLine
from groundsight.vision import letters, lines
from groundsight.vision.ocr import TRIED_HEIGHTS, RapidReader
from tests.pictures import page_of

WORDS = ("Quarterly report 2024", "Revenue rose by 12.5 percent", "Refunds within 30 days")


@pytest.fixture(scope="module")
def reader() -> RapidReader:
    return RapidReader.open(threads=2)


def texts(lines: tuple[TextLine, ...]) -> tuple[str, ...]:
    return tuple(line.text for line in lines)


def inside(line: TextLine, left: float, top: float, right: float, bottom: float) -> bool:
    box = line.box
    return left <= box.x0 <= box.x1 <= right and top <= box.y0 <= box.y1 <= bottom


def test_printed_lines_are_read_from_top_to_bottom(reader: RapidReader) -> None:
    lines = reader.read(page_of(*WORDS))
    assert texts(lines) == WORDS
    assert all(line.confidence > 0.9 for line in lines)
    assert all(inside(line, 0.02, number / 3 - 0.05, 0.98, (number + 1) / 3) for number, line in enumerate(lines))


def test_brackets_and_colons_are_as_wide_as_the_letters_beside_them() -> None:
    assert letters.narrow("MOTOR（SUNGAI）：12") == "MOTOR(SUNGAI):12"
    assert letters.narrow("合计：12") == "合计：12"


@pytest.mark.parametrize(
    ("beside", "read"), [(("3.00", "$12.00", "-1.50"), "16.85"), (("3.00", "12.00", "Row 4"), "16 85")]
)
def test_a_price_that_lost_its_point_gets_it_back_on_a_page_of_prices(beside: tuple[str, ...], read: str) -> None:
    priced = letters.lists_prices(("16 85", *beside))
    assert letters.with_point("16 85", seen=False, priced=priced) == read
    assert letters.with_point("Room 16 85", seen=False, priced=priced) == "Room 16 85"


def test_a_row_is_read_from_left_to_right(reader: RapidReader) -> None:
    page, font = Image.new("RGB", (700, 220), "white"), ImageFont.load_default(24)
    draw = ImageDraw.Draw(page)
    for x, y, word in ((480, 28, "Amount"), (30, 34, "Item"), (480, 120, "42.00"), (30, 124, "Paper")):
        draw.text((x, y), word, fill="black", font=font)
    assert texts(reader.read(page)) == ("Item", "Amount", "Paper", "42.00")


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_turned_page_is_read_with_boxes_where_the_words_stand(reader: RapidReader, angle: int) -> None:
    page = page_of(*WORDS)
    upright, turned = reader.read(page), reader.read(page.rotate(angle, expand=True))
    assert texts(turned) == WORDS
    box, there = upright[0].box, turned[0].box
    centre = {90: (0.14, 1 - (box.x0 + box.x1) / 2), 180: (1 - (box.x0 + box.x1) / 2, 0.86)}
    x, y = centre.get(angle, (0.86, (box.x0 + box.x1) / 2))
    assert abs((there.x0 + there.x1) / 2 - x) < 0.08
    assert abs((there.y0 + there.y1) / 2 - y) < 0.08


def test_small_print_in_a_tiny_picture_is_read(reader: RapidReader) -> None:
    tiny = Image.new("RGB", (140, 24), "white")
    ImageDraw.Draw(tiny).text((6, 6), "Order 4711", fill="black", font=ImageFont.load_default(11))
    assert texts(reader.read(tiny)) == ("Order 4711",)


def test_a_huge_picture_is_scaled_down_and_read(reader: RapidReader) -> None:
    page = page_of("Refunds within 30 days", size=100, width=4800)
    line = reader.read(page)[0]
    assert line.text == "Refunds within 30 days"
    assert line.box.x1 < 0.5


def test_light_words_on_transparent_paper_are_no_failure(reader: RapidReader) -> None:
    page = Image.new("RGBA", (400, 80), (255, 255, 255, 0))
    ImageDraw.Draw(page).text((20, 20), "Refunds", fill=(0, 0, 0, 255), font=ImageFont.load_default(30))
    assert texts(reader.read(page)) == ("Refunds",)


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (300, 300)])
def test_a_picture_without_words_has_no_lines(reader: RapidReader, size: tuple[int, int]) -> None:
    assert reader.read(Image.new("RGB", size, "white")) == ()


def test_reading_prints_nothing(reader: RapidReader, capfd: pytest.CaptureFixture[str]) -> None:
    RapidReader.open(threads=1).read(page_of("Hello"))
    reader.read(Image.new("RGB", (300, 300), "white"))
    assert capfd.readouterr() == ("", "")


def test_other_models_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    monkeypatch.setattr(lines, "packaged_file", lambda *_: tmp_path / "broken.onnx")
    with pytest.raises(ModelFailed, match=r"broken\.onnx"):
        RapidReader.open(threads=1)


def test_an_engine_that_fails_is_an_error_and_not_an_empty_page() -> None:
    class Broken:
        def preprocess_img(self, pixels: object) -> object:
            raise RuntimeError("out of memory")

    with pytest.raises(ModelFailed, match="OCR engine failed"):
        lines.LineFinder(Broken()).find(np.zeros((40, 40, 3), np.uint8))


def test_a_page_on_its_side_is_read_once() -> None:
    finder, reads = Mock(wraps=lines.LineFinder.open()), Mock(wraps=lines.LineReader.open(threads=1))
    RapidReader(finder, reads).read(page_of(*WORDS).rotate(90, expand=True))
    assert finder.find.call_count == 1
    begun = [line.shape[1] / line.shape[0] for call in reads.read.call_args_list[:-1] for line in call.args[0]]
    assert max(begun) <= TRIED_HEIGHTS


def test_a_short_word_of_a_sideways_table_is_read(reader: RapidReader) -> None:
    page, font = Image.new("RGB", (700, 400), "white"), ImageFont.load_default(24)
    for row, (item, count) in enumerate((("Paper for the office", "42"), ("Pencils, soft", "7"), ("Ink, black", "19"))):
        ImageDraw.Draw(page).text((30, 40 + 60 * row), item, fill="black", font=font)
        ImageDraw.Draw(page).text((480, 40 + 60 * row), count, fill="black", font=font)
    read = texts(reader.read(page.rotate(90, expand=True)))
    assert read == ("Paper for the office", "42", "Pencils, soft", "7", "Ink, black", "19")


@pytest.mark.parametrize(
    ("written", "at", "rival", "odds", "read"),
    [
        ("Te1", 2, "l", 0.4, "Tel"),
        ("Te1", 2, "l", 0.1, "Te1"),
        ("4330O", 4, "0", 0.3, "43300"),
        ("INV0ICE", 3, "O", 0.3, "INVOICE"),
        ("HARDWARÉ", 7, "E", 0.36, "HARDWARE"),
        ("CAFÉ", 3, "E", 0.05, "CAFÉ"),
        ("A12", 1, "l", 0.4, "A12"),
        ("Uptown3", 6, "B", 0.4, "Uptown3"),
        ("As:aka", 2, "t", 0.3, "Astaka"),
        ("a: b", 1, "t", 0.3, "a: b"),
        ("Guardlan", 5, "i", 0.2, "Guardian"),
        ("Guardlan", 5, "i", 0.1, "Guardian"),
        ("Guardlan", 5, "i", 0.03, "Guardlan"),
        ("Smlle", 2, "i", 0.1, "Smlle"),
        ("Roundingi", 8, "", 0.3, "Rounding"),
        ("6x", 1, "%", 0.4, "6%"),
        ("219", 2, "%", 0.4, "219"),
        ("02.56:39", 2, ":", 0.3, "02:56:39"),
        ("8 Qly, 1 Qty", 3, "t", 0.1, "8 Qty, 1 Qty"),
        ("8 Qly, 1 Pty", 3, "t", 0.1, "8 Qly, 1 Pty"),
        ("Guardian", 5, "l", 0.3, "Guardian"),
        ("Restäurants", 4, "a", 0.18, "Restaurants"),
        ("Ox51F", 0, "0", 0.3, "0x51F"),
        ("TAXINVOICE", 3, " ", 0.15, "TAX INVOICE"),
        ("TAXINVOICE", 3, " ", 0.05, "TAXINVOICE"),
        ("東京都", 1, " ", 0.3, "東京都"),
        ("GST06%", 3, "@", 0.03, "GST@6%"),
        ("GST06%", 3, "@", 0.01, "GST06%"),
        ("at 09:15", 3, "@", 0.03, "at 09:15"),
        ("for you. please", 7, ",", 0.03, "for you, please"),
        ("for you. Please", 7, ",", 0.03, "for you. Please"),
        ("@3 00", 2, ".", 0.04, "@3.00"),
        ("@3 00", 2, ".", 0.01, "@3 00"),
        ("3.50 12", 4, ".", 0.04, "3.50 12"),
        ("Descr ipt ion", 0, "P", 0.0, "Description"),
        ("a part of it", 0, "e", 0.0, "a part of it"),
    ],
)
def test_what_looks_alike_is_told_by_its_neighbours_where_the_model_is_unsure(
    written: str, at: int, rival: str, odds: float, read: str
) -> None:
    characters = [*dict.fromkeys(f"{written}{rival} .")]
    held = characters.index(rival) + 1 if rival else 0
    table = np.zeros((2 * len(written), len(characters) + 1), np.float32)
    for place, one in enumerate(written):
        table[2 * place, 0] = 1.0
        table[2 * place + 1, characters.index(one) + 1] = 1.0
    # A space stands in the gap before a letter.
    if rival != " ":
        table[2 * at + 1, characters.index(written[at]) + 1] = 0.95 - odds
    table[2 * at + (rival != " "), held] = odds

    class Scripted:
        def run(self, _: object) -> list[np.ndarray]:
            return [table]

    reader = lines.LineReader(Scripted(), Scripted, characters, threads=1)  # type: ignore[arg-type]
    ((text, _),) = reader.read([np.zeros((48, 100, 3), np.uint8)])
    assert text == read
