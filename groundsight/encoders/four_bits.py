"""Matrices that ship in four bits a weight and are used in eight.

A weight is ``q * m * scale``: ``q`` from -8 to 7, ``m`` from 1 to 16 for 32 neighbours of a column, ``scale`` for the
whole column, which stays in the graph. ``q * m`` is its int8, so nothing is rounded a second time.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK, LEAST = 32, -8
# A table of words is folded along its rows, which are looked up.
TURNED = "words"


def folded(q: NDArray[np.int8], m: NDArray[np.int8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return ``q`` (rows, columns) and ``m`` (rows / 32, columns), two numbers a byte."""
    return _paired(q - LEAST), _paired(m - 1)


def unfolded(content: bytes) -> dict[str, NDArray[np.int8]]:
    """Return the int8 matrices of an archive that holds ``NAME.q`` and ``NAME.m``."""
    import numpy as np

    with np.load(BytesIO(content)) as held:
        names = [name.removesuffix(".q") for name in held.files if name.endswith(".q")]
        whole = {name: _whole(held[f"{name}.q"], held[f"{name}.m"]) for name in names}
    return {name: np.ascontiguousarray(one.T) if name == TURNED else one for name, one in whole.items()}


def _whole(q: NDArray[np.uint8], m: NDArray[np.uint8]) -> NDArray[np.int8]:
    import numpy as np

    each = _single(q).view(np.int8) + np.int8(LEAST)
    blocks = each.reshape(-1, BLOCK, each.shape[1])
    blocks *= _single(m)[: len(blocks), None].view(np.int8) + np.int8(1)
    return each


def _paired(numbers: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Two rows in one: the first in the low half of each byte; an odd last row has none beside it."""
    import numpy as np

    low = numbers.astype(np.uint8)
    low = np.pad(low, ((0, len(low) % 2), (0, 0)))
    return low[::2] | low[1::2] << np.uint8(4)


def _single(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import numpy as np

    return np.stack([pairs & np.uint8(15), pairs >> np.uint8(4)], axis=1).reshape(-1, pairs.shape[1])
