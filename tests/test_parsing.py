"""Questions that the rules leave: programs over a table are weighed, and nothing unlikely is answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.computing.asked import operations
from groundsight.computing.parsing.choose import LIKELY, weighed
from groundsight.computing.parsing.programs import TableQuestion, programs
from groundsight.evidence.grids import Table, grids
from groundsight.language.facts import read_facts
from groundsight.language.stems import stem
from tests.computing_cases import rows, table

CRATES = """
when | what | beds | weight_kg | goes_to | euros | returned
2024-06-03 | Gooseberry | West | 41 | Hotel Aare | 120.00 | yes
2024-06-11 | Redcurrant | West | 66 | Café Lumen | 198.00 | no
2024-06-19 | Gooseberry | Hill | 52 | Hotel Aare | 150.00 | yes
2024-07-02 | Blackcurrant | Hill | 80 | Marta Vogel | 310.00 | no
2024-07-15 | Jostaberry | West | 23 | Café Lumen | 99.00 |
"""
LOANS = """
Tool | Taken by | Out | Back | Deposit (EUR)
Belt sander | Orla Byrne | 2 March 2024 | 9 March 2024 | 30
Tile cutter | Piet Maes | 11 April 2024 | | 60
Ladder | Orla Byrne | 18 May 2024 | 2 June 2024 | 40
Heat gun | Ines Costa | 21 June 2024 | | 20
"""


def sheet(name: str, text: str) -> Table:
    (made,) = grids([table(name, rows(text))])
    return made


SHEETS = {"berry-crates-2024": CRATES, "tool-loans": LOANS}


@pytest.mark.parametrize(
    ("name", "question", "answer"),
    [
        ("berry-crates-2024", "how much more did the blackcurrants weigh than the jostaberries?", "57"),
        ("berry-crates-2024", "Who took the blackcurrants?", "Marta Vogel"),
        ("tool-loans", "how much deposit did Orla leave with us in total", "70"),
        ("tool-loans", "which tools have not come back yet", "Tile cutter, Heat gun"),
        ("tool-loans", "average deposit", "37.5"),
    ],
)
def test_what_an_owner_asks_of_a_table_is_worked_out(name: str, question: str, answer: str) -> None:
    (found,) = operations(question, [sheet(name, SHEETS[name])])
    assert found.result == answer


@pytest.mark.parametrize(
    "question",
    [
        "How many kilos of gooseberries did we sell in 2023?",
        "How many crates went to Café Lumen by bicycle?",
        "Who paid for the crates of Marta Vogel?",
        "What is the steepest bed?",
    ],
)
def test_what_a_table_only_seems_to_answer_is_not(question: str) -> None:
    assert operations(question, [sheet("berry-crates-2024", CRATES)]) == []


def test_two_tables_that_disagree_answer_nothing() -> None:
    question = "Who took the blackcurrants?"
    other = sheet("berry-crates-2025", CRATES.replace("Marta Vogel", "Ilse Brandt").replace("2024", "2025"))
    assert operations(question, [sheet("berry-crates-2024", CRATES), other]) == []


def test_what_is_asked_in_another_language_is_left_to_the_rules() -> None:
    question = "Who took the blackcurrants?"
    assert operations(question, [sheet("berry-crates-2024", CRATES)], weigh=False) == []


def conditions(question: str, name: str) -> set[tuple[str, str, tuple[str, ...]]]:
    asked = TableQuestion(read_facts(question), sheet(name, SHEETS[name]))
    return {(one.where.column, one.where.test, one.where.values) for made in programs(asked) for one in made.met}


@pytest.mark.parametrize(
    ("name", "question", "condition"),
    [
        ("berry-crates-2024", "Which of them were returned?", ("returned", "is", ("yes",))),
        ("berry-crates-2024", "Which of them were not returned?", ("returned", "is not", ("yes",))),
        ("tool-loans", "Which tools are not back?", ("Back", "is not", ("given",))),
        ("tool-loans", "Which tools went out after April 2024?", ("Out", "over", ("April 2024",))),
        ("berry-crates-2024", "What weighed at least 60?", ("weight_kg", "from", ("60",))),
        ("tool-loans", "Which has a higher deposit than the ladder?", ("Deposit (EUR)", "over", ("40",))),
    ],
)
def test_words_of_a_question_may_be_conditions(
    name: str, question: str, condition: tuple[str, str, tuple[str, ...]]
) -> None:
    assert condition in conditions(question, name)


def test_one_and_several_of_a_word_that_no_dictionary_has_are_one() -> None:
    assert stem("jostaberry") == stem("jostaberries")
    assert stem("sortie") == stem("sorties")


@given(
    st.lists(st.sampled_from("how many kilos which crates not after West 60 most Hotel Aare total".split()), max_size=9)
)
def test_likelihoods_leave_room_for_none(words: list[str]) -> None:
    told = weighed(read_facts(" ".join(words)), sheet("berry-crates-2024", CRATES))
    assert 0.0 <= sum(share for share, _ in told) < 1.0
    assert sum(share >= LIKELY for share, _ in told) <= 1


def test_a_cell_of_two_numbers_is_no_number() -> None:
    made = sheet("songs", "Song | Episode\nAre We | 1.09, 1.22\nShed | 3.01\nGo | 2.05")
    assert made.measures[1] is None
    plays = sheet("songs", "Song | Plays\nAre We | 1,109\nShed | 301").measures[1]
    assert plays
    assert plays.keys == {0: Decimal(1109), 1: Decimal(301)}
