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
_NEW_LINE_ITEM = re.compile(r"\s*(?:[-*\u2022\u2023]|\d+[.)]\s|[A-Z][\w /&().-]{1,40}:\s|#|\|)")
_POINT = re.compile(r"\s*[-*\u2022\u2023]\s")
WRAPPED_LINE_CHARS = 60
LONGEST_QUOTE = 420
LABEL_WORDS = 4
SHORT_PICTURE_LINES = 14
HEADING_LINES = 4
OPENING_CHARS = 240


@dataclass(frozen=True)
class Passage:
    """A stretch of one evidence that can stand as a sentence of an answer.

    ``quoted`` is verbatim; ``label`` says what the quote leaves unsaid (row and column of a table);
    ``before`` is the sentence before it, which a pronoun may refer to. ``header`` is the head of its column or the
    label of its line; ``beside`` is the rest of its row, or of the picture that its line was read from; ``opening`` is
    how its file begins, which says what all of it is about.
    """

    evidence: Evidence
    quoted: str
    span: Span
    label: str = ""
    before: str = ""
    channel: TextField = "text"
    header: str = ""
    beside: str = ""
    opening: str = ""

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
    def apart(self) -> frozenset[str]:
        """Stems of what stands beside the quote."""
        return stem_set(self.beside)

    @cached_property
    def begins(self) -> frozenset[str]:
        """Stems of how the file begins."""
        return stem_set(self.opening)

    @cached_property
    def around(self) -> frozenset[str]:
        """Stems of everything that belongs to the quote: its row, or else its evidence; title and source included."""
        belongs = self.apart if self.label else stem_set(self.evidence.text)
        return self.near | belongs | stem_set(naming_of(self.evidence))


def heading_of(evidence: Evidence) -> str:
    """Return the heading path of an evidence."""
    return evidence.place.section or ""


def naming_of(evidence: Evidence) -> str:
    """Return the title and the file name of an evidence, separators as spaces."""
    return f"{separated(f'{evidence.title} {evidence.source}')} {evidence.title} {evidence.source}"


def separated(name: str) -> str:
    """Write the separators of a file name as spaces."""
    return re.sub(r"[/\\_.-]+", " ", name)


def passages(evidence: Sequence[Evidence]) -> list[Passage]:
    """List every sentence, line and table cell of some evidence."""
    firsts = {one.source: one for one in evidence if is_first(one.evidence_id)}
    return [
        found
        for one in evidence
        for found in (_of_cells(one) if len(one.cells) > 1 else _of_text(one, _opening(one, firsts.get(one.source))))
    ]


def _opening(one: Evidence, first: Evidence | None) -> str:
    """Return how a file begins, where that stands over this evidence and not in a section beside it."""
    if first is None or not heading_of(one).startswith(heading_of(first)):
        return ""
    return squeeze(first.text[:OPENING_CHARS])


def is_first(unit_id: str) -> bool:
    """Say whether an id is that of the first unit of its file."""
    return unit_id == first_of(unit_id)


def first_of(unit_id: str) -> str:
    """Return the id of the first unit of the same file, empty for an id that counts no units."""
    asset, dash, number = unit_id.rpartition("-")
    return f"{asset}{dash}{'0' * len(number)}" if dash and number.isdigit() else ""


def _of_text(one: Evidence, opening: str) -> Iterator[Passage]:
    for channel, start, end in _stretches(one):
        spans = list(_sentences(one.text, start, end, by_line=channel == "ocr"))
        quotes = [one.text[span.start : span.end] for span in spans]
        for at, (span, quoted) in enumerate(zip(spans, quotes, strict=True)):
            before = quotes[at - 1] if at and not _is_apart(quotes[at - 1], quoted) else ""
            beside = _lines_beside(quotes, at) if channel == "ocr" else ""
            yield Passage(
                one,
                quoted,
                span,
                before=before,
                channel=channel,
                header=label_of(quoted),
                beside=beside,
                opening=opening,
            )


def _is_apart(before: str, quoted: str) -> bool:
    """The points of a list stand side by side; only the line that opens the list goes before them."""
    return bool(_POINT.match(quoted)) and not before.rstrip().endswith(":")


def label_of(line: str) -> str:
    """Return what stands before the colon of a labelled line, empty when there is no label."""
    label, colon, value = squeeze(line).partition(": ")
    return label if colon and value and len(label.split()) <= LABEL_WORDS else ""


def _lines_beside(lines: Sequence[str], at: int) -> str:
    """Return the other lines of a short picture; of a long one its heading lines and the lines close by."""
    if len(lines) <= SHORT_PICTURE_LINES:
        return "\n".join((*lines[:at], *lines[at + 1 :]))
    return "\n".join((*lines[: min(HEADING_LINES, at)], *lines[max(0, at - 2) : at], *lines[at + 1 : at + 2]))


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
    # The line, not the sentence: one that begins late in a line still runs on.
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    return len(line) < WRAPPED_LINE_CHARS or bool(_NEW_LINE_ITEM.match(text[match.end() : end][:60]))


def _span(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    start, end = start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
    if end - start > 1:
        yield Span(start=start, end=min(end, start + LONGEST_QUOTE))


def _of_cells(one: Evidence) -> Iterator[Passage]:
    for row in one.cells[1:]:
        if row[0].strip():
            yield from (_cell(one, row, column) for column, value in enumerate(row) if value.strip())


def _cell(one: Evidence, row: Sequence[str], column: int) -> Passage:
    """Read a cell under the head of its column, labelled by the first cell of its row."""
    heads, value = one.cells[0], row[column]
    at = one.text.find(value, max(one.text.find(row[0]), 0))
    span = Span(start=max(at, 0), end=max(at, 0) + (len(value) if at >= 0 else 0))
    header = squeeze(heads[column]) if column < len(heads) else ""
    label = ": ".join(part for part in (squeeze(row[0]) if column else "", header) if part)
    others = (f"{head} {cell}" for at, (head, cell) in enumerate(zip(heads, row, strict=False)) if at != column)
    return Passage(one, value, span, label=label, header=header, beside="; ".join(others))
