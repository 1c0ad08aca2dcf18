"""Structured personal data is found in every spelling, in linear time, and little else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.governance.pii import Memory, redact
from groundsight.settings import ALL_PII

HIDDEN = (
    "jane.doe@example.com",
    "Jane.Doe\uff20example\uff0ecom",
    "jane[at]example.com",
    "jane (at) example (dot) com",
    "jane at example dot com",
    "bob@fileserver.corp",
    "jane.doe@\nexample.com",
    "jane@example.\ncom",
    "ja\u200bne@example.com",
    "123-45-6789",
    "123\u201345\u20136789",
    "\uff11\uff12\uff13-\uff14\uff15-\uff16\uff17\uff18\uff19",
    "\u0661\u0662\u0663-\u0664\u0665-\u0666\u0667\u0668\u0669",
    "123 45 6789",
    "123\xa045\xa06789",
    "SSN 123456789",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111\xa01111\xa01111\xa01111",
    "4111111111111111",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "4l11 1111 1111 1111",
    "3782 822463 10005",
    "card 4111\n1111\n1111\n1111",
    "4111 1111\n1111 1111",
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "DE89-3704-0044-0532-0130-00",
    "GB82 WEST 1234 5698 7654 32",
    "GB82WEST12345698765432",
    "DE89 37O4 0044 0532 0130 00",
    "192.168.0.17",
    "10[.]0[.]0[.]17",
    "2001:db8::8a2e:370:7334",
    "+1 (212) 555-0199",
    "+44 20 7946 0958",
    "+49 30 901820",
    "(212) 555-0199",
    "212.555.0199",
    "001 212 555 2368",
    "+1\u2011212\u2011555\u20110199",
    "020 7946 0958",
    "Tel. 030 123456",
    "+33 1 42 68 53 00",
    "4111\u200b1111\u200b1111\u200b1111",
    "\U0001f4de +91 98765 43210",
    "jane%40example.com",
    "jane\\@example.com",
    "jane&#64;example.com",
    "jane&#x40;example&#46;com",
    "jane&commat;example&period;com",
    "jane @ example.com",
    "jane_at_example.com",
    "mailto:jane%2Edoe%40example.com",
    "%2B49 30 901820",
    "\\+49 30 901820",
    "4111   1111   1111   1111",
    "4111/1111/1111/1111",
    "4111_1111_1111_1111",
    "card_4111111111111111",
    "DE89_3704_0044_0532_0130_00",
    "DE89/3704/0044/0532/0130/00",
    "123/45/6789",
    "123_45_6789",
    "SSN_123-45-6789",
    "123   45   6789",
    "212/555/0199",
    "212_555_0199",
    "212   555   0199",
    "(212)\xa0\xa0555\u20090199",
    "tel_212-555-0199_home",
    "030/9018 2000 Büro",
    "212-\n555-0199",
    "212-555-\n0199",
    "020 7946\n0958",
    "123-\n45-6789",
    "123-45-\n6789",
    "192.168.\n0.17",
    "192&#46;168&#46;0&#46;17",
    "wa.me/4915112345678",
    "https://wa.me/4915112345678?text=Hi",
    "https://api.whatsapp.com/send?phone=4915112345678&text=Hi",
    "https://api.whatsapp.com/send/?text=Hi&phone=%2B4915112345678",
    "tel:2125550199",
    "tel:+1-212-555-0199",
    "sms:2125550199",
    "callto:004930901820",
    "t.me/+4915112345678",
    "+49 (0)30 / 90 18 20",
    "Tel. 0171 - 23 45 678",
    "Fon 030 - 123 45 67",
    "Tél : 06 - 12 - 34 - 56 - 78",
    "phone 415 - 555 - 2671",
    "jane|at|example|dot|com",
    "jane~at~example.com",
    "jane\u00abat\u00bbexample.com",
    "jane@@example.com",
    "card 4111 | 1111 | 1111 | 1111",
    "card 4111:1111:1111:1111",
    "DE89 | 3704 | 0044 | 0532 | 0130 | 00",
)
HARMLESS = (
    "office 120 - 300 - 40 mm",
    "calls 1000 - 2000 a day",
    "calls 2019 - 2023",
    "Contact 2024 - 03 - 18",
    "https://example.org/path/at/home.com",
    'look "at" this.com',
    "row 1111, 2222, 3333, 4444",
    "2023-08-28 12:13:52",
    "28.08.2023",
    "28/08/2023",
    "2019-2023",
    "Call for papers 2019-2020",
    "version 10.0.1.2",
    "v1.2.3.4",
    "1.2.3.4 Scope of work",
    "$1,234,567.89",
    "1 234 567 units",
    "EUR 12.500.000,00",
    "INV-2023-000123",
    "Invoice no. 0123456789",
    "ISBN 978-3-16-148410-0",
    "ISBN 0-306-40615-2",
    "ISSN 1234-5678",
    "Serial number 0123-4567-8901",
    "SN 8A7F-2231-9920",
    "2021 2022 2023 2024",
    "3400 4500 5000 5500",
    "4.2\t5.1\t6.0\t7.7",
    "48.8584, 2.2945",
    "3.14159265358979",
    "1699999999999",
    "d41d8cd98f00b204e9800998ecf8427e",
    "550e8400-e29b-41d4-a716-446655440000",
    "react@18.2.0",
    "icon@2x.png",
    "std::vector",
    "12:30:45",
    "a::b",
    "00:1A:2B:3C:4D:5E",
    "order 123456789012",
    "Section 4.1.2.3 applies",
    "Part 555-1234-99",
    "Mobile 4 321 000",
    "Mobile: 4321000",
    "Revenue 12 500 000 mobile subscribers",
    "temperature 20-25 C",
    "1-2-3",
    "pages 100-120",
    "+1,234,567",
    "+12.5 %",
    "10.1000/182",
    "EAN 4006381333931",
    "UPC 036000291452",
    "tel aviv 2019",
    "office 2016 2019",
    "We reached 1 200 000 customers",
    "ratio 1:2:3:4",
    "Q3 2023 revenue was 4.2 million",
    "10.0.19041.1",
    "1.3.6.1.4.1.311",
    "ABC 123 456",
    "Table 3-12-2021",
    "f(x) = 3 @ 5",
    "Total 123 45 678",
    "0.5 0.25 0.125 0.0625",
    "04 06 2023",
    "020 030 040",
    "000 111 222 333",
    "0.5415676959619953",
    "IP rating: 67",
    "IP67, 1.2.3",
    "Cards issued: 1200345",
    "Phone calls: 1204567",
    "Phone Calls 1204567",
    "Phone sales 4512300",
    "Telephone minutes: 2125550",
    "Fax pages: 1204567",
    "Card limit: 12500000",
    "SSN checks: 120456",
    "Messages sent: 4512300",
    "PO 4500123456",
    "PO number 4500/123/456",
    "Invoice 2024/0012/3456",
    "INV_2024_001234",
    "IMG_20230828_121352",
    "scan_2023_08_28_0017",
    "Case 12/2023/4567",
    "2016/679",
    "2023/08/28",
    "https://example.org/2023/08/28/1234567",
    "https://example.org/issues/4512300",
    "10/100/1000 Mbit",
    "1/2/3/4",
    "195/65/15 91",
    "120/80 mmHg",
    "3/4/5 x 10/12",
    "ISBN 978/3/16/148410/0",
    "12   450   1300   98",
    "1204   1310   1422   1533",
    "4.25   5.10   6.00",
    "50%40 mix",
    "width: 100%2B",
    "see 4.\n1.2.3 Scope",
    "1.\n2.\n3.\n4",
    "3 pcs @ 4.50",
    "met at noon",
    "look at example",
    "wa.me is a service",
    "phone=none",
    "t.me/groundsight",
    "tel:112",
    "Lat 52.520008, lon 13.404954",
    "SKU 4006/3813/33931",
    "GPS 48/51/30 N",
    "Measured 123/456/78 nm",
    "Batch 0123_4567_8901",
    "Account 123 456 789 012",
    "checksum 1234567890abcdef",
    "kernel 5.15.0_101",
    "ratio 16/9/4",
    "Q1/2024 100200300",
    "Meter reading 00451234 kWh",
    "Flight LH 1234/5678",
    "HS code 8517.12.00",
    "Drawing 4711/0815/12",
)
HEAVY = ("a.", "1 ", "a@a-", ":", "DE89 ", "1111 ", "+1 ", "call 1", "[at] ", "0 ", "1.1.1.1 ", " ", "(")


@pytest.mark.parametrize("shown", HIDDEN)
def test_a_value_is_found_however_it_is_spelt(shown: str) -> None:
    result = redact(f"Please note: {shown} for later", ALL_PII)
    assert result.spans, result.text
    assert sum(character.isdigit() for character in result.text) <= 1


@pytest.mark.parametrize("shown", HARMLESS)
def test_numbers_that_are_no_personal_data_survive(shown: str) -> None:
    assert redact(shown, ALL_PII).text == shown


def test_equal_values_share_a_placeholder_within_a_document() -> None:
    memory = Memory()
    first = redact("jane@example.com, bob@example.com", ALL_PII, memory).text
    second = redact("again JANE@example.com", ALL_PII, memory).text
    assert (first, second) == ("[EMAIL_1], [EMAIL_2]", "again [EMAIL_1]")


def test_spans_tell_the_places_in_the_text_before() -> None:
    text = "a\u200b: jane\u200b@example.com."
    (span,) = redact(text, ALL_PII).spans
    assert text[span.start : span.end] == "jane\u200b@example.com"


def test_only_the_kinds_asked_for_are_replaced() -> None:
    assert redact("jane@example.com 123-45-6789", ("ssn",)).text == "jane@example.com [SSN_1]"


PIECES = st.sampled_from(
    [*HIDDEN, *HARMLESS, " ", "\n", "\t", ".", "-", "@", "[EMAIL_1]", "x", "1", "+", "\u200b", "O"]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text, ALL_PII)
    again = redact(once.text, ALL_PII)
    assert again.text == once.text
    assert not again.spans


@pytest.mark.parametrize("piece", HEAVY)
def test_hostile_text_costs_linear_time(piece: str) -> None:
    start = time.process_time()
    redact((piece * 100_000)[:100_000], ALL_PII)
    assert time.process_time() - start < 3.0
