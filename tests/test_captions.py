"""Captions: what each depends on, which picture costs a call, by whom they are written, and what they make up."""

from __future__ import annotations

import asyncio
import base64
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CreateMessageResult
from mcp_types import TextContent as Text
from PIL import Image

from groundsight.agent.caption import chat_captioner
from groundsight.doors.python import OpenSuite
from groundsight.errors import ConfigError, ModelFailed
from groundsight.evals.tasks import Context
from groundsight.evals.tasks import caption as caption_task
from groundsight.server import build_server
from groundsight.settings import Models, Settings
from groundsight.suite import open_suite
from groundsight.tools.pictures import for_a_model
from groundsight.types import Tag
from groundsight.vision import open_captioner
from groundsight.vision.tags import unconfirmed
from tests import tiny_models
from tests.chat_server import chat_server, failing
from tests.pictures import clock_face, page_of, traffic_light
from tests.talk import MODES

needs_models = pytest.mark.skipif(find_spec("transformers") is None, reason="needs groundsight[models]")


class Scripted:
    """Writes the same about every picture, and counts."""

    def __init__(self, name: str = "scripted@1") -> None:
        self.fingerprint, self.calls = name, 0

    def caption(self, picture: Image.Image) -> str:
        self.calls += 1
        return f"a thing, number {self.calls}"


def light(home: Path, **models: Any) -> Settings:
    chosen = {"text": "none", "visual": "none", "ocr": "none", **models}
    return Settings.model_validate({"home": home, "models": chosen, "ingestion": {"tags": False}})


def read(folder: Path, captioner: Scripted, **models: Any) -> list[str]:
    with OpenSuite(light(folder / "home", **models)) as suite:
        suite.suite.parts.__dict__["captioner"] = captioner
        assert not suite.ingest(folder / "docs").failed
        return [hit.unit.caption for hit in suite.search("thing").hits]


def test_a_picture_that_was_saved_again_or_scaled_costs_no_call_and_another_one_does(tmp_path: Path) -> None:
    docs, captioner = tmp_path / "docs", Scripted()
    docs.mkdir()
    clock_face().save(docs / "clock.png")
    read(tmp_path, captioner)
    clock_face().save(docs / "clock.jpg", quality=80)
    clock_face().resize((150, 150)).save(docs / "small.png")
    captions = read(tmp_path, captioner)
    assert (captioner.calls, set(captions)) == (1, {"a thing, number 1"})
    traffic_light().save(docs / "light.png")
    read(tmp_path, captioner)
    assert captioner.calls == 2


def test_a_picture_that_changed_in_a_part_is_captioned_anew(tmp_path: Path) -> None:
    docs, captioner = tmp_path / "docs", Scripted()
    docs.mkdir()
    page_of("one", "two").save(docs / "a.png")
    blank = page_of("one", "two")
    blank.paste((0, 0, 0), (300, 60, 420, 120))
    blank.save(docs / "b.png")
    read(tmp_path, captioner)
    assert captioner.calls == 2


def test_another_model_writes_every_caption_again(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    clock_face().save(docs / "clock.png")
    read(tmp_path, Scripted())
    clock_face().save(docs / "clock.jpg")
    other = Scripted("scripted@2")
    read(tmp_path, other)
    assert other.calls == 1


@needs_models
def test_the_prompt_is_a_part_of_what_a_caption_depends_on(tmp_path: Path) -> None:
    where = f"transformers:{tiny_models.save_blip(tmp_path / 'blip')}"
    plain, told = (open_captioner(Models(caption=where, caption_prompt=prompt)) for prompt in ("", "the cat"))
    assert plain is not None
    assert told is not None
    assert plain.fingerprint != told.fingerprint
    assert told.caption(clock_face()) == told.caption(clock_face())


def test_a_chat_model_writes_captions_of_the_picture_that_every_model_is_given(tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> str:
        (url,) = [one["image_url"]["url"] for one in body["messages"][1]["content"] if one["type"] == "image_url"]
        assert base64.b64decode(url.partition(",")[2]) == for_a_model(clock_face())
        return '{"caption": "A round clock on a wall."}'

    clock_face().save(tmp_path / "hall.png")
    with chat_server(script) as server:
        agent = {"llm": "openai:fake", "llm_base_url": server.url, "llm_api_key": "k"}
        settings = light(tmp_path / "home", caption="llm").model_copy(update={"agent": Settings(agent=agent).agent})
        with OpenSuite(settings) as suite:
            (tmp_path / "note.md").write_text("The round clock in the hall was wound.")
            suite.ingest(tmp_path / "note.md")
            told, found = suite.describe(tmp_path / "hall.png"), suite.search(picture=tmp_path / "hall.png")
    with OpenSuite(settings) as suite:
        away = suite.search("hall", picture=tmp_path / "hall.png")
    assert ("A round clock on a wall." in found.query, found.hits[0].asset.title) == (True, "note.md")
    assert ("round" in away.query, [lane.reason for lane in away.degraded].count("the captioner did not answer")) == (
        False,
        1,
    )
    assert told.caption == "A round clock on a wall."
    assert told.captioner.startswith("openai:fake+")
    assert {"round", "clock", "wall"} <= set(told.unconfirmed)


def test_a_chat_model_without_eyes_writes_no_caption(tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> Any:
        return failing(400) if isinstance(body["messages"][1]["content"], list) else '{"caption": "A guess."}'

    with chat_server(script) as server:
        agent = {"llm": "openai:fake", "llm_base_url": server.url, "llm_api_key": "k"}
        captioner = chat_captioner(Settings.model_validate({"agent": agent}))
        with pytest.raises(ModelFailed, match="did not answer"):
            captioner.caption(clock_face())
    with pytest.raises(ConfigError, match="captions need a chat model"):
        chat_captioner(Settings())


def test_what_a_caption_makes_up_is_named_numbers_first() -> None:
    beagle = Tag(name="beagle", probability=0.9)
    said = "A dog at a sign that says STOP with 3 balloons."
    assert unconfirmed(said, [beagle], ["STOP"])[0] == "3"
    assert "dog" not in unconfirmed(said, [beagle], ["STOP"])
    assert "dog" in unconfirmed(said, [], ["STOP"])


@pytest.mark.parametrize("mode", MODES)
def test_the_clients_own_model_writes_the_caption_of_a_described_picture(tmp_path: Path, mode: str) -> None:
    docs, seen = tmp_path / "docs", list[Any]()
    docs.mkdir()
    clock_face().save(docs / "hall.png")
    settings = light(tmp_path / "home", caption="client")
    with OpenSuite(settings) as suite:
        suite.ingest(docs)

    async def sample(_: Any, params: Any) -> CreateMessageResult:
        seen.append(params.messages[-1].content)
        return CreateMessageResult(role="assistant", content=Text(type="text", text="A wall clock."), model="eyes-1")

    async def run() -> Any:
        server = build_server(lambda: open_suite(settings), writable=False)
        async with Client(server, mode=mode, sampling_callback=sample) as client:
            return await client.call_tool("describe", {"picture": "docs/hall.png"})

    told = asyncio.run(run()).structured_content
    assert (told["caption"], told["captioner"]) == ("A wall clock.", "client:eyes-1")
    assert base64.b64decode(seen[0].data) == for_a_model(clock_face())


def test_captions_are_measured_as_the_reference_programs_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    rouge = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    written = (
        ("a clock on a wall", "a round clock hangs on the wall"),
        ("a red light", "a traffic light shows red", "a signal"),
        ("a page of plain text", "some lines of text on a page"),
    )
    rows = [{"id": str(n), "image": f"{n}.png", "captions": golds} for n, golds in enumerate(written)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for number, picture in enumerate((clock_face(), traffic_light(), page_of("A page"))):
        picture.save(tmp_path / f"{number}.png")
    said = ["A clock hangs on the wall.", "a traffic light", "some lines of plain text"]
    left = iter(said)
    monkeypatch.setattr(Scripted, "caption", lambda self, picture: next(left))
    monkeypatch.setattr(caption_task, "open_captioner", lambda models: Scripted())
    done = caption_task.run(Context(tmp_path, Settings(home=tmp_path / "home"), tmp_path / "eval"))
    flat = {str(n): [text.lower().rstrip(".")] for n, text in enumerate(said)}
    _, cider = theirs.compute_score({str(n): list(golds) for n, golds in enumerate(written)}, flat)
    assert min(cider) > 0.1
    assert [item.scores["cider"] for item in done.items] == pytest.approx(list(cider), abs=1e-6)
    best = [rouge.score_multi(golds, said[n])["rougeL"].fmeasure for n, golds in enumerate(written)]
    assert [item.scores["rouge_l"] for item in done.items] == pytest.approx(best, abs=1e-6)
    assert 0 < done.items[1].scores["blend"] < 1
