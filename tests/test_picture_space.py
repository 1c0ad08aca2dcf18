"""One space for pictures and words: equal to open_clip called bare, zero-shot labels, and models put in place.

Weights are tiny and random: they prove the way through the loaders, never quality.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundsight.cli import main
from groundsight.doors.python import OpenSuite
from groundsight.encoders.clip import CONFIG, WEIGHTS, OpenClip
from groundsight.encoders.torch_home import import_beside_torch, import_torch
from groundsight.encoders.zero_shot import PROMPTS, zero_shot
from groundsight.settings import Settings
from tests import tiny_models
from tests.pictures import clock_face, page_of, traffic_light

needs_clip = pytest.mark.skipif(find_spec("open_clip") is None, reason="needs groundsight[models]")
WORDS = ["a photo of a clock", "a traffic light before the sky", "a page of text"]


@needs_clip
@pytest.mark.parametrize("config", [tiny_models.CLIP, tiny_models.SIGLIP], ids=["clip", "siglip"])
def test_vectors_and_labels_equal_those_of_open_clip_called_bare(tmp_path: Path, config: dict[str, Any]) -> None:
    folder = tiny_models.save_clip(tmp_path / "clip", config)
    ours = OpenClip.open(str(folder), device="cpu", allow_download=False)
    library, torch = import_beside_torch("open_clip"), import_torch()
    model, _, prepare = library.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = library.get_tokenizer(f"local-dir:{folder}")
    pictures = [clock_face(), traffic_light(), page_of("Total 3.50")]
    with torch.inference_mode():
        model.eval()
        seen = model.encode_image(torch.stack([prepare(one) for one in pictures]), normalize=True)
        said = model.encode_text(tokenizer(WORDS), normalize=True)
        each = [model.encode_text(tokenizer([p.format(w) for p in PROMPTS]), normalize=True) for w in WORDS]
        mean = torch.nn.functional.normalize(torch.stack([one.mean(0) for one in each]), dim=-1)
        shares = (model.logit_scale.exp() * seen @ mean.T).softmax(-1)
    assert np.allclose(ours.encode_pictures(pictures), seen.numpy(), atol=1e-4)
    assert np.allclose(ours.encode_words(WORDS), said.numpy(), atol=1e-4)
    assert np.allclose(ours.encode_pictures(pictures * 9), np.tile(seen.numpy(), (9, 1)), atol=1e-4)
    for row, tags in zip(shares.tolist(), zero_shot(ours, pictures, WORDS), strict=True):
        assert {tag.name: tag.probability for tag in tags} == pytest.approx(
            dict(zip(WORDS, row, strict=True)), abs=1e-4
        )


def test_a_picture_is_described_with_labels_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock_face().save(tmp_path / "hall.png")
    with OpenSuite(tmp_path / "home") as suite:
        told = suite.describe(tmp_path / "hall.png", labels=["a bus", "a clock", "a sandwich"])
    assert told.labels[0].name == "a clock"
    assert sum(tag.probability for tag in told.labels) == pytest.approx(1)
    assert told.labeller.startswith("conse1:")
    asked = ["describe", str(tmp_path / "hall.png"), "--label", "a bus", "--label", "a clock"]
    assert main([*asked, "--home", str(tmp_path / "home")]) == 0
    assert "): a clock " in capsys.readouterr().out


@needs_clip
def test_a_model_is_put_in_place_with_its_hashes_and_says_which_lane_it_lifts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    folder = tiny_models.save_clip(tmp_path / "tiny-clip")
    (folder / "README.md").write_text("---\nlicense: mit\n---\nA tiny one.\n")
    (folder / "modeling.py").write_text("raise SystemExit")
    assert main(["models", "add", str(folder), *home]) == 0
    place = tmp_path / "home" / "models" / "tiny-clip"
    told = capsys.readouterr().out
    assert "lifts the lane visual" in told
    assert "licence: mit" in told
    assert f"set models.visual = 'open_clip:{place}'" in told
    assert sorted(file.name for file in place.iterdir()) == ["README.md", "manifest.json", CONFIG, WEIGHTS]
    assert main(["models", "verify", *home]) == 0
    tiny_models.spoil(place, 0.5)
    capsys.readouterr()
    assert main(["models", "verify", "--json", *home]) == 1
    assert json.loads(capsys.readouterr().out)["changed"] == {"tiny-clip": [WEIGHTS]}


@needs_clip
def test_a_model_in_place_serves_its_lane(tmp_path: Path) -> None:
    tiny_models.save_blip(tmp_path / "tiny-blip")
    assert main(["models", "add", str(tmp_path / "tiny-blip"), "--home", str(tmp_path / "home")]) == 0
    where = tmp_path / "home" / "models" / "tiny-blip"
    settings = Settings.model_validate({"home": tmp_path / "home", "models": {"caption": f"transformers:{where}"}})
    clock_face().save(tmp_path / "hall.png")
    with OpenSuite(settings) as suite:
        assert suite.describe(tmp_path / "hall.png").captioner.startswith("tiny-blip@")


def test_a_hub_is_asked_only_when_that_is_said_and_code_is_never_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert main(["models", "add", "org/name", *home]) == 2
    assert "there is no such model folder" in capsys.readouterr().err
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "config.json").write_text('{"auto_map": {}}')
    assert main(["models", "add", str(tmp_path / "odd"), *home]) == 1
    assert main(["models", "list", *home]) == 0
    assert "No model is in place" in capsys.readouterr().out
