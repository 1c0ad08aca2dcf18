"""Recordings and clips: sound in stretches to be heard, frames that show something new to be looked at."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.audio import NARROW, RATE
from groundsight.audio.cuts import cut
from groundsight.audio.decode import SLACK_SECONDS, Media, open_media
from groundsight.audio.keyframes import keyframes, scene_ends
from groundsight.errors import ParseFailed, UnsupportedType
from groundsight.ingestion import Cue, Element, Parsed, Sound
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.raster import as_png, save_png, upright
from groundsight.ingestion.readers.text.subtitles import said_in
from groundsight.ingestion.sniff import CLIPS, SOUNDS
from groundsight.types import Time

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from groundsight.limits import Limits


# A file tells the language of a track as it likes.
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class _Scene:
    """When it begins, the second of the frame that stands for it, and the name of its picture."""

    began: float
    frame: float
    picture: str


def read_recording(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
    """Leave the sound in files of at most 28 s and, of a clip, the frame of each scene as PNG in ``scratch``.

    What is over ``limits.media_seconds``, ``clip_frames`` or ``clip_pixels`` is left, and the ledger says so.
    """
    ledger, unseen, demuxer = Ledger(), Ledger(), (SOUNDS | CLIPS)[media_type]
    # The decoders let go of the interpreter, so that sound and frames take the time of the longer.
    with ThreadPoolExecutor(1) as beside, open_media(path, demuxer) as media:
        looking = beside.submit(_looked, path, media_type, scratch, limits, unseen)
        lasts, has_sound = media.seconds, media.has_sound
        narrow, sounds = media.is_narrow, _sounds(media, scratch, limits, ledger) if has_sound else ()
        for kind, count in media.unread.items():
            ledger.note(kind, "one track of sound and one of pictures are read", max(0, count))
        with open_media(path, demuxer) as again:
            cues = tuple(_cues(again, limits, ledger))
        scenes = looking.result()
    length = max([lasts, *(one.time.end for one in sounds)])
    if not sounds and not scenes and not cues:
        raise ParseFailed("the recording holds no sound and no frame", code="E_EMPTY", next_step="export it anew")
    # It is read whole: nothing of it was left out.
    told = ("the clip has no sound track",) if media_type in CLIPS and not has_sound else (NARROW,) * narrow
    until = scene_ends([one.began for one in scenes], min(length, limits.media_seconds))
    elements = tuple(
        Element(kind="clip", picture=one.picture, frame=one.frame, time=Time(start=one.began, end=end))
        for one, end in zip(scenes, until, strict=True)
    )
    read = {
        "elements": elements,
        "sounds": sounds,
        "cues": cues,
        "left_out": (*ledger.left_out, *unseen.left_out),
        "warnings": told,
    }
    return Parsed.model_validate({"media_type": media_type, **read})


def _looked(path: Path, media_type: str, scratch: Path, limits: Limits, ledger: Ledger) -> list[_Scene]:
    if media_type not in CLIPS:
        return []
    with open_media(path, CLIPS[media_type]) as media:
        return _scenes(media, scratch, limits, ledger) if media.has_frames else []


def frame_at(path: Path, media_type: str, second: float, limits: Limits) -> bytes:
    """Return the frame that a clip shows at a second as PNG.

    Raises:
        UnsupportedType: a recording shows nothing.
    """
    with open_media(path, (SOUNDS | CLIPS)[media_type]) as media:
        if media_type not in CLIPS or not media.has_frames:
            raise UnsupportedType("a recording has no picture", next_step="read what is said there instead")
        shown = media.frame(limits, second)
        if shown is None:
            raise ParseFailed("no frame can be decoded there", next_step="save or export the clip anew")
        return as_png(upright(shown))


def _sounds(media: Media, scratch: Path, limits: Limits, ledger: Ledger) -> tuple[Sound, ...]:
    found: list[Sound] = []
    done, most = 0, limits.media_seconds * RATE
    for number, piece in enumerate(cut(_within(media.sound(), most))):
        name = f"sound-{number + 1}"
        (scratch / name).write_bytes(piece.tobytes())
        found.append(Sound(file=name, time=Time(start=done / RATE, end=(done + len(piece)) / RATE)))
        done += len(piece)
    if media.spoilt:
        ledger.note("damaged stretch of sound", f"the first at {int(media.spoilt[0])} s", len(media.spoilt))
    if done >= most:
        ledger.note("rest of the sound", f"over limits.media_seconds = {limits.media_seconds}")
    elif media.damaged or media.sound_ends - done / RATE > SLACK_SECONDS:
        ledger.note("rest of the sound", f"the data end or are damaged after {done // RATE} s")
    return tuple(found)


def _cues(media: Media, limits: Limits, ledger: Ledger) -> Iterator[Cue]:
    """Yield what the subtitles say, up to the limits of time and of text."""
    chars = 0
    for number, language, begins, ends, raw in media.subtitles():
        text = said_in(raw)
        chars += len(text)
        if begins >= limits.media_seconds or chars > limits.document_chars:
            ledger.note("later subtitles", "over limits.media_seconds or limits.document_chars")
            return
        if text:
            told = f" ({language})" if _LANGUAGE.fullmatch(language) else ""
            track = f"subtitles{f' {number + 1}' if number else ''}{told}"
            yield Cue(text=text, time=Time(start=begins, end=ends), track=track)


def _within(blocks: Iterator[NDArray[np.int16]], most: int) -> Iterator[NDArray[np.int16]]:
    left = most
    for block in blocks:
        if left <= 0:
            return
        yield block[:left]
        left -= len(block)


def _scenes(media: Media, scratch: Path, limits: Limits, ledger: Ledger) -> list[_Scene]:
    """Return the scenes; those that look the same share the first one's picture."""
    found: list[_Scene] = []
    for one in keyframes(media.frames(limits, limits.media_seconds)):
        if len(found) == limits.clip_frames:
            ledger.note("later frames", f"over limits.clip_frames = {limits.clip_frames}")
            break
        found.append(
            _Scene(one.began, one.second, save_png(upright(one.picture), scratch, f"frame-{len(found) + 1}"))
            if one.like is None
            else replace(found[one.like], began=one.began)
        )
    if media.over:
        ledger.note("later frames", f"over limits.clip_pixels = {limits.clip_pixels}")
    elif media.late:
        ledger.note("later frames", f"over limits.media_seconds = {limits.media_seconds}")
    elif media.damaged or media.short:
        ledger.note("later frames", "the data end early or are damaged")
    return found
