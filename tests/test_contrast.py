"""One edit makes a true sentence false, and the check sees it; other words for the same thing it lets pass."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache

import pytest

from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from tests.contrast import Case, Fact, background, cases, facts


@cache
def judged() -> tuple[tuple[Case, bool], ...]:
    """Every case with what the check says: does the evidence say it?"""
    return tuple((case, says(case)) for case in cases())


def says(case: Case) -> bool:
    report = verify(case.claim, case.evidence, Grounding())
    return report.checkable > 0 and report.supported == report.checkable


def share(*, right: bool, kinds: tuple[str, ...] = ()) -> float:
    found = [said for case, said in judged() if case.says == right and (not kinds or case.kind in kinds)]
    return sum(found) / len(found)


def test_the_set_holds_at_least_three_hundred_pairs_of_many_kinds() -> None:
    assert len(cases()) >= 300
    assert {case.kind for case in cases()} >= {
        "number", "unit", "date", "name", "negation", "quantifier", "opposite", "paraphrase", "table", "ocr", "hop",
    }  # fmt: skip


def test_at_least_95_percent_of_the_corruptions_are_caught() -> None:
    assert 1 - share(right=False) >= 0.95


def test_at_most_5_percent_of_the_untouched_sentences_are_doubted() -> None:
    assert share(right=True, kinds=("untouched",)) >= 0.95


def test_at_least_85_percent_of_the_paraphrases_are_supported() -> None:
    assert share(right=True, kinds=("paraphrase",)) >= 0.85
    assert share(right=True) >= 0.90


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact.text[:30])
def test_of_four_claims_exactly_the_true_one_is_supported(fact: Fact) -> None:
    edits = {kind: (old, new) for kind, old, new in fact.edits}
    wrong = [re.sub(rf"\b{re.escape(edits[k][0])}\b", edits[k][1], fact.text, count=1) for k in ("number", "name")]
    answer = " ".join((fact.text, wrong[0], fact.negation, wrong[1]))
    report = verify(answer, background(fact), Grounding())
    assert report.supported == 1
    assert report.claims[0].label == "supported"
    assert report.verdict == "abstain"


def test_the_similarity_rule_fails_the_same_set() -> None:
    wrong = [case for case in cases() if not case.says]
    passed = sum(similar(case) for case in wrong)
    assert passed / len(wrong) > 0.5


def similar(case: Case) -> bool:
    """Some sentence of the evidence is more than 0.75 alike by difflib."""
    sentences = [s for one in case.evidence for s in re.split(r"(?<=[.])\s|\n", one.text)]
    return any(SequenceMatcher(None, case.claim.lower(), s.lower()).ratio() > 0.55 for s in sentences)
