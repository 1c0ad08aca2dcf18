"""Frames of a clip that show something new: one a scene, one every ten seconds of movement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# Two slides of one template differ in few places: the 64 bits of a perceptual hash can't tell them apart, cells of a
# 64 by 36 grey picture can. Recompression moves a cell by up to 6 of 255, a mouse pointer moves one or two cells.
_CELLS, _CHANGED, _FEW = (64, 36), 12, 3
_MOVING_SECONDS, _SPARSE_SECONDS = 10.0, 2.0


@dataclass(frozen=True)
class Keyframe:
    """A frame with its second, when its scene began, and the number of an earlier keyframe that looks the same."""

    began: float
    second: float
    picture: Image
    like: int | None = None


def keyframes(frames: Iterable[tuple[float, Image]]) -> Iterator[Keyframe]:
    """Yield the first frame and each that differs from the one before it, once it stands still or has moved long."""
    kept: list[NDArray[np.int16]] = []
    began = shown = 0.0
    last: tuple[float, NDArray[np.int16]] | None = None
    waiting: tuple[float, Image, NDArray[np.int16]] | None = None
    for second, picture in frames:
        mark = _mark(picture)
        still = last is None or second - last[0] > _SPARSE_SECONDS or _alike(mark, last[1])
        new = not kept or not _alike(mark, kept[-1])
        began = second if new and waiting is None else began
        waiting = (second, picture, mark) if new else None
        if waiting and (still or second - shown >= _MOVING_SECONDS):
            yield _keyframe(began if kept else 0.0, waiting, kept)
            waiting, shown = None, second
        last = second, mark
    if waiting:
        yield _keyframe(began, waiting, kept)


def _keyframe(began: float, found: tuple[float, Image, NDArray[np.int16]], kept: list[NDArray[np.int16]]) -> Keyframe:
    second, picture, mark = found
    like = next((number for number, other in enumerate(kept) if _alike(mark, other)), None)
    kept.append(mark)
    return Keyframe(began, second, picture, like)


def _mark(picture: Image) -> NDArray[np.int16]:
    import numpy as np
    from PIL.Image import Resampling

    return np.asarray(picture.convert("L").resize(_CELLS, Resampling.BOX), np.int16)


def _alike(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    return int((abs(one - other) > _CHANGED).sum()) < _FEW


def scene_ends(seconds: Sequence[float], last: float) -> list[float]:
    """Return when each scene ends: where the next one begins, the last one with the clip."""
    return [*seconds[1:], max([last, *seconds[-1:]])] if seconds else []
