"""The stored vectors of an index as one array, for measuring: drift between runs, recall after compression."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundsight.index.database import rows
from groundsight.index.store import Store
from groundsight.index.vectors import NAMES_PER_SLOT, decode, vector_id
from groundsight.types import VectorName

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOCK_SECONDS = 10.0


def stored_vectors(folder: Path, name: VectorName) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return unit ids and their vectors of one name, float32 of shape (n, d), by unit id; n may be 0.

    ``folder`` holds the database of the embedded index (``<home>/index``).

    Raises:
        IndexCorrupt: a vector fails its checksum.
    """
    store = Store(folder, LOCK_SECONDS, 0)
    sql = "SELECT u.unit_id, v.id, v.data FROM vector v JOIN unit u ON u.slot = v.id / ? WHERE v.id % ? = ? ORDER BY 1"
    try:
        with store.reading() as connection:
            found = rows(connection, sql, NAMES_PER_SLOT, NAMES_PER_SLOT, vector_id(0, name))
            matrix = [decode(data, key) for _, key, data in found]
    finally:
        store.close()
    return tuple(unit_id for unit_id, _, _ in found), np.stack(matrix) if matrix else np.zeros((0, 0), np.float32)
