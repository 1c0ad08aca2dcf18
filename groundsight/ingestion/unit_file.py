"""The units of a long document on disk: an index takes them one by one."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload

from groundsight.governance.redaction import bytes_of
from groundsight.types import Unit


class UnitFile(Sequence[Unit]):
    """Units in a file without a name, which goes with this object; each is decoded when it is asked for."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._borders = array("q", [0])

    def put(self, units: Iterable[Unit]) -> None:
        """Add units behind the others."""
        self._file.seek(self._borders[-1])
        for unit in units:
            self._borders.append(self._borders[-1] + self._file.write(bytes_of(unit)))

    def as_bytes(self) -> Iterator[bytes]:
        """Yield each unit as it lies here."""
        return (self._bytes(start, end) for start, end in pairwise(self._borders))

    def __len__(self) -> int:
        return len(self._borders) - 1

    def __iter__(self) -> Iterator[Unit]:
        return (self._read(start, end) for start, end in pairwise(self._borders))

    @overload
    def __getitem__(self, at: int) -> Unit: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Unit]: ...
    def __getitem__(self, at: int | slice) -> Unit | Sequence[Unit]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]
        return self._read(self._borders[place], self._borders[place + 1])

    def _read(self, start: int, end: int) -> Unit:
        return Unit.model_validate_json(self._bytes(start, end))

    def _bytes(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)
