"""What is told at once to hold nothing holds nothing: with and without the quick looks the same is found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from groundsight.governance import pii_normalise, pii_phones, pii_prefilter
from groundsight.governance.pii import Memory, Replaced, find, loud
from groundsight.settings import ALL_PII
from tests.test_pii import HARMLESS, HIDDEN

# Values cut at every place, and what folds into, joins or parts their signs.
CUT = [value[:end] for value in HIDDEN for end in range(3, len(value), 3)]
SIGNS = list(" \n\t.-@_/()[]{}<>:=+\\%&;,oOQlI0159aAtT\xa0\u200b\u0301\u0663\uff20\u00b2\u00e9\u0131\u017f")
WORDS = [
    "at",
    "AT",
    " at ",
    "_at_",
    "[at]",
    "(dot)",
    "phone",
    "Call",
    "t\u0131el",
    "tel:",
    "wa.me/",
    "office",
    "00",
    "Tel",
    "\r\n ",
    "\n> ",
    "Note:x\n ",
    "(a)",
    " chiocciola ",
    " . ",
    ".example.org",
]
TEXTS = st.lists(st.sampled_from([*HIDDEN, *HARMLESS, *CUT, *SIGNS, *WORDS]) | st.text(max_size=3), max_size=9)


@contextmanager
def unfiltered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pii_prefilter, "may_hold", lambda *texts: True)
        patch.setattr(pii_prefilter, "kinds_in", lambda text: frozenset(ALL_PII))
        patch.setattr(pii_prefilter, "number_matches", lambda shape, text, fewest: shape.finditer(text))
        patch.setattr(pii_prefilter, "names_one", lambda text, words: True)
        patch.setattr(pii_phones, "_places", lambda text, word: range(len(text)))
        patch.setattr(pii_normalise, "_BOTH", re.compile(""))
        patch.setattr(pii_normalise, "_FOLDS", tuple(([""], *fold[1:]) for fold in pii_normalise._FOLDS))
        yield


def found(text: str) -> Sequence[Replaced]:
    return find(text, ALL_PII, Memory())


@hypothesis_settings(max_examples=600, deadline=None)
@given(TEXTS.map("".join))
@example("dead:beef::cafe")
@example("l1O 2lI 34OO call")
@example("MT84 MALT 0110 0001 2345 MTLC AST0 01S")
def test_a_prefiltered_text_shows_what_an_unfiltered_one_shows(text: str) -> None:
    quick = found(text)
    with unfiltered():
        assert found(text) == quick


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS.map("".join), max_size=6))
@example(["pho", "ne 1234567"])
@example(["a\0b", "Tel 1234567\0", ""])
def test_texts_that_are_told_together_show_what_each_shows_alone(texts: list[str]) -> None:
    with unfiltered():
        holding = {text for text in texts if found(text)}
    assert holding <= loud(texts, Memory())


@pytest.mark.parametrize("shown", HIDDEN)
def test_no_value_is_told_away(shown: str) -> None:
    assert pii_prefilter.may_hold(shown)


@pytest.mark.parametrize(
    "cell", ["Customer 417", "1234.56", "Région Île-de-France", "status: open", "B-1203", "3.14.15"]
)
def test_the_cells_of_most_tables_are_told_at_once(cell: str) -> None:
    assert not pii_prefilter.may_hold(cell)


def test_what_was_quiet_for_some_kinds_is_looked_at_for_others() -> None:
    memory = Memory()
    assert not find("jane@example.com", ("ssn",), memory)
    assert find("jane@example.com", ALL_PII, memory)
