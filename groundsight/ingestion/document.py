"""A parsed file as one text: redacted as a whole, then handed back to its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.governance.pii import PLACEHOLDER, Memory, find, find_under, redact_parts
from groundsight.governance.pii_columns import find_in_columns
from groundsight.governance.pii_tables import Heads, clean_cells, clean_lines, is_value
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.sniff import XLSX
from groundsight.ingestion.tables import table_title
from groundsight.settings import PiiKind

_ROW_WORDS = 12


@dataclass(frozen=True)
class CleanDocument:
    """The elements after redaction, and the memory for what follows; it counts what was replaced."""

    elements: tuple[Element, ...]
    title: str
    warnings: tuple[str, ...]
    memory: Memory


def clean_document(parsed: Parsed, kinds: Sequence[PiiKind]) -> CleanDocument:
    """Redact across lines, elements, cells and pages, then every cell with its head and label.

    The placeholder stands where the value began; the later parts of a split value are removed.
    """
    return Cleaner(parsed.media_type, kinds).clean(parsed)


class Cleaner:
    """Redacts the parts of one document one after the other; heads reach into the next part, placeholders stay."""

    def __init__(self, media_type: str, kinds: Sequence[PiiKind], memory: Memory | None = None) -> None:
        self._is_book, self._kinds = media_type == XLSX, kinds
        self.memory = memory or Memory()
        self._heads, self._above = Heads(), Heads()
        self._table: Element | None = None

    def clean(self, parsed: Parsed) -> CleanDocument:
        """Redact one part, with the title and the warnings that stand in it."""
        kinds, memory = self._kinds, self.memory
        parsed = parsed.model_copy(update={"elements": tuple(_tidied(element) for element in parsed.elements)})
        parsed = _redacted(parsed, kinds, memory)
        return CleanDocument(tuple(map(self._labelled, parsed.elements)), parsed.title, parsed.warnings, memory)

    def _labelled(self, element: Element) -> Element:
        """Read cells under their heads and lines beside their labels, also where the head ended the element before."""
        kinds, memory, table = self._kinds, self.memory, self._table
        on_sheet = self._is_book and table is not None and table.page == element.page
        if element.cells:
            self._heads = self._heads if table and _goes_on(table, element, on_sheet) else {}
            self._table = element
        cells = clean_cells(element.cells, kinds, memory, self._heads) if element.cells else ()
        if element.cells or (element.text.strip() and not is_value(element.text)):
            self._above = {}
        text = clean_lines(element.text, kinds, memory, self._above)
        if on_sheet and not element.cells:
            text = _lone_row(text, self._heads, kinds, memory)
        return element.model_copy(update={"text": text, "cells": cells})


def _redacted(parsed: Parsed, kinds: Sequence[PiiKind], memory: Memory) -> Parsed:
    texts, ends = zip(*_slots(parsed), strict=True)
    for look in (find, find_in_columns):
        texts = redact_parts([*zip(texts, ends, strict=True)], lambda text, look=look: look(text, kinds, memory))
    cleaned = iter(texts)
    title, *warnings = [next(cleaned) for _ in (parsed.title, *parsed.warnings)]
    elements = tuple(_rebuilt(element, cleaned) for element in parsed.elements)
    return parsed.model_copy(update={"title": title, "warnings": tuple(warnings), "elements": elements})


def _tidied(element: Element) -> Element:
    """Drop the text of a table that only repeats its cells: it would count every value twice."""
    if element.kind != "table" or not element.cells:
        return element
    return element.model_copy(update={"text": table_title(element.text, element.cells)})


def _slots(parsed: Parsed) -> Iterator[tuple[str, str]]:
    """Yield every text with the separator after it: a tab between cells, a line end elsewhere."""
    yield from ((text, "\n\n\n") for text in (parsed.title, *parsed.warnings))
    for element in parsed.elements:
        yield element.section or "", "\n\n\n" if element.section else ""
        yield element.text, "\n"
        for row in element.cells:
            yield from ((cell, "\t" if place < len(row) - 1 else "\n") for place, cell in enumerate(row))


def _rebuilt(element: Element, cleaned: Iterator[str]) -> Element:
    section, text = next(cleaned), next(cleaned)
    cells = tuple(tuple(next(cleaned) for _ in row) for row in element.cells)
    return element.model_copy(update={"section": section or None, "text": text, "cells": cells})


def _goes_on(table: Element, element: Element, on_sheet: bool) -> bool:
    """True for the next block of a table, and below an empty row of a sheet for rows that bring no head."""
    brings_heads = not any(re.search(r"\d{3}", PLACEHOLDER.sub("0000", cell)) for cell in element.cells[0])
    return element.cells[0] == table.cells[0] or (on_sheet and not brings_heads)


def _lone_row(text: str, heads: Heads, kinds: Sequence[PiiKind], memory: Memory) -> str:
    """A row between two empty ones is read as text: a short one holds what the heads of its table announce."""
    labels = dict.fromkeys(label for _, label in heads.values() if label.kind in kinds)
    for label in labels if len(text.split()) <= _ROW_WORDS else ():
        (text,) = redact_parts([(text, "")], lambda text, label=label: find_under(text, label, memory))
    return text
