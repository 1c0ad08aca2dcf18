"""Every slot of a claim is bound: to one sentence or row, to what the evidence yields, or it is named as missing."""

from __future__ import annotations

import pytest

from groundsight.evidence.passage_index import PassageIndex
from groundsight.grounding.bind import Bound
from groundsight.grounding.calibrate import FEATURES, Arbiter, Calibration
from groundsight.grounding.decide import bound_to
from groundsight.grounding.verify import verify
from groundsight.language.facts import read_facts
from groundsight.language.sentences import evidence_from_text
from groundsight.settings import Grounding
from groundsight.types import Verdict

CLINIC = """Nurse Ada Brun lent the pump to Josef Orlen on 3 May 2024.
In House A the air was held at 26 °C, in House B at 33 °C.
The porter must lock the gate. Visitors may park before 9:00. The filter is checked weekly.
Some rooms have a balcony. Dr Selma Roth wrote the plan. Pump A holds 40 litres and pump B 60 litres."""
TOOLS = "Item | Price\nRake | 9.50 EUR\nHoe | 12 EUR"


def check(claim: str, text: str = CLINIC) -> Verdict:
    return verify(claim, [evidence_from_text("e", "e.txt", text)], Grounding()).claims[0]


def bound(claim: str, text: str = CLINIC) -> Bound:
    return bound_to(read_facts(claim), PassageIndex([evidence_from_text("e", "e.txt", text)]))


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("Josef Orlen lent the pump to Ada Brun on 3 May 2024.", "role_mismatch"),
        ("The air in House A was held at 33 °C.", "attribute_mismatch"),
        ("The porter may lock the gate.", "modality_mismatch"),
        ("Visitors may park after 9:00.", "time_mismatch"),
        ("The filter is checked monthly.", "rate_mismatch"),
        ("All rooms have a balcony.", "quantifier_mismatch"),
    ],
)
def test_a_conflict_of_one_slot_is_located_and_named(claim: str, code: str) -> None:
    verdict = check(claim)
    assert verdict.label == "contradicted"
    assert code in {reason.code for reason in verdict.reasons}
    assert all(reason.evidence for reason in verdict.reasons)


@pytest.mark.parametrize(
    "claim",
    [
        "The pump was lent to Josef Orlen by Nurse Ada Brun.",
        "Josef Orlen borrowed the pump from Ada Brun.",
        "Pump B holds 20 litres more than pump A.",
        "The plan was written by Dr Selma Roth.",
    ],
)
def test_passive_converse_and_difference_are_no_conflict(claim: str) -> None:
    assert check(claim).label != "contradicted"
    assert not bound(claim).open


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("The porter must lock 17 gates of 350 kg.", "number_missing"),
        ("Pump A holds 40 kilograms.", "unit_missing"),
        ("Dr Selma Roth wrote the plan in 2019.", "date_missing"),
        ("Dr Tomas Reuter wrote the plan.", "entity_missing"),
    ],
)
def test_what_the_evidence_neither_says_nor_yields_is_named(claim: str, code: str) -> None:
    assert code in {reason.code for reason in bound(claim).open}


def test_an_arbiter_gets_every_feature_and_decides_where_no_check_does() -> None:
    weights = dict.fromkeys(FEATURES, 0.0)
    doubter = Arbiter(Calibration(version="doubter", origin="", threshold=0.5, intercept=-2.0, weights=weights))
    evidence = [evidence_from_text("e", "e.txt", CLINIC)]
    claim = "The plan was written by Dr Selma Roth."
    assert set(bound(claim).features) == set(FEATURES)
    report = verify(claim, evidence, Grounding(), arbiter=doubter)
    assert (report.claims[0].label, report.calibration) == ("unsupported", "doubter")


@pytest.mark.parametrize(
    ("claim", "read"),
    [
        ("The price of the hoe is about 12.1 euros.", "The price of the hoe is about 12 EUR."),
        ("On 2024-05-03 Ada Brun lent the pump.", "On 3 May 2024 Ada Brun lent the pump."),
        ("Pump A holds 50 litres.", "Pump A holds 50 litres."),
    ],
)
def test_what_a_check_has_settled_is_read_as_the_evidence_writes_it(claim: str, read: str) -> None:
    assert bound(claim, f"{CLINIC}\nThe hoe has a price of 12 EUR.").as_written == read


def test_what_is_denied_of_others_is_not_denied_of_the_claim_s() -> None:
    text = "Hens that were fed twice laid on average 9 eggs more than those that were not."
    assert check("Hens that were fed twice laid 9 eggs more on average.", text).label == "supported"


def test_a_citation_of_other_evidence_is_told_with_the_right_one() -> None:
    evidence = [evidence_from_text("a", "a.txt", CLINIC), evidence_from_text("b", "b.txt", "The hall was painted.")]
    wrong, right = (verify(f"Dr Selma Roth wrote the plan. [{one}]", evidence, Grounding()).claims[0] for one in "ba")
    assert [reason.message for reason in wrong.reasons if reason.code == "wrong_citation"] == ["a says this, not b"]
    assert not [reason for reason in right.reasons if reason.code == "wrong_citation"]


def test_the_rows_of_a_table_in_an_answer_are_checked_cell_by_cell() -> None:
    answer = "| Item | Price |\n|---|---|\n| Rake | 9.50 EUR |\n| Hoe | 9.50 EUR |"
    verdicts = verify(answer, [evidence_from_text("e", "e.txt", TOOLS)], Grounding()).claims
    assert [one.label for one in verdicts] == ["not_checkable", "supported", "contradicted"]


@pytest.mark.parametrize(
    "claim",
    [
        "Possibly the gate was sold in 2031.",
        "## Rent: 900 EUR",
        "Wasn't it Tomas Reuter who wrote the plan?",
        "(in 2031)",
    ],
)
def test_no_manner_of_writing_hides_a_detail_from_the_check(claim: str) -> None:
    assert check(claim).label in ("unsupported", "contradicted")


def test_evidence_without_text_is_not_called_none() -> None:
    empty = verify("Dr Selma Roth wrote the plan.", [evidence_from_text("e", "e.txt", "")], Grounding()).claims[0]
    none = verify("Dr Selma Roth wrote the plan.", [], Grounding()).claims[0]
    assert [one.reasons[0].message for one in (empty, none)] == [
        "the evidence holds no text",
        "no evidence was given or found",
    ]


@pytest.mark.parametrize("hours", ["72", "36", "96"])
def test_a_copy_with_another_number_is_not_reckoned_from_what_stands_elsewhere(hours: str) -> None:
    before = "A ticket can be returned up to 48 hours before departure for a full refund."
    now = before.replace("48", "24")
    given = [evidence_from_text(name, f"{name}.txt", text) for name, text in (("old", before), ("new", now))]
    given.append(evidence_from_text("other", "other.txt", "An engineer is sent within 72 hours of a call."))
    claim = before.replace("48", hours)
    assert verify(claim, given, Grounding()).claims[0].label == "contradicted"
