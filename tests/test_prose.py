"""Prose, lists and tables of a model are cut into statements with the ids of their markers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.prose import is_cited, statements

NAMES = {"E1": "a", "1": "a", "E2": "b", "2": "b", "rules.md": "b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 5 EUR [1]. It is red [E2].", [("It costs 5 EUR.", ("a",)), ("It is red.", ("b",))]),
        ("It costs 5 EUR. [1][2] It is red.", [("It costs 5 EUR.", ("a", "b")), ("It is red.", ())]),
        ("It is [sic] red [rules.md; E9].", [("It is [sic] red.", ("b", "E9"))]),
        (
            "# Prices\nTwo prices:\n- tyre: 5 EUR [1]\n- cable: 2 EUR",
            [("Two prices: tyre: 5 EUR", ("a",)), ("Two prices: cable: 2 EUR", ())],
        ),
        ("| Item | EUR | Kg |\n|---|---|---|\n| tyre | 5 [1] | 2 |", [("tyre: EUR: 5", ("a",)), ("tyre: Kg: 2", ())]),
        ("【1】", []),
    ],
)
def test_statements_keep_their_own_markers(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert statements(text, NAMES) == expected


def test_only_prose_with_markers_stands_in_for_json() -> None:
    assert is_cited("It costs 5 EUR [1].", NAMES)
    assert not is_cited("It costs 5 EUR.", NAMES)
    assert not is_cited('{"sentences": [{"text": "It is [1] red"', NAMES)


@given(st.text(alphabet="ab1 .|-[]\n:", max_size=80))
def test_any_text_is_cut(text: str) -> None:
    assert all(said and "\n" not in said for said, _ in statements(text, NAMES))
