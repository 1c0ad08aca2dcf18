"""Questions for the files that speak of something, and for what stands in one: answered by their own sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from groundsight.agent.listing import Pointed, listed
from groundsight.evidence.places import quoted
from groundsight.governance.access import visible_to
from groundsight.language.content import content_of
from groundsight.language.sentences import sentence_spans
from groundsight.language.stems import phrases, stem
from groundsight.retrieval.evidence import evidence_from, evidence_of
from groundsight.types import Answer, Asset, Hit, Query, Reason
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import Evidence, Quote

MOST_FILES, MOST_LINES = 8, 5
SEARCHED = 40
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


def from_the_topics(suite: Suite, question: str) -> Answer | None:
    """Name the files that speak of something, or say what stands in one; None for every other question."""
    text = question.casefold().replace("’", "'").rstrip("?.！？ ")
    if topic := topic_of(text):
        return _speaking_of(suite, question, topic)
    # What is the price of the pergola asks for no file; what is the pergola about does.
    opened = _after(text, "summary") or (_after(text, "opening") if _phrases("closing").search(text) else "")
    if opened and (asset := _named(suite, opened)):
        return _standing_in(suite, question, asset)
    return None


def topic_of(text: str) -> str:
    """Return what files are asked about, "" where no files are asked for."""
    for found in _phrases("about").finditer(text):
        before, topic = text[: found.start()], text[found.end() :].strip()
        asks = _phrases("file").search(before) or _phrases("any").search(before)
        rest = _phrases("file", "list", "any", "filler").sub(" ", before)
        if asks and topic and not _WORD.search(rest):
            return topic
    return ""


def _speaking_of(suite: Suite, question: str, topic: str) -> Answer | None:
    """One sentence of each file in which all words of the topic stand together."""
    wanted = content_of(_phrases("filler").sub(" ", topic))
    best: dict[str, tuple[Evidence, Quote]] = {}
    for one in evidence_from(suite.search(Query(text=topic, limit=SEARCHED)).hits) if wanted else ():
        if wanted <= content_of(f"{one.text} {one.title} {one.place.section or ''}"):
            best.setdefault(one.source, (one, _telling(one, wanted)))
    found = [*best.values()][:MOST_FILES]
    return _told(question, found, "these files speak of it")


def _telling(one: Evidence, wanted: frozenset[str]) -> Quote:
    """The sentence that has most of some words, those that the name of the file lacks first."""
    known = content_of(f"{one.title} {one.source}")

    def worth(span: tuple[int, int]) -> tuple[int, int]:
        said = content_of(one.text[slice(*span)]) & wanted
        return len(said - known), len(said)

    return quoted(one, max(sentence_spans(one.text), key=worth, default=(0, len(one.text))))


def _standing_in(suite: Suite, question: str, asset: Asset) -> Answer | None:
    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    shown = [
        (evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=())), unit.meta)
        for unit in units if any(map(str.strip, (unit.text, unit.transcript, unit.ocr)))
    ]  # fmt: skip
    lines = list(islice(_opening(shown), MOST_LINES))
    return _told(question, lines, "so the file opens, part by part")


def _told(question: str, found: Sequence[tuple[Evidence, Quote]], stop: str) -> Answer | None:
    verbatim = Reason(code="verbatim", message="the words stand there")
    said = [
        (f'{one.source.rpartition("/")[2]}{at(quote.second)}: "{" ".join(quote.text.split())}"', one, quote)
        for one, quote in found
    ]
    return listed(question, [Pointed(*each, verbatim) for each in said], stop, writer="catalogue") if said else None


def _opening(shown: Sequence[tuple[Evidence, str]]) -> Iterator[tuple[Evidence, Quote]]:
    """Yield the first sentence of each part, of what is said its summary, then the second of each."""
    spans = [
        sorted(sentence_spans(one.text), key=lambda span: one.text[slice(*span)] not in told) for one, told in shown
    ]
    for number in range(max(map(len, spans), default=0)):
        every = zip(shown, spans, strict=True)
        yield from ((one, quoted(one, each[number])) for (one, _), each in every if number < len(each))


def _after(text: str, row: str) -> str:
    found = _phrases(row).match(text)
    return _phrases("closing").sub(" ", text[found.end() :]).strip() if found else ""


def _named(suite: Suite, rest: str) -> Asset | None:
    """The only file that is called so: by its whole name, or by words of its name, and its title beside."""
    assets = suite.parts.index.assets(visible_to(suite.principal))
    called = [one for one in assets if _name(one).casefold() in rest]
    wanted = {stem(word) for word in _WORD.findall(_phrases("file", "filler").sub(" ", rest))}
    found = called or [
        one
        for one in assets
        if wanted & _stems(_name(one)) and wanted <= _stems(f"{_name(one)} {one.title} {one.media_type}")
    ]
    return found[0] if len(found) == 1 else None


def _name(asset: Asset) -> str:
    return asset.source.rpartition("/")[2]


def _stems(named: str) -> frozenset[str]:
    return frozenset(map(stem, _WORD.findall(re.sub(r"[_./-]", " ", named.casefold()))))


def _phrases(*names: str) -> re.Pattern[str]:
    return phrases(names, "topic_words.tsv", "file_words.tsv")
