"""What is said in recordings and clips, and which frames of a clip are worth reading."""

from __future__ import annotations

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


class Spoken(Word):
    """A word as it was heard, with the white space before it, and when, in seconds."""

    text: str
    start: Seconds
    end: Seconds


class Heard(Word):
    """The words of one stretch of sound, none where nobody speaks, and their language (ISO 639-1, or empty)."""

    words: tuple[Spoken, ...] = ()
    language: str = ""


class Transcriber(Protocol):
    """Writes down what is said in a stretch of at most 30 s: int16 of shape (samples,), ``RATE`` a second, mono.

    ``language`` is that of the recording so far; empty: the transcriber tells it from the sound.
    """

    @property
    def fingerprint(self) -> str: ...

    def transcribe(self, sound: NDArray[np.int16], language: str) -> Heard: ...


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
