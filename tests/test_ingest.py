"""Ingest: one commit and one line per file, nothing done twice, nothing left half done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from groundsight.errors import Cancelled, IndexVersion, ModelFailed, ParseFailed, PolicyRefused
from groundsight.governance.access import tenant_of
from groundsight.governance.roots import Roots
from groundsight.index import ChannelQuery
from groundsight.ingestion import Element, IngestReport, Parsed
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.ingest import ingest
from groundsight.parts import Parts
from groundsight.retrieval.cache import SearchCache
from groundsight.settings import Settings
from groundsight.tracing import Watch
from groundsight.types import Box, Principal, TextLine
from tests.build import ScriptedReader, WordEncoder
from tests.memory_index import MemoryIndex

WRITER = Principal(may_write=True)


class Eyes:
    """A picture encoder that abstains on black pictures."""

    fingerprint = "test-eyes@1"
    dimension = 3

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
        means = [np.asarray(picture, np.float32).mean(axis=(0, 1)) for picture in pictures]
        return np.stack([mean / max(1e-9, float(np.linalg.norm(mean))) for mean in means]).astype(np.float32)


def read(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
    """Text files are paragraphs; PNG files are one picture; broken files are broken."""
    if document.name.endswith(".png"):
        (scratch / "one.png").write_bytes(document.read())
        return Parsed(media_type="image/png", elements=(Element(kind="picture", picture="one.png"),))
    text = document.read().decode()
    if "BROKEN" in text:
        raise ParseFailed("the file is broken", which=document.name, next_step="save it again")
    parts = (Element(kind="text", text=part) for part in text.split("\n\n") if part.strip())
    return Parsed(media_type="text/plain", elements=tuple(parts))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = SimpleNamespace(
        settings=Settings(home=tmp_path / "home"),
        index=MemoryIndex(),
        roots=Roots({}, tmp_path / "home/roots.json"),
        text_encoder=WordEncoder(),
        picture_encoder=Eyes(),
        audio_encoder=None,
        voice_encoder=None,
        ocr=ScriptedReader(),
        tagger=None,
        captioner=None,
        names=None,
        masks=None,
        searches=SearchCache(),
        degraded=lambda: (),
    )
    return cast("Parts", made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    (place / "a.txt").write_text("Alpha weighs 4.2 kg.\n\nWrite to jane@example.com.")
    (place / "b.txt").write_text("Beta weighs 9 kg.")
    return place


def run(parts: Parts, folder: Path, *, watch: Watch | None = None, prune: bool = False) -> IngestReport:
    parts.roots.admit(folder)
    return ingest(
        parts, [folder], WRITER, watch or Watch(), prune=prune, reader=read, linker=lambda asset, units: units
    )


def test_every_file_becomes_an_asset_whose_text_is_redacted(parts: Parts, folder: Path) -> None:
    report = run(parts, folder)
    assert (report.added, report.failed, report.redactions) == (2, 0, {"email": 1})
    texts = [unit.text for unit, _ in parts.index.scan(tenant_of(WRITER))]
    assert any("[EMAIL_1]" in text for text in texts)
    assert not any("jane" in text for text in texts)


def test_an_unchanged_folder_costs_no_model_call(parts: Parts, folder: Path) -> None:
    assert run(parts, folder).model_calls > 0
    again = run(parts, folder)
    assert (again.unchanged, again.added, again.model_calls) == (2, 0, 0)


def test_equal_words_of_many_units_are_encoded_once(
    parts: Parts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "b.txt").write_text("\n\n".join(f"Beta {number} is a long note. " * 60 for number in range(4)))
    made, encode = list[str](), WordEncoder().encode
    monkeypatch.setattr(parts.text_encoder, "encode", lambda texts, role: (made.extend(texts), encode(texts))[1])
    run(parts, folder)
    units = [unit for unit, asset in parts.index.scan(tenant_of(WRITER)) if asset.source == "files/b.txt"]
    assert len(units) > 2
    assert {unit.meta for unit in units} == {units[0].meta}
    assert made.count(units[0].meta) == 1
    assert all(made.count(unit.text) == 1 for unit in units)


def test_texts_of_several_files_are_encoded_together(
    parts: Parts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, encode = list[str](), WordEncoder().encode
    monkeypatch.setattr(
        parts.text_encoder, "encode", lambda texts, role: (batches.append("|".join(texts)), encode(texts))[1]
    )
    run(parts, folder)
    assert [batch for batch in batches if "Alpha" in batch and "Beta" in batch]
    (found,) = parts.index.search([ChannelQuery("text", encode(["Beta weighs 9 kg."])[0])], tenant_of(WRITER), 1)
    assert [parts.index.get([name], tenant_of(WRITER))[0][1].source for name, _ in found.hits] == ["files/b.txt"]


def test_a_text_that_the_encoder_refuses_is_one_line(
    parts: Parts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(texts: Sequence[str], role: str) -> object:
        if any("Beta" in text for text in texts):
            raise ModelFailed("this one is refused")
        return WordEncoder().encode(texts)

    monkeypatch.setattr(parts.text_encoder, "encode", refuse)
    report = run(parts, folder)
    assert [(each.source, each.status) for each in report.files] == [
        ("files/a.txt", "added"),
        ("files/b.txt", "failed"),
    ]
    assert [each.source for each in parts.index.assets(tenant_of(WRITER))] == ["files/a.txt"]


def test_a_changed_file_replaces_its_asset_and_keeps_what_models_made_of_the_rest(parts: Parts, folder: Path) -> None:
    run(parts, folder)
    (folder / "b.txt").write_text("Beta weighs 10 kg.")
    report = run(parts, folder)
    assert (report.changed, report.unchanged, report.model_calls) == (1, 1, 1)
    assert len(parts.index.assets(tenant_of(WRITER))) == 2


def test_a_broken_file_and_an_empty_one_are_one_line_each(parts: Parts, folder: Path) -> None:
    (folder / "c.txt").write_text("BROKEN")
    (folder / "d.txt").write_text("  ")
    report = run(parts, folder)
    problems = {each.source: each.problem.code for each in report.files if each.problem}
    assert problems == {"files/c.txt": "E_PARSE", "files/d.txt": "E_EMPTY"}
    assert report.added == 2


def test_a_vanished_file_is_reported_and_removed_only_with_prune(parts: Parts, folder: Path) -> None:
    run(parts, folder)
    (folder / "a.txt").unlink()
    assert run(parts, folder).vanished == 1
    assert len(parts.index.assets(tenant_of(WRITER))) == 2
    assert run(parts, folder, prune=True).removed == 1
    assert [asset.source for asset in parts.index.assets(tenant_of(WRITER))] == ["files/b.txt"]


def test_what_was_stored_under_a_raw_name_goes_when_it_is_stored_under_the_redacted_one(
    parts: Parts, folder: Path
) -> None:
    run(parts, folder)
    entries = parts.index.entries  # type: ignore[attr-defined]
    old = entries["default", "files/a.txt"]
    raw = old.asset.model_copy(update={"source": "files/ann@example.org.txt", "asset_id": "f" * 16})
    entries["default", raw.source] = replace(old, asset=raw)
    report = run(parts, folder)
    assert [each.status for each in report.files] == ["unchanged", "unchanged", "removed"]
    assert len(parts.index.assets(tenant_of(WRITER))) == 2


def test_a_cancelled_run_keeps_finished_files_and_is_resumed(parts: Parts, folder: Path) -> None:
    def stop(done: float, total: float | None, message: str) -> None:
        if message == "files/b.txt":
            watch.cancel()

    watch = Watch(stop)
    with pytest.raises(Cancelled):
        run(parts, folder, watch=watch)
    assert len(parts.index.assets(tenant_of(WRITER))) == 1
    resumed = run(parts, folder)
    assert (resumed.added, resumed.unchanged) == (1, 1)


def test_another_encoder_is_refused_with_the_command_that_re_indexes(parts: Parts, folder: Path) -> None:
    run(parts, folder)
    parts.text_encoder.fingerprint = "other@2"  # type: ignore[union-attr,misc]
    with pytest.raises(IndexVersion) as caught:
        run(parts, folder)
    assert "groundsight ingest --home" in caught.value.next_step


def test_a_reader_may_not_write(parts: Parts, folder: Path) -> None:
    with pytest.raises(PolicyRefused):
        ingest(parts, [folder], Principal(), Watch(), reader=read)


def test_hidden_files_and_links_are_skipped(parts: Parts, folder: Path) -> None:
    (folder / ".env").write_text("secret")
    (folder / "loop").symlink_to(folder)
    (folder / "link.txt").symlink_to("/etc/hostname")
    assert [each.source for each in run(parts, folder).files] == ["files/a.txt", "files/b.txt"]


def test_a_missing_path_is_one_line(parts: Parts, folder: Path) -> None:
    report = run(parts, folder / "nothing")
    assert [each.problem.code for each in report.files if each.problem] == ["E_NOT_FOUND"]


def test_words_in_a_picture_are_read_once_redacted_and_covered(parts: Parts, folder: Path) -> None:
    Image.new("RGB", (100, 40), (200, 30, 30)).save(folder / "scan.png")
    box = Box(x0=0.1, y0=0.1, x1=0.9, y1=0.4)
    parts.ocr.pages.append((TextLine(text="Mail bob@fileserver.corp", box=box, confidence=0.9),))  # type: ignore[union-attr]
    run(parts, folder)
    unit = next(unit for unit, asset in parts.index.scan(tenant_of(WRITER)) if asset.source.endswith("png"))
    assert (unit.ocr, unit.lines[0].text, unit.lines[0].box) == ("Mail [EMAIL_1]", "Mail [EMAIL_1]", box)
    assert [each.field for each in unit.lineage] == ["ocr"]
    parts.index.entries.clear()  # type: ignore[attr-defined]
    assert run(parts, folder).model_calls == 0


def test_a_black_picture_has_no_visual_row(parts: Parts, folder: Path) -> None:
    Image.new("RGB", (10, 10)).save(folder / "black.png")
    run(parts, folder)
    entry = parts.index.entries["default", "files/black.png"]  # type: ignore[attr-defined]
    assert "visual" not in entry.rows


def test_a_document_knows_its_language_and_says_when_the_ocr_does_not_know_its_script(
    parts: Parts, folder: Path
) -> None:
    def scanned(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        parsed = read(document, settings, scratch, watch)
        Image.new("RGB", (40, 40), "red").save(scratch / "one.png")
        figure = Element(kind="figure", text="", picture="one.png")
        return parsed.model_copy(update={"elements": (*parsed.elements, figure)})

    (folder / "a.txt").write_text("התנור חם בבוקר ומתקרר במשך הלילה.")
    (folder / "b.txt").write_text("The kiln is hot in the morning and it cools over the night.")
    parts.roots.admit(folder)
    ingest(parts, [folder], WRITER, Watch(), reader=scanned, linker=lambda asset, units: units)
    hebrew, english = parts.index.assets(tenant_of(WRITER))
    assert (hebrew.language, english.language) == ("he", "en")
    assert [left.kind for left in hebrew.left_out] == ["text in a picture"]
    assert english.left_out == ()
