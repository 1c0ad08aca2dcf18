"""The same figure or date said the other way round is contradicted, in whatever notation."""

from typing import cast

import pytest

from groundsight.encoders.reader import Reader
from groundsight.grounding.calibrate import open_arbiter
from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Grounding


def label(source: str, claim: str, language: str = "") -> str:
    evidence = evidence_from_text("e", "note.txt", source).model_copy(update={"language": language})
    return verify(claim, [evidence], Grounding()).claims[0].label


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The voucher is valid until 3 May 2024.", "The voucher is valid from 3 May 2024."),
        ("From 1 October the gate is locked at night.", "Until 1 October the gate is locked at night."),
        ("The exhibition runs 5–19 June 2024.", "The exhibition runs until 5 June 2024."),
        ("The school fund is overdrawn by £75.", "The school fund stands at +£75."),
        ("The weight of the patient is down 3 kg.", "The patient gained a weight of 3 kg."),
        ("The change in mass of the sample was +0.4 g.", "The sample lost a mass of 0.4 g."),
        ("Class size: not more than 30 pupils", "A class has at least thirty pupils."),
        ("The older of the two brothers runs the shop.", "The shop is run by the younger brother."),
        ("Rooms: suites €80–€110, attics €55–€70", "Suites are rooms from 55 to 70 euros."),
        ("The pool is open daily except on Mondays.", "The pool is open on Mondays."),
        ("Bins are emptied on Tuesdays, not on Mondays.", "Bins are emptied on Mondays."),
        ("The judging takes place on May 21, 2019.", "The judging takes place on 12/05/2019."),
        ("The account is 6,000 euros short.", "The account stands at plus 6,000 euros."),
        ("The night had minus 6 degrees.", "The night had six degrees above zero."),
    ],
)
def test_what_is_said_the_other_way_round_is_contradicted(source: str, claim: str) -> None:
    assert label(source, claim) == "contradicted"


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The voucher is valid until 3 May 2024.", "The voucher is valid until 3 May 2024, a Friday."),
        ("Registration is possible not before 5 June.", "Registration is possible from 5 June."),
        ("The pool opens at 9:00 and is open until 20:00.", "The pool is open until 20:00."),
        ("The school fund is overdrawn by £75.", "The school fund stands at -£75."),
        ("The pool is closed on Mondays.", "The pool is not open on Mondays."),
        ("All rooms have a balcony except room 7.", "Room 7 has no balcony."),
        ("The hen house needs no fewer than 4 nest boxes.", "The hen house needs four nest boxes or more."),
        ("Sales rose from 60% to 65%.", "Sales rose by five percentage points."),
        ("The pool is open daily except on Mondays.", "The pool is closed on Mondays."),
        ("The pool is open daily except on Mondays.", "The pool is not open on Mondays."),
        ("Bins are emptied on Tuesdays, not on Mondays.", "The bins are emptied on Tuesdays."),
        ("A holiday moves the round; this touches 1 April and 1 May.", "The holiday on 1 May moves the round."),
        ("The taxis are paid for at most two months.", "The taxis are paid for no longer than two months."),
    ],
)
def test_what_is_said_the_same_way_round_is_not_contradicted(source: str, claim: str) -> None:
    assert label(source, claim) != "contradicted"


@pytest.mark.parametrize(
    ("language", "source", "claim"),
    [
        ("de", "Das Bad ist sonntags geschlossen.", "Sonntags ist das Bad offen."),
        ("fr", "Le musée est fermé le lundi.", "Le lundi, le musée est ouvert."),
        ("de", "Auf dem Schulhof ist Rauchen verboten.", "Auf dem Schulhof darf man Rauchen."),
        ("es", "El acceso con perros está prohibido.", "El acceso con perros está permitido."),
    ],
)
def test_opposites_of_four_languages_contradict(language: str, source: str, claim: str) -> None:
    assert label(source, claim, language) == "contradicted"


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Check-up here: 20 April, 10.15, with new X-rays.", "The check-up on 20 April is at a quarter past ten."),
        ("Story hour: Wednesdays at 3.30 with Leopold.", "The story hour on Wednesdays is at half past three."),
        ("Drilling is permitted on weekdays.", "Drilling is permitted on Mondays."),
    ],
)
def test_a_time_is_found_however_it_is_written(source: str, claim: str) -> None:
    evidence = [evidence_from_text("e", "note.txt", source)]
    assert "date_missing" not in {one.code for one in verify(claim, evidence, Grounding()).claims[0].reasons}


def test_rows_with_the_same_cell_keep_their_labels() -> None:
    table = "Day | Morning | Afternoon\nMonday | 1st floor | 2nd floor\nFriday | 3rd floor | 2nd floor"
    claim = "The 2nd floor has the laundry on Monday and on Friday."
    evidence = [evidence_from_text("e", "rota.txt", f"The laundry.\n\n{table}")]
    assert "date_missing" not in {one.code for one in verify(claim, evidence, Grounding()).claims[0].reasons}


def test_of_another_language_shared_words_and_figures_decide() -> None:
    class Denying:
        name = "verifier"

        def support(self, pairs: list[tuple[str, str]]) -> list[float]:
            return [-6.0 for _ in pairs]

    arbiter = open_arbiter(cast("Reader", Denying()))
    said = {"en": ("The repair of the phone: 95 euros.", "The repair of the phone costs 95 euros."),
            "es": ("Reparación del móvil: 95 euros.", "La reparación del móvil cuesta 95 €.")}  # fmt: skip
    labels: dict[str, str] = {}
    for language, (source, claim) in said.items():
        evidence = evidence_from_text("e", "note.txt", source).model_copy(update={"language": language})
        labels[language] = verify(claim, [evidence], Grounding(), arbiter=arbiter).claims[0].label
    assert labels == {"en": "unsupported", "es": "supported"}
