"""What calls take is recorded, told and booked: traces at a collector of the test's own, ledger, budgets, forecast."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight import open_suite
from groundsight.doors.logs import QuietFormatter
from groundsight.doors.operation import cost_desk, index_desk
from groundsight.errors import ConfigError, GroundsightError, OverBudget, StorageFailed
from groundsight.operation import metering
from groundsight.operation.calls import Calls
from groundsight.operation.cost import forecast
from groundsight.operation.ledger import Booking, CostLedger
from groundsight.settings import Settings, load_settings
from groundsight.types import Principal
from tests.chat_server import chat_server
from tests.pictures import page_of
from tests.serving import serving

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
CANARY = "Quillfeather"
PRICES = {"cpu_hour": "3.60", "page": "0.02", "tokens": "0.5", "models": {"openai:fake": "2.5"}}


@contextmanager
def collecting() -> Generator[tuple[str, list[bytes]]]:
    """Run a collector that keeps what it is sent."""
    heard: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with serving(Keep) as address:
        yield f"{address}/v1/traces", heard


def spans_of(heard: list[bytes]) -> list[Any]:
    service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    told = [service.ExportTraceServiceRequest.FromString(body) for body in heard]
    return [one for each in told for part in each.resource_spans for scope in part.scope_spans for one in scope.spans]


def attributes(one: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in one.attributes}


def settings_of(home: Path, **operation: Any) -> Settings:
    return load_settings(home, operation=operation, models={"visual": "none"})


def folder_of(at: Path) -> Path:
    """A text and a picture, whose names and words all hold the canary."""
    at.mkdir()
    (at / f"{CANARY}.txt").write_text(f"The guard of the vault is {CANARY} Harbour. The vault has 120 doors.\n")
    page_of(f"The captain is {CANARY} Lane").save(at / f"{CANARY}.png")
    return at


def test_every_step_is_a_span_at_the_collector_and_none_holds_a_text(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    folder = folder_of(tmp_path / f"{CANARY}-files")
    with collecting() as (address, heard):
        with open_suite(settings_of(tmp_path / "home", traces=address, cache_minutes=5)) as suite:
            suite.ingest(folder)
            suite.search(f"guard {CANARY}")
            suite.search(f"guard {CANARY}")
            for question in ("Who is the guard of the vault?", "Please tell me who the vault's guard is."):
                answer = suite.ask(question)
            suite.verify(f"The guard is {CANARY} Harbour.")
            ids = [hit.unit.unit_id for hit in suite.search("vault").hits]
        spans = spans_of(heard)
    names = {one.name for one in spans}
    assert names >= {
        "ingest", "ingest.file", "ingest.read", "ingest.redact", "ingest.pictures", "ingest.encode", "ingest.commit",
        "model.ocr", "model.tags", "model.embedding", "model.rerank", "model.reading", "search", "search.encode",
        "search.index", "search.rerank", "search.hops", "ask", "ask.plan", "ask.search", "ask.assess", "ask.draft",
        "ask.verify", "ask.answer", "verify",
    }  # fmt: skip
    by_id = {one.span_id: one for one in spans}
    assert all(one.parent_span_id in by_id for one in spans if one.parent_span_id)
    assert all(by_id[one.parent_span_id].trace_id == one.trace_id for one in spans if one.parent_span_id)
    assert {one.name for one in spans if not one.parent_span_id} == {"ingest", "search", "ask", "verify"}
    asked = [attributes(one) for one in spans if one.name == "ask"]
    assert [one["cache_hit"] for one in asked] == [False, True]
    assert asked[0]["grounding_ratio"] == answer.grounding_ratio == 1.0
    assert asked[0]["grounding_delta"] == pytest.approx(0.3)
    assert asked[0]["status"] == "answered"
    assert asked[0]["peak_memory_bytes"] > 0
    searched = [attributes(one) for one in spans if one.name == "search" and not one.parent_span_id]
    assert [one["cache_hit"] for one in searched[:2]] == [False, True]
    index = next(attributes(one) for one in spans if one.name == "search.index")
    assert index["channel.text.bm25_text.hits"] > 0
    assert index["channel.image.ocr.seconds"] > 0
    sent = b"".join(heard).lower()
    assert not [word for word in (CANARY, "guard", "vault", "harbour", *ids) if word.lower().encode() in sent]


def test_a_refusal_and_an_error_are_told_by_their_code_alone(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk")
    with collecting() as (address, heard):
        with open_suite(settings_of(tmp_path / "home", traces=address)) as suite:
            suite.ingest(folder_of(tmp_path / "files"))
            (tmp_path / "home" / "policy.toml").write_text("minimum_ratio = 1.0\n")
            with pytest.raises(GroundsightError):
                suite.search("vault", picture=tmp_path / f"{CANARY}.png")
            assert suite.ask("What did the vault cost?").status in ("evidence", "abstained", "refused")
        spans = spans_of(heard)
    assert {attributes(one)["status"] for one in spans if one.name == "ask"} & {"evidence", "abstained", "refused"}
    assert CANARY.encode() not in b"".join(heard)


def test_without_the_extra_a_call_fails_at_once_and_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with (
        open_suite(settings_of(tmp_path / "home", traces="http://127.0.0.1:1/v1/traces")) as suite,
        pytest.raises(ConfigError, match=r"\[telemetry\]"),
    ):
        suite.ingest(folder_of(tmp_path / "files"))


def test_an_address_that_does_not_answer_keeps_nobody_waiting_and_loses_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    with open_suite(settings_of(tmp_path / "home", traces="http://127.0.0.1:9/v1/traces")) as suite:
        suite.ingest(folder_of(tmp_path / "files"))
        assert suite.ask("Who is the guard of the vault?").status == "answered"
    told = [QuietFormatter().format(one) for one in caplog.records if one.name.startswith("opentelemetry")]
    assert told
    assert not [line for line in told if "%s" in line or CANARY in line]


def test_the_sums_of_every_view_equal_the_ledger_to_the_last_digit(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "POWERCAP", tmp_path)
    monkeypatch.setattr(cost_desk, "POWERCAP", tmp_path)
    rules = {"prices": PRICES, "tag": "rest", "tags": ("sales", "law")}
    home = tmp_path / "home"
    with open_suite(settings_of(home, **rules)) as suite:
        suite.ingest(folder_of(tmp_path / "files"))
        for user, labels in (("kim", ("sales",)), ("ada", ("x", "law")), ("ada", ())):
            whose = suite.acting_for(Principal(user=user, labels=labels))
            whose.search(f"guard {user} {labels}")
            assert whose.ask("Who is the guard of the vault?").cost.amount > 0
    booked = CostLedger(home, 400).since(date.today())
    whole = sum((one.cost for one in booked), Decimal(0))
    assert {one.kind for one in booked} >= {"embedding", "ocr", "tags", "reading", "rerank"}
    assert {one.tag for one in booked} == {"rest", "sales", "law"}
    assert len({one.person for one in booked}) == 3
    for view in ("modality", "tag", "person", "day", "model", "kind", "verb"):
        told = run("cost", "--by", view)[1]
        assert sum(Decimal(row["cost"]) for row in told["rows"]) == Decimal(told["total"]["EUR"]) == whole
        assert sum(row["calls"] for row in told["rows"]) == len(booked)
    told = run("cost")[1]["energy"]
    assert told == {"joules": None, "machine": f"this machine does not tell it: {tmp_path} can't be read"}
    pages = [one for one in booked if one.kind == "ocr"]
    assert sum(one.cost for one in pages) > Decimal("0.02") * sum(one.items for one in pages) > 0
    text = b"".join(file.read_bytes() for file in (home / "costs").iterdir())
    assert not [word for word in (CANARY, "kim", "ada") if word.encode() in text.replace(b"cpu", b"")]


def test_energy_is_booked_and_told_where_the_machine_counts_it(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metering, "POWERCAP", tmp_path)
    for package in range(2):
        (tmp_path / f"intel-rapl:{package}").mkdir()
        (tmp_path / f"intel-rapl:{package}/energy_uj").write_text("5000000")
    (tmp_path / "intel-rapl:0:0").mkdir()
    (tmp_path / "intel-rapl:0:0/energy_uj").write_text("9000000")
    assert metering.joules() == 10.0

    class Heating:
        fingerprint = "h"

        def encode(self, texts: list[str], role: str) -> None:
            (tmp_path / "intel-rapl:1/energy_uj").write_text("7500000")

    calls = Calls(settings_of(tmp_path / "home"))
    with calls.recorded("search", Principal()):
        metering.metered("models.text", Heating()).encode(["a"], role="query")
    calls.close()
    assert run("cost")[1]["energy"] == {"joules": 2.5, "machine": "read here (RAPL)"}


def test_what_older_rules_and_versions_made_of_the_index_is_told_with_what_mends_it(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = str(folder_of(tmp_path / "files"))
    run("ingest", files)
    count = run("report", "index")[1]["documents"]
    assert run("report", "index")[1]["older"] == []
    monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__REDACT", '["email"]')
    (redacted,) = run("report", "index")[1]["older"]
    assert (redacted["what"], redacted["documents"], redacted["mend"]) == (
        "text: redact", count, "groundsight ingest FOLDER"
    )  # fmt: skip
    assert redacted["now"].endswith(":email")
    run("ingest", files)
    assert run("report", "index")[1]["older"] == []
    monkeypatch.setattr(index_desk, "__version__", "99")
    older = run("report", "index")[1]["older"]
    assert {each["what"] for each in older} == {"text: read", "text: redact"}
    assert {(each["now"], "--home NEW_FOLDER" in each["mend"]) for each in older} == {("version 99", True)}
    monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__TENANT", "other")
    assert run("report", "index")[1]["documents"] == 0


def test_an_answer_says_what_it_cost_and_a_model_s_tokens_are_booked_at_its_own_price(tmp_path: Path, run: Run) -> None:
    pytest.importorskip("langchain_openai")
    home = tmp_path / "home"
    reply = json.dumps({"sentences": [], "cites": [], "lacking": ""})
    with chat_server(lambda _: reply) as server:
        agent = {"llm": "openai:fake", "llm_base_url": server.url, "llm_api_key": "k"}
        settings = load_settings(home, operation={"prices": PRICES}, models={"visual": "none"}, agent=agent)
        with open_suite(settings) as suite:
            suite.ingest(folder_of(tmp_path / "files"))
            answer = suite.ask("Who is the guard of the vault?")
    tokens = 100 * len(server.requests)
    assert answer.cost.tokens == tokens > 0
    assert answer.cost.amount >= Decimal("2.5") * tokens / 1000
    [chat] = [one for one in CostLedger(home, 400).since(date.today()) if one.kind == "chat"]
    assert (chat.model, chat.tokens, chat.verb) == ("openai:fake", tokens, "ask")


def test_a_budget_warns_or_stops_and_names_its_limit_and_its_end(tmp_path: Path) -> None:
    home, budget = tmp_path / "home", {"prices": {"page": "1"}, "budget_day": "0.5"}
    with open_suite(settings_of(home, prices={"page": "1"})) as suite:
        suite.ingest(folder_of(tmp_path / "files"))
    with open_suite(settings_of(home, **budget)) as suite:
        assert "budget" in [lane.lane for lane in suite.search("vault").degraded]
        assert "budget" in [lane.lane for lane in suite.ask("Who is the guard of the vault?").degraded]
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    with open_suite(settings_of(home, **budget, over_budget="stop")) as suite:
        for work in (suite.ask, suite.search, suite.verify, lambda _: suite.ingest(tmp_path / "files")):
            with pytest.raises(OverBudget, match="budget of the day") as told:
                work("the vault has doors")
            assert told.value.error_code == "E_BUDGET"
            assert told.value.limit == "operation.budget_day = 0.5 EUR"
            assert tomorrow in told.value.next_step


def test_a_budget_ends_an_ingest_between_files_and_keeps_what_was_finished(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(3):
        page_of(f"Scan number {number} of the vault").save(folder / f"{number}.png")
    rules = {"prices": {"page": "1"}, "budget_month": "1", "over_budget": "stop"}
    with open_suite(settings_of(tmp_path / "home", **rules)) as suite:
        with pytest.raises(OverBudget):
            suite.ingest(folder)
        assert 1 <= len(suite.list().documents) < 3


def test_a_torn_line_goes_threads_lose_nothing_and_old_months_go_as_files(tmp_path: Path) -> None:
    ledger, today = CostLedger(tmp_path, 60), date.today()

    def booking(day: date, cost: str = "0.01") -> Booking:
        told = {"time": 1.0, "day": day.isoformat(), "verb": "ask", "kind": "embedding", "modality": "text"}
        return Booking.model_validate({**told, "model": "m", "cost": cost})

    ledger.person(Principal())
    CostLedger(tmp_path, 10_000).add([booking(today - timedelta(days=200))])
    threads = [threading.Thread(target=lambda: [ledger.add([booking(today)]) for _ in range(50)]) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    file = tmp_path / "costs" / f"{today.isoformat()[:7]}.jsonl"
    file.write_bytes(file.read_bytes() + b'{"time": 1.0, "day"')
    assert len(ledger.since(today)) == 200
    ledger.add([booking(today)])
    assert len(ledger.since(today)) == 201
    assert ledger.spent(today, "EUR")[0] == Decimal("2.01")
    assert len(ledger.since(today - timedelta(days=300))) == 201


def test_a_ledger_that_cannot_be_written_is_named_and_only_a_budget_that_stops_refuses_for_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with open_suite(settings_of(home, ledger_days=0)) as suite:
        suite.ingest(folder_of(tmp_path / "in"))
    (home / "costs").write_text("a file in the place of the folder\n")
    with open_suite(settings_of(home, budget_day="5")) as suite:
        found, answer = suite.search("vault doors"), suite.ask("How many doors does the vault have?")
    assert found.hits
    assert answer.status == "answered"
    for lanes in (found.degraded, answer.degraded):
        assert [one.lane for one in lanes].count("ledger") == 1
    with open_suite(settings_of(home, budget_day="5", over_budget="stop")) as suite, pytest.raises(StorageFailed):
        suite.search("vault doors")


def history(chance: random.Random, weeks: int, growth: float) -> Callable[[int], Decimal]:
    """A rhythm of busy and quiet days that grows, each day by chance more or less."""
    rhythm = [chance.uniform(8, 12) for _ in range(5)] + [chance.uniform(0, 2) for _ in range(2)]

    def cost(day: int) -> Decimal:
        level = (1 + growth) ** (day / 7)
        return Decimal(str(round(rhythm[day % 7] * level * chance.uniform(0.85, 1.15), 4)))

    return cost


@pytest.mark.parametrize("growth", [-0.02, 0.0, 0.02])
def test_a_forecast_is_within_a_tenth_of_what_came(growth: float) -> None:
    first = date(2026, 1, 5)
    for seed in range(20):
        cost = history(random.Random(f"{seed} {growth}"), 12, growth)
        days = [cost(day) for day in range(12 * 7 + 30)]
        spent = {first + timedelta(days=at): days[at] for at in range(84)}
        ahead, came = forecast(spent, first + timedelta(days=84)), sum(days[84:], Decimal(0))
        assert ahead is not None
        assert abs(ahead - came) / came <= Decimal("0.1"), (seed, growth, ahead, came)


def test_a_forecast_needs_two_whole_weeks(tmp_path: Path, run: Run) -> None:
    assert forecast({date(2026, 1, 5): Decimal(1)}, date(2026, 1, 12)) is None
    assert run("cost", "--forecast")[1]["forecast"]["cost"] is None
