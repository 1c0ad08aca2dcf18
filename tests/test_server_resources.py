"""Resources and prompts of the MCP door in memory, in both eras of the protocol."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference, ResourceTemplateReference
from PIL import Image

from groundsight.types import Principal
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


def test_a_label_of_a_reply_opens_as_a_resource_for_whoever_was_shown_it(tmp_path: Path, mode: str) -> None:
    suite = a_suite(tmp_path)

    async def conversation(client: Client) -> None:
        found = (await client.call_tool("search", {"query": "notice"})).structured_content
        assert found
        told = await client.read_resource(f"groundsight://evidence/{found['hits'][0]['label']}")
        opened = json.loads(told.contents[0].text)  # type: ignore[union-attr]
        assert opened["evidence"]["evidence_id"] == found["hits"][0]["id"]
        suite.principal = Principal(user="another")
        for label in ("E1", "E99"):
            with pytest.raises(MCPError, match="nothing was shown to you under this label") as caught:
                await client.read_resource(f"groundsight://evidence/{label}")
            assert caught.value.code == -32602

    talk(mode, suite, conversation)


@pytest.mark.parametrize(
    "uri",
    [
        "evidence/0123456789abcdef-0000",
        "asset/nope",
        "page/nope/1",
        "page/nope/x",
        "receipt/r0",
        "answer/q0",
        "else",
    ],
)
def test_an_absent_resource_is_an_invalid_parameter(tmp_path: Path, mode: str, uri: str) -> None:
    async def conversation(client: Client) -> None:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(f"groundsight://{uri}")
        assert caught.value.code == -32602

    talk(mode, a_suite(tmp_path), conversation)


def test_prompts_carry_the_words_of_the_person(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        names = {prompt.name for prompt in (await client.list_prompts()).prompts}
        assert names == {"grounded_answer", "check_my_answer", "compare_documents", "find_contradictions", "timeline"}
        asked = await client.get_prompt("grounded_answer", {"question": "How {long}?"})
        assert "How {long}?" in asked.messages[0].content.text  # type: ignore[union-attr]
        assert "verify" in asked.messages[0].content.text  # type: ignore[union-attr]
        for name, given in (
            ("check_my_answer", {"answer": "It rains."}),
            ("compare_documents", {"first": "a.pdf", "second": "b {x}.pdf"}),
            ("find_contradictions", {"topic": "notice periods"}),
            ("timeline", {"topic": "the refit"}),
        ):
            text = (await client.get_prompt(name, given)).messages[0].content.text  # type: ignore[union-attr]
            assert all(value in text for value in given.values())
            assert "`verify`" in text

    talk(mode, a_suite(tmp_path), conversation)


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("grounded", {"question": "x"}, "use grounded_answer, check_my_answer"),
        ("compare_documents", {"first": "x"}, "pass exactly first, second"),
        ("grounded_answer", {}, "pass exactly question"),
        ("grounded_answer", {"question": "x", "tone": "y"}, "pass exactly question"),
        ("check_my_answer", None, "pass exactly answer"),
        ("timeline", {"topic": ""}, "topic holds no word"),
        ("find_contradictions", {"topic": " \u200b\n"}, "topic holds no word"),
        ("grounded_answer", {"question": "?"}, "question holds no word"),
        ("check_my_answer", {"answer": "  "}, "answer holds no word"),
        ("compare_documents", {"first": "a.pdf", "second": "\t"}, "second holds no word"),
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


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "forget",
            "E_POLICY: this tool is not offered here (forget). Next: start the server with --allow-write",
        ),
        ("serch", "E_NOT_FOUND: there is no such tool (serch). Next: did you mean search?"),
        ("fetch_the_weather", "use one of search, ask, verify"),
    ],
)
def test_a_tool_that_is_not_offered_says_what_to_do(tmp_path: Path, mode: str, name: str, told: str) -> None:
    async def conversation(client: Client) -> None:
        refused = await client.call_tool(name, {})
        assert refused.is_error
        assert told in refused.content[0].text  # type: ignore[union-attr]

    talk(mode, a_suite(tmp_path), conversation)


def test_the_suite_is_closed_with_the_server(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        await client.call_tool("status", {})

    suite = a_suite(tmp_path)
    talk(mode, suite, conversation)
    assert suite.closed.is_set()


@pytest.mark.parametrize(
    ("template", "name", "typed", "chosen", "found"),
    [
        ("asset/{asset_id}", "asset_id", "contract", {}, ["CONTRACT"]),
        ("asset/{asset_id}", "asset_id", "docs/", {}, ["CONTRACT", "NOTE"]),
        ("asset/{asset_id}", "asset_id", "nothing", {}, []),
        ("page/{asset_id}/{page}{?box}", "page", "", {"asset_id": "CONTRACT"}, ["1", "2"]),
        ("page/{asset_id}/{page}{?box}", "page", "2", {"asset_id": "CONTRACT"}, ["2"]),
        ("page/{asset_id}/{page}{?box}", "page", "", {}, []),
        ("evidence/{unit_id}", "unit_id", "note", {}, ["NOTE-0000"]),
        ("evidence/{unit_id}", "unit_id", "CONTRACT-0002", {}, ["CONTRACT-0002"]),
        ("receipt/{receipt_id}", "receipt_id", "r", {}, []),
    ],
)
def test_documents_pages_and_units_are_completed(
    tmp_path: Path, mode: str, template: str, name: str, typed: str, chosen: dict[str, str], found: list[str]
) -> None:
    suite = a_suite(tmp_path)
    ids = {
        asset.title.removeprefix("docs/").split(".")[0].upper(): asset.asset_id for _, asset in suite.parts.index.rows
    }

    def real(text: str) -> str:
        for known, id in ids.items():
            text = text.replace(known, id)
        return text

    async def conversation(client: Client) -> None:
        reference = ResourceTemplateReference(uri=f"groundsight://{template}")
        given = {key: real(value) for key, value in chosen.items()}
        result = await client.complete(reference, {"name": name, "value": real(typed)}, context_arguments=given)
        assert result.completion.values == [real(each) for each in found]

    talk(mode, suite, conversation)


def test_the_documents_of_a_prompt_are_completed_by_name(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        result = await client.complete(PromptReference(name="compare_documents"), {"name": "second", "value": "note"})
        assert result.completion.values == ["docs/note.txt"]

    talk(mode, a_suite(tmp_path), conversation)


def test_the_status_and_the_house_rules_are_resources(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        status = await client.read_resource("groundsight://status")
        assert json.loads(status.contents[0].text)["assets"] == 2  # type: ignore[union-attr]
        rules = (await client.read_resource("groundsight://rules")).contents[0]
        assert "`verify`" in rules.text  # type: ignore[union-attr]

    talk(mode, a_suite(tmp_path), conversation)


def test_a_receipt_tells_of_ones_own_call_and_of_no_other(tmp_path: Path, mode: str) -> None:
    suite = a_suite(tmp_path)

    async def conversation(client: Client) -> None:
        done = await client.call_tool("search", {"query": "notice"})
        assert done.structured_content
        address = f"groundsight://receipt/{done.structured_content['receipt']}"
        told = json.loads((await client.read_resource(address)).contents[0].text)  # type: ignore[union-attr]
        assert (told["tool"], told["door"], told["outcome"]) == ("search", "mcp", "OK")
        assert told["returned"] == [unit.unit_id for unit, _ in suite.parts.index.rows]
        assert "notice" not in json.dumps(told)
        suite.principal = Principal(user="another")
        with pytest.raises(MCPError, match="no such receipt") as caught:
            await client.read_resource(address)
        assert caught.value.code == -32602

    talk(mode, suite, conversation)


def test_a_page_is_shown_with_the_outline_of_a_box_and_never_where_something_was_redacted(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = io.BytesIO()
    Image.new("RGB", (400, 600), "white").save(sheet, "PNG")
    monkeypatch.setattr("groundsight.ingestion.kept.page_or_kept", lambda *_: sheet.getvalue())
    suite = a_suite(tmp_path)
    unit, asset = suite.parts.index.rows[0]
    page = f"groundsight://page/{asset.asset_id}/1"

    async def picture(client: Client, address: str) -> Image.Image:
        blob = (await client.read_resource(address)).contents[0].blob  # type: ignore[union-attr]
        return Image.open(io.BytesIO(base64.b64decode(blob))).convert("RGB")

    async def conversation(client: Client) -> None:
        assert (await picture(client, page)).getcolors() == [(240_000, (255, 255, 255))]
        marked = await picture(client, f"{page}?box=0.25,0.5,0.5,0.75")
        assert (marked.getpixel((99, 400)), marked.getpixel((150, 400))) == ((209, 36, 47), (255, 255, 255))
        for wrong in ("1,2", "0.5,0.5,0.1,0.9", "a,b,c,d", "0,0,2,2"):
            with pytest.raises(MCPError, match="no place on a page"):
                await client.read_resource(f"{page}?box={wrong}")
        for wrong in ("0", "-1"):
            with pytest.raises(MCPError, match="page"):
                await client.read_resource(f"groundsight://page/{asset.asset_id}/{wrong}")
        suite.parts.index.rows[0] = (unit.model_copy(update={"text": "Write to [EMAIL_1]."}), asset)
        for address in (page, f"{page}?box=0.25,0.5,0.5,0.75"):
            with pytest.raises(MCPError, match="redacted"):
                await client.read_resource(address)

    talk(mode, suite, conversation)
