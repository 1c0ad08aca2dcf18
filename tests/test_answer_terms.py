"""Ends worked out from a start and a term, rules worded otherwise, and what a file's beginning says of all of it."""

from __future__ import annotations

import pytest

from groundsight.agent.lookup import Shelf, settle
from groundsight.agent.planner import plan
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


def settled(question: str, *evidence: Evidence) -> list[str]:
    tables = [one for one in evidence if one.cells]
    found = settle(plan(question), question, Shelf(evidence, tables))
    return [one.sentence for one in found]


@pytest.mark.parametrize(
    ("question", "evidence", "computed"),
    [
        ("When does the permit for the stall end?", STALL, "18 months from 15 May 2024 end on 15 November 2025"),
        ("When does the guarantee of the kiln run out?", KILN, "two years from 31 January 2023 end on 31 January 2025"),
        ("When does the Glazing course end?", COURSES, "6 weeks from 2024-09-02 end on 14 October 2024"),
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

    assert label("18 months from 15 May 2024 end on 15 November 2025.") == "supported"
    assert label("18 months from 15 May 2024 end on 15 December 2025.") == "contradicted"
    assert label("17 months from 15 May 2024 end on 15 October 2025.") == "unsupported"
    assert label("18 months from 16 May 2024 end on 16 November 2025.") == "unsupported"


def test_a_term_that_ends_on_a_day_that_the_month_lacks_ends_on_its_last() -> None:
    loan = prose("loan-0000", "The loan begins on 31 August 2024 and runs for 6 months.")
    assert settled("When does the loan end?", loan)[0] == "6 months from 31 August 2024 end on 28 February 2025"
