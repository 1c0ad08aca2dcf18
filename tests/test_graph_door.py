"""The graphs as a door: roots, rights, gate and trail of the environment's suite, cancellation, and no tracer."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.context import tracing_v2_callback_var
from langchain_core.tracers.langchain import LangChainTracer
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langsmith import Client

from groundsight.errors import Cancelled, InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.roots import Roots
from groundsight.graphs.answer import build_answer_graph
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.graphs.ingest import graph as ingest_graph
from groundsight.graphs.verify import VerifyState, build_verify_graph
from groundsight.tracing import Watch
from tests.agent_house import HouseSuite
from tests.doors import CANARY, ScriptedSuite, settings_at, some_rows

BUILD: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "answer": (build_answer_graph, {"question": "How long is the notice period?"}),
    "verify": (build_verify_graph, {"answer": "The notice period is 90 days."}),
    "ingest": (build_ingest_graph, {"paths": ["docs"]}),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose one root holds a document; beside it lies a file that nobody allowed to read."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "policy.txt").write_text("The notice period is 90 days.")
    (tmp_path / "beside.txt").write_text(f"The password is {CANARY}.")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GROUNDSIGHT_MODELS", '{"text": "none", "visual": "none"}')
    monkeypatch.setenv("GROUNDSIGHT_ROOTS", json.dumps([str(folder)]))
    return tmp_path


def trail(home: Path) -> list[tuple[str, str, str]]:
    """What the trail says was called through a graph: tool, outcome and whether something was returned."""
    lines = [json.loads(line) for line in (home / ".groundsight" / "audit" / "audit.jsonl").read_text().splitlines()]
    ended = [line for line in lines if line.get("kind", "end") == "end" and line.get("door") == "graph"]
    return [(line["tool"], line["outcome"], "shown" if line["returned"] else "") for line in ended]


@pytest.mark.parametrize("path", ["/etc", "/etc/hosts", "beside.txt", "docs/../beside.txt", ".", "absent"])
def test_a_graph_reads_under_the_configured_roots_only(home: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("GROUNDSIGHT_SERVER__ALLOW_WRITE", "true")
    monkeypatch.chdir(home)
    with pytest.raises(NotFound) as refused:
        ingest_graph().invoke({"paths": [path]})
    assert str(refused.value) == str(absent_here(home))
    assert not (home / ".groundsight" / "roots.json").exists()
    assert trail(home) == [("ingest", "E_NOT_FOUND", "")]


def absent_here(home: Path) -> NotFound:
    with pytest.raises(NotFound) as refused:
        Roots({"docs": home / "docs"}, home / "none").source_of("docs/absent")
    return refused.value


def test_a_graph_writes_only_where_the_settings_allow_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PolicyRefused, match="only read"):
        ingest_graph().invoke({"paths": ["docs"]})
    monkeypatch.setenv("GROUNDSIGHT_SERVER__ALLOW_WRITE", "true")
    assert ingest_graph().invoke({"paths": ["docs"]})["report"]["added"] == 1
    for name in ("answer", "verify"):
        BUILD[name][0]().invoke(BUILD[name][1])
    assert trail(home) == [
        ("ingest", "E_POLICY", ""),
        ("ingest", "OK", ""),
        ("ask", "OK", ""),
        ("search", "OK", "shown"),
        ("verify", "OK", "shown"),
    ]


def test_the_limits_of_a_tool_hold_for_a_graph(home: Path) -> None:
    with pytest.raises(InvalidArgument, match="question"):
        BUILD["answer"][0]().invoke({"question": "why? " * 2_000})


class Working:
    """A verb that works until it is stopped, and says when it began and how it ended."""

    def __init__(self) -> None:
        self.began, self.ended = threading.Event(), threading.Event()

    def __call__(self, suite: ScriptedSuite, *_: object) -> None:
        self.began.set()
        try:
            while not suite.closed.wait(0.001):
                suite.watch.check()
        except Cancelled:
            self.ended.set()
            raise


@pytest.fixture(params=BUILD)
def working(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, dict[str, Any], Working]:
    """Each graph, what it is asked, and the work that it is stopped in."""
    (tmp_path / "docs").mkdir()
    build, given = BUILD[request.param]
    work = Working()
    roots = Roots({"docs": tmp_path / "docs"}, tmp_path / "roots.json")
    suite = ScriptedSuite(settings_at(tmp_path), *some_rows(), roots=roots, search=work, ingest=work)
    return build(suite), given, work


def test_a_cancelled_task_stops_the_work_of_its_graph(working: tuple[Any, dict[str, Any], Working]) -> None:
    graph, given, work = working

    async def run() -> None:
        task = asyncio.create_task(graph.ainvoke(given))
        await asyncio.to_thread(work.began.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert work.ended.wait(60)


def test_a_stream_that_is_closed_stops_the_work_of_its_graph(working: tuple[Any, dict[str, Any], Working]) -> None:
    graph, given, work = working

    async def run() -> None:
        stream = graph.astream(given, stream_mode=["tasks"])
        async for _ in stream:
            reading = asyncio.create_task(anext(stream))
            if await asyncio.to_thread(work.began.wait, 0.2):
                reading.cancel()
                break
            await reading
        await asyncio.gather(reading, return_exceptions=True)
        await stream.aclose()

    asyncio.run(run())
    assert work.ended.wait(60)


def test_the_watch_of_a_given_suite_still_counts(tmp_path: Path) -> None:
    seen: list[str] = []
    watch = Watch(lambda _, __, message: seen.append(message))
    suite = HouseSuite(watch=watch)
    build_answer_graph(suite).invoke(BUILD["answer"][1])  # type: ignore[arg-type]
    assert [step for step in seen if ":" not in step][:2] == ["plan", "search"]
    watch.cancel()
    with pytest.raises(Cancelled):
        build_answer_graph(suite).invoke(BUILD["answer"][1])  # type: ignore[arg-type]


class Noted(LangChainTracer):
    """A host's tracer that notes which runs it hears of."""

    def __init__(self) -> None:
        super().__init__(client=Client(api_key="key", auto_batch_tracing=False))
        self.heard: list[str] = []

    def _persist_run_single(self, run: Any) -> None:
        self.heard.append(run.name)

    def _update_run_single(self, run: Any) -> None:
        pass


def in_a_step(graph: Any, given: dict[str, Any], config: Any) -> None:
    def ours(_: object) -> object:
        return graph.invoke(given)

    (RunnableLambda(ours) | RunnableLambda(str, name="after")).invoke(None, config)


def in_an_async_step(graph: Any, given: dict[str, Any], config: Any) -> None:
    async def ours(_: object) -> object:
        return await graph.ainvoke(given)

    asyncio.run((RunnableLambda(ours) | RunnableLambda(str, name="after")).ainvoke(None, config))


def as_a_node(graph: Any, given: dict[str, Any], config: Any) -> None:
    flow = StateGraph(VerifyState)
    flow.add_node("ours", graph)
    flow.add_node("after", lambda _: {"summary": "x"})
    flow.add_edge("__start__", "ours")
    flow.add_edge("ours", "after")
    flow.compile(name="RunnableSequence").invoke(given, config)


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("host", [in_a_step, in_an_async_step, as_a_node])
def test_a_host_that_traces_goes_on_and_hears_nothing_of_a_graph(host: Callable[..., None], by_name: bool) -> None:
    build, given = BUILD["verify"]
    noted = Noted()
    token = tracing_v2_callback_var.set(None if by_name else noted)
    try:
        host(build(HouseSuite()), given, {"callbacks": [noted]} if by_name else {})
    finally:
        tracing_v2_callback_var.reset(token)
    assert noted.heard == ["RunnableSequence", "ours", "after"]


@pytest.mark.parametrize("way", ["invoke", "stream", "batch", "events", "state"])
def test_no_way_to_run_a_graph_is_traced(way: str) -> None:
    build, given = BUILD["verify"]
    graph, noted = build(HouseSuite()), Noted()
    graph.checkpointer = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "one"}, "callbacks": [noted]}
    token = tracing_v2_callback_var.set(noted)
    try:
        match way:
            case "invoke":
                graph.with_config(config).invoke(given)
            case "stream":
                assert list(graph.stream(given, config))
            case "batch":
                graph.batch([given], config)
            case "events":
                assert asyncio.run(events_of(graph, given, config))
            case _:
                graph.invoke(given, config)
                graph.update_state(config, {"sentences": ["no"]}, as_node="split")
    finally:
        tracing_v2_callback_var.reset(token)
    assert noted.heard == []


async def events_of(graph: Any, given: dict[str, Any], config: Any) -> list[Any]:
    return [event async for event in graph.astream_events(given, config, version="v2")]
