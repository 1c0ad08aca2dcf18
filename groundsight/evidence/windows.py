"""Evidence cut into windows that a small reader can take in at once, each character leading back to its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundsight.evidence.grids import Row, rows_of
from groundsight.evidence.places import box_of_words, parts_of, quoted
from groundsight.evidence.tables import text_tables
from groundsight.language.sentences import sentence_spans
from groundsight.types import Evidence, Quote, TextField

# The reader was trained on stretches of this length; longer ones cost time and rank worse.
MOST_CHARS = 420
PARTED = "; "
Interval = tuple[int, int]


@dataclass(frozen=True)
class Stretch:
    """A sentence, a line of a picture or a row of a table: where it stands in a window, and where in its evidence."""

    at: Interval
    span: Interval
    channel: TextField
    row: Row | None = None


@dataclass(frozen=True)
class Window:
    """Neighbouring stretches of one evidence as a reader sees them: sentences a line each, rows as "head: value"."""

    evidence: Evidence
    stretches: tuple[Stretch, ...]
    text: str

    def around(self, start: int) -> Stretch:
        """Return the stretch that holds an offset of the window."""
        return next(one for one in reversed(self.stretches) if one.at[0] <= start)

    def said(self, one: Stretch) -> str:
        """Return a stretch as the reader sees it."""
        return self.text[slice(*one.at)]

    def quote(self, start: int, end: int) -> Quote:
        """Point at the characters of the evidence that stand at these offsets of the window."""
        one = self.around(start)
        if one.row is not None:
            return one.row.quote(self.column_at(start))
        shift = one.span[0] - one.at[0]
        return quote_of(self.evidence, (start + shift, end + shift), one.channel, one.span)

    def column_at(self, offset: int) -> int | None:
        """Return the column of the row that holds an offset of the window; None outside of rows."""
        one = self.around(offset)
        if one.row is None:
            return None
        at = one.at[0]
        for column, shown in _cells(self.evidence.cells[0], one.row.cells):
            at += len(shown) + len(PARTED)
            if offset < at:
                return column
        return None

    @cached_property
    def cells(self) -> tuple[Interval, ...]:
        """Where the cells of rows stand in the window."""
        found: list[Interval] = []
        for one in self.stretches:
            at = one.at[0]
            for column, shown in _cells(self.evidence.cells[0], one.row.cells) if one.row else ():
                cell = one.row.cells[column].strip() if one.row else ""
                found.append((at + len(shown) - len(cell), at + len(shown)))
                at += len(shown) + len(PARTED)
        return tuple(found)

    def cell_at(self, start: int, end: int) -> Interval | None:
        """Return the cell that holds some characters of the window."""
        return next((one for one in self.cells if one[0] <= start and end <= one[1]), None)

    @cached_property
    def heading(self) -> str:
        """What the file and its headings say of every stretch."""
        return f"{self.evidence.title} {self.evidence.place.section or ''} {self.evidence.source}"


def windows(evidence: Sequence[Evidence], most: int = MOST_CHARS) -> list[Window]:
    """Cut every evidence into windows of at most ``most`` characters, in order; a longer stretch stands alone."""
    return [window for one in evidence for window in _of(one, most)]


def quote_of(evidence: Evidence, span: Interval, channel: TextField, line: Interval | None = None) -> Quote:
    """Quote a span; of a picture with the box of its words, else of those of the line around it."""
    lines = evidence.lines if channel == "ocr" else ()
    boxes = (box_of_words(lines, evidence.text[slice(*each)]) for each in (span, line or span))
    return quoted(evidence, span, next(filter(None, boxes), None), channel)


def _of(evidence: Evidence, most: int) -> Iterator[Window]:
    held: list[tuple[str, Stretch]] = []
    size = 0
    for text, one in _stretches(evidence):
        if held and (size + len(text) > most or held[-1][1].channel != one.channel):
            yield _window(evidence, held)
            held, size = [], 0
        held.append((text, one))
        size += len(text) + 1
    if held:
        yield _window(evidence, held)


def _window(evidence: Evidence, held: Sequence[tuple[str, Stretch]]) -> Window:
    stretches: list[Stretch] = []
    at = 0
    for text, one in held:
        stretches.append(Stretch((at, at + len(text)), one.span, one.channel, one.row))
        at += len(text) + 1
    return Window(evidence, tuple(stretches), "\n".join(text for text, _ in held))


def _stretches(evidence: Evidence) -> Iterator[tuple[str, Stretch]]:
    heads, *body = evidence.cells or [()]
    rows = rows_of(evidence, text_tables(evidence.text, evidence.cells)[0]) if body else []
    for row in rows:
        yield (
            PARTED.join(shown for _, shown in _cells(heads, row.cells)),
            Stretch(row.span, row.span, "text", row),
        )
    for part in parts_of(evidence):
        start = part.span.start
        for first, last in sentence_spans(evidence.text[start : part.span.end]):
            span = start + first, start + last
            if not any(row.span[0] <= span[0] < row.span[1] or span[0] <= row.span[0] < span[1] for row in rows):
                yield evidence.text[slice(*span)].replace("\n", " "), Stretch(span, span, part.channel)


def _cells(heads: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the column and the spelling of every cell that holds something."""
    for at, cell in enumerate(cells):
        head = heads[at].strip() if at < len(heads) else ""
        if cell.strip():
            yield at, f"{head}: {cell.strip()}" if head else cell.strip()
