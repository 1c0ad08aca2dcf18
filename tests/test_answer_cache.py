"""An answer is given again to the same question in other words, and never to another one or in other circumstances."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from groundsight import open_suite
from groundsight.governance.rights import Rights
from groundsight.graphs import answer as answer_graph
from groundsight.graphs import cached
from groundsight.language.same_asking import asking
from groundsight.operation import answer_cache
from groundsight.server import build_server
from groundsight.settings import Settings, load_settings
from groundsight.suite import open_suite as open_engine
from groundsight.types import Answer, Citation, Principal

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
DATA = Path(__file__).parent / "data" / "cache"
SECRET = "The guard of the vault is Marzipan Lighthouse."
QUESTION, REWORDED = "Who is the guard of the vault?", "Please tell me who the vault's guard is."


def pairs(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split(" | ") for line in lines if line and not line.startswith("#")]


def settings_of(home: Path, **sections: Any) -> Settings:
    given = {"operation": {"cache_minutes": 60}, "models": {"visual": "none"}, **sections}
    return load_settings(home, **given)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one document."""
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "vault.txt").write_text(SECRET)
    with open_suite(settings_of(tmp_path / "home")) as suite:
        suite.ingest(folder)
    return tmp_path / "home"


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that were not answered from the cache; each gets an answer that holds it."""
    asked: list[str] = []

    def work(suite: Any, question: str, picture: str) -> Answer:
        asked.append(question)
        return Answer(
            question=question, status="answered", text=f"Told: {question}", stop_reason="so", grounding_ratio=1.0
        )

    monkeypatch.setattr(answer_graph, "_worked_out", work)
    return asked


def test_a_cache_that_cannot_be_written_keeps_no_answer_back(home: Path, worked_out: list[str]) -> None:
    (home / "answers").write_text("a file in the place of the folder")
    with open_suite(settings_of(home)) as suite:
        assert [suite.ask(QUESTION).status for _ in range(2)] == ["answered", "answered"]
    assert worked_out == [QUESTION, QUESTION]


def test_none_of_the_traps_gets_the_answer_of_the_question_before(home: Path, worked_out: list[str]) -> None:
    traps = pairs("traps.txt")
    assert len(traps) >= 200
    with open_suite(settings_of(home)) as suite:
        for before, now in traps:
            assert suite.ask(before).text != suite.ask(now).text, (before, now)


def test_half_of_the_rewordings_that_people_wrote_get_the_answer_of_before(home: Path, worked_out: list[str]) -> None:
    groups = pairs("rewordings.txt")
    with open_suite(settings_of(home)) as suite:
        found = [
            suite.ask(other).cached is not None for first, *others in groups if suite.ask(first) for other in others
        ]
    assert sum(found) / len(found) >= 0.5


def changed(given: Principal, **values: Any) -> Principal:
    return given.model_copy(update=values)


ME = Principal(may_write=True)
OTHERS: Sequence[Principal] = (
    changed(ME, user="kim"), changed(ME, tenant="other"), changed(ME, region="eu"), changed(ME, labels=("hr",)),
    changed(ME, purpose="audit"), changed(ME, roots=(Path("/srv"),)),
)  # fmt: skip


@pytest.mark.parametrize("who", OTHERS, ids=lambda who: who.model_dump_json(exclude_defaults=True))
def test_nobody_with_other_rights_gets_an_answer_of_mine(home: Path, worked_out: list[str], who: Principal) -> None:
    with open_suite(settings_of(home)) as suite:
        suite.ask(QUESTION)
        assert suite.acting_for(who).ask(QUESTION).cached is None
        assert suite.ask(REWORDED).cached is not None


def new_file(home: Path, _: pytest.MonkeyPatch) -> Settings:
    (home.parent / "vault" / "more.txt").write_text("The vault has two doors.")
    with open_suite(settings_of(home)) as suite:
        suite.ingest(home.parent / "vault")
    return settings_of(home)


def new_rights(home: Path, _: pytest.MonkeyPatch) -> Settings:
    with open_suite(settings_of(home)) as suite:
        suite.suite.rights("vault.txt", Rights(labels=("board",)))
    return settings_of(home)


def new_policy(home: Path, _: pytest.MonkeyPatch) -> Settings:
    (home / "policy.toml").write_text("minimum_ratio = 0.1\n")
    return settings_of(home)


def new_prompt(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(cached, "hash_of_prompt", lambda name, own: f"other {name}")
    return settings_of(home)


def new_day(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(cached, "date", type("Later", (), {"today": staticmethod(lambda: date(2999, 1, 1))}))
    return settings_of(home)


def later(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    real = answer_cache.time.time
    monkeypatch.setattr(answer_cache.time, "time", lambda: real() + 3_601)
    return settings_of(home)


CHANGES: Sequence[Callable[[Path, pytest.MonkeyPatch], Settings]] = (
    new_file, new_rights, new_policy, new_prompt, new_day, later,
    lambda home, _: settings_of(home, models={"visual": "none", "reader": "none"}),
    lambda home, _: settings_of(home, search={"hops": 3}),
    lambda home, _: settings_of(home, grounding={"target": 0.9}),
    lambda home, _: settings_of(home, governance={"redact": ["email"]}),
    lambda home, _: settings_of(home, operation={"cache_minutes": 0}),
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_an_answer_depends_on_has_changed(
    home: Path, worked_out: list[str], monkeypatch: pytest.MonkeyPatch, change: Callable[..., Settings]
) -> None:
    with open_suite(settings_of(home)) as suite:
        suite.ask(QUESTION)
    with open_suite(change(home, monkeypatch)) as suite:
        assert suite.ask(QUESTION).cached is None


def test_an_answer_whose_file_has_changed_since_is_worked_out_again(home: Path) -> None:
    with open_suite(settings_of(home)) as suite:
        first, second = suite.ask(QUESTION), suite.ask(REWORDED)
        assert (first.cached, second.text) == (None, first.text)
        assert second.cached is not None
        assert second.cached.receipt.startswith("ans-")
        assert (second.question, second.cached.age >= 0) == (REWORDED, True)
        (home.parent / "vault" / "vault.txt").write_text("The guard of the vault is Tulip Harbour.")
        assert suite.ask(QUESTION).cached is None


def test_a_picture_a_stream_and_what_was_not_sure(home: Path, worked_out: list[str]) -> None:
    with open_suite(settings_of(home)) as suite:
        suite.ask(QUESTION)
        *_, streamed = suite.stream(REWORDED)
        assert isinstance(streamed, Answer)
        assert streamed.cached is not None
        suite.suite.ask(QUESTION, "some-picture")
        assert worked_out == [QUESTION, QUESTION]


def test_what_is_forgotten_is_in_no_kept_answer(home: Path) -> None:
    with open_suite(settings_of(home)) as suite:
        assert "Marzipan" in suite.ask(QUESTION).text
        assert any(b"Marzipan" in file.read_bytes() for file in (home / "answers").iterdir())
        suite.forget("vault.txt")
        left = [file for at, _, names in os.walk(home) for file in (Path(at, name) for name in names)]
        assert not [file for file in left if b"Marzipan" in file.read_bytes()]


@pytest.mark.parametrize("command", [("list",), ("cache", "stats"), ("search", "vault")])
def test_an_answer_leaves_no_byte_when_its_time_is_over(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    file = home / "answers" / "answers.db"
    with open_suite(settings_of(home)) as suite:
        suite.ask(QUESTION)
    assert b"Marzipan" in file.read_bytes()
    with closing(sqlite3.connect(file)) as book, book:
        book.execute("UPDATE answers SET time = time - 3600")
    monkeypatch.setenv("GROUNDSIGHT_OPERATION__CACHE_MINUTES", "60")
    assert run(*command)[0] == 0
    assert b"Marzipan" not in file.read_bytes()


def test_a_client_and_the_command_line_see_that_an_answer_is_from_before(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"OPERATION__CACHE_MINUTES": "60", "MODELS__VISUAL": "none"}.items():
        monkeypatch.setenv(f"GROUNDSIGHT_{name}", value)

    async def asked() -> Any:
        async with Client(build_server(lambda: open_engine(settings_of(home)), writable=False)) as client:
            return (await client.call_tool("ask", {"question": QUESTION})).structured_content

    told = asyncio.run(asked())
    assert told["cached"] is None
    assert set(told["cost"]) == {"amount", "currency", "tokens", "cpu_seconds", "joules"}
    code, again = run("ask", REWORDED)
    assert (code, again["text"]) == (0, told["text"])
    assert again["cached"]["receipt"].startswith("ans-")
    code, stats = run("cache", "stats")
    assert (stats["hits"], stats["misses"], stats["kept"], stats["hit_ratio"]) == (1, 1, 1, 0.5)
    figures = {each["name"]: each for each in run("report", "kpi")[1]["figures"]}
    assert (figures["Cache hits"]["value"], figures["Cache hits"]["n"]) == (0.5, 2)
    assert run("explain", again["receipt"])[0] == 0
    assert run("cache", "clear")[1] == {"cleared": 1}
    assert run("ask", REWORDED)[1]["cached"] is None


def test_a_damaged_entry_is_worked_out_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_suite(settings_of(home)) as suite:
        suite.ask(QUESTION)
        monkeypatch.setattr(answer_cache.Answer, "model_validate_json", Citation.model_validate_json)
        assert suite.ask(QUESTION).cached is None


@pytest.mark.parametrize("question", ["", "?", "'s", "Who?", "wer ist der Kapitän", "名前は何ですか", "a" * 8_000])
def test_any_text_has_a_form(question: str) -> None:
    assert asking(question) == asking(question.strip())
