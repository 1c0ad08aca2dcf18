"""A question about a picture is answered by that picture before all else, and by no other one of its sort."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL.PngImagePlugin import PngInfo

from groundsight.doors.python import OpenSuite
from groundsight.settings import Settings
from groundsight.types import Answer
from tests.picture_house import LABEL, PRESSURE, library, printed
from tests.pictures import page_of

OTHER = ("PAINT AND TOOLS", "Primer 18.90", "Brush 7.40", "Total 26.30")

NOTED = ("HARBOUR CAFE", "Soup 6.20", "Tea 2.10", "Total 8.30")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("own")
    home = library(folder)
    page_of(*OTHER).save(folder / "docs/paint.png")
    page_of(*LABEL).save(folder / "docs/label.png")
    described = PngInfo()
    described.add_text("Comment", "Scanned for the accounts of the spring.")
    page_of(*NOTED).save(folder / "docs/noted.png", pnginfo=described)
    with OpenSuite(home) as suite:
        suite.ingest(folder / "docs")
    return home


def ask(settings: Settings, question: str, picture: Path) -> Answer:
    with OpenSuite(settings) as suite:
        return suite.ask(question, picture=picture)


def test_the_total_of_a_receipt_is_never_that_of_another_one(settings: Settings, tmp_path: Path) -> None:
    receipt = printed(tmp_path, "vet", "OAKFIELD VETERINARY", "Consultation 32.00", "Tablet 6.75", "Total 38.75")
    answer = ask(settings, "What is the total?", receipt)
    assert answer.text.startswith("Total: 38.75 [1].")
    assert "differs" not in answer.text
    assert "paint" not in answer.text
    assert ask(settings, "How much is the brush?", receipt).status != "answered"
    assert ask(settings, "What is the total?", settings.home.parent / "docs/paint.png").text.startswith("Total: 26.30")


def test_a_part_whose_photo_is_indexed_too_still_leads_to_its_data(settings: Settings, tmp_path: Path) -> None:
    for picture in (settings.home.parent / "docs/label.png", printed(tmp_path, "label", *LABEL)):
        answer = ask(settings, PRESSURE, picture)
        assert answer.question == "What is the maximum pressure of this pump (P-300)?"
        assert answer.text.startswith("The pump P-300 has a maximum pressure of 16 bar [1].")


def test_copies_are_copies_and_a_picture_is_none_of_itself(settings: Settings, tmp_path: Path) -> None:
    receipt = printed(tmp_path, "other", "Nothing like it", "is held here", "at all 99.90")
    assert ask(settings, "Are there copies of this?", receipt).text.startswith("No copy is indexed")
    itself = ask(settings, "Are there copies of this?", settings.home.parent / "docs/paint.png")
    assert "docs/paint.png" not in itself.text


def test_a_copy_with_a_comment_in_its_file_is_found(settings: Settings, tmp_path: Path) -> None:
    answer = ask(settings, "Are there copies of this?", printed(tmp_path, "noted", *NOTED))
    assert [one.source for one in answer.citations] == ["docs/noted.png"]
