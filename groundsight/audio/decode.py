"""Sound and frames of a recording or a clip, decoded by PyAV; this runs inside the confined child only."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.audio import RATE
from groundsight.errors import Disabled, LimitExceeded, ParseFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.limits import Limits

# With key frames at most this many seconds apart no slide that can be read falls between them.
_DENSE = 2.0
# Subtitles that are stored as text; those of discs and broadcasts are pictures.
_WRITTEN = ("ass", "mov_text", "srt", "ssa", "subrip", "text", "webvtt")
# What a resampler holds back and what a live encoder's clock is off by is no gap.
_GAP = 0.2
# What a stream says of its length is off by a frame or two.
SLACK_SECONDS = 1.0
_CLOCK = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)\s*\0*")
# Who records and doesn't know yet for how long writes about the largest number there is as the size.
_UNTOLD = 0x7FFFF000


@dataclass
class Media:
    """An open file, one pass at a time, and the seconds that it says it lasts.

    ``damaged`` is set where its data broke off, ``over`` where frames were left because there are too many pixels,
    ``short`` where the frames end before the second at which they say that they do, ``late`` where some come after
    the last second that was asked for. ``spoilt`` are the seconds at which sound begins that can't be decoded.
    """

    container: Any
    seconds: float
    riff_seconds: float = 0.0
    damaged: bool = False
    over: bool = False
    short: bool = False
    late: bool = False
    spoilt: list[float] = field(default_factory=list[float])

    @property
    def has_sound(self) -> bool:
        return bool(self.container.streams.audio)

    @property
    def is_narrow(self) -> bool:
        """Whether its sound has fewer samples a second than what the transcribers were trained on."""
        return self.has_sound and self.container.streams.audio[0].rate < RATE

    @property
    def has_frames(self) -> bool:
        return self._video is not None

    @property
    def unread(self) -> dict[str, int]:
        """How many tracks of each kind are there beside the first sound and the first moving pictures."""
        streams = self.container.streams
        cover = _av().stream.Disposition.attached_pic
        moving = sum(cover not in each.disposition for each in streams.video)
        return {
            "sound track after the first": len(streams.audio) - 1,
            "picture track after the first": moving - 1,
            "subtitle track of pictures": len(streams.subtitles) - len(self._written),
        }

    @property
    def sound_ends(self) -> float:
        """The second at which the sound says that it ends, 0 where only the whole file says so."""
        return max(self.riff_seconds, self._end(self.container.streams.audio[0]))

    def sound(self) -> Iterator[NDArray[np.int16]]:
        """Yield int16 of shape (samples,), ``RATE`` a second, mono; where the track holds nothing it is silent."""
        resampler = _av().AudioResampler(format="s16", layout="mono", rate=RATE)
        done = 0
        for frame in self._decoded(self.container.streams.audio[0]):
            missing = self._second(frame) - done / RATE
            if missing > _GAP:
                yield from _silence(missing)
                done += int(missing * RATE)
            for each in resampler.resample(frame):
                done += each.samples
                yield each.to_ndarray()[0]
        yield from (each.to_ndarray()[0] for each in resampler.resample(None))

    def subtitles(self) -> Iterator[tuple[int, str, float, float, str]]:
        """Yield number and language of a track, and of each of its lines when it begins and ends, and what it says."""
        for packet in self.container.demux(*self._written) if self._written else ():
            if packet.pts is not None and (text := _line(packet.stream.codec_context.name, bytes(packet))):
                begins = max(0.0, float(packet.pts * packet.time_base) - self._began)
                lasts = float((packet.duration or 0) * packet.time_base)
                yield self._written.index(packet.stream), packet.stream.language or "", begins, begins + lasts, text

    def frames(self, limits: Limits, until: float) -> Iterator[tuple[float, Image]]:
        """Yield frames up to a second with theirs: the key frames where they are dense, else all, one a second at most.

        Once ``limits.clip_pixels`` were decoded the rest is left, and ``over`` says so.

        Raises:
            LimitExceeded: a frame is larger than a picture may be.
        """
        self._video.codec_context.skip_frame = "NONKEY" if self._is_dense() else "DEFAULT"
        self.container.seek(0)
        last = -1
        for second, frame in self._frames(limits, until):
            # By the clock and not by the frame before: of uneven ones that would miss a change by two seconds.
            if int(second) > last:
                last = int(second)
                yield second, _as_shown(frame)

    def frame(self, limits: Limits, second: float) -> Image | None:
        """Return the last of the ``frames`` up to a second, None where there is none.

        They are decoded from the beginning: after a jump some encoders' key frames come out grey.
        """
        shown: Image | None = None
        for _, picture in self.frames(limits, second + 0.001):
            shown = picture
        return shown

    @property
    def _written(self) -> list[Any]:
        return [each for each in self.container.streams.subtitles if each.codec_context.name in _WRITTEN]

    @property
    def _video(self) -> Any:
        """The first moving pictures, None without any; a cover stored beside the sound is none."""
        cover = _av().stream.Disposition.attached_pic
        moving = (each for each in self.container.streams.video if cover not in each.disposition)
        return next(moving, None)

    def _frames(self, limits: Limits, until: float) -> Iterator[tuple[float, Any]]:
        decoded, size = 0, self._video.codec_context
        check_frame(size.width, size.height, limits)
        for frame in self._decoded(self._video):
            check_frame(frame.width, frame.height, limits)
            decoded += frame.width * frame.height
            second = self._second(frame)
            self.over, self.late = decoded > limits.clip_pixels, second > until
            if self.over or self.late:
                return
            yield second, frame

    def _second(self, frame: Any) -> float:
        """When it is played: a stream cut from a longer one counts from its own beginning."""
        return max(0.0, float(frame.time or 0.0) - self._began)

    @property
    def _began(self) -> float:
        return max(0, self.container.start_time or 0) / 1_000_000

    def _end(self, stream: Any) -> float:
        """The second at which a stream ends by its own word; Matroska has it as text, or says that of the whole."""
        if "matroska" in self.container.format.name:
            told = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))
            hours, minutes, seconds = map(float, told.groups()) if told else (0.0, 0.0, 0.0)
            end = hours * 3600 + minutes * 60 + seconds
        else:
            end = float(((stream.start_time or 0) + (stream.duration or 0)) * stream.time_base)
        return max(0.0, end - self._began)

    def _is_dense(self) -> bool:
        """Tell it by the packets, of which none is decoded, and whether they reach the end."""
        last = gap = until = longest = 0.0
        for packet in self.container.demux(self._video):
            if packet.pts is None:
                continue
            second = float(packet.pts * packet.time_base)
            longest = max(longest, second - until)
            until = max(until, second + float((packet.duration or 0) * packet.time_base))
            gap = max(gap, second - last)
            last = second if packet.is_keyframe else last
        # Without a word of how long it stands, the last frame may stand as long as any.
        self.short = self._end(self._video) + self._began - until > max(SLACK_SECONDS, 2 * longest)
        return gap <= _DENSE

    def _decoded(self, stream: Any) -> Iterator[Any]:
        """Yield frames up to damaged data; sound goes on after it, pictures would build on what is missing."""
        broken, spoilt = _av().FFmpegError, -1.0
        stream.codec_context.thread_count = 1
        packets = self.container.demux(stream)
        while True:
            packet: Any = None
            try:
                packet = next(packets, None)
                frames: list[Any] = packet.decode() if packet is not None else []
            except broken:
                if packet is None or stream.type != "audio":
                    self.damaged = True
                    return
                second = max(0.0, float((packet.pts or 0) * stream.time_base) - self._began)
                self.spoilt += [second] if second - spoilt > _GAP else []
                spoilt = second
                continue
            if packet is None:
                return
            yield from frames


@contextmanager
def open_media(path: Path, demuxer: str) -> Generator[Media]:
    """Open a file with the demuxer of its kind alone: no playlist, no other file and no network is followed.

    Raises:
        Disabled: the extra is not installed. ParseFailed: it is not of this kind, or its index is missing.
    """
    av = _av()
    with path.open("rb") as file:
        try:
            container = av.open(file, format=demuxer, metadata_errors="replace")
        except av.FFmpegError as error:
            raise ParseFailed(
                "truncated or malformed: the recording can't be opened", next_step="save or export it anew"
            ) from error
        with container:
            yield Media(container, (container.duration or 0) / 1_000_000, _riff_seconds(path))


def _as_shown(frame: Any) -> Image:
    """Turn a picture as its player does: a telephone that is held upright stores it lying."""
    return frame.to_image().rotate(90 * round(frame.rotation / 90), expand=True)


def _line(codec: str, data: bytes) -> str:
    """Return what a packet of subtitles says: MP4 tells its length before, ASS eight fields."""
    if codec == "mov_text":
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    text = data.decode("utf-8", "replace")
    return text.split(",", 8)[-1].replace("\\N", " ") if codec in ("ass", "ssa") else text


def _riff_seconds(path: Path) -> float:
    """How long the head of a WAV says that it lasts, 0 for others and live recordings; libav tells what is there."""
    with path.open("rb") as file:
        kind, _, form = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        rate = 0
        while (kind, form) == (b"RIFF", b"WAVE") and len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                return size / rate if rate and size < _UNTOLD else 0.0
            body = file.read(12)
            rate = struct.unpack("<8xI", body)[0] if name == b"fmt " and len(body) == 12 else rate
            file.seek(size + size % 2 - len(body), 1)
    return 0.0


def check_frame(width: int, height: int, limits: Limits) -> None:
    """Raise LimitExceeded when a frame of this size may not be decoded."""
    crowded = width * height > limits.picture_pixels
    if crowded or max(width, height) > limits.picture_side:
        raise LimitExceeded(
            f"the clip has frames of {width} x {height} pixels",
            limit=f"{limits.picture_pixels} pixels, {limits.picture_side} a side",
            next_step=f"scale it down or raise limits.picture_{'pixels' if crowded else 'side'}",
            code="E_LIMIT_PIXELS",
        )


def _silence(seconds: float) -> Iterator[NDArray[np.int16]]:
    """Yield it in small pieces: a time stamp can claim years."""
    import numpy as np

    left = int(seconds * RATE)
    while left > 0:
        yield np.zeros(min(left, RATE), np.int16)
        left -= RATE


def _av() -> Any:
    try:
        return import_module("av")
    except ImportError as error:
        raise Disabled(
            "recordings and clips need the extra audio", which="av", next_step="pip install 'groundsight[audio]'"
        ) from error
