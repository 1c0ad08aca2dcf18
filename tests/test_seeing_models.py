"""What a model that sees is given with a question about a picture: bytes, order, sizes and count on the wire."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CreateMessageRequestParams, CreateMessageResult, ImageContent
from mcp_types import TextContent as Text
from PIL import Image

from groundsight.doors.python import OpenSuite
from groundsight.server import build_server
from groundsight.settings import Settings
from groundsight.suite import open_suite
from groundsight.tools.pictures import MODEL_BYTES, for_a_model
from groundsight.types import Answer, Box
from tests.chat_server import ChatServer, Script, chat_server, draft_of, failing
from tests.picture_house import LABEL, PRESSURE, library, printed
from tests.pictures import page_of
from tests.talk import MODES

pytest.importorskip("langchain_openai", reason="pip install 'groundsight[llm]'")
SAID = "The pump P-300 has a maximum pressure of 16 bar"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return library(tmp_path_factory.mktemp("seeing"))


def ask(settings: Settings, script: Script, picture: Path, **agent: Any) -> tuple[Answer, ChatServer]:
    with chat_server(script) as server:
        chosen = {"llm": "openai:fake", "llm_base_url": server.url, "llm_api_key": "k", **agent}
        with OpenSuite(Settings.model_validate({"home": settings.home, "agent": chosen})) as suite:
            return suite.ask(PRESSURE, picture=picture), server


def blocks_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body["messages"][1]["content"]
    return content if isinstance(content, list) else [{"type": "text", "text": content}]


def says(text: str) -> str:
    named = re.search(r"id=(E\d+) from=[^\n]*manual.md[^\n]*\n(?:(?!<<<)[^\n]*\n)*?[^\n]*P-300 has", text)
    return draft_of((f"{SAID}.", [named[1] if named else "E99"]))


def writes(body: dict[str, Any]) -> str:
    return says(blocks_of(body)[0]["text"])


def pictures_in(body: dict[str, Any]) -> list[bytes]:
    urls = [one["image_url"]["url"] for one in blocks_of(body) if one["type"] == "image_url"]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


def test_the_asked_picture_goes_first_and_then_the_best_of_the_evidence_each_behind_its_name(
    settings: Settings, tmp_path: Path
) -> None:
    label = printed(tmp_path, "label", *LABEL)
    answer, server = ask(settings, writes, label)
    (body,) = server.requests
    blocks, first = blocks_of(body), for_a_model(Image.open(label))
    assert answer.text == f"{SAID} [1]."
    assert answer.tier.name == "llm"
    assert "pictures" not in [lane.lane for lane in answer.degraded]
    assert pictures_in(body)[0] == first
    assert [one["type"] for one in blocks[:3]] == ["text", "text", "image_url"]
    fence = re.search(r"<<<(\w{24}) ", blocks[0]["text"])
    assert fence is not None
    assert f"<<<{fence[1]} what was read in the asked picture>>>\nit says" in blocks[0]["text"]
    assert blocks[1]["text"].startswith(f"<<<{fence[1]} the picture that the question is about id=E1; ")
    assert all(fence[1] in one["text"] for one in blocks if one["type"] == "text")


def test_no_more_pictures_are_sent_than_the_settings_say_and_each_is_small(settings: Settings, tmp_path: Path) -> None:
    photo = tmp_path / "large.png"
    page_of(*LABEL, size=96, width=3000).save(photo)
    _, server = ask(settings, writes, photo, pictures=1)
    (sent,) = pictures_in(server.requests[0])
    assert max(Image.open(io.BytesIO(sent)).size) == 1024
    noise = Image.effect_noise((2000, 2000), 120).convert("RGB")
    assert len(for_a_model(noise)) <= MODEL_BYTES


def test_hidden_places_are_filled_in_what_a_model_sees(settings: Settings, tmp_path: Path) -> None:
    card = printed(tmp_path, "card", *LABEL, "Write to ann@example.com")
    _, server = ask(settings, writes, card)
    sent = Image.open(io.BytesIO(pictures_in(server.requests[0])[0])).convert("L")
    lowest = sent.crop((40, 172, 280, 184))
    assert sum(lowest.histogram()[:40]) > 0.8 * lowest.width * lowest.height
    assert "ann@" not in str(blocks_of(server.requests[0])[0])
    black = for_a_model(Image.new("RGB", (100, 100), "white"), [Box(x0=0, y0=0, x1=1, y1=1)])
    assert Image.open(io.BytesIO(black)).convert("L").getextrema() == (0, 0)


def test_a_provider_that_refuses_pictures_is_asked_once_more_without_and_that_is_said(
    settings: Settings, tmp_path: Path
) -> None:
    def script(body: dict[str, Any]) -> Any:
        return failing(400) if pictures_in(body) else writes(body)

    answer, server = ask(settings, script, printed(tmp_path, "label", *LABEL))
    assert answer.text == f"{SAID} [1]."
    assert [bool(pictures_in(body)) for body in server.requests] == [True, False]
    assert (
        "the language model refuses pictures" in next(one for one in answer.degraded if one.lane == "pictures").reason
    )


def test_a_model_that_is_away_is_not_asked_again_and_the_rules_say_that_nobody_looked(
    settings: Settings, tmp_path: Path
) -> None:
    answer, server = ask(settings, lambda _: failing(401), printed(tmp_path, "label", *LABEL))
    assert len(server.requests) == 1
    assert answer.text.startswith(f"{SAID} [1].\nNo model looked at the picture")


@pytest.mark.parametrize("mode", MODES)
def test_the_clients_own_model_sees_the_picture_in_both_eras(settings: Settings, tmp_path: Path, mode: str) -> None:
    label = page_of(*LABEL)
    label.save(settings.home.parent / "docs" / "label.png")
    seen: list[CreateMessageRequestParams] = []

    async def sample(_: Any, params: CreateMessageRequestParams) -> CreateMessageResult:
        seen.append(params)
        said = says(getattr(params.messages[0].content, "text", ""))
        return CreateMessageResult(role="assistant", content=Text(type="text", text=said), model="scripted-1")

    async def run() -> Any:
        chosen = Settings.model_validate({"home": settings.home, "agent": {"llm": "client"}})
        server = build_server(lambda: open_suite(chosen), writable=False)
        async with Client(server, mode=mode, sampling_callback=sample) as client:
            return await client.call_tool("ask", {"question": PRESSURE, "picture": "docs/label.png"})

    told = asyncio.run(run())
    assert told.structured_content["text"] == f"{SAID} [1]."
    kinds = [message.content for message in seen[0].messages]
    assert isinstance(kinds[2], ImageContent)
    assert base64.b64decode(kinds[2].data) == for_a_model(label)
    assert all(message.role == "user" for message in seen[0].messages)
