"""One reading of numbers, dates, identifiers and words: everyday writings that mean the same, and that do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.language.dates import agree
from groundsight.language.facts import read_facts
from groundsight.language.quantities import find_quantities
from groundsight.language.same_number import agrees
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
        ("an hour and a half", "90 minutes"),
        ("two hours and a quarter", "135 minutes"),
        ("five and a half per cent", "5.5 %"),
        ("a fortnight", "14 days"),
        ("3 dozen eggs", "36 eggs"),
        ("1/2 l of milk", "50 cl of milk"),
        ("a ratio of 0.75", "three quarters of the whole"),
        ("seven out of ten members", "70 % of the members"),
        ("seven tenths of the bar", "70 % of the bar"),
        ("un élève sur cinq", "20 %"),
        ("drei Viertel der Klasse", "75 %"),
        ("tres cuartos de hora", "45 minutes"),
        ("trente pour cent", "30 %"),
        ("six degrees below zero", "-6 °C"),
        ("two degrees above freezing", "2 °C"),
        ("nine pounds ninety", "£9.90"),
        ("three dollars and seventy-five cents", "$3.75"),
        ("2 lb 3 oz", "35 oz"),
        ("€10–15", "between 10 and 15 euros"),
        ("$55-$70", "from 55 to 70 dollars"),
        ("1.2m EUR", "1.2 million euros"),
        ("1,2 Mio. €", "1.2 million euros"),
        ("20 euros per person and day", "20 euros a day"),
        ("3 % p.a.", "3 percent per year"),
        ("Maximum age: 12", "at most 12"),
        ("12 guests or more", "at least 12 guests"),
        ("12 guests at least", "at least 12 guests"),
        ("superior a 2 bar", "more than 2 bar"),
        ("version 2.10", "version 2.10"),
        ("1.2m plays", "1,200,000 plays"),
        ("Rs 4,500", "4,500 Indian rupees"),
        ("dos quintos de la sala", "40 %"),
        ("1% of the cream", "one part in a hundred of the cream"),
        ("no longer than two months", "at most two months"),
        ("the nineteenth century", "the 1800s"),
        ("in 1853", "the 19th century"),
        ("05JAN25", "5 January 2025"),
        ("Q3 2026", "between July and September 2026"),
        ("between July and September 2026", "the third quarter of 2026"),
        ("the first day of March", "1 March"),
        ("16:30", "half past four"),
        ("12 May 2019", "12/05/2019"),
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
        ("90 minutes", "two hours"),
        ("two weeks", "12 days"),
        ("a fortnight", "10 days"),
        ("minus 6 degrees", "six degrees above zero"),
        ("12 guests or more", "at most 12 guests"),
        ("20 euros per person and day", "20 euros per person and week"),
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


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("at 7:05 PM", "19:05"),
        ("from 6 to 8 pm", "18:00"),
        ("7:30 in the evening", "19:30"),
        ("Mar–May 2023", "March 2023"),
        ("card expires 06/2027", "June 2027"),
        ("the 1st quarter", "Q1"),
        ("2. Quartal 2022", "Q2 2022"),
        ("in the 1980s", "in the eighties"),
        ("die 1980er Jahre", "the 1980s"),
        ("14 h 30", "14:30"),
        ("a las 20", "20:00"),
        ("at ten to nine", "8:50"),
        ("halb acht abends", "19:30"),
        ("a las nueve menos diez de la noche", "20:50"),
        ("3-May-2024", "3 May 2024"),
        ("May '24", "May 2024"),
        ("2024/05/03", "3 May 2024"),
        ("the third of May", "3 May"),
        ("premier mai", "1 May"),
        ("from the 3rd to the 5th of May", "3 May"),
        ("May and June 2024", "May 2024"),
        ("open Tue, Thu and Sat.", "Tuesday, Thursday and Saturday"),
        ("Mon-Wed", "from Monday to Wednesday"),
        ("Ende Mai", "end of May"),
        ("début mai", "early May"),
        ("2e trimestre 2025", "Q2 2025"),
        ("90er Jahre", "the 1990s"),
    ],
)
def test_times_and_periods_are_read_as_people_write_them(source: str, claim: str) -> None:
    assert read_facts(claim).moments
    assert says(source, claim)


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("es", "mil cuarenta y siete personas", 1047),
        ("es", "dos docenas de empanadas", 24),
        ("es", "setecientos cincuenta euros", 750),
        ("es", "media docena", 6),
        ("fr", "quatre-vingt-dix kilomètres par heure", 90),
        ("fr", "douze mille cinq cents exemplaires", 12500),
        ("fr", "quatre-vingt-dix places", 90),
        ("de", "anderthalb Stunden", 5400),
        ("de", "eine halbe Stunde", 1800),
    ],
)
def test_number_words_are_those_of_their_language(language: str, text: str, value: float) -> None:
    assert [one.low for one in read_facts(text, language=language).quantities] == [value]


@pytest.mark.parametrize("text", ["It takes five to six weeks.", "This lasts five to ten minutes and is no fault."])
def test_a_range_of_minutes_is_no_time_of_the_day(text: str) -> None:
    assert not read_facts(text).moments
    assert len(read_facts(text).quantities) == 1


def test_marks_out_of_thirty_and_halves_of_a_bill_are_read_as_they_stand() -> None:
    assert [one.low for one in find_quantities("The waltz got 27 marks out of 30.")] == [27, 30]
    assert not find_quantities("She paid half by voucher and half by card.")
    assert not read_facts("3 x Child 6-15 à 6.00").moments
    assert not read_facts("a nap of 1 h 20").moments
    (sales,) = find_quantities("between EUR 205 and 212 million")
    assert (sales.low, sales.high) == (205e6, 212e6)


def test_how_late_may_one_come_speaks_of_no_month() -> None:
    assert not read_facts("How late may I bring a canoe back?").moments
    assert not read_facts("We may march on.").moments


def test_what_is_a_number_in_one_language_is_none_in_another() -> None:
    assert [one.low for one in find_quantities("She paid five cents once.")] == [0.05]
    assert not find_quantities("une douleur au dos")
    assert not find_quantities("The media said nothing.")
    assert [one.low for one in find_quantities("3 out of 0 members came")] == [0.0], "no share, and no fault"
    assert [one.low for one in find_quantities("entre diez y doce mesas", language="es")] == [10]


def test_a_german_noun_is_no_name_that_has_to_stand_in_the_source() -> None:
    sure = [
        one.text
        for one in read_facts("Das Mietverhältnis mit Frau Anna Krüger endet.", language="de").names
        if one.sure
    ]
    assert sure == ["Frau Anna Krüger"]


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
