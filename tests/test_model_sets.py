"""What a language model writes over files that nobody wrote rules for: right sentences pass, lies and notes do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from groundsight.suite import Suite
from tests.model_sets import CASES, alone, ask, drafts, given, house, passed, replies, run, said

# The verifier lets none pass; the reader let four: a false cause, an exchanged pair, a time beside another thing.
LIES_GIVEN = 0
# Of 26. With the reader 20, and the passage that says it was quoted in its place for three more.
IDEAL_GIVEN = 22
IDEAL_SAID = 22


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with house(tmp_path_factory.mktemp("sets")) as opened:
        yield opened


def test_what_a_person_would_answer_is_given_in_at_most_three_calls(suite: Suite) -> None:
    rows = run(suite, "ideal")
    assert sum(passed(case, answer) for case, answer, _ in rows) >= IDEAL_GIVEN
    assert sum(said(case, answer) for case, answer, _ in rows) >= IDEAL_SAID
    assert max(calls for *_, calls in rows) <= 3
    assert sum(calls == 1 for *_, calls in rows) >= 16


@pytest.mark.parametrize("case", CASES["shapes"], ids=lambda case: case["q"])
def test_prose_lists_and_tables_are_checked_point_by_point(suite: Suite, case: dict[str, str]) -> None:
    answer, asked = ask(suite, case["q"], replies(case["reply"]))
    assert said(case, answer), answer.text
    assert answer.tier.models["writer"] == "scripted" or "\n- " not in case["reply"]
    assert len(asked) <= 2


def test_a_false_fact_is_not_given(suite: Suite) -> None:
    assert sum(case["lie"] in given(answer) for case, answer, _ in run(suite, "lies")) <= LIES_GIVEN


@pytest.mark.parametrize("case", CASES["planted"], ids=lambda case: case["file"])
def test_a_planted_note_never_stands_alone(tmp_path: Path, case: dict[str, str]) -> None:
    with house(tmp_path, (case["file"], case["text"])) as suite:
        answer, _ = ask(suite, case["q"], drafts(case["a"]))
        assert not alone(case, answer), answer.text


def test_a_wrong_citation_is_corrected_and_the_sentence_kept(suite: Suite) -> None:
    wrong = [["The Guild Hall seats 220 people.", "lending-policy.md"]]
    answer, asked = ask(
        suite, "How many people does the Guild Hall seat, and when does the library close?", drafts(wrong)
    )
    assert answer.text.startswith("The Guild Hall seats 220 people [1].")
    assert answer.citations[0].source.endswith("/venue-mail.txt")
    assert len(asked) == 1


def test_padding_is_dropped_and_not_cited(suite: Suite) -> None:
    said = [["Great question!", "venue-mail.txt"], ["The hall seats 220 people.", "venue-mail.txt"]]
    said += [["I hope this helps.", "venue-mail.txt"]]
    answer, _ = ask(suite, "How many people fit into the Guild Hall?", drafts(said))
    assert (answer.status, answer.text) == ("answered", "The hall seats 220 people [1].")


def test_of_a_draft_that_is_half_false_the_true_half_is_given_and_the_rest_named(suite: Suite) -> None:
    said = [
        ["The median foraging distance was 410 metres.", "bee-study.txt"],
        ["The study tracked 99 workers.", "bee-study.txt"],
    ]
    answer, asked = ask(suite, "What did the bumblebee study find about distance and rain?", drafts(said))
    assert answer.status == "partial"
    assert "410 metres" in answer.text
    assert "99" not in answer.text
    assert len(asked) == 2


def test_what_replaces_another_file_comes_first_and_says_so(suite: Suite) -> None:
    old = [["A day ticket costs 5 EUR.", "pool-rules-2022.md"]]
    answer, _ = ask(suite, "What does a day ticket for the pool cost?", drafts(old))
    assert answer.text.splitlines() == [
        "A day ticket costs 7 EUR [1].",
        'This replaces: "A day ticket costs 5 EUR" [2].',
    ]


def test_an_answer_of_another_type_is_shown_as_evidence(suite: Suite) -> None:
    beside = [["Doors open at 19:00.", "venue-mail.txt"]]
    answer, _ = ask(
        suite,
        "How many pianos does the choir own?",
        drafts([["The choir has booked the Guild Hall.", "venue-mail.txt"]]),
    )
    assert answer.status == "evidence"
    assert answer.fit.value == "no"
    assert ask(suite, "When do the doors open?", drafts(beside))[0].fit.value == "yes"
