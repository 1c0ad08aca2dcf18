"""Decoding stored units and assets; what was decoded lately is kept beside the bytes that it came from."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from groundsight.index.checksums import unseal
from groundsight.types import Asset, Unit, Word

Kind = TypeVar("Kind", bound=Word)

# Decoding a passage with its links takes 0.2 ms, comparing its bytes 0.1 us. A decoded unit takes about
# five times the room of its bytes.
MOST_BYTES = 2 << 20


class Kept(Generic[Kind]):
    """A least-recently-used map from row key to a decoded value, bounded by the bytes of its sources.

    A value is only used again for the very bytes that it was decoded from, so it can be neither stale
    nor hide a damaged row. For one thread at a time.
    """

    def __init__(self, kind: type[Kind], most_bytes: int = MOST_BYTES) -> None:
        self._kind, self._most = kind, most_bytes
        self._kept: OrderedDict[int, tuple[bytes, Kind]] = OrderedDict()
        self._bytes = 0

    def decoded(self, data: bytes, row: int, key: int) -> Kind:
        """Return the value of a row whose checksum was made with ``key``.

        Raises:
            IndexCorrupt: the bytes fail their checksum.
        """
        known = self._kept.get(row)
        if known is not None and known[0] == data:
            self._kept.move_to_end(row)
            return known[1]
        value = self._kind.model_validate_json(unseal(data, key))
        self._keep(row, data, value)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, row: int, data: bytes, value: Kind) -> None:
        before = self._kept.pop(row, None)
        self._bytes += len(data) - (len(before[0]) if before else 0)
        self._kept[row] = (data, value)
        while self._bytes > self._most:
            _, (gone, _) = self._kept.popitem(last=False)
            self._bytes -= len(gone)


class Decoded:
    """What a process has decoded lately: units by slot, assets by number."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._units, self._assets = Kept(Unit, most_bytes), Kept(Asset, most_bytes)

    def unit(self, data: bytes, slot: int) -> Unit:
        """Decode a stored unit."""
        return self._units.decoded(data, slot, slot)

    def asset(self, data: bytes, number: int) -> Asset:
        """Decode a stored asset."""
        return self._assets.decoded(data, number, 0)

    def clear(self) -> None:
        """Forget everything: what was deleted must not stay in memory."""
        self._units.clear()
        self._assets.clear()

    def __len__(self) -> int:
        return len(self._units) + len(self._assets)
