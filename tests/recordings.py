"""Small recordings and clips made on the spot, and a transcriber that says what it was given."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from groundsight.audio import RATE, Heard, Spoken
from tests.pictures import page_of

Sound = NDArray[np.int16]
ASS_HEAD = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n[Events]\nFormat: Text\n"
)


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> Sound:
    """A tone that fades out every second, so that there are quiet moments; each pitch is another sound."""
    time = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * time) * 8000 * np.abs(np.sin(np.pi * time))).astype(np.int16)


def silence(seconds: float) -> Sound:
    """Nothing at all."""
    return np.zeros(int(seconds * RATE), np.int16)


def write_sound(path: Path, sound: Sound, codec: str = "pcm_s16le") -> Path:
    """A recording of ``sound``, ``RATE`` samples a second, in the container that the name says."""
    with _opened(path) as file:
        _encode(file, [_audio_stream(file, codec)], sound)
    return path


def write_header(path: Path) -> Path:
    """A recording of no sample."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
    return path


def write_pieces(path: Path, pieces: Sequence[tuple[float, Sound]], tracks: int = 1) -> Path:
    """A recording whose pieces stand at the seconds given, and nothing between them or in its other tracks."""
    import av

    with _opened(path) as file:
        stream, *_ = [_audio_stream(file, "pcm_s16le") for _ in range(tracks)]
        for second, sound in pieces:
            for at in range(0, len(sound), RATE):
                frame = av.AudioFrame.from_ndarray(sound[None, at : at + RATE], format="s16", layout="mono")
                frame.rate, frame.pts, frame.time_base = RATE, round(second * RATE) + at, Fraction(1, RATE)
                file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def write_clip(
    path: Path,
    scenes: Sequence[tuple[Image.Image, float]],
    sound: Sound | None = None,
    codec: str = "mpeg4",
    audio: str = "aac",
    uneven: bool = False,
    written: Mapping[str, Sequence[tuple[float, float, str]]] | None = None,
) -> Path:
    """A clip that shows each picture for its seconds at 5 frames a second; ``uneven`` leaves out some of them.

    ``written`` are tracks of subtitles by their language: start, end and words of each line.
    """
    import av

    with _opened(path) as file:
        video: Any = file.add_stream(codec, rate=5)
        video.width, video.height, video.pix_fmt, video.gop_size = *scenes[0][0].size, "yuv420p", 1000
        streams = [_audio_stream(file, audio)] if sound is not None else []
        texts = {language: _text_stream(file, path, language) for language in written or {}}
        number = 0
        for picture, seconds in scenes:
            for _ in range(round(seconds * 5)):
                if not uneven or number % 3 != 1:
                    frame = av.VideoFrame.from_image(picture)
                    frame.pts, frame.time_base = number, Fraction(1, 5)
                    file.mux(video.encode(frame))
                number += 1
        file.mux(video.encode(None))
        if sound is not None:
            _encode(file, streams, sound)
        for language, stream in texts.items():
            _write_lines(file, stream, (written or {})[language])
    return path


def with_cover(mp3: bytes) -> bytes:
    """The same song with a picture of its record in front, as a shop sells it."""
    shown = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(shown, "JPEG")
    picture = b"\0image/jpeg\0\x03\0" + shown.getvalue()
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frame + mp3


def turned_right(mov: bytes, height: int) -> bytes:
    """A clip of so high frames that says of itself that it is shown turned by a quarter, as a telephone writes it."""
    # The matrix stands 40 bytes behind the head of a track in version 0, 52 in version 1.
    at = mov.index(b"tkhd") + 4
    at += 52 if mov[at] else 40
    matrix = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, height << 16, 0, 1 << 30)
    return mov[:at] + matrix + mov[at + 36 :]


def slide(title: str, *lines: str) -> Image.Image:
    """A page of 640 by 360 with large print."""
    page = Image.new("RGB", (640, 360), "white")
    page.paste(page_of(title, *lines, size=26, width=640), (0, 0))
    return page


class ScriptedTranscriber:
    """Says words by the pitch of the sound: deterministic, and it counts what it is asked to hear."""

    fingerprint = "test-speech@1"

    def __init__(self, said: Mapping[int, str], language: str = "en") -> None:
        self.said, self.language, self.calls = said, language, 0

    def transcribe(self, sound: Sound, language: str) -> Heard:
        """Each second of sound says the next words of its pitch."""
        self.calls += 1
        words: list[Spoken] = []
        at: dict[int, int] = {}
        for second in range(len(sound) // RATE):
            pitch = _pitch(sound[second * RATE : (second + 1) * RATE])
            parts = self.said.get(pitch, "").split()
            place = at.get(pitch, 0)
            at[pitch] = place + 3
            words += (
                Spoken(text=f" {word}", start=second + 0.3 * number, end=second + 0.3 * number + 0.2)
                for number, word in enumerate(parts[place : place + 3])
            )
        return Heard(words=tuple(words), language=self.language if words else "")


class PitchEncoder:
    """A vector for each pitch, for sounds, for their names in ``words`` and for voices; silence has none."""

    fingerprint, dimension = "test-ears@1", 40

    def __init__(self, words: Mapping[str, int]) -> None:
        self.words = words

    def encode_sounds(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        return np.stack([self._of(_pitch(sound)) for sound in sounds])

    encode_voices = encode_sounds

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._of(sum(self.words.get(word, 0) for word in text.split())) for text in texts])

    def _of(self, pitch: int) -> NDArray[np.float32]:
        return np.eye(self.dimension + 1, dtype=np.float32)[pitch // 100, 1:]


def _pitch(second: Sound) -> int:
    """The loudest frequency to the next hundred, 0 for silence."""
    if np.abs(second).max() < 500:
        return 0
    return round(int(np.abs(np.fft.rfft(second)).argmax()) * RATE / len(second) / 100) * 100


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import av

    with av.open(str(path), "w") as file:
        yield file


def _audio_stream(file: Any, codec: str) -> Any:
    return file.add_stream(codec, rate=48_000 if codec == "libopus" else RATE, layout="mono")


def _text_stream(file: Any, path: Path, language: str) -> Any:
    stream = file.add_stream("mov_text" if path.suffix in (".mp4", ".mov") else "subrip")
    stream.metadata["language"] = language
    # What libav's encoders ask for; none of it is written.
    stream.codec_context.subtitle_header = ASS_HEAD
    stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
    return stream


def _write_lines(file: Any, stream: Any, lines: Sequence[tuple[float, float, str]]) -> None:
    from av.subtitles.subtitle import SubtitleSet

    for number, (start, end, text) in enumerate(lines):
        line = f"{number},0,Default,,0,0,0,,{text}".encode()
        made = SubtitleSet.create(line, 0, round((end - start) * 1000), pts=round(start * 1_000_000))
        packet = stream.codec_context.encode_subtitle(made)
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = round((end - start) * 1000)
        file.mux(packet)


def _encode(file: Any, streams: list[Any], sound: Sound) -> None:
    import av

    stream = streams[0]
    frame = av.AudioFrame.from_ndarray(sound[None, :], format="s16", layout="mono")
    frame.rate = RATE
    context = stream.codec_context
    fitted = av.AudioResampler(format=context.format, layout="mono", rate=context.sample_rate, frame_size=1024)
    for piece in (*fitted.resample(frame), *fitted.resample(None)):
        file.mux(stream.encode(piece))
    file.mux(stream.encode(None))
