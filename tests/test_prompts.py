"""Prompts: every place is filled, nothing is evaluated, and the wording is known by its hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import InvalidArgument
from groundsight.prompts import names, render

PLACES = {
    "caption": {"told": "t"},
    "plan": {"most": "4", "schema": "{}"},
    "draft": {"fence": "f", "schema": "{}"},
    "revise": {"fence": "f", "schema": "{}"},
    "check_answer": {"answer": "a"},
    "grounded_answer": {"question": "q"},
    "compare_documents": {"first": "a", "second": "b"},
    "find_contradictions": {"topic": "t"},
    "timeline": {"topic": "t"},
    "house_rules": {},
}


@pytest.mark.parametrize("name", PLACES)
def test_a_prompt_has_a_name_a_version_and_a_hash(name: str) -> None:
    prompt = render(name, **PLACES[name])
    assert (prompt.name, len(prompt.sha256)) == (name, 64)
    assert int(prompt.version) >= 1
    assert "{{" not in prompt.text


def test_every_prompt_is_known() -> None:
    assert set(names()) == set(PLACES)


def test_the_hash_is_of_the_wording_and_not_of_the_values() -> None:
    assert render("draft", fence="a", schema="{}").sha256 == render("draft", fence="b", schema="[]").sha256


@given(st.text())
def test_a_value_is_inserted_as_it_is(value: str) -> None:
    assert value.strip() in render("draft", fence="F", schema=f"<{value}>").text


@pytest.mark.parametrize("value", ["{{fence}}", "{x}", "${HOME}", "{% raw %}", "\\1"])
def test_braces_in_a_value_mean_nothing(value: str) -> None:
    assert f"<{value}>" in render("draft", fence="MARK", schema=f"<{value}>").text


@pytest.mark.parametrize("values", [{}, {"fence": "f"}, {"fence": "f", "schema": "{}", "more": "x"}])
def test_missing_and_unknown_values_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument, match="do not fit"):
        render("draft", **values)


@pytest.mark.parametrize("name", ["unknown", "../plan", "plan.md", ""])
def test_an_unknown_prompt_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidArgument, match="no such prompt"):
        render(name)
