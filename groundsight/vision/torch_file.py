"""Reads tensors from a legacy torch file without torch, and without running anything that it names."""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
KINDS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True)
class _Storage:
    key: str
    kind: str


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(content: bytes, which: str) -> dict[str, NDArray[np.float32]]:
    """Return name -> array of a state dict saved by torch before 1.6.

    Only ordered dictionaries, plain tensors and two kinds of storage are understood;
    any other name inside the file is refused.

    Raises:
        ModelFailed: the file is of another format, truncated, or names something else.
    """
    stream = io.BytesIO(content)
    try:
        header = [_Restricted(stream).load() for _ in range(3)]
        if header[:2] != [MAGIC, PROTOCOL]:
            raise pickle.UnpicklingError("not a legacy torch file")
        records = _Restricted(stream).load()
        storages = _storages(stream, records, _Restricted(stream).load())
        return {name: _array(record, storages) for name, record in records.items()}
    except (pickle.UnpicklingError, EOFError, struct.error, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ModelFailed("weights can't be read", which=which, limit=str(error), next_step="reinstall them") from error


class _Restricted(pickle.Unpickler):
    """An unpickler for which four names exist."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            **{("torch", kind): kind for kind in KINDS},
        }
        if (module_name, global_name) not in known:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not allowed in weights")
        return known[module_name, global_name]

    def persistent_load(self, pid: Any, /) -> _Storage:
        name, kind, key, *_ = cast("tuple[object, ...]", pid)
        if name != "storage" or kind not in KINDS:
            raise pickle.UnpicklingError("unknown persistent id")
        return _Storage(key=str(key), kind=str(kind))


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _storages(stream: io.BytesIO, records: dict[str, _Tensor], keys: list[str]) -> dict[str, NDArray[Any]]:
    """Read the numbers behind every storage key, in the order of the file."""
    import numpy as np

    kinds = {record.storage.key: record.storage.kind for record in records.values()}
    found: dict[str, NDArray[Any]] = {}
    for key in keys:
        dtype = np.dtype(KINDS[kinds[key]])
        (count,) = struct.unpack("<q", stream.read(8))
        found[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype)
        if len(found[key]) != count:
            raise EOFError("the file ends early")
    return found


def _array(record: _Tensor, storages: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Copy one tensor out of its storage; strides count in numbers and are checked against its end."""
    import numpy as np
    from numpy.lib.stride_tricks import as_strided

    flat = storages[record.storage.key][record.offset :]
    last = sum((size - 1) * step for size, step in zip(record.shape, record.strides, strict=True))
    if not all(size > 0 for size in record.shape) or not all(step >= 0 for step in record.strides):
        raise ValueError("a tensor has an impossible shape")
    if record.offset < 0 or last >= len(flat):
        raise ValueError("a tensor points outside its storage")
    steps = tuple(step * flat.itemsize for step in record.strides)
    return as_strided(flat, record.shape, steps).astype(np.float32, order="C")
