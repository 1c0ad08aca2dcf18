"""The sound of one recording, which lies in files of some seconds each, read by second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.audio import RATE
from groundsight.types import Time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Track:
    """Files of int16 samples, ``RATE`` a second, mono, each with when it is played; they follow each other."""

    sounds: Sequence[tuple[Path, Time]] = ()

    def between(self, time: Time) -> NDArray[np.int16]:
        """Return the samples of a stretch of time, shape (samples,)."""
        import numpy as np

        return np.frombuffer(b"".join(self._parts(time)), np.int16)

    def sha256(self, time: Time) -> str:
        """Return the hash of these samples."""
        return sha256(b"".join(self._parts(time))).hexdigest()

    def _parts(self, time: Time) -> Iterator[bytes]:
        for file, played in self.sounds:
            first, last = (2 * round((second - played.start) * RATE) for second in (time.start, time.end))
            if last > 0 and played.start + first / RATE / 2 < played.end:
                yield file.read_bytes()[max(0, first) : last]
