"""The leak matrix: every caller at every door with every tool, over documents of all tenants, regions, labels, rights.

Each document holds a word that nothing else holds, in its text and in its name. What a caller gets must hold the words
of no document that it may not see, as ``governance.access.matches`` judges; and of those that it may see it must find
some, else nothing was tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceTemplateReference

from groundsight.cli import main
from groundsight.governance.access import matches, visible_to
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from groundsight.types import Asset, Principal
from tests.build import make_asset, make_entry, make_unit
from tests.trust.rows import Row

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {"models": {"visual": "none", "text": "none", "reader": "none"}, "ingestion": {"tags": False, "ocr": False}}
WORD = re.compile(r"vault(\d{4})|src(\d{4})|\b(\d{4})(?:ab){6}")
QUESTION = "What does the ledger of the harbour hold?"
RIGHTS: tuple[dict[str, Any], ...] = (
    {},
    {"usage_rights": "restricted"},
    {"consent_until": date(2020, 1, 1)},
    {"labels": ("board",)},
    {"labels": ("yard", "board")},
    {"labels": ("yard",), "owner": "ann"},
    {"purposes": ("audit",)},
    {"usage_rights": "denied"},
    {"retain_until": date(2020, 1, 1)},
)
CALLERS = (
    Principal(tenant="one", user="ann", region="eu"),
    Principal(tenant="one", user="bea", region="us", labels=("board",)),
    Principal(tenant="two", user="cyd", region="eu", labels=("board", "yard")),
    Principal(tenant="two", user="dan", region="us", purpose="audit"),
)
TOLD = {"tenant", "user", "region", "labels", "purpose"}
RECEIPT = re.compile(r"\br[0-9a-f]{21}\b")
Call = Callable[[str, Mapping[str, Any]], str]
Cells = dict[tuple[str, str], list[int]]


@dataclass
class House:
    """A home with documents, its settings, and the documents by number."""

    home: Path
    assets: dict[int, Asset] = field(default_factory=dict[int, Asset])

    def variables(self, who: Principal) -> dict[str, str]:
        """The environment of a program that acts for one caller."""
        governance = who.model_dump(mode="json", include=TOLD)
        callers = [{**each.model_dump(mode="json", include=TOLD), "token": each.user * 8} for each in CALLERS]
        told = {**LIGHT, "governance": {**governance, "calls_per_second": 1000, "burst": 1000}}
        told["server"] = {"callers": callers}
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{
                f"GROUNDSIGHT_{section.upper()}__{name.upper()}": one if isinstance(one, str) else json.dumps(one)
                for section, values in told.items()
                for name, one in values.items()
            },
        }


def furnished(place: Path) -> House:
    """Store a document of every tenant, region and right."""
    house = House(place / "home")
    with open_suite(load_settings(house.home, **LIGHT)) as suite:
        for number, (tenant, region, rights) in enumerate(
            itertools.product(("one", "two"), ("eu", "us", "global"), RIGHTS), 1000
        ):
            named = {"asset_id": f"{number:04d}{'ab' * 6}", "tenant": tenant, "region": region, **rights}
            asset = make_asset(f"files/src{number}.md", **named)
            text = f"The ledger of the harbour holds vault{number}."
            suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, text))])
            house.assets[number] = asset
    return house


def matrix(short: bool) -> Iterator[Row]:
    """Yield a row for each door."""
    with tempfile.TemporaryDirectory(prefix="trust-") as place:
        house = furnished(Path(place))
        for name in ("python", "cli", "graph", "stdio", "http"):
            yield door_row(name, house, CALLERS[:2] if short else CALLERS, short=short)
        yield scores(Path(place))


def door_row(name: str, house: House, callers: tuple[Principal, ...], *, short: bool) -> Row:
    """Try one door with every tool for some callers."""
    door: Any = {"python": _python, "cli": _cli, "graph": _graph, "stdio": _stdio, "http": _http}[name]
    start, cells, found, broken = time.perf_counter(), 0, Counter[str](), list[str]()
    receipts: dict[str, None] = {}
    with contextlib.ExitStack() as stack:
        shared = stack.enter_context(door(house)) if door is _http else None
        for who in callers:
            seen = {n for n, asset in house.assets.items() if matches(visible_to(who), asset)}
            with shared(who) if shared else door(house, who) as call:
                others = [("resource", {"uri": f"groundsight://receipt/{each}"}) for each in list(receipts)[-6:]]
                for tool, arguments in (*_asked(house, short), *others):
                    told = call(tool, arguments)
                    if tool == "ask":
                        receipts |= dict.fromkeys(RECEIPT.findall(told))
                    # A door that has no such tool was not tried.
                    if not told:
                        continue
                    cells += 1
                    numbers = {int(next(filter(None, one))) for one in WORD.findall(told)} - _named_in(arguments)
                    leaks = numbers - seen
                    found[tool] += len(numbers & seen)
                    broken += [f"{name} {who.user} {tool} {dict(arguments)}: {sorted(leaks)}"] if leaks else []
                    broken += _counted_wrong(name, who, tool, told, arguments, len(seen))
    broken += [f"{name}: search found nothing"] if not found["search"] else []
    what = f"{name}: {len(callers)} callers x {len(house.assets)} documents"
    return Row("leak matrix", what, cells, len(broken), time.perf_counter() - start, detail="\n".join(broken[:8]))


def _named_in(arguments: Mapping[str, Any]) -> set[int]:
    """An answer may say again what it was asked about."""
    return {int(next(filter(None, one))) for one in WORD.findall(json.dumps(dict(arguments)))}


def _counted_wrong(
    name: str, who: Principal, tool: str, told: str, arguments: Mapping[str, Any], most: int
) -> list[str]:
    if tool != "list" or arguments:
        return []
    counted = re.search(r'"(?:count|every)": ?(\d+)|^(\d+)(?: of \d+)? documents', told, re.M)
    number = int(next(filter(None, counted.groups()))) if counted else -1
    return [] if number == most else [f"{name} {who.user} counts {number} of {most} documents"]


def _asked(house: House, short: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every tool with what could bring up another's document: its words, its id, its name."""
    yield "search", {"query": QUESTION, "limit": 100}
    yield "search", {"query": "ledger harbour", "limit": 100, "explain": True}
    yield "ask", {"question": QUESTION}
    yield "ask", {"question": "How many documents are there?"}
    yield "list", {}
    yield "list", {"hidden": True}
    yield "status", {}
    for number in list(house.assets)[:: 6 if short else 1]:
        asset = house.assets[number]
        yield "search", {"query": f"vault{number}"}
        yield "read", {"id": f"{asset.asset_id}-0000"}
        yield "read", {"id": asset.source}
        yield "why", {"file": asset.source, "question": QUESTION}
        yield "verify", {"answer": f"The ledger of the harbour holds vault{number}."}
        yield "resource", {"uri": f"groundsight://evidence/{asset.asset_id}-0000"}
        yield "resource", {"uri": f"groundsight://asset/{asset.asset_id}"}
        yield "resource", {"uri": f"groundsight://lineage/{asset.asset_id}"}
        yield "lineage", {"name": asset.source}
        yield "list", {"path": f"src{number}"}
        yield "complete", {"uri": "groundsight://asset/{asset_id}", "name": "asset_id", "value": asset.asset_id[:4]}
    yield "resource", {"uri": "groundsight://assets"}
    yield "resource", {"uri": "groundsight://status"}


@contextmanager
def _python(house: House, who: Principal) -> Generator[Call]:
    from groundsight.tools.gate import Gate
    from groundsight.tools.registry import tool as named

    with open_suite(load_settings(house.home, **LIGHT)) as whole:
        suite = whole.acting_for(who)
        gate = Gate.open(suite.settings.model_copy(update={"governance": _fast(suite.settings.governance)}), "python")

        def call(name: str, arguments: Mapping[str, Any]) -> str:
            if name in ("resource", "complete", "lineage"):
                return ""
            try:
                return gate.call(named(name), suite, arguments).model_dump_json()
            except Exception as error:  # noqa: BLE001 - what an error says is looked at, too
                return str(error)

        yield call


def _fast(rules: Any) -> Any:
    return rules.model_copy(update={"calls_per_second": 1000, "burst": 1000})


@contextmanager
def _graph(house: House, who: Principal) -> Generator[Call]:
    with open_suite(load_settings(house.home, **LIGHT)) as whole:
        suite = whole.acting_for(who)
        yield (
            lambda name, arguments: (
                suite.ask(arguments["question"]).model_dump_json()
                if name == "ask"
                else suite.search(arguments["query"]).model_dump_json()
                if name == "search"
                else ""
            )
        )


@contextmanager
def _cli(house: House, who: Principal) -> Generator[Call]:
    before = dict(os.environ)
    os.environ.update(house.variables(who))

    def call(name: str, arguments: Mapping[str, Any]) -> str:
        commands = {
            "search": lambda: [arguments["query"], "--limit", str(arguments.get("limit", 10))],
            "ask": lambda: [arguments["question"]],
            "list": lambda: [arguments.get("path", ""), *(["--hidden"] if arguments.get("hidden") else [])],
            "why": lambda: [arguments["file"], arguments["question"]],
            "verify": lambda: [arguments["answer"]],
            "status": lambda: [],
            "lineage": lambda: [arguments["name"]],
        }
        if name not in commands:
            return ""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
            main([name, *commands[name](), "--home", str(house.home)])
        return said.getvalue()

    try:
        yield call
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _stdio(house: House, who: Principal) -> Generator[Call]:
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "groundsight.cli", "serve", "--home", str(house.home)],
        env=house.variables(who),
        cwd=ROOT,
    )
    with _client(started) as call:
        yield call


@contextmanager
def _http(house: House) -> Generator[Callable[[Principal], Any]]:
    """One server for all callers, so that its caches and handles are shared as they are in a team."""
    errors = house.home.parent / "stderr"
    command = [sys.executable, "-m", "groundsight.cli", "serve", "--http", "--port", "0", "--home", str(house.home)]
    with errors.open("w") as stream:
        process = subprocess.Popen(command, cwd=ROOT, env=house.variables(Principal(tenant="none")), stderr=stream)
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/mcp", errors.read_text())):
            if process.poll() is not None:
                raise RuntimeError(errors.read_text()[-600:])
            time.sleep(0.05)
        url = found[0]
        yield lambda who: _client(url, {"authorization": f"Bearer {who.user * 8}"})
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _client(server: Any, headers: Mapping[str, str] | None = None) -> Generator[Call]:
    """A real MCP client on a loop of its own; each call gives all that came back, errors included."""
    loop = asyncio.new_event_loop()
    stack = contextlib.AsyncExitStack()

    async def opened() -> Client:
        if headers is None:
            return await stack.enter_async_context(Client(server))
        wire = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=60, verify=False))
        return await stack.enter_async_context(Client(streamable_http_client(server, http_client=wire)))

    async def one(client: Client, name: str, arguments: Mapping[str, Any]) -> str:
        try:
            if name == "resource":
                return (await client.read_resource(arguments["uri"])).model_dump_json()
            if name == "complete":
                about = ResourceTemplateReference(uri=arguments["uri"])
                given = {"name": arguments["name"], "value": arguments["value"]}
                return (await client.complete(about, given)).model_dump_json()
            if name == "lineage":
                return ""
            return json.dumps((await client.call_tool(name, dict(arguments))).model_dump(mode="json"))
        except Exception as error:  # noqa: BLE001 - what an error says is looked at, too
            return str(error)

    try:
        client = loop.run_until_complete(opened())
        yield lambda name, arguments: loop.run_until_complete(one(client, name, arguments))
    finally:
        with contextlib.suppress(Exception):
            loop.run_until_complete(stack.aclose())
        loop.close()


def scores(place: Path) -> Row:
    """Scores of a caller's own documents are the same, whatever other tenants hold."""
    told: list[list[tuple[str, float]]] = []
    for others in (0, 40):
        with open_suite(load_settings(place / f"scores{others}", **LIGHT)) as whole:
            mine = make_asset("files/mine.md", asset_id="f" * 16, tenant="one")
            entries = [make_entry(mine, make_unit(mine, 0, "The merger of the harbour is in May."))]
            for number in range(others):
                other = make_asset(f"files/o{number}.md", asset_id=f"{number:016x}", tenant="two")
                entries.append(make_entry(other, make_unit(other, 0, "A merger, the merger, this merger.")))
            whole.parts.index.upsert(entries)
            hits = whole.acting_for(Principal(tenant="one")).search("merger harbour").hits
            told.append([(hit.unit.unit_id, hit.score) for hit in hits])
    return Row("leak matrix", "scores do not move with other tenants' words", 1, int(told[0] != told[1] or not told[0]))
