"""Evidence sessions: labels that last, and questions that outlive the patience of their caller and their server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from groundsight.agent import nodes
from groundsight.cli import main
from groundsight.errors import NotFound, RateLimited
from groundsight.graphs.noted import answer_with_notes
from groundsight.journal import Journal
from groundsight.questions import MOST_EACH, Work
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from groundsight.types import Principal
from tests.doors import Anywhere, ScriptedSuite, settings_at, some_rows
from tests.talk import MODES
from tests.test_server_http import served
from tests.test_server_stdio import ROOT, environment

THREE_HOPS = "Since which year has the person who approved the order on invoice INV-2042 been employed?"
FILES = {
    "invoice.txt": "Invoice No. INV-2042\n\nYour order: PO 7718\n\nPropeller shaft seal: 4,815.00 EUR\n",
    "orders.csv": "Purchase order,Item,Approved by\nPO 7718,Shaft seal,Oskar Lind\nPO 7781,Overhaul,Ingrid Solberg\n",
    "staff.csv": "Name,Role,Employed since\nIngrid Solberg,Director,2009\nOskar Lind,Manager,2016\n",
}
LIGHT = '[models]\nvisual = "none"\n[ingestion]\ntags = false\nocr = false\n'
CLIENT_SECONDS, CALL_SECONDS = 20, 10


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    written(place)
    assert main(["ingest", str(place / "docs"), "--home", str(place / "home")]) == 0
    return place / "home"


def written(place: Path) -> None:
    """Three files that a chain leads through, and an empty home."""
    for folder in ("docs", "home"):
        (place / folder).mkdir()
    for name, text in FILES.items():
        (place / "docs" / name).write_text(text)
    (place / "home" / "groundsight.toml").write_text(LIGHT)


def call(suite: Any, name: str, **arguments: Any) -> Any:
    return Gate.open(suite.settings, "test").call(tool(name), suite, arguments)


@contextmanager
def standing(wire: str, home: Path) -> Generator[tuple[Any, Callable[[], None]]]:
    """A server as a process of its own: what a client connects to, and how to kill it."""
    pid = home / "server.pid"
    noting = f"import os, pathlib, server; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); server.main()"

    def kill() -> None:
        os.kill(int(pid.read_text()), signal.SIGKILL)

    if wire == "http":
        with served(home, "-c", noting, "--http", "--port", "0", "--home") as port:
            yield f"http://127.0.0.1:{port}/mcp", kill
    else:
        arguments = ["-c", noting, "--home", str(home)]
        yield StdioServerParameters(command=sys.executable, args=arguments, env=environment(), cwd=ROOT), kill


async def asked(client: Client, **arguments: Any) -> dict[str, Any]:
    """One call, given up after the client's twenty seconds."""
    result = await client.call_tool("ask", arguments, read_timeout_seconds=CLIENT_SECONDS)
    assert not result.is_error, result.content
    return result.structured_content or {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("wire", ["stdio", "http"])
def test_a_three_hop_question_outlives_short_calls_and_a_killed_server(home: Path, wire: str, mode: str) -> None:
    async def begin(target: Any, kill: Callable[[], None]) -> str:
        async with Client(target, mode=mode) as client:
            given = await asked(client, question=THREE_HOPS, seconds=0)
            handle = given["handle"]
            assert (given["status"], given["grounding_ratio"]) == ("working", None)
            while given["status"] == "working" and "Searched for: " not in given["text"]:
                given = await asked(client, handle=handle, seconds=0.2)
            kill()
            return handle

    async def end(target: Any, handle: str) -> tuple[dict[str, Any], Any]:
        async with Client(target, mode=mode) as client:
            given: dict[str, Any] = {"status": "working"}
            while given["status"] == "working":
                given = await asked(client, handle=handle, seconds=CALL_SECONDS)
            label = given["citations"][0]["label"]
            opened = (await client.read_resource(f"groundsight://answer/{handle}")).contents[0]
            assert json.loads(opened.text)["text"] == given["text"]  # type: ignore[union-attr]
            return given, await client.call_tool("verify", {"answer": given["text"], "evidence_ids": [label]})

    with standing(wire, home) as (target, kill):
        handle = asyncio.run(begin(target, kill))
    assert handle
    with standing(wire, home) as (target, _):
        answer, check = asyncio.run(end(target, handle))
    assert (answer["status"], answer["handle"]) == ("answered", "")
    assert "Oskar Lind: Employed since: 2016" in answer["text"]
    assert not check.is_error


def test_work_goes_on_after_the_last_step_that_was_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[tuple[str, dict[str, Any]]] = []
    with open_suite(load_settings(home)) as suite:
        journal = Journal()
        journal.heard = lambda: kept.append(journal.noted)
        whole = answer_with_notes(suite, THREE_HOPS, journal)
        monkeypatch.setattr(nodes, "plan", lambda *_: pytest.fail("the plan was made already"))
        again = [answer_with_notes(suite, THREE_HOPS, Journal(node, state)) for node, state in kept]
    assert [node for node, _ in kept][:2] == ["search", "draft"]
    assert {one.text for one in again} == {whole.text}


@pytest.fixture
def suite(tmp_path: Path) -> ScriptedSuite:
    return ScriptedSuite(settings_at(tmp_path), *some_rows())


def test_a_unit_keeps_its_label_over_searches_connections_and_restarts(suite: ScriptedSuite) -> None:
    first = call(suite, "search", query="notice", limit=2).hits
    later = call(ScriptedSuite(suite.settings, *some_rows()), "search", query="meeting", limit=4).hits
    assert [hit.label for hit in first] == ["E1", "E2"]
    assert [(hit.label, hit.id) for hit in later[:2]] == [(hit.label, hit.id) for hit in first]
    assert [hit.label for hit in later[2:]] == ["E3", "E4"]


def test_a_label_an_id_a_document_and_a_source_open_alike(suite: ScriptedSuite) -> None:
    hit = call(suite, "search", query="notice", limit=1).hits[0]
    asset = suite.parts.index.rows[0][1]
    opened = [call(suite, "read", id=name) for name in (hit.label, hit.label.lower(), hit.id)]
    assert {one.passages for one in opened} == {opened[0].passages}
    named = [call(suite, "read", id=name, page=1) for name in (asset.asset_id, asset.source, "contract.pdf")]
    assert {one.passages for one in named} == {named[0].passages}
    for names in ([hit.label], [hit.id], [asset.asset_id], ["docs/contract.pdf"], [hit.label, hit.id]):
        checked = call(suite, "verify", answer="The notice period is 90 days.", evidence_ids=names)
        assert checked.verdict == "pass"
        assert hit.id in checked.evidence


def test_a_sentence_cites_by_label_and_a_wrong_label_is_told_with_the_right_one(home: Path) -> None:
    with open_suite(load_settings(home)) as suite:
        staff, invoice = (call(suite, "search", query=words, limit=1).hits[0].label for words in ("Director", "seal"))
        said = "Your order is PO 7718"
        right, wrong = call(suite, "verify", answer=f"{said} [{invoice}]. {said} [{staff}, E77].").claims
    assert (right.verdict, wrong.verdict) == ("supported", "supported")
    assert "says this, not" not in right.reason
    assert wrong.reason.endswith(f"; {invoice} says this, not {staff}, E77")


def test_a_label_is_nobody_elses_and_expires_with_a_clear_error(suite: ScriptedSuite) -> None:
    call(suite, "search", query="notice", limit=1)
    for other in (Principal(user="other"), Principal(tenant="other")):
        with pytest.raises(NotFound, match="nothing was shown to you under this label"):
            call(suite.acting_for(other), "read", id="E1")
    in_notebook(suite.settings.home, "UPDATE labels SET used = used - 8 * 86400")
    with pytest.raises(NotFound, match="expired") as caught:
        call(suite, "verify", answer="It rains.", evidence_ids=["E1"])
    assert "7 days" in str(caught.value)


def test_a_number_is_never_given_twice(suite: ScriptedSuite) -> None:
    call(suite, "search", query="notice", limit=2)
    in_notebook(suite.settings.home, "UPDATE labels SET used = used - 8 * 86400")
    assert [hit.label for hit in call(suite, "search", query="x", source="docs/n").hits] == ["E3"]


def test_what_a_label_leads_to_is_judged_again(suite: ScriptedSuite) -> None:
    label = call(suite, "search", query="notice", limit=1).hits[0].label
    unit, asset = suite.parts.index.rows[0]
    suite.parts.index.rows[0] = (unit, asset.model_copy(update={"labels": ("board",)}))
    for verb, given in (
        ("read", {"id": label}),
        ("verify", {"answer": "It rains.", "evidence_ids": [label]}),
        ("ocr", {"picture": label}),
        ("describe", {"picture": label}),
        ("search", {"picture": label}),
    ):
        with pytest.raises(NotFound, match="no such unit") as caught:
            call(suite, verb, **given)
        assert caught.value.which == label, "it is refused under the name that its caller gave"


def in_notebook(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "folder" / "notebook.db")) as book, book:
        book.execute(statement)


class Slow:
    """Answers when it is let; ``open`` lets it."""

    def __init__(self, home: Path) -> None:
        self.may_end = threading.Event()
        self.suite = ScriptedSuite(settings_at(home), *some_rows(), ask=self.ask)

    def ask(self, suite: ScriptedSuite, question: str) -> None:
        while not self.may_end.wait(0.01):
            suite.watch.check()


def test_a_question_that_takes_longer_gets_a_handle_and_goes_on(tmp_path: Path) -> None:
    slow = Slow(tmp_path)
    given = call(slow.suite, "ask", question="How long is the notice period?", seconds=0)
    assert (given.status, given.text) == ("working", "Nothing found so far.")
    assert f"handle='{given.handle}'" in given.as_text()
    assert call(slow.suite, "ask", handle=given.handle, seconds=0).handle == given.handle
    slow.may_end.set()
    assert slow.suite.parts.questions.take_up(slow.suite, given.handle).wait(60, slow.suite.watch) is not None


def test_questions_that_begin_while_another_is_taken_up_do_not_disturb_it(tmp_path: Path) -> None:
    slow = Slow(tmp_path)
    questions = slow.suite.parts.questions
    handle = call(slow.suite, "ask", question="why so?", seconds=0).handle

    class Begins(Work):
        """A question whose neighbour begins while it is looked at."""

        @property
        def handle(self) -> str:  # type: ignore[override]
            questions._under_way.update(Work(f"{at}", Journal()) for at in range(100))  # type: ignore[attr-defined]
            return ""

        @handle.setter
        def handle(self, _: str) -> None: ...

    running = next(iter(questions._under_way))  # type: ignore[attr-defined]
    questions._under_way = {Begins(f"{at}", Journal()) for at in range(9)} | {running}  # type: ignore[attr-defined]
    try:
        assert questions.take_up(slow.suite, handle) is running
    finally:
        slow.may_end.set()


def test_one_caller_fills_not_the_places_of_all(tmp_path: Path) -> None:
    slow = Slow(tmp_path)
    asked = {"question": "How long is the notice period?", "seconds": 0}
    assert {call(slow.suite, "ask", **asked).status for _ in range(MOST_EACH)} == {"working"}
    with pytest.raises(RateLimited, match="of one caller"):
        call(slow.suite, "ask", **asked)
    assert call(slow.suite.acting_for(Principal(user="other")), "ask", **asked).status == "working"
    slow.may_end.set()
    slow.suite.parts.questions.close()


def test_another_process_of_the_home_waits_for_a_question_and_takes_it_over_when_its_own_dies(tmp_path: Path) -> None:
    slow, other = Slow(tmp_path), Slow(tmp_path)
    handle = call(slow.suite, "ask", question="How long is the notice period?", seconds=0).handle
    assert call(other.suite, "ask", handle=handle, seconds=0).status == "working"
    assert not other.suite.parts.questions._under_way
    slow.may_end.set()
    there = other.suite.parts.questions.take_up(other.suite, handle).wait(60, other.suite.watch)
    here = slow.suite.parts.questions.take_up(slow.suite, handle).wait(60, slow.suite.watch)
    assert there == here is not None
    assert not list((tmp_path / "folder" / "asked").iterdir())

    dying = Slow(tmp_path)
    left = call(dying.suite, "ask", question="How long is the notice period?", seconds=0).handle
    dying.suite.parts.questions.close()
    other.may_end.set()
    while other.suite.parts.questions.take_up(other.suite, left).wait(0.1, other.suite.watch) is None:
        pass


@pytest.mark.parametrize(
    "other", [Principal(user="other"), Principal(tenant="other"), Principal(labels=("board",), may_write=True)]
)
def test_a_handle_is_held_for_the_very_rights_of_whoever_asked(tmp_path: Path, other: Principal) -> None:
    slow = Slow(tmp_path)
    handle = call(slow.suite, "ask", question="why so?", seconds=0).handle
    with pytest.raises(NotFound, match="no question of yours"):
        call(slow.suite.acting_for(other), "ask", handle=handle, seconds=0)
    in_notebook(tmp_path, "UPDATE questions SET updated = updated - 7200")
    with pytest.raises(NotFound, match="60 minutes"):
        call(slow.suite, "ask", handle=handle, seconds=0)
    slow.may_end.set()


def test_a_forgotten_document_takes_the_questions_that_may_quote_it_along(tmp_path: Path) -> None:
    written(tmp_path)
    with open_suite(load_settings(tmp_path / "home")) as suite:
        suite.ingest(tmp_path / "docs")
        handle = call(suite, "ask", question=THREE_HOPS, seconds=0).handle
        suite.forget("docs/staff.csv")
        with pytest.raises(NotFound, match="a document has changed"):
            call(suite, "ask", handle=handle)
    with closing(sqlite3.connect(tmp_path / "home" / "folder" / "notebook.db")) as book:
        assert book.execute("SELECT COUNT(*) FROM questions").fetchone() == (0,)


def test_reading_that_takes_longer_goes_on_in_the_background(tmp_path: Path) -> None:
    def slow(suite: ScriptedSuite, *_: object) -> None:
        while True:
            suite.watch.check()

    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), roots=Anywhere(), ingest=slow)
    order = call(suite, "ingest", paths=["docs"], seconds=0).order
    assert (order.state, order.paths) == ("waiting", ("docs",))
    assert "still being read" in call(suite, "search", query="notice").as_text()


def test_over_a_fresh_home_the_folders_are_read_while_the_first_reply_says_so(tmp_path: Path) -> None:
    written(tmp_path)
    command = [*shlex.split("server.py --home"), str(tmp_path / "home"), "--root", str(tmp_path / "docs")]
    started = StdioServerParameters(command=sys.executable, args=command, env=environment(), cwd=ROOT)

    async def talk() -> tuple[str, str]:
        async with Client(started) as client:
            first = await said(client)
            later = first
            while "[E1]" not in later:
                await anyio.sleep(0.2)
                later = await said(client)
            return first, later

    async def said(client: Client) -> str:
        return (await client.call_tool("search", {"query": "invoice INV-2042"})).content[0].text  # type: ignore[union-attr]

    first, later = asyncio.run(talk())
    assert re.search(r"being read for the first time|still being read|\[E1\]", first)
    assert "docs/invoice.txt" in later
    with open_suite(load_settings(tmp_path / "home")) as suite:
        assert len(suite.orders()) == 1
