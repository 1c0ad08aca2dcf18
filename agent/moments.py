"""Questions for the moment at which something is said or shown, and for what is shown or said meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from groundsight.agent.listing import Pointed, listed
from groundsight.agent.question import Question
from groundsight.evidence.places import box_of_words, quoted
from groundsight.governance.access import visible_to
from groundsight.language.content import content_of
from groundsight.language.meanwhile import read_in_time
from groundsight.language.sayings import saying
from groundsight.language.sentences import sentence_spans
from groundsight.retrieval.evidence import evidence_from, evidence_of
from groundsight.types import Answer, Condition, Evidence, Filter, Fit, Hit, Query, Quote, Reason, TextField
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.language.meanwhile import InTime
    from groundsight.suite import Suite

MOST_MOMENTS, MOST_CLOSEST, WRITER = 10, 3, "recordings"
# Of these at most it can say how many more there are.
_SEARCHED = 40
IN_TIME = Filter(conditions=(Condition(field="kind", op="in", value=("audio", "video")),))
# What is written beside a recording is named like it, with a language or without: talk.mp4, talk.srt, talk.de.vtt.
_ENDING = re.compile(r"(?:\.[a-z]{2,3})?\.\w+$")
# What is heard and what is written down of it differ by about a word.
_TWIN_SECONDS = 2.0
_OTHER: dict[TextField, TextField] = {"transcript": "ocr", "ocr": "transcript"}
Moment = tuple[Evidence, Quote]


def from_the_recordings(suite: Suite, question: str) -> Answer | None:
    """Say when the words of a question are said or shown together, or what is shown or said meanwhile.

    None for other questions, and where they are not. Where only a clip can answer, the closest moments are evidence.
    """
    asked = read_in_time(question)
    if asked is None:
        return None
    result = suite.search(Query(text=asked.words, where=IN_TIME, limit=_SEARCHED))
    answer = _answer(suite, question, asked, evidence_from(result.hits))
    tier = result.tier.model_copy(update={"models": {**result.tier.models, "writer": WRITER}})
    return answer and answer.model_copy(update={"tier": tier, "degraded": result.degraded})


def _answer(suite: Suite, question: str, asked: InTime, found: Sequence[Evidence]) -> Answer | None:
    moments = _moments(found, asked)
    if asked.by is None:
        return _told(question, [[_pointed(*each)] for each in moments], "these words are said or shown there")
    told = list(_meanwhile(suite, asked, moments))
    if sure := [group for group in told if asked.about <= content_of(" ".join(each.quote.text for each in group[:-1]))]:
        return _told(question, sure, "both come together there")
    near = told or [[_pointed(*each)] for each in _near(found, asked)]
    return _closest(question, near) if asked.sure else None


def _moments(found: Sequence[Evidence], asked: InTime) -> list[Moment]:
    """Where the words stand in one sentence or on one slide, by time; else in two sentences that follow each other."""
    sides: dict[str | None, tuple[TextField, ...]] = {"said": ("transcript",), "shown": ("ocr",)}
    channels, whole = sides.get(asked.by, ("transcript", "ocr")), asked.by is not None
    every = [(one, quote) for one in found for each in channels for quote in _quotes(one, each, whole=whole)]
    held = [each for each in every if asked.topic <= content_of(each[1].text)]
    if not held and asked.by == "said":
        held = [each for one in found for each in _in_two(one) if asked.topic <= content_of(each[1].text)]
    if asked.by == "shown":
        # The slide about torque is the one that has it in its title.
        held = [each for each in held if asked.topic <= content_of(each[1].text.partition("\n")[0])] or held
    return _once(held)


def _once(moments: Sequence[Moment]) -> list[Moment]:
    """Put moments in order, each once: windows overlap, and what was heard stands in subtitles, too."""
    kept = dict[tuple[str, float, str], Moment]()
    for one, quote in sorted(moments, key=lambda each: (*_key(each[1])[:2], not _has(each[0], "ocr"), each[1].text)):
        if not any(_twins((one, quote), each) for each in kept.values()):
            kept.setdefault(_key(quote), (one, quote))
    return [*kept.values()]


def _twins(one: Moment, other: Moment) -> bool:
    """Two tracks of one recording at the same moment, or a file of subtitles beside it."""
    (unit, quote), (near, said) = one, other
    apart = abs((quote.second or 0.0) - (said.second or 0.0))
    return (
        (unit.source, unit.place.section) != (near.source, near.place.section)
        and apart <= _TWIN_SECONDS
        and _stem(unit.source) == _stem(near.source)
        and _meet(unit, near)
    )


def _meet(one: Evidence, other: Evidence) -> bool:
    mine, theirs = one.place.time, other.place.time
    return mine is not None and theirs is not None and mine.start < theirs.end and theirs.start < mine.end


def _in_two(one: Evidence) -> Iterator[Moment]:
    for first, second in pairwise(_quotes(one, "transcript")):
        yield one, quoted(one, (first.span.start, second.span.end), channel="transcript")


def _quotes(one: Evidence, channel: TextField, *, whole: bool = False) -> Iterator[Quote]:
    """Yield what is said, sentence by sentence, or the lines that are shown, a ``whole`` slide as one."""
    for part in (part for part in one.parts if part.channel == channel):
        text, start = one.text[part.span.start : part.span.end], part.span.start
        lines = [(0, len(text))] if whole else [found.span() for found in re.finditer(r"[^\n]+", text)]
        for begin, end in _said(text) if channel == "transcript" else lines:
            box = box_of_words(one.lines, text[begin:end]) if channel == "ocr" else None
            yield quoted(one, (start + begin, start + end), box, channel)


def _said(text: str) -> Iterator[tuple[int, int]]:
    """Yield sentences; of speech without marks its lines, since only they say when a word was said."""
    for begin, end in sentence_spans(text):
        yield from ((begin + found.start(), begin + found.end()) for found in re.finditer(r"[^\n]+", text[begin:end]))


def _meanwhile(suite: Suite, asked: InTime, moments: Sequence[Moment]) -> Iterator[list[Pointed]]:
    """Yield what is asked for, then what it was found by: a slide with what is said, what is said with its slide."""
    seen = set[tuple[str, float, str]]()
    for one, quote in moments:
        other = _OTHER[quote.channel]
        there = [(each, part) for each in _at(suite, one, quote) for part in _quotes(each, other, whole=True)]
        if asked.by == "said":
            there = there[:1]
        else:
            there = [each for each in there if each[0] is one or _falls(each[1].second, one)]
            there = [each for each in there if asked.about <= content_of(each[1].text)] or there
        new = [each for each in there if _key(each[1]) not in seen]
        seen |= {_key(each) for _, each in new}
        if new:
            yield [*(_pointed(*each) for each in new), _pointed(one, quote, meanwhile=True)]


def _at(suite: Suite, one: Evidence, quote: Quote) -> list[Evidence]:
    """Return what belongs to the seconds of a moment: the segment itself, else what is stored beside the recording."""
    other = _OTHER[quote.channel]
    if _has(one, other):
        return [one]
    stem, index, where = _stem(one.source), suite.parts.index, visible_to(suite.principal)
    named = index.assets(where.also(Condition(field="source", op="prefix", value=f"{stem}.")))
    beside = [asset for asset in named if _stem(asset.source) == stem]
    units = ((unit, asset) for asset in beside for unit in index.units(asset.asset_id, where))
    every = (evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=())) for unit, asset in units)
    return [each for each in every if _has(each, other) and (other == "transcript" or _falls(quote.second, each))]


def _stem(source: str) -> str:
    return _ENDING.sub("", source)


def _has(one: Evidence, channel: TextField) -> bool:
    return one.place.time is not None and any(part.channel == channel for part in one.parts)


def _falls(second: float | None, scene: Evidence) -> bool:
    time = scene.place.time
    return second is not None and time is not None and time.start <= second < time.end


def _near(found: Sequence[Evidence], asked: InTime) -> list[Moment]:
    every = [(one, quote) for one in found for each in ("transcript", "ocr") for quote in _quotes(one, each)]
    told = sorted(every, key=lambda each: -len(asked.topic & content_of(each[1].text)))[:MOST_CLOSEST]
    return [each for each in told if asked.topic & content_of(each[1].text)]


def _key(quote: Quote) -> tuple[str, float, str]:
    return quote.source, quote.second or 0.0, quote.text


def _told(question: str, groups: Sequence[Sequence[Pointed]], stop: str) -> Answer | None:
    rows, more = [row for group in groups[:MOST_MOMENTS] for row in group], len(groups) - MOST_MOMENTS
    if not rows:
        return None
    told = listed(question, rows, stop, writer=WRITER)
    beyond = f"\nMoments that are not listed here: {more}." if more > 0 else ""
    return told.model_copy(update={"text": f"{told.text}{beyond}"})


def _closest(question: str, groups: Sequence[Sequence[Pointed]]) -> Answer | None:
    """No clip is sure to hold both sides: what comes close is shown, and is no answer."""
    told, language = _told(question, groups[:MOST_CLOSEST], "no moment is sure to answer"), Question(question).language
    if told is None:
        return None
    text = "\n".join((saying("unconfirmed", language), saying("closest", language), told.text))
    none = {"status": "evidence", "text": text, "grounding_ratio": None, "verdicts": (), "fit": Fit()}
    return told.model_copy(update=none)


def _pointed(one: Evidence, quote: Quote, *, meanwhile: bool = False) -> Pointed:
    """Each moment is a sentence of its own, and stands word for word in what was heard or read."""
    place, lines = f"{one.source.rpartition('/')[2]}{at(quote.second)}", quote.text.split("\n")
    shown = quote.channel == "ocr" and (meanwhile or len(lines) > 1)
    how = f"{' shows' if shown else ''}{', meanwhile' if meanwhile else ''}"
    said = f'{place}{how}: "{" / ".join(" ".join(line.split()) for line in lines)}"'
    return Pointed(said, one, quote, Reason(code="verbatim", message="the words stand there"))
