"""OpenDocument workbooks (ods): sheets read row by row, as those of every other workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.portions import handed_over
from groundsight.ingestion.readers.box.odf_file import OdfReader, Surroundings
from groundsight.ingestion.readers.box.odf_text import (
    MOST_REPEATS,
    STRUCK,
    cell_text,
    cells_of,
    is_unshown,
    paragraphs_in,
    repeats,
    strike_out,
    targets_in,
    told,
)
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.office.sheet.sheet_cells import ERROR, MOST_CELLS, Cells, in_batches
from groundsight.ingestion.readers.office.sheet.sheet_tables import SheetTables
from groundsight.ingestion.readers.text.markup import Node, tag_of, xml_events
from groundsight.ingestion.sniff import ODS
from groundsight.limits import Limits

_TAGS = (
    "style",
    "map",
    "condition",
    "table",
    "table-column",
    "table-row",
    "shapes",
    "forms",
    "content-validation",
    "named-expression",
)
# What is to be chosen from stands in quotation marks.
_LISTED, _MOST_LINKS = re.compile('"([^"]+)"'), 30
Events = Iterator[tuple[str, Node]]


def read_ods(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Read all sheets, what is hidden marked as such; rows over ``limits.table_rows`` are left out, and said.

    Raises:
        ParseFailed: it is encrypted or damaged. LimitExceeded: a sheet of too many columns.
    """
    with zipfile.ZipFile(path) as archive:
        book = _Book(archive, scratch, limits)
        elements, rest = handed_over(book.read(), scratch, limits.document_chars)
        return book.reader.parsed(ODS, elements, book.pages, rest)


class _Book:
    """One workbook; its content is one long part that is never held as a whole."""

    def __init__(self, archive: zipfile.ZipFile, scratch: Path, limits: Limits) -> None:
        self._archive, self._limits = archive, limits
        self.reader, self.pages = OdfReader(archive, scratch, limits), 0

    def read(self) -> Iterator[Element]:
        """Yield what all sheets hold, then what their pages have in common."""
        try:
            with self._archive.open("content.xml") as part:
                yield from self._sheets(xml_events(cast(Any, part), _TAGS, self.reader.ledger))
        except KeyError as error:
            raise ParseFailed("malformed: a workbook without content", next_step="open and save it anew") from error
        yield from self.reader.margins()

    def _sheets(self, events: Events) -> Iterator[Element]:
        styles = self.reader.styles
        for event, node in events:
            if event == "end" and tag_of(node) == "style":
                styles.take(node)
            elif event == "end" and tag_of(node) == "content-validation":
                yield from _offered(node)
            elif event == "end" and tag_of(node) == "named-expression":
                constant = told(node, "expression").removeprefix("of:=").strip('"')
                if not any(sign in constant for sign in "[("):
                    yield Element(kind="text", text=f"{one_line(told(node, 'name'))}: {one_line(constant)}")
            elif event == "end" and tag_of(node) == "map":
                _note_rule(self.reader, node)
            elif event == "start" and tag_of(node) == "table":
                self.pages += 1
                mark = "hidden" if styles.is_hidden(told(node, "style-name")) else ""
                sheet = _Sheet(self.reader, Surroundings(self.pages, told(node, "name")), self._limits)
                for element in sheet.read(events):
                    yield element.model_copy(update={"mark": element.mark or mark})


class _Sheet:
    """One sheet: its rows as they come, then what hangs on them."""

    def __init__(self, reader: OdfReader, where: Surroundings, limits: Limits) -> None:
        self._reader, self._where, self._limits = reader, where, limits
        self._layout = Cells()
        self._columns: list[tuple[range, str]] = []
        self._hung: list[Element] = []
        self._links: dict[str, None] = {}
        self._row = self._column = self._kept = self._cells = 0

    def read(self, events: Events) -> Iterator[Element]:
        """Read on until the sheet ends."""
        tables = SheetTables(self._reader.ledger)
        for cells, more in in_batches(self._rows(events), self._layout):
            for element in tables.read(cells, more=more):
                held = {"page": self._where.page, "section": self._where.section, "meta": " ".join(self._links)}
                yield element.model_copy(update=held)
            self._links.clear()
        yield from self._hung

    def _rows(self, events: Events) -> Iterator[tuple[int, dict[int, str]]]:
        depth = 1
        for event, node in events:
            tag = tag_of(node)
            if tag == "table":
                depth += 1 if event == "start" else -1
                if depth == 0:
                    return
            if event == "start" or depth > 1:
                continue
            if tag == "table-column":
                self._note_column(node)
            elif tag == "condition":
                _note_rule(self._reader, node)
            elif tag in ("shapes", "forms"):
                self._hung += self._reader.node(node, self._where, 0)
            elif tag == "table-row":
                yield from self._repeated(node)
                _forget(node)

    def _note_column(self, node: Node) -> None:
        count = repeats(node, "number-columns-repeated", 1 << 20)
        places = range(self._column + 1, self._column + count + 1)
        self._columns.append((places, told(node, "default-cell-style-name")))
        if is_unshown(node):
            self._layout.hidden_columns.append(places)
        self._column += count

    def _repeated(self, node: Node) -> Iterator[tuple[int, dict[int, str]]]:
        self._strike_out(node)
        if len(self._links) < _MOST_LINKS and (links := targets_in(node)):
            self._links[links] = None
        texts, count = self._texts(node), repeats(node, "number-rows-repeated", 1 << 20)
        first, self._row = self._row + 1, self._row + count
        if not texts:
            if any(tag_of(one) == STRUCK for one in node.iter()):
                self._layout.struck.update(dict.fromkeys(range(first, first + min(count, MOST_REPEATS)), ""))
            return
        room = max(min(self._limits.table_rows - self._kept, (MOST_CELLS - self._cells) // len(texts)), 0)
        why = f"more than limits.table_rows = {self._limits.table_rows}, or than {MOST_CELLS} cells"
        self._reader.ledger.note("row", why, max(count - room, 0))
        for row in range(first, first + min(count, room)):
            self._layout.hidden_rows.update([row] if is_unshown(node) else [])
            yield row, texts
        self._kept, self._cells = self._kept + min(count, room), self._cells + len(texts) * min(count, room)

    def _strike_out(self, row: Node) -> None:
        """Set apart what is struck out; a cell without a style has that of its row, else that of its column."""
        if not (self._reader.styles.strikes or self._reader.styles.raised):
            return
        column, of_row = 1, told(row, "default-cell-style-name")
        for cell, count in cells_of(row):
            if not told(cell, "style-name"):
                of_column = next((style for places, style in self._columns if column in places), "")
                cell.set("style-name", of_row or of_column)
            column += count
        strike_out(row, self._reader.styles)

    def _texts(self, node: Node) -> dict[int, str]:
        texts: dict[int, str] = {}
        column = 0
        for cell, count in cells_of(node):
            is_error = any(key.endswith("}value-type") and kind == "error" for key, kind in cell.attrib.items())
            text = "" if is_error else cell_text(cell)
            if text:
                texts.update(dict.fromkeys(range(column + 1, column + min(count, MOST_REPEATS) + 1), text))
                self._reader.ledger.note("cell", "it is one of too many equal ones", max(count - MOST_REPEATS, 0))
            elif is_error:
                self._reader.ledger.note(*ERROR)
            elif told(cell, "formula"):
                self._reader.ledger.note("formula", "the program that wrote the file did not calculate its value")
            self._note_cell(cell, column + 1)
            column += count
        return texts

    def _note_cell(self, cell: Node, column: int) -> None:
        if any(name.endswith("-spanned") for name in cell.attrib):
            wide, high = (repeats(cell, f"number-{name}-spanned", 1 << 20) for name in ("columns", "rows"))
            row = self._row + 1
            self._layout.merged.append((row, column, row + high - 1, column + wide - 1))
        if len(cell) > 1 or any(len(one) or tag_of(one) == STRUCK for one in cell):
            self._hung += self._noted(self._reader.hung(cell, self._where, 0), column)

    def _noted(self, elements: Iterable[Element], column: int) -> Iterator[Element]:
        place = f"{_letters(column)}{self._row + 1}"
        for one in elements:
            words = f"Comment on {place}: {one.text}" if one.mark == "comment" else one.text
            yield one.model_copy(update={"text": words})


def _offered(rule: Node) -> Iterator[Element]:
    """Yield what a cell tells who chooses it, and what there is to choose."""
    messages = (one for one in rule if tag_of(one) in ("help-message", "error-message"))
    said = [": ".join(filter(None, (told(one, "title"), *paragraphs_in(one)))) for one in messages]
    choices = _LISTED.findall(told(rule, "condition"))
    for text in (*said, ", ".join(choices) and f"Choices: {', '.join(choices)}"):
        if text:
            yield Element(kind="text", text=one_line(text))


def _note_rule(reader: OdfReader, rule: Node) -> None:
    """Name what a rule does to the cells of which it is true, where that keeps them from being read."""
    look = told(rule, "apply-style-name")
    is_struck, is_hidden = reader.styles.is_struck(look), reader.styles.is_hidden(look)
    does = "strikes cells out" if is_struck else "hides cells"
    reader.ledger.note(f"rule that {does}", "it is not worked out for which cells", int(is_struck or is_hidden))


def _forget(node: Node) -> None:
    """Drop a node that was read and all before it, so that a long part stays small in memory."""
    node.clear()
    while node.getprevious() is not None:
        del node.getparent()[0]


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters
