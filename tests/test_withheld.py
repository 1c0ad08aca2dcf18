"""What was redacted answers no question, and the reason says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groundsight.agent.assess import without_placeholders
from groundsight.agent.state import Draft
from groundsight.retrieval.evidence import evidence_from
from groundsight.settings import Ingestion, Models, load_settings
from groundsight.suite import Suite, open_suite

ROWS = "Name,SSN,Phone,Office\nAnn Berg,123456789,5550199,Lisbon\nBob Holm,123456780,5550188,Porto\n"
NOTE = "Ann Berg leads the harbour office. Her desk is in room 4.\n\nBob Holm has the phone plan L: 212-555-0188.\n"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    place = tmp_path_factory.mktemp("withheld")
    (place / "docs").mkdir()
    (place / "docs" / "staff.csv").write_text(ROWS)
    (place / "docs" / "note.txt").write_text(NOTE)
    light = {"models": Models(visual="none", ocr="none"), "ingestion": Ingestion(tags=False)}
    with open_suite(load_settings(place / "home").model_copy(update=light)) as opened:
        opened.ingest([place / "docs"])
        yield opened


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is Ann Berg's phone number?", "a phone number"),
        ("What is the SSN of Bob Holm?", "a social security number"),
    ],
)
def test_a_redacted_value_is_no_answer_and_the_reason_says_so(suite: Suite, question: str, kind: str) -> None:
    answer = suite.ask(question)
    assert (answer.status, answer.citations) == ("abstained", ())
    assert f"hold {kind} there, which was redacted" in answer.text


@pytest.mark.parametrize(
    ("question", "value"),
    [("Where is Ann Berg's office?", "Lisbon"), ("Which phone plan does Bob Holm have?", "plan L")],
)
def test_what_stands_beside_a_redacted_value_still_answers(suite: Suite, question: str, value: str) -> None:
    answer = suite.ask(question)
    assert answer.status == "answered"
    assert value in answer.text


@pytest.mark.parametrize("claim", ["Ann Berg's SSN is 123456789.", "Ann Berg's phone number is 5550199."])
def test_a_placeholder_supports_no_value(suite: Suite, claim: str) -> None:
    report = suite.verify(claim, evidence_from(suite.search("Ann Berg SSN phone").hits))
    assert report.supported == 0


def test_of_a_draft_only_the_hidden_sentences_are_left_out() -> None:
    draft = Draft(sentences=("Her office is in Lisbon.", "Her SSN is [SSN_1]."), cites=(("a",), ("a",)), by="model")
    left, said = without_placeholders("What are her office and SSN?", draft)
    assert left.sentences == ("Her office is in Lisbon.",)
    assert "a social security number" in said
