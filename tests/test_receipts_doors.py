"""Receipts through the doors: explained to whoever got them, replayed to the same or to what changed, audited."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from groundsight import open_suite
from groundsight.cli import main
from groundsight.errors import NotFound, PolicyRefused
from groundsight.governance.audit import AuditLog
from groundsight.governance.receipt_check import check_receipts
from groundsight.governance.receipts import FILE, FOLDER, Receipts, new_receipt
from groundsight.governance.redaction import PROFILE, seal_entry
from groundsight.graphs.answer import build_answer_graph
from groundsight.graphs.verify import build_verify_graph
from groundsight.index import Entry
from groundsight.server import build_server
from groundsight.settings import load_settings
from groundsight.suite import open_suite as open_engine
from groundsight.types import Filter, Principal
from tests.http_house import door_for
from tests.talk import MODES
from tests.test_tenants import LIGHT

QUESTION = "What is the notice period of the lease?"
LEASE = "contract,notice period,rent\nlease,90 days,1200 EUR\nloan,45 days,80 EUR\n"
Told = Callable[..., tuple[int, Any]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A home that has read a lease and a note."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "groundsight.toml").write_text(LIGHT)
    files = tmp_path / "files"
    files.mkdir()
    (files / "lease.csv").write_text(LEASE)
    (files / "note.md").write_text("The garden of the house is large.\n")
    assert main(["ingest", str(files), "--home", str(tmp_path / "home")]) == 0
    return tmp_path


@pytest.fixture
def told(place: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command with --json and returns its exit code and what it printed."""

    def run(*command: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*command, "--home", str(place / "home"), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def restrict(index: Any) -> None:
    """Take the right to use every document that is indexed."""
    for one in list(index.export(Filter())):
        asset = one.asset.model_copy(update={"usage_rights": "restricted"})
        proof = seal_entry(asset, one.units, ())
        index.upsert([Entry(asset, one.units, proof, vectors=one.vectors, rows=one.rows)])


def test_an_answer_of_the_command_line_is_explained(place: Path, told: Told, capsys: Any) -> None:
    _, answer = told("ask", QUESTION)
    code, found = told("explain", answer["receipt"])
    assert (code, found["question"], found["status"], found["door"]) == (0, QUESTION, answer["status"], "cli")
    assert found["grounding_ratio"] == answer["grounding_ratio"] == 1.0
    (sentence,) = found["sentences"]
    assert sentence["verdict"] == "supported"
    candidates = {each["id"]: each for each in found["candidates"]}
    rests = candidates[sentence["rests_on"][0]]
    assert (rests["source"], rests["cited"], len(rests["text_sha256"])) == ("files/lease.csv", True, 64)
    assert sum(each["contribution"] for each in rests["channels"]) == pytest.approx(rests["score"], abs=1e-4)
    assert found["models"]["writer"] == "rules"
    assert found["record"]["signature"]
    assert main(["explain", answer["receipt"], "--home", str(place / "home")]) == 0
    text = capsys.readouterr().out
    assert "supported" in text
    assert "rests on files/lease.csv" in text
    assert "Off or weakened:" in text


def test_a_replay_is_the_same_until_the_file_changes_and_names_it_then(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    code, first = told("replay", answer["receipt"])
    assert (code, first["outcome"], first["changes"]) == (0, "same", [])
    (place / "files" / "lease.csv").write_text(LEASE.replace("90", "30"))
    code, stale = told("replay", answer["receipt"])
    assert (code, stale["outcome"]) == (0, "same")
    assert stale["changes"] == [{"what": "file", "which": "files/lease.csv", "how": "the file has changed since"}]
    told("ingest", str(place / "files"))
    code, second = told("replay", answer["receipt"])
    assert (code, second["outcome"]) == (1, "changed")
    assert {"what": "file", "which": "files/lease.csv", "how": "changed, and read again"} in second["changes"]
    assert "sentence 1 reads otherwise" in second["differences"]


def test_a_forgotten_file_leaves_hashes_and_its_replay_names_that(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    told("forget", str(place / "files" / "lease.csv"))
    for file in (place / "home" / FOLDER).iterdir():
        data = file.read_bytes()
        assert b"lease" not in data
        assert b"90 days" not in data
    code, again = told("replay", answer["receipt"])
    assert (code, again["outcome"]) == (1, "changed")
    assert again["changes"][0]["how"].startswith("forgotten 20")
    _, found = told("explain", answer["receipt"])
    assert (found["question"], found["sentences"]) == ("", [])
    assert found["forgotten"][0]["parts"] >= 4
    assert told("audit", "verify")[0] == 0
    (script,) = re.findall(r"```python\n(.*?)```", Path("docs/receipts.md").read_text("utf-8"), re.DOTALL)
    (place / "receipt.json").write_text(json.dumps(found))
    checked = subprocess.run([sys.executable, "-c", script], cwd=place, capture_output=True, check=False)
    assert checked.stderr == b""
    (place / "receipt.json").write_text(json.dumps(found).replace('\\"document\\":\\"', '\\"document\\":\\"0', 1))
    forged = subprocess.run([sys.executable, "-c", script], cwd=place, capture_output=True, check=False)
    assert b"InvalidSignature" in forged.stderr


def test_a_setting_that_changes_the_answer_is_named(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    (place / "home" / "groundsight.toml").write_text(LIGHT + "[search]\nlimit = 1\n[agent]\nhops = 1\n")
    _, again = told("replay", answer["receipt"])
    assert [each["which"] for each in again["changes"] if each["what"] == "setting"] == ["agent.hops", "search.limit"]
    told("ask", QUESTION)
    assert hashlib.sha256(b"1").hexdigest()[:12].encode() not in (place / "home" / FOLDER / FILE).read_bytes()


@pytest.mark.parametrize("evidence", [(), ("lease.csv",)])
def test_a_check_is_explained_and_checked_again(place: Path, told: Told, evidence: tuple[str, ...]) -> None:
    text = place / "text.txt"
    text.write_text("The notice period of the lease is 60 days.")
    files = [str(place / "files" / name) for name in evidence]
    _, report = told("verify", "--answer", str(text), *(("--evidence", *files) if files else ()))
    _, found = told("explain", report["receipt"])
    (sentence,) = found["sentences"]
    assert (sentence["verdict"], found["question"]) == ("contradicted", text.read_text())
    assert any("90" in reason for reason in sentence["reasons"])
    assert told("replay", report["receipt"])[1]["outcome"] == "same"
    (place / "files" / "lease.csv").write_text(LEASE.replace("90", "60"))
    told("ingest", str(place / "files"))
    _, again = told("replay", report["receipt"])
    assert again["outcome"] == "changed"
    assert any("lease.csv" in each["which"] for each in again["changes"])


def test_what_is_asked_is_redacted_before_it_is_kept(place: Path, told: Told) -> None:
    _, answer = told("ask", "Is the lease of ann@example.org notice 90 days?")
    _, found = told("explain", answer["receipt"])
    assert "[EMAIL_1]" in found["question"]
    assert b"ann@example.org" not in (place / "home" / FOLDER / FILE).read_bytes()


def test_tampering_is_named_and_ends_with_one(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    assert told("audit", "verify")[0] == 0
    with sqlite3.connect(place / "home" / FOLDER / FILE) as book:
        book.execute("UPDATE parts SET body = replace(body, '90 days', '10 days')")
    book.close()
    code, report = told("audit", "verify")
    assert code == 1
    assert any("sentence" in each and answer["receipt"] in each for each in report["receipts"]["problems"])
    assert told("explain", answer["receipt"])[1]["error"]["code"] == "E_STORAGE"


def test_a_chain_that_is_set_back_as_a_whole_is_found_by_the_audit_trail(place: Path, told: Told) -> None:
    told("ask", QUESTION)
    before = (place / "home" / FOLDER / FILE).read_bytes()
    _, answer = told("ask", "How much is the rent of the lease?")
    (place / "home" / FOLDER / FILE).write_bytes(before)
    code, report = told("audit", "verify")
    lost = f"receipt {answer['receipt']} stands in the audit trail and is missing"
    assert (code, report["receipts"]["problems"]) == (1, [lost])


def test_a_chain_that_begins_anew_is_found_by_the_audit_trail(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    (place / "home" / FOLDER / FILE).unlink()
    told("ask", "How much is the rent of the lease?")
    code, report = told("audit", "verify")
    lost = f"receipt {answer['receipt']} stands in the audit trail and is missing"
    assert (code, report["receipts"]["problems"]) == (1, [lost])


def without_audit(home: Path) -> None:
    shutil.rmtree(home / "audit")


def without_audit_and_its_second_head(home: Path) -> None:
    without_audit(home)
    (home / "audit.head").unlink()


def an_older_copy(home: Path) -> None:
    without_audit(home)
    shutil.copytree(home / "older", home / "audit")


def an_older_copy_of_both_heads(home: Path) -> None:
    an_older_copy(home)
    shutil.copy(home / "older" / "beside", home / "audit.head")


def a_cut_trail(home: Path) -> None:
    trail = home / "audit" / "audit.jsonl"
    trail.write_bytes(b"".join(trail.read_bytes().splitlines(keepends=True)[:-1]))


def no_key(home: Path) -> None:
    (home / "audit" / "key").unlink()


def no_second_head(home: Path) -> None:
    (home / "audit.head").unlink()


def another_trail(home: Path) -> None:
    without_audit(home)
    AuditLog(home / "audit").fingerprint("")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (without_audit, "the folder of the trail is missing"),
        (without_audit_and_its_second_head, "the audit trail lacks the record before it"),
        (an_older_copy, "the trail was put back or cut"),
        (an_older_copy_of_both_heads, "the audit trail lacks the record before it"),
        (a_cut_trail, "where its head counts"),
        (no_key, "the key of the trail is missing"),
        (no_second_head, "the head beside the folder is missing"),
        (another_trail, "the head beside the folder is of another trail"),
    ],
)
def test_a_trail_that_went_was_cut_or_put_back_is_said_at_once_and_ever_after(
    place: Path, told: Told, harm: Callable[[Path], None], said: str
) -> None:
    home = place / "home"
    told("ask", QUESTION)
    shutil.copytree(home / "audit", home / "older")
    shutil.copy(home / "audit.head", home / "older" / "beside")
    told("ask", QUESTION)
    told("ask", QUESTION)
    assert told("audit", "verify")[0] == 0
    harm(home)
    for at_once in (True, False):
        code, report = told("audit", "verify")
        checks = {each["name"]: each for each in told("doctor")[1]["checks"]}
        assert (code, report["sound"], checks["audit"]["state"]) == (1, False, "fail")
        told("search", "lease")
        if at_once:
            assert said in str(report)
            assert said in checks["audit"]["detail"]


def test_a_key_that_is_none_is_named_and_its_content_never_shown(place: Path, told: Told) -> None:
    told("ask", QUESTION)
    public = place / "home" / FOLDER / "public"
    assert told("audit", "verify", "--key", str(public))[0] == 0
    assert told("audit", "verify", "--key", public.read_text().strip())[0] == 0
    (place / "secret.txt").write_text("quibblesnatch")
    for given in (str(place / "nope"), str(place / "secret.txt"), str(place)):
        code, report = told("audit", "verify", "--key", given)
        assert (code, report["error"]["code"], given in str(report)) == (2, "E_INVALID_ARG", True)
        assert "quibblesnatch" not in str(report)


def test_no_receipts_are_kept_where_none_are_wanted(place: Path, told: Told) -> None:
    (place / "home" / "groundsight.toml").write_text(LIGHT + "[governance]\nreceipts_days = 0\n")
    _, answer = told("ask", QUESTION)
    assert not (place / "home" / FOLDER).exists()
    assert told("explain", answer["receipt"])[1]["error"]["code"] == "E_NOT_FOUND"


def test_what_is_too_old_goes_when_the_home_is_opened_and_the_rest_is_sound(
    place: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("ask", QUESTION)
    later = time.time() + 366 * 86_400
    monkeypatch.setattr("groundsight.governance.receipts.time.time", lambda: later)
    told("search", "rent")
    assert b"notice" not in (place / "home" / FOLDER / FILE).read_bytes()
    assert told("audit", "verify")[1]["receipts"]["problems"] == []
    told("ask", QUESTION)
    assert told("audit", "verify")[0] == 0


def test_lineage_tells_where_a_passage_comes_from_and_which_receipts_used_it(place: Path, told: Told) -> None:
    _, answer = told("ask", QUESTION)
    for name in ("files/lease.csv", answer["citations"][0]["id"], answer["citations"][0]["label"]):
        _, found = told("lineage", name)
        assert found["source"] == "files/lease.csv"
        assert [(step["operation"], step["by"].partition(":")[0]) for step in found["steps"]] == [
            ("read", "builtin"),
            ("redact", PROFILE),
        ]
        assert found["receipts"] == [answer["receipt"]]
    assert told("lineage", "files/absent.md")[1]["error"]["code"] == "E_NOT_FOUND"


def test_a_python_program_explains_and_replays_awaited_or_not(place: Path) -> None:
    with open_suite(place / "home") as suite:
        answer = suite.ask(QUESTION)
        assert suite.explain(answer.receipt).door == "python"
        assert suite.replay(answer.receipt).outcome == "same"
        checked = suite.verify("The notice period is 90 days.", ["The notice period is 90 days."])
        assert "supported" in str(suite.explain(checked.receipt))

        cited = answer.citations[0].evidence_id
        assert suite.lineage(cited).receipts[0] == answer.receipt
        assert (suite.policy().checks, suite.incidents().incidents) == ((), ())
        assert next(row.low for row in suite.risk().rows if row.modality == "table") is not None
        reader = suite.acting_for(Principal(user="reader"))
        for verb in (reader.policy, reader.incidents, reader.risk, reader.drift, reader.key_figures):
            with pytest.raises(PolicyRefused, match="answer for the index"):
                verb()

        async def twins() -> tuple[str, str, int]:
            aio = suite.aio
            found, same = await aio.explain(checked.receipt), await aio.replay(checked.receipt)
            assert (await aio.lineage(cited)).source == (await aio.lineage("files/lease.csv")).source
            told = [await aio.policy(), await aio.incidents(), await aio.risk(), await aio.key_figures()]
            return found.tool, same.outcome, len(told)

        assert asyncio.run(twins()) == ("verify", "same", 4)
        (*_, streamed) = suite.stream(QUESTION)
        assert suite.replay(streamed.receipt).outcome == "same"  # type: ignore[union-attr]


def test_unknown_expired_and_foreign_receipts_read_alike(place: Path) -> None:
    with open_suite(place / "home") as suite:
        mine = suite.ask(QUESTION).receipt
        said: set[str] = set()
        expired = f"r{1:011x}" + "0" * 10
        for other, receipt in ((suite, new_receipt()), (suite, expired), (suite.acting_for(Principal(user="b")), mine)):
            with pytest.raises(NotFound) as caught:
                other.explain(receipt)
            said.add(str(caught.value).replace(receipt, "ID"))
            with pytest.raises(NotFound):
                other.replay(receipt)
        assert len(said) == 1


def test_what_a_caller_may_not_see_any_more_is_withheld(place: Path) -> None:
    with open_suite(place / "home") as suite:
        answer = suite.ask(QUESTION)
        assert suite.explain(answer.receipt).withheld == 0
        suite.forget([place / "files" / "note.md"])
        restrict(suite.suite.parts.index)
        hidden = suite.explain(answer.receipt)
        assert {each.source for each in hidden.candidates} == {""}
        assert {each.text for each in hidden.sentences} == {""}
        assert "90 days" not in hidden.model_dump_json()
        assert "files/lease.csv" not in str(hidden)


@pytest.mark.parametrize("mode", MODES)
def test_the_resource_of_a_receipt_explains_ones_own_answer(place: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        done = await client.call_tool("ask", {"question": QUESTION, "seconds": 60})
        assert done.structured_content
        receipt, cited = done.structured_content["receipt"], done.structured_content["citations"][0]
        opened: Any = (await client.read_resource(f"groundsight://receipt/{receipt}")).contents[0]
        found = json.loads(opened.text)
        assert (found["tool"], found["explained"]["question"]) == ("ask", QUESTION)
        assert found["explained"]["sentences"][0]["rests_on"] == [cited["id"]]
        assert found["explained"]["record"] is None
        opened = (await client.read_resource(f"groundsight://lineage/{cited['id']}")).contents[0]
        assert json.loads(opened.text)["receipts"] == [receipt]

    async def run() -> None:
        with open_engine(load_settings(place / "home")) as suite:
            async with Client(build_server(lambda: suite, writable=False), mode=mode) as client:
                await conversation(client)

    asyncio.run(run())


def test_over_http_a_receipt_is_for_the_caller_to_whom_it_was_given(place: Path) -> None:
    callers = [{"token": f"token-of-{user}", "user": user} for user in ("ann", "bob")]
    settings = load_settings(place / "home", server={"port": 0, "token": "admin", "callers": callers})

    async def told(port: int, user: str, receipt: str = "") -> tuple[str, str]:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer token-of-{user}"}, timeout=60) as wire:
            transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
            async with Client(transport, mode="auto") as client:
                if not receipt:
                    done = await client.call_tool("ask", {"question": QUESTION, "seconds": 60})
                    receipt = (done.structured_content or {})["receipt"]
                try:
                    opened: Any = (await client.read_resource(f"groundsight://receipt/{receipt}")).contents[0]
                except MCPError as error:
                    return receipt, str(error).replace(receipt, "ID")
                return receipt, json.loads(opened.text)["explained"]["question"]

    with open_engine(settings) as suite, door_for(settings, suite, writable=False) as port:
        receipt, question = asyncio.run(told(port, "ann"))
        assert question == QUESTION
        foreign, unknown = asyncio.run(told(port, "bob", receipt)), asyncio.run(told(port, "bob", new_receipt()))
        assert foreign[1] == unknown[1]
    assert Receipts(place / "home", 365).find(receipt) is not None
    assert check_receipts(place / "home").problems == ()


def test_a_graph_that_is_a_door_leaves_receipts(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(place))
    (place / "home").rename(place / ".groundsight")
    answer = build_answer_graph().invoke({"question": QUESTION})["answer"]
    build_verify_graph().invoke({"answer": "The notice period of the lease is 60 days."})
    with open_suite() as suite:
        found = suite.explain(answer["receipt"])
        assert (found.door, found.question) == ("graph", QUESTION)
        assert suite.replay(answer["receipt"]).outcome == "same"
    assert check_receipts(place / ".groundsight").receipts == 2
