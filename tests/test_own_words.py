"""A question about a picture is answered by that picture before all else, and by no other one of its sort."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundsight.doors.python import OpenSuite
from groundsight.settings import Settings
from groundsight.types import Answer
from tests.picture_house import LABEL, PRESSURE, library, printed
from tests.pictures import page_of

OTHER = ("PAINT AND TOOLS", "Primer 18.90", "Brush 7.40", "Total 26.30")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("own")
    home = library(folder)
    page_of(*OTHER).save(folder / "docs/paint.png")
    page_of(*LABEL).save(folder / "docs/label.png")
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
