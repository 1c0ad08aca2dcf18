"""Vectors for every channel of an asset, from the text and picture encoders or from what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from groundsight.ingestion.derived import Derived
from groundsight.tracing import Watch
from groundsight.types import TextField, Unit, VectorName

if TYPE_CHECKING:
    from groundsight.ingestion.enrich import Seen
    from groundsight.parts import Parts

_CHANNELS: tuple[tuple[VectorName, TextField], ...] = (
    ("text", "text"),
    ("caption", "caption"),
    ("ocr", "ocr"),
    ("meta", "meta"),
)
_BATCH = 32
_PICTURE_BATCH = 8
Vectors = dict[VectorName, NDArray[np.float32]]
Rows = dict[VectorName, tuple[int, ...]]
Item = TypeVar("Item")


class Collected:
    """The vectors of the parts of one document, channel by channel."""

    def __init__(self) -> None:
        self._vectors: dict[VectorName, list[NDArray[np.float32]]] = {}
        self._rows: dict[VectorName, list[int]] = {}

    def add(self, vectors: Vectors, rows: Rows) -> None:
        """Take those of the next part."""
        for name, array in vectors.items():
            self._vectors.setdefault(name, []).append(array)
            self._rows.setdefault(name, []).extend(rows[name])

    def joined(self) -> tuple[Vectors, Rows]:
        """Hand over all of them as one array a channel."""
        joined: Vectors = {name: np.concatenate(self._vectors.pop(name)) for name in list(self._vectors)}
        return joined, {name: tuple(rows) for name, rows in self._rows.items()}


def encode(
    units: Sequence[Unit], seen: Mapping[int, Seen], parts: Parts, derived: Derived, watch: Watch
) -> tuple[Vectors, Rows]:
    """Return vectors and the ordinals of their units for each channel; an abstaining encoder leaves no row."""
    vectors: Vectors = {}
    rows: Rows = {}
    text_encoder, picture_encoder = parts.text_encoder, parts.picture_encoder
    for name, field in _CHANNELS if text_encoder is not None else ():
        texts = {unit.ordinal: unit.field(field) for unit in units if unit.field(field).strip()}
        if texts and text_encoder is not None:
            passage: Callable[[Sequence[str]], NDArray[np.float32]] = _passages(text_encoder.encode)
            made = _encoded("text", text_encoder.fingerprint, texts, texts, passage, _BATCH, derived, watch)
            vectors[name], rows[name] = _present(list(texts), made)
    if seen and picture_encoder is not None:
        keys = {ordinal: one.sha256 for ordinal, one in seen.items()}
        pictures = {ordinal: one.picture for ordinal, one in seen.items()}
        look, model = picture_encoder.encode_pictures, picture_encoder.fingerprint
        made = _encoded("visual", model, keys, pictures, look, _PICTURE_BATCH, derived, watch)
        vectors["visual"], rows["visual"] = _present(list(seen), made)
    return {name: array for name, array in vectors.items() if len(array)}, {k: r for k, r in rows.items() if r}


def _passages(encode_texts: Callable[..., NDArray[np.float32]]) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    return lambda texts: encode_texts(texts, role="passage")


def _encoded(
    lane: str,
    model: str,
    keys: Mapping[int, str],
    items: Mapping[int, Item],
    make: Callable[[Sequence[Item]], NDArray[np.float32]],
    size: int,
    derived: Derived,
    watch: Watch,
) -> dict[int, NDArray[np.float32]]:
    """Take vectors from what is kept and make the rest, of equal items one, in batches of items of like length."""
    first = {key: number for number, key in reversed([*keys.items()])}
    kept = {key: derived.read(lane, model, key) for key in first}
    made = {key: np.frombuffer(data, np.float32) for key, data in kept.items() if data}
    missing = sorted(first.keys() - made.keys(), key=lambda key: (len(key), key))
    for start in range(0, len(missing), size):
        batch = missing[start : start + size]
        watch.step(start, len(missing), f"encoding {lane}")
        derived.model_calls += len(batch)
        for key, vector in zip(batch, make([items[first[key]] for key in batch]), strict=True):
            made[key] = np.asarray(vector, np.float32)
            derived.write(lane, model, key, made[key].tobytes())
    return {number: made[key] for number, key in keys.items()}


def _present(
    ordinals: Sequence[int], made: Mapping[int, NDArray[np.float32]]
) -> tuple[NDArray[np.float32], tuple[int, ...]]:
    listed = tuple(number for number in ordinals if made[number].any())
    return (np.stack([made[number] for number in listed]) if listed else np.zeros((0, 0), np.float32)), listed
