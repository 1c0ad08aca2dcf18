"""Numbers, dates, names and tables are read as a person reads them."""

from __future__ import annotations

import pytest

from groundsight.evidence.tables import cell_readings, text_tables
from groundsight.language.dates import agree, clash, find_moments
from groundsight.language.facts import read_facts
from groundsight.language.quantities import find_quantities
from groundsight.language.same_number import agrees
from groundsight.language.tokens import ocr_alike, repair_digits, rivals, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twenty-five staff", "25 staff"),
        ("1,200 people", "1200 people"),
        ("1.200.000 people", "1.2 million people"),
        ("€3,5 million", "3.5 million euros"),
        ("12k users", "12,000 users"),
        ("90 minutes", "1.5 hours"),
        ("5 km", "5,000 m"),
        ("12 percent", "12%"),
        ("two years", "24 months"),
        ("3-5 million", "3 to 5 million"),
        ("about 25 million", "24.7 million"),
        ("more than 1,200 homes", "1,204 homes"),
        ("one hundred and five bolts", "105 bolts"),
    ],
)
def test_equal_quantities_agree_however_they_are_written(one: str, other: str) -> None:
    assert agrees(find_quantities(one)[0], find_quantities(other)[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("30 days", "90 days"),
        ("30 days", "30 months"),
        ("$5", "€5"),
        ("24.7 million", "24.8 million"),
        ("fewer than 1,200 homes", "1,204 homes"),
        ("3.5", "5.3"),
        ("-5 °C", "5 °C"),
        ("1998", "1989"),
    ],
)
def test_different_quantities_do_not_agree(one: str, other: str) -> None:
    assert not agrees(find_quantities(one)[0], find_quantities(other)[0])


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("5 May 2022", "2022-05-05"),
        ("May 5, 2022", "5 May 2022"),
        ("May 2022", "5 May 2022"),
        ("2022", "5 May 2022"),
        ("Q2 2022", "May 2022"),
        ("the second quarter of 2022", "Q2 2022"),
        ("14:30", "2:30 pm"),
        ("the 1990s", "1994"),
        ("13/05/2022", "13 May 2022"),
    ],
)
def test_a_date_agrees_with_one_that_says_as_much_or_more(claim: str, source: str) -> None:
    assert agree(find_moments(claim)[0], find_moments(source))


def test_a_date_with_another_day_clashes_and_one_with_less_does_not_agree() -> None:
    full, other, short = (find_moments(text)[0] for text in ("5 May 2022", "6 May 2022", "May 2022"))
    assert clash(full, other)
    assert not agree(full, (short,))
    assert not clash(full, short)


def test_names_join_over_links_and_leave_titles_and_sentence_starts() -> None:
    names = [name.text for name in read_facts("The mayor, Dr. Anna Weber, left the University of Oxford in May.").names]
    assert names == ["Anna Weber", "University of Oxford"]


def test_a_negation_governs_its_clause_only() -> None:
    facts = read_facts("The case is not waterproof, but the lid is dustproof.")
    assert "waterproof" in facts.negations[0].scope
    assert "dustproof" not in facts.negations[0].scope


def test_a_number_that_runs_within_a_year_names_a_thing_and_a_span_does_not() -> None:
    facts = read_facts("Invoice 2025-0388 and order 2024/1187 of 3 May 2024")
    assert ([one.text for one in facts.ids], len(facts.moments)) == (["2025-0388", "2024/1187"], 1)
    assert not facts.quantities
    spans = read_facts("From 2019-2020, 2000-3000 people on 2025-03-18, 2020-150 km")
    assert (spans.ids, len(spans.moments)) == ((), 5)


def test_a_box_that_is_not_ticked_denies_what_stands_beside_it() -> None:
    facts = read_facts("Payment: ☐ cash ☒ card [ ] cheque [x] invoice")
    assert [one.stem for one in facts.negations] == ["cash", "chequ"]
    assert all(one.scope == one.head for one in facts.negations)


def test_stems_and_opposites_meet_across_word_forms() -> None:
    assert stem("bought") == stem("buys") == stem("buying")
    assert stem("declined") in rivals(stem("rose"))


def test_a_table_cell_is_read_with_its_row_and_column() -> None:
    (table,) = text_tables("Item | 2023 (USD million) | 2024\nRevenue | 3.9 | 4.2", ())
    readings = [(one.text, one.label) for one in cell_readings(table)]
    assert readings[0] == ("USD 3.9 million", "Item Revenue ; 2023 (USD million)")
    assert readings[1] == ("4.2", "Item Revenue ; 2024")


def test_reading_errors_are_forgiven_by_shape() -> None:
    assert repair_digits("2O25 and l5O total") == "2025 and 150 total"
    assert ocr_alike("turbine", "turbme")
    assert not ocr_alike("berlin", "hamburg")
