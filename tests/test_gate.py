"""The gate: what applies to every call of every tool."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import (
    Cancelled,
    GroundsightError,
    Internal,
    InvalidArgument,
    NotFound,
    PolicyRefused,
    RateLimited,
    StorageFailed,
)
from groundsight.governance.audit import AuditLog
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.limits import RateLimiter, limiter_of
from groundsight.tools.gate import Gate
from groundsight.tools.registry import TOOLS, tool
from groundsight.types import Principal
from tests.doors import CANARY, ScriptedSuite, settings_at, some_rows


def a_gate(home: Path, *, burst: int = 1_000, clock: Any = lambda: 0.0) -> Gate:
    return Gate("test", audit=AuditLog(home / "audit"), limiter=RateLimiter(10, burst, clock))


def lines(home: Path, kind: str = "end") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (home / "audit" / "audit.jsonl").read_text().splitlines()]
    return [line for line in found if line["kind"] == kind]


@pytest.fixture
def suite(tmp_path: Path) -> ScriptedSuite:
    return ScriptedSuite(settings_at(tmp_path), *some_rows())


def call(gate: Gate, suite: ScriptedSuite, name: str, **arguments: Any) -> Any:
    return gate.call(tool(name), suite, arguments)  # type: ignore[arg-type]


def test_an_error_is_one_line_of_sentences() -> None:
    told = str(NotFound("there is no page 3", which="a.pdf", limit="pages 1 to 2", next_step="choose one"))
    assert told == "E_NOT_FOUND: there is no page 3 (a.pdf). Limit: pages 1 to 2. Next: choose one"
    assert str(NotFound("nothing")) == "E_NOT_FOUND: nothing"


def test_what_one_worker_lets_through_the_others_count(tmp_path: Path) -> None:
    rules = {"server": {"workers": 2}, "governance": {"calls_per_second": 1, "burst": 3}}
    one, other = (limiter_of(settings_at(tmp_path, **rules), "http") for _ in range(2))
    for limiter in (one, other, one):
        limiter.admit("ann")
    assert 0 < other.wait("ann") <= 1
    with pytest.raises(RateLimited):
        other.admit("ann")
    other.admit("bob")
    alone = limiter_of(settings_at(tmp_path, governance=rules["governance"]), "http")
    assert alone.wait("ann") == 0


def test_the_receipt_of_a_result_stands_in_the_trail(tmp_path: Path, suite: ScriptedSuite) -> None:
    result = call(a_gate(tmp_path), suite, "search", query="notice")
    (line,) = lines(tmp_path)
    assert line["id"] == result.receipt
    assert line["returned"] == [hit.id for hit in result.hits]
    assert (line["tool"], line["outcome"], line["door"]) == ("search", "OK", "test")
    assert [begun["id"] for begun in lines(tmp_path, "begin")] == [line["id"]]
    assert (line["tenant"], line["user"]) == ("default", "local")


def test_the_trail_holds_no_words_of_the_request_or_the_result(tmp_path: Path, suite: ScriptedSuite) -> None:
    call(a_gate(tmp_path), suite, "search", query=f"{CANARY} notice")
    text = (tmp_path / "audit" / "audit.jsonl").read_text()
    assert CANARY not in text
    assert "notice" not in text


@pytest.mark.parametrize("name", [spec.name for spec in TOOLS if not spec.admin])
def test_an_unknown_argument_is_refused_by_name(tmp_path: Path, suite: ScriptedSuite, name: str) -> None:
    with pytest.raises(InvalidArgument, match="unknown argument 'tennant'"):
        call(a_gate(tmp_path), suite, name, tennant="A")
    assert lines(tmp_path)[0]["outcome"] == "E_INVALID_ARG"


def test_the_nearest_known_argument_is_offered(tmp_path: Path, suite: ScriptedSuite) -> None:
    with pytest.raises(InvalidArgument, match="did you mean 'limit'"):
        call(a_gate(tmp_path), suite, "search", query="x", limt=3)


@pytest.mark.parametrize("limit", [0, -1, 10**9, 1.5, float("nan"), float("inf"), "many", None, [1]])
def test_a_limit_out_of_range_is_refused(tmp_path: Path, suite: ScriptedSuite, limit: object) -> None:
    with pytest.raises(InvalidArgument, match="argument 'limit'"):
        call(a_gate(tmp_path), suite, "search", query="x", limit=limit)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("search", {}),
        ("search", {"query": "  \n"}),
        ("search", {"query": "x" * 9_000}),
        ("search", {"query": "\ud800"}),
        ("search", {"query": "x", "kinds": ["novel"]}),
        ("search", {"query": "x", "created_from": "yesterday"}),
        ("search", {"query": "x", "fusion": "best"}),
        ("ask", {"question": " "}),
        ("ask", {"question": None}),
        ("verify", {"answer": "x" * 1_000_000}),
        ("verify", {"answer": ""}),
        ("read", {"id": ""}),
        ("ingest", {"paths": []}),
        ("ocr", {"picture": "x", "page": 0}),
    ],
)
def test_arguments_without_sense_are_refused(
    tmp_path: Path, suite: ScriptedSuite, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call(a_gate(tmp_path), suite, name, **arguments)
    assert len(str(caught.value)) < 600


def test_a_value_is_not_echoed_in_the_error(tmp_path: Path, suite: ScriptedSuite) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call(a_gate(tmp_path), suite, "search", query="x", limit=CANARY)
    assert CANARY not in str(caught.value)


def test_invisible_characters_do_not_reach_a_tool(tmp_path: Path) -> None:
    seen: list[str] = []
    suite = ScriptedSuite(settings_at(tmp_path), search=lambda _, query: seen.append(query.text))
    call(a_gate(tmp_path), suite, "search", query="a\x00b\u202ec\U000e0041d\ue000😀")
    assert seen == ["abcd\ue000😀"]


def test_a_bug_becomes_an_internal_error_without_its_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"password={CANARY}")

    suite = ScriptedSuite(settings_at(tmp_path), search=broken)
    with caplog.at_level(logging.DEBUG), pytest.raises(Internal) as caught:
        call(a_gate(tmp_path), suite, "search", query="x")
    assert CANARY not in str(caught.value)
    assert CANARY not in caplog.text
    assert "RuntimeError" in caplog.text
    assert lines(tmp_path)[0]["outcome"] == "E_INTERNAL"
    assert lines(tmp_path)[0]["id"] in str(caught.value)


def test_errors_of_the_house_pass_unchanged(tmp_path: Path) -> None:
    def gone(*_: object) -> None:
        raise Cancelled("stopped")

    suite = ScriptedSuite(settings_at(tmp_path), ask=gone)
    with pytest.raises(Cancelled):
        call(a_gate(tmp_path), suite, "ask", question="why?")
    assert lines(tmp_path)[0]["outcome"] == "E_CANCELLED"


def test_a_reader_may_not_write(tmp_path: Path) -> None:
    suite = ScriptedSuite(settings_at(tmp_path), principal=Principal(may_write=False))
    with pytest.raises(PolicyRefused, match="--allow-write"):
        call(a_gate(tmp_path), suite, "ingest", paths=["docs"])


def test_one_caller_cannot_starve_another(tmp_path: Path, suite: ScriptedSuite) -> None:
    now = [0.0]
    gate = a_gate(tmp_path, burst=2, clock=lambda: now[0])
    other = suite.acting_for(Principal(user="other"))
    for _ in range(2):
        call(gate, suite, "status")
    with pytest.raises(RateLimited, match="wait 101 ms"):
        call(gate, suite, "status")
    call(gate, other, "status")
    now[0] = 0.2
    call(gate, suite, "status")
    assert [line["outcome"] for line in lines(tmp_path)] == ["OK", "OK", "E_RATE_LIMITED", "OK", "OK"]


def test_without_a_writable_trail_nothing_runs(tmp_path: Path) -> None:
    ran: list[str] = []
    suite = ScriptedSuite(settings_at(tmp_path), search=lambda *_: ran.append("search"))
    (tmp_path / "audit").write_text("in the way")
    with pytest.raises(StorageFailed):
        call(a_gate(tmp_path), suite, "search", query="x")
    assert ran == []


def test_with_the_trail_switched_off_there_is_no_receipt(tmp_path: Path, suite: ScriptedSuite) -> None:
    off = suite.settings.governance.model_copy(update={"audit": False})
    gate = Gate.open(suite.settings.model_copy(update={"governance": off}), "test")
    assert call(gate, suite, "status").receipt == ""
    assert not (tmp_path / "audit").exists()


def test_the_trail_of_many_calls_is_whole(tmp_path: Path, suite: ScriptedSuite) -> None:
    gate = a_gate(tmp_path)
    for spec in TOOLS:
        try:
            gate.call(spec, suite, {"nonsense": 1})  # type: ignore[arg-type]
        except GroundsightError:
            continue
    assert verify_chain(tmp_path / "audit").lines == len(TOOLS)
    assert verify_chain(tmp_path / "audit").problems == ()


def test_the_registry_names_what_it_knows(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="use one of search, ask"):
        tool("serach")
