"""Nothing found: an empty index, a filter that nothing passes, and words that nothing comes near are told apart."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from groundsight.cli import main
from groundsight.retrieval.emptiness import ingest_command
from groundsight.server import build_server
from groundsight.settings import Settings, load_settings
from groundsight.suite import open_suite
from groundsight.types import Principal

LIGHT = '[models]\ntext = "none"\nvisual = "none"\n[ingestion]\ntags = false\nocr = false\n'
CALLS = {
    "search": {"query": "notice period"},
    "ask": {"question": "How long is the notice period?"},
    "verify": {"answer": "The notice period is 90 days."},
    "status": {},
}
EMPTY = "no document that you may see is indexed"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder with a space in its name, and an empty home."""
    (tmp_path / "my docs").mkdir()
    (tmp_path / "my docs" / "a.txt").write_text("The notice period is 90 days.")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "groundsight.toml").write_text(LIGHT)
    return load_settings(tmp_path / "home", roots=(tmp_path / "my docs",))


def texts(settings: Settings, principal: Principal | None = None) -> dict[str, str]:
    """What a client reads first of each tool."""

    async def run() -> dict[str, Any]:
        async with Client(build_server(lambda: open_suite(settings, principal), writable=False)) as client:
            return {name: (await client.call_tool(name, given)).content[0].text for name, given in CALLS.items()}

    return asyncio.run(run())


def test_over_an_empty_home_every_first_reply_says_so_and_its_command_works(settings: Settings) -> None:
    for name, text in texts(settings).items():
        assert EMPTY in text, name
        assert "run: " in text, name
    command = shlex.split(re.findall(r"run: (.*)", texts(settings)["search"])[0])
    assert main(command[command.index("ingest") :]) == 0
    after = texts(settings)
    assert not [name for name, text in after.items() if "no document" in text]
    assert "90 days" in after["ask"]


@pytest.mark.parametrize(
    ("filters", "near"),
    [
        (["--source", "nowhere/"], "near sources: my docs/, my docs/a.txt"),
        (["--source", "A.TXT"], "near sources: my docs/a.txt"),
        (["--source", "my dosc"], "near sources: my docs/"),
        (["--kind", "audio"], "kinds that are there: text"),
        (["--from", "2090-01-01"], "no document has a date"),
    ],
)
def test_a_filter_that_nothing_passes_is_not_an_empty_index_and_names_what_is_near(
    settings: Settings, filters: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(settings.home)]
    main(["ingest", str(settings.roots[0]), *home])
    capsys.readouterr()
    assert main(["search", "notice", *filters, *home]) == 0
    shown = capsys.readouterr().out
    assert "none passes the filters" in shown
    assert near in shown
    assert EMPTY not in shown
    main(["search", "zebra", *home])
    shown = capsys.readouterr().out
    assert "near to it" in shown
    assert "filters" not in shown


def test_who_may_see_nothing_reads_the_same_over_an_empty_and_a_filled_index(settings: Settings) -> None:
    other = Principal(tenant="other", user="o")
    before = texts(settings, other)
    main(["ingest", str(settings.roots[0]), "--home", str(settings.home)])
    after = texts(settings, other)
    assert before.keys() == after.keys()
    for name in before:
        assert before[name] == after[name], name
        assert EMPTY in after[name]


def test_where_callers_bring_tokens_no_folder_of_the_machine_is_named(settings: Settings) -> None:
    served = settings.model_copy(update={"server": settings.server.model_copy(update={"token": "t" * 40})})
    assert str(settings.home) not in ingest_command(served)
    assert str(settings.roots[0]) not in ingest_command(served)
    for text in texts(served).values():
        assert str(settings.home.parent) not in text


def test_the_next_step_of_another_tenant_leads_to_its_own_documents(settings: Settings) -> None:
    rules = settings.governance.model_copy(update={"tenant": "quarry works"})
    assert "--tenant 'quarry works'" in ingest_command(settings.model_copy(update={"governance": rules}))
    assert "--tenant" not in ingest_command(settings)
