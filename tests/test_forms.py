"""Forms and receipts: labels are the heads of a table of one row, and only what is labelled so is looked up."""

from __future__ import annotations

import pytest

from groundsight.agent.state import Draft
from groundsight.agent.uphold import hold
from groundsight.computing.asked import operations
from groundsight.computing.say import say
from groundsight.evidence.forms import forms
from groundsight.evidence.grids import grids
from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from groundsight.types import Box, Evidence, GroundingReport, TextLine

BAKERY = "BAKERY OLMENT\nReceipt 77-C\nRye bread 2 8.40\nButter 3.10\nTOTAL EUR 11.50\nServed by: Ines Rocha"
OTHER = "Kiosk Varga\nReceipt 12-A\nNewspaper 2.20\nTOTAL EUR 2.20\nServed by: Pal Orban"


def unit(name: str, text: str) -> Evidence:
    return Evidence(evidence_id=name, kind="text", source=f"files/{name}.txt", text=text)


EVIDENCE = [unit("olment", BAKERY), unit("varga", OTHER)]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the total of receipt 77-C?", "TOTAL: EUR 11.50"),
        ("What is the total on the receipt of the kiosk Varga?", "TOTAL: EUR 2.20"),
        ("Who served at the bakery Olment?", "Served by: Ines Rocha"),
        ("What did the milk cost on receipt 77-C?", ""),
        ("When was receipt 77-C total?", ""),
    ],
)
def test_a_label_is_looked_up_in_the_form_that_the_other_words_name(question: str, said: str) -> None:
    found = operations(question, forms(EVIDENCE))
    assert (say(found[0]) if found else "") == said


def test_a_label_that_two_forms_have_is_not_looked_up_where_nothing_tells_which() -> None:
    assert operations("What is the total of the receipt?", forms(EVIDENCE)) == []


def test_the_value_of_a_label_is_quoted_where_it_stands() -> None:
    (found,) = operations("What is the total of receipt 77-C?", forms(EVIDENCE))
    quote = found.operands[0].quote
    assert (quote.evidence_id, BAKERY[quote.span.start : quote.span.end]) == ("olment", "EUR 11.50")


def test_a_heading_that_ends_with_a_year_is_no_label_and_a_read_value_has_its_box() -> None:
    texts = ("Moorings for May 2024", "Berth 7", "GBP 310", "Sum", "GBP 480")
    lines = tuple(
        TextLine(text=text, confidence=0.9, box=Box(x0=0.1, y0=at / 10, x1=0.4, y1=at / 10 + 0.05))
        for at, text in enumerate(texts)
    )
    read = "Moorings for May 2024\nBerth 7 GBP 310\nSum GBP 480"
    (table,) = forms([unit("moorings", read).model_copy(update={"kind": "image", "lines": lines})])
    assert table.head == ("Berth 7", "Sum")
    assert table.rows[0].boxes[1] == lines[-1].box


def test_a_computed_sentence_stands_while_its_operands_do() -> None:
    def check(answer: str, evidence: list[Evidence] | tuple[Evidence, ...]) -> GroundingReport:
        return verify(answer, list(evidence), Grounding())

    (found,) = operations("What is the total of receipt 77-C?", forms(EVIDENCE))
    draft = Draft(sentences=(say(found),), cites=(("olment",),), computed=(found,))
    changed = unit("olment", BAKERY.replace("11.50", "19.50"))
    for known, reason in ((EVIDENCE[0], ["computed"]), (changed, [])):
        held = hold(draft, {"olment": known}, check, Grounding())
        assert [one.code for claim in held.report.claims for one in claim.reasons if one.code == "computed"] == reason


def test_the_first_row_of_a_table_is_found_where_its_text_repeats_the_heads() -> None:
    cells = (("Team", "Won"), ("Clutha", "6"), ("Milton", "0"))
    text = "Hockey league\nTeam: Clutha; Won: 6\nTeam: Milton; Won: 0"
    league = Evidence(evidence_id="t-0000", kind="table", source="files/t.html", text=text, cells=cells)
    (table,) = grids([league])
    assert (table.title, [row.quote().text for row in table.rows]) == (
        "Hockey league",
        ["Clutha; Won: 6", "Milton; Won: 0"],
    )
    (found,) = operations("How many did Milton win in the hockey league?", [table])
    assert say(found) == "Milton: Won: 0"


def test_a_table_of_labels_without_heads_is_a_form() -> None:
    cells = (("", ""), ("Engine power", "96 kW"), ("Colour", "moss green"))
    text = "Vehicle sheet QN-12\nEngine power: 96 kW\nColour: moss green"
    sheet = Evidence(evidence_id="v-0001", kind="table", source="files/v.pdf", text=text, cells=cells)
    (found,) = operations("What is the colour of the vehicle of sheet QN-12?", forms([sheet]))
    assert (say(found), found.operands[0].quote.text) == ("Colour: moss green", "moss green")


MAIL = (
    "From: Ilse Maurer <[EMAIL_1]>\nTo: Rowing club\nDate: 4 June 2025\nSubject: New oars\n\n"
    "The new oars arrive on Friday. Please bring the trailer."
)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Who sent the mail about the new oars?", "Ilse Maurer <[EMAIL_1]>"),
        ("Who wrote the e-mail about the trailer?", "Ilse Maurer <[EMAIL_1]>"),
        ("When was the mail about the oars sent?", "4 June 2025"),
        # Nothing says so: who paid, another matter, and no mail is asked about.
        ("Who paid for the mail?", None),
        ("Who sent the mail about the boathouse?", None),
        ("Who sent the trailer?", None),
    ],
)
def test_the_head_of_a_mail_says_who_sent_it_and_when(question: str, value: str | None) -> None:
    mail = unit("mail", MAIL).model_copy(update={"source": "new-oars.eml"})
    found = operations(question, forms([mail]))
    assert (found[0].result if found else None) == value


BOILER = (
    "Boiler room of the Aldous baths\n☒ Valves greased\n[ ] Flue brushed\nPressure gauge: 1.8 bar\n"
    "Serial no.: 77120\nPolicy no. B-2025/0388\nGuarantee extended: no"
)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Were the valves greased?", "Yes: Valves greased: ☒"),
        ("Was the flue of the Aldous baths brushed?", "No: Flue brushed: [ ]"),
        ("Was the guarantee extended?", "No: Guarantee extended: no"),
        ("What is the serial number of the boiler?", "Serial no.: 77120"),
        ("What is the policy number of the boiler?", "Policy no.: B-2025/0388"),
        ("What does the pressure gauge read?", "Pressure gauge: 1.8 bar"),
        # Another thing, another deed, and a gauge is nobody who reads.
        ("Was the chimney brushed?", ""),
        ("Were the valves replaced?", ""),
        ("What is the number of the boiler?", ""),
        ("Who does the pressure gauge read?", ""),
    ],
)
def test_a_box_says_whether_and_a_gauge_what_it_shows(question: str, said: str) -> None:
    found = operations(question, forms([unit("boiler", BOILER)]))
    assert (say(found[0]) if found else "") == said


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the fee for the sauna?", "GBP 14"),
        ("What is the fee for a locker at the Aldous baths?", "GBP 2"),
        ("What is the deposit for a locker?", None),
        ("What is the fee for the pool?", None),
    ],
)
def test_what_names_a_list_without_heads_is_what_it_gives(question: str, value: str | None) -> None:
    cells = (("", ""), ("Sauna, 60 minutes", "GBP 14"), ("Locker", "GBP 2"))
    text = "Fees of the Aldous baths\nSauna, 60 minutes: GBP 14\nLocker: GBP 2"
    found = operations(question, grids([unit("baths", text).model_copy(update={"kind": "table", "cells": cells})]))
    assert (found[0].result if found else None) == value


def test_a_table_in_a_mail_belongs_to_what_its_subject_names() -> None:
    cells = (("Item", "Qty"), ("Bath towel", "12"), ("Robe", "3"))
    mail = unit("o", "Item: Bath towel; Qty: 12\nItem: Robe; Qty: 3")
    told = mail.model_copy(update={"kind": "table", "cells": cells, "title": "Your order AB-310"})
    for question, value in (("How many bath towels are in order AB-310?", "12"), ("How many robes are in stock?", "")):
        found = operations(question, grids([told]))
        assert (found[0].result if found else "") == value


LEASE = (
    "Handover of the Quay flat\nIncluded in the rent\n- [x] Heating\n- [ ] Electricity\n"
    "Smoker: [ ] yes [x] no\nConsent to share data with the laboratory: [x] yes [ ] no\n"
    "Reminder by letter: yes\nReminder by telephone: no\n"
)


@pytest.mark.parametrize(
    ("claim", "label"),
    [
        ("Heating is included in the rent.", "supported"),
        ("Electricity is included in the rent.", "contradicted"),
        ("Electricity is not included in the rent.", "supported"),
        ("Consent to share data with the laboratory was not given.", "unsupported"),
        ("The reminder by telephone was chosen.", "contradicted"),
    ],
)
def test_a_point_that_is_not_ticked_or_answered_by_no_denies_its_own_words(claim: str, label: str) -> None:
    assert verify(claim, [unit("lease", LEASE)], Grounding()).claims[0].label == label


LOG = (
    "Cellar log\n\n03.02.2025\nThe gauge reads 1.6 bar. The filter was replaced.\n\n"
    "04.02.2025\nThe gauge reads 1.2 bar. The pump was replaced.\n"
)


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("On 3 February 2025 the gauge read 1.6 bar.", True),
        ("On 4 February 2025 the gauge read 1.2 bar.", True),
        ("On 3 February 2025 the gauge read 1.2 bar.", False),
        ("On 4 February 2025 the filter was replaced.", False),
        ("The pump was replaced on 4 February 2025.", True),
        ("The pump was replaced on 3 February 2025.", False),
    ],
)
def test_a_day_on_a_line_of_its_own_dates_what_stands_below_it(claim: str, supported: bool) -> None:
    assert (verify(claim, [unit("log", LOG)], Grounding()).claims[0].label == "supported") == supported


LOCKED = (
    "From: Tove Lind <[EMAIL_1]>\nTo: Marek Sole <[EMAIL_2]>\nDate: Fri, 07 Mar 2025 17:45:00 +0100\n"
    "Subject: Boiler room\n\nDear Marek,\nplease lock the boiler room."
)
NOTE = "Title: Walk along the dyke\nDate: 2025-05-04\nTags: birds\n\nTwo curlews were seen."


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who sent the mail of 7 March 2025?", "From: Tove Lind <[EMAIL_1]>"),
        ("Who sent the mail of 8 March 2025?", ""),
        ("To whom was the mail about the boiler room sent?", "To: Marek Sole <[EMAIL_2]>"),
        ("When was the walk along the dyke?", "Date: 2025-05-04"),
        ("When was the walk along the canal?", ""),
        ("What is the reference of the letter of Sundby Clinic?", "Reference: SC-771/b"),
        ("What is the reference of the letter of Norrby Clinic?", ""),
        ("Which version is the firmware?", "Firmware version: 3.2.1"),
        ("Which version is the updater?", "Updater version: 4.0"),
        ("Which version is the gateway?", ""),
        ("Which version is the release?", ""),
    ],
)
def test_heads_of_mails_notes_and_letters_answer_by_their_labels(question: str, said: str) -> None:
    letter = unit("scan", "Sundby Clinic - Ref. SC-771/b\n\nDear Ms Vaas,\nplease bring the form.")
    mail = unit("boiler", LOCKED).model_copy(update={"source": "files/boiler.eml"})
    router = unit("router", "Router AX-40\nFirmware 3.2.1\nUpdater version 4.0\nGateway 10.0.0.1\nRelease 3.2.2021")
    found = operations(question, forms([mail, unit("dyke", NOTE), letter, router]))
    assert (say(found[0]) if found else "") == said
