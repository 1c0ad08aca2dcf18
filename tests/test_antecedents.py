"""A pronoun is held to what it means, and a line of a form to the head of its unit."""

from __future__ import annotations

import pytest

from groundsight.grounding.verify import verify
from groundsight.language.facts import read_facts
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Grounding
from groundsight.types import Evidence, EvidencePart, Span, Verdict

ORDERS = (
    "Purchase order | Supplier | Amount EUR | Approved by\n"
    "PO 7733 | Hallberg Paint | 2190 | Oskar Lind\n"
    "PO 7781 | Brannstrom Marine | 18460 | Ingrid Solberg\n"
)


def invoice(number: str, order: str, rows: str, day: str = "19 May 2025") -> Evidence:
    text = (
        f"BRANNSTROM MARINE INVOICE\nDockgatan 4, Lovund No. {number}\nDate: {day}\nYour order: {order}\n"
        f"Description Amount EUR\n{rows}Payment within 30 days."
    )
    part = EvidencePart(channel="ocr", span=Span(start=0, end=len(text)))
    return Evidence(evidence_id=number, kind="image", source=f"{number}.png", text=text, parts=(part,))


FIRST = invoice("INV-2041", "PO 7781", "Bearing set BS-17 2,468.00\nNet 14,768.00\nTOTAL 18,460.00\n")
SECOND = invoice(
    "INV-2042", "PO 7718", "Propeller shaft seal PS-90 3,852.00\nNet 3,852.00\nTOTAL 4,815.00\n", "26 May 2025"
)
EVERY = (FIRST, SECOND, evidence_from_text("orders", "orders.txt", ORDERS))


def check(answer: str, *evidence: Evidence) -> list[Verdict]:
    return list(verify(answer, evidence or EVERY, Grounding()).claims)


def check_text(answer: str, *texts: str) -> list[Verdict]:
    return check(answer, *(evidence_from_text(f"e{n}", f"{n}.txt", text) for n, text in enumerate(texts)))


def test_a_pronoun_is_not_supported_by_a_row_about_something_else() -> None:
    total, approved = check("The total of invoice INV-2041 is EUR 18,460.00. It was approved by Oskar Lind.")
    assert total.label == "supported"
    assert total.support[0].text == "TOTAL 18,460.00"
    assert (approved.label, approved.reasons[0].code) == ("unsupported", "entity_missing")
    assert "INV-2041" in approved.reasons[0].message


def test_a_pronoun_is_supported_by_the_row_of_what_it_means() -> None:
    answer = "PO 7781 went to Brannstrom Marine. It was approved by Ingrid Solberg."
    assert [one.label for one in check(answer)] == ["supported", "supported"]
    assert check("PO 7781 went to Brannstrom Marine. It was approved by Oskar Lind.")[1].label != "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "The total of invoice INV-2041 is EUR 18,460.00.",
        "The total of invoice INV-2042 is EUR 4,815.00.",
        "The net of invoice INV-2041 is 14,768.00.",
        "The order on invoice INV-2041 is PO 7781.",
        "Invoice INV-2041 is dated 19 May 2025.",
    ],
)
def test_a_line_counts_with_the_head_of_its_unit(claim: str) -> None:
    assert check(claim)[0].label == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "The total of invoice INV-2042 is EUR 18,460.00.",
        "The total of invoice INV-2041 is EUR 4,815.00.",
        "The total of invoice INV-2041 is EUR 14,768.00.",
        "The total of invoice INV-2041 is EUR 18,406.00.",
        "The total of invoice INV-2041 is USD 18,460.00.",
        "The total of invoice INV-2050 is EUR 18,460.00.",
        "The order on invoice INV-2041 is PO 7718.",
        "Invoice INV-2042 is dated 19 May 2025.",
    ],
)
def test_another_invoice_row_or_currency_is_never_supported(claim: str) -> None:
    assert check(claim)[0].label in ("contradicted", "unsupported")


def test_a_label_and_the_number_on_the_next_line_are_one_row() -> None:
    text = "INVOICE\nNo. INV-2041\nAmount EUR\nNet\n14,768.00\nTOTAL\n18,460.00\n"
    assert check_text("The total of invoice INV-2041 is EUR 18,460.00.", text)[0].label == "supported"
    assert check_text("The total of invoice INV-2041 is EUR 14,768.00.", text)[0].label != "supported"


def test_he_and_the_company_are_held_to_the_last_name_that_fits() -> None:
    source = "Omar Haddad founded Lumen Optics in 1987. He sold it in 2001."
    other = "Karl Weiss founded Halden Glass. He sold it in 2004."
    assert check_text("Omar Haddad founded Lumen Optics. He sold it in 2001.", source)[1].label == "supported"
    assert check_text("Omar Haddad founded Lumen Optics. He sold it in 2004.", other)[1].label != "supported"
    answer = "Lumen Optics was founded in 1987. The company employs 40 people."
    assert check_text(answer, source, "Halden Glass is a company that employs 40 people.")[1].label == "unsupported"


def test_a_noun_with_a_name_before_is_held_to_that_name() -> None:
    answer = "The Aldera bridge was opened in 1990. The bridge is 340 metres long."
    assert check_text(answer, "The Corvin bridge is 340 metres long.")[1].label == "unsupported"
    assert check_text(answer, "The Aldera bridge is 340 metres long.")[1].label == "supported"


def test_it_without_a_meaning_is_held_to_nothing() -> None:
    answer = "The Aldera bridge is old. It takes 95 minutes to cross the bay."
    assert check_text(answer, "It takes 95 minutes to cross the bay.")[1].label == "supported"


def test_identifiers_name_and_count_nothing() -> None:
    facts = read_facts("Invoice INV-2041 for PO 7781 costs EUR 500 in FIFA 2018.")
    assert [one.key for one in facts.ids] == ["inv2041", "po7781"]
    assert [one.text for one in facts.quantities] == ["EUR 500"]
