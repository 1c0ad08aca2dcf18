"""Sound cut into stretches that a transcriber hears at once, at their quietest moments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from groundsight.audio import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Whisper hears 30 s at once and costs as much for less. With 20 to 28 s the cuts took longer to find back to the old
# ones: after one of 8 minutes of noise with pauses had changed, 5.4 of 21 stretches were new, with these 5.0 of 24.
LEAST, MOST = 14 * RATE, 28 * RATE
_AROUND = 3 * RATE // 10


def cut(blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
    """Yield stretches of 14 to 28 s, the last one shorter; each ends where the sound itself says.

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
    """Return the middle of the quietest 0.3 s between the bounds, to the sample, the first of equals."""
    import numpy as np

    loud = np.cumsum(np.abs(sound[LEAST:MOST].astype(np.int64)))
    return LEAST + int((loud[_AROUND:] - loud[:-_AROUND]).argmin()) + _AROUND // 2
