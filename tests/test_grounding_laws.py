"""Laws of the check: exact offsets, any order of the evidence, and more of it takes only away what it disputes."""

from __future__ import annotations

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text, split_claims
from groundsight.settings import Grounding
from groundsight.types import Evidence
from tests.contrast import Case, cases, facts

SETTINGS = Grounding()
CASES = cases()
SENTENCES = [fact.text for fact in facts()]
WORDS = st.text(alphabet="aB. ,?!1[]\n-'“”。é%$*|\t", max_size=80)


def evidences(texts: list[str]) -> list[Evidence]:
    return [evidence_from_text(f"x{n}", f"{n}.txt", text) for n, text in enumerate(texts)]


@given(WORDS)
def test_claims_are_exact_stretches_in_order(answer: str) -> None:
    claims = split_claims(answer)
    assert all(answer[one.span.start : one.span.end] == one.text for one in claims)
    assert all(one.span.end <= other.span.start for one, other in itertools.pairwise(claims))


@settings(deadline=None, max_examples=60)
@given(WORDS, WORDS)
def test_any_text_gives_a_defined_report_with_exact_quotes(answer: str, text: str) -> None:
    evidence = evidence_from_text("e", "e.txt", text)
    found = verify(answer, [evidence], SETTINGS)
    assert found.grounding_ratio is None or 0.0 <= found.grounding_ratio <= 1.0
    assert found.verdict == "abstain" or found.checkable
    for verdict in found.claims:
        assert bool(verdict.support) == (verdict.label == "supported")
        assert all(text[one.span.start : one.span.end] == one.text for one in verdict.support)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(CASES), st.lists(st.sampled_from([*SENTENCES, *(case.claim for case in CASES)]), max_size=6))
def test_more_evidence_takes_support_away_only_where_it_says_otherwise(case: Case, more: list[str]) -> None:
    before = verify(case.claim, case.evidence, SETTINGS)
    after = verify(case.claim, [*case.evidence, *evidences(more)], SETTINGS)
    for old, new in zip(before.claims, after.claims, strict=True):
        otherwise = any(reason.evidence is not None for reason in new.reasons)
        assert old.label != "supported" or new.label == "supported" or otherwise


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(CASES), st.lists(st.sampled_from(SENTENCES), max_size=5), st.integers(0, 999))
def test_the_order_of_the_evidence_does_not_matter(case: Case, more: list[str], seed: int) -> None:
    every = [*case.evidence, *evidences(more)]
    mixed = random.Random(seed).sample(every, len(every))
    assert verify(case.claim, every, SETTINGS) == verify(case.claim, mixed, SETTINGS)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8), st.data())
def test_a_verbatim_quote_is_supported(texts: list[str], data: st.DataObject) -> None:
    quoted = data.draw(st.sampled_from(texts))
    assert verify(quoted, evidences([" ".join(texts)]), SETTINGS).supported == len(split_claims(quoted))


@given(st.integers(1, 400))
@settings(deadline=None, max_examples=8)
def test_every_supported_claim_has_a_reason_and_every_conflict_both_spans(at: int) -> None:
    case = CASES[at % len(CASES)]
    for verdict in verify(case.claim, case.evidence, SETTINGS).claims:
        assert verdict.reasons
        for reason in verdict.reasons:
            if reason.code.endswith(("_mismatch", "_flip")) or reason.code == "antonym":
                assert reason.claim_span is not None
                assert reason.evidence is not None


def test_a_hundred_times_the_evidence_is_read_in_one_pass() -> None:
    from groundsight.evidence.passage_index import PassageIndex

    once = PassageIndex(evidences(SENTENCES)).passages
    many = PassageIndex(evidences(SENTENCES * 100)).passages
    assert len(many) == 100 * len(once)
