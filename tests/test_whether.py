"""Yes or no from prose: the sentence that decides is quoted, and nothing else decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groundsight.agent.whether import statement
from groundsight.settings import Models, load_settings
from groundsight.suite import Suite, open_suite

FILES = {
    "rules-2023.md": "# House rules 2023\n\nSmoking is allowed on the balconies. Bicycles are kept in the cellar.\n",
    "rules-2025.md": "# House rules 2025\n\nThey replace the house rules of 2023.\n\n"
    "Smoking is not allowed on the balconies. The laundry room is open to all tenants. "
    "There may be a barbecue in August.\n",
    "minutes.txt": "Meeting of 4 February 2025\n1. The owners decided to repaint the stairwell.\n"
    "2. No lift will be built.\n",
    "inventory.md": "# Inventory\n\nCurtains are part of the flat; carpets are not. Food may be cooked in the hall.\n\n"
    "- [x] Oven works\n- [ ] Blinds mended\n",
    "boiler.txt": "Boiler log\n\nMonday 3 March 2025\nThe flow dial shows 68 °C.\n\n"
    "Tuesday 4 March 2025\nThe flow dial shows 71 °C.\n",
    "keys.csv": "Tenant,Cellar key,Bicycle\nMara Lind,yes,no\nOve Holt,no,yes\n",
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    place = tmp_path_factory.mktemp("whether")
    (place / "docs").mkdir()
    for name, text in FILES.items():
        (place / "docs" / name).write_text(text)
    light = {"models": Models(visual="none", ocr="none")}
    with open_suite(load_settings(place / "home").model_copy(update=light)) as opened:
        opened.ingest([place / "docs"])
        yield opened


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Is smoking allowed on the balconies?", "No: Smoking is not allowed on the balconies"),
        ("Is the laundry room open to all tenants?", "Yes: The laundry room is open to all tenants"),
        ("Did the owners decide to repaint the stairwell?", "Yes: The owners decided to repaint the stairwell"),
        ("Are curtains part of the flat?", "Yes: Curtains are part of the flat; carpets are not"),
        ("Are carpets part of the flat?", "No: Curtains are part of the flat; carpets are not"),
        ("Were the blinds mended?", "No: "),
    ],
)
def test_yes_or_no_comes_with_the_sentence_that_decides(suite: Suite, question: str, begins: str) -> None:
    answer = suite.ask(question)
    assert (answer.status, answer.grounding_ratio) == ("answered", 1.0)
    assert answer.text.startswith(begins)


@pytest.mark.parametrize(
    "question",
    [
        "Is smoking allowed in the cellar?",
        "Did the owners decide to sell the stairwell?",
        "Is there a barbecue in August?",
        # Another one's row, and rules of a year that nothing is known of.
        "Does Ivo Brandt have a cellar key?",
        "Was smoking allowed on the balconies in 2019?",
    ],
)
def test_what_no_sentence_decides_gets_the_closest_passages(suite: Suite, question: str) -> None:
    assert suite.ask(question).status == "evidence"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Are bonfires allowed?", "bonfires allowed are."),
        ("Did Ann sign the lease?", "Ann sign the lease."),
        ("Who signed the lease?", ""),
    ],
)
def test_a_question_becomes_what_it_asks(question: str, said: str) -> None:
    assert statement(question) == said


def test_a_reading_of_another_day_is_no_answer(suite: Suite) -> None:
    assert "71" not in suite.ask("What did the flow dial show on 3 March?").text.partition("closest")[0]
