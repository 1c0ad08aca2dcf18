"""Sound cut into stretches that a transcriber hears at once, at their quietest moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from groundsight.audio import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Whisper hears 30 s at once and costs as much for less.
LEAST, MOST = 20 * RATE, 28 * RATE
_STEP, _AROUND = RATE // 10, 3


def cut(blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
    """Yield stretches of 20 to 28 s, the last one shorter; each ends where the sound itself says.

    No clock decides, so that beyond a stretch that was changed the cuts fall where they fell before.
    """
    import numpy as np

    held: list[NDArray[np.int16]] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size < MOST:
            continue
        sound = np.concatenate(held)
        while len(sound) >= MOST:
            at = _quietest(sound)
            yield sound[:at]
            sound = sound[at:]
        held, size = [sound], len(sound)
    if size:
        yield np.concatenate(held)


def _quietest(sound: NDArray[np.int16]) -> int:
    """Return the middle of the quietest 0.3 s between the bounds, the first of equals."""
    import numpy as np

    window = np.abs(sound[LEAST:MOST].astype(np.int32))
    loud = window[: len(window) // _STEP * _STEP].reshape(-1, _STEP).mean(axis=1)
    smooth = np.convolve(loud, np.ones(_AROUND), "valid")
    return LEAST + int(smooth.argmin()) * _STEP + _AROUND * _STEP // 2
