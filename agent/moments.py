"""Questions for the moment of a recording or a clip at which something is said or shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.agent.listing import Pointed, listed
from groundsight.evidence.places import quoted
from groundsight.language.content import content_of
from groundsight.language.sentences import sentence_spans
from groundsight.language.stems import lexicon_rows
from groundsight.retrieval.evidence import evidence_from
from groundsight.types import Answer, Condition, Filter, Query, Reason
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import Evidence, Quote

MOST_MOMENTS = 10
# Of these at most it can say how many more there are.
_SEARCHED = 40
IN_TIME = Filter(conditions=(Condition(field="kind", op="in", value=("audio", "video")),))


def from_the_recordings(suite: Suite, question: str) -> Answer | None:
    """Say when the words of a question are said or shown together; None for other questions, and where they are not."""
    topic = topic_of(question)
    if topic is None or not (wanted := content_of(topic)):
        return None
    found = evidence_from(suite.search(Query(text=topic, where=IN_TIME, limit=_SEARCHED)).hits)
    moments = [(one, quote) for one in found for quote in _moments(one) if wanted <= content_of(quote.text)]
    ordered = sorted(moments, key=lambda each: (each[1].source, each[1].second or 0.0))
    rows, more = [_said(*each) for each in ordered[:MOST_MOMENTS]], len(ordered) - MOST_MOMENTS
    if not rows:
        return None
    told = listed(question, rows, "these words are said or shown there", writer="recordings")
    beyond = f"\nMoments that are not listed here: {more}." if more > 0 else ""
    return told.model_copy(update={"text": f"{told.text}{beyond}"})


def topic_of(question: str) -> str | None:
    """Return what is looked for, None where no moment is asked for."""
    text = question.casefold().replace("’", "'").rstrip("?！？ ")
    if not _phrases("moment").search(text):
        return None
    return _phrases("said").sub(" ", _phrases("moment").sub(" ", text)).strip()


def _moments(one: Evidence) -> Iterator[Quote]:
    """Yield what is said, sentence by sentence, and the lines that are shown."""
    for part in (part for part in one.parts if part.channel in ("transcript", "ocr")):
        text = one.text[part.span.start : part.span.end]
        spans = sentence_spans(text) if part.channel == "transcript" else _lines(text)
        for start, end in spans:
            yield quoted(one, (part.span.start + start, part.span.start + end), channel=part.channel)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    return (found.span() for found in re.finditer(r"[^\n]+", text))


@lru_cache(maxsize=2)
def _phrases(name: str) -> re.Pattern[str]:
    said = [each for row, phrases in lexicon_rows("moment_words.tsv") if row == name for each in phrases.split(", ")]
    longest = "|".join(re.escape(phrase) for phrase in sorted(said, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{longest})(?!\w)")


def _said(one: Evidence, quote: Quote) -> Pointed:
    """Each moment is a sentence of its own, and stands word for word in what was heard or read."""
    name = one.source.rsplit("/", 1)[-1]
    sentence = f'{name}{at(quote.second)}: "{" ".join(quote.text.split())}"'
    return Pointed(sentence, one, quote, Reason(code="verbatim", message="the words stand there"))
