"""One reading of numbers, dates, identifiers and words: everyday writings that mean the same, and that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.language.dates import agree
from groundsight.language.facts import read_facts
from groundsight.language.quantities import agrees, find_quantities
from groundsight.language.tokens import rivals


def says(source: str, claim: str) -> bool:
    """True when every number and date of the claim is one of the source."""
    given_facts, wanted = read_facts(source), read_facts(claim)
    numbers = all(any(agrees(one, other) for other in given_facts.quantities) for one in wanted.quantities)
    return numbers and all(agree(one, given_facts.moments) for one in wanted.moments)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("minus 18 °C", "-18 °C"),
        ("Net result: (4,200) EUR", "-4,200 EUR"),
        ("two dozen bales", "24 bales"),
        ("two and a half hours", "2.5 hours"),
        ("half an hour", "30 minutes"),
        ("three quarters of the guests", "75 % of the guests"),
        ("siebenhundert Euro", "EUR 700"),
        ("douze places", "12 places"),
        ("25 basis points", "0.25 percentage points"),
        ("4 euros daily", "4 euros per day"),
        ("9.50 dollars", "AUD 9.50"),
        ("not fewer than 20 chairs", "at least 20 chairs"),
        ("12.37 km²", "12.4 km²"),
    ],
)
def test_other_writings_of_a_number_agree(source: str, claim: str) -> None:
    assert says(source, claim)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("minus 18 °C", "18 °C"),
        ("Operating result: (350)", "350"),
        ("3 percentage points", "3 percent"),
        ("< 40 %", "40 %"),
        ("within 14 days", "after 14 days"),
        ("40 kroner", "40 euros"),
        ("RM 980", "980 dollars"),
        ("5 colonies per gram", "5 colonies per kilogram"),
        ("20 cent per day", "20 cent per week"),
        ("87.6 per cent", "about 85 per cent"),
        ("half an hour", "1 hour"),
        ("EUR 8 a night", "EUR 8 per week"),
    ],
)
def test_numbers_that_differ_in_sign_unit_rate_or_bound_do_not_agree(source: str, claim: str) -> None:
    assert not says(source, claim)


@pytest.mark.parametrize(
    ("source", "claim", "same"),
    [
        ("Q2 FY24", "the second quarter of fiscal 2024", True),
        ("25.09.24", "25 September 2024", True),
        ("3. März 2024", "2024-03-03", True),
        ("le 14 juillet 2024", "14 juin 2024", False),
        ("3-7 August 2024", "3 August 2024", True),
        ("17.30 Uhr", "5:30 pm", True),
        ("early March", "late March", False),
        ("Saturday 28 September", "Sunday 28 September", False),
        ("2021-2024", "2024", True),
        ("every day except on Mondays", "on Mondays", False),
    ],
)
def test_dates_are_read_in_four_languages(source: str, claim: str, same: bool) -> None:
    assert says(source, claim) is same


@given(st.integers(1, 10**9).filter(lambda n: n % 1000))
def test_a_number_reads_the_same_in_every_locale(number: int) -> None:
    plain = f"{number:,}"
    values = {find_quantities(f"{plain.replace(',', mark)}{cents} kg")[0].low for mark, cents in
              ((",", ".50"), (".", ",50"), (" ", ",50"), ("'", ".50"))}  # fmt: skip
    assert values == {number + 0.5}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("part 4711-B and 9X-330", ["4711-B", "9X-330"]),
        ("form HR/2023/014", ["HR/2023/014"]),
        ("firmware v2.4.1", ["v2.4.1"]),
        ("write to desk@fjord.example now", ["desk@fjord.example"]),
        ("mid-2020, 24-hour service, 2023/24, 12.03.2024", []),
    ],
)
def test_identifiers_have_many_parts(text: str, found: list[str]) -> None:
    assert [one.text for one in read_facts(text).ids] == found


def test_two_numbers_of_an_identifier_stay_apart() -> None:
    assert read_facts("AB-12-77").ids[0].key != read_facts("AB-1-277").ids[0].key


def test_a_source_licenses_the_words_of_a_claim_and_not_the_other_way_round() -> None:
    oak, tree = "They planted an oak.", "They planted a tree."
    assert read_facts("tree").keys <= read_facts(oak, source=True).keys
    assert not read_facts("oak").keys <= read_facts(tree, source=True).keys


def test_what_a_synonym_excludes_is_excluded() -> None:
    assert "allow" in rivals("prohibit") or "prohibit" in rivals("allow")
