"""Operations over tables and prose: asked for, said, and found again in free sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundsight.computing.asked import operations
from groundsight.computing.find import find
from groundsight.computing.run import run
from groundsight.computing.say import say
from groundsight.computing.terms import ends
from groundsight.evidence.grids import grids
from groundsight.evidence.passage_index import PassageIndex
from groundsight.language.facts import read_facts
from groundsight.types import Evidence
from tests.computing_cases import ASKED, TABLES, rows, table

SHELF = [table(name, cells) for name, cells in TABLES.items()]
LEFT_OPEN = {
    "From which gate does the flight to Porto leave?",
    "How much rain fell at Station North in March?",
    "How many votes were cast altogether?",
}


def holds(sentence: str, *evidence: Evidence) -> bool | None:
    """Whether a sentence is computed and holds; None when nothing is computed."""
    found = find(read_facts(sentence), PassageIndex(evidence))
    return None if found is None else found.holds


def prose(text: str) -> Evidence:
    return Evidence(evidence_id="p-0000", kind="text", source="p.txt", text=text)


@pytest.mark.parametrize("name", TABLES)
def test_questions_are_answered_over_all_tables_and_near_misses_by_none(name: str) -> None:
    tables = grids(SHELF)
    for asked, question, answer in ASKED:
        made = operations(question, tables) if asked == name else []
        if asked == name and question not in LEFT_OPEN:
            assert (made[0].result if made else None) == answer, question


@pytest.mark.parametrize(("name", "question"), [(name, asked) for name, asked, answer in ASKED if answer])
def test_what_is_said_of_a_computation_is_found_again(name: str, question: str) -> None:
    shelf = [one for one in SHELF if one.source == f"{name}.csv"]
    for made in operations(question, grids(shelf)):
        # A yes, and how many different ones a column holds, is upheld by its cells and not found in free words.
        assert made.operation in ("whether", "kinds") or holds(say(made), *shelf), say(made)


ONE = st.integers(2_100, 9_999)  # below, four digits may be a year


@settings(deadline=None)
@given(st.lists(ONE, min_size=3, max_size=6, unique=True), st.integers(1, 50))
def test_every_operation_holds_as_said_and_no_longer_with_another_result(values: list[int], more: int) -> None:
    cells = (("Kiln", "Load (kg)"), *((f"Kiln {chr(65 + at)}", str(one)) for at, one in enumerate(values)))
    shelf = table("kilns", cells)
    (grid,) = grids([shelf])
    made = run("sum", grid, 1, range(len(values)))
    assert made is not None
    assert holds(say(made), shelf)
    wrong = made.model_copy(update={"result": str(sum(values) + more)})
    assert holds(say(wrong), shelf) is False
    best = run("most", grid, 1, range(len(values)))
    assert best is not None
    assert holds(say(best), shelf)
    other = f"Kiln {chr(65 + values.index(min(values)))}"
    assert holds(say(best.model_copy(update={"result": other})), shelf) is False


@pytest.mark.parametrize(
    ("text", "sentence", "verdict"),
    [
        ("29 of 36 moorings have been inspected.", "Seven moorings have not been inspected.", True),
        ("29 of 36 moorings have been inspected.", "Nine moorings have not been inspected.", None),
        ("The press costs €640. The stand of the press costs €95.", "Press and stand together cost €735.", True),
        ("The press costs €640. The stand of the press costs €95.", "Press and stand together cost €745.", None),
        ("Adults pay £12. Children pay £7.", "Adults pay £5 more than children.", True),
        ("Adults pay £12. Children pay £7.", "Children pay £5 more than adults.", None),
        ("Adults pay £12. Children pay £7.", "Adults pay £12 a visit.", None),
    ],
)  # fmt: skip
def test_a_number_that_prose_yields_is_found_and_another_is_not(text: str, sentence: str, verdict: bool | None) -> None:
    assert holds(sentence, prose(text)) is verdict


def test_a_sum_of_prose_is_said_with_its_operands() -> None:
    shelf = PassageIndex([prose("The press costs €640. The stand of the press costs €95.")])
    found = find(read_facts("Press and stand together cost €735."), shelf)
    assert found is not None
    assert say(found.made) == "€640 + €95 make 735 €"


FERNS = table(
    "greenhouse",
    rows(
        """
Plant | Height (cm) | Price (EUR) | Bench
Tree fern | 140 | 48.00 | East
Maidenhair | 35 | 9.50 | West
Staghorn | 60 | 22.00 | East
"""
    ),
)


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("The tree fern is the dearest plant.", True),
        ("The staghorn is the dearest plant.", False),
        ("The staghorn is taller than the maidenhair.", True),
        ("The maidenhair is taller than the staghorn.", False),
        ("The staghorn is 25 cm taller than the maidenhair.", True),
        ("The staghorn is 35 cm taller than the maidenhair.", False),
        ("Two of the three plants are on the East bench.", True),
        ("The maidenhair costs 9.50 euros.", True),
        ("The maidenhair costs 22 euros.", False),
        ("The staghorn is not the dearest plant.", None),
        ("The tree fern is the dearest plant of the botanical garden.", None),
    ],
)
def test_a_free_sentence_is_computed_over_the_table_that_it_speaks_of(sentence: str, verdict: bool | None) -> None:
    assert holds(sentence, FERNS) is verdict


@pytest.mark.parametrize(
    ("text", "question", "said"),
    [
        ("The permit starts on 15 May 2024 and is granted for 18 months.", "When does the permit end?",
         "18 months from 15 May 2024 end on 15 November 2025"),
        ("The kiln was delivered on 31 January 2023. Its guarantee lasts two years from delivery.",
         "When does the guarantee of the kiln run out?", "two years from 31 January 2023 end on 31 January 2025"),
        ("The loan begins on 31 August 2024 and runs for 6 months.", "When does the loan end?",
         "6 months from 31 August 2024 end on 28 February 2025"),
        ("The permit starts on 15 May 2024 and is granted for 18 months.", "When does the terrace end?", ""),
    ],
)  # fmt: skip
def test_an_end_is_a_start_plus_a_term(text: str, question: str, said: str) -> None:
    made = ends(question, (), PassageIndex([prose(text)]))
    assert (say(made) if made else "") == said


def test_a_cell_is_quoted_where_it_stands_and_not_where_its_digits_stand_before() -> None:
    (grid,) = grids([table("t", (("Lot", "Bids"), ("17", "7")))])
    quote = grid.rows[0].quote(1)
    assert (quote.text, quote.span.start) == ("7", len("Lot | Bids\n17 | "))


def test_a_column_of_dates_is_read_by_the_order_that_one_of_them_can_only_have() -> None:
    sales = table(
        "sales",
        rows("Date | Buyer | Amount (GBP)\n03/04/2025 | Moss | 12\n25/05/2025 | Fern | 30\n12/05/2025 | Moss | 7"),
    )
    first = operations("When did Moss first buy?", grids([sales]))
    may = operations("How much was spent in April 2025?", grids([sales]))
    assert [one.result for one in (*first, *may)] == ["03/04/2025", "12"]


@pytest.mark.parametrize("word", ["Summe", "Total général", "Gesamt", "Suma"])
def test_a_row_that_sums_up_the_others_is_no_row_of_its_own(word: str) -> None:
    till = table("kasse", rows(f"Posten | Betrag (EUR)\nKerzen | 1.250,40\nWachs | 310,00\n{word} | 1.560,40"))
    (found,) = operations("How many Posten are there?", grids([till]))
    assert found.result == "2"


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("Which months have a balance under 0?", "February, March"),
        ("What is the total of all balances?", "50"),
    ],
)
def test_a_sign_is_read_and_all_is_no_condition(question: str, result: str) -> None:
    ledger = table("ledger", rows("Month | Balance (EUR)\nJanuary | 120\nFebruary | -30\nMarch | (40)"))
    (found,) = operations(question, grids([ledger]))
    assert found.result == result


STORE = rows("""
Tool | Shelf | Pieces | Price EUR | Last count
Chisel | B-04 | 7 | 96.50 | 2025-02-28
Mallet | B-11 | 12 | 18.00 | 2025-03-04
Brace | C-02 | 3 | 112.00 | 2025-03-04
""")


@pytest.mark.parametrize(
    ("question", "result"),
    [
        # The day of the last count counts nothing.
        ("How many chisels are there?", "7"),
        # What costs more than 90 has its number in the column of prices, not of pieces.
        ("How many tools cost more than 90?", "2"),
        ("How many tools weigh more than 90?", None),
    ],
)
def test_a_number_belongs_to_the_column_that_the_words_beside_it_measure(question: str, result: str | None) -> None:
    made = operations(question, grids([table("tool-store", STORE)]))
    assert (made[0].result if made else None) == result


HIRED = rows(
    """
nr,craft,holder,area_m2,since,fee_eur,heated
1,Loom,Ada Brink,18,2016,60,yes
2,Kiln,Mo Lund,30,2019,82,yes
3,Press,Ines Roy,18,2021,60,no
4,Forge,Bo Quist,55,2012,120,yes
""".replace(",", " | ")
)
DUTY = rows("""
Date | Morning | Evening | Standby
2025-05-02 | Brink | Lund | Roy
2025-05-03 | Lund | Roy | Lund
2025-05-04 | Roy | Brink | Lund
""")
PARCELS = rows("""
Parcel | Up to 2 kg | 2 to 10 kg | Over 10 kg
Inland | 4.50 | 7.90 | 14.00
Abroad | 9.00 | 17.50 | 31.00
""")
FARES = rows("""
Fare | Age | Price
Child | under 6 years | 0
Pupil | 6 to 15 years | 4
Adult | over 15 years | 9
""")


@pytest.mark.parametrize(
    ("cells", "question", "result"),
    [
        (HIRED, "Who has been here longest?", "Bo Quist"),
        (HIRED, "Which craft has the largest area?", "Forge"),
        (HIRED, "How many crafts are bigger than 20 square metres?", "2"),
        (HIRED, "How many crafts are not heated?", "1"),
        (DUTY, "Who is on standby on 3 May?", "Lund"),
        (DUTY, "How often is Lund on standby?", "2"),
        (DUTY, "Who is on holiday on 3 May?", None),
        (PARCELS, "What does a parcel of 7 kg inland cost?", "7.90"),
        (PARCELS, "What does a parcel of 12 kg abroad cost?", "31.00"),
        (FARES, "What is the price of a fare at 11 years?", "4"),
    ],
)
def test_a_table_is_asked_as_people_ask_it(
    cells: tuple[tuple[str, ...], ...], question: str, result: str | None
) -> None:
    made = operations(question, grids([table("list", cells)]))
    assert (made[0].result if made else None) == result


def test_what_was_paid_is_no_estimate_and_what_is_marked_is_not_of_mark() -> None:
    costs = table("costs", rows("Item | Estimate EUR | Paid EUR\nTiles | 300 | 340\nGrout | 80 | 75"))
    assert [one.result for one in operations("How much have we paid for tiles?", grids([costs]))] == ["340"]
    boxes = table("boxes", rows("Box | Packed by | Fragile\n1 | Mark | yes\n2 | Una | yes\n3 | Una | no"))
    assert [one.result for one in operations("How many boxes are marked fragile?", grids([boxes]))] == ["2"]


def test_what_the_name_of_a_table_counts_is_added_up_in_the_column_that_is_asked_for() -> None:
    loans = rows("""
Library | 2023 / Q1 | 2024 / Q1
Harbour | 410 | 440
Mill | 95 | 105
""")
    asked = "How many {} did the libraries have in Q1 2024 in total?"
    shelf = grids([table("loans", loans)])
    assert [one.result for one in operations(asked.format("loans"), shelf)] == ["545"]
    assert operations(asked.format("visitors"), shelf) == []
