"""The same figure or date said the other way round is contradicted, in whatever notation."""

import pytest

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
