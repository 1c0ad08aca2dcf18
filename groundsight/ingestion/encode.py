"""Vectors for every channel, from the text and picture encoders or from what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from groundsight.governance.pii import PLACEHOLDER
from groundsight.index import Entry
from groundsight.ingestion.derived import Derived
from groundsight.tracing import Watch
from groundsight.types import TextField, Time, Unit, VectorName

if TYPE_CHECKING:
    from groundsight.audio.track import Track
    from groundsight.encoders import PictureEncoder
    from groundsight.ingestion.enrich import Seen
    from groundsight.parts import Parts

_CHANNELS: tuple[tuple[VectorName, TextField], ...] = (
    ("text", "text"),
    ("text", "transcript"),
    ("caption", "caption"),
    ("ocr", "ocr"),
    ("meta", "meta"),
)
ENCODED = frozenset(name for name, _ in _CHANNELS)
_BATCH = 32
_PICTURE_BATCH = _SOUND_BATCH = 8
Vector = NDArray[np.float32]
Texts = dict[VectorName, dict[int, str]]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Assembled:
    """An entry whose texts wait to be encoded, and where what is made for it is kept."""

    entry: Entry
    derived: Derived


def encode(waiting: Sequence[Assembled], parts: Parts, watch: Watch) -> list[Entry]:
    """Return the entries with the vectors of their texts; those of several files keep all threads of the encoder busy.

    An abstaining encoder leaves no row.
    """
    encoder = parts.text_encoder
    if encoder is None:
        return [each.entry for each in waiting]
    texts = [_texts(each.entry.units) for each in waiting]
    owners: dict[str, dict[Derived, None]] = {}
    for each, channels in zip(waiting, texts, strict=True):
        for text in (text for channel in channels.values() for text in channel.values()):
            owners.setdefault(text, {})[each.derived] = None
    wanted = {text: (text, of) for text, of in owners.items()}
    passages: Callable[[Sequence[str]], Vector] = lambda batch: encoder.encode(batch, role="passage")  # noqa: E731
    made = _made("text", encoder.fingerprint, wanted, passages, _BATCH, watch)
    by = {"text": encoder.fingerprint}
    return [
        replace(_with_vectors(each.entry, channels, made), encoders={**each.entry.encoders, **by})
        for each, channels in zip(waiting, texts, strict=True)
    ]


def encode_pictures(
    seen: Mapping[int, Seen], encoder: PictureEncoder | None, derived: Derived, watch: Watch
) -> dict[int, Vector]:
    """Return the vectors of pictures by the ordinals of their units; an abstaining encoder leaves none."""
    if encoder is None or not seen:
        return {}
    wanted = {one.sha256: (one.picture, (derived,)) for one in seen.values()}
    made = _made("visual", encoder.fingerprint, wanted, encoder.encode_pictures, _PICTURE_BATCH, watch)
    return {ordinal: made[one.sha256] for ordinal, one in seen.items() if made[one.sha256].any()}


def encode_sounds(
    units: Sequence[Unit], track: Track, parts: Parts, derived: Derived, watch: Watch
) -> dict[int, Vector]:
    """Return the vectors of sounds by the ordinals of their units; silence has none, nor where words were redacted."""
    encoder = parts.audio_encoder
    if encoder is None or not track.sounds:
        return {}
    times = {unit.ordinal: unit.place.time for unit in units if not PLACEHOLDER.search(unit.transcript)}
    keys = {at: track.sha256(time) for at, time in times.items() if time}
    wanted = {keys[at]: (time, (derived,)) for at, time in times.items() if time}
    hear: Callable[[Sequence[Time]], Vector] = lambda batch: encoder.encode_sounds([*map(track.between, batch)])  # noqa: E731
    made = _made("sound", encoder.fingerprint, wanted, hear, _SOUND_BATCH, watch)
    return {at: made[key] for at, key in keys.items() if made[key].any()}


def _texts(units: Sequence[Unit]) -> Texts:
    """Return what is to be encoded, channel by channel, by the ordinals of the units."""
    found: Texts = {name: {} for name, _ in _CHANNELS}
    for unit in units:
        for name, field in _CHANNELS:
            if unit.field(field).strip():
                found[name].setdefault(unit.ordinal, unit.field(field))
    return found


def _made(
    lane: str,
    model: str,
    wanted: Mapping[str, tuple[Item, Collection[Derived]]],
    make: Callable[[Sequence[Item]], Vector],
    size: int,
    watch: Watch,
) -> dict[str, Vector]:
    """Take vectors from what is kept and make the rest, in batches of like length; each owner keeps its own."""
    made: dict[str, Vector] = {}
    for key, (_, owners) in wanted.items():
        kept = [each.read(lane, model, key) for each in owners]
        if kept[0] and all(kept):
            made[key] = np.frombuffer(kept[0], np.float32)
    missing = sorted(wanted.keys() - made.keys(), key=lambda key: (len(key), key))
    for start in range(0, len(missing), size):
        batch = missing[start : start + size]
        watch.step(start, len(missing), f"encoding {lane}")
        next(iter(wanted[batch[0]][1])).called(lane, len(batch))
        for key, vector in zip(batch, make([wanted[key][0] for key in batch]), strict=True):
            made[key] = np.asarray(vector, np.float32)
            for each in wanted[key][1]:
                each.write(lane, model, key, made[key].tobytes())
    return made


def _with_vectors(entry: Entry, texts: Texts, made: Mapping[str, Vector]) -> Entry:
    vectors, rows = dict(entry.vectors), dict(entry.rows)
    for name, channel in texts.items():
        listed = tuple(ordinal for ordinal, text in channel.items() if made[text].any())
        if listed:
            vectors[name], rows[name] = np.stack([made[channel[ordinal]] for ordinal in listed]), listed
    return replace(entry, vectors=vectors, rows=rows)
