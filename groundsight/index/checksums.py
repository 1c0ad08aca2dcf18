"""Checksums on stored rows: SQLite finds torn pages, not a flipped bit inside a value."""

from __future__ import annotations

import zlib

from groundsight.errors import IndexCorrupt
from groundsight.index.database import REPAIR

WIDTH = 4


def seal(data: bytes, key: int) -> bytes:
    """Append the CRC-32 of the bytes and their row key."""
    return data + _checksum(data, key)


def unseal(blob: bytes, key: int) -> bytes:
    """Return the bytes of a sealed value.

    Raises:
        IndexCorrupt: the value does not belong to its checksum.
    """
    if not is_sealed(blob, key):
        raise IndexCorrupt("a stored value fails its checksum", which=f"row {key}", next_step=REPAIR)
    return blob[:-WIDTH]


def is_sealed(blob: bytes, key: int) -> bool:
    """True when the value passes its checksum; a damaged row may hold anything, even another type."""
    if not isinstance(blob, bytes) or not isinstance(key, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        return False
    return blob[-WIDTH:] == _checksum(blob[:-WIDTH], key)


def _checksum(data: bytes, key: int) -> bytes:
    return zlib.crc32(data, key & 0xFFFFFFFF).to_bytes(WIDTH, "little")
