"""Whatever a client sends: a result or an error of the house, never a bug, never an unreadable character."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.errors import GroundsightError, Internal
from groundsight.governance.limits import RateLimiter
from groundsight.tools.bounds import RESULT_BYTES, clean, clip, fitting, one_line
from groundsight.tools.gate import Gate
from groundsight.tools.registry import TOOLS
from groundsight.tools.results import Line
from tests.doors import ScriptedSuite, settings_at, some_rows

ODD = st.sampled_from(
    ["", " ", "\x00", "\ud800", "\uffff", "\u202e", "a" * 9_000, "../x", '" OR 1=1 --', "[", "[1]", "NaN"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> ScriptedSuite:
    return ScriptedSuite(settings_at(tmp_path_factory.mktemp("home")), *some_rows())


@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_arguments_reach_a_bug(suite: ScriptedSuite, spec: Any, data: st.DataObject) -> None:
    names = st.sampled_from([*spec.arguments.model_fields, "tennant"])
    arguments = data.draw(st.dictionaries(names, VALUES | st.text(max_size=10), max_size=4))
    gate = Gate("test", audit=None, limiter=RateLimiter(1e9, 1_000_000))
    try:
        shown = gate.call(spec, suite, arguments).model_dump_json()  # type: ignore[arg-type]
    except Internal:
        pytest.fail(f"{spec.name} has a bug with {arguments!r}")
    except GroundsightError as error:
        shown = str(error)
    assert len(shown) <= RESULT_BYTES
    shown.encode()


@given(st.text())
def test_clean_text_holds_nothing_unseen_and_stays_clean(text: str) -> None:
    shown = clean(text)
    assert clean(shown) == shown
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n"]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    shown.encode()


@given(st.text(), st.integers(1, 50))
def test_clipped_text_is_never_longer_than_asked(text: str, most: int) -> None:
    assert len(clip(text, most)) <= most
    assert "\n" not in one_line(text, most)


@given(st.lists(st.text(max_size=200)), st.integers(0, 2_000))
def test_what_fits_is_the_beginning_and_fits(texts: list[str], budget: int) -> None:
    items = [Line(text=clean(text), box=(0, 0, 1, 1), confidence=1.0) for text in texts]
    kept = fitting(items, budget)
    assert list(kept) == items[: len(kept)]
    assert sum(len(item.model_dump_json().encode()) for item in kept) <= budget


def test_a_home_with_odd_names_is_written_as_one_audit_line(tmp_path: Path) -> None:
    suite = ScriptedSuite(settings_at(tmp_path), *some_rows())
    gate = Gate.open(suite.settings, "test")
    for words in ("\n\x1b[31m{}", '","outcome":"OK"}\n{"', "\u202e"):
        try:
            gate.call(TOOLS[0], suite, {"query": words})  # type: ignore[arg-type]
        except GroundsightError:
            continue
    for line in (tmp_path / "audit" / "audit.jsonl").read_text().splitlines():
        assert json.loads(line)["tool"] == "search"
