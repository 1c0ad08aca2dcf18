"""What can be quoted: the sentences, lines and table cells of evidence, each with its surroundings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundsight.agent.words import squeeze, stem_set
from groundsight.types import Evidence, Span, TextField

_BREAK = re.compile(r"(?<=[.!?])[\"')\]\u201d]*\s+(?=[\"'(\[\u201c]?[A-Z0-9\u00c0-\u00de])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|Nr|vs|e\.g|i\.e|approx|Inc|Ltd|Co|Corp|Fig|p|pp)|\b[A-Z])\.$"
)
_NEW_LINE_ITEM = re.compile(r"\s*(?:[-*\u2022\u2023]|\d+[.)]\s|[A-Z][\w /&-]{1,40}:\s|#|\|)")
WRAPPED_LINE_CHARS = 60
LONGEST_QUOTE = 420


@dataclass(frozen=True)
class Passage:
    """A stretch of one evidence that can stand as a sentence of an answer.

    ``quoted`` is verbatim; ``label`` says what the quote leaves unsaid (row and column of a table);
    ``before`` is the sentence before it, which a pronoun may refer to.
    """

    evidence: Evidence
    quoted: str
    span: Span
    label: str = ""
    before: str = ""
    channel: TextField = "text"

    @cached_property
    def said(self) -> str:
        """The quote with its label, on one line."""
        quoted = squeeze(self.quoted)
        return f"{self.label}: {quoted}" if self.label else quoted

    @cached_property
    def local(self) -> frozenset[str]:
        """Stems of the quote and its label."""
        return stem_set(self.said)

    @cached_property
    def near(self) -> frozenset[str]:
        """Stems of the quote, its label and its heading."""
        return self.local | stem_set(heading_of(self.evidence))

    @cached_property
    def around(self) -> frozenset[str]:
        """Stems of everything that the evidence says, its title and its source included."""
        return self.near | stem_set(self.evidence.text) | stem_set(naming_of(self.evidence))


def heading_of(evidence: Evidence) -> str:
    """Return the heading path of an evidence."""
    return evidence.place.section or ""


def naming_of(evidence: Evidence) -> str:
    """Return the title and the file name of an evidence, separators as spaces."""
    return re.sub(r"[/\\_.-]+", " ", f"{evidence.title} {evidence.source}") + f" {evidence.title} {evidence.source}"


def passages(evidence: Sequence[Evidence]) -> list[Passage]:
    """List every sentence, line and table cell of some evidence."""
    return [found for one in evidence for found in (*_of_cells(one), *_of_text(one))]


def said_sentences(text: str) -> list[str]:
    """Split a text into its sentences."""
    return [text[span.start : span.end] for span in _sentences(text, 0, len(text), by_line=False)]


def _of_text(one: Evidence) -> Iterator[Passage]:
    for channel, start, end in _stretches(one):
        before = ""
        for span in _sentences(one.text, start, end, by_line=channel == "ocr"):
            quoted = one.text[span.start : span.end]
            yield Passage(one, quoted, span, before=before, channel=channel)
            before = quoted


def _stretches(one: Evidence) -> list[tuple[TextField, int, int]]:
    if not one.parts:
        return [("text", 0, len(one.text))]
    return [(part.channel, part.span.start, part.span.end) for part in one.parts if part.channel != "meta"]


def _sentences(text: str, start: int, end: int, *, by_line: bool) -> Iterator[Span]:
    at = start
    for match in _BREAK.finditer(text, start, end):
        if by_line or _divides(text, at, match, end):
            yield from _span(text, at, match.start())
            at = match.end()
    yield from _span(text, at, end)


def _divides(text: str, at: int, match: re.Match[str], end: int) -> bool:
    """Say whether a break ends a sentence: not inside a wrapped line, not after an abbreviation."""
    before, gap = text[at : match.start()], match.group(0)
    if "\n" not in gap:
        return not _ABBREVIATION.search(before)
    if gap.count("\n") > 1 or before.rstrip().endswith((".", "!", "?", ":", ";", "|")):
        return True
    line = before.rsplit("\n", 1)[-1]
    return len(line) < WRAPPED_LINE_CHARS or bool(_NEW_LINE_ITEM.match(text[match.end() : end][:60]))


def _span(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    start, end = start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
    if end - start > 1:
        yield Span(start=start, end=min(end, start + LONGEST_QUOTE))


def _of_cells(one: Evidence) -> Iterator[Passage]:
    if len(one.cells) < 2:
        return
    header = one.cells[0]
    for row in one.cells[1:]:
        for column, value in enumerate(row):
            if column and value.strip() and row[0].strip():
                name = header[column] if column < len(header) else ""
                yield _cell(one, row[0], name, value)


def _cell(one: Evidence, row: str, column: str, value: str) -> Passage:
    at = one.text.find(value, max(one.text.find(row), 0))
    span = Span(start=max(at, 0), end=max(at, 0) + (len(value) if at >= 0 else 0))
    label = ": ".join(part for part in (squeeze(row), squeeze(column)) if part)
    return Passage(one, value, span, label=label)
