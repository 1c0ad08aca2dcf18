"""Who speaks: vectors of voices through transformers, and utterances that one voice said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from groundsight.audio import RATE
from groundsight.audio.utterances import Utterance
from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import as_rows, inference, on_device
from groundsight.encoders.weights import finite, unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A shorter word tells no voice: it is taken for that of the utterance before.
LEAST_SECONDS = 1.0


class Voices:
    """A model for x-vectors (WavLM, wav2vec 2.0, UniSpeech class) from a folder."""

    def __init__(self, folder: ModelFolder, model: Any, prepare: Any, device: str) -> None:
        self._model, self._prepare, self._device = model, prepare, device
        self._fingerprint = f"voices:{folder.fingerprint}"

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> Voices:
        """Load a folder, or a hub id where downloads are allowed; raises what ``Clap.open`` does."""
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("AutoModelForAudioXVector"), device)
        return cls(folder, model, folder.load("AutoFeatureExtractor"), device)

    @property
    def fingerprint(self) -> str:
        """Folder name and hash of weights and settings."""
        return self._fingerprint

    def encode_voices(self, sounds: Sequence[NDArray[np.int16]]) -> NDArray[np.float32]:
        """Return float32 of shape (len(sounds), dimension), rows of length 1, each heard by itself."""
        import numpy as np

        return unit_rows(finite(np.stack([self._heard(sound) for sound in sounds]), self._fingerprint))

    def _heard(self, sound: NDArray[np.int16]) -> NDArray[np.float32]:
        with inference(self._fingerprint):
            told = self._prepare(sound / 32768, sampling_rate=RATE, return_tensors="pt").to(self._device)
            return as_rows(self._model(**told).embeddings)[0]


def with_speakers(
    said: Sequence[Utterance], voices: Sequence[NDArray[np.float32] | None], alike: float
) -> list[Utterance]:
    """Begin each utterance with who says it, in the order in which they speak; one voice alone has no number.

    ``voices`` are the vectors, None where one is too short to tell.
    """
    numbers = list(_numbers(voices, alike))
    if len(set(numbers)) < 2:
        return list(said)
    return [replace(one, text=f"Speaker {number}: {one.text}") for one, number in zip(said, numbers, strict=True)]


def _numbers(voices: Sequence[NDArray[np.float32] | None], alike: float) -> Iterator[int]:
    """Give each the voice whose mean is nearest, or a new one where none is near enough."""
    sums: list[NDArray[np.float32]] = []
    number = 0
    for vector in voices:
        if vector is not None:
            near = [float(vector @ each) / float(each @ each) ** 0.5 for each in sums]
            number = near.index(max(near)) if near and max(near) >= alike else len(sums)
            sums = [*sums[:number], sum(sums[number : number + 1], vector), *sums[number + 1 :]]
        yield number + 1
