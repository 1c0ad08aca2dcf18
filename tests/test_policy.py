"""Policy as code, through the command line and Python: a line that is violated refuses by its name."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client
from PIL import Image

from groundsight.agent.picture import Sight, shots
from groundsight.cli import main
from groundsight.errors import ConfigError, GroundsightError, PolicyRefused
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.limits import RateLimiter
from groundsight.governance.policy import Policy, let_in, policy_hash, under_policy
from groundsight.governance.policy_check import check_stored
from groundsight.governance.rescan import Rescanned
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.gate import Gate, ToolSpec
from groundsight.tools.results import Picture, Result
from groundsight.types import Filter, Principal
from tests.build import make_asset, read_only
from tests.doors import an_answer
from tests.test_server_http import served

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
LEASE = "The rent is 84 EUR a year. The tenant can be reached at tenant@example.org."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "files/lease.txt").write_text(LEASE)
    return tmp_path


def demand(place: Path, text: str) -> None:
    (place / "home/policy.toml").write_text(text)


def changes(home: Path) -> list[str]:
    lines = (home / "audit/audit.jsonl").read_text().splitlines()
    return [line["outcome"] for line in map(json.loads, lines) if line["kind"] == "change"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("minimum_ration = 0.8", "did you mean minimum_ratio?"),
        ("minimum_ratio = '0.8'", "line policy.minimum_ratio"),
        ("minimum_ratio = 1.5", "line policy.minimum_ratio"),
        ("consent = 1", "line policy.consent"),
        ("redact = ['email', 'name_of_the_dog']", "line policy.redact.1"),
        ("may_leave = ['everything']", "line policy.may_leave.0"),
        ("retention_days = 0", "line policy.retention_days"),
        ("models = 'minilm'", "line policy.models"),
        ("[policy]\nminimum_ratio = 0.8", "there is no line policy.policy"),
        ("version = ", "no TOML"),
    ],
)
def test_a_policy_that_can_not_be_read_refuses_every_command_by_the_name_of_the_line(
    run: Run, place: Path, text: str, named: str
) -> None:
    demand(place, text)
    for words in (["status"], ["policy", "show"], ["ingest", str(place / "files")], ["search", "rent"]):
        code, told = run(*words)
        assert (code, told["error"]["code"]) == (2, "E_CONFIG")
        assert named in f"{told['error']['what']} {told['error']['next_step']}"


def test_a_policy_that_the_settings_name_and_that_is_not_there_is_not_taken_for_none(place: Path) -> None:
    settings = load_settings(place / "home", governance={"policy": place / "nowhere.toml"})
    with pytest.raises(ConfigError, match="the policy is not there"):
        open_suite(settings)


def test_a_policy_that_vanished_or_is_a_link_to_nothing_refuses_every_call(run: Run, place: Path) -> None:
    demand(place, "retention_days = 5")
    assert run("status")[0] == 0
    file = place / "home/policy.toml"
    file.unlink()
    assert run("status")[1]["error"]["what"] == "the policy is not there"
    demand(place, "")
    assert run("status")[0] == 0
    file.unlink()
    assert run("status")[0] == 0
    demand(place, "retention_days = 5")
    assert run("status")[0] == 0
    file.unlink()
    (place / "home/daybook.db").unlink()
    # The audit trail tells of it as well.
    assert run("status")[1]["error"]["what"] == "the policy is not there"
    file.symlink_to(place / "away.toml")
    assert run("search", "rent")[1]["error"]["what"] == "the policy is not there"


def test_the_hash_covers_what_is_demanded_and_not_how_it_is_written(place: Path) -> None:
    settings = load_settings(place / "home")
    without = policy_hash(settings)
    demand(place, "version = '3'\nminimum_ratio = 0.8\n")
    first = policy_hash(settings)
    demand(place, "# stricter than last year\nminimum_ratio = 0.80\nversion = '3'\n")
    assert policy_hash(settings) == first
    demand(place, "minimum_ratio = 0.81\nversion = '3'\n")
    assert policy_hash(settings) not in (first, without)


def test_a_kind_that_the_settings_do_not_redact_refuses_the_whole_ingest(run: Run, place: Path) -> None:
    (place / "home/groundsight.toml").write_text('[governance]\nredact = ["phone"]\n')
    demand(place, 'redact = ["email"]')
    code, told = run("ingest", str(place / "files"))
    assert (code, told["error"]["code"], told["error"]["which"]) == (1, "E_POLICY_REFUSED", "policy.redact")
    assert "add email to governance.redact" in told["error"]["next_step"]
    assert run("status")[1]["units"] == 0


def test_without_the_consent_that_is_demanded_a_file_stays_out_and_says_why(run: Run, place: Path) -> None:
    demand(place, "consent = true")
    _, told = run("ingest", str(place / "files"))
    problem = told["files"][0]["problem"]
    assert told["failed"] == 1
    assert problem.startswith("E_POLICY_REFUSED: policy.consent is violated: no consent is recorded")


@pytest.mark.parametrize("kept", [False, True])
def test_what_was_stored_without_the_consent_that_is_demanded_since_is_gone_until_it_is_stated(
    run: Run, place: Path, kept: bool
) -> None:
    lease = str(place / "files/lease.txt")
    run("ingest", str(place / "files"))
    if kept:  # that it is kept until a day is no consent
        assert run("rights", lease, "--retain", "365")[0] == 0
    unit = run("search", "rent a year")[1]["hits"][0]["id"]
    demand(place, "consent = true")
    assert run("lineage", unit)[1]["error"]["code"] == "E_NOT_FOUND"
    for words in (("ask", "What is the rent a year?"), ("search", "rent a year"), ("list",), ("show", lease)):
        assert "84 EUR" not in str(told := run(*words))
        assert "lease.txt" not in str(told).replace(lease, "")
    trail = (place / "home/audit/audit.jsonl").read_text().splitlines()
    assert {line["outcome"] for line in map(json.loads, trail) if line["kind"] == "denied"} == {"consent"}
    assert run("policy", "check")[0] == 1
    assert run("rights", lease, "--consent-until", "2990-12-31")[0] == 0
    assert "84 EUR" in str(run("ask", "What is the rent a year?"))


@pytest.mark.parametrize(
    ("until", "is_let_in"),
    [(date(2030, 1, 1), True), (date(2029, 12, 31), False), (None, False)],
)
def test_consent_counts_to_its_last_day(until: date | None, is_let_in: bool) -> None:
    asset = make_asset(consent_until=until)
    if is_let_in:
        assert let_in(Policy(consent=True), asset, date(2030, 1, 1)) == asset
    else:
        with pytest.raises(PolicyRefused):
            let_in(Policy(consent=True), asset, date(2030, 1, 1))


def test_what_is_ingested_gets_its_last_day_and_never_a_later_one_than_it_had(run: Run, place: Path) -> None:
    demand(place, "retention_days = 30")
    run("ingest", str(place / "files"))
    with open_suite(load_settings(place / "home")) as suite:
        (asset,) = suite.parts.index.assets(Filter())
    assert asset.retain_until == date.today() + timedelta(days=30)
    earlier = make_asset(retain_until=date(2030, 1, 5))
    assert let_in(Policy(retention_days=30), earlier, date(2030, 1, 1)).retain_until == date(2030, 1, 5)


def test_an_answer_under_the_minimum_is_refused_by_the_line_and_nothing_of_it_is_left() -> None:
    answer = an_answer("How long?").model_copy(update={"grounding_ratio": 0.7})
    refused = under_policy(Policy(minimum_ratio=0.8), answer)
    assert (refused.status, refused.stop_reason) == ("refused", "E_POLICY_REFUSED policy.minimum_ratio")
    assert "90 days" not in refused.model_dump_json()
    assert under_policy(Policy(minimum_ratio=0.7), answer) == answer
    assert under_policy(Policy(minimum_ratio=0.1), answer.model_copy(update={"grounding_ratio": None})) != answer


def test_an_asked_question_meets_the_policy_that_stands_there_now(run: Run, place: Path) -> None:
    run("ingest", str(place / "files"))
    demand(place, "version = '1'\nminimum_ratio = 1.0")
    assert run("ask", "What is the rent a year?")[1]["status"] == "answered"
    demand(place, "version = '2'\nmodels = ['conse', 'rapidocr', 'packaged']")
    code, told = run("ask", "What is the rent a year?")
    assert (code, told["error"]["code"], told["error"]["which"]) == (1, "E_POLICY_REFUSED", "policy.models")
    assert told["error"]["what"] == "the policy does not allow models.text = minilm"


def test_a_lane_that_is_open_is_refused_at_the_next_use_when_the_policy_forbids_it(place: Path) -> None:
    with open_suite(Settings(home=place / "home", roots=(place / "files",))) as suite:
        suite.ingest(place / "files")
        assert suite.search("rent").hits
        demand(place, "models = ['conse', 'rapidocr', 'packaged']")
        with pytest.raises(PolicyRefused, match=r"models\.text = minilm"):
            suite.search("how much is the rent")
        demand(place, "models = ['*']")
        assert suite.search("how much is the rent a year").hits


@pytest.mark.parametrize(
    ("policy", "agent", "line"),
    [
        ("providers = ['ollama']", {"llm": "openai:any"}, "policy.providers"),
        ("models = ['ollama:*', 'minilm', 'conse', 'rapidocr', 'packaged']", {"llm": "openai:any"}, "policy.models"),
        ("may_leave = []", {"llm": "openai:any", "llm_base_url": "https://models.example"}, "policy.may_leave"),
        ("may_leave = ['pictures']", {"llm": "client"}, "policy.may_leave"),
    ],
)
def test_a_language_model_that_is_not_allowed_is_never_asked(
    place: Path, policy: str, agent: dict[str, str], line: str
) -> None:
    demand(place, policy)
    with open_suite(load_settings(place / "home", agent=agent)) as suite, pytest.raises(PolicyRefused) as refused:
        suite.ask("What is the rent?")
    assert (refused.value.error_code, refused.value.which) == ("E_POLICY_REFUSED", line)


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"models": {"text": "service:http://127.0.0.1:8100"}}, 0),
        ({"models": {"text": "service:https://encoders.example"}}, 1),
        ({"models": {"visual": "service:https://encoders.example"}}, 1),
        ({"agent": {"llm": "ollama:any", "llm_base_url": "http://localhost:11434"}}, 0),
        ({"agent": {"llm": "ollama:any", "llm_base_url": "http://localhost.example"}}, 1),
        ({"index": {"backend": "weaviate"}, "weaviate": {"host": "10.0.0.5"}}, 1),
        ({"index": {"backend": "weaviate"}}, 0),
    ],
)
def test_what_leaves_is_what_goes_to_another_machine(place: Path, values: dict[str, Any], faults: int) -> None:
    from groundsight.governance.policy import faults_of

    assert len(faults_of(Policy(may_leave=()), load_settings(place / "home", **values))) == faults


def test_a_picture_goes_to_no_client_where_pictures_may_not_leave(place: Path) -> None:
    def look(suite: Suite) -> Result:
        return Result(pictures=(Picture(uri="groundsight://x", data=b"png"),))

    demand(place, "may_leave = ['text']")
    with open_suite(load_settings(place / "home")) as suite:
        given = {
            door: Gate(door, audit=None, limiter=RateLimiter(10, 10)).call(ToolSpec(look, "Look"), suite, {}).pictures
            for door in ("mcp", "cli", "langchain", "view")
        }
    assert {door: len(pictures) for door, pictures in given.items()} == {"mcp": 0, "cli": 1, "langchain": 0, "view": 1}


def test_a_change_of_the_policy_is_one_record_whoever_calls_next(run: Run, place: Path) -> None:
    run("ingest", str(place / "files"))
    demand(place, "version = '1'\nminimum_ratio = 0.5")
    run("status")
    run("search", "rent")
    demand(place, "version = '2'\nminimum_ratio = 0.6")
    run("ask", "What is the rent a year?")
    demand(place, "")
    run("status")
    assert [told.split()[0] for told in changes(place / "home")] == ["1", "2", "unversioned"]
    assert verify_chain(place / "home/audit").problems == ()


def test_the_check_prints_every_line_with_what_violates_it_and_how_to_mend_it(
    run: Run, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "home/groundsight.toml").write_text('[governance]\nredact = ["phone"]\n')
    run("ingest", str(place / "files"))
    demand(
        place, "version = '7'\nconsent = true\nretention_days = 9\nredact = ['email']\nmay_leave = []\nparity_gap = 0.1"
    )
    code, told = run("policy", "check")
    found = {each["line"]: (each["checked"], each["violating"]) for each in told["checks"]}
    assert code == 1
    assert found == {
        "policy.redact": (1, 1),
        "policy.consent": (1, 1),
        "policy.parity_gap": (0, None),
        "policy.may_leave": (1, 0),
        "policy.retention_days": (1, 1),
    }
    assert main(["policy", "check", "--home", str(place / "home")]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("policy 7, hash ")
    assert "files/lease.txt" in printed
    assert "mend: add email to governance.redact and ingest again" in printed
    assert "no data yet" in printed


def test_the_check_names_the_fourth_and_counts_from_the_second_more_on(run: Run, place: Path) -> None:
    demand(place, "consent = true")
    assets = [make_asset(f"files/{number}.txt") for number in range(5)]

    def which(number: int) -> tuple[str, ...]:
        settings = load_settings(place / "home")
        (line,) = check_stored(Policy(consent=True), settings, assets[:number], Rescanned(), ())
        return line.which

    assert [len(which(number)) for number in (3, 4, 5)] == [3, 4, 3]


def test_a_home_that_keeps_to_its_policy_passes_the_check(run: Run, place: Path) -> None:
    demand(place, "retention_days = 30\nredact = ['email']\nmodels = ['*']\nminimum_ratio = 0.5")
    run("ingest", str(place / "files"))
    run("ask", "What is the rent a year?")
    code, told = run("policy", "check")
    assert (code, told["violated"]) == (0, [])
    assert {each["line"]: each["checked"] for each in told["checks"]}["policy.minimum_ratio"] == 1


def test_a_policy_widens_nothing_that_the_settings_forbid(place: Path) -> None:
    demand(place, "minimum_ratio = 0.0\nredact = []\nmay_leave = ['text', 'pictures']\nmodels = ['*']")
    with open_suite(load_settings(place / "home", roots=(place / "files",), models={"text": "none"})) as suite:
        suite.ingest(place / "files")
        assert suite.parts.text_encoder is None
        assert "tenant@example.org" not in str(suite.search("tenant"))


def test_a_read_only_home_answers_and_says_that_nothing_was_booked_unless_the_policy_demands_a_record(
    run: Run, place: Path
) -> None:
    home = place / "home"
    assert run("ingest", str(place / "files"))[0] == 0

    async def asked(port: int) -> dict[str, Any]:
        async with Client(f"http://127.0.0.1:{port}/mcp") as client:
            return (await client.call_tool("ask", {"question": "What is the rent a year?"})).structured_content

    for demanded in (False, True):
        demand(place, "record = true" if demanded else "")
        with read_only(home), served(home) as port:
            before = {file: file.stat().st_mtime_ns for file in home.rglob("*")}
            code, told = run("ask", "What is the rent a year?")
            there = asyncio.run(asked(port))
            assert before == {file: file.stat().st_mtime_ns for file in home.rglob("*")}
            if demanded:
                assert (code, told["error"]["code"], told["error"]["which"]) == (1, "E_POLICY_REFUSED", "policy.record")
                assert there["error"]["code"] == "E_POLICY_REFUSED"
                with open_suite(home=home) as suite, pytest.raises(PolicyRefused, match=r"policy\.record"):
                    suite.ask("What is the rent a year?")
                continue
            assert code == 0
            for answer in (told, there):
                assert answer["status"] == "answered"
                assert answer["receipt"] == ""
                assert "nothing was booked" in str(answer["degraded"])


def test_the_errors_of_the_policy_name_code_line_and_next_step(place: Path) -> None:
    demand(place, "models = []")
    with open_suite(load_settings(place / "home")) as suite, pytest.raises(GroundsightError) as refused:
        suite.search("rent")
    told = refused.value.as_data()
    assert all(told[name] for name in ("code", "what", "which", "next_step"))


def test_a_recording_is_heard_only_by_a_model_that_the_policy_allows(place: Path) -> None:
    demand(place, "models = ['minilm']")
    with open_suite(load_settings(place / "home")) as suite, pytest.raises(PolicyRefused) as refused:
        _ = suite.parts.transcriber
    assert refused.value.which == "policy.models"


def test_no_model_elsewhere_sees_a_picture_that_may_not_leave(place: Path) -> None:
    demand(place, "may_leave = ['text']")
    settings = load_settings(place / "home", agent={"llm": "openai:any", "llm_base_url": "https://models.example"})
    Image.new("RGB", (40, 30), "teal").save(place / "files" / "buoy.png")
    with open_suite(settings, Principal(may_write=True)) as suite:
        suite.parts.roots.add(place / "files")
        given = Sight(name="files/buoy.png")
        assert shots(suite, given, []) == []
        (place / "home" / "policy.toml").unlink()
        assert [one.id for one in shots(suite, given, [])] == ["picture"]
