"""Sentences keep their offsets, and only statements are checked."""

from __future__ import annotations

import pytest

from groundsight.language.sentences import evidence_from_text, split_claims
from groundsight.language.speech import is_checkable, stated


def texts(answer: str) -> list[str]:
    claims = split_claims(answer)
    assert all(answer[one.span.start : one.span.end] == one.text for one in claims)
    return [one.text for one in claims]


@pytest.mark.parametrize(
    "answer",
    [
        "Dr. J. Smith paid $4.2 million, e.g. for rent.",
        "The U.S. economy grew by 3.5 percent in 2021.",
        "He waited... and slept.",
        "See Fig. 3 and No. 5 for the plan of St. Anne.",
        "The file report.final.txt was deleted.",
    ],
)
def test_dots_inside_a_sentence_do_not_end_it(answer: str) -> None:
    assert texts(answer) == [answer]


def test_sentences_end_at_stops_quotes_line_ends_and_cjk_stops() -> None:
    assert texts("One is red. Two is blue! It ended.") == ["One is red.", "Two is blue!", "It ended."]
    assert texts('He said "Stop." Then he left.') == ['He said "Stop."', "Then he left."]
    assert texts("First line here\nSecond line here") == ["First line here", "Second line here"]
    assert texts("これは本です。それは犬です。") == ["これは本です。", "それは犬です。"]


def test_list_markers_lie_outside_the_claims() -> None:
    assert texts("- Pumps are old.\n2. Valves cost 5 euros.\n(a) Pipes leak.") == [
        "Pumps are old.",
        "Valves cost 5 euros.",
        "Pipes leak.",
    ]


def test_citation_markers_are_read_as_ids_of_their_sentence() -> None:
    claims = split_claims("It rose 3.5% [1]. It fell [a-2, b:3] again. [4] It stayed.")
    assert [claim.cites for claim in claims] == [("1",), ("a-2", "b:3", "4"), ()]


def test_clauses_part_only_where_both_sides_are_full_statements() -> None:
    assert texts("The pump is open, and the valve was closed.") == ["The pump is open", "the valve was closed."]
    assert len(texts("The pump is red, green, and blue.")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Is it open?",
        "Hello there!",
        "# Results",
        "Summary",
        "The documents do not say who built it.",
        "I don't know.",
        "I could not find an answer.",
        "There is not enough evidence to tell.",
        "Here is what I found:",
        "Hope this helps!",
        "Great question!",
        "Let me know if you need more.",
        "## Opening Hours",
        "Me too.",
        "---",
    ],
)
def test_questions_greetings_headings_and_refusals_are_not_checkable(text: str) -> None:
    assert not is_checkable(text)


@pytest.mark.parametrize(
    "text", ["Revenue rose by 5 percent.", "Sure, the Aldera bridge has 340 bolts.", "これは本です。"]
)
def test_statements_are_checkable(text: str) -> None:
    assert is_checkable(text)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot be fully certain, but the clinic has 40 beds.",
        "The clinic has 40 beds, doesn't it?",
        "Does the clinic have 40 beds?",
        "Beds of the clinic: 40",
        "## The clinic has 40 beds",
        "40 beds:",
        "| Clinic | 40 |",
        "(40 beds in the clinic)",
        "`beds = 40`",
        "Amira Haddad",
        "Amira Haddad?",
        "## Amira Haddad Resigned",
        "Thanks to Amira Haddad!",
        "on 3 March",
        "The files do not say why the clinic closed on 3 March.",
        "The notes do not say that Amira Haddad resigned, but she did.",
    ],
)
def test_what_holds_a_name_number_or_date_is_checked_in_every_shape(text: str) -> None:
    assert is_checkable(text)


def test_a_hedge_a_tag_and_a_question_mark_are_no_part_of_a_statement() -> None:
    said = "I think that the gate is open, isn't it?"
    assert stated(said).strip() == "the gate is open"
    assert len(stated(said)) == len(said)


def test_plain_text_becomes_one_evidence_that_can_be_quoted_whole() -> None:
    evidence = evidence_from_text("e1", "notes.txt", "Some text.")
    assert (evidence.parts[0].span.start, evidence.parts[0].span.end) == (0, 10)
