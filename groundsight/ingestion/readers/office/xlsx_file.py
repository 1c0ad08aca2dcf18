"""Workbooks: each sheet as tables under its name, with the values that were last calculated as they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, one_line
from groundsight.ingestion.readers.office.drawing import alternative, drawn, paragraphs_of, struck_in
from groundsight.ingestion.readers.office.embedded import PictureBox, office_file
from groundsight.ingestion.readers.office.package import Node, Package, below, child, inner, local, ref, value
from groundsight.ingestion.readers.office.sheet.sheet_cells import Formats, Sheet
from groundsight.ingestion.readers.office.sheet.sheet_tables import SheetTables
from groundsight.ingestion.readers.text.markup import parsed_markup, tag_of, visible_text
from groundsight.ingestion.sniff import XLSX
from groundsight.limits import DEFAULT_LIMITS, Limits

_SHOWN_STATES = (None, "visible")
_CODES = re.compile(r'&(?:"[^"]*"|\d+|K[0-9A-F]{6}|[A-Z])', re.I)


def read_xlsx(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read the cached values of all sheets, what is hidden marked as such; formulas are not run.

    Raises:
        ParseFailed: the container can't be read. LimitExceeded: a sheet of too many columns.
    """

    def read(package: Package, box: PictureBox) -> tuple[Iterator[Element], int]:
        book = _Book(package, box, limits)
        elements = (element for page, sheet in enumerate(book.sheets, 1) for element in book.read(sheet, page))
        return chain(elements, book.constants()), len(book.sheets)

    return office_file(path, scratch, XLSX, read, limits)


class _Book:
    """One workbook: its sheets in their order, its strings and formats."""

    def __init__(self, package: Package, box: PictureBox, limits: Limits) -> None:
        self._package, self._box, self._limits = package, box, limits
        main = package.main()
        self._relations = package.relations(main)
        root = package.root(main, "workbook")
        self.sheets = list(below(child(root, "sheets")))
        self._names = list(below(child(root, "definedNames")))
        self._formats = Formats(main, package, since_1904=value(child(root, "workbookPr"), "date1904") in ("1", "true"))

    def constants(self) -> Iterator[Element]:
        """Yield the names that stand for a value and for no place in a sheet."""
        for name, said in ((value(one, "name") or "", one.text or "") for one in self._names):
            if said and not any(sign in said for sign in "!#") and not name.startswith("_"):
                yield Element(kind="text", text=f"{one_line(name)}: {one_line(said).strip(chr(34))}")

    def read(self, sheet: Node, page: int) -> Iterator[Element]:
        """Read one sheet: its tables, what lies on it, its comments."""
        relation = self._relations.get(ref(sheet))
        mark = "" if value(sheet, "state") in _SHOWN_STATES else "hidden"
        if relation is None or relation.kind not in ("worksheet", "chartsheet"):
            self._package.ledger.note("sheet", "it is missing, or made of macros or dialogs")
            return
        name = one_line(value(sheet, "name") or "")
        meta = self._package.links_of(relation.target)
        for element in self._sheet(relation.target, relation.kind):
            held = {"section": name, "page": page, "mark": element.mark or mark, "meta": meta}
            yield element.model_copy(update=held)
            meta = ""

    def _sheet(self, part: str, kind: str) -> Iterator[Element]:
        if kind == "worksheet":
            sheet, tables = Sheet(part, self._package, self._formats, self._limits), SheetTables(self._package.ledger)
            for cells, more in sheet.batches():
                yield from tables.read(cells, more=more)
            yield from (Element(kind="text", text=one, mark="deleted") for one in sheet.layout.struck.values())
            text = " ".join(_CODES.sub(" ", " ".join(sheet.layout.margins)).split())
            yield from (Element(kind="text", text=one) for one in filter(None, (text, *sheet.layout.offered)))
        for drawing in self._package.related(part, "drawing"):
            yield from self._drawing(drawing)
        for drawing in self._package.related(part, "vmlDrawing"):
            yield from self._controls(drawing)
        yield from self._comments(part)

    def _drawing(self, part: str) -> Iterator[Element]:
        root = self._package.root(part, "drawing")
        relations = self._package.relations(part)
        for node in inner(below(root), "cNvPr", "txBody", "blip", "chart", "relIds"):
            tag = local(node)
            relation = relations.get(ref(node, {"blip": "embed", "relIds": "dm"}.get(tag, "id")))
            if tag == "cNvPr":
                yield from (Element(kind="text", text=text) for text in (alternative([node]),) if text)
            elif tag == "txBody":
                yield from (Element(kind="text", text=text) for text in (paragraphs_of(node),) if text)
                yield from (Element(kind="text", text=text, mark="deleted") for text in struck_in(node))
            elif tag == "blip" and relation is not None and not relation.outside:
                yield from self._picture(relation.target)
            elif relation is not None:
                yield from drawn(relation.target, relation.kind, self._package)

    def _controls(self, part: str) -> Iterator[Element]:
        """Read the words on buttons and boxes, which lie in markup of old beside the notes."""
        root = parsed_markup((self._package.bytes_of(part) or b"").decode("utf-8", "replace"))
        shapes = [] if root is None else [one for one in root.iter() if tag_of(one) == "v:shape"]
        for shape in shapes:
            kinds = [one.get("objecttype") for one in shape.iter() if tag_of(one) == "x:clientdata"]
            boxes = [visible_text(one) for one in shape.iter() if tag_of(one) == "v:textbox"]
            if "Note" not in kinds and (text := one_line(" ".join(boxes))):
                yield Element(kind="text", text=text)

    def _picture(self, part: str) -> Iterator[Element]:
        data = self._package.bytes_of(part)
        if data is None:
            self._package.ledger.note("picture", "it is missing or damaged")
        elif name := self._box.keep(data):
            yield Element(kind="figure", picture=name)

    def _comments(self, part: str) -> Iterator[Element]:
        """Read threads, then notes; older programs find a copy of each thread among the notes."""
        threads = list(self._noted(part, "threadedComment"))
        copied = {place for place, _ in threads}
        notes = (note for note in self._noted(part, "comments") if note[0] not in copied)
        for place, words in (*threads, *notes):
            yield Element(kind="text", text=f"Comment on {place}: {words}", mark="comment")

    def _noted(self, part: str, relation: str) -> Iterator[tuple[str, str]]:
        for name in self._package.related(part, relation):
            root = self._package.root(name, "comment")
            for node in inner(below(root), "threadedComment", "comment"):
                words = clean("".join(one.text or "" for one in node.iter() if local(one) in ("t", "text")))
                if words:
                    yield one_line(value(node, "ref") or ""), words
