"""Lists whose points give the same figures: compared, added up and looked up as a table is."""

from __future__ import annotations

import pytest

from groundsight.computing.asked import operations
from groundsight.computing.say import say
from groundsight.evidence.lists import lists
from tests.test_answer_chains import prose

SHELF = [
    prose(
        "tents",
        "Tents to choose from\n\nWe looked at three tents for the scouts:\n"
        "- Fjell & Co: 389 euros, pitched within ten minutes, three years of warranty\n"
        "- Nordlys: 512 euros, pitched within 4 minutes, one year of warranty\n"
        "- Halden: 298 euros, pitched within a quarter, two years of warranty\n",
    ),
    prose(
        "ride",
        "Cycling to the lake\n\nStage 1, Monday: Aal to Bro, 41 km, 300 m up. Camping, 9 euros each.\n"
        "Stage 2, Tuesday: Bro to Cala, 58 km, 120 m up. Camping, free.\n"
        "Stage 3, Wednesday: a day by the lake.\n"
        "Stage 4, Thursday: Cala to Dun, 33 km, 740 m up. A hostel, 21 euros each.\n",
    ),
    prose("regatta", "Rowing, girls\n\n1. Ada Brink, 4:02.5\n2. Mo Lund, 4:09.1\n3. Ines Roy, 4:11.0\n"),
    prose("garden", "Two ponds\n\nPond A: 12 square metres. Pond B: 7 square metres, 2 m deep.\n"),
]


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("Which tent is the cheapest?", "Halden"),
        ("Who gives the longest warranty?", "Fjell & Co"),
        ("How much dearer is Nordlys than Halden?", "214"),
        ("What do Fjell & Co and Halden cost together?", "687"),
        ("Which stage is the longest?", "Stage 2"),
        ("How many kilometres is the ride in all?", "132"),
        ("Who came second in the rowing?", "Mo Lund"),
        ("Who won the rowing?", "Ada Brink"),
        ("How much faster was Ada Brink than Mo Lund?", "6.6"),
        # Of what one point does not say nothing can be the least.
        ("Which stage was the cheapest?", None),
        ("Which tent is the lightest?", None),
        ("Who came fourth in the rowing?", None),
        ("Who won the sculling?", None),
    ],
)
def test_points_of_a_list_are_worked_on_like_rows(question: str, result: str | None) -> None:
    made = operations(question, lists(SHELF))
    assert (made[0].result if made else None) == result


def test_a_computed_point_is_quoted_where_it_stands() -> None:
    (made,) = operations("Which stage is the longest?", lists(SHELF))
    (one,) = made.operands
    assert (SHELF[1].text[one.quote.span.start : one.quote.span.end], one.shown) == ("58 km", "58 km")
    assert say(made) == "Stage 2 has the highest distance of 3 rows: 58 km"


def test_a_line_that_gives_no_figure_of_its_neighbours_ends_no_list_and_a_sentence_starts_none() -> None:
    assert [len(one.rows) for one in lists(SHELF)] == [3, 3, 3]
    assert lists([prose("note", "Prices rose by 3 %.\nRents rose by 4 %.\n")]) == ()
