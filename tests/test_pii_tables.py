"""A number is personal data by the head above it or the label before it, and only by one that says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.governance.pii import Memory, apply
from groundsight.governance.pii_columns import find_in_columns
from groundsight.governance.pii_tables import clean_cells, clean_lines
from groundsight.governance.rescan import rescan
from groundsight.settings import ALL_PII
from tests.build import make_asset, make_unit

HIDDEN: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("Name", "SSN"), ("Ann", "123456789")),
    (("Name", "Social Security No."), ("Ann", "12345678")),
    (("Name", "Phone"), ("Ann", "5550199"), ("Bob", "2125550188")),
    (("Name", "Mobile"), ("Ann", "015112345678")),
    (("Name", "Emergency contact phone (home)"), ("Ann", "5550199")),
    (("Name", "phoneNumber"), ("Ann", "5550199")),
    (("Kunde", "Telefonnummer"), ("Ann", "901820 17")),
    (("Nom", "N° de téléphone"), ("Ann", "142685300")),
    (("Staff list", ""), ("Name", "SSN"), ("Ann", "123456789")),
    (("Name", "Credit card no."), ("Ann", "1234567890123")),
    (("Name", "Card"), ("Ann", "4111 1111 1111 1111")),
    (("Name", "Card", "", "", ""), ("Ann", "4111", "1111", "1111", "1111")),
    (("Card", "4111", "1111", "1111", "1111"),),
    (("Name", "SSN", "", ""), ("Ann", "123", "45", "6789")),
    (("Name", "Area code", "Number"), ("Ann", "212", "5550199")),
    (("Name", "Country code", "Phone", "Ext"), ("Ann", "49", "15112345678", "12")),
    (("Name", "Phone", ""), ("Ann", "212", "5550199")),
    (("Name", "IBAN"), ("Ann", "XX00 1234 5678 9012 34")),
    (("Name", "E-mail"), ("Ann", "ann@localhost")),
    (("Host", "IP address"), ("a", "1.2.3.4")),
    (("Name", "Ann"), ("Phone", "5550199"), ("City", "Bergen")),
    (("Name", "Ann", "SSN", "123456789"),),
    (("Name", "Order"), ("Ann", "x"), ("Name", "SSN"), ("Bob", "123456789")),
    (("Product", "Phone"), ("Support desk", "5550199")),
    (("Keeper", "Note"), ("Wang", "手机：13927485163")),
)
KEPT: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("Device", "IP rating"), ("Lamp", "67")),
    (("Device", "IP class", "Depth"), ("Lamp", "6.7", "1.5")),
    (("Bank", "Cards issued"), ("North", "1234567890123")),
    (("Bank", "Card type"), ("North", "4111111111")),
    (("Region", "Phone calls"), ("North", "1204567"), ("South", "2204567")),
    (("Region", "Number of phones"), ("North", "1204567")),
    (("Region", "Phone sales 2023"), ("North", "1204567")),
    (("Model", "Phone model"), ("A", "5550199")),
    (("Product", "2021", "2022"), ("Phone", "1204567", "1310222"), ("Tablet", "2204567", "2310222")),
    (("Channel", "Revenue"), ("Phone", "1204567"), ("Web", "2204567"), ("Store", "3204567")),
    (("Region", "Fixed", "Mobile"), ("North", "1204567", "4321000"), ("South", "1204567", "4 321 000")),
    (("Name", "Phone"), ("Ann", "2023-08-28"), ("Bob", "none")),
    (("Shop", "Phone"), ("North", "12,500,000"), ("South", "1 250 000")),
    (("PO number", "Invoice no."), ("4500123456", "20240012")),
    (("ISBN", "Title"), ("9783161484100", "Sea")),
    (("Employee number", "Customer no."), ("123456789", "5550199")),
    (("Length", "Mass"), ("123456789", "5550199")),
    (("SSN verified", "Count"), ("120456", "5550199")),
    (("Email opens", "Emails sent"), ("1204567", "5550199")),
    (("Tel Aviv", "Haifa"), ("1204567", "5550199")),
    (("Year", "2021", "2022", "2023", "2024"), ("Cards", "2021", "2022", "2023", "2024")),
    (("Area code", "Households"), ("212", "1204567")),
    (("Home", "Office"), ("4321000", "5550199")),
    (("Card fee", "Card limit"), ("12.50", "125000000000")),
    (("Version", "Release"), ("1.2.3", "10.0.19041.1")),
    (("Meter no.", "Reading"), ("123456789", "00451234")),
    (("Account", "Balance"), ("1234567890123", "1204567.50")),
    (("Direction", "Line"), ("North", "1204567")),
)


@pytest.mark.parametrize("cells", HIDDEN)
def test_a_cell_is_read_with_its_head_and_its_label(cells: tuple[tuple[str, ...], ...]) -> None:
    cleaned = clean_cells(cells, ALL_PII, Memory())
    shown = " ".join(cell for row in cleaned for cell in row)
    assert "_1]" in shown
    assert not any(sum(sign.isdigit() for sign in cell) > 1 for row in cleaned for cell in row), cleaned
    assert "@" not in shown
    assert clean_cells(cleaned, ALL_PII, Memory()) == cleaned


@pytest.mark.parametrize("cells", KEPT)
def test_numbers_under_other_heads_stay(cells: tuple[tuple[str, ...], ...]) -> None:
    assert clean_cells(cells, ALL_PII, Memory()) == cells


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Phone\n5550199\n5550188", "Phone\n[PHONE_1]\n[PHONE_2]"),
        ("Rufnummer: 90182017", "Rufnummer: [PHONE_1]"),
        ("Card number: 1234567890123", "Card number: [CARD_1]"),
        ("联系电话：13927485163", "联系电话：[PHONE_1]"),
        ("Phone calls：1204567", "Phone calls：1204567"),
        ("Phone\nOrder\n5550199", "Phone\nOrder\n5550199"),
        ("Phone calls: 1204567", "Phone calls: 1204567"),
        ("Opened: 12:30", "Opened: 12:30"),
    ],
)
def test_a_line_is_read_with_the_head_above_it_and_the_label_on_it(text: str, left: str) -> None:
    assert clean_lines(text, ALL_PII, Memory()) == left


def test_a_label_before_a_value_is_seen_by_the_re_scan() -> None:
    asset = make_asset()
    told = ("Zettel\n手机：13927485163", "Komórka: 601 748 294", "Phone calls: 1204567")
    seen = rescan([(make_unit(asset, at, text), asset) for at, text in enumerate(told)], ALL_PII)
    assert (seen.values, seen.clean) == (2, 1)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Name SSN\nAnn Berg 123456789\nBob 123456780", "Name SSN\nAnn Berg [SSN_1]\nBob [SSN_2]"),
        ("Name SSN Phone Card number Age\nAnn 123456789 5550199 1234567890123 41",
         "Name SSN Phone Card number Age\nAnn [SSN_1] [PHONE_1] [CARD_1] 41"),
        ("Employee Phone\nAnn 5550199\n\nOrder 5550199", "Employee Phone\nAnn [PHONE_1]\n\nOrder 5550199"),
        ("Phone Calls\nNorth 1204567", "Phone Calls\nNorth 1204567"),
        ("Phone calls by region\nNorth 1204567", "Phone calls by region\nNorth 1204567"),
        ("IP Rating Phone Price\nLamp 1204567", "IP Rating Phone Price\nLamp 1204567"),
        ("We sell phone and card readers.\n1204567 units", "We sell phone and card readers.\n1204567 units"),
        ("Region Cards Issued\nNorth 1234567890123", "Region Cards Issued\nNorth 1234567890123"),
    ],
)  # fmt: skip
def test_a_table_read_as_lines_keeps_its_heads(text: str, left: str) -> None:
    memory = Memory()
    assert apply(text, 0, len(text), find_in_columns(text, ALL_PII, memory)) == left


CELL = st.sampled_from(["", "Phone", "SSN", "Card no", "Area code", "Number", "Ann", "212", "5550199", "123456789",
                        "4111", "1111", "ann@example.com", "[PHONE_1]", "a"])  # fmt: skip


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5).map(tuple))
def test_a_table_comes_to_rest(cells: tuple[tuple[str, ...], ...]) -> None:
    once = clean_cells(cells, ALL_PII, Memory())
    assert clean_cells(once, ALL_PII, Memory()) == once
