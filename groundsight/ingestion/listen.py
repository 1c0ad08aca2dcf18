"""From sound to spoken elements: heard stretch by stretch, redacted before it is kept, put beside what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.audio import Heard, Spoken
from groundsight.audio.track import Track
from groundsight.audio.utterances import (
    SpokenWindow,
    Utterance,
    beside,
    collapsed,
    say_the_same,
    spoken_windows,
    subtitled,
    summary,
    utterances,
)
from groundsight.errors import Disabled, ParseFailed
from groundsight.governance.pii import Memory, find, redact_parts, renumbered
from groundsight.ingestion import Cue, Element, Parsed, Sound
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.names.reader import memory_of
from groundsight.ingestion.partition import rest_of
from groundsight.types import LeftOut, Time
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.audio import Transcriber
    from groundsight.parts import Parts
    from groundsight.settings import Ingestion, PiiKind
    from groundsight.tracing import Watch

# A transcriber counts the pause before a word to the word.
WORD_SECONDS = 0.8
UNSPOKEN = "a sound without speech"


def heard(
    parsed: Parsed, source: str, scratch: Path, parts: Parts, derived: Derived, memory: Memory, watch: Watch
) -> Parsed:
    """Return what was read with its sounds as words: windows of a recording, scenes of a clip with what is said there.

    Raises:
        Disabled: no transcriber, and there is nothing else. ParseFailed: nobody speaks (E_EMPTY), and there is
        nothing else.
    """
    if not parsed.sounds and not parsed.cues:
        return parsed
    scenes, transcriber = tuple(chain(parsed.elements, rest_of(parsed, scratch, source))), parts.transcriber
    if transcriber is None and not scenes and not parsed.cues and parts.audio_encoder is None:
        raise Disabled("recordings are not heard", which="models.speech = none", next_step="set models.speech = 'base'")
    words, looped = (
        _words(parsed.sounds, scratch, transcriber, parts, derived, memory, watch) if transcriber else ([], 0)
    )
    if not words and not scenes and not parsed.cues and parts.audio_encoder is None:
        raise ParseFailed("no speech was heard in it", which=source, code="E_EMPTY", next_step="check that it has any")
    said, apart, left_out = _with_subtitles(list(utterances(words)), parsed.cues)
    said, shape = _by_speakers(said, track_of(parsed, scratch), parts), parts.settings.ingestion
    elements = _scenes(scenes, said, shape) if scenes else _windows(said, shape)
    elements += () if scenes or parts.audio_encoder is None else _unspoken(parsed.sounds, said)
    elements += tuple(chain.from_iterable(_windows(each, shape) for each in apart))
    if looped:
        left_out.append(
            LeftOut(kind="stretch of sound", why="it was heard as the same words over and over", count=looped)
        )
    elif parsed.sounds and not words:
        left_out.append(LeftOut(kind="sound", why="no speech was heard" if transcriber else "models.speech is none"))
    kept = {"elements": elements, "rest": None, "sounds": (), "cues": (), "left_out": (*parsed.left_out, *left_out)}
    return parsed.model_copy(update=kept)


def track_of(parsed: Parsed, scratch: Path) -> Track:
    """Return the sound of a file that was read, before it is heard."""
    return Track([(scratch / sound.file, sound.time) for sound in parsed.sounds])


def _by_speakers(said: list[Utterance], track: Track, parts: Parts) -> list[Utterance]:
    """Say who speaks where a model tells voices apart, but for subtitles; its vectors are of persons, and not kept."""
    encoder, heard = parts.voice_encoder, [one for one in said if not one.track]
    if encoder is None or not heard:
        return said
    from groundsight.audio.voices import LEAST_SECONDS, with_speakers

    telling = [one.time.end - one.time.start >= LEAST_SECONDS for one in heard]
    voices = (
        encoder.encode_voices([track.between(one.time)])[0] if tells else None
        for one, tells in zip(heard, telling, strict=True)
    )
    named = with_speakers(heard, list(voices), parts.settings.models.speakers_alike)
    return sorted([*named, *(one for one in said if one.track)], key=lambda one: one.time.start)


def _unspoken(sounds: Sequence[Sound], said: Sequence[Utterance]) -> tuple[Element, ...]:
    """Keep the stretches in which nobody speaks: they are found by their sound."""
    spoken = [(one.time.start, one.time.end) for one in said]
    return tuple(
        Element(kind="speech", time=sound.time, meta=UNSPOKEN)
        for sound in sounds
        if not any(start < sound.time.end and end > sound.time.start for start, end in spoken)
    )


def _with_subtitles(
    said: list[Utterance], cues: Sequence[Cue]
) -> tuple[list[Utterance], list[list[Utterance]], list[LeftOut]]:
    """Take the subtitles that say what was heard before it; those in other languages stand apart, each language once.

    Where nothing was heard the first ones are taken.
    """
    apart, left_out, taken = list[list[Utterance]](), list[LeftOut](), False
    for track in dict.fromkeys(cue.track for cue in cues):
        written = subtitled([(cue.text, cue.time) for cue in cues if cue.track == track], track)
        if not taken and (not said or say_the_same(written, said)):
            said, taken = beside(said, written), True
        elif any(say_the_same(written, other) for other in (said, *apart)):
            left_out.append(LeftOut(kind="subtitle track", why="another one that says the same is read"))
        else:
            apart.append(written)
    return said, apart, left_out


def _words(
    sounds: Sequence[Sound],
    scratch: Path,
    transcriber: Transcriber,
    parts: Parts,
    derived: Derived,
    memory: Memory,
    watch: Watch,
) -> tuple[list[Spoken], int]:
    """Hear one stretch after another, each in the language of the first in which somebody spoke; count what looped."""
    found: list[Spoken] = []
    language, looped = "", 0
    for number, sound in enumerate(sounds):
        watch.step(number, len(sounds), "listening")
        data = (scratch / sound.file).read_bytes()
        content = f"{hashlib.sha256(data).hexdigest()}:{language}"
        one = _heard(data, content, language, transcriber, derived, parts, watch)
        language, looped = language or one.language, looped + one.looped
        found += (_moved(word, sound.time.start, content, memory) for word in one.words)
    return found, looped


def _heard(
    data: bytes, content: str, language: str, transcriber: Transcriber, derived: Derived, parts: Parts, watch: Watch
) -> Heard:
    """Take what is kept of these very samples, else listen; nothing is kept before it was redacted."""
    import numpy as np

    def listen() -> bytes:
        one = transcriber.transcribe(np.frombuffer(data, np.int16), language)
        memory = memory_of(parts, [" ".join(word.text.strip() for word in one.words)], watch)
        return _clean(one, parts.settings.governance.redact, memory).model_dump_json().encode()

    return Heard.model_validate_json(derived.made("speech", transcriber.fingerprint, content, listen))


def _clean(one: Heard, kinds: tuple[PiiKind, ...], memory: Memory) -> Heard:
    """Redact the words of a stretch as one text; each keeps its time."""
    texts = redact_parts([(word.text, "") for word in one.words], lambda text: find(text, kinds, memory))
    words = (word.model_copy(update={"text": text}) for word, text in zip(one.words, texts, strict=True))
    return one.model_copy(update={"words": tuple(words)})


def _moved(word: Spoken, by: float, origin: str, memory: Memory) -> Spoken:
    text, start = renumbered(word.text, origin, memory), max(word.start, word.end - WORD_SECONDS)
    return Spoken(text=text, start=round(by + start, 2), end=round(by + word.end, 2))


def _windows(said: Sequence[Utterance], shape: Ingestion) -> tuple[Element, ...]:
    windows = collapsed(list(spoken_windows(said, shape.chunk_chars, shape.chunk_overlap)))
    return tuple(_spoken(Element(kind="speech"), one) for one in windows)


def _scenes(scenes: Sequence[Element], said: Sequence[Utterance], shape: Ingestion) -> tuple[Element, ...]:
    """Give each scene what is said in it, an utterance to the scene in which most of it falls."""
    found: list[Element] = []
    for number, scene in enumerate(scenes):
        first, last = number == 0, number + 1 == len(scenes)
        here = [one for one in said if scene.time and _falls(one, scene.time, first=first, last=last)]
        windows = list(spoken_windows(here, shape.chunk_chars, shape.chunk_overlap))
        found += _in_scene(scene, windows) or [scene]
    return tuple(found)


def _falls(one: Utterance, scene: Time, *, first: bool, last: bool) -> bool:
    middle = (one.time.start + one.time.end) / 2
    return (first or scene.start <= middle) and (last or middle < scene.end)


def _in_scene(scene: Element, windows: Sequence[SpokenWindow]) -> list[Element]:
    """The first window begins with the scene, and the last one ends with it."""
    if scene.time is None or not windows:
        return []
    starts = [scene.time.start, *(one.time.start for one in windows[1:])]
    ends = [*starts[1:], max(scene.time.end, starts[-1])]
    times = (Time(start=start, end=max(start, end)) for start, end in zip(starts, ends, strict=True))
    return [_spoken(scene, one).model_copy(update={"time": time}) for one, time in zip(windows, times, strict=True)]


def _spoken(element: Element, window: SpokenWindow) -> Element:
    """Its summary is searched beside it, and never quoted."""
    again = "".join(f" and{at(second)}" for second in window.again)
    meta = " · ".join(filter(None, [summary(window.said), f"said again{again.removeprefix(' and')}" if again else ""]))
    said = {"text": window.text, "seconds": window.seconds, "time": window.time, "meta": meta}
    said |= {"section": ", ".join(window.tracks) or element.section}
    return element.model_copy(update=said)
