"""Files of arrays that are mapped into memory: written whole, renamed into place, checked when opened.

Layout: magic, header length (8 bytes, little-endian), header (JSON), CRC-32 of the header, then the
arrays, each on a 64-byte boundary. Nothing here is truth; a file that fails any check is no file.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundsight.atomic import whole_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"GSMAP001"
ALIGN = 64
PREFIX = len(MAGIC) + 8


@dataclass(frozen=True)
class Block:
    """Where one array lies, counted from the end of the header, and its checksum."""

    key: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    crc: int


def write_arrays(path: Path, label: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays under a label, atomically and readable by the owner only.

    Raises:
        OSError: the disk refused; the old file stays.
    """
    blocks = _lay_out(arrays)
    header = json.dumps({"label": label, "blocks": [asdict(block) for block in blocks]}).encode()
    with whole_file(path, durable=False) as file:
        file.write(MAGIC + len(header).to_bytes(8, "little") + header + zlib.crc32(header).to_bytes(4, "little"))
        start = _body_start(len(header))
        for block in blocks:
            file.seek(start + block.offset)
            file.write(np.ascontiguousarray(arrays[block.key]).data)
        file.truncate(max(file.tell(), start))


def read_arrays(path: Path) -> tuple[str, Mapping[str, NDArray[Any]]] | None:
    """Map a file and return its label and arrays, None when it is missing, short or damaged."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            found = _read_header(file.read(PREFIX), file.read)
        if found is None:
            return None
        header, start = found
        blocks = [_block(**block) for block in header["blocks"]]
        arrays = {block.key: _map(path, block, start, size) for block in blocks}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    sound = {block.key: arrays[block.key] for block in blocks if zlib.crc32(arrays[block.key].data) == block.crc}
    return (header["label"], sound) if len(sound) == len(blocks) else None


def _lay_out(arrays: Mapping[str, NDArray[Any]]) -> list[Block]:
    blocks: list[Block] = []
    offset = 0
    for key, array in arrays.items():
        whole = np.ascontiguousarray(array)
        blocks.append(Block(key, whole.dtype.str, whole.shape, offset, zlib.crc32(whole.data)))
        offset += -(-whole.nbytes // ALIGN) * ALIGN
    return blocks


def _read_header(prefix: bytes, read: Any) -> tuple[dict[str, Any], int] | None:
    length = int.from_bytes(prefix[len(MAGIC) :], "little")
    if prefix[: len(MAGIC)] != MAGIC or length > 1_000_000:
        return None
    header, crc = read(length), read(4)
    if crc != zlib.crc32(header).to_bytes(4, "little"):
        return None
    return json.loads(header), _body_start(length)


def _block(key: str, dtype: str, shape: list[int], offset: int, crc: int) -> Block:
    return Block(key, dtype, tuple(shape), offset, crc)


def _map(path: Path, block: Block, start: int, size: int) -> NDArray[Any]:
    dtype, offset = np.dtype(block.dtype), start + block.offset
    count = int(np.prod(block.shape, dtype=np.int64))
    if offset + count * dtype.itemsize > size:
        raise ValueError("the file is shorter than its header says")
    if count == 0:
        return np.zeros(block.shape, dtype)
    return np.memmap(path, dtype, "r", offset, block.shape).view(np.ndarray)


def _body_start(header_length: int) -> int:
    return -(-(PREFIX + header_length + 4) // ALIGN) * ALIGN
