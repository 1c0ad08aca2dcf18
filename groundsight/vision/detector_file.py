"""A detector of the user's own: one ONNX file, pinned by its SHA-256."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import finite, read_verified
from groundsight.errors import ConfigError, ModelFailed
from groundsight.types import Box
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE, SURE = 640, 0.25


class FileDetector:
    """Takes (1, 3, side, side) float32, RGB from 0 to 1, and gives rows of x0, y0, x1, y1, score in pixels of that."""

    def __init__(self, model: OnnxModel, sha256: str) -> None:
        self._model, self.fingerprint = model, f"detector@{sha256[:16]}"

    @classmethod
    def open(cls, named: str, *, threads: int) -> FileDetector:
        """Open ``FILE.onnx@SHA256``.

        Raises:
            ConfigError: no hash is named. ModelFailed: the file is another one, or no such graph.
        """
        file, _, sha256 = named.rpartition("@")
        if not file or len(sha256) != 64:
            raise ConfigError("a detector is named by file and hash", which=named, next_step="write FILE.onnx@SHA256")
        model = OnnxModel.load(read_verified(Path(file).expanduser(), sha256.lower(), file), file, threads=threads)
        return cls(model, sha256.lower())

    def find(self, picture: Image) -> tuple[Box, ...]:
        """Return a box for each row that is sure enough.

        Raises:
            ModelFailed: the graph failed, or answered in another form.
        """
        import numpy as np

        name, shape = self._model.first_input
        side = shape[-1] if len(shape) == 4 and isinstance(shape[-1], int) else SIDE
        pixels = np.asarray(on_white(picture).resize((side, side)), np.float32).transpose(2, 0, 1)[None] / 255
        rows = finite(self._model.run({name: np.ascontiguousarray(pixels)}), self._model.name)
        rows = rows.reshape(-1, rows.shape[-1])
        if rows.shape[-1] < 5:
            raise ModelFailed(
                "a detector answers in another form", which=self._model.name, next_step="see docs/redaction.md"
            )
        edges = np.clip(rows[rows[:, 4] >= SURE, :4] / side, 0, 1).tolist()
        return tuple(Box(x0=min(x0, x1), y0=min(y0, y1), x1=max(x0, x1), y1=max(y0, y1)) for x0, y0, x1, y1 in edges)
