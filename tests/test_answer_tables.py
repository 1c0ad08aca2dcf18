"""Questions worked out over whole tables: extremes, counts, lists, sums, means, differences, and their check."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.finish import nearest
from groundsight.agent.lookup import work_out
from groundsight.agent.question import Question
from groundsight.computing.asked import operations
from groundsight.computing.say import cell_said
from groundsight.evidence.forms import forms
from groundsight.evidence.grids import grids
from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from groundsight.types import Evidence, Place
from tests.computing_cases import TABLES, table

BOOKS = (
    ("Title", "Author", "Shelf", "Acquired", "Pages", "Price (EUR)"),
    ("Tide Tables", "Mara Lindt", "K2", "2019-03-04", "212", "18.50"),
    ("The Salt Road", "Ivo Brandt", "K2", "2021-11-20", "344", "24.00"),
    ("Night Ferries", "Mara Lindt", "L1", "2008-06-01", "188", "9.90"),
    ("Harbour Lights", "Nora Quist", "L4", "2023-01-15", "402", "31.00"),
)
OVENS = (
    ("Oven", "Baked on", "Loaves", "Baker"),
    ("Stone", "Monday", "140", "Emil Tahl"),
    ("Deck", "Monday", "95", "Rosa Imhof"),
    ("Stone", "Tuesday", "120", "Emil Tahl"),
    ("Total", "", "355", ""),
)
LIBRARY = [table("library/books", BOOKS), table("bakery/ovens", OVENS)]
SPENT = (
    ("day", "purpose", "payee", "amount_usd"),
    ("2024-05-02", "fodder", "Mill & Son", "61.40"),
    ("2024-05-09", "farrier", "Jo Adler", "95.00"),
    ("2024-05-16", "fodder", "Mill & Son", "58.10"),
)


def said(question: str, evidence: Sequence[Evidence] = tuple(LIBRARY)) -> str:
    """What is worked out, after the check has found it supported."""
    found = work_out(1, Question(question), evidence)
    if found is None:
        return ""
    assert label(found.sentence, evidence) == "supported", found.sentence
    return found.sentence


def label(sentence: str, evidence: Sequence[Evidence] = tuple(LIBRARY)) -> str:
    return verify(f"{sentence} [1].", evidence, Grounding()).claims[0].label


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Which book was the most expensive?", "Harbour Lights has the highest Price (EUR) of 4 rows: 31.00"),
        ("Which book has the fewest pages?", "Night Ferries has the lowest Pages of 4 rows: 188"),
        ("Which book was acquired first?", "Night Ferries has the earliest Acquired of 4 rows: 2008-06-01"),
        ("Which book was acquired last?", "Harbour Lights has the latest Acquired of 4 rows: 2023-01-15"),
        ("Which book was the first to be acquired?", "Night Ferries has the earliest Acquired of 4 rows: 2008-06-01"),
        ("Which book was acquired most recently?", "Harbour Lights has the latest Acquired of 4 rows: 2023-01-15"),
        (
            "What is the cheapest book by Mara Lindt?",
            "Night Ferries has the lowest Price (EUR) of 2 rows with Author Mara Lindt: 9.90",
        ),
    ],
)
def test_an_extreme_names_its_row_its_column_and_how_many_rows_were_compared(question: str, sentence: str) -> None:
    assert said(question) == sentence


def test_rows_are_counted_and_named() -> None:
    counted = "2 of 4 rows with Author Mara Lindt: Tide Tables, Night Ferries"
    assert said("How many books are by Mara Lindt?") == counted
    assert said("Which books are by Mara Lindt?") == counted
    assert said("How many books does the library have?").startswith("4 of 4 rows: Tide Tables, ")


def test_a_printed_total_is_read_and_not_added_again() -> None:
    assert said("How many loaves were baked in total?") == "Total: Loaves: 355"
    stone = "Loaves of 2 rows with Oven Stone are on average 130: 140, 120"
    assert said("What is the average number of loaves of the stone oven?") == stone


def test_two_rows_are_compared_and_subtracted() -> None:
    longer = "The Salt Road has a higher Pages than Tide Tables: 344 against 212"
    assert said("Which has more pages, Tide Tables or The Salt Road?") == longer
    gap = "Price (EUR) is 5.5 EUR higher for The Salt Road than for Tide Tables: 24.00 against 18.50"
    assert said("How much more expensive is The Salt Road than Tide Tables?") == gap


def test_a_cell_is_looked_up_by_what_its_row_says_elsewhere() -> None:
    assert said("On which shelf is Night Ferries?") == "The shelf of Night Ferries is L1"
    assert said("Who wrote the book on shelf L4?") == "The author of L4 is Nora Quist"
    assert said("Which book has 344 pages?") == "The Salt Road: Pages 344"


def test_a_cell_of_another_type_is_no_answer() -> None:
    rows = (("Month", "Amount (EUR)", "Paid on"), ("March", "81.53", "2024-04-03"), ("April", "65.41", "2024-05-06"))
    assert said("How much was paid in March?", [table("water", rows)]) == ""


def test_all_rows_that_fit_are_named_and_not_one_of_them() -> None:
    assert said("Which book is on shelf K2?") == "2 of 4 rows with Shelf K2: Tide Tables, The Salt Road"
    assert said("What is the Tide Tables of The Salt Road?") == ""


@pytest.mark.parametrize(
    "question",
    [
        "Which magazine was the most expensive?",
        "How many books were borrowed by Mara Lindt?",
        "How many days were the books late?",
        "Which book was the most expensive in 1999?",
        "How much did all the shelves cost?",
        "Which shelf is the heaviest?",
        "How many loaves of rye were baked in total?",
    ],
)
def test_a_word_that_the_table_does_not_have_rules_it_out(question: str) -> None:
    assert said(question) == ""


def test_a_tie_is_no_extreme() -> None:
    rows = (("Team", "Points"), ("Reds", "12"), ("Blues", "12"), ("Greens", "7"))
    assert said("Which team has the most points?", [table("league", rows)]) == ""
    assert said("Which team has the fewest points?", [table("league", rows)]).startswith("Greens has the lowest")


def test_amounts_in_different_currencies_are_not_added() -> None:
    rows = (("Order", "Amount"), ("A", "12 EUR"), ("B", "15 USD"))
    assert said("What do all orders amount to in total?", [table("orders", rows)]) == ""


def test_decimal_commas_are_read_by_the_whole_column() -> None:
    rows = (("Item", "Price"), ("Lamp", "1.250"), ("Desk", "310,50"), ("Chair", "89,90"))
    assert said("Which item has the highest price?", [table("shop", rows)]).startswith("Lamp has the highest Price")


def test_the_check_computes_every_statement_again() -> None:
    assert label("Harbour Lights has the highest Price (EUR) of 4 rows: 31.00") == "supported"
    assert label("Tide Tables has the highest Price (EUR) of 4 rows: 18.50") == "contradicted"
    assert label("3 of 4 rows with Author Mara Lindt: Tide Tables, Night Ferries") == "contradicted"
    assert label("2 of 4 rows with Author Mara Lindt: Tide Tables, The Salt Road") == "contradicted"
    assert label("Loaves of 3 rows total 356: 140 + 95 + 120") == "contradicted"
    assert label("Loaves of 3 rows total 356: 140 + 95 + 121") != "supported"
    assert (
        label("Price (EUR) is 6 EUR higher for The Salt Road than for Tide Tables: 24.00 against 18.50")
        == "contradicted"
    )


@given(st.lists(st.integers(0, 9_999), min_size=2, max_size=30), st.integers(1, 7))
def test_a_table_cut_into_blocks_is_computed_as_one(values: list[int], size: int) -> None:
    rows = [(f"Stall {at}", str(value)) for at, value in enumerate(values)]
    head = ("Stall", "Visitors")
    blocks = [
        table("fair", (head, *rows[at : at + size])).model_copy(update={"evidence_id": f"fair-{at:04d}"})
        for at in range(0, len(rows), size)
    ]
    assert [len(grid.rows) for grid in grids(blocks)] == [len(rows)]
    assert said("How many visitors were there altogether?", blocks).startswith(
        f"Visitors of {len(rows)} rows total {sum(values):,}"
    )


def test_two_tables_of_one_file_stay_apart() -> None:
    north = table("sites", (("Site", "Beds"), ("North", "40"))).model_copy(update={"place": Place(section="North")})
    south = north.model_copy(update={"evidence_id": "other", "place": Place(section="South")})
    assert len(grids([north, south])) == 2


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How much did we pay Jo Adler?", "Jo Adler: amount_usd: 95.00"),
        ("How much have we spent in total?", "amount_usd of 3 rows total 214.50 USD: 61.40 + 95.00 + 58.10"),
        ("How much did we spend on saddles?", ""),
    ],
)
def test_what_was_spent_in_all_is_the_sum_of_the_rows(question: str, sentence: str) -> None:
    assert said(question, [table("stable/spent", SPENT)]) == sentence


TILL = (
    ("Datum", "Ware", "Käufer", "Erlös EUR"),
    ("04.02.2025", "Wachs", "Orlow", "120,50"),
    ("18.02.2025", "Honig", "Bente", "80,25"),
    ("02.03.2025", "Wachs", "Bente", "64,00"),
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How much was earned in February 2025?", "total 200,75 EUR: 120,50 + 80,25"),
        ("How much did Bente pay in 2025?", "total 144,25 EUR: 80,25 + 64,00"),
        ("What was sold in February 2025?", "Wachs, Honig"),
        ("How much was earned in March 2025?", "64,00"),
        ("What did we spend in February 2025?", ""),  # what is taken in is not spent
        ("What was bought in February 2025?", ""),
        ("How much was Bente paid in 2025?", ""),  # a buyer pays
        ("How much was earned in May 2025?", ""),
    ],
)
def test_money_that_changes_hands_is_added_up_on_its_own_side(question: str, sentence: str) -> None:
    told = said(question, [table("markt/kasse", TILL)])
    assert told.endswith(sentence) if sentence else told == ""


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("In which month did the museum have most visitors?", "June has the highest"),
        ("What is the total of museum visitors over all months?", "635"),
        ("In which month were the most museum visitors counted?", "June has the highest"),
    ],
)
def test_a_measure_may_be_called_after_the_column_of_its_rows(question: str, told: str) -> None:
    rows = (("Month", "Museum visitors per month"), ("May", "120"), ("June", "310"), ("July", "205"))
    assert told in said(question, [table("visitors", rows)])


def test_an_order_is_a_thing_and_a_kind_of_many_rows_no_name() -> None:
    form = table(
        "order-form", (("Variety", "Bags", "Price per bag (GBP)"), ("Amber", "3", "6.80"), ("Cara", "2", "4.70"))
    )
    assert said("What does a bag of Cara cost on the order form?", [form]) in (
        "",
        "The price per bag of Cara is 4.70 GBP",
    )
    rows = (("1", "heather", "34.5"), ("2", "heather", "16.0"), ("3", "lime", "20.5"), ("4", "lime", "9.0"))
    hives = table("hives", (("Hive", "Honey", "Kilos"), *rows))
    assert said("How many kilos was the heather?", [hives]) == ""


def test_of_revenue_and_cost_each_answers_for_its_own() -> None:
    shop = table(
        "shop", (("Day", "Revenue EUR", "Cost EUR"), ("2025-01-04", "45.00", "12.00"), ("2025-01-20", "60.00", "22.50"))
    )
    assert said("How much did we earn in January 2025?", [shop]).endswith("total 105.00 EUR: 45.00 + 60.00")
    assert said("What did we spend in January 2025?", [shop]).endswith("total 34.50 EUR: 12.00 + 22.50")


def test_a_supplier_is_paid_and_pays_nothing() -> None:
    bills = [table("stable/spent", SPENT)]
    assert said("How much was Mill & Son paid?", bills).endswith("total 119.50 USD: 61.40 + 58.10")
    assert said("How much did Mill & Son pay?", bills) == ""


def test_rows_of_one_name_are_told_side_by_side() -> None:
    shops = table("shops", (("Country", "Town", "Staff", "Opened"), ("Spain", "Toledo", "12", "2011"),
                            ("USA", "Toledo", "7", "2018"), ("Spain", "Vigo", "4", "2020")))  # fmt: skip
    assert said("How many staff does Toledo have?", [shops]) == (
        "The staff of Toledo, Spain is 12. The staff of Toledo, USA is 7"
    )
    assert said("When was the shop in Toledo opened?", [shops]) == (
        "Toledo, Spain: Opened: 2011. Toledo, USA: Opened: 2018"
    )
    assert said("How many staff does the Toledo in Spain have?", [shops]).endswith("12")


def test_what_is_next_hangs_on_today_and_what_is_not_so_is_no_row() -> None:
    renamed = [table("library/next-first-last", BOOKS)]
    for question in (
        "Which book was acquired next?",
        "Which books were not written by Mara Lindt?",
        "How many books have no shelf?",
        "How many of the books has nobody written?",
    ):
        assert said(question, renamed) == "", question


@pytest.mark.parametrize(
    ("key", "head", "value", "sentence"),
    [
        ("Night Ferries", "Author", "Mara Lindt", "The author of Night Ferries is Mara Lindt"),
        ("Reading Room", "Desk Lamps", "1,240", "Reading Room has 1,240 desk lamps"),
        ("Reading Room", "Opening hours", "9-17", "The opening hours of Reading Room are 9-17"),
        ("Shelf K2", "Height (cm)", "210.5", "The height of Shelf K2 is 210.5 cm"),
        ("Shelf K2", "Price in EUR", "210.5", "The price of Shelf K2 is 210.5 EUR"),
        ("Shelf K2", "Dwell minutes", "210.5", "Shelf K2: Dwell minutes: 210.5"),
        ("Night Ferries", "ISBN", "0-19", "Night Ferries: ISBN: 0-19"),
        ("Night Ferries", "Lent", "2024-04-03", "Night Ferries: Lent: 2024-04-03"),
        ("Night Ferries", "Shelf", "no", "Night Ferries: Shelf: no"),
        ("Night Ferries", "Shelf (old)", "L1", "Night Ferries: Shelf (old): L1"),
        ("Total", "Loaves", "355", "Total: Loaves: 355"),
        ("2024", "Loaves", "355", "2024: Loaves: 355"),
        ("Night Ferries", "", "L1", "Night Ferries: L1"),
    ],
)
def test_a_cell_reads_like_a_sentence_where_its_words_make_one(key: str, head: str, value: str, sentence: str) -> None:
    assert cell_said(key, head, value) == sentence


def test_a_cell_of_a_document_in_another_language_is_said_by_its_labels() -> None:
    assert cell_said("Nachtschiffe", "Author", "Mara Lindt", "de") == "Nachtschiffe: Author: Mara Lindt"


def test_what_is_shown_twice_keeps_the_place_of_the_first() -> None:
    crews, decks = (table(one, (("Ship", one), ("MS Birk", value))) for one, value in (("Crew", "9"), ("Decks", "3")))
    again = crews.model_copy(update={"evidence_id": "again"})
    shown = nearest("How many passengers does MS Birk take?", [crews, decks, again], None)
    assert [one.evidence_id for one in shown] == [crews.evidence_id, decks.evidence_id]


@pytest.mark.parametrize("name", TABLES)
def test_whatever_is_said_of_a_cell_holds_and_another_number_in_it_does_not(name: str) -> None:
    evidence = table(name, TABLES[name])
    head, *body = evidence.cells
    for row in body:
        for at in (at for at in range(1, len(head)) if row[at]):
            assert label(cell_said(row[0], head[at], row[at]), [evidence]) == "supported"
            if row[at].isdigit():
                assert label(cell_said(row[0], head[at], f"{int(row[at]) + 7}"), [evidence]) != "supported"


def test_a_label_is_read_before_its_day_or_measure_and_a_sentence_is_no_label() -> None:
    text = "Slip 88-20 of the mill\nDelivery date 4 June 2025\nNet weight 14.6 kg\nLeft on 5 June 2025\nBo ran 3 km"
    slip = Evidence(evidence_id="slip-0000", kind="text", source="slip.txt", text=text)
    asked = {
        "What is the delivery date of slip 88-20?": "4 June 2025",
        "What is the net weight of slip 88-20?": "14.6 kg",
    }
    for question, value in asked.items():
        assert [one.result for one in operations(question, forms([slip]))] == [value]
    assert [head for table in forms([slip]) for head in table.head] == ["Delivery date", "Net weight"]


def test_a_line_of_a_menu_gives_what_a_thing_costs() -> None:
    menu = Evidence(evidence_id="m-0000", kind="text", source="m.txt", text="Bar Alma\nPlum cake: 4.20\nSoup: 6.00")
    assert [one.result for one in operations("What does the plum cake cost?", forms([menu]))] == ["4.20"]
    assert operations("What does the plum cake weigh?", forms([menu])) == []
