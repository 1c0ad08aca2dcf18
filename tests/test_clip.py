"""CLIP models through open_clip's real loader, on tiny random weights."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from groundsight.encoders import open_picture_encoder
from groundsight.encoders.clip import CONFIG, WEIGHTS, OpenClip
from groundsight.errors import ConfigError, ModelFailed
from groundsight.settings import Models
from tests import tiny_models
from tests.pictures import clock_face, traffic_light

pytestmark = pytest.mark.skipif(find_spec("open_clip") is None, reason="needs groundsight[models]")

MODULES = ["encoders.minilm", "encoders.conse", "encoders.clip", "encoders.transformer", "encoders.cross_encoder"]
MODULES += ["encoders.nli", "vision.ocr", "vision.tags", "vision.caption", "vision.lite_graph"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tiny_models.save_clip(tmp_path / "clip")


def opened(where: object) -> OpenClip:
    return OpenClip.open(str(where), device="cpu", allow_download=False)


def test_a_folder_becomes_a_picture_encoder(clip: Path) -> None:
    encoder = open_picture_encoder(Models(visual=f"open_clip:{clip}"), None)
    assert isinstance(encoder, OpenClip)
    pictures = encoder.encode_pictures([clock_face(), traffic_light(), Image.new("LA", (9, 300))])
    words = encoder.encode_words(["a cat " * 200, ""])
    assert pictures.shape == (3, encoder.dimension)
    assert words.shape == (2, encoder.dimension)
    for rows in (pictures, words):
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert encoder.encode_pictures([]).shape == (0, encoder.dimension)


def test_equal_files_have_equal_fingerprints_and_vectors(clip: Path) -> None:
    first, second = opened(clip), opened(clip)
    assert first.fingerprint == second.fingerprint
    assert np.array_equal(first.encode_words(["a cat"]), second.encode_words(["a cat"]))
    tiny_models.spoil(clip, 0.25)
    assert opened(clip).fingerprint != first.fingerprint


def test_a_built_in_model_needs_weights() -> None:
    with pytest.raises(ConfigError) as failure:
        opened("ViT-B-32")
    assert "random weights are never used" in failure.value.next_step


def test_a_published_tag_needs_the_right_to_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ConfigError) as failure:
        opened("ViT-B-32@laion2b_s34b_b79k")
    assert "allow_download" in failure.value.next_step


@pytest.mark.parametrize("where", ["no-such-model@x", "ViT-B-32@no-such-tag", "ViT-B-32@/no/such.safetensors"])
def test_an_unknown_name_is_refused(where: str) -> None:
    with pytest.raises(ConfigError, match="unknown"):
        opened(where)


def test_weights_of_another_model_are_refused(clip: Path) -> None:
    with pytest.raises(ModelFailed, match="can't be loaded"):
        opened(f"ViT-B-32@{clip / WEIGHTS}")


def test_half_a_folder_is_refused(clip: Path) -> None:
    weights = (clip / WEIGHTS).read_bytes()
    (clip / WEIGHTS).write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelFailed, match="can't be loaded"):
        opened(clip)
    (clip / WEIGHTS).unlink()
    (clip / "open_clip_pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelFailed, match="no open_clip model"):
        opened(clip)


@pytest.mark.parametrize("content", ["{", json.dumps({"model": 1}), json.dumps({"model_cfg": {"embed_dim": 3}})])
def test_a_config_that_names_no_model_is_refused(clip: Path, content: str) -> None:
    (clip / CONFIG).write_text(content)
    with pytest.raises(ModelFailed):
        opened(clip)


def test_a_text_tower_from_the_hub_is_not_fetched(clip: Path) -> None:
    config = json.loads((clip / CONFIG).read_text())
    config["model_cfg"]["text_cfg"] = {"hf_model_name": "no/such-tower", "hf_tokenizer_name": "no/such-tower"}
    (clip / CONFIG).write_text(json.dumps(config))
    with pytest.raises(ModelFailed, match="can't be loaded"):
        opened(clip)


def test_nan_weights_fail(clip: Path) -> None:
    with pytest.raises(ModelFailed, match="NaN or infinity"):
        opened(tiny_models.spoil(clip, math.nan)).encode_words(["a cat"])


def test_importing_the_rooms_loads_no_heavy_library() -> None:
    rooms = ", ".join(f"groundsight.{name}" for name in MODULES)
    heavy = (
        "{'torch', 'transformers', 'open_clip', 'onnxruntime', 'onnx', 'rapidocr', 'cv2', 'tokenizers', 'PIL', 'numpy'}"
    )
    code = f"import sys, {rooms}; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
