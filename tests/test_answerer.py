"""The writer without a language model: the packaged reader proposes, filters veto, and the gate has to be sure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from groundsight.agent.answerer import find, likeliest
from groundsight.agent.candidates import Eyes, Proposal
from groundsight.agent.proposals import absent, proposals
from groundsight.agent.question import Question
from groundsight.agent.state import Finding
from groundsight.encoders import open_reader, open_text_encoder
from groundsight.evidence.windows import windows
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Models, Settings
from groundsight.suite import open_suite
from groundsight.types import Evidence

LEASE = (
    "Allotment lease, plot 31\nTenant: Mirela Kovač. Landlord: Gardens of Zaprešić.\n"
    "The rent is 84 EUR a year and falls due on 1 March.\n"
    "Hens may be kept; bees may not, because of the school next door.\n"
    "The lease was signed by Tomo Barić on behalf of the landlord."
)
HIRE = (("Item", "Day rate", "Deposit"), ("Marquee", "95 EUR", "150 EUR"), ("Trestle", "4 EUR", "20 EUR"))


@cache
def eyes() -> Eyes:
    reader, encoder = open_reader(Models()), open_text_encoder(Models())
    assert reader is not None
    assert encoder is not None

    def near(text: str, said: Sequence[str]) -> list[float]:
        return [float(one) for one in encoder.encode(said, role="passage") @ encoder.encode([text], role="query")[0]]

    return Eyes(reader, near)


def lease() -> list[Evidence]:
    return [evidence_from_text("lease", "lease.txt", LEASE)]


def hire() -> list[Evidence]:
    text = "\n".join(" | ".join(row) for row in HIRE)
    return [evidence_from_text("hire", "hire.csv", text).model_copy(update={"kind": "table", "cells": HIRE})]


def asked(question: str, evidence: list[Evidence]) -> Finding | None:
    return find(1, question, evidence, eyes(), ())


@pytest.mark.parametrize(
    ("beside", "differs"),
    [
        ("Bees at Quarry Field.\n\nThe spring harvest gave 112 kg of honey in 2025.", False),
        ("Bees at Quarry Field.\n\nAt Quarry Field the harvest was 112 kg of honey in 2025.", True),
    ],
)
def test_a_sentence_about_another_thing_is_no_source_that_differs(tmp_path: Path, beside: str, differs: bool) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/report.txt").write_text("In 2025 Quarry Field gave 86 kg of honey.")
    (tmp_path / "files/notes.txt").write_text(beside)
    with open_suite(Settings(home=tmp_path / "home", roots=(tmp_path / "files",))) as suite:
        suite.ingest(tmp_path / "files")
        answer = suite.ask("How much honey did Quarry Field give in 2025?")
    assert answer.text.startswith("In 2025 Quarry Field gave 86 kg of honey [1].")
    assert ("Another source differs" in answer.text) == differs


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What does it cost to rent the plot for a year?", "84 EUR"),
        ("Who put his name to it for the landlord?", "Tomo Barić"),
    ],
)
def test_a_question_in_other_words_is_answered_with_the_value_and_its_place(question: str, value: str) -> None:
    found = asked(question, lease())
    assert found is not None
    assert value in found.value
    assert LEASE[found.quote.span.start : found.quote.span.end] == found.quote.text


@pytest.mark.parametrize("question", ["How much does plot 32 cost?", "What is the rent of the allotment in Sisak?"])
def test_what_a_question_names_has_to_stand_with_the_answer(question: str) -> None:
    (window,) = windows(lease())
    assert absent(Question(question), Proposal(window, 0, 4, 0.0, 0))
    assert asked(question, lease()) is None


def test_a_value_of_a_row_is_said_with_its_key_and_head() -> None:
    best = max(
        proposals(Question("What deposit is asked for the marquee?"), hire(), eyes()), key=lambda one: one.margin
    )
    assert best.value == "150 EUR"
    assert best.column == 2


def test_a_question_for_yes_or_no_is_left_to_the_evidence() -> None:
    assert asked("Am I allowed to keep hens there?", lease()) is None
    assert likeliest(Question("Are hens allowed on the plot?"), lease(), eyes()) == []


def test_a_refused_sentence_gives_way_to_none_that_says_less_of_the_question() -> None:
    refused, other = "Kiln K-7 was fired with ash glaze on 4 May.", "Kiln K-2 was fired with salt glaze on 9 May."
    kilns = [evidence_from_text("kilns", "kilns.txt", f"{refused}\n{other}")]
    question = "Which kiln was fired with ash glaze?"
    found = find(1, question, kilns, eyes(), ())
    assert found is not None
    assert found.quote.text.endswith("K-7")
    assert find(1, question, kilns, eyes(), (refused,)) is None


def test_a_sentence_that_the_check_refused_is_not_proposed_again_and_competes_with_no_other() -> None:
    once, again = "The rent is 84 EUR a year.", "Each plot has a rent of 84 EUR a year."
    both = [evidence_from_text(f"t{at}", f"t{at}.txt", text) for at, text in enumerate((once, again))]
    first, second = (find(1, "How much is the rent a year?", both, eyes(), banned) for banned in ((), (once,)))
    assert first is not None
    assert second is not None
    assert (first.sentence, second.sentence) == (once, again)


def test_without_evidence_nothing_is_proposed() -> None:
    assert proposals(Question("Who signed it?"), [], eyes()) == []
    assert asked("Who signed it?", []) is None


def test_what_a_mail_quotes_does_not_beat_what_it_says(tmp_path: Path) -> None:
    mail = (
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Price of the pergola\r\n"
        b"Date: Mon, 3 Mar 2025 10:00:00 +0000\r\nContent-Type: text/plain\r\n\r\n"
        b"The price of the pergola is 4,150 euros.\r\n\r\n"
        b"On 1 March 2025 Mr Brod wrote:\r\n> The price of the pergola is 4,900 euros.\r\n"
    )
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "pergola.eml").write_bytes(mail)
    with open_suite(Settings.model_validate({"home": tmp_path / "home", "roots": [tmp_path / "files"]})) as suite:
        suite.ingest(tmp_path / "files")
        answer = suite.ask("What is the price of the pergola?")
    assert answer.text.startswith("The price of the pergola is 4,150 euros")


def test_a_row_that_the_question_picks_by_its_day_goes_before_one_that_only_reads_like_it() -> None:
    days = (
        ("Day", "Power kWh", "Water l"), ("2025-01-01", "14.2", "310"),
        ("2025-01-02", "9.8", "295"), ("2025-01-03", "11.5", "402"),
    )  # fmt: skip
    text = "Meter of the ski hut\n" + "\n".join(" | ".join(row) for row in days)
    meter = evidence_from_text("meter", "meter.csv", text).model_copy(update={"kind": "table", "cells": days})
    found = proposals(Question("How much power did the hut draw on 2 January 2025?"), [meter], eyes())
    assert {one.value: one.features["bound"] for one in found if one.label == "Power kWh"}["9.8"] == 1
    assert {one.features["bound"] for one in found if one.label and "2025-01-02" not in one.said} == {-1}


def test_what_a_mail_quotes_answers_only_what_its_newer_text_leaves_open(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "re-oak.eml").write_text(
        "From: a@example.org\nTo: b@example.org\nSubject: Re: oak boards\n\n"
        "The oak boards now cost 58 euros a piece.\n\n"
        "On Mon, 3 Mar 2025 Karl Wendt wrote:\n> The oak boards cost 62 euros a piece.\n> Delivery takes seven weeks.\n"
    )
    with open_suite(Settings.model_validate({"home": tmp_path / "home"})) as suite:
        suite.ingest(tmp_path / "files")
        assert "seven weeks" in suite.ask("How long does delivery take?").text
        price = suite.ask("What do the oak boards cost?")
        assert ("58" in price.text, "62" in price.text) == (True, False)


def test_what_was_opened_is_no_day() -> None:
    cells = (("Ticket", "Opened", "Closed"), ("TK-9", "3 April 2025", "7 April 2025"))
    text = "\n".join(" | ".join(row) for row in cells)
    tickets = [evidence_from_text("tickets", "tickets.csv", text).model_copy(update={"kind": "table", "cells": cells})]
    assert asked("What was opened in ticket TK-9?", tickets) is None
    found = asked("When was ticket TK-9 opened?", tickets)
    assert found is not None
    assert found.value == "3 April 2025"
