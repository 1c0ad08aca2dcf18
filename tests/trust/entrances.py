"""The doors as callers use them: each gives one function that takes a tool and its arguments and says all it got."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceTemplateReference
from pydantic import BaseModel

from groundsight import OpenSuite
from groundsight.cli import main
from groundsight.graphs.answer import answer_question
from groundsight.langchain import GroundsightLoader, tools
from groundsight.settings import load_settings
from groundsight.suite import Suite
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from groundsight.types import Asset, Principal
from tests.view_house import served

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {"models": {"visual": "none", "text": "none", "reader": "none"}, "ingestion": {"tags": False, "ocr": False}}
CALLERS = (
    Principal(tenant="one", user="ann", region="eu"),
    Principal(tenant="one", user="bea", region="us", labels=("board",)),
    Principal(tenant="two", user="cyd", region="eu", labels=("board", "yard")),
    Principal(tenant="two", user="dan", region="us", purpose="audit"),
)
TOLD = {"tenant", "user", "region", "labels", "purpose"}
TOOLS = ("search", "ask", "read", "verify", "list", "why", "status")
Call = Callable[[str, Mapping[str, Any]], str]
Enter = Callable[[Principal], AbstractContextManager[Call]]


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


@contextmanager
def within(call: Callable[[OpenSuite, Principal], Call], house: House) -> Generator[Enter]:
    """A door inside of this process: one open home for all callers, so that they share its caches."""
    fast = {**LIGHT, "governance": {"calls_per_second": 1000, "burst": 1000}}
    with OpenSuite(load_settings(house.home, **fast)) as suite:
        yield lambda who: contextlib.nullcontext(call(suite.acting_for(who), who))


@contextmanager
def alone(call: Callable[[House, Principal], AbstractContextManager[Call]], house: House) -> Generator[Enter]:
    """A door that is a program of its own for each caller."""
    yield lambda who: call(house, who)


def _python(opened: OpenSuite, _: Principal) -> Call:
    suite, gate = opened.suite, Gate.open(opened.suite.settings, "python")
    return lambda name, arguments: said(gate.call, tool(name), suite, arguments) if name in TOOLS else ""


def _graph(opened: OpenSuite, _: Principal) -> Call:
    suite = opened.suite
    verbs = {
        "ask": (answer_question, "question"),
        "search": (Suite.search, "query"),
        "verify": (Suite.verify, "answer"),
    }

    def call(name: str, arguments: Mapping[str, Any]) -> str:
        verb, given = verbs.get(name, (said, ""))
        return said(verb, suite, arguments[given]) if given else ""

    return call


def _langchain(suite: OpenSuite, _: Principal) -> Call:
    """The tools of an agent, and the loader that gives every passage of a document."""
    named = {each.name: each for each in tools(suite)}

    def call(name: str, arguments: Mapping[str, Any]) -> str:
        if name == "list" and "path" in arguments:
            return said(lambda: [each.model_dump_json() for each in GroundsightLoader(suite, arguments["path"]).load()])
        return said(lambda: named[name].invoke(dict(arguments))) if name in named else ""

    return call


def said(call: Callable[..., Any], *arguments: Any) -> str:
    """All that comes back, errors included."""
    try:
        told = call(*arguments)
    except Exception as error:  # noqa: BLE001 - what an error says is looked at, too
        return str(error)
    return told.model_dump_json() if isinstance(told, BaseModel) else str(told)


@contextmanager
def view(house: House, who: Principal) -> Generator[Call]:
    """The page to look, as a browser sees it."""
    command = [sys.executable, "-m", "groundsight.cli", "view", "--home", str(house.home)]
    with served(command, house.variables(who)) as visit:

        def call(name: str, arguments: Mapping[str, Any]) -> str:
            document = str(arguments.get("uri", "")).rpartition("/")[2]
            pages = {
                "search": lambda: f"/search?{urlencode({'q': arguments['query']})}",
                "list": lambda: f"/library?{urlencode({'q': arguments.get('path', '')})}",
                "read": lambda: f"/passage/{quote(arguments['id'], safe='')}",
                "resource": lambda: f"/{'document' if 'asset/' in arguments['uri'] else 'media'}/{document}",
            }
            if name == "ask":
                place = visit.post("/ask", question=arguments["question"])[1].get("location", "/")
                return visit.send(place)[2]
            return visit.send(pages[name]())[2] if name in pages else ""

        yield call


@contextmanager
def cli(house: House, who: Principal) -> Generator[Call]:
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
def stdio(house: House, who: Principal) -> Generator[Call]:
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "groundsight.cli", "serve", "--home", str(house.home)],
        env=house.variables(who),
        cwd=ROOT,
    )
    with _client(started) as call:
        yield call


@contextmanager
def http(house: House) -> Generator[Enter]:
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


DOORS: dict[str, Callable[[House], AbstractContextManager[Enter]]] = {
    "python": partial(within, _python),
    "langchain": partial(within, _langchain),
    "graph": partial(within, _graph),
    "cli": partial(alone, cli),
    "view": partial(alone, view),
    "stdio": partial(alone, stdio),
    "http": http,
}
