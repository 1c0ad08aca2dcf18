"""A picture encoder whose pictures were turned towards the words that people ask for them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.encoders.weights import unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.encoders import PictureEncoder


class Projected:
    """An encoder with a matrix behind it; words are encoded as before."""

    def __init__(self, base: PictureEncoder, turn: NDArray[np.float64], name: str) -> None:
        self.base, self.turn = base, turn
        self.fingerprint, self.dimension = turned_name(base.fingerprint, name), base.dimension

    @property
    def scale(self) -> float:
        """What the encoder multiplies a cosine by."""
        from groundsight.encoders.zero_shot import SCALE

        return float(getattr(self.base, "scale", SCALE))

    def encode_pictures(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return float32 of shape (len(pictures), dimension), rows of length 1, zeros where the encoder abstains."""
        return turned(self.base.encode_pictures(pictures), self.turn)

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension), rows of length 1."""
        return self.base.encode_words(texts)


def turned(rows: NDArray[np.float32], turn: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return rows of length 1 turned by a matrix (d, d); zeros stay zeros. Its inverse takes them back."""
    import numpy as np

    return unit_rows((rows.astype(np.float64) @ turn).astype(np.float32)) if len(rows) else rows


def turned_name(fingerprint: str, name: str) -> str:
    """Return the fingerprint of an encoder behind a projection, that of the encoder itself without one."""
    return f"{fingerprint}+{name}" if name else fingerprint
