"""A parsed file as one text: redacted as a whole, then handed back to its elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groundsight.governance.pii import Memory, Replaced, apply, find
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.tables import table_title
from groundsight.settings import PiiKind


@dataclass(frozen=True)
class CleanDocument:
    """The elements after redaction, how often each kind was replaced, and the memory for what follows."""

    elements: tuple[Element, ...]
    title: str
    counts: Mapping[str, int]
    memory: Memory


@dataclass(frozen=True)
class _Piece:
    """One text of an element and where it stands in the joined text."""

    start: int
    end: int


def clean_document(parsed: Parsed, kinds: Sequence[PiiKind]) -> CleanDocument:
    """Redact across lines, elements, cells and pages: a value that was split is found as one.

    The placeholder stands where the value began; the later parts of a split value are removed.
    """
    memory = Memory()
    parsed = parsed.model_copy(update={"elements": tuple(_tidied(element) for element in parsed.elements)})
    joined, pieces = _joined(parsed)
    spans = find(joined, kinds, memory)
    cleaned = iter(_cleaned(joined, pieces, spans))
    title = next(cleaned)
    elements = tuple(_rebuilt(element, cleaned) for element in parsed.elements)
    return CleanDocument(elements, title, Counter(span.kind for span in spans), memory)


def _tidied(element: Element) -> Element:
    """Drop the text of a table that only repeats its cells: it would count every value twice."""
    if element.kind != "table" or not element.cells:
        return element
    return element.model_copy(update={"text": table_title(element.text, element.cells)})


def _joined(parsed: Parsed) -> tuple[str, list[_Piece]]:
    texts: list[str] = []
    pieces: list[_Piece] = []
    place = 0
    for text, separator in _slots(parsed):
        pieces.append(_Piece(place, place + len(text)))
        texts += [text, separator]
        place += len(text) + len(separator)
    return "".join(texts), pieces


def _slots(parsed: Parsed) -> Iterator[tuple[str, str]]:
    """Yield every text with the separator after it: a tab between cells, a line end elsewhere."""
    yield parsed.title, "\n\n\n"
    for element in parsed.elements:
        yield element.section or "", "\n\n\n" if element.section else ""
        yield element.text, "\n"
        for row in element.cells:
            yield from ((cell, "\t" if place < len(row) - 1 else "\n") for place, cell in enumerate(row))


def _cleaned(joined: str, pieces: Sequence[_Piece], spans: Sequence[Replaced]) -> Iterator[str]:
    """Apply to each piece the replacements that touch it, walking both lists once."""
    first = 0
    for piece in pieces:
        while first < len(spans) and spans[first].end <= piece.start:
            first += 1
        last = first
        while last < len(spans) and spans[last].start < piece.end:
            last += 1
        yield apply(joined, piece.start, piece.end, spans[first:last])


def _rebuilt(element: Element, cleaned: Iterator[str]) -> Element:
    section, text = next(cleaned), next(cleaned)
    cells = tuple(tuple(next(cleaned) for _ in row) for row in element.cells)
    return element.model_copy(update={"section": section or None, "text": text, "cells": cells})
