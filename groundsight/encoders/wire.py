"""What travels between an encoder service and its clients: float32 rows and RGB pictures, both as plain bytes.

Pictures travel decoded, so that the service parses no file format: 4 bytes width and 4 bytes height, little-endian,
then ``width * height * 3`` bytes of RGB, one picture after the other.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.errors import InvalidArgument, LimitExceeded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MODEL = "x-groundsight-model"
SHAPE = "x-groundsight-shape"
ROWS_TYPE = "application/octet-stream"
SIZE = struct.Struct("<II")


def pack_rows(rows: NDArray[np.float32]) -> bytes:
    """Return the rows as little-endian float32, one after the other."""
    return rows.astype("<f4", copy=False).tobytes()


def unpack_rows(body: bytes, count: int, dimension: int) -> NDArray[np.float32]:
    """Return float32 of shape (count, dimension).

    Raises:
        InvalidArgument: the body has another length.
    """
    import numpy as np

    if len(body) != count * dimension * 4:
        raise InvalidArgument(
            f"{count} rows of {dimension} numbers were promised", limit=f"{len(body)} bytes came", which="encoder"
        )
    return np.frombuffer(body, "<f4").reshape(count, dimension).astype(np.float32)


def packed_size(picture: Image) -> int:
    """Return how many bytes a picture takes on the wire."""
    return SIZE.size + picture.width * picture.height * 3


def pack_pictures(pictures: Sequence[Image]) -> bytes:
    """Return RGB pictures as plain bytes."""
    return b"".join(SIZE.pack(picture.width, picture.height) + picture.tobytes() for picture in pictures)


def unpack_pictures(body: bytes, most: int, most_pixels: int) -> list[Image]:
    """Return the pictures of a body; nothing is allocated that the body does not hold.

    Raises:
        InvalidArgument: the body ends within a picture.
        LimitExceeded: there are more than ``most``, or one has too many pixels.
    """
    from PIL import Image as Pillow

    found: list[Image] = []
    place = 0
    while place < len(body):
        if len(found) == most:
            raise too_many(most)
        width, height = _size_at(body, place, most_pixels)
        start, place = place + SIZE.size, place + SIZE.size + width * height * 3
        if place > len(body):
            raise _cut_off()
        found.append(Pillow.frombytes("RGB", (width, height), body[start:place]))
    return found


def too_many(most: int) -> LimitExceeded:
    """Refuse a request of more items than allowed."""
    return LimitExceeded(
        "too many items for one request", limit=f"{most} (encoders.request_items)", next_step="send fewer"
    )


def _size_at(body: bytes, place: int, most_pixels: int) -> tuple[int, int]:
    if len(body) - place < SIZE.size:
        raise _cut_off()
    width, height = SIZE.unpack_from(body, place)
    if not width or not height:
        raise InvalidArgument("a picture has no pixels", which="pictures", next_step="send width and height above 0")
    if width * height > most_pixels:
        raise LimitExceeded(
            "a picture is too large",
            limit=f"{most_pixels} pixels (limits.picture_pixels)",
            code="E_LIMIT_PIXELS",
            next_step="send a smaller picture",
        )
    return width, height


def _cut_off() -> InvalidArgument:
    return InvalidArgument(
        "the body ends within a picture", which="pictures", next_step="send width, height and width x height x 3 bytes"
    )
