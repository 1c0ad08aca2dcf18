"""Where an answer may stand: what the packaged reader marks in the evidence, and the cells of the rows it read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from groundsight.agent.question import Question
from groundsight.computing.say import cell_said
from groundsight.encoders.reader import Found, Reader
from groundsight.evidence.heads import lead_of
from groundsight.evidence.windows import Stretch, Window, quote_of, windows
from groundsight.language.content import content_of, stems_of
from groundsight.language.framing import reframed
from groundsight.language.licences import related
from groundsight.types import Evidence, Quote

# Reading a window costs 10 to 20 ms. Of 100 answers that stood in ten hits, 97 stood in the first twelve windows.
MOST_READ = 12
MARKED, UNMARKED = 8, 1.0
LICENSED = 0.6
_WORD = re.compile(r"\w+")
Near = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Eyes:
    """What looks for answers: the packaged reader, and how near sentences are to a question by the text encoder."""

    reader: Reader
    near: Near


@dataclass(frozen=True)
class Proposal:
    """A value in a sentence, row or line; ``lead`` is what its file is about, ``features`` are what the gate weighs.

    ``file_words`` are the folded words of all evidence of its file.
    """

    window: Window
    start: int
    end: int
    margin: float
    rank: int
    lead: str = ""
    file_words: frozenset[str] = frozenset()
    features: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def value(self) -> str:
        """The answer itself."""
        return self.window.text[self.start : self.end].strip(" .,;:")

    @cached_property
    def stretch(self) -> Stretch:
        """The sentence, row or line that holds the value."""
        return self.window.around(self.start)

    @property
    def said(self) -> str:
        """That sentence, row or line as it is read."""
        return self.window.said(self.stretch)

    @property
    def sentence(self) -> str:
        """The sentence or line as it stands; of a row its key, the head of the column and the cell, said."""
        row, at = self.stretch.row, self.column
        if row is None or not at:
            return self.said
        key, head, value = (one.strip() for one in (row.cells[0], self.window.evidence.cells[0][at], row.cells[at]))
        return cell_said(key, head, value, self.window.evidence.language.removeprefix("en"))

    @property
    def column(self) -> int | None:
        """The column of a value that stands in a row."""
        return self.window.column_at(self.start)

    @property
    def cell(self) -> bool:
        """True for the whole cell of a row."""
        return (self.start, self.end) in self.window.cells

    @property
    def label(self) -> str:
        """The head of the column, or what stands before the value and a colon in its line."""
        at = self.column
        if at is not None:
            return self.window.evidence.cells[0][at] if at < len(self.window.evidence.cells[0]) else ""
        before = self.window.text[self.stretch.at[0] : self.start].rstrip()
        return before[:-1] if before.endswith(":") else ""

    def row_told(self, question: Question) -> float:
        """The share of the question that the other cells of the row say; 0 outside of rows."""
        row, at = self.stretch.row, self.column
        if row is None:
            return 0.0
        others = " ".join(cell for place, cell in enumerate(row.cells) if place != at)
        return share(question.stems, stems_of(others))

    def label_told(self, question: Question) -> float:
        """The share of the question that the label of the value says; 0 without a label."""
        return share(question.stems, content_of(self.label)) if self.label else 0.0

    @property
    def whole(self) -> Quote:
        """The sentence, row or line that holds the value, with its place."""
        return quote_of(self.window.evidence, self.stretch.span, self.stretch.channel)

    @property
    def quote(self) -> Quote:
        """The characters of the value with their place and box."""
        return self.window.quote(self.start, self.end)


def candidates(question: Question, evidence: Sequence[Evidence], eyes: Eyes) -> list[Proposal]:
    """What the reader marks, whole cells where it marks a part of one, and every other cell of the rows it read."""
    ranked = {one.evidence_id: at for at, one in enumerate(evidence)}
    shown = read_windows(question, evidence)
    leads, words = _leads(shown, evidence), _words_of_files(evidence, {one.evidence.source for one in shown})
    led = [f"{lead}\n{one.text}" if lead else one.text for lead, one in zip(leads, shown, strict=True)]
    found: dict[tuple[int, int], Proposal] = {}
    least: dict[int, float] = {}

    def add(at: int, start: int, end: int, margin: float) -> None:
        window = shown[at]
        rank, about = ranked[window.evidence.evidence_id], words[window.evidence.source]
        found.setdefault((at, start), Proposal(window, start, end, margin, rank, leads[at], about))

    for one in _marked(question, led, eyes):
        window, shift = shown[one.passage], len(led[one.passage]) - len(shown[one.passage].text)
        if one.start < shift:
            continue
        start, end = one.start - shift, one.end - shift
        start, end = window.cell_at(start, end) or (start, end)
        # A value lies in one sentence, row or line.
        if "\n" not in (value := window.text[start:end].strip(" .,;:")) and value:
            add(one.passage, start, end, one.margin)
        least[one.passage] = one.margin
    for at, window in enumerate(shown):
        for start, end in window.cells:
            add(at, start, end, least.get(at, 0.0) - UNMARKED)
    return sorted(found.values(), key=lambda one: -one.margin)


def _marked(question: Question, texts: Sequence[str], eyes: Eyes) -> list[Found]:
    """What the reader marks; of a passage in another language in its English frame, led back to its own words."""
    if not question.language:
        return eyes.reader.spans(question.text, texts, MARKED)
    read = [reframed(text, question.language) for text in texts]
    found = eyes.reader.spans(question.text, [text for text, _ in read], MARKED)
    places = [read[one.passage][1][one.start : one.end] for one in found]
    return [replace(one, start=at[0][0], end=at[-1][1]) for one, at in zip(found, places, strict=True)]


def _words_of_files(evidence: Sequence[Evidence], sources: Collection[str]) -> dict[str, frozenset[str]]:
    """The folded words of what is known of each file: a lease names its flat once, and the rent stands elsewhere."""
    told = {source: [f"{one.title} {one.text}" for one in evidence if one.source == source] for source in sources}
    return {source: frozenset(_WORD.findall(" ".join(texts).casefold())) for source, texts in told.items()}


def _leads(shown: Sequence[Window], evidence: Sequence[Evidence]) -> list[str]:
    """What each window is about, as it was trained with: the first line of its file, else the title; "" where it is it.

    A question names the lease; the line with the rent does not.
    """
    first = {one.source: lead_of(one.text) for one in evidence if one.evidence_id.endswith("-0000")}
    leads = [first.get(one.evidence.source) or lead_of(one.evidence.title) for one in shown]
    return ["" if one.text.startswith(lead) else lead for lead, one in zip(leads, shown, strict=True)]


def closest(question: Question, window: Window) -> Quote:
    """Return the sentence, row or line of a window that says most of a question, its heading only where it is all."""
    below = [one for one in window.stretches if window.said(one).strip() not in window.heading]
    best = max(below or window.stretches, key=lambda one: len(stems_of(window.said(one)) & question.stems))
    return quote_of(window.evidence, best.span, best.channel)


def read_windows(question: Question, evidence: Sequence[Evidence]) -> list[Window]:
    """Take the windows that say most of a question, rare words counting more, what was found first going first."""
    every, ranked = windows(evidence), {one.evidence_id: at for at, one in enumerate(evidence)}
    said = [stems_of(one.text) for one in every]
    weights = {stem: 1 / math.sqrt(1 + sum(stem in one for one in said)) for stem in question.stems}

    def score(at: int) -> float:
        near = 0.3 * weighed(weights, stems_of(every[at].heading))
        return weighed(weights, said[at]) + near + 0.5 / (1 + ranked[every[at].evidence.evidence_id])

    order = sorted(range(len(every)), key=lambda at: -score(at))[:MOST_READ]
    return [every[at] for at in order]


def weighed(weights: Mapping[str, float], said: frozenset[str]) -> float:
    """The weight of the stems that others say, those that only license them counting less."""
    alike = {like for stem in said for like in related(stem).licensed & weights.keys()}
    return sum(
        weight * (1.0 if stem in said else LICENSED if stem in alike else 0.0) for stem, weight in weights.items()
    )


def share(wanted: frozenset[str], said: frozenset[str]) -> float:
    """The share of some stems that others say."""
    return weighed(dict.fromkeys(wanted, 1.0), said) / (len(wanted) or 1)
