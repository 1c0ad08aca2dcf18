"""Rights of documents: set by whoever may, narrowed by files, kept from every door at once, and never half set."""

from __future__ import annotations

import asyncio
import csv
import json
import multiprocessing
import os
import random
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from groundsight import open_suite
from groundsight.cli import main
from groundsight.errors import GroundsightError, InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.access import refusals
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.rights import FIELDS, guarded
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.ingestion.rights import sweep as sweeping
from groundsight.settings import load_settings
from groundsight.suite import open_suite as open_engine
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Principal
from tests.build import make_asset
from tests.http_house import door_for

LIGHT = '[models]\nvisual = "none"\nocr = "none"\n[ingestion]\ntags = false\n'
PAY, FEE = "docs/staff/pay.txt", "docs/fee.txt"
SECRET = "Anna Quibble earns 5000 EUR each month."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "staff").mkdir(parents=True)
    (tmp_path / "docs" / "fee.txt").write_text("The harbour fee is 40 EUR per day.")
    (tmp_path / "docs" / "staff" / "pay.txt").write_text(SECRET)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "groundsight.toml").write_text(LIGHT)
    return tmp_path


@pytest.fixture
def suite(place: Path) -> Iterator[Any]:
    with open_suite(place / "home") as opened:
        opened.ingest(place / "docs")
        yield opened


def cli(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*words, "--json", "--home", str(place / "home")])
    return code, json.loads(capsys.readouterr().out)


def seen(suite: Any, **who: Any) -> set[str]:
    """What a principal finds, lists and may open."""
    mine = suite.acting_for(Principal(**{"user": "reader", **who}))
    listed = {each.source for each in mine.list().documents}
    assert listed == {hit.asset.source for hit in mine.search("Anna earns harbour fee EUR").hits}
    for source in (PAY, FEE):
        if source not in listed:
            with pytest.raises(NotFound):
                mine.read(source)
    return listed


def values(report: Any, source: str = PAY) -> dict[str, str]:
    return next(dict(line.values) for line in report.lines if line.source == source)


def records(home: Path, kind: str) -> list[dict[str, Any]]:
    lines = (home / "audit" / "audit.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each.get("kind") == kind]


def stated_long_ago(place: Path, name: str, days: int, **rights: Any) -> None:
    """Put a line into the ledger as it was written then."""
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    act = {
        "time": then,
        "tenant": "default",
        "user": "local",
        "by": "person",
        "changes": [{"name": name, "set": rights}],
    }
    (place / "home" / "rights").mkdir(exist_ok=True)
    with (place / "home" / "rights" / "ledger.jsonl").open("a") as file:
        file.write(json.dumps(act) + "\n")
    for each in (place / "docs").rglob("*.txt"):
        os.utime(each, (each.stat().st_atime, each.stat().st_mtime - days * 86_400))


def test_the_command_sets_shows_and_remembers(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", str(place / "docs"), "--home", str(place / "home")]) == 0
    words = ("--owner", "anna", "--labels", "hr", "board", "--consent-until", "2999-01-31", "--region", "eu")
    code, done = cli(place, capsys, "rights", str(place / "docs" / "staff"), *words, "--purpose", "payroll")
    assert (code, done["changed"]) == (0, 1)
    code, done = cli(place, capsys, "rights", PAY, "--history")
    (line,) = done["lines"]
    assert line["values"] == {
        "owner": "anna", "region": "eu", "labels": "hr; board", "purposes": "payroll", "usage_rights": "approved",
        "consent_until": "2999-01-31", "retain_until": "none",
    }  # fmt: skip
    assert line["origins"]["labels"] == "stated of docs/staff"
    (past,) = done["history"]
    assert (past["user"], past["was"]["labels"], past["to"]["labels"]) == ("local", "none", "hr; board")
    assert len(records(place / "home", "change")) == 1
    code, done = cli(place, capsys, "rights", "docs/staff", "--labels", "none", "--purpose", "none")
    assert done["lines"][1]["values"]["labels"] == "none"
    assert [line["source"] for line in done["lines"]] == ["docs/staff", PAY]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([PAY, "absent.txt", "--labels", "hr"], "absent.txt"),
        ([PAY, "--consent-until", "2020-01-01"], "2020-01-01"),
        ([PAY, FEE, "--consent-until", "soon"], "consent_until"),
        ([PAY, "--retain", "0"], "retain_days"),
        ([PAY, "--retain", "-3"], "retain"),
        ([PAY, "--labels", "a;b"], "labels"),
        ([PAY, "--labels", "*"], "labels"),
        ([PAY, "--owner", "an\u200bna"], "owner"),
        ([PAY, "--labels", "hr", "--show"], "rights"),
        (["--labels", "hr"], "rights"),
    ],
)
def test_a_wrong_name_or_value_is_one_named_error_and_nothing_is_set(
    place: Path, suite: Any, capsys: pytest.CaptureFixture[str], words: list[str], named: str
) -> None:
    try:
        code, done = cli(place, capsys, "rights", *words)
        assert named in json.dumps(done["error"])
    except SystemExit as end:
        code = int(str(end.code))
    assert code in (1, 2)
    assert not RightsLedger(place / "home").is_used
    assert seen(suite) == {PAY, FEE}


def test_rights_of_a_folder_hold_for_what_comes_later_and_the_nearest_wins(place: Path, suite: Any) -> None:
    suite.rights(place / "docs", labels=["harbour"], owner="eva")
    suite.rights(place / "docs" / "staff", labels=["hr"])
    (place / "docs" / "staff" / "later.txt").write_text("Bo Quibble earns less.")
    suite.ingest(place / "docs")
    told = suite.rights("docs/staff/later.txt")
    assert values(told, "docs/staff/later.txt") | {"labels": "hr", "owner": "eva"} == values(
        told, "docs/staff/later.txt"
    )
    assert seen(suite) == set()
    assert seen(suite, labels=("harbour",)) == {FEE}
    suite.rights(PAY, labels=[])
    assert seen(suite) == {PAY}


def test_stating_rights_opens_no_folder_and_one_above_stands_for_the_roots_in_it(place: Path, suite: Any) -> None:
    known = (place / "home" / "roots.json").read_bytes()
    (place / "away").mkdir()
    for outside in (place / "away", "/etc"):
        with pytest.raises(NotFound, match="ingest it first"):
            suite.rights(outside, labels=["hr"])
    assert not RightsLedger(place / "home").is_used
    assert suite.rights(place, labels=["hr"]).changed == 2
    assert (place / "home" / "roots.json").read_bytes() == known
    assert seen(suite) == set()


def test_rights_of_a_root_hold_for_a_root_in_it(place: Path) -> None:
    with open_suite(load_settings(place / "home", roots=(place / "docs", place / "docs" / "staff"))) as suite:
        suite.ingest(place / "docs")
        suite.rights(place / "docs", labels=["hr"])
        assert not suite.search("Anna earns harbour fee EUR").hits


def test_the_owner_needs_no_label_but_all_else_holds_for_an_owner_too(suite: Any) -> None:
    suite.rights(PAY, owner="anna", labels=["hr"])
    assert seen(suite, user="anna") == {PAY, FEE}
    assert seen(suite, user="") == seen(suite, user="bob") == {FEE}
    assert seen(suite, user="anna", tenant="other") == set()
    suite.rights(PAY, region="eu")
    assert seen(suite, user="anna") == {FEE}
    assert seen(suite, user="anna", region="eu") == {PAY, FEE}
    suite.rights(PAY, purposes=["payroll"])
    assert seen(suite, user="anna", region="eu") == {FEE}
    assert seen(suite, user="anna", region="eu", purpose="payroll") == {PAY, FEE}
    suite.rights(PAY, usage="denied")
    assert seen(suite, user="anna", region="eu", purpose="payroll") == {FEE}


@pytest.mark.parametrize("given", [{"usage": "denied"}, {"usage": "restricted"}, {"purposes": ["payroll"]}])
def test_what_is_refused_is_gone_from_every_door_with_its_labels_caches_and_held_questions(
    suite: Any, given: dict[str, Any]
) -> None:
    question = "How much does Anna Quibble earn each month?"
    assert "5000" in suite.ask(question).text
    (hit,) = [each for each in suite.search(question).hits if each.asset.source == PAY]
    shown = suite.read(hit.unit.unit_id)
    label, questions = shown.passages[0].label, suite.suite.parts.questions
    handle = questions.hand_out(suite.suite, questions.begin(suite.suite, question))
    suite.rights(PAY, **given)
    assert "5000" not in str(suite.ask(question))
    assert "5000" not in str(suite.search(question))
    assert PAY not in str(suite.list()) + str(suite.status())
    assert suite.verify(SECRET).grounding_ratio == 0.0
    for name in (label, hit.unit.unit_id, hit.asset.asset_id, PAY):
        with pytest.raises(NotFound):
            suite.read(name)
    with pytest.raises(NotFound):
        suite.why(PAY)
    with pytest.raises(NotFound):
        questions.take_up(suite.suite, handle)


def test_a_refusal_reads_like_absence_and_stands_in_the_trail(place: Path, suite: Any) -> None:
    unit = next(each.unit.unit_id for each in suite.search("Anna").hits)
    suite.rights(PAY, labels=["hr"])
    mine = suite.acting_for(Principal(user="mallory"))

    def refusal(name: str) -> dict[str, Any]:
        with pytest.raises(NotFound) as raised:
            mine.read(name)
        return json.loads(json.dumps(raised.value.as_data()).replace(name, "NAME"))

    assert refusal(unit) == refusal("0" * 16 + "-0000")
    assert refusal(PAY) == refusal("docs/staff/gap.txt")
    denied = records(place / "home", "denied")
    assert [(each["user"], each["tool"], each["outcome"]) for each in denied] == [
        ("mallory", "unit", "labels"),
        ("mallory", "source", "labels"),
    ]
    assert denied[0]["request"] == denied[1]["request"]
    assert "pay" not in json.dumps(denied)
    assert verify_chain(place / "home" / "audit").problems == ()


def test_a_search_tells_the_trail_what_it_kept_only_where_the_settings_say_so(place: Path, suite: Any) -> None:
    suite.rights(PAY, usage="denied")
    suite.search("Anna earns")
    assert records(place / "home", "denied") == []
    told = load_settings(place / "home")
    asked = told.model_copy(update={"governance": told.governance.model_copy(update={"probe_denied": 5})})
    with open_suite(asked) as probing:
        assert PAY not in str(probing.search("Anna earns"))
        probing.search("harbour")
    assert [each["outcome"] for each in records(place / "home", "denied")] == ["rights"]


def test_only_who_may_sets_or_sees_rights(suite: Any) -> None:
    for who in (Principal(), Principal(may_write=True)):
        with pytest.raises(PolicyRefused):
            suite.acting_for(who).rights(PAY)
        with pytest.raises(PolicyRefused):
            suite.acting_for(who).rights(PAY, usage="denied")
    with pytest.raises(NotFound):
        suite.acting_for(Principal(tenant="other", may_admin=True, may_write=True)).rights(PAY)
    with pytest.raises(InvalidArgument, match="there is no right 'label'"):
        suite.rights(PAY, label=["hr"])


def test_the_tool_is_bound_for_administrators_over_http_alone(place: Path) -> None:
    callers = [
        {"token": "a" * 20, "user": "root", "scopes": ["admin"]},
        {"token": "w" * 20, "user": "writer", "scopes": ["read", "ingest"]},
        {"token": "p" * 20, "user": "paymaster", "scopes": ["read"], "purpose": "payroll"},
    ]
    settings = load_settings(place / "home", server={"callers": callers})
    with open_engine(settings) as engine:
        engine.ingest([place / "docs"])
        with door_for(settings, engine, writable=True) as port:
            names = {"names": [PAY]}
            refused = asyncio.run(called(port, "w" * 20, "rights", {**names, "usage": "denied"}))
            assert refused.is_error
            assert "scope admin" in str(refused.content)
            done = asyncio.run(called(port, "a" * 20, "rights", {**names, "purposes": ["payroll"]}))
            assert done.structured_content["changed"] == 1
            asked = {"query": "Anna earns"}
            assert PAY not in str(asyncio.run(called(port, "w" * 20, "search", asked)))
            assert PAY in str(asyncio.run(called(port, "p" * 20, "search", asked)))
            asyncio.run(called(port, "a" * 20, "rights", {**names, "usage": "denied"}))
            assert PAY not in str(asyncio.run(called(port, "p" * 20, "search", asked)))
        with door_for(settings, engine, writable=False) as port:
            assert asyncio.run(called(port, "a" * 20, "rights", names)).is_error


async def called(port: int, token: str, name: str, arguments: dict[str, Any]) -> Any:
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)) as client,
    ):
        return await client.call_tool(name, arguments)


def write_rights(folder: Path, text: str) -> None:
    (folder / ".groundsight.toml").write_text(f"[rights]\n{text}\n")


def test_a_file_beside_the_documents_is_inherited_and_the_nearest_wins(place: Path, suite: Any) -> None:
    write_rights(place / "docs", 'labels = ["harbour"]\nconsent_until = 2999-01-01\npurposes = ["fees"]')
    write_rights(place / "docs" / "staff", 'labels = ["hr"]\nowner = "anna"\nretain_days = 9')
    report = suite.ingest(place / "docs")
    assert (report.files, report.left_out[0].example) == ((), "docs/.groundsight.toml")
    assert seen(suite) == seen(suite, labels=("harbour",)) == set()
    assert seen(suite, labels=("harbour",), purpose="fees") == {FEE}
    assert seen(suite, user="anna", purpose="fees") == {PAY}
    told = suite.rights(PAY, history=True)
    assert values(told)["consent_until"] == "2999-01-01"
    assert values(told)["retain_until"] == str(date.today() + timedelta(days=9))
    assert told.lines[0].origins["labels"] == "the rights file in docs/staff"
    assert {each.by for each in told.history} == {"file"}
    (place / "docs" / ".groundsight.toml").unlink()
    (place / "docs" / "staff" / ".groundsight.toml").unlink()
    assert suite.ingest(place / "docs" / "fee.txt").unchanged == 1
    assert seen(suite) == {FEE}
    assert suite.ingest(place / "docs").unchanged == 2
    assert seen(suite) == {PAY, FEE}


def test_a_file_may_only_narrow_what_a_person_states(place: Path, suite: Any) -> None:
    suite.rights(PAY, usage="denied", consent_until="2999-01-01", labels=["hr", "board"], region="eu", retain_days=5)
    write_rights(
        place / "docs" / "staff",
        'usage = "approved"\nconsent_until = 3999-01-01\nlabels = ["board", "all"]\nregion = "us"\nretain_days = 99\n'
        'owner = "mallory"',
    )
    suite.ingest(place / "docs")
    kept = values(suite.rights(PAY))
    assert (kept["usage_rights"], kept["consent_until"], kept["region"]) == ("denied", "2999-01-01", "eu")
    assert (kept["labels"], kept["owner"]) == ("board", "none")
    assert kept["retain_until"] == str(date.today() + timedelta(days=5))
    write_rights(place / "docs" / "staff", 'labels = ["strangers"]')
    suite.ingest(place / "docs")
    assert values(suite.rights(PAY))["labels"] == "hr; board"
    suite.rights(PAY, usage="approved", labels=[], region="global")
    assert seen(suite) == {FEE}
    assert seen(suite, labels=("strangers",)) == {PAY, FEE}


@pytest.mark.parametrize(
    "text",
    [
        "[rights]\nlabel = ['hr']", "[rights]\nlabels = 'hr'", "[rights]\nretain_days = true", "[right]\nusage = ''",
        "rights = 3", "not toml", "[rights]\nusage = 'free'", "[rights]\nowner = 7", "[rights]\nconsent_until = 'soon'",
        "#" * 70_000,
    ],
)  # fmt: skip
def test_a_faulty_file_stops_its_folder_by_name_and_the_others_go_on(place: Path, text: str) -> None:
    (place / "docs" / "staff" / ".groundsight.toml").write_text(text)
    with open_suite(place / "home") as suite:
        report = suite.ingest(place / "docs", prune=True)
        (failed,) = [each for each in report.files if each.problem]
        assert (failed.source, failed.problem.code) == ("docs/staff/.groundsight.toml", "E_INVALID_ARG")
        assert seen(suite) == {FEE}
        (place / "docs" / "staff" / ".groundsight.toml").unlink()
        suite.ingest(place / "docs")
        assert seen(suite) == {PAY, FEE}
        (place / "docs" / "staff" / ".groundsight.toml").write_text(text)
        suite.ingest(place / "docs", prune=True)
        assert seen(suite) == {PAY, FEE}


def test_a_folder_that_is_away_lifts_nothing(place: Path, suite: Any) -> None:
    write_rights(place / "docs" / "staff", 'labels = ["hr"]')
    suite.ingest(place / "docs")
    (place / "docs" / "staff").rename(place / "away")
    suite.ingest(place / "docs")
    assert seen(suite) == {FEE}
    (place / "docs").rename(place / "unplugged")
    suite.ingest("docs")
    assert seen(suite) == {FEE}
    assert seen(suite, labels=("hr",)) == {PAY, FEE}


def test_a_rights_file_is_never_a_document(place: Path) -> None:
    write_rights(place / "docs", 'owner = "quibblesnatch"')
    settings = load_settings(place / "home", ingestion={"hidden_files": True, "tags": False})
    with open_suite(settings) as suite:
        suite.ingest(place / "docs")
        report = suite.ingest(place / "docs" / ".groundsight.toml")
        assert report.failed == 1
        assert suite.search("quibblesnatch").nothing
        assert {each.source for each in suite.suite.parts.index.assets(Filter())} == {PAY, FEE}


def test_what_is_denied_is_not_read_and_what_is_restricted_is_read_for_nobody(place: Path) -> None:
    with open_suite(load_settings(place / "home", roots=(place / "docs",))) as suite:
        suite.rights(place / "docs", region="global")
        suite.rights(place / "docs" / "staff", usage="denied")
        suite.rights(place / "docs" / "fee.txt", usage="restricted")
        report = suite.ingest(place / "docs")
        assert [each.source for each in report.files] == [FEE]
        assert [each.example for each in report.left_out] == [PAY]
        assert seen(suite) == set()
        suite.rights("docs", usage="approved")
        assert seen(suite) == set()
        suite.rights([FEE, "docs/staff"], usage="approved")
        suite.ingest(place / "docs")
        assert seen(suite) == {PAY, FEE}


def test_what_is_over_is_hidden_at_once_swept_and_not_read_again(
    place: Path, suite: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.close()
    stated_long_ago(place, PAY, 30, retain_days=10)
    with open_suite(place / "home") as again:
        again.suite.parts.index.protect(
            [
                each.model_copy(update={"retain_until": date.today() - timedelta(days=1)})
                for each in again.suite.parts.index.assets(Filter())
                if each.source == PAY
            ]
        )
        assert seen(again) == {FEE}
    code, done = cli(place, capsys, "rights", "--sweep")
    assert (code, done["forgotten"]) == (0, [PAY])
    assert cli(place, capsys, "rights", "--sweep")[1]["forgotten"] == []
    with open_suite(place / "home") as again:
        assert [each.source for each in again.suite.parts.index.assets(Filter())] == [FEE]
        assert [each.example for each in again.ingest(place / "docs").left_out] == [PAY]


def test_the_consent_ledger_goes_out_and_comes_back(
    place: Path, suite: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    table = place / "consent.csv"
    assert cli(place, capsys, "consent", "export", str(table))[0] == 0
    assert cli(place, capsys, "consent", "import", str(table))[1]["same"] == [FEE, PAY]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    rows[1] |= {"consent_until": "2999-05-01", "labels": "hr; board"}
    rows.append({**rows[0], "source": "docs/absent.txt"})
    write_table(table, rows)
    code, done = cli(place, capsys, "consent", "import", str(table))
    assert (code, done["set"], done["same"], done["unknown"]) == (0, [PAY], [FEE], ["docs/absent.txt"])
    assert values(suite.rights(PAY))["labels"] == "hr; board"
    rows[0]["usage"], rows[1]["consent_until"] = "denied", "yesterday"
    write_table(table, rows)
    code, done = cli(place, capsys, "consent", "import", str(table))
    assert (code, done["set"]) == (1, [])
    assert [number for number, _ in done["refused"]] == [3]
    assert values(suite.rights(FEE), FEE)["usage_rights"] == "approved"
    told = place / "consent.json"
    assert cli(place, capsys, "consent", "export", str(told))[0] == 0
    listed = json.loads(told.read_text())
    listed[1]["consent_until"] = None
    told.write_text(json.dumps(listed))
    assert cli(place, capsys, "consent", "import", str(told))[1]["set"] == [PAY]
    assert values(suite.rights(PAY))["consent_until"] == "none"
    suite.rights(PAY, retain_days=9)
    last, later = (str(date.today() + timedelta(days=days)) for days in (9, 30))
    for until, outcome in ((last, "same"), (later, "set"), (None, "set")):
        cli(place, capsys, "consent", "export", str(told))
        listed = json.loads(told.read_text())
        assert listed[1]["retain_until"] in (last, later)
        listed[1]["retain_until"] = until
        told.write_text(json.dumps(listed))
        assert PAY in cli(place, capsys, "consent", "import", str(told))[1][outcome]
        assert values(suite.rights(PAY))["retain_until"] == (until or "none")
    for wrong in ("soon", str(date.today())):
        listed[1]["retain_until"] = wrong
        told.write_text(json.dumps(listed))
        assert [number for number, _ in cli(place, capsys, "consent", "import", str(told))[1]["refused"]] == [2]


def test_what_holds_of_many_alike_is_said_once_and_a_sweep_of_nothing_says_so(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(6):
        (place / "docs" / f"more{number}.txt").write_text(f"Berth {number} is free.")
    home = ("--home", str(place / "home"))
    main(["ingest", str(place / "docs"), *home])
    main(["rights", str(place / "docs" / "staff"), "--labels", "hr", *home])
    capsys.readouterr()
    main(["rights", str(place / "docs"), *home])
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if not line.startswith("  ")] == [
        "docs (folder, documents: 8)",
        "7 documents: docs/fee.txt, docs/more0.txt, docs/more1.txt and 4 more",
        PAY,
    ]
    main(["rights", "--sweep", *home])
    assert capsys.readouterr().out.strip() == "nothing to forget: no retention has ended"


def write_table(table: Path, rows: list[dict[str, Any]]) -> None:
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def set_and_die(home: Path, moment: str) -> None:
    """Set rights of two documents, and be killed between the ledger and the index, or inside of the index."""
    from groundsight.index import local, writer
    from groundsight.ingestion.rights import setting

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    match moment:
        case "before the ledger":
            setting.RightsLedger.append = die  # type: ignore[method-assign]
        case "before the index":
            local.LocalIndex.protect = die  # type: ignore[method-assign]
        case _:
            plain, left = writer.Change._label, [0]

            def second(self: Any, *words: Any) -> None:
                left[0] += 1
                die() if left[0] == 2 else plain(self, *words)

            writer.Change._label = second  # type: ignore[method-assign]
    with open_suite(home) as suite:
        suite.rights([PAY, FEE], usage="denied")


@pytest.mark.parametrize("moment", ["before the ledger", "before the index", "inside the index"])
def test_a_kill_between_two_writes_leaves_nothing_half_set(place: Path, suite: Any, moment: str) -> None:
    suite.close()
    process = multiprocessing.get_context("fork").Process(target=set_and_die, args=(place / "home", moment))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with open_suite(place / "home") as again:
        assert seen(again) == ({PAY, FEE} if moment == "before the ledger" else set())
        assert again.rights(PAY).changed == 0


def test_what_is_denied_while_its_folder_is_read_stays_denied(place: Path, suite: Any) -> None:
    (place / "docs" / "staff" / "pay.txt").write_text(f"{SECRET} Still.")
    (place / "docs" / "staff" / "new.txt").write_text("Anna Quibble earns more.")
    with open_suite(place / "home") as other:
        waiting = [lambda: other.rights("docs/staff", usage="denied")]
        watch = Watch(lambda *_: waiting.pop()() and None if waiting else None)
        report = suite.acting_for(watch=watch).ingest(place / "docs")
    assert (report.changed, report.added, waiting) == (1, 1, [])
    assert seen(suite) == {FEE}


def test_a_torn_line_is_none_and_a_damaged_one_is_named(place: Path, suite: Any) -> None:
    suite.rights(PAY, labels=["hr"])
    file = place / "home" / "rights" / "ledger.jsonl"
    with file.open("ab") as ledger:
        ledger.write(b'{"time": "2026')
    suite.rights(FEE, labels=["hr"])
    assert len(RightsLedger(place / "home").acts()) == 2
    file.write_bytes(file.read_bytes().replace(b'"labels"', b'"lobels"', 1))
    with pytest.raises(GroundsightError, match="damaged in line 1"):
        suite.rights(PAY)


def test_a_snapshot_of_before_comes_back_under_the_rights_of_now(
    place: Path, suite: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(place, capsys, "snapshot", str(place / "copy"))[0] == 0
    suite.rights(PAY, usage="denied")
    assert cli(place, capsys, "restore", str(place / "copy"), "--yes")[0] == 0
    assert seen(suite) == {FEE}


def test_the_awaited_twin_does_the_same(suite: Any) -> None:
    told = asyncio.run(suite.aio.rights(PAY, labels=["hr"], consent_until=None))
    assert (told.changed, values(told)["labels"]) == (1, "hr")


def test_a_copy_in_another_folder_stays_in_its_region_and_gets_no_owner_from_there(suite: Any, place: Path) -> None:
    suite.rights(PAY, labels=["hr"], region="eu")
    eve = place / "docs" / "eve"
    eve.mkdir()
    (place / PAY).rename(eve / "note.txt")
    (eve / ".groundsight.toml").write_text('[rights]\nowner = "eve"\n')
    suite.ingest(place / "docs", prune=True)
    assert seen(suite, user="eve", region="eu") == {FEE}
    assert seen(suite, user="ann", region="us", labels=("hr",)) == {FEE}
    # Who ran the ingest does not see the document, so it prunes nothing.
    assert seen(suite, user="ann", region="eu", labels=("hr",)) == {FEE, PAY, "docs/eve/note.txt"}


SOME = st.lists(st.sampled_from(["hr", "board"]), max_size=2, unique=True)
STATED = st.fixed_dictionaries(
    {
        "owner": st.sampled_from(["", "ann", "bob"]),
        "usage": st.sampled_from(["approved", "approved", "approved", "restricted"]),
        "labels": SOME,
        "purposes": st.lists(st.sampled_from(["plan", "audit"]), max_size=2, unique=True),
        "region": st.sampled_from(["global", "eu", "us"]),
    }
)
READERS = [
    Principal(user=user, labels=tuple(labels), region=region, purpose=purpose)
    for user in ("ann", "bob", "eve")
    for labels in ([], ["hr"], ["hr", "board"])
    for region in ("eu", "us")
    for purpose in ("", "plan")
]


def described(source: str, stated: dict[str, Any]) -> Asset:
    given = {FIELDS[name]: value for name, value in stated.items()}
    return Asset.model_validate({**make_asset(source).model_dump(), "tenant": "default", **given})


@given(st.lists(STATED, min_size=1, max_size=4), STATED)
def test_who_sees_a_new_copy_may_see_every_copy_and_what_is_stated_of_its_place(
    stated: list[dict[str, Any]], own: dict[str, Any]
) -> None:
    copies, place = [described(f"{at}.txt", each) for at, each in enumerate(stated)], described("new.txt", own)
    made = reduce(guarded, copies, place)
    assert reduce(guarded, copies, made) == made
    for who in READERS:
        if not refusals(who, made):
            assert not any(refusals(who, each) for each in (*copies, place))


def test_each_copy_keeps_its_rights_and_its_words_are_read_through_one_that_the_reader_may_see(
    suite: Any, place: Path
) -> None:
    copies = [PAY, "docs/one/pay.txt", "docs/two/pay.txt"]
    for each in copies[1:]:
        (place / each).parent.mkdir()
        (place / each).write_text(SECRET)
    suite.ingest(place / "docs")
    drawn = random.Random(12)
    for number in range(4):
        stated = [
            {
                "owner": drawn.choice(["", "ann"]),
                "labels": drawn.choice([[], ["hr"], ["board"]]),
                "purposes": drawn.choice([[], ["plan"]]),
                "region": drawn.choice(["global", "eu"]),
            }
            for _ in copies
        ]
        for source, rights in zip(copies, stated, strict=True):
            suite.rights(source, **rights)
        fresh = f"docs/new{number}.txt"
        (place / fresh).write_text(SECRET)
        suite.ingest(place / "docs")
        for who in READERS:
            may = {
                source
                for source, rights in zip(copies, stated, strict=True)
                if not refusals(who, described(source, rights))
            }
            mine = suite.acting_for(who)
            listed = {each.source for each in mine.list().documents}
            hits = mine.search("Anna earns EUR").hits
            assert listed & {*copies} == may
            assert fresh not in listed or may == {*copies}
            assert {hit.asset.source for hit in hits} <= listed
            assert any(SECRET in hit.unit.text for hit in hits) == bool(may)
            for source in {*copies} - may:
                with pytest.raises(NotFound):
                    mine.read(source)
        keeper = Principal(user="ann", labels=("hr", "board"), region="eu", purpose="plan", may_write=True)
        suite.acting_for(keeper).forget(fresh)
        (place / fresh).unlink()


def test_a_file_from_the_future_is_kept_no_longer(suite: Any, place: Path) -> None:
    os.utime(place / PAY, (4e9, 4e9))
    suite.rights("docs", retain_days=3)
    suite.ingest(place / "docs")
    assert values(suite.rights(PAY))["retain_until"] == (date.today() + timedelta(days=3)).isoformat()


def test_what_the_policy_keeps_no_longer_is_forgotten_though_nobody_stated_rights(
    suite: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "home" / "policy.toml").write_text("retention_days = 5\n")
    (place / FEE).write_text("The harbour fee is 50 EUR per day.")
    suite.ingest(place / "docs")
    monkeypatch.setattr(sweeping, "is_to_go", lambda asset: asset.retain_until is not None)
    monkeypatch.setattr(sweeping, "expired", Filter)
    assert sweeping.sweep(suite.suite.parts, Watch()) == (FEE,)


@pytest.mark.parametrize("how", ["folder", "pipe", "link that leads away"])
def test_a_rights_file_that_is_no_plain_file_any_more_lifts_nothing(suite: Any, place: Path, how: str) -> None:
    file = place / "docs" / "staff" / ".groundsight.toml"
    file.write_text('[rights]\nlabels = ["hr"]\n')
    suite.ingest(place / "docs")
    assert seen(suite) == {FEE}
    file.unlink()
    {"folder": file.mkdir, "pipe": lambda: os.mkfifo(file)}.get(how, lambda: file.symlink_to("/etc/hostname"))()
    suite.ingest(place / "docs")
    assert seen(suite) == {FEE}


def test_rights_state_nothing_against_the_policy(suite: Any, place: Path) -> None:
    (place / "home" / "policy.toml").write_text("retention_days = 5\nconsent = true\n")
    for stated in ({"retain_days": 6}, {"retain_days": None}, {"consent_until": None}):
        with pytest.raises(PolicyRefused, match=r"policy\."):
            suite.rights(PAY, **stated)
    assert suite.rights(PAY, retain_days=5, consent_until="2999-01-01").changed == 1


def test_what_the_policy_swept_is_not_read_again_under_any_name_until_its_rights_are_stated_anew(
    suite: Any, place: Path
) -> None:
    (place / "home" / "policy.toml").write_text("retention_days = 5\n")
    parts = suite.suite.parts
    over = {"retain_until": date.today() - timedelta(days=1)}
    parts.index.protect([each.model_copy(update=over) for each in parts.index.assets(Filter())])
    (place / PAY).rename(place / "docs" / "other.txt")
    told = {each.source: each for each in suite.ingest(place / "docs").files}
    assert {each.status for each in told.values()} == {"opted out"}
    assert told[FEE].warnings == ("its content is denied, or kept no longer, and not read",)
    assert parts.index.assets(Filter()) == ()
    assert "fee.txt" not in (place / "home" / "rights" / "remembered.json").read_text()
    suite.rights(FEE, retain_days=4)
    suite.ingest(place / "docs")
    assert seen(suite) == {FEE}


def test_what_protected_a_content_holds_again_when_it_comes_back_under_another_name(suite: Any, place: Path) -> None:
    away, back = place / "away.txt", place / "docs" / "other.txt"
    suite.rights(PAY, labels=["hr"], region="eu", usage="restricted")
    suite.rights(PAY, usage="approved")
    (place / PAY).rename(away)
    pruner = Principal(user="reader", region="eu", labels=("hr",), may_write=True)
    suite.acting_for(pruner).ingest(place / "docs", prune=True)
    away.rename(back)
    suite.ingest(place / "docs")
    assert seen(suite) == seen(suite, region="us", labels=("hr",)) == {FEE}
    assert seen(suite, region="eu", labels=("hr",)) == {FEE, "docs/other.txt"}


def test_what_was_denied_or_contained_and_forgotten_stays_so_when_its_folder_is_renamed(
    suite: Any, place: Path
) -> None:
    suite.rights("docs/staff", usage="denied")
    suite.suite.parts.index.protect(
        [each.model_copy(update={"usage_rights": "restricted"}) for each in suite.suite.parts.index.assets(Filter())
         if each.source == FEE]
    )  # fmt: skip
    suite.forget([FEE, PAY])
    (place / "docs" / "staff").rename(place / "docs" / "people")
    (place / FEE).rename(place / "docs" / "price.txt")
    told = {each.source: each.status for each in suite.ingest(place / "docs").files}
    assert told == {"docs/people/pay.txt": "opted out", "docs/price.txt": "added"}
    assert seen(suite) == set()


def test_what_is_shut_without_anybody_stating_it_is_opened_by_stating_the_default_once(place: Path, suite: Any) -> None:
    copy = "docs/copy.txt"
    suite.rights(PAY, usage="restricted", labels=["hr"])
    (place / copy).write_text(SECRET)
    suite.ingest(place / "docs")
    assert seen(suite) == {FEE}
    # Of the folder it is no statement of this very file.
    suite.rights("docs", usage="approved", labels=[])
    assert seen(suite) == {FEE}
    report = suite.rights(copy, usage="approved", labels=[])
    assert (report.changed, seen(suite)) == (1, {FEE, copy})
    assert cli_of(place, "snapshot", str(place / "kept")) == cli_of(place, "restore", str(place / "kept"), "--yes") == 0
    assert seen(suite) == {FEE, copy}


def cli_of(place: Path, *words: str) -> int:
    return main([*words, "--home", str(place / "home")])
