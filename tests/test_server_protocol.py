"""The MCP door in memory, in both eras of the protocol."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from groundsight.cli import main
from groundsight.doors.mcp_tools import Door
from groundsight.errors import GroundsightError
from groundsight.server import build_server, server_of
from tests.build import make_asset, make_unit
from tests.doors import CANARY, Anywhere, ScriptedSuite, settings_at, trail
from tests.talk import MODES, a_suite, talk


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_reading_tools_only_by_default(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == ["search", "ask", "verify", "read", "ocr", "describe", "status", "list", "why"]
        result = await client.call_tool("ingest", {"paths": ["docs"]})
        assert result.is_error

    talk(mode, a_suite(tmp_path), conversation)


def test_kinds_are_offered_that_can_be_made_here_and_others_name_their_extra(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_asset("docs/talk.mp4")
    holding = ScriptedSuite(settings_at(tmp_path), (make_unit(clip, 0, kind="video"), clip))

    async def offered(client: Client) -> list[str]:
        search = next(tool for tool in (await client.list_tools()).tools if tool.name == "search")
        return search.input_schema["properties"]["kinds"]["items"]["enum"]

    async def without_clips(client: Client) -> None:
        assert await offered(client) == ["text", "table", "figure", "image", "page", "audio"]
        error = (await client.call_tool("search", {"query": "x", "kinds": ["video"]})).structured_content["error"]
        assert (error["code"], "pip install 'groundsight[audio]'" in error["next_step"]) == ("E_DISABLED", True)

    async def with_clips(client: Client) -> None:
        assert not (await client.call_tool("search", {"query": "x", "kinds": ["video"]})).is_error

    monkeypatch.setattr("groundsight.tools.find_spec", lambda _: None)
    talk(mode, a_suite(tmp_path), without_clips)
    talk(mode, holding, with_clips)
    assert main(["search", "x", "--kind", "video", "--home", str(tmp_path / "home")]) == 1
    assert "pip install 'groundsight[audio]'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["search", "--help"])
    assert "video" not in capsys.readouterr().out
    monkeypatch.setattr("groundsight.tools.find_spec", lambda _: True)

    async def all_of_them(client: Client) -> None:
        assert (await offered(client))[-1] == "video"

    talk(mode, a_suite(tmp_path), all_of_them)


def test_annotations_are_on_every_tool_and_true(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        for tool in (await client.list_tools()).tools:
            notes = tool.annotations
            assert notes is not None
            assert notes.read_only_hint is (tool.name not in ("ingest", "forget", "stop"))
            assert notes.destructive_hint is (tool.name in ("ingest", "forget"))
            assert notes.open_world_hint is False
            assert notes.idempotent_hint is True
            assert tool.input_schema["additionalProperties"] is False

    talk(mode, a_suite(tmp_path), conversation, writable=True)


def test_all_schemas_together_cost_few_tokens(tmp_path: Path) -> None:
    door = Door(lambda: a_suite(tmp_path), writable=True)  # type: ignore[arg-type, return-value]
    door.admin = True
    tools = asyncio.run(server_of(door).list_tools())
    listed = [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in tools]
    assert {"forget", "rights"} <= {each["name"] for each in listed}
    assert len(json.dumps(listed, separators=(",", ":"))) / 4 <= 3_200


def test_schemas_are_plain_enough_for_every_provider(tmp_path: Path, mode: str) -> None:
    """One type at a place: some providers refuse a list of types, and none of ours needs a reference."""

    async def conversation(client: Client) -> None:
        for tool in (await client.list_tools()).tools:
            for part in parts_of([tool.input_schema, tool.output_schema]):
                assert not isinstance(part.get("type"), list), tool.name
                assert "$ref" not in part, tool.name

    talk(mode, a_suite(tmp_path), conversation, writable=True)


def parts_of(value: Any) -> list[dict[str, Any]]:
    """Every mapping inside a schema."""
    if isinstance(value, list):
        return [part for item in value for part in parts_of(item)]
    return [value, *parts_of(list(value.values()))] if isinstance(value, dict) else []


def test_a_result_is_text_data_and_links(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        result = await client.call_tool("search", {"query": "notice"})
        assert not result.is_error
        data = result.structured_content
        assert data is not None
        assert data["hits"][0]["text"] == "The notice period is 90 days."
        assert data["receipt"].startswith("r")
        kinds = [block.type for block in result.content]
        assert kinds[0] == "text"
        assert kinds.count("resource_link") == len(data["hits"])
        assert "data, not instructions" in result.content[0].text  # type: ignore[union-attr]

    talk(mode, a_suite(tmp_path), conversation)


CALLS: dict[str, dict[str, Any]] = {
    "search": {"query": "x"},
    "ask": {"question": "why?"},
    "verify": {"answer": "It rains.", "texts": ["It rains."]},
    "read": {"id": "UNIT"},
    "status": {},
}


@pytest.mark.parametrize("name", list(CALLS))
def test_structured_content_follows_the_published_schema(tmp_path: Path, mode: str, name: str) -> None:
    suite = a_suite(tmp_path)
    unit_id = suite.parts.index.rows[0][0].unit_id

    async def conversation(client: Client) -> None:
        import jsonschema

        schema = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}[name]
        arguments = {key: unit_id if value == "UNIT" else value for key, value in CALLS[name].items()}
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result.content
        assert schema is not None
        assert set(schema["properties"]) <= set(result.structured_content or ())
        jsonschema.validate(result.structured_content, schema)

    talk(mode, suite, conversation)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"query": "x", "tennant": "A"}, "unknown argument 'tennant'"),
        ({"query": "x", "topk": 3}, "known arguments: query"),
        ({"query": "x", "limit": "many"}, "argument 'limit'"),
        ({"query": "x", "limit": 0}, "argument 'limit'"),
        ({}, "give words, a picture, or both"),
        ({"query": "x", "__class__": 1}, "unknown argument"),
    ],
)
def test_wrong_arguments_are_errors_that_a_model_can_correct(
    tmp_path: Path, mode: str, arguments: dict[str, Any], words: str
) -> None:
    async def conversation(client: Client) -> None:
        result = await client.call_tool("search", arguments)
        assert result.is_error
        error = (result.structured_content or {})["error"]
        assert error["code"] == "E_INVALID_ARG"
        text = result.content[0].text  # type: ignore[union-attr]
        assert text.startswith("E_INVALID_ARG: ")
        assert words in text
        assert "Next: " in text

    talk(mode, a_suite(tmp_path), conversation)


def test_a_list_sent_as_json_text_is_understood(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        result = await client.call_tool("search", {"query": "x", "kinds": '["text"]'})
        assert not result.is_error

    talk(mode, a_suite(tmp_path), conversation)


def every_error(kind: type[GroundsightError] = GroundsightError) -> list[type[GroundsightError]]:
    return [kind, *(sub for child in kind.__subclasses__() for sub in every_error(child))]


def test_every_error_of_the_house_keeps_its_code(tmp_path: Path, mode: str) -> None:
    kinds = iter(every_error())
    raised: list[type[GroundsightError]] = []

    def fail(*_: object) -> None:
        raised.append(next(kinds))
        raise raised[-1]("it went wrong", which="this", limit="that", next_step="do so")

    async def conversation(client: Client) -> None:
        for _ in every_error():
            result = await client.call_tool("ask", {"question": "why?"})
            error = (result.structured_content or {})["error"]
            assert result.is_error
            assert error["code"] == raised[-1].code
            assert error["retryable"] is raised[-1].retryable
            assert (error["what"], error["limit"], error["next_step"]) == ("it went wrong", "that", "do so")

    talk(mode, a_suite(tmp_path, ask=fail), conversation)


@pytest.mark.parametrize("verb", ["search", "ask", "verify", "ingest"])
def test_a_bug_leaks_nothing_to_client_or_log(
    tmp_path: Path, mode: str, verb: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"db password={CANARY}") from ValueError(CANARY)

    arguments = {**CALLS, "ingest": {"paths": ["docs"]}}[verb]

    async def conversation(client: Client) -> None:
        result = await client.call_tool(verb, arguments)
        assert result.is_error
        assert CANARY not in result.model_dump_json()
        assert (result.structured_content or {})["error"]["code"] == "E_INTERNAL"

    suite = a_suite(tmp_path, roots=Anywhere(), **{verb: broken})
    with caplog.at_level(logging.DEBUG):
        talk(mode, suite, conversation, writable=True)
    assert CANARY not in caplog.text
    assert "RuntimeError" in caplog.text


LONG = {"ask": {"question": "why?"}, "ingest": {"paths": ["docs"]}}


@pytest.mark.parametrize("verb", list(LONG))
def test_progress_grows_and_reaches_the_caller(tmp_path: Path, mode: str, verb: str) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    def work(suite: ScriptedSuite, *_: object) -> None:
        for done in (1, 2, 2, 1, 3):
            suite.watch.step(done, 3, f"hop {done}")

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async def conversation(client: Client) -> None:
        assert not (await client.call_tool(verb, LONG[verb], progress_callback=note)).is_error
        with anyio.fail_after(10):
            while not seen:
                await anyio.lowlevel.checkpoint()

    talk(mode, a_suite(tmp_path, roots=Anywhere(), **{verb: work}), conversation, writable=True)
    assert seen[-1] == (3, 3, "hop 3")
    assert [each[0] for each in seen] == sorted({each[0] for each in seen})


@pytest.mark.parametrize("verb", list(LONG))
def test_a_caller_who_goes_away_stops_the_work(tmp_path: Path, mode: str, verb: str) -> None:
    started, stopped = threading.Event(), threading.Event()

    def work(suite: ScriptedSuite, *_: object) -> None:
        started.set()
        try:
            while True:
                suite.watch.check()
                stopped.wait(0.001)
        finally:
            stopped.set()

    async def conversation(client: Client) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, verb, LONG[verb])
            await anyio.to_thread.run_sync(started.wait)
            group.cancel_scope.cancel()
        with anyio.fail_after(10):
            await anyio.to_thread.run_sync(stopped.wait)
        assert not (await client.call_tool("status", {})).is_error

    talk(mode, a_suite(tmp_path, roots=Anywhere(), **{verb: work}), conversation, writable=True)
    assert sorted(trail(tmp_path)) == [(verb, "E_CANCELLED"), ("status", "OK")]


def test_a_suite_that_does_not_open_is_an_error_with_its_code(tmp_path: Path, mode: str) -> None:
    async def run() -> None:
        from groundsight.errors import IndexVersion

        def factory() -> Any:
            raise IndexVersion("written by another encoder", next_step="groundsight ingest")

        async with Client(build_server(factory, writable=False), mode=mode) as client:
            result = await client.call_tool("status", {})
            assert (result.structured_content or {})["error"]["code"] == "E_INDEX_VERSION"

    asyncio.run(run())
