"""What is written with another sign is not what the source says: laws of the verbatim check, and look-alikes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.language.typography import written
from groundsight.settings import Grounding
from groundsight.types import Verdict

SENTENCES = (
    "The ward keeps the vaccine at -4 °C for at most 30 days.",
    "Members pay £18 a year; guests pay €2.50 (children: 1/2 price).",
    "Set log_level=debug & retry > 3 times, as a_b.txt says.",
    "The lens has f = 35 mm ± 0.2 mm at 20% humidity.",
    "Is the gate locked at 9:30 pm?",
    "Coach Ana Ruiz said: “we won 3–1 – at last”.",
)
SIGNS = "<>≤≥=%‰€$£°±/^_+~?²³µ-.,:;!'\"()[]&@#*|0123456789abcXYZ"


def judge(claim: str, *texts: str) -> Verdict:
    evidence = [evidence_from_text(f"e{n}", f"{n}.txt", text) for n, text in enumerate(texts)]
    return verify(claim, evidence, Grounding()).claims[0]


def is_verbatim(claim: str, text: str) -> bool:
    said = verify(claim, [evidence_from_text("e", "e.txt", text)], Grounding()).claims
    return all(reason.code == "verbatim" for one in said for reason in one.reasons[:1]) and bool(said)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(SENTENCES), st.data())
def test_one_changed_sign_and_it_is_not_verbatim(text: str, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([n for n, c in enumerate(text) if not c.isspace()]))
    sign = data.draw(st.sampled_from(SIGNS))
    assume(written(sign) != written(text[at]) or sign == ".")
    changed = text[:at] + sign + text[at + 1 :]
    assume(written(changed) != written(text))
    assert not is_verbatim(changed, text)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SENTENCES), st.sampled_from([*"<>%‰€$£°±/^_+~²³"]), st.integers(0, 60))
def test_one_sign_put_in_and_it_is_not_verbatim(text: str, sign: str, at: int) -> None:
    assert not is_verbatim(text[:at] + sign + text[at:], text)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The deposit is “due” at once", 'The deposit is "due" at once.'),
        ("Rain − heavy rain − fell at −3 °C.", "Rain – heavy rain – fell at -3 °C."),
        ("The fee is 12 euros.", "The fee is\u00a012 euros."),
        ("The **fee** is 12 euros [1].", "The fee is 12 euros."),
        ("The fee is 12 euros.", "- The fee is 12 euros."),
    ],
)
def test_typography_is_no_difference(claim: str, source: str) -> None:
    assert judge(claim, source).reasons[0].code == "verbatim"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The entry fee is 40 $.", "The entry fee is 40 EUR."),
        ("The entry fee is 40 SEK.", "The entry fee is 40 NOK."),
        ("The prize is 40 euros.", "The prize is 40 Swiss francs."),
        ("Stamps cost £20.", "Stamps cost 20p."),
        ("The probe stays at 6 °C.", "The probe stays at -6 °C."),
        ("Water with pH > 7.", "Water with pH < 7."),
        ("Use a voltage of pH 7.", "Use a voltage of pH < 7."),
        ("Water n ≥ 12 samples.", "Water n ≤ 12 samples."),
        ("The batch has 1.234 seeds.", "The batch has 1,234 seeds."),
        ("The tariff is 1.234 EUR.", "The tariff is 1.234,56 EUR."),
        ("The loss is 5 ‰.", "The loss is 5 %."),
        ("The laser emits 5 MW.", "The laser emits 5 mW."),
        ("The bed measures 12 m.", "The bed measures 12 m²."),
        ("The well holds 55 µg/l nitrate.", "The well holds 55 mg/l nitrate."),
        ("The club charges 30 euros a year.", "The club charges 30 euros a month."),
        ("The nurse is on extension 417.", "The nurse is on extension 0417."),
        ("Simmer for exactly 25 minutes.", "Simmer for about 25 minutes."),
        ("A plum cake costs 3.60 EUR.", "A plum cake costs 4.20 EUR."),
        ("The new price is 6,250 euros.", "The new price is 5,860 euros, not 6,250 euros."),
        ("Add 3-4 cups of flour.", "Add 3/4 cups of flour."),
        ("Open the file notes-old.md first.", "Open the file notes_old.md first."),
        ("Open the file notes/old.md first.", "Open the file notes-old.md first."),
        ("The gate is locked.", "Is the gate locked?"),
        ("The gate locked.", "The gate locked?"),
    ],
)
def test_another_sign_currency_unit_or_bound_is_never_supported(claim: str, source: str) -> None:
    assert judge(claim, source).label != "supported"


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The entry fee is €40.", "The entry fee is 40 EUR."),
        ("Stamps cost 20 pence.", "Stamps cost 20p."),
        ("The prize is CHF 40.", "The prize is 40 Swiss francs."),
        ("The probe stays at −6 °C.", "The probe stays at -6 °C."),
        ("The pH has to be below 7.", "The pH has to be < 7."),
        ("The tariff is 1,234.56 EUR.", "The tariff is 1.234,56 EUR."),
        ("The barrel holds 1,500 litres.", "The barrel holds 1.5 m³."),
        ("The garden measures 1 hectare.", "The garden measures 10,000 m²."),
        ("The laser emits 0.005 W.", "The laser emits 5 mW."),
        ("The club charges 30 euros per month.", "The club charges 30 euros a month."),
        ("The new price is 5,860 euros.", "The new price is 5,860 euros, not 6,250 euros."),
        ("The lift holds 9 people and the ramp 2.", "The lift holds 9 people, and the ramp 2!"),
    ],
)
def test_the_same_said_with_other_signs_is_supported(claim: str, source: str) -> None:
    assert judge(claim, source).label == "supported"


def test_a_located_difference_in_signs_is_shown_on_both_sides() -> None:
    verdict = judge("Copy a-b.cfg to the server.", "Copy a_b.cfg to the server.")
    assert verdict.label == "contradicted"
    assert verdict.reasons[0].message == "a-b in the answer, a_b in the source"


def test_a_source_that_says_exactly_this_stands_against_one_that_differs_in_a_sign() -> None:
    verdict = judge("Keep the pH < 7.", "Keep the pH > 7.", "Keep the pH < 7.")
    assert (verdict.label, verdict.support[0].evidence_id) == ("supported", "e1")


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        ("The cable car moves at 18 km/h.", "The cable car moves at 18 kilometres per hour.",
         "It moves at 18 metres per second."),
        ("The dough rests for 2-3 hours.", "The dough rests for two to three hours.",
         "The dough rests for three to four hours."),
        ("The walk takes 80 minutes.", "The walk takes 1 hour and 20 minutes.",
         "The walk takes 1 hour and 40 minutes."),
        ("A quarter of the seats are reserved.", "One in four seats is reserved.",
         "One in three seats is reserved."),
        ("The press prints 200 sheets per minute.", "Every minute the press prints 200 sheets.",
         "Every hour the press prints 200 sheets."),
        ("The concert begins at 19:30.", "The concert begins at half past seven in the evening.",
         "It begins at half past eight in the evening."),
        ("The reserve stands at -310 euros.", "The reserve is overdrawn by 310 euros.",
         "The reserve is overdrawn by 130 euros."),
        ("The choir has 1,140 members.", "The choir has more than a thousand members.",
         "The choir has more than two thousand members."),
        ("Pupils aged 9 to 14 may ride free.", "Pupils between nine and fourteen may ride free.",
         "Pupils between nineteen and forty may ride free."),
    ],
)  # fmt: skip
def test_a_figure_in_other_words_is_the_same_figure_and_another_one_is_not(source: str, true: str, false: str) -> None:
    assert judge(true, source).label == "supported"
    assert judge(false, source).label != "supported"
