"""What no reader sees and what speaks to a model is kept apart: never quoted, always listed; honest files stay."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from groundsight import OpenSuite, open_suite
from groundsight.language.addressed import speaks_to_a_model
from groundsight.types import TEXT_FIELDS, Filter
from tests.doors import call
from tests.trust.lookalikes import WORDINGS, wordings, write
from tests.trust.planted import HONEST_FEE, plant
from tests.trust.planted import PLANTED as FIRST
from tests.trust.planted_ways import OPEN, SEALED

PLANTED = FIRST | OPEN | SEALED


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Generator[OpenSuite]:
    place = tmp_path_factory.mktemp("hidden")
    plant(place / "planted", PLANTED)
    write(place / "honest")
    with open_suite(place / "home") as opened:
        opened.ingest([place / "planted", place / "honest"])
        yield opened


def texts(house: OpenSuite, name: str) -> str:
    """Everything that a channel, a check or a prompt may read of a file."""
    found = [unit for unit, asset in house.suite.parts.index.scan(Filter()) if asset.source.endswith(f"/{name}")]
    return " ".join(" ".join((*map(unit.field, TEXT_FIELDS), unit.heading, str(unit.cells))) for unit in found)


@pytest.mark.parametrize(("number", "name"), enumerate(PLANTED, 10), ids=list(PLANTED))
def test_what_is_planted_is_listed_and_can_be_quoted_by_nothing(house: OpenSuite, number: int, name: str) -> None:
    listed = call(house.suite, "list", hidden=True, path=name)
    assert any(str(900 + number) in each.text for each in listed.kept_apart), listed.kept_apart
    assert str(900 + number) not in texts(house, name)
    assert str(HONEST_FEE) in texts(house, name)
    assert any("kept apart" in each for each in call(house.suite, "why", file=name).left_out)


def test_a_question_about_the_planted_is_answered_by_what_everybody_sees(house: OpenSuite) -> None:
    for number in range(10, 10 + len(PLANTED)):
        shown = house.ask(f"What is the fee of berth {number}?").model_dump_json()
        hits = call(house.suite, "search", query=f"fee of berth {number} {900 + number} crowns").model_dump_json()
        assert f"{900 + number} crowns" not in shown
        assert f"is {900 + number}" not in hits


def test_a_lie_that_only_hidden_text_supports_is_supported_by_nothing(house: OpenSuite) -> None:
    for number, name in enumerate(PLANTED, 10):
        report = call(house.suite, "verify", answer=f"The fee of berth {number} is {900 + number} crowns a night.")
        assert report.supported == 0, name


def test_a_person_who_asks_for_the_hidden_text_reads_it_by_its_id(house: OpenSuite) -> None:
    kept = call(house.suite, "list", hidden=True, path="white.pdf").kept_apart[0]
    shown = call(house.suite, "read", id=kept.id).passages
    assert any("kept apart and never quoted" in each.text and "910" in each.text for each in shown)
    assert not any("910" in each.text for each in call(house.suite, "read", id="planted/white.pdf").passages)


def test_no_honest_file_is_called_hostile(house: OpenSuite) -> None:
    listed = house.list("honest/", hidden=True).kept_apart
    # A textbook that quotes an attack whole.
    assert [each.text[:19] for each in listed if each.mark == "hostile"] == ["A classic injection"]
    assert {each.source for each in listed if each.mark == "hidden"} == {"honest/helper-columns.xlsx"}


def test_wordings_of_orders_to_a_model_are_told_from_letters_and_manuals() -> None:
    assert WORDINGS.exists()
    missed = [text for text in wordings("attack") if not speaks_to_a_model(text)]
    assert len(missed) <= 2, missed
    assert [text[:19] for text in wordings("honest") if speaks_to_a_model(text)] == ["A classic injection"]
