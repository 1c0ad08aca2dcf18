"""Resources and prompts of the MCP door in memory, in both eras of the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import ResourceTemplateReference

from tests.talk import MODES, a_suite, talk


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_documents_and_units_are_resources(tmp_path: Path, mode: str) -> None:
    suite = a_suite(tmp_path)
    unit, asset = suite.parts.index.rows[0]

    async def text(client: Client, uri: str) -> Any:
        return json.loads((await client.read_resource(uri)).contents[0].text)  # type: ignore[union-attr]

    async def conversation(client: Client) -> None:
        assert (await text(client, "groundsight://assets"))["count"] == 2
        assert len((await text(client, f"groundsight://asset/{asset.asset_id}"))["units"]) == 3
        evidence = await text(client, f"groundsight://evidence/{unit.unit_id}")
        assert evidence["evidence"]["text"] == unit.text

    talk(mode, suite, conversation)


@pytest.mark.parametrize("uri", ["evidence/0123456789abcdef-0000", "asset/nope", "page/nope/1", "page/nope/x", "else"])
def test_an_absent_resource_is_an_invalid_parameter(tmp_path: Path, mode: str, uri: str) -> None:
    async def conversation(client: Client) -> None:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(f"groundsight://{uri}")
        assert caught.value.code == -32602

    talk(mode, a_suite(tmp_path), conversation)


def test_prompts_carry_the_words_of_the_person(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert names == {"grounded_answer", "check_my_answer"}
        asked = await client.get_prompt("grounded_answer", {"question": "How {long}?"})
        assert "How {long}?" in asked.messages[0].content.text  # type: ignore[union-attr]
        assert "verify" in asked.messages[0].content.text  # type: ignore[union-attr]
        checked = await client.get_prompt("check_my_answer", {"answer": "It rains."})
        assert "It rains." in checked.messages[0].content.text  # type: ignore[union-attr]

    talk(mode, a_suite(tmp_path), conversation)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("grounded", {"question": "x"}, "use grounded_answer, check_my_answer"),
        ("grounded_answer", {}, "pass exactly question"),
        ("grounded_answer", {"question": "x", "tone": "y"}, "pass exactly question"),
        ("check_my_answer", None, "pass exactly answer"),
    ],
)
def test_a_wrong_request_for_a_prompt_is_an_invalid_parameter(
    tmp_path: Path, mode: str, name: str, arguments: dict[str, str] | None, words: str
) -> None:
    async def conversation(client: Client) -> None:
        with pytest.raises(MCPError, match=words) as caught:
            await client.get_prompt(name, arguments)
        assert caught.value.code == -32602

    talk(mode, a_suite(tmp_path), conversation)


def test_the_suite_is_closed_with_the_server(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        await client.call_tool("status", {})

    suite = a_suite(tmp_path)
    talk(mode, suite, conversation)
    assert suite.closed.is_set()


@pytest.mark.parametrize(("typed", "count"), [("contract", 1), ("docs/", 2), ("nothing", 0)])
def test_the_id_of_a_document_is_completed_from_its_name(tmp_path: Path, mode: str, typed: str, count: int) -> None:
    async def conversation(client: Client) -> None:
        template = ResourceTemplateReference(uri="groundsight://asset/{asset_id}")
        result = await client.complete(template, {"name": "asset_id", "value": typed})
        assert len(result.completion.values) == count

    talk(mode, a_suite(tmp_path), conversation)
