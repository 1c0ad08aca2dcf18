"""What is said of what: predicates with their sides, their voice and how surely they are said."""

import pytest

from groundsight.language.facts import read_facts


def told(text: str) -> list[tuple[str, bool, str]]:
    return [(one.stem, one.passive, one.modality) for one in read_facts(text).predicates]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The kiln was relined by Odile.", [("relin", True, "fact")]),
        ("The kiln relined by Odile works again.", [("relin", True, "fact")]),
        ("Turnover is expected to rise to 4 million.", [("expect", True, "fact"), ("rise", False, "planned")]),
        ("Tin proposed a second meter.", [("propos", False, "fact")]),
        (
            "Guests may bring a dog but must keep it on a lead.",
            [("bring", False, "possible"), ("keep", False, "required")],
        ),
        ("Carriers have to book the ramp.", [("book", False, "required")]),
        ("The annex would have cost 9,000 EUR.", [("cost", False, "conditional")]),
        ("Rent rose by 5 percent in May.", [("rise", False, "fact")]),
        ("The committee postponed the May meeting.", [("postpon", False, "fact")]),
    ],
)
def test_a_predicate_has_a_voice_and_a_modality(text: str, expected: list[tuple[str, bool, str]]) -> None:
    assert told(text) == expected


def test_the_sides_of_a_predicate_end_with_its_clause_and_a_second_verb_has_the_same_subject() -> None:
    first, second = read_facts("The ferry Silda carries 120 cars and replaced the Moa in May.").predicates
    assert "silda" in first.before
    assert "car" in first.after
    assert "moa" not in first.after
    assert second.before == first.before
    assert "moa" in second.after


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("If it rains, the match moves to the hall.", "conditional"),
        ("The hall seats 80.", "fact"),
        ("The ring road will open in May.", "planned"),
        ("Visitors should arrive early.", "advised"),
    ],
)
def test_a_sentence_has_the_modality_of_what_it_says(text: str, modality: str) -> None:
    assert read_facts(text).modality == modality
