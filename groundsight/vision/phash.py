"""A perceptual hash: pictures that look alike differ in few of its 64 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def perceptual_hash(picture: Image) -> str:
    """Return the difference hash of a picture as 16 hexadecimal digits.

    The picture is reduced to 9 by 8 grey cells; each bit says whether a cell is brighter than its
    right neighbour, so scaling, recompression and brightness hardly change it.
    """
    from PIL.Image import Resampling

    grey = picture.convert("L").resize((9, 8), Resampling.BOX).tobytes()
    bits = "".join("1" if grey[row * 9 + x] > grey[row * 9 + x + 1] else "0" for row in range(8) for x in range(8))
    return f"{int(bits, 2):016x}"
