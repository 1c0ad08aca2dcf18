"""Named vectors: float32 rows in SQLite are the truth, int8 codes find the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from groundsight.errors import IndexCorrupt, ModelFailed
from groundsight.index.checksums import seal, unseal
from groundsight.index.database import REPAIR, Connection, array_value
from groundsight.types import VECTOR_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NAMES_PER_SLOT = 8
# Rounding errors of the codes add up like a random walk; eight deviations are never reached in practice.
MARGIN_DEVIATIONS = 8.0
# Under this many matches reading the full vectors is cheaper than scanning codes.
GATHER = 256
COPY_BELOW = 4
BLOCK = 2_048


@dataclass(frozen=True)
class Codes:
    """int8 codes of shape (n, d), their scales and slots of shape (n,), slots ascending."""

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    slots: NDArray[np.int64]


def vector_id(slot: int, name: str) -> int:
    """The row id of a named vector: all vectors of a slot lie beside each other."""
    return slot * NAMES_PER_SLOT + VECTOR_NAMES.index(cast("Any", name))


def name_of(key: int) -> str:
    """The name of the vector in a row.

    Raises:
        IndexCorrupt: no vector has such a row id.
    """
    place = key % NAMES_PER_SLOT
    if place >= len(VECTOR_NAMES):
        raise IndexCorrupt("a vector has no name", which=f"row {key}", next_step=REPAIR)
    return VECTOR_NAMES[place]


def checked(rows: NDArray[np.float32], name: str, dimension: int | None) -> NDArray[np.float32]:
    """Return the rows as little-endian float32 of length 1.

    Raises:
        ModelFailed: not (n, d), another dimension, not finite, or a row of zeros.
    """
    matrix = np.ascontiguousarray(rows, "<f4")
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise _unusable(name, f"shape {matrix.shape} is not (n, d)")
    if dimension is not None and matrix.shape[1] != dimension:
        raise _unusable(name, f"{matrix.shape[1]} numbers where the index holds {dimension}")
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise _unusable(name, "a number is not finite")
    if (lengths == 0).any():
        raise _unusable(name, "a vector has length zero")
    return (matrix / lengths).astype("<f4")


def encode(row: NDArray[np.float32], key: int) -> bytes:
    """Return a vector as it is stored."""
    return seal(row.tobytes(), key)


def decode(blob: bytes, key: int) -> NDArray[np.float32]:
    """Return a stored vector.

    Raises:
        IndexCorrupt: it fails its checksum.
    """
    return np.frombuffer(unseal(blob, key), "<f4")


def quantise(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetric int8 codes and one scale a row: ``row ~ codes * scale``."""
    scales = (np.abs(rows).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scales > 0, scales, 1)[:, None]
    return np.rint(rows / safe).astype(np.int8), scales


def empty_codes(dimension: int) -> Codes:
    """Codes of no vector."""
    return Codes(np.zeros((0, dimension), np.int8), np.zeros(0, np.float32), np.zeros(0, np.int64))


def codes_of(matrix: NDArray[np.float32], slots: Sequence[int]) -> Codes:
    """Quantise rows that belong to slots."""
    return Codes(*quantise(matrix), np.array(slots, np.int64))


def joined(parts: Sequence[Codes]) -> Codes:
    """Put codes after each other."""
    return Codes(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.scales for part in parts]),
        np.concatenate([part.slots for part in parts]),
    )


def candidates(
    parts: Sequence[Codes], query: NDArray[np.float32], mask: NDArray[np.bool_], limit: int
) -> NDArray[np.int64]:
    """Return the slots among which the ``limit`` best of the mask surely are, scanning every code."""
    passing = [mask[part.slots] for part in parts]
    slots = np.concatenate([part.slots[keep] for part, keep in zip(parts, passing, strict=True)])
    if len(slots) <= max(GATHER, limit):
        return slots
    coded, scales = quantise(query[None, :])
    scores = np.concatenate([_scores(part, keep, coded[0]) for part, keep in zip(parts, passing, strict=True)])
    widest = max(float(part.scales.max(initial=0)) for part in parts)
    margin = 2 * MARGIN_DEVIATIONS * float(np.sqrt((widest**2 + float(scales[0]) ** 2) / 12))
    floor = np.partition(scores, len(scores) - limit)[len(scores) - limit] - margin / float(scales[0])
    return slots[scores >= floor]


def exact(
    connection: Connection, name: str, slots: NDArray[np.int64], query: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return slots and their exact cosines with the query, computed in float64 from the stored vectors.

    ``einsum`` adds every row in the same order, so equal vectors have equal scores; BLAS does not promise that.
    """
    ids = slots * NAMES_PER_SLOT + vector_id(0, name)
    sql = "SELECT id, data FROM vector WHERE id IN carray(?) ORDER BY id"
    found = connection.execute(sql, (array_value(ids),)).fetchall() if len(ids) else []
    if not found:
        return slots[:0], np.zeros(0)
    matrix = np.stack([decode(data, key) for key, data in found]).astype(np.float64)
    scores = np.einsum("ij,j->i", matrix, query.astype(np.float64))
    return np.array([key // NAMES_PER_SLOT for key, _ in found], np.int64), scores


def _scores(part: Codes, keep: NDArray[np.bool_], query: NDArray[np.int8]) -> NDArray[np.float64]:
    """Scan everything and drop, or copy the few and scan them: whichever touches less memory."""
    if np.count_nonzero(keep) * COPY_BELOW > len(keep):
        return (_dots(query, part.codes) * part.scales)[keep]
    return _dots(query, part.codes[keep]) * part.scales[keep]


def _dots(query: NDArray[np.int8], codes: NDArray[np.int8]) -> NDArray[np.float64]:
    kernel = _kernel()
    if kernel is not None and len(codes):
        return np.asarray(kernel(query[None, :], codes, metric="dot"), np.float64).ravel()
    # Up to 1,040 dimensions the sums stay below 2**24: float32 adds them without error.
    wide = query.astype(np.float32)
    blocks = [codes[at : at + BLOCK].astype(np.float32) @ wide for at in range(0, len(codes), BLOCK)]
    return np.concatenate(blocks).astype(np.float64) if blocks else np.zeros(0)


@cache
def _kernel() -> Callable[..., Any] | None:
    try:
        import numkong
    except ImportError:
        return None
    return cast("Callable[..., Any]", numkong.cdist)


def _unusable(name: str, problem: str) -> ModelFailed:
    return ModelFailed(
        f"the {name} vectors can't be used: {problem}", which=name, next_step="check the encoder that made them"
    )
