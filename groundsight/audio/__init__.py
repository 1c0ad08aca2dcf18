"""What is said in recordings and clips, and which frames of a clip are worth reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from groundsight.errors import ConfigError
from groundsight.types import Word
from groundsight.types.base import Seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.settings import Models

# Samples a second of all sound here: what Whisper was trained on.
RATE = 16_000
PACKAGED = ("base", "tiny.en")
# Of 67 words on seven clips base misheard 5 at 8,000, 3 at 16,000; a resampler without any loss changes nothing.
NARROW = "the sound is as narrow as a telephone's, so more words may be misheard"


class Spoken(Word):
    """A word as it was heard, with the white space before it, and when, in seconds."""

    text: str
    start: Seconds
    end: Seconds


class Heard(Word):
    """The words of one stretch of sound, none where nobody speaks, and their language (ISO 639-1, or empty).

    ``looped`` counts the parts in which nothing but the same words over and over was heard: they are no speech.
    """

    words: tuple[Spoken, ...] = ()
    language: str = ""
    looped: int = 0


class Transcriber(Protocol):
    """Writes down what is said in a stretch of at most 30 s: int16 of shape (samples,), ``RATE`` a second, mono.

    ``language`` is that of the recording so far; empty: the transcriber tells it from the sound.
    """

    @property
    def fingerprint(self) -> str: ...

    def transcribe(self, sound: NDArray[np.int16], language: str) -> Heard: ...


class AudioEncoder(Protocol):
    """Sounds and words in one space; a sound is int16 of shape (samples,), ``RATE`` a second, mono.

    Both return float32 of shape (n, dimension), rows of length 1, and of zeros for what is silent.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_sounds(self, sounds: Sequence[NDArray[np.int16]]) -> NDArray[np.float32]: ...

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class VoiceEncoder(Protocol):
    """Vectors of voices, near to each other where one person speaks; shapes are those of ``AudioEncoder``."""

    @property
    def fingerprint(self) -> str: ...

    def encode_voices(self, sounds: Sequence[NDArray[np.int16]]) -> NDArray[np.float32]: ...


def open_audio_encoder(models: Models) -> AudioEncoder | None:
    """Open the encoder of sounds that the settings name, None for ``none``."""
    match models.sound.partition(":"):
        case ("none", _, ""):
            return None
        case ("transformers", _, where) if where:
            from groundsight.audio.clap import Clap

            return Clap.open(where, device=models.device, allow_download=models.allow_download)
        case _:
            raise ConfigError(
                "unknown encoder of sounds", which=models.sound, next_step="use none or transformers:FOLDER of a CLAP"
            )


def open_voice_encoder(models: Models) -> VoiceEncoder | None:
    """Open the encoder of voices that the settings name, None for ``none``."""
    match models.speakers.partition(":"):
        case ("none", _, ""):
            return None
        case ("transformers", _, where) if where:
            from groundsight.audio.voices import Voices

            return Voices.open(where, device=models.device, allow_download=models.allow_download)
        case _:
            raise ConfigError(
                "unknown encoder of voices",
                which=models.speakers,
                next_step="use none or transformers:FOLDER of a model for x-vectors",
            )


def open_transcriber(models: Models) -> Transcriber | None:
    """Open the transcriber that the settings name, None for ``none``."""
    match models.speech.partition(":"):
        case ("none", _, ""):
            return None
        case ("base" | "tiny.en" as size, _, ""):
            from groundsight.audio.transcribe import Whisper

            return Whisper.packaged(size, threads=models.threads)
        case ("whisper", _, where) if where:
            from groundsight.audio.transcribe import Whisper

            return Whisper.open(where, device=models.device, threads=models.threads)
        case _:
            raise ConfigError(
                "unknown transcriber", which=models.speech, next_step="use base, tiny.en, none or whisper:FOLDER"
            )
