"""Near misses abstain, and say which part was not found."""

from __future__ import annotations

import pytest

from groundsight.agent.assess import explain, spoken_of, unmentioned
from groundsight.agent.extract import find
from groundsight.agent.question import analyse
from groundsight.agent.state import Draft
from tests.agent_house import HOUSE, make_evidence

EVIDENCE = [make_evidence(text, source) for source, text in HOUSE.items()]
ANSWERABLE = [
    "What was the total of invoice INV-2041?",
    "What is the VAT number on invoice INV-2042?",
    "Who is the manager of the Berlin office?",
    "What is the extension of Anna Schmidt?",
    "How long is the notice period?",
    "Is smoking allowed in the office?",
    "When is invoice INV-2041 due?",
    "What was the revenue in 2024?",
    "How many employees did the company have in 2024?",
    "What is the budget of Project Alpha?",
    "Who prepared the travel policy?",
    "Who runs the Paris office?",
]
NEAR_MISSES = [
    ("What is the VAT number on invoice INV-2041?", "VAT"),
    ("When was invoice INV-2041 paid?", "paid"),
    ("What is the total of invoice INV-2043?", "INV-2043"),
    ("Who is the manager of the Paris office?", "manager"),
    ("Who is the manager of the Rome office?", "Rome"),
    ("What is the extension of Bob Lee?", "Bob Lee"),
    ("What was the revenue in 2023?", "2023"),
    ("How many employees did the company have in 2019?", "2019"),
    ("What was the profit in 2024?", "profit"),
    ("What is the budget of Project Gamma?", "Gamma"),
    ("Who is the project lead of Project Alpha?", "lead"),
    ("Who approved the travel policy?", "approved"),
    ("What is the deadline of Project Beta?", "deadline"),
    ("How long is the probation period?", "probation"),
    ("Is parking allowed in the office?", "parking"),
    ('What does "Project Falcon" cost?', "Project Falcon"),
    ("What is the email address of Anna Schmidt?", "email"),
]


@pytest.mark.parametrize("question", ANSWERABLE)
def test_a_question_that_the_files_answer_is_answered(question: str) -> None:
    assert find(1, analyse(question), EVIDENCE) is not None


@pytest.mark.parametrize(("question", "named"), NEAR_MISSES)
def test_a_near_miss_abstains_and_names_the_missing_part(question: str, named: str) -> None:
    assert find(1, analyse(question), EVIDENCE) is None
    assert named in explain(analyse(question), EVIDENCE)


def test_an_unknown_name_is_said_to_be_in_nothing_that_was_found() -> None:
    said = explain(analyse('What is "Project Falcon"?'), EVIDENCE)
    assert said == f'None of the {len(EVIDENCE)} passages that the search found mentions "Project Falcon".'
    assert explain(analyse('What is "Project Falcon"?'), EVIDENCE[:1]).startswith(
        "The one passage that the search found"
    )


def test_the_document_with_the_known_part_is_named() -> None:
    said = explain(analyse("When was invoice INV-2041 paid?"), EVIDENCE)
    assert said.startswith('Found "INV-2041" (inv-2041.txt)')


def test_without_evidence_nothing_is_claimed_about_documents() -> None:
    assert explain(analyse("What is the total?"), []) == "The search found nothing that matches the question."


def test_a_heading_may_name_whom_a_line_is_about() -> None:
    one = make_evidence("Extension: 12", place={"section": "Staff > Carla Diaz"})
    assert find(1, analyse("What is the extension of Carla Diaz?"), [one]) is not None


def test_a_negated_condition_has_to_be_in_the_passage() -> None:
    one = make_evidence("The report was sent to Maria Lopez.")
    assert find(1, analyse("Who was not sent the report?"), [one]) is None


@pytest.mark.parametrize("question", ["Who sings no solo?", "Who never sings?", "Which singer has none of the solos?"])
def test_what_says_that_something_is_so_does_not_answer_who_does_it_not(question: str) -> None:
    one = make_evidence("The singer Odile Marchand sings the solo in March.")
    assert find(1, analyse(question), [one]) is None


@pytest.mark.parametrize(
    "text",
    [
        "The boathouse is open to guests. Colour of the jetty: grey.",
        "Two oars lie in the boathouse. The colour of the jetty is grey.",
    ],
)
def test_the_sentence_before_does_not_make_a_quote_about_another_thing(text: str) -> None:
    one = make_evidence(text, "lake.md", evidence_id="lake-0000")
    assert find(1, analyse("What is the colour of the boathouse?"), [one]) is None
    assert find(1, analyse("What is the colour of the jetty?"), [one]) is not None


def test_no_before_a_figure_is_a_number_and_no_negation() -> None:
    one = make_evidence("Odile Marchand owns locker 12.")
    assert find(1, analyse("Who owns locker no 12?"), [one]) is not None


def test_a_name_from_another_sentence_does_not_answer_for_this_one() -> None:
    one = make_evidence("Rita Gomez is the treasurer. Her deputy is Tom Hall. Tom Hall was born in Leeds.")
    assert find(1, analyse("Where was Rita Gomez born?"), [one]) is None


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "At what speed was the sea trial of MS Alva passed?",
            "MS Alva: sea trial passed at 14.5 knots.",
            "14.5 knots",
        ),
        ("What was the revenue in the third quarter?", "Revenue in Q3 was EUR 5 million.", "5 million"),
        ("What share of all costs is fuel?", "Fuel makes up 31 percent of all costs.", "31 percent"),
        ("When does the last ferry leave?", "Last ferry: leaves at 22:40", "22:40"),
        (
            "How many calls did MS Birk have in July 2025?",
            "Harbour fees for July 2025\nMS Birk, 62 calls EUR 1,860",
            "62",
        ),
    ],
)
def test_measures_quarters_shares_times_and_headed_lines_are_read(question: str, text: str, expected: str) -> None:
    found = find(1, analyse(question), [make_evidence(text)])
    assert found is not None
    assert expected in found.sentence


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the top speed of MS Cissi?", "MS Cissi sailed at 14 knots."),
        ("What share of all costs is fuel?", "Fuel costs 712 euros per tonne, the largest of all costs."),
        (
            "When will the timetable be approved?",
            "Timetable (not approved)\nThis draft was made on 10 May 2025.",
        ),
        ("Who proposed the sauna boat?", "Amina Noor proposed a second pier.\nThe sauna boat was not discussed."),
        ("What is the card number on the receipt?", "Receipt\nPaid by card"),
        ("Who approved PO 7871?", "PO 7718 was approved by Oskar Lind."),
    ],
)
def test_words_in_the_wrong_place_do_not_make_an_answer(question: str, text: str) -> None:
    assert find(1, analyse(question), [make_evidence(text)]) is None


@pytest.mark.parametrize(
    ("sentence", "absent"),
    [
        ("PO 7781 was approved by Ingrid Solberg.", []),
        ("Ingrid Solberg approved it.", []),
        ("PO 7702 was approved by Oskar Lind.", ["7781"]),
    ],
)
def test_a_draft_about_the_next_row_of_a_table_is_not_about_the_question(sentence: str, absent: list[str]) -> None:
    rows = (("Order", "Approved by"), ("PO 7781", "Ingrid Solberg"), ("PO 7702", "Oskar Lind"))
    table = make_evidence("\n".join(" | ".join(row) for row in rows), "orders.xlsx", kind="table", cells=rows)
    written = Draft(sentences=(sentence,), cites=((table.evidence_id,),), by="a model")
    rests_on = spoken_of(written, {table.evidence_id: table})
    assert [need.shown for need in unmentioned(analyse("Who approved PO 7781?"), rests_on)] == absent
