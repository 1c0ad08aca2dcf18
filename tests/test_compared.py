"""Comparisons, copies with one other word, and what another clause says of somebody else."""

from __future__ import annotations

import pytest

from groundsight.evidence.passage_index import PassageIndex
from groundsight.grounding.bind import Bound
from groundsight.grounding.decide import bound_to
from groundsight.language.facts import read_facts
from groundsight.language.quantities import find_quantities
from groundsight.language.sentences import evidence_from_text
from groundsight.language.speech import stated


def _bound(claim: str, text: str) -> Bound:
    return bound_to(read_facts(stated(claim)), PassageIndex([evidence_from_text("e", "e.txt", text)]))


HEDGES = "Hedges along the path may be 1.20 m high, and hedges between plots 1.50 m."
MARES = "The old mare stumbles more often than the young one."
KILNS = "Kiln Oda is slower than kiln Bergit."


@pytest.mark.parametrize(
    ("claim", "text", "refused"),
    [
        ("Hedges along the path may be higher than hedges between plots.", HEDGES, True),
        ("Hedges along the path may be lower than hedges between plots.", HEDGES, False),
        ("Kiln Bergit is slower than kiln Oda.", KILNS, True),
        ("Kiln Oda is faster than kiln Bergit.", KILNS, True),
        ("Kiln Bergit is quicker than kiln Oda.", KILNS, False),
        ("The young mare stumbles less often than the old one does.", MARES, False),
        ("The young mare stumbles more often than the old one does.", MARES, True),
    ],
)
def test_a_comparison_is_held_to_both_its_sides(claim: str, text: str, refused: bool) -> None:
    assert ("role_mismatch" in [one.code for one in _bound(claim, text).conflicts]) == refused


def test_a_copy_with_one_other_word_is_told_from_one_with_a_synonym() -> None:
    assert _bound("The mill sold 12 sacks last year.", "The mill tested 12 sacks last year.").is_changed_copy
    assert not _bound("The mill purchased 12 sacks last year.", "The mill bought 12 sacks last year.").is_changed_copy


def test_what_another_clause_says_of_somebody_else_is_no_support() -> None:
    text = "Rosa Lind was elected treasurer with 14 votes; Tom Hale stays chairman."
    for claim in ("Treasurer: Tom Hale", "Tom Hale became treasurer."):
        assert [one.code for one in _bound(claim, text).conflicts] == ["attribute_mismatch"], claim
    assert not _bound("Treasurer: Rosa Lind", text).conflicts


def test_a_count_in_words_is_worked_out_and_a_number_in_digits_is_missing() -> None:
    text = "Present: Ann Oak, Ben Ash and Eva Elm. Absent: Jon Fir."
    assert not _bound("Three people were present.", text).open
    assert [one.code for one in _bound("57 people were present.", text).open] == ["number_missing"]


def test_brackets_in_prose_are_no_losses_and_has_is_no_hectare() -> None:
    assert [one.low for one in find_quantities("A new net (€1,960) should come.")] == [1960]
    assert [one.low for one in find_quantities("Result: (1,200)")] == [-1200]
    assert [one.kind for one in find_quantities("The Vela 10 has a lid.")] == [""]


def test_a_question_that_expects_a_yes_states_what_it_asks() -> None:
    assert stated("Did you know that Tom left?").split() == ["Tom", "left"]
    assert stated("Isn't it nice that dogs may come in?").split() == ["dogs", "may", "come", "in"]
