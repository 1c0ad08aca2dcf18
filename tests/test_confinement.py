"""Through every door a caller reads its own folders only, and is told the same of all that lies elsewhere."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp import Client

from groundsight.cli import main
from groundsight.doors.mcp_tools import Door
from groundsight.doors.tokens import TokenCheck
from groundsight.errors import GroundsightError, NotFound
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.ingestion.reach import document_for
from groundsight.server import server_of
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Filter, Principal, Query

CANARY = "CANARY"
LIGHT = {"text": "none", "visual": "none", "ocr": "none"}


@dataclass(frozen=True)
class House:
    """Two tenants with a folder each, and secrets beside them."""

    place: Path
    settings: Settings

    @property
    def ann(self) -> Principal:
        """A writer of the first tenant, as her token makes her."""
        known = TokenCheck(self.settings.server, self.settings.governance).principal("token-of-ann")
        assert known is not None
        return known

    def stored(self, suite: Suite) -> str:
        return "\n".join(f"{asset.source} {unit.text}" for unit, asset in suite.parts.index.scan(Filter()))


@pytest.fixture
def house(tmp_path: Path) -> House:
    for folder in ("mine", "mine-evil", "theirs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(CANARY if folder != "mine" else "Apples are green.")
    (tmp_path / "secret.txt").write_text(CANARY)
    (tmp_path / "mine" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "mine" / "outside").symlink_to(tmp_path)
    callers = [
        {"user": "ann", "tenant": "one", "token": "token-of-ann", "may_write": True, "roots": [tmp_path / "mine"]},
        {"user": "bob", "tenant": "two", "token": "token-of-bob", "may_write": True, "roots": [tmp_path / "theirs"]},
        {"user": "eve", "tenant": "two", "token": "token-of-eve", "may_write": True},
    ]
    chosen = {"models": LIGHT, "ingestion": {"tags": False}, "governance": {"tenant": "one", "burst": 1000}}
    return House(tmp_path, load_settings(tmp_path / "home", server={"callers": callers}, **chosen))


@pytest.fixture
def suite(house: House) -> Iterator[Suite]:
    with open_suite(house.settings) as opened:
        yield opened


Attempt = Callable[[House, Suite, str], list[str]]


def over_mcp(house: House, suite: Suite, name: str) -> list[str]:
    """Every tool that takes a file, called by the person's own client over MCP."""
    return asyncio.run(_called(Door(lambda: suite, writable=True), name))


def over_http(house: House, suite: Suite, name: str) -> list[str]:
    """The same as the owner of a token."""
    return asyncio.run(_called(Door(lambda: suite, writable=True, caller=lambda: house.ann), name))


async def _called(door: Door, name: str) -> list[str]:
    async with Client(server_of(door)) as client:
        asked = [("ingest", {"paths": [name]}), *((tool, {"picture": name}) for tool in ("ocr", "describe", "search"))]
        results = [await client.call_tool(tool, arguments) for tool, arguments in asked]
        return [block.text for result in results for block in result.content if block.type == "text"]


def in_python(house: House, suite: Suite, name: str) -> list[str]:
    """A program that acts for a caller."""
    acting = suite.acting_for(house.ann)
    problems = [each.problem for each in acting.ingest([Path(name)]).files]
    try:
        acting.search(Query(picture=name))
        return ["found"]
    except GroundsightError as error:
        return [str(error), *(f"{each.code} {each.what}" for each in problems if each)]


def in_a_graph(house: House, suite: Suite, name: str) -> list[str]:
    """The ingest graph, whose paths come from outside."""
    try:
        report = build_ingest_graph(suite).invoke({"paths": [name]})["report"]
    except GroundsightError as error:
        return [str(error)]
    return [f"{each['problem']['code']} {each['problem']['what']}" for each in report["files"] if each["problem"]]


DOORS: tuple[Attempt, ...] = (over_mcp, over_http, in_python, in_a_graph)
TRAPS = (
    "mine/link.txt", "mine/outside/secret.txt", "mine/../secret.txt", "mine-evil/a.txt", "{place}/mine-evil/a.txt",
    "/etc/hostname", "/etc", "theirs/a.txt", "theirs", "{place}/theirs/a.txt", "{place}/mine/../theirs/a.txt",
    "{place}", "/proc/self/environ", "mine/‹2E›‹2E›/secret.txt",
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_what_lies_outside_reads_like_what_is_absent_through_every_door(
    house: House, suite: Suite, door: Attempt
) -> None:
    absent = door(house, suite, "mine/absent.txt")
    assert all("E_NOT_FOUND" in each for each in absent)
    for trap in TRAPS:
        assert door(house, suite, trap.format(place=house.place)) == absent, trap
    assert house.stored(suite) == ""
    assert not (house.place / "home/roots.json").exists()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_door_leads_to_the_callers_own_files(house: House, suite: Suite, door: Attempt) -> None:
    door(house, suite, "mine")
    assert house.stored(suite) == "mine/a.txt Apples are green."


def test_where_the_home_lies_is_told_to_its_person_alone(house: House, suite: Suite) -> None:
    policy = house.settings.home / "policy.toml"
    policy.parent.mkdir(exist_ok=True)
    policy.write_text("consnt = true")
    for door, which in ((over_mcp, policy), (over_http, policy.name)):
        assert all(f"policy.consnt ({which})" in each for each in door(house, suite, "mine")), door.__name__


def test_a_person_who_names_a_folder_reads_it_without_what_its_links_lead_to(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    (house.place / "settings.toml").write_text('[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n')
    where = ["--home", str(house.place / "home"), "--config", str(house.place / "settings.toml"), "--json"]
    assert main(["ingest", str(house.place / "mine"), *where]) == 0
    assert main(["search", "CANARY apples secret", *where]) == 0
    assert CANARY + "\\n" not in capsys.readouterr().out
    for trap in ("mine/link.txt", "mine-evil/a.txt"):
        assert main(["ocr", trap, *where]) == 1
        assert "E_NOT_FOUND" in capsys.readouterr().out


def test_a_caller_without_folders_names_no_file_where_several_tenants_are_served(house: House, suite: Suite) -> None:
    eve = TokenCheck(house.settings.server, house.settings.governance).principal("token-of-eve")
    for name in ("theirs/a.txt", "mine/a.txt"):
        with pytest.raises(NotFound):
            document_for(suite.parts, eve or Principal(), name)


def test_a_caller_without_folders_reads_all_where_one_tenant_is_served(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("a")
    caller = {"user": "ann", "tenant": "default", "token": "t"}
    settings = load_settings(tmp_path / "home", roots=[tmp_path / "docs"], server={"callers": [caller]}, models=LIGHT)
    ann = TokenCheck(settings.server, settings.governance).principal("t")
    with open_suite(settings) as suite, document_for(suite.parts, ann or Principal(), "docs/a.txt") as document:
        assert document.read() == b"a"


@pytest.mark.parametrize("confined", [True, False])
def test_what_a_caller_of_another_tenant_has_is_not_gone_for_the_local_person_cannot_see_it(
    house: House, suite: Suite, confined: bool
) -> None:
    bob = TokenCheck(house.settings.server, house.settings.governance).principal("token-of-bob")
    acting = suite.acting_for(bob)
    names = ("theirs", "theirs/a.txt") if confined else (house.place / "theirs", house.place / "theirs" / "a.txt")
    for name in (*names, *names):
        first = acting.ingest([name], prune=True, confined=confined)
        assert [each.status for each in first.files] in (["added"], ["unchanged"])
    (house.place / "theirs" / "a.txt").unlink()
    assert [each.status for each in acting.ingest([names[1]], prune=True, confined=confined).files] == ["removed"]


def test_a_folder_of_a_caller_is_its_own_inside_of_anothers(house: House) -> None:
    callers = house.settings.server.callers
    wide = callers[0].model_copy(update={"roots": (house.place,)})
    server = house.settings.server.model_copy(update={"callers": (wide, *callers[1:])})
    with open_suite(house.settings.model_copy(update={"server": server})) as suite:
        ann = house.ann.model_copy(update={"roots": wide.roots})
        name = house.place.name
        for path in (f"{name}/theirs/a.txt", f"{name}/theirs", "theirs/a.txt", str(house.place / "theirs/a.txt")):
            with pytest.raises(NotFound):
                document_for(suite.parts, ann, path)
        sources = {each.source for each in suite.acting_for(ann).ingest([house.place]).files}
        assert f"{name}/mine/a.txt" in sources
        assert not any("theirs" in source for source in sources)


SWAPS = """
import os, sys
here, real, secret = (os.path.abspath(each) for each in sys.argv[1:])
print("ready", flush=True)
for number in range(200_000):
    spare = f"{here}.{number % 2}"
    os.symlink(secret if number % 2 else real, spare)
    os.replace(spare, here)
"""
SWAPS_OF_FILES = SWAPS.replace("os.symlink(secret if number % 2 else real, spare)", "os.symlink(secret, spare) if "
                               "number % 2 else os.link(real, spare)")  # fmt: skip


@pytest.mark.parametrize(
    ("swaps", "flipped", "real", "secret", "asked"),
    [
        (SWAPS_OF_FILES, "mine/flip.txt", "mine/a.txt", "secret.txt", "mine/flip.txt"),
        (SWAPS, "mine/flip", "mine/inner", "theirs", "mine/flip/a.txt"),
    ],
    ids=["file", "folder"],
)
def test_a_swap_race_reads_nothing_outside(
    house: House, suite: Suite, swaps: str, flipped: str, real: str, secret: str, asked: str
) -> None:
    """Another process turns what is asked for into a link and back while it is read and ingested."""
    (house.place / "mine" / "inner").mkdir()
    (house.place / "mine" / "inner" / "a.txt").write_text("inside")
    places = [str(house.place / each) for each in (flipped, real, secret)]
    swapper = subprocess.Popen([sys.executable, "-c", swaps, *places], stdout=subprocess.PIPE)
    try:
        assert swapper.stdout
        swapper.stdout.readline()
        came = _until_both(lambda: _tried(suite, house.ann, asked))
        for _ in range(2):
            suite.acting_for(house.ann).ingest([house.place / "mine"], confined=True)
    finally:
        swapper.kill()
        swapper.communicate()
    assert None in came
    assert CANARY not in came
    assert CANARY not in house.stored(suite)


def _until_both(attempt: Callable[[], str | None]) -> set[str | None]:
    """What at least 1,000 attempts brought, and more of them until the other process was seen to be at work."""
    came: set[str | None] = set()
    for number in range(50_000):
        came.add(attempt())
        if number >= 1_000 and len(came) > 1:
            break
    return came


def _tried(suite: Suite, who: Principal, name: str) -> str | None:
    try:
        with document_for(suite.parts, who, name) as document:
            return document.read().decode()
    except NotFound:
        return None
