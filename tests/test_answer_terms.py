"""Ends worked out from a start and a term, rules worded otherwise, and what a file's beginning says of all of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from groundsight.agent.extract import find
from groundsight.agent.lookup import settle
from groundsight.agent.passages import passages
from groundsight.agent.planner import plan
from groundsight.agent.question import analyse
from groundsight.agent.words import stem_set
from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from groundsight.types import Evidence
from tests.test_answer_chains import prose, table

STALL = prose(
    "market/stall-permit-0000",
    "Permit for a market stall at Kornplatz\n\nThe permit starts on 15 May 2024 and is granted for 18 months. "
    "Open fires need the consent of the fire warden.",
)
KILN = prose(
    "pottery/kiln-0000", "The kiln was delivered on 31 January 2023. Its guarantee lasts two years from delivery."
)
COURSES = table(
    "courses", (("Course", "Start", "Weeks"), ("Glazing", "2024-09-02", "6"), ("Throwing", "2024-10-07", "10"))
)


def settled(question: str, *evidence: Evidence, near: object = None) -> list[str]:
    tables = [one for one in evidence if one.cells]
    found = settle(plan(question, hops=4), question, evidence, (), tables, near)  # type: ignore[arg-type]
    return [one.sentence for one in found]


def shared_words(text: str, sentences: Sequence[str]) -> list[float]:
    """Stand in for the encoder: the share of the question's words that a sentence has."""
    wanted = stem_set(text)
    return [len(wanted & stem_set(one)) / 3 for one in sentences]


@pytest.mark.parametrize(
    ("question", "evidence", "computed"),
    [
        ("When does the permit for the stall end?", STALL, "15 May 2024 plus 18 months is 15 November 2025"),
        ("When does the guarantee of the kiln run out?", KILN, "31 January 2023 plus 2 years is 31 January 2025"),
        ("When does the Glazing course end?", COURSES, "2024-09-02 plus 6 weeks is 14 October 2024"),
    ],
)
def test_an_end_is_a_start_plus_a_term(question: str, evidence: Evidence, computed: str) -> None:
    said = settled(question, evidence)
    assert said[0] == computed
    assert len(said) > 1
    report = verify("\n".join(f"{one.rstrip('.')} [1]." for one in said), [evidence], Grounding())
    assert [claim.label for claim in report.claims] == ["supported"] * len(said)


@pytest.mark.parametrize(
    "question",
    ["When does the permit for the terrace end?", "When does the Weaving course end?", "When does the kiln end?"],
)
def test_an_end_of_something_else_is_not_worked_out(question: str) -> None:
    assert settled(question, STALL, KILN, COURSES) == []


def test_the_check_adds_the_term_again() -> None:
    def label(sentence: str) -> str:
        return verify(sentence, [STALL], Grounding()).claims[0].label

    assert label("15 May 2024 plus 18 months is 15 November 2025.") == "supported"
    assert label("15 May 2024 plus 18 months is 15 December 2025.") == "contradicted"
    assert label("15 May 2024 plus 17 months is 15 October 2025.") == "unsupported"
    assert label("16 May 2024 plus 18 months is 16 November 2025.") == "unsupported"


def test_a_term_that_ends_on_a_day_that_the_month_lacks_ends_on_its_last() -> None:
    loan = prose("loan-0000", "The loan begins on 31 August 2024 and runs for 6 months.")
    assert settled("When does the loan end?", loan)[0] == "31 August 2024 plus 6 months is 28 February 2025"


def test_a_rule_in_other_words_answers_whether_something_is_allowed() -> None:
    said = settled("Are open fires allowed at the stall?", STALL, near=shared_words)
    assert said == ["Open fires need the consent of the fire warden."]


def test_a_rule_about_another_thing_answers_nothing() -> None:
    assert settled("Are gas bottles allowed at the stall?", STALL, near=shared_words) == []
    assert settled("Are open fires allowed on the pier?", STALL, near=shared_words) == []


def test_without_an_encoder_no_nearest_rule_is_quoted() -> None:
    assert settled("Are open fires allowed at the stall?", STALL) == []


def test_the_beginning_of_a_file_says_what_its_sentences_are_about() -> None:
    rest = prose("fee-0001", "The weekly fee is 48 euros, payable on Mondays.").model_copy(
        update={"source": STALL.source}
    )
    found = find(1, analyse("How much is the weekly fee for the stall?"), [STALL, rest])
    assert found is not None
    assert found.quote.evidence_id == "fee-0001"
    assert find(1, analyse("How much is the weekly fee for the terrace?"), [STALL, rest]) is None


def test_a_sentence_that_begins_late_in_a_line_runs_on_to_the_next() -> None:
    text = "The kiln in the yard was delivered early in the spring of this year. The glaze is\nLead free and food safe."
    assert [one.quoted for one in passages([prose("kiln", text)])][1:] == ["The glaze is\nLead free and food safe."]


def test_a_heading_is_no_answer() -> None:
    page = prose("notes", "Ticket rules, version 3\n\nTickets are sold on board.", section="Ticket rules, version 3")
    assert find(1, analyse("What do the ticket rules cost?"), [page]) is None


def test_a_name_in_another_row_does_not_name_this_one() -> None:
    rows = (("Room", "Projector"), ("Aster", "Lumo 40"), ("Birch", "none"))
    assert find(1, analyse("Which projector does Cedar have?"), [table("rooms", rows)]) is None


def test_one_cell_does_not_tell_which_is_the_newest() -> None:
    rows = (("Tram", "Depot", "Colour"), ("T1", "North", "red"), ("T2", "South", "green"))
    assert find(1, analyse("Which tram is the newest?"), [table("trams", rows)]) is None
