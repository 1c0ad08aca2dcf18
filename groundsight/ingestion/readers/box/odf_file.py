"""OpenDocument (odt, ods, odp): paragraphs, headings, lists, tables, notes, comments, frames and pictures."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, one_line
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.readers.office.package import Ledger
from groundsight.ingestion.readers.table_elements import check_columns, table_blocks
from groundsight.ingestion.readers.text.html_file import iso_day
from groundsight.ingestion.readers.text.markup import Node, parsed_xml, tag_of
from groundsight.ingestion.sniff import ODS
from groundsight.limits import Limits

_XLINK = "{http://www.w3.org/1999/xlink}href"
# A sheet says how often its last, empty row and cell go on; a person fills no such number of equal cells.
_MOST_REPEATS = 1_000
_DEEPEST = 60


@dataclass
class _Where:
    """What goes on while a document is read."""

    page: int | None = None
    section: str | None = None
    mark: str = ""
    outline: Outline = field(default_factory=Outline)


def read_odf(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
    """Read a text, a workbook or a presentation of the OpenDocument kind.

    Raises:
        ParseFailed: it is encrypted or damaged. LimitExceeded: a table is too large.
    """
    with zipfile.ZipFile(path) as archive:
        if b"encryption-data" in _member(archive, "META-INF/manifest.xml"):
            raise ParseFailed("encrypted", next_step="save it without a password")
        reader = _Reader(archive, media_type, scratch, limits)
        return reader.read()


class _Reader:
    """Walks the tree of one document."""

    def __init__(self, archive: zipfile.ZipFile, media_type: str, scratch: Path, limits: Limits) -> None:
        self._archive, self._media_type, self._ledger = archive, media_type, Ledger()
        self._pictures = PictureBox(scratch, self._ledger)
        self._pages, self._most_rows = 0, limits.table_rows

    def read(self) -> Parsed:
        """Read its content, its margins and what it says about itself."""
        content, styles, about = (_tree(self._archive, f"{name}.xml") for name in ("content", "styles", "meta"))
        if content is None:
            raise ParseFailed("malformed: an OpenDocument file without content", next_step="open and save it anew")
        where = _Where()
        body = next((node for node in content.iter() if tag_of(node) == "body"), content)
        elements = tuple(self._below(body, where, 0))
        margins = [] if styles is None else [n for n in styles.iter() if tag_of(n) in ("header", "footer")]
        elements += tuple(e for node in margins for e in self._below(node, _Where(), 0))
        told = {} if about is None else {tag_of(node): one_line(node.text or "") for node in about.iter()}
        return Parsed(
            media_type=self._media_type,
            title=told.get("title", ""),
            created=iso_day(told.get("creation-date", "")) or iso_day(told.get("date", "")),
            pages=self._pages or None,
            elements=elements,
            left_out=self._ledger.left_out,
        )

    def _below(self, node: Node, where: _Where, depth: int) -> Iterator[Element]:
        for child in node if depth < _DEEPEST else ():
            yield from self._node(child, where, depth + 1)

    def _node(self, node: Node, where: _Where, depth: int) -> Iterator[Element]:
        match tag_of(node):
            case "h":
                yield from self._heading(node, where)
                yield from self._held(node, where, depth)
            case "p":
                yield from self._text(_words(node), where)
                yield from self._held(node, where, depth)
            case "list-item":
                before = len(found := list(self._below(node, where, depth)))
                yield from (
                    e.model_copy(update={"text": f"- {e.text}"}) if not n and before else e for n, e in enumerate(found)
                )
            case "table":
                yield from self._table(node, where, depth)
            case "page":
                self._pages += 1
                yield from self._below(node, _Where(page=self._pages, section=where.section, mark=where.mark), depth)
            case "annotation":
                yield from self._below(node, self._marked(where, "comment"), depth)
            case "tracked-changes":
                deleted = [each for each in node.iter() if tag_of(each) == "deletion"]
                yield from (e for each in deleted for e in self._below(each, self._marked(where, "deleted"), depth))
            case "image":
                yield from self._picture(node, where)
            case "object" | "object-ole" | "plugin":
                self._ledger.note("embedded object", "only its picture is read")
            case "change-info" | "forms" | "sequence-decls" | "creator" | "date":
                return
            case _:
                yield from self._below(node, where, depth)

    def _held(self, node: Node, where: _Where, depth: int) -> Iterator[Element]:
        """Yield what hangs on a paragraph: frames with pictures or text, notes, comments."""
        for child in node.iterdescendants():
            inner = any(tag_of(each) in _APART for each in _between(child, node))
            if tag_of(child) in _APART and not inner:
                yield from self._node(child, where, depth + 1)

    def _heading(self, node: Node, where: _Where) -> Iterator[Element]:
        level = next((int(v) for k, v in node.attrib.items() if k.endswith("outline-level") and v.isdigit()), 1)
        if text := one_line(_words(node)):
            heading = where.outline.heading(text, level, where.page)
            yield heading.model_copy(update={"mark": where.mark})

    def _text(self, text: str, where: _Where) -> Iterator[Element]:
        if shown := clean(text):
            section = where.outline.section or where.section
            yield Element(kind="text", text=shown, page=where.page, section=section, mark=where.mark)

    def _table(self, node: Node, where: _Where, depth: int) -> Iterator[Element]:
        name = next((v for k, v in node.attrib.items() if k.endswith("}name")), "")
        is_sheet = self._media_type == ODS
        if is_sheet:
            self._pages += 1
            where = _Where(page=self._pages, section=name)
        hidden: list[list[str]] = []
        found = _rows(node, hidden)
        rows = list(islice(found, self._most_rows))
        self._ledger.note("row", f"more than limits.table_rows = {self._most_rows}", sum(1 for _ in found))
        check_columns(max((len(row) for row in rows), default=0))
        section = where.section if is_sheet else where.outline.section or where.section
        for listed, mark in ((rows, where.mark), (hidden, "hidden")):
            for block in table_blocks(clean_rows(listed), section, where.page):
                yield block.model_copy(update={"mark": mark})
        for child in node.iterdescendants():
            if tag_of(child) in ("annotation", "image", "note-body", "shapes"):
                yield from self._node(child, where, depth + 1) if tag_of(child) != "shapes" else ()

    def _picture(self, node: Node, where: _Where) -> Iterator[Element]:
        data = _member(self._archive, (node.get(_XLINK) or "").removeprefix("./"))
        if not data:
            self._ledger.note("picture", "it lies outside of the file")
            return
        said = " ".join(one_line(e.text or "") for e in node.getparent().iter() if tag_of(e) in ("title", "desc"))
        if name := self._pictures.keep(data):
            section = where.outline.section or where.section
            yield Element(kind="figure", text=said.strip(), picture=name, page=where.page, section=section)

    @staticmethod
    def _marked(where: _Where, mark: str) -> _Where:
        return _Where(where.page, where.section, mark, where.outline)


_APART = ("frame", "annotation", "note-body", "text-box", "custom-shape", "table")


def _between(child: Node, top: Node) -> Iterator[Node]:
    node = child.getparent()
    while node is not None and node is not top:
        yield node
        node = node.getparent()


def _words(node: Node) -> str:
    """Return the text of a paragraph without what hangs on it."""
    pieces = [node.text or ""]
    for child in node:
        match tag_of(child):
            case "s":
                pieces.append(" " * min(int(next(iter(child.attrib.values()), "1") or 1), 100))
            case "tab":
                pieces.append("\t")
            case "line-break":
                pieces.append("\n")
            case tag if tag in _APART or tag in ("page-number", "page-count"):
                pass
            case "note":
                pieces.append("".join(f"[{_words(each)}]" for each in child if tag_of(each) == "note-citation"))
            case _:
                pieces.append(_words(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _rows(table: Node, hidden: list[list[str]]) -> Iterator[list[str]]:
    """Yield the rows as a person sees them; what is hidden goes to the list."""
    for row in table.iterdescendants():
        if tag_of(row) != "table-row" or next(e for e in row.iterancestors() if tag_of(e) == "table") is not table:
            continue
        cells = list(_cells(row))
        repeats = _repeats(row, "number-rows-repeated") if any(cells) else 1
        for _ in range(repeats):
            if any(value in ("collapse", "filter") for key, value in row.attrib.items() if key.endswith("visibility")):
                hidden.append(cells)
            else:
                yield cells


def _cells(row: Node) -> Iterator[str]:
    for cell in row:
        if tag_of(cell) not in ("table-cell", "covered-table-cell"):
            continue
        text = "\n".join(
            _words(each) for each in cell.iterdescendants() if tag_of(each) in ("p", "h") and not _is_noted(each)
        )
        repeats = _repeats(cell, "number-columns-repeated")
        yield from [text] * (repeats if text else min(repeats, 100))


def _is_noted(node: Node) -> bool:
    return any(tag_of(each) == "annotation" for each in node.iterancestors())


def _repeats(node: Node, name: str) -> int:
    told = next((value for key, value in node.attrib.items() if key.endswith(name)), "1")
    return min(int(told), _MOST_REPEATS) if told.isdigit() else 1


def _tree(archive: zipfile.ZipFile, name: str) -> Node | None:
    data = _member(archive, name)
    try:
        return parsed_xml(data) if data else None
    except SyntaxError:
        return None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile):
        return b""
