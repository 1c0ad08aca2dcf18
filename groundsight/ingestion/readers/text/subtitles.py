"""Subtitles (vtt, srt): what is said, and when; a paragraph goes on until the speaker changes or is silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, decode
from groundsight.ingestion.readers.ledger import Ledger

_TIMES = re.compile(r"^\s*((?:\d+:)?\d{1,2}:\d\d)[.,]\d{1,3}\s*-->\s*((?:\d+:)?\d{1,2}:\d\d)[.,]\d{1,3}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_NOTE = re.compile(r"^NOTE\b.*\S", re.M)
_TAG = re.compile(r"</?[a-z][^>]*>|<\d[^>]*>|\{\\[^}]*\}", re.I)
# Longer silences part what is said: speakers breathe in under two seconds.
_SILENCE_SECONDS, _PARAGRAPH_CHARS = 4, 600


@dataclass(frozen=True)
class _Cue:
    start: str
    seconds: int
    end: int
    text: str


def read_subtitles(path: Path, media_type: str) -> Parsed:
    """Read the cues as paragraphs that begin with their time, ``[00:01:05] Words.``"""
    text, warnings = decode(path.read_bytes())
    elements, ledger = tuple(_paragraphs(list(_cues(text)))), Ledger()
    ledger.note("note", "a player does not show it", len(_NOTE.findall(text)))
    return Parsed(media_type=media_type, elements=elements, left_out=ledger.left_out, warnings=warnings)


def _cues(text: str) -> Iterator[_Cue]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines):
        if found := _TIMES.match(line):
            end = next((at for at in range(number + 1, len(lines)) if not lines[at].strip()), len(lines))
            said = _VOICE.sub(lambda voice: f"{voice[1]}: ", " ".join(lines[number + 1 : end]))
            yield _Cue(found[1], _seconds(found[1]), _seconds(found[2]), clean(unescape(_TAG.sub("", said))))


def _paragraphs(cues: list[_Cue]) -> Iterator[Element]:
    run: list[_Cue] = []
    for cue in cues:
        if run and (cue.seconds - run[-1].end > _SILENCE_SECONDS or sum(len(e.text) for e in run) > _PARAGRAPH_CHARS):
            yield _spoken(run)
            run = []
        # Live captions repeat the line before.
        run += [cue] if cue.text and not (run and run[-1].text == cue.text) else []
    if run:
        yield _spoken(run)


def _spoken(run: list[_Cue]) -> Element:
    return Element(kind="text", text=f"[{run[0].start}] " + " ".join(cue.text for cue in run))


def _seconds(time: str) -> int:
    total = 0
    for part in time.split(":"):
        total = total * 60 + int(part)
    return total
