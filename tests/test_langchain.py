"""The LangChain door: a real agent over real HTTP to a scripted model, the retriever, the loader, and the gate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from groundsight import OpenSuite, Principal, open_suite
from groundsight.langchain import GroundsightLoader, GroundsightRetriever, tools
from groundsight.tools.registry import TOOLS
from tests.chat_server import ChatServer, chat_server, completion
from tests.doors import CANARY, trail

agents = pytest.importorskip("langchain.agents", reason="pip install 'groundsight[llm]'")
PERIOD = "How long is the notice period?"


@pytest.fixture
def suite(tmp_path: Path) -> Generator[OpenSuite]:
    """An index of two documents; a third lies beside them."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/policy.txt").write_text("The notice period is 90 days. Write to anna@example.com.")
    (tmp_path / "docs/fee.txt").write_text("The fee is EUR 40.")
    (tmp_path / "beside.txt").write_text(CANARY)
    with open_suite(tmp_path / "home") as opened:
        opened.ingest(tmp_path / "docs")
        yield opened


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    """A completion that calls one tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return completion(None, tool_calls=[{"id": "t1", "type": "function", "function": function}])


def agent_on(server: ChatServer, suite: OpenSuite, **chosen: Any) -> Any:
    """A real agent whose model is asked over HTTP."""
    model = pytest.importorskip("langchain_openai").ChatOpenAI(model="fake", base_url=server.url, api_key="k")
    return agents.create_agent(model, tools(suite, **chosen))


def say(agent: Any, way: str) -> Any:
    given = {"messages": [("user", PERIOD)]}
    return agent.invoke(given) if way == "invoke" else asyncio.run(agent.ainvoke(given))


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [("ask", {"question": PERIOD}), ("search", {"query": "notice period"}), ("verify", {"answer": "It is 90 days."})],
)
def test_an_agent_calls_a_tool_and_reads_its_text(
    suite: OpenSuite, tmp_path: Path, way: str, name: str, arguments: dict[str, str]
) -> None:
    before = len(trail(tmp_path / "home"))

    def script(body: dict[str, Any]) -> Any:
        return "90 days." if body["messages"][-1]["role"] == "tool" else calls(name, **arguments)

    with chat_server(script) as server:
        done = say(agent_on(server, suite), way)
    *_, told, last = done["messages"]
    assert (told.name, told.status, last.content) == (name, "success", "90 days.")
    assert "90 days" in told.content
    assert told.artifact.as_text() == told.content
    assert trail(tmp_path / "home")[before:] == [(name, "OK")]
    offered = [each["function"]["name"] for each in server.requests[0]["tools"]]
    assert offered == [spec.name for spec in TOOLS if not spec.writes]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("search", {"query": "x", "tenant": "other"}, "unknown argument 'tenant'"),
        ("ocr", {"picture": "/etc/hosts"}, "E_NOT_FOUND"),
        ("ingest", {"paths": ["beside.txt"]}, "E_NOT_FOUND"),
        ("forget", {"names": ["../beside.txt"]}, "E_NOT_FOUND"),
    ],
)
def test_a_mistake_of_the_model_is_a_message_that_says_what_to_do(
    suite: OpenSuite, name: str, arguments: dict[str, Any], words: str
) -> None:
    def script(body: dict[str, Any]) -> Any:
        return "sorry" if body["messages"][-1]["role"] == "tool" else calls(name, **arguments)

    with chat_server(script) as server:
        told = say(agent_on(server, suite, writable=True), "invoke")["messages"][-2]
    assert told.status == "error"
    assert words in told.content
    assert "Next:" in told.content
    assert CANARY not in told.content


def test_an_agent_writes_only_for_a_principal_who_may(suite: OpenSuite, tmp_path: Path) -> None:
    reader = suite.acting_for(Principal())
    ingest = next(each for each in tools(reader, writable=True) if each.name == "ingest")
    assert "E_POLICY" in ingest.invoke({"paths": ["docs"]})
    assert not {"ingest", "forget", "stop"} & {each.name for each in tools(suite)}


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_the_retriever_gives_passages_with_their_places(suite: OpenSuite, tmp_path: Path, way: str) -> None:
    retriever = GroundsightRetriever(suite=suite, limit=1)
    given = retriever.invoke(PERIOD) if way == "invoke" else asyncio.run(retriever.ainvoke(PERIOD))
    [document] = given
    assert document.page_content.startswith("The notice period is 90 days.")
    assert document.metadata["source"] == "docs/policy.txt"
    assert suite.read(str(document.id)).source == "docs/policy.txt"
    assert trail(tmp_path / "home")[-1] == ("search", "OK")
    assert GroundsightRetriever(suite=suite.acting_for(Principal(tenant="other"))).invoke(PERIOD) == []


def test_an_agent_answers_with_the_retriever_as_its_tool(suite: OpenSuite) -> None:
    from langchain_core.tools import create_retriever_tool

    notes = create_retriever_tool(GroundsightRetriever(suite=suite), "notes", "my notes")

    def script(body: dict[str, Any]) -> Any:
        return "90 days." if body["messages"][-1]["role"] == "tool" else calls("notes", query=PERIOD)

    with chat_server(script) as server:
        model = pytest.importorskip("langchain_openai").ChatOpenAI(model="fake", base_url=server.url, api_key="k")
        done = say(agents.create_agent(model, [notes]), "invoke")
    assert "90 days" in done["messages"][-2].content


def test_the_loader_gives_every_passage_redacted_and_only_what_may_be_seen(suite: OpenSuite, tmp_path: Path) -> None:
    documents = GroundsightLoader(suite).load()
    assert [each.metadata["source"] for each in documents] == ["docs/fee.txt", "docs/policy.txt"]
    assert "anna@example.com" not in documents[1].page_content
    assert [each.metadata["source"] for each in GroundsightLoader(suite, "fee").lazy_load()] == ["docs/fee.txt"]
    assert trail(tmp_path / "home")[-1] == ("passages", "OK")
    assert GroundsightLoader(suite.acting_for(Principal(tenant="other"))).load() == []


@pytest.mark.parametrize("name", ["self", "config", "run_manager", "args", "kwargs", "arguments"])
def test_an_argument_that_no_tool_has_is_refused_by_its_name_also_where_langchain_has_one(
    suite: OpenSuite, name: str
) -> None:
    search = next(one for one in tools(suite) if one.name == "search")
    given = {"query": "notice", name: {}}
    told = [search.invoke(given), asyncio.run(search.ainvoke(given))]
    assert all(f"unknown argument '{name}'" in one for one in told)
