"""Incidents: each rule fires for a cause, not without one and not twice for the same; containment shuts every door."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight.cli import main
from groundsight.doors.govern import measuring
from groundsight.doors.mcp_tools import Door
from groundsight.governance.answer_figures import Given, note_given
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.daybook import daybook, note_known
from groundsight.governance.incident_rules import alarms_of, spike, too_many_denials
from groundsight.governance.incidents import Alarm, IncidentBook
from groundsight.governance.policy import Policy
from groundsight.governance.rescan import Rescanned, rescan
from groundsight.ingestion.contain import shut_again
from groundsight.limits import Incidents
from groundsight.settings import ALL_PII, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.registry import tool
from groundsight.tracing import Watch
from groundsight.types import Filter, Principal
from tests.build import make_asset, make_unit

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
START = datetime(2030, 1, 1, tzinfo=UTC)
ALARM = Alarm(kind="DATA_LEAK", rule="denials", cause="x", what="somebody was denied", seen=("1", "2"))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> IncidentBook:
    return IncidentBook(tmp_path, Incidents(), clock)


def denied(home: Path, times: int, user: str = "mallory", kind: str = "denied") -> None:
    log = AuditLog(home / "audit")
    base = {"tenant": "t", "door": "mcp", "tool": "read", "request": "x", "outcome": "E_POLICY", "kind": kind}
    for number in range(times):
        log.append(AuditRecord.model_validate({**base, "id": f"r{number}", "user": user}))


def answers(number: int, contradicted: int = 0, **fields: Any) -> list[Given]:
    base = {"time": fields.pop("time", START.timestamp()), "tenant": "t", "status": "answered", "ratio": 1.0}
    return [
        Given.model_validate({**base, "checkable": 2, "contradicted": 2 if at < contradicted else 0, **fields})
        for at in range(number)
    ]


def test_a_caller_who_is_denied_often_raises_one_incident_until_denied_anew(tmp_path: Path) -> None:
    rules = Incidents(denials=5)
    book = IncidentBook(tmp_path, rules)

    def look() -> int:
        return len(book.raise_new(alarms_of(tmp_path, book, Policy(), rules), "rules"))

    denied(tmp_path, 4)
    assert look() == 0
    denied(tmp_path, 1)
    assert (look(), look()) == (1, 0)
    denied(tmp_path, 9)
    assert look() == 0
    book.note(book.all()[0], "closed", "ada", note="a wrong token, revoked")
    assert look() == 0
    denied(tmp_path, 5)
    assert look() == 1
    assert [each.state for each in book.all()] == ["closed", "open"]


def test_denials_of_many_callers_or_over_a_long_time_are_no_attack(tmp_path: Path) -> None:
    rules = Incidents(denials=3, denial_minutes=60)
    for user in ("ann", "bob", "cy"):
        denied(tmp_path, 2, user)
    spread = [
        {"kind": "denied", "tenant": "t", "user": "u", "time": (START + timedelta(hours=at)).isoformat(), "n": at}
        for at in range(9)
    ]
    assert too_many_denials(spread, rules) == []
    book = IncidentBook(tmp_path, rules)
    assert alarms_of(tmp_path, book, Policy(), rules) == ()


def test_more_contradicted_sentences_than_before_raise_a_spike_and_chance_does_not() -> None:
    rules = Incidents()
    assert len(spike(answers(200, 4) + answers(50, 20), rules)) == 1
    assert spike(answers(250), rules) == []
    drawn = random.Random(5)
    steady = [answers(1, int(drawn.random() < 0.1))[0] for _ in range(400)]
    assert spike(steady, rules) == []
    # What somebody had checked is no answer of ours, be it the latest or what they are held against.
    assert spike(answers(100) + answers(50, 50, door="verify"), rules) == []
    assert spike(answers(100, door="verify") + answers(50, 50), rules) == []


def test_without_a_baseline_there_is_no_spike() -> None:
    assert spike(answers(50, 50), Incidents()) == []
    assert spike(answers(4) + answers(50, 50), Incidents()) == []


def test_a_spike_that_is_closed_is_not_raised_again_by_the_same_answers(tmp_path: Path) -> None:
    rules, clock = Incidents(), Clock()
    book = IncidentBook(tmp_path, rules, clock)
    for one in answers(100) + answers(50, 30):
        note_given(tmp_path, one)

    def look() -> int:
        return len(book.raise_new(alarms_of(tmp_path, book, Policy(), rules), "rules"))

    assert (look(), look()) == (1, 0)
    clock.now += timedelta(hours=1)
    book.note(book.all()[0], "closed", "ada", note="the model was exchanged")
    after = (START + timedelta(hours=2)).timestamp()
    note_given(tmp_path, answers(1, 1, time=after)[0])
    assert look() == 0
    for one in answers(30, 25, time=after):
        note_given(tmp_path, one)
    assert look() == 1


@pytest.mark.parametrize(("gap", "raised"), [(None, 0), (0.1, 1), (0.98, 0)])
def test_a_parity_gap_over_the_policy_raises_a_drift(tmp_path: Path, gap: float | None, raised: int) -> None:
    rules, book = Incidents(), IncidentBook(tmp_path, Incidents())
    for one in answers(60, region="north") + answers(60, region="south", status="evidence"):
        note_given(tmp_path, one)
    for _ in range(2):
        book.raise_new(alarms_of(tmp_path, book, Policy(parity_gap=gap), rules), "rules")
    assert [each.kind for each in book.all()] == ["BIAS_DRIFT"] * raised


def test_a_small_gap_between_groups_is_chance(tmp_path: Path) -> None:
    for one in (
        answers(20, region="north") + answers(19, region="south") + answers(1, region="south", status="evidence")
    ):
        note_given(tmp_path, one)
    book = IncidentBook(tmp_path, Incidents())
    assert alarms_of(tmp_path, book, Policy(parity_gap=0.0), Incidents()) == ()


def test_a_value_that_is_left_raises_an_incident_once_for_each_document(tmp_path: Path) -> None:
    book, rules = IncidentBook(tmp_path, Incidents()), Incidents()

    def look(*sources: str) -> int:
        rows = [(make_unit(one, 0, "mail anna@example.org"), one) for one in map(make_asset, sources)]
        coverage = rescan(rows, ALL_PII)
        return len(book.raise_new(alarms_of(tmp_path, book, Policy(), rules, coverage), "rules"))

    assert look() == 0
    assert (look("a.txt"), look("a.txt"), look("a.txt", "b.txt")) == (1, 0, 0)
    book.note(book.all()[0], "closed", "ada", note="accepted")
    assert (look("a.txt"), look("a.txt", "b.txt")) == (0, 1)


def test_a_re_scan_tells_what_is_replaced_from_what_is_left() -> None:
    open_, narrow = make_asset("a.txt"), make_asset("b.txt", labels=("hr",))
    rows = [
        (make_unit(open_, 0, "call [PHONE_1], mail anna@example.org"), open_),
        (make_unit(open_, 1, "nothing"), open_),
        (make_unit(narrow, 0, "mail [EMAIL_1]"), narrow),
        (make_unit(narrow, 1, "", kind="table", cells=(("Mail",), ("bo@example.org",))), narrow),
    ]
    found = rescan(rows, ALL_PII)
    assert (found.documents, found.units, found.replaced, found.values, found.share) == (2, 4, 2, 2, 0.5)
    assert {kind: (each.units, each.open) for kind, each in found.kinds.items()} == {"text": (3, 1), "table": (1, 0)}
    assert Rescanned().share == 1.0


def test_the_clock_runs_by_the_kind_and_stops_when_closed(book: IncidentBook, clock: Clock) -> None:
    (made,) = book.raise_new([ALARM], "rules")
    assert made.due == START + timedelta(hours=24)
    assert made.overdue(START + timedelta(hours=25))
    clock.now = START + timedelta(hours=1)
    book.note(made, "owned", "ada", owner="bo")
    done = book.note(book.one(made.id[:8]), "closed", "bo", note="revoked")
    assert (done.owner, done.state, done.note) == ("bo", "closed", "revoked")
    assert not done.overdue(START + timedelta(days=9))


def test_a_line_that_broke_off_loses_no_other(book: IncidentBook, tmp_path: Path) -> None:
    book.raise_new([ALARM], "rules")
    with (tmp_path / "incidents.jsonl").open("ab") as file:
        file.write(b'{"incident": "i1", "de')
    book.raise_new([ALARM.model_copy(update={"cause": "y"})], "rules")
    assert [each.cause for each in book.all()] == ["x", "y"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("hr/pay.txt", "hr/leave.txt", "plan.txt"):
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"The {file.stem} of the quarter is settled by the council.")
    return tmp_path


@pytest.fixture
def run(run: Run, place: Path) -> Run:
    """Run a command with the files read."""
    run("ingest", str(place / "files"))
    return run


def test_a_damaged_line_is_named_and_nothing_is_done_until_it_is_mended(run: Run, place: Path) -> None:
    name, file = opened(run), place / "home/incidents.jsonl"
    run("incidents", "contain", name, "--source", "files/hr")
    sound = file.read_bytes()
    file.write_bytes(sound.replace(b'"contained"', b'"cont"', 1))
    for words in (["incidents", "list"], ["list"], ["search", "quarter"], ["incidents", "own", name, "--owner", "ada"]):
        failed, told = run(*words)
        assert (failed, told["error"]["code"]) == (1, "E_STORAGE")
        assert "damaged in line 2" in told["error"]["what"]
        assert told["error"]["next_step"].startswith("put the file back from a copy, or mend the line")
    file.write_bytes(sound)
    assert [each["source"] for each in run("list")[1]["documents"]] == ["files/plan.txt"]


@pytest.fixture
def other(place: Path, run: Run) -> Iterator[Suite]:
    """A process that had everything open before."""
    with open_suite(load_settings(place / "home", roots=(place / "files",)), Principal(may_write=True)) as suite:
        assert len(suite.search("quarter").hits) == 3
        yield suite


def sources(suite: Suite) -> set[str]:
    return {hit.asset.source for hit in suite.search("what is settled in the quarter").hits}


def opened(run: Run) -> str:
    return str(run("incidents", "open", "DATA_LEAK", "--note", "a pay slip was sent out")[1]["incident"]["id"])


def test_containment_shuts_a_folder_at_every_door_and_lifting_opens_it(run: Run, other: Suite, place: Path) -> None:
    name = opened(run)
    code, told = run("incidents", "contain", name, "--source", "files/hr", "--note", "stop")
    assert (code, told["documents"], told["incident"]["state"]) == (0, 2, "contained")
    assert sources(other) == {"files/plan.txt"}
    assert [each["source"] for each in run("list")[1]["documents"]] == ["files/plan.txt"]
    (place / "files/hr/new.txt").write_text("The bonus of the quarter is settled.")
    report = other.ingest(place / "files")
    assert {each.source: each.status for each in report.files if each.problem} == {"files/hr/new.txt": "failed"}
    assert run("incidents", "close", name, "--note", "done")[1]["incident"]["state"] == "closed"
    assert sources(other) == {"files/plan.txt"}
    assert run("incidents", "lift", name, "--note", "settled")[1]["documents"] == 2
    assert sources(other) == {"files/plan.txt", "files/hr/pay.txt", "files/hr/leave.txt"}


def test_a_lifting_opens_nothing_that_another_incident_holds_or_that_was_shut_before(run: Run, other: Suite) -> None:
    first, second = opened(run), opened(run)
    run("incidents", "contain", first, "--source", "files/hr/pay.txt")
    run("incidents", "contain", second, "--everything")
    assert sources(other) == set()
    run("incidents", "lift", second)
    assert sources(other) == {"files/plan.txt", "files/hr/leave.txt"}
    run("incidents", "contain", second, "--everything")
    run("incidents", "lift", first)
    assert sources(other) == set()
    run("incidents", "contain", second, "--everything")  # as after a kill in between
    run("incidents", "lift", second)
    assert len(sources(other)) == 3


def test_what_is_contained_is_opened_by_its_lifting_alone_and_only_as_far_as_its_rights_say(
    run: Run, other: Suite
) -> None:
    name = opened(run)
    run("incidents", "contain", name, "--source", "files/hr")
    for usage in ("denied", "approved"):
        run("rights", "files/hr", "--usage", usage)
    assert sources(other) == {"files/plan.txt"}
    run("rights", "files/hr/pay.txt", "--usage", "denied")
    run("incidents", "lift", name)
    assert sources(other) == {"files/plan.txt", "files/hr/leave.txt"}


def test_what_came_in_meanwhile_or_back_from_a_snapshot_is_shut_again(run: Run, other: Suite, place: Path) -> None:
    run("snapshot", str(place / "copy"))
    name = opened(run)
    run("incidents", "contain", name, "--source", "files/hr")
    index = other.parts.index
    # As after a kill between the note and the deed, and as a file that was being read.
    held = [one for one in index.assets(Filter()) if one.source.startswith("files/hr")]
    index.protect([one.model_copy(update={"usage_rights": "approved"}) for one in held])
    shut_again(other.settings.home, index, held[:1])
    assert sources(other) == {"files/plan.txt"}
    other.parts.close()
    run("restore", str(place / "copy"), "--yes")
    with open_suite(load_settings(place / "home"), Principal()) as suite:
        assert sources(suite) == {"files/plan.txt"}


def test_every_deed_is_in_the_trail_and_in_the_story_of_the_incident(
    run: Run, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = opened(run)
    run("incidents", "own", name, "--owner", "ada mia@example.org")
    run("incidents", "contain", name, "--source", "files/plan.txt", "--note", "seen by eve@example.org")
    assert b"@example" not in (place / "home/incidents.jsonl").read_bytes()
    run("incidents", "lift", name)
    run("incidents", "close", name, "--note", "revoked")
    told = run("incidents", "show", name)[1]["incident"]
    assert [each["deed"] for each in told["events"]] == ["opened", "owned", "contained", "lifted", "closed"]
    assert told["events"][2]["note"] == "seen by [EMAIL_1]"
    assert main(["incidents", "show", name, "--home", str(place / "home")]) == 0
    assert "owned by ada [EMAIL_1], said by local" in capsys.readouterr().out
    lines = map(json.loads, (place / "home/audit/audit.jsonl").read_text().splitlines())
    changed = [line["outcome"].split()[0] for line in lines if line["kind"] == "change"]
    assert changed == ["opened", "owned", "contained", "lifted", "closed"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["open", "LEAK", "--note", "x"], "E_INVALID_ARG"),
        (["open", "DATA_LEAK"], "E_INVALID_ARG"),
        (["show", "i0"], "E_NOT_FOUND"),
        (["own", "ID"], "E_INVALID_ARG"),
        (["own", "--owner", "ada"], "E_INVALID_ARG"),
        (["close", "ID"], "E_INVALID_ARG"),
        (["contain", "ID"], "E_INVALID_ARG"),
        (["contain", "ID", "--source", "files/nowhere"], "E_NOT_FOUND"),
        (["lift", "ID"], "E_INVALID_ARG"),
    ],
)
def test_a_deed_that_can_not_be_done_is_one_named_error(run: Run, words: list[str], code: str) -> None:
    name = opened(run)
    failed, told = run("incidents", *(name if word == "ID" else word for word in words))
    assert failed
    assert told["error"]["code"] == code
    assert told["error"]["next_step"]


@pytest.mark.parametrize("shut", ["files/hr/pay.txt", "files/hr"])
def test_what_is_forgotten_leaves_no_name_and_no_word_in_the_incidents_and_stays_contained(
    run: Run, place: Path, shut: str
) -> None:
    said = "somebody read that the PAY of the  quarter is settled"
    name = str(run("incidents", "open", "DATA_LEAK", "--note", said)[1]["incident"]["id"])
    run("incidents", "contain", name, "--source", shut, "--note", "it lay in files/hr/pay.txt")
    run("incidents", "own", name, "--owner", "ada")
    run("incidents", "close", name, "--note", "the token was revoked")
    assert run("forget", "files/hr")[1]["proof"]["stores"]
    left = (place / "home/incidents.jsonl").read_bytes()
    assert not [word for word in (b"pay.txt", b"files/hr", b"settled", b"quarter") if word in left]
    told = run("incidents", "show", name)[1]["incident"]
    assert [each.get("note", "") for each in told["events"]] == ["", "[forgotten]", "", "the token was revoked"]
    assert told["what"] == "[forgotten]"
    guessed = hashlib.sha256(shut.encode()).hexdigest()[:32].encode()
    assert guessed not in left
    assert b"forgotten://" in left
    assert "contained" in run("ingest", str(place / "files/hr/pay.txt"))[1]["files"][0]["problem"]


def test_the_rules_are_asked_by_the_next_ingest_or_question_and_not_again_within_their_time(
    run: Run, place: Path
) -> None:
    def waiting() -> tuple[int, str]:
        told = run("status")[1]["watched"]
        return told["open"], told["looked"]

    before = waiting()
    assert before[0] == 0
    denied(place / "home", 20)
    run("ask", "What is settled?")
    assert waiting() == before
    book = IncidentBook(place / "home")
    with daybook(place / "home") as noted:
        note_known(noted, "looked", START.replace(year=2020).isoformat())
    run("ask", "What is settled?")
    assert waiting()[0] == 1
    (incident,) = book.all()
    with daybook(place / "home") as noted:
        note_known(noted, "looked", START.replace(year=2020).isoformat())
    book.note(incident, "closed", "ada", note="revoked")
    denied(place / "home", 20, "eve")
    run("ingest", str(place / "files"))
    assert [each.state for each in book.all()] == ["closed", "open"]


def test_a_server_asks_the_rules_by_its_own_clock_and_measures_the_redaction(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied(place / "home", 20)
    asked, look = threading.Event(), measuring.ask_rules

    def looked(*given: Any) -> Any:
        try:
            return look(*given)
        finally:
            asked.set()

    monkeypatch.setattr(measuring, "ask_rules", looked)
    settings = load_settings(place / "home", roots=(place / "files",), governance={"incidents": {"look_minutes": 1e-6}})
    door = Door(lambda: open_suite(settings), writable=False)
    door.call(tool("status"), {}, Watch())
    assert asked.wait(60)
    door.close()
    told = run("status")[1]["watched"]
    assert (told["open"], told["coverage"]["left"], told["coverage"]["units"]) == (1, 0, 3)


def test_each_kind_of_incident_has_its_playbook() -> None:
    from groundsight.governance.incidents import KINDS

    page = (Path(__file__).parent.parent / "docs/incidents.md").read_text("utf-8")
    assert [f"## {kind.replace('_', ' ').capitalize()}" in page for kind in KINDS] == [True] * len(KINDS)
