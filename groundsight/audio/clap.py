"""CLAP through transformers: sounds and words in one trained space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from groundsight.audio import RATE
from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import as_rows, inference, on_device
from groundsight.encoders.weights import finite, unit_rows
from groundsight.errors import ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Of 32,767: what a lossy codec makes of silence stays below.
SILENT = 100


class Clap:
    """A CLAP model from a folder. A longer sound is the mean of the pieces that the model hears at once."""

    def __init__(self, folder: ModelFolder, model: Any, processor: Any, device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._prepare, self._fingerprint = processor.feature_extractor, f"clap:{folder.fingerprint}"

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> Clap:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed. ConfigError: no such folder or device.
            ModelFailed: the folder is not a whole, code-free safetensors model of this kind.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = folder.load_model("AutoModel")
        if not hasattr(model, "get_audio_features"):
            raise ModelFailed("the model has no common space of sounds and words", which=where, next_step="use a CLAP")
        return cls(folder, on_device(model, device), folder.load("AutoProcessor"), device)

    @property
    def fingerprint(self) -> str:
        """Folder name and hash of weights and settings."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Width of the common space."""
        return int(self._model.config.projection_dim)

    def encode_sounds(self, sounds: Sequence[NDArray[np.int16]]) -> NDArray[np.float32]:
        """Return float32 of shape (len(sounds), dimension), rows of length 1; of zeros for silence."""
        import numpy as np

        rows = np.zeros((len(sounds), self.dimension), np.float32)
        for number, sound in enumerate(sounds):
            for piece in self._pieces(sound):
                rows[number] += self._heard(piece)
        return unit_rows(finite(rows, self._fingerprint))

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension), rows of length 1; long texts are cut."""
        with inference(self._fingerprint):
            told = self._processor.tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
            rows = as_rows(_vectors(self._model.get_text_features(**told.to(self._device))))
        return unit_rows(finite(rows, self._fingerprint))

    def _pieces(self, sound: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
        """Cut at what the model hears at once: of anything longer it would take a random part."""
        most = int(self._prepare.nb_max_samples) * RATE // int(self._prepare.sampling_rate)
        pieces = (sound[at : at + most] for at in range(0, len(sound), most))
        return (piece for piece in pieces if abs(piece.astype(int)).max() >= SILENT)

    def _heard(self, piece: NDArray[np.int16]) -> NDArray[np.float32]:
        """Encode one piece by itself: of a batch the library marks a random one as longer than it is."""
        rate = int(self._prepare.sampling_rate)
        with inference(self._fingerprint):
            told = self._prepare(resampled(piece, rate), sampling_rate=rate, return_tensors="pt")
            return as_rows(_vectors(self._model.get_audio_features(**told.to(self._device))))[0]


def resampled(sound: NDArray[np.int16], rate: int) -> NDArray[np.float32]:
    """Return the sound from -1 to 1 at another rate, by its spectrum: nothing is added above 8 kHz."""
    import numpy as np

    size = len(sound) * rate // RATE
    spectrum = np.fft.rfft(sound / 32768)
    return (np.fft.irfft(spectrum, size) * (size / len(sound))).astype(np.float32)


def _vectors(told: Any) -> Any:
    return getattr(told, "pooler_output", told)
