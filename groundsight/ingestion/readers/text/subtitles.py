"""Subtitles (vtt, srt): what is said, and when, in windows that end where nobody speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from groundsight.audio.utterances import spoken_windows, subtitled
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, decode, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.types import Time

_TIMES = re.compile(r"^\s*((?:\d+:)?\d{1,2}:\d\d[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d\d[.,]\d{1,3})")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_HEAD = re.compile(r"WEBVTT[ \t]+(?:-[ \t]+)?(.+)")
_TAG = re.compile(r"</?[a-z][^>]*>|<\d[^>]*>|\{\\[^}]*\}", re.I)
_WINDOW_CHARS = 600


def read_subtitles(path: Path, media_type: str) -> Parsed:
    """Read the cues as what is said: windows of sentences, a line each, with the second of every one."""
    text, warnings = decode(path.read_bytes())
    ledger = Ledger()
    windows = spoken_windows(subtitled(_cues(text, ledger)), _WINDOW_CHARS, 0)
    elements = tuple(Element(kind="speech", text=one.text, seconds=one.seconds, time=one.time) for one in windows)
    title = one_line(head[1]) if (head := _HEAD.match(text.lstrip("\ufeff"))) else ""
    return Parsed(media_type=media_type, title=title, elements=elements, left_out=ledger.left_out, warnings=warnings)


def said_in(cue: str) -> str:
    """Return the words of a cue on one line, with the name of who speaks, without its tags."""
    said = _VOICE.sub(lambda voice: f"{voice[1]}: ", " ".join(cue.splitlines()))
    return " ".join(clean(unescape(_TAG.sub("", said))).split())


def _cues(text: str, ledger: Ledger) -> Iterator[tuple[str, Time]]:
    lines, last = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""
    beside = dict(enumerate(lines))
    for number, found in [(number, found) for number, line in enumerate(lines) if (found := _TIMES.match(line))]:
        end = next((at for at in range(number + 1, len(lines)) if not lines[at].strip()), len(lines))
        said, start = said_in("\n".join(lines[number + 1 : end])), _seconds(found[1])
        beside.update(dict.fromkeys(range(number, end), ""))
        name = beside.pop(number - 1, "")
        ledger.note("name of a cue", "a player does not show it", int(any(map(str.isalpha, name))))
        ledger.note("setting of a cue", "it only places the words", int(bool(lines[number][found.end() :].strip())))
        # Live captions repeat the line before.
        if said != last:
            yield said, Time(start=start, end=max(start, _seconds(found[2])))
        last = said
    for block in re.split(r"\n\s*\n", "\n".join(beside.values()).strip()):
        ledger.note(*_beside(block))


def _beside(block: str) -> tuple[str, str, int]:
    """Say what a passage is to which no time belongs; the head and the styles are no text."""
    match block.split(maxsplit=1)[:1]:
        case ["NOTE"]:
            return "note", "a player does not show it", int(block.strip() != "NOTE")
        case [] | ["WEBVTT" | "STYLE" | "REGION"]:
            return "passage", "", 0
        case _:
            return "passage", "no time belongs to it", 1


def _seconds(time: str) -> float:
    total = 0.0
    for part in time.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total
