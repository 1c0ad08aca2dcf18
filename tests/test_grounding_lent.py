"""What stands elsewhere in a text lends a claim nothing: half a sentence, a neighbour, another row, another clause."""

from __future__ import annotations

import pytest

from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text, sentence_spans
from groundsight.settings import Grounding


def label(claim: str, text: str) -> str:
    (verdict,) = verify(claim, [evidence_from_text("e", "e.txt", text)], Grounding()).claims
    return verdict.label


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Smoking is never\npermitted in the hall.", "Smoking is permitted in the hall."),
        ("Visitors who book late may not\nbring a dog into the reserve.", "Visitors who book late may bring a dog."),
        (
            "The cover for death is\nEUR 150,000, for disability up to EUR 300,000.",
            "The cover for death is EUR 300,000.",
        ),
        ("The choir sings on Friday. The organ was not\nrestored in May.", "The organ was restored in May."),
    ],
)
def test_a_line_break_inside_a_sentence_does_not_end_it(text: str, claim: str) -> None:
    assert label(claim, text) != "supported"
    assert label(text.replace("\n", " ").split(". ")[-1], text) == "supported"


@pytest.mark.parametrize(
    "text",
    [
        "Shed\npaint 12\nbrushes 30",
        "- the lamp is\n- the desk is old",
        "Colour: the\nWidth: 40 cm",
        "# The barn\nthe barn is red.",
        "Lamp | the\nDesk | old",
        "The hut stands by the lake\nThe boat lies on the shore",
    ],
)
def test_points_rows_and_headings_stay_apart(text: str) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == text.split("\n")


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The dog is brown. The cat weighs 30 kg.", "The dog weighs 30 kg."),
        ("The cat weighs 30 kg.", "The dog weighs 30 kg."),
        ("Keep the milk cold. The oven is set to 200 °C.", "Keep the milk above 8 °C."),
        ("The red kiln is new. The blue kiln was repaired in 2019.", "The red kiln was repaired in 2019."),
        ("The choir rehearses weekly. The orchestra has 64 members.", "The choir has 64 members."),
    ],
)
def test_a_neighbour_lends_no_number(text: str, claim: str) -> None:
    assert label(claim, text) != "supported"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The cat is brown. It weighs 30 kg.", "The cat weighs 30 kg."),
        ("Lumen tower\nThe lift holds 12 persons.", "The lift of Lumen tower holds 12 persons."),
        ("The orchestra was founded in 1911. It has 64 members.", "The orchestra, founded in 1911, has 64 members."),
    ],
)
def test_a_neighbour_lends_what_a_pronoun_means_and_a_heading(text: str, claim: str) -> None:
    assert label(claim, text) == "supported"


@pytest.mark.parametrize(
    ("text", "claim", "other"),
    [
        ("Oil was changed; the coolant was not changed.", "The coolant was changed.", "The oil was changed."),
        (
            "The permit was granted for the stage but the permit for the bar was not granted.",
            "The permit for the bar was granted.",
            "The permit for the stage was granted.",
        ),
        (
            "The cafe is open on Monday. The museum is closed on Monday.",
            "The museum is open on Monday.",
            "The cafe is open on Monday.",
        ),
        (
            "The north stairs were locked in May. The south stairs were unlocked in May.",
            "The south stairs were locked in May.",
            "The north stairs were locked in May.",
        ),
    ],
)
def test_what_one_clause_says_is_no_answer_to_what_another_denies(text: str, claim: str, other: str) -> None:
    assert label(claim, text) == "contradicted"
    assert label(other, text) == "supported"


@pytest.mark.parametrize(
    "head", ["Price $", "Price USD", "Price in dollars", "Price, USD", "Price [USD]", "Price (USD)"]
)
def test_the_head_of_a_column_names_its_currency_in_any_spelling(head: str) -> None:
    text = f"Kayak | {head}\nKestrel | 2490\nWren | 1200"
    assert label("The price of the Kestrel is $2,490.", text) == "supported"
    assert label("The price of the Kestrel is €2,490.", text) == "contradicted"


@pytest.mark.parametrize("no", ["no", "No", "none", "✗"])
def test_a_no_under_a_head_denies_it(no: str) -> None:
    text = f"Ladder | In stock | Length\nOak | {no} | 4 m\nAsh | yes | 6 m"
    assert label("The Oak ladder is in stock.", text) != "supported"
    assert label("The Oak ladder is not in stock.", text) == "supported"
    assert label("The Ash ladder is in stock.", text) == "supported"
    assert label("The Ash ladder is not in stock.", text) != "supported"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The mast is about 9 m high.", "The mast is more than 9 m high."),
        ("The mast is about 9 m high.", "The mast is at least 9 m high."),
        ("The mast is at least 9 m high.", "The mast is more than 9 m high."),
        ("The dough takes 2½ cups of flour.", "The dough takes 2 cups of flour."),
        ("The dough takes 2 1/2 cups of flour.", "The dough takes 2 cups of flour."),
        ("The beam is ¾ inch thick.", "The beam is 4 inch thick."),
        ("Guide | Hours\nPia | 12\nOle | 30", "Pia has the most hours."),
        ("Guide | Hours\nPia | 12\nOle | 30", "Ole has the lowest hours."),
    ],
)
def test_a_bound_a_part_and_a_best_are_more_than_the_bare_number(text: str, claim: str) -> None:
    assert label(claim, text) != "supported"


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The mast is more than 9 m high.", "The mast is more than 9 m high."),
        ("The mast is 9 m high.", "The mast is at least 9 m high."),
        ("The dough takes 2½ cups of flour.", "The dough takes 2.5 cups of flour."),
        ("The dough takes 1–2½ cups of flour.", "The dough takes 1 to 2.5 cups of flour."),
        ("The beam is 1 3/4 inch thick.", "The beam is 1.75 inch thick."),
        ("Guide | Award | Hours\nPia | most helpful | 12\nOle | none | 30", "Pia has the most helpful award."),
    ],
)
def test_a_bound_a_part_and_a_best_that_are_said_are_supported(text: str, claim: str) -> None:
    assert label(claim, text) == "supported"


@pytest.mark.parametrize(
    ("evidence", "claim"),
    [
        ("The pool closes at 20:00. It is not heated in winter.", "The pool is heated in winter."),
        ("Dogs must be kept on a lead. They are not allowed in the greenhouse.", "Dogs are allowed in the greenhouse."),
        ("Dr. Amsel may not sign contracts. She is not a member of the board.", "Dr. Amsel is a member of the board."),
        ("Piet read the lease to Hanne. Hanne never signed the lease.", "Hanne signed the lease."),
        ("The tower has a clock. It is closed on Mondays.", "The tower is open on Mondays."),
    ],
)
def test_a_sentence_that_denies_the_claim_lends_it_no_words(evidence: str, claim: str) -> None:
    assert label(claim, evidence) != "supported"


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Three of the twelve beds have not been weeded.", "Nine of the twelve beds have been weeded."),
        ("The kettle was mended by Ida Vels.", "Ida Vels mended the kettle without the spare lid."),
    ],
)
def test_a_denial_of_something_else_is_no_conflict(claim: str, text: str) -> None:
    assert label(claim, text) != "contradicted"
