"""A row speaks of its own thing, and a name of its own person: neither is put together from two."""

from __future__ import annotations

import pytest

from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Grounding
from groundsight.types import Evidence, Verdict

LEAGUE = (
    ("Team", "Won", "Points", "Coach", "Hall"),
    ("Harfield", "18", "38", "Petra Lund", "North Hall"),
    ("Oakdale", "15", "35", "Ken Abara", "Mill Arena"),
    ("Stenby", "11", "25", "Marie Cole", "North Hall"),
)
PRICES = "Bakery price list\nRye loaf 4.20 EUR\nWheat loaf 3.60 EUR\nPlum cake 2.80 EUR"
WATER = "Samples (thousand cells)\n| Well | Lead (µg/l) | Count |\n| North | 2 | 412 |\n| South | 14 | 389 |"


def league() -> Evidence:
    text = "\n".join(" | ".join(row) for row in LEAGUE)
    return evidence_from_text("t", "league.xlsx", text).model_copy(update={"kind": "table", "cells": LEAGUE})


def judge(claim: str, *given: Evidence | str) -> Verdict:
    evidence = [evidence_from_text(f"e{n}", f"{n}.txt", g) if isinstance(g, str) else g for n, g in enumerate(given)]
    return verify(claim, evidence, Grounding()).claims[0]


@pytest.mark.parametrize(
    "claim",
    [
        "Oakdale has 38 points.",
        "Stenby: Points: 35",
        "The coach of Stenby is Ken Abara.",
        "Harfield is coached by Marie Cole.",
        "The hall of Oakdale is North Hall.",
        "Oakdale, coached by Ken Abara, plays in North Hall and has 25 points.",
        "Oakdale won more matches than Harfield.",
    ],
)
def test_cells_of_two_rows_never_support_one_statement(claim: str) -> None:
    drawn = "\n".join("| " + " | ".join(row) + " |" for row in LEAGUE)
    assert judge(claim, league()).label != "supported"
    assert judge(claim, drawn).label != "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "Oakdale has 35 points.",
        "The coach of Stenby is Marie Cole.",
        "Harfield won 18 and has 38 points.",
        "Harfield has the highest Points of 3 rows: 38",
        "2 of 3 rows with Hall North Hall: Harfield, Stenby",
    ],
)
def test_one_row_and_what_is_computed_over_rows_are_supported(claim: str) -> None:
    assert judge(claim, league()).label == "supported"


@pytest.mark.parametrize("claim", ["A wheat loaf costs 4.20 EUR.", "Plum cake: 3.60 EUR", "The rye loaf is 2.80 EUR."])
def test_lines_of_a_list_are_rows_too(claim: str) -> None:
    assert judge(claim, PRICES).label != "supported"


@pytest.mark.parametrize(
    ("claim", "label"),
    [
        ("The count of the North well was 412 thousand.", "supported"),
        ("The count of the North well was 412 million.", "contradicted"),
        ("The South well had 14 µg/l of lead.", "supported"),
        ("The South well had 14 mg/l of lead.", "contradicted"),
    ],
)
def test_a_cell_counts_in_the_unit_of_its_column_and_the_scale_of_its_title(claim: str, label: str) -> None:
    assert judge(claim, WATER).label == label


def test_a_passage_that_says_more_of_the_claim_and_something_else_beats_support() -> None:
    text = "The choir of Elm Street was founded in 1998. The choir of Oak Street has 40 singers."
    assert judge("The choir of Oak Street has 55 singers.", text, "A choir of 55 singers sang.").label != "supported"


TEAM = (
    "Engineer Liv Brekke signed the permit. Nurse Tomas Reuter ordered the blood test. Mr Paul Drexler is the landlord."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Engineer Lars Brekke signed the permit.",
        "Lars Brekke signed the permit.",
        "Nurse Helena Reuter ordered the blood test.",
        "H. Reuter ordered the blood test.",
        "Liv Reuter ordered the blood test.",
        "Mrs Drexler is the landlord.",
    ],
)
def test_a_name_with_one_other_part_is_another_person(claim: str) -> None:
    assert judge(claim, TEAM).label != "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "Liv Brekke signed the permit.",
        "Brekke signed the permit.",
        "L. Brekke signed the permit.",
        "Captain Brekke signed the permit.",
        "Dr Tomas Reuter ordered the blood test.",
        "Mr Drexler is the landlord.",
    ],
)
def test_initials_ranks_and_left_out_parts_are_the_same_person(claim: str) -> None:
    assert judge(claim, TEAM).label == "supported"


@pytest.mark.parametrize("claim", ["Brekke signed the permit.", "L. Brekke signed the permit."])
def test_a_short_form_that_fits_two_people_of_a_text_says_nothing(claim: str) -> None:
    assert judge(claim, TEAM + " Lars Brekke was on leave.").label != "supported"


def test_two_people_with_one_surname_are_both_named() -> None:
    text = "Anna and Paul Weber run the garden club."
    assert judge("Anna Weber runs the garden club.", text).label == "supported"


@pytest.mark.parametrize("claim", ["Tellwick bought Mossworth.", "Brightfern bought Tellwick."])
def test_a_name_alone_at_the_start_is_a_name(claim: str) -> None:
    text = "Mossworth bought Tellwick in May. Brightfern makes garden tools."
    assert judge("Mossworth bought Tellwick.", text).label == "supported"
    assert judge(claim, text).label != "supported"


@pytest.mark.parametrize(
    ("claim", "label"),
    [
        ("The left pump leaks.", "supported"),
        ("The right pump leaks.", "contradicted"),
        ("The fee rises to 72 EUR.", "supported"),
        ("The fee rises to 60 EUR.", "contradicted"),
        ("The locker has the number 118.", "supported"),
        ("The locker has the number 181.", "contradicted"),
    ],
)
def test_the_other_side_the_other_end_and_a_guess_say_nothing(claim: str, label: str) -> None:
    text = (
        "The left pump leaks; the right pump is tight. The fee rises from 60 to 72 EUR. "
        "I think the locker has the number 181. The locker has the number 118."
    )
    assert verify(claim, [evidence_from_text("e", "e.txt", text)], Grounding()).claims[0].label == label


CREW = (("Boat", "Skipper", "Berths", "Built", "Cabins"), ("Skua", "Ines", "8", "1994", "3"),
        ("Tern", "Olof", "6", "2003", "2"), ("Gull", "Ines", "12", "1988", "5"))  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "labels"),
    [
        ("The Skua has 8 berths and 3 cabins.", {"supported"}),  # the 3 is no count of the three rows
        ("Tern: 6 berths, 2 cabins.", {"supported"}),
        ("Tern: 8 berths, 2 cabins.", {"contradicted", "unsupported"}),  # the 8 stands in another row
        ("The Gull has four berths more than the Skua.", {"supported"}),
        ("The Gull has six berths more than the Skua.", {"contradicted", "unsupported"}),  # the 6 is the Tern's
        ("All three boats have fewer than ten berths.", {"contradicted", "unsupported"}),  # one row is not all
        ("The Skua was built before 1995.", {"supported"}),
        ("The Skua was built after 1995.", {"contradicted", "unsupported"}),
    ],
)
def test_a_row_says_its_own_figures_and_nothing_of_all(claim: str, labels: set[str]) -> None:
    text = "\n".join(" | ".join(row) for row in CREW)
    crew = evidence_from_text("crew", "crew.csv", text).model_copy(update={"kind": "table", "cells": CREW})
    assert judge(claim, crew).label in labels
