"""Tools that show or read pictures, on real files through the confined child."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from mcp import Client, MCPError
from PIL import Image

from groundsight.errors import InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.roots import Roots
from groundsight.ingestion.picture_tables import lines_in_picture, lines_on_page
from groundsight.types import Asset, Box, Lineage, Place, TextLine, Unit
from tests.build import ScriptedReader, make_asset, make_unit
from tests.doors import OneLine, ScriptedSuite, call, settings_at
from tests.talk import MODES, talk

BOX = Box(x0=0.0, y0=0.0, x1=0.5, y1=0.5)


@pytest.fixture
def suite(tmp_path: Path) -> ScriptedSuite:
    """A photograph, a figure cut from it, and one whose text was redacted."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("sign.png", "card.png"):
        Image.new("RGB", (800, 600), "white").save(folder / name)
    sign, card = (
        make_asset(f"docs/{name}", sha256=sha_of(folder / name), media_type="image/png")
        for name in ("sign.png", "card.png")
    )
    rows: list[tuple[Unit, Asset]] = [
        (make_unit(sign, 0, kind="image", ocr="EXIT"), sign),
        (make_unit(sign, 1, kind="figure", place=Place(page=1, box=BOX)), sign),
        (make_unit(card, 0, kind="image", ocr="mail [EMAIL_1]"), card),
    ]
    suite = ScriptedSuite(settings_at(tmp_path), *rows, roots=Roots({"docs": folder}, tmp_path / "roots.json"))
    suite.parts.ocr = suite.parts.tagger = suite.parts.captioner = OneLine()
    return suite


def sha_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def unit_id(suite: ScriptedSuite, row: int) -> str:
    return suite.parts.index.rows[row][0].unit_id


@pytest.mark.parametrize("by_id", [False, True])
def test_words_are_read_with_their_boxes(suite: ScriptedSuite, by_id: bool) -> None:
    result = call(suite, "ocr", picture=unit_id(suite, 0) if by_id else "docs/sign.png")
    (line,) = result.lines
    assert (line.text, line.box, line.confidence) == ("EXIT[31m", (0.1, 0.1, 0.5, 0.2), 0.9)
    assert result.reader == "test@1"


@pytest.mark.parametrize("by_id", [False, True])
def test_what_was_read_at_ingestion_is_not_read_again(suite: ScriptedSuite, by_id: bool) -> None:
    line = TextLine(text="EXIT to [EMAIL_1]", box=BOX, confidence=0.9)
    made = Lineage(field="ocr", operation="read", source_sha256="0" * 64, model="stored@1", version="1")
    unit, asset = suite.parts.index.rows[0]
    read = unit.model_copy(update={"lines": (line,), "lineage": (made,)})
    suite.parts.index.rows[0] = (read, asset)
    suite.parts.ocr = None
    result = call(suite, "ocr", picture=unit_id(suite, 0) if by_id else "docs/sign.png")
    assert ([each.text for each in result.lines], result.reader) == (["EXIT to [EMAIL_1]"], "stored@1")


def test_lines_of_a_figure_lie_in_the_figure(suite: ScriptedSuite) -> None:
    figure, place = Box(x0=0.2, y0=0.4, x1=0.6, y1=0.8), Box(x0=0.3, y0=0.5, x1=0.5, y1=0.6)
    (line,) = lines_in_picture((TextLine(text="EXIT", box=place, confidence=0.9),), figure)
    (back,) = lines_on_page((line,), figure)
    assert (round(line.box.x0, 6), round(line.box.y1, 6)) == (0.25, 0.5)
    assert abs(back.box.x1 - place.x1) < 1e-9


def test_what_is_read_is_redacted_across_lines(suite: ScriptedSuite) -> None:
    lines = ["Call Ann", "ann@example.com", "card 4111 1111", "1111 1111"]
    suite.parts.ocr = ScriptedReader(tuple(TextLine(text=text, box=BOX, confidence=1.0) for text in lines))
    result = call(suite, "ocr", picture="docs/sign.png")
    assert "ann@" not in result.text
    assert "4111 1111" not in result.text
    assert len(result.lines) == 4
    assert result.redactions == {"email": 1, "card": 1}


def test_a_picture_is_described_by_what_is_configured(suite: ScriptedSuite) -> None:
    result = call(suite, "describe", picture="docs/sign.png")
    assert (result.caption, result.tags[0].name) == ("a sign above a door", "sign")
    suite.parts.captioner = None
    result = call(suite, "describe", picture=unit_id(suite, 0))
    assert (result.caption, result.captioner) == ("", "")
    assert [lane.lane for lane in result.degraded] == ["caption"]
    assert result.as_text().startswith("no caption: no captioner is on")
    suite.parts.tagger = SimpleNamespace(tags=lambda _: (), fingerprint="seer@1")
    assert "tags (seer@1): none, since " in call(suite, "describe", picture="docs/sign.png").as_text()


def test_a_picture_is_named_by_the_end_of_its_source_too(suite: ScriptedSuite) -> None:
    assert call(suite, "ocr", picture="sign.png").picture == "docs/sign.png"
    assert call(suite, "describe", picture="sign.png").caption == "a sign above a door"
    for name in ("none.png", "ign.png"):
        with pytest.raises(NotFound):
            call(suite, "ocr", picture=name)


@pytest.mark.parametrize("tool", ["ocr", "describe"])
def test_a_page_on_which_a_passage_does_not_lie_is_refused(suite: ScriptedSuite, tool: str) -> None:
    assert call(suite, tool, picture=unit_id(suite, 1), page=1).page == 1
    with pytest.raises(InvalidArgument, match="it lies on page 1"):
        call(suite, tool, picture=unit_id(suite, 1), page=2)


def test_thumbnails_come_on_request_only_and_are_small(suite: ScriptedSuite) -> None:
    assert call(suite, "search", query="x").pictures == ()
    pictures = call(suite, "search", query="x", pictures=True).pictures
    assert [picture.uri.rsplit("/", 1)[1] for picture in pictures] == [unit_id(suite, 0), unit_id(suite, 1)]
    sizes = [Image.open(io.BytesIO(picture.data)).size for picture in pictures]
    assert sizes == [(512, 384), (400, 300)]


def test_a_picture_of_a_redacted_place_is_withheld(suite: ScriptedSuite) -> None:
    assert call(suite, "read", id=unit_id(suite, 0), picture=True).pictures
    with pytest.raises(PolicyRefused, match="redacted"):
        call(suite, "read", id=unit_id(suite, 2), picture=True)


def test_a_search_starts_from_a_picture_file_or_an_image_unit(suite: ScriptedSuite) -> None:
    seen: list[str | None] = []
    suite.verbs["search"] = lambda _, query: seen.append(query.picture)
    call(suite, "search", picture="docs/sign.png")
    call(suite, "search", picture=unit_id(suite, 0))
    assert seen == ["docs/sign.png", unit_id(suite, 0)]
    with pytest.raises(InvalidArgument, match="whole pictures"):
        call(suite, "search", picture=unit_id(suite, 1))


@pytest.mark.parametrize("mode", MODES)
def test_pictures_travel_as_images_and_pages_as_png(suite: ScriptedSuite, mode: str) -> None:
    sign, card = (suite.parts.index.rows[row][1].asset_id for row in (0, 2))

    async def conversation(client: Client) -> None:
        result = await client.call_tool("search", {"query": "x", "pictures": True})
        images = [block for block in result.content if block.type == "image"]
        assert [image.mime_type for image in images] == ["image/png", "image/png"]
        assert "pictures" not in json.dumps(result.structured_content)
        page = (await client.read_resource(f"groundsight://page/{sign}/1")).contents[0]
        data = base64.b64decode(page.blob)  # type: ignore[union-attr]
        assert Image.open(io.BytesIO(data)).size == (800, 600)
        with pytest.raises(MCPError, match="E_POLICY"):
            await client.read_resource(f"groundsight://page/{card}/1")

    talk(mode, suite, conversation)
