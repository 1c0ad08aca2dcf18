"""Support may be spread over a long text; what is checked in one sentence is checked there too."""

from __future__ import annotations

import pytest

from groundsight.grounding.calibrate import PLAIN, packaged_at
from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Grounding
from groundsight.types import Verdict

REPORT = """4 May 2017
The Orlen mill in Tarvik burned down on Sunday night.
It had been built in 1888 by the merchant Josef Orlen and last ground flour in 1959.
Firemen from six villages fought the flames until morning.
Nobody was hurt, because the tenant, the sculptor Mara Lindt, was away in Rome.
Her workshop with some forty figures was destroyed.
The insurance company puts the damage at 1.2 million crowns.
Mayor Erik Dahl wants to have the mill rebuilt with its old wheel.
The police do not believe that the fire was set on purpose.
"""
LONG = (
    "The mill in Tarvik, built by Josef Orlen in 1888 and used as a workshop by the sculptor Mara Lindt, burned down."
)


def check(claim: str, *texts: str) -> Verdict:
    evidence = [evidence_from_text(f"e{n}", f"{n}.txt", text) for n, text in enumerate(texts or (REPORT,))]
    return verify(claim, evidence, Grounding()).claims[0]


def test_sentences_of_one_text_support_a_long_claim_together_and_all_are_quoted() -> None:
    verdict = check(LONG)
    assert verdict.label == "supported"
    assert len(verdict.support) > 1
    assert all(REPORT[one.span.start : one.span.end] == one.text for one in verdict.support)
    assert "together" in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1888", "1898"),
        ("1888", "1959"),
        ("Josef Orlen", "Peder Holm"),
        ("Mara Lindt", "Ada Brun"),
        ("Tarvik", "Sundal"),
        ("burned down", "was not burned down"),
    ],
)
def test_one_edit_to_a_long_claim_is_never_supported(old: str, new: str) -> None:
    assert check(LONG.replace(old, new)).label != "supported"


def test_the_date_line_of_a_text_dates_its_sentences() -> None:
    claim = "In 2017 the Orlen mill in Tarvik burned down."
    assert check(claim).label == "supported"
    assert check(claim.replace("2017", "2016")).label != "supported"
    assert check(claim, REPORT.partition("\n")[2]).label != "supported"


def test_a_number_from_a_far_sentence_about_something_else_does_not_count() -> None:
    far = "\n".join((REPORT, *["The harvest was good."] * 8, "A choir of 74 singers gave a concert."))
    assert check("The mill was fought over by firemen from 74 villages until morning.", far).label != "supported"


@pytest.mark.parametrize(
    "claim", ["The old windmill was not restored.", "The windmill was never restored by the village."]
)
def test_what_the_text_does_not_deny_is_not_denied_by_it(claim: str) -> None:
    assert check(claim, "The village repaired the old windmill.").label != "supported"
    assert check(claim, "The village did not repair or restore the old windmill.").label == "supported"


def test_euros_written_as_a_sign_or_a_word_are_compared_exactly() -> None:
    source = "The village has offered a reward of 2,000 euros."
    assert check("A reward of €2,000 was offered by the village.", source).label == "supported"
    assert check("A reward of €2,003 was offered by the village.", source).label != "supported"


def test_the_more_of_its_details_are_nowhere_the_less_likely_is_a_claim() -> None:
    claims = (LONG, LONG.replace("1888", "1871"), LONG.replace("1888", "1871").replace("Mara Lindt", "Ada Brun"))
    first, second, third = (check(claim).probability for claim in claims)
    assert first > second > third


def test_the_packaged_coefficients_are_those_that_the_training_texts_give() -> None:
    pytest.importorskip("sklearn")
    from groundsight.training.train_calibration import TEXTS, train

    fitted, packaged = train(TEXTS), packaged_at(PLAIN)
    assert fitted.version == packaged.version
    assert fitted.weights == pytest.approx(packaged.weights, abs=0.05)
