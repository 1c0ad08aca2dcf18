"""Spoken words put together: words to utterances, utterances to windows that are searched and cited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from groundsight.audio import Spoken
from groundsight.types import Time

_END = re.compile(r"[.!?…。！？][\"')\]”’]*\Z")
_WORD = re.compile(r"\w+")
# Speakers breathe in under two seconds; a longer silence parts what is said. Neither may an utterance run on for ever.
_PAUSE_SECONDS, _SILENCE_SECONDS, _LONGEST = 1.5, 4.0, 300
# Some speech comes without any mark: it is cut into lines like those of subtitles, at breaths where it has some.
_RUN_ON_SECONDS, _LINE_SECONDS, _BREATH_SECONDS = 6.0, 3.0, 0.25
# Measured on repeated announcements, which a transcriber never writes down twice alike.
_SAME, _TELLING_WORDS = 0.8, 6
_SUMMED = 3


@dataclass(frozen=True)
class Utterance:
    """A sentence as it was said, or what was said between two pauses; ``track`` names the subtitles that say so."""

    text: str
    time: Time
    track: str = ""


@dataclass(frozen=True)
class SpokenWindow:
    """Neighbouring utterances, one a line, and when nearly the same was said again."""

    said: tuple[Utterance, ...]
    again: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(one.text for one in self.said)

    @property
    def tracks(self) -> tuple[str, ...]:
        """The subtitles that say some of it."""
        return tuple(dict.fromkeys(one.track for one in self.said if one.track))

    @property
    def seconds(self) -> tuple[float, ...]:
        """When each line begins."""
        return tuple(one.time.start for one in self.said)

    @property
    def time(self) -> Time:
        return Time(start=self.said[0].time.start, end=self.said[-1].time.end)


def utterances(words: Sequence[Spoken]) -> Iterator[Utterance]:
    """Join words up to the end of a sentence or a pause; what runs on without either is cut into lines."""
    for run in _runs(words):
        runs_on = run[-1].end - run[0].start > _RUN_ON_SECONDS and not _END.search(run[-1].text)
        for line in _lines(run) if runs_on else [run]:
            yield from _uttered(line)


def _runs(words: Sequence[Spoken]) -> Iterator[list[Spoken]]:
    run: list[Spoken] = []
    size = 0
    for word in words:
        paused = bool(run) and word.start - run[-1].end > _PAUSE_SECONDS
        if run and (paused or _END.search(run[-1].text) or size > _LONGEST):
            yield run
            run, size = [], 0
        run.append(word)
        size += len(word.text)
    if run:
        yield run


def _lines(run: Sequence[Spoken]) -> Iterator[list[Spoken]]:
    line: list[Spoken] = []
    for word in run:
        breathed = bool(line) and word.start - line[-1].end >= _BREATH_SECONDS
        if line and (breathed or word.end - line[0].start > _LINE_SECONDS):
            yield line
            line = []
        line.append(word)
    yield line


def subtitled(cues: Iterable[tuple[str, Time]], track: str = "") -> list[Utterance]:
    """Join the lines of subtitles to sentences; the words of a line are spread evenly over its time."""
    words = (
        Spoken(text=f" {word}", start=time.start + number * step, end=time.start + (number + 1) * step)
        for text, time in sorted(cues, key=lambda cue: cue[1].start)
        if (parts := text.split())
        for step in [(time.end - time.start) / len(parts)]
        for number, word in enumerate(parts)
    )
    return [replace(one, track=track) for one in utterances(list(words))]


def say_the_same(one: Sequence[Utterance], other: Sequence[Utterance]) -> bool:
    """True where most words of the shorter stand in the other: the same speech, written down twice in one language."""
    first, second = ({*_WORD.findall(" ".join(each.text for each in said).casefold())} for said in (one, other))
    return len(first & second) * 2 >= min(len(first), len(second))


def beside(said: Sequence[Utterance], written: Sequence[Utterance]) -> list[Utterance]:
    """Put what was heard beside what is written down of the same speech: what was heard meanwhile says it twice."""
    free = [one for one in said if sum(_shared(one.time, other.time) for other in written) <= _length(one.time) / 2]
    return sorted([*written, *free], key=lambda one: one.time.start)


def _shared(one: Time, other: Time) -> float:
    return max(0.0, min(one.end, other.end) - max(one.start, other.start))


def _length(time: Time) -> float:
    return time.end - time.start


def _uttered(run: Sequence[Spoken]) -> Iterator[Utterance]:
    text = " ".join("".join(word.text for word in run).split())
    if text:
        yield Utterance(text, Time(start=run[0].start, end=max(run[0].start, run[-1].end)))


def spoken_windows(said: Sequence[Utterance], most: int, overlap: int) -> Iterator[SpokenWindow]:
    """Cut into windows of at most ``most`` characters that end at long silences.

    Each begins anew with as much of the end of the one before as ``overlap`` characters hold.
    """
    held: list[Utterance] = []
    fresh = 0
    for one in said:
        silent = bool(held) and one.time.start - held[-1].time.end > _SILENCE_SECONDS
        if fresh and (silent or sum(len(each.text) + 1 for each in held) + len(one.text) > most):
            yield SpokenWindow(tuple(held))
            held, fresh = ([] if silent else _tail(held, overlap)), 0
        held.append(one)
        fresh += 1
    if fresh:
        yield SpokenWindow(tuple(held))


def _tail(held: Sequence[Utterance], overlap: int) -> list[Utterance]:
    size = 0
    for number, one in enumerate(reversed(held)):
        size += len(one.text) + 1
        if size > overlap:
            return list(held[len(held) - number :])
    return []


def collapsed(windows: Sequence[SpokenWindow]) -> list[SpokenWindow]:
    """Keep the first of windows that say nearly the same (an announcement), with the times of the others."""
    kept: list[tuple[SpokenWindow, frozenset[str]]] = []
    for window in windows:
        words = frozenset(_WORD.findall(window.text.casefold()))
        same = next((at for at, (_, other) in enumerate(kept) if _near(words, other)), None)
        if same is None:
            kept.append((window, words))
        else:
            first, known = kept[same]
            kept[same] = replace(first, again=(*first.again, window.time.start)), known
    return [window for window, _ in kept]


def _near(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one) >= _TELLING_WORDS and len(one & other) >= _SAME * len(one | other)


def summary(said: Sequence[Utterance]) -> str:
    """Return the utterance whose words come up most in the others, empty where there are too few to choose from."""
    if len(said) < _SUMMED:
        return ""
    words = [set(_WORD.findall(one.text.casefold())) for one in said]
    known = Counter(word for each in words for word in each)
    worth = [sum(known[word] - 1 for word in each) / (len(each) + 5) for each in words]
    return said[worth.index(max(worth))].text
