"""OpenDocument (odt, odp): paragraphs, headings, lists, tables, notes, comments, frames, charts and pictures."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed, Rest
from groundsight.ingestion.readers.box.odf_text import (
    APART,
    SHAPES,
    STRUCK,
    OdfStyles,
    chart_rows,
    filled_in,
    nodes_between,
    paragraphs_in,
    styled,
    table_rows,
    targets_in,
    told,
    words,
)  # fmt: skip
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, one_line
from groundsight.ingestion.readers.ledger import PROMPT, UNCHOSEN, UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.table_elements import check_columns, table_blocks
from groundsight.ingestion.readers.text.html_file import iso_day
from groundsight.ingestion.readers.text.markup import Node, parsed_xml, tag_of
from groundsight.limits import Limits

_DEEPEST = 60
_DESCRIBED = ("title", "desc")
_MARGINS = [f"{place}{page}" for place in ("header", "footer") for page in ("", "-left", "-first")]
_SILENT = ("change-info", "sequence-decls", "creator", "date", "date-string", "content-validations", "table-source")


@dataclass(frozen=True)
class Surroundings:
    """What goes on while a document is read; ``lists`` are the style of the list and how deep it is."""

    page: int | None = None
    section: str | None = None
    mark: str = ""
    outline: Outline = field(default_factory=Outline)
    lists: tuple[str, int] = ("", 0)


def read_odf(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
    """Read a text or a presentation of the OpenDocument kind.

    Raises:
        ParseFailed: it is encrypted or damaged. LimitExceeded: a table is too wide.
    """
    with zipfile.ZipFile(path) as archive:
        reader = OdfReader(archive, scratch, limits)
        elements = reader.document()
        return reader.parsed(media_type, elements, reader.pages)


class OdfReader:
    """Walks the trees of one document.

    Raises:
        ParseFailed: it is encrypted.
    """

    def __init__(self, archive: zipfile.ZipFile, scratch: Path, limits: Limits) -> None:
        self._archive, self._most_rows = archive, limits.table_rows
        self.ledger, self.pages, self.styles = Ledger(), 0, OdfStyles()
        self._pictures = PictureBox(scratch, self.ledger)
        if b"encryption-data" in self._member("META-INF/manifest.xml"):
            raise ParseFailed("encrypted", next_step="save it without a password")
        self._common = styled(self._tree("styles.xml"), self.styles)

    def document(self) -> tuple[Element, ...]:
        """Read the content of a text or presentation, then what its pages have in common."""
        content = styled(self._tree("content.xml"), self.styles)
        if content is None:
            raise ParseFailed("malformed: an OpenDocument file without content", next_step="open and save it anew")
        return (*self.below(_body(content), Surroundings(), 0), *self.margins())

    def parsed(self, media_type: str, elements: tuple[Element, ...], pages: int, rest: Rest | None = None) -> Parsed:
        """Put what was read beside the title, the day of creation and what was left out."""
        root = self._tree("meta.xml")
        stated = [] if root is None else [(tag_of(node), one_line(node.text or "")) for node in root.iter()]
        found = dict(stated)
        own = [] if root is None else [(told(one, "name"), one.text or "") for one in root.iter() if told(one, "name")]
        return Parsed(
            media_type=media_type,
            title=found.get("title", ""),
            created=iso_day(found.get("creation-date", "")) or iso_day(found.get("date", "")),
            pages=pages or None,
            elements=(*elements, *property_elements(stated, own)),
            rest=rest,
            left_out=self.ledger.left_out,
        )

    def margins(self) -> Iterator[Element]:
        """Yield heads and feet, each text once."""
        seen = set[str]()
        nodes = [] if self._common is None else [one for one in self._common.iter() if tag_of(one) in _MARGINS]
        for element in (one for node in nodes for one in self.below(node, Surroundings(), 0)):
            if element.text not in seen:
                seen.add(element.text)
                yield element

    def below(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Read what lies in a node."""
        if depth >= _DEEPEST:
            self.ledger.note("part", "it lies too deep in others", sum(1 for one in node if "".join(one.itertext())))
            return
        for child in node:
            yield from self.node(child, where, depth + 1)

    def node(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Read one node."""
        match tag_of(node):
            case "h":
                yield from self._heading(node, where)
                yield from self._held(node, where, depth)
            case "p" | "header-decl" | "footer-decl":
                yield from self._said(clean(self._words(node)), where, targets_in(node))
                yield from self._held(node, where, depth)
            case "list":
                yield from self._list(node, where, depth)
            case "table":
                yield from self._table(node, where, depth)
            case "page":
                self.pages += 1
                mark = "hidden" if self.styles.is_hidden(told(node, "style-name")) else where.mark
                yield from self.below(node, Surroundings(self.pages, where.section, mark), depth)
            case "notes":
                for element in self.below(node, where, depth):
                    yield element.model_copy(update={"text": f"Notes: {element.text}"})
            case tag if tag == STRUCK:
                yield from self._said(clean(self._words(node)), replace(where, mark=where.mark or "deleted"))
                yield from self._held(node, where, depth)
            case "annotation":
                yield from self.below(node, replace(where, mark="comment"), depth)
            case "tracked-changes":
                deleted = [each for each in node.iter() if tag_of(each) == "deletion"]
                yield from (e for each in deleted for e in self.below(each, replace(where, mark="deleted"), depth))
            case "section" if told(node, "display") == "none":
                yield from self.below(node, replace(where, mark="hidden"), depth)
            case "frame" | "image" | "object" | "object-ole" | "plugin":
                yield from self._drawn(node, where, depth)
            case "forms":
                yield from (one for text in filled_in(node) for one in self._said(text, where))
            case "desc" | "title" if tag_of(node.getparent()) in (*SHAPES, "g"):
                yield from self._said(one_line(node.text or ""), where)
            case "user-field-decl":
                self.ledger.note("value of a field", "it is read where the text shows it")
            case tag if tag not in _SILENT:
                yield from self.below(node, where, depth)
            case _:
                pass

    def _held(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Yield what hangs on a paragraph: frames with pictures or text, notes, comments."""
        for child in node.iterdescendants():
            inner = any(tag_of(each) in APART for each in nodes_between(child, node))
            if tag_of(child) in APART and not inner:
                yield from self.node(child, where, depth + 1)

    def _heading(self, node: Node, where: Surroundings) -> Iterator[Element]:
        level = told(node, "outline-level")
        if text := one_line(self._words(node)):
            heading = where.outline.heading(text, int(level) if level.isdecimal() else 1, where.page)
            yield heading.model_copy(update={"mark": where.mark})

    def _words(self, node: Node) -> str:
        """Return the text of a paragraph; what its style hides is left out."""
        for one in list(node.iter()):
            self.ledger.note(*PROMPT, int(tag_of(one) == "placeholder" and bool(told(one, "description"))))
            self.ledger.note(*UNCHOSEN, int(tag_of(one) == "label" and told(one, "current-selected") != "true"))
            if self.styles.hides(one) and "".join(one.itertext()).strip():
                self.ledger.note(UNSHOWN, "the document does not show it")
                lay_aside("".join(one.itertext()))
                one.text = ""
                for inner in list(one):
                    one.remove(inner)
        return words(node)

    def _list(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        style = told(node, "style-name") or where.lists[0]
        inside = replace(where, lists=(style, where.lists[1] + 1))
        is_numbered, number = (style, str(inside.lists[1])) in self.styles.numbered, 0
        for item in node:
            number += tag_of(item) == "list-item"
            sign = f"{number}. " if is_numbered else "- "
            own = next((tag_of(one) in ("p", "h") for one in item), False) and tag_of(item) == "list-item"
            for place, element in enumerate(self.below(item, inside, depth)):
                first = own and place == 0
                yield element.model_copy(update={"text": f"{sign}{element.text}"}) if first else element

    def _table(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        hidden: list[list[str]] = []
        found = table_rows(node, hidden)
        rows = list(islice(found, self._most_rows))
        self.ledger.note("row", f"more than limits.table_rows = {self._most_rows}", sum(1 for _ in found))
        check_columns(max((len(row) for row in rows), default=0))
        section = where.outline.section or where.section
        for listed, mark in ((rows, where.mark), (hidden, "hidden")):
            for block in table_blocks(clean_rows(listed), section, where.page):
                yield block.model_copy(update={"mark": mark, "meta": targets_in(node)})
        yield from self.hung(node, where, depth)

    def hung(self, table: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Yield what hangs on the cells of a table or row: notes, comments, drawings; not the tables in them."""
        for child in table.iterdescendants():
            inner = any(tag_of(each) in APART and tag_of(each) != "table" for each in nodes_between(child, table))
            if tag_of(child) in APART and tag_of(child) != "table" and not inner:
                yield from self.node(child, where, depth + 1)

    def _drawn(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Read a frame: a picture, or a chart or document in place of its picture."""
        match tag_of(node):
            case "image":
                yield from self._picture(node, where)
            case "object" | "object-ole" | "plugin":
                yield from self._object(node, where, depth)
            case _ if told(node, "class") == "title" and (text := one_line(" ".join(paragraphs_in(node)))):
                yield where.outline.heading(text, 1, where.page).model_copy(update={"mark": where.mark})
            case _:
                yield from self._shown_in(node, where, depth)

    def _shown_in(self, frame: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Yield the first of the forms of a frame that can be read: a chart has its picture beside it."""
        for one in frame:
            found = [] if tag_of(one) in _DESCRIBED else list(self.node(one, where, depth + 1))
            if found:
                yield from found
                return

    def _picture(self, node: Node, where: Surroundings) -> Iterator[Element]:
        data = self._member(told(node, "href").removeprefix("./"))
        self.ledger.note("picture", "it lies outside of the file", int(not data))
        said = " ".join(one_line(one.text or "") for one in node.getparent() if tag_of(one) in _DESCRIBED)
        section = where.outline.section or where.section
        if name := self._pictures.keep(data) if data else None:
            yield Element(kind="figure", text=said.strip(), picture=name, page=where.page, section=section)
        else:
            yield from self._said(said.strip(), where)

    def _object(self, node: Node, where: Surroundings, depth: int) -> Iterator[Element]:
        """Read a chart as the table of its data, a formula as it was written, a document as its text."""
        root = self._tree(posixpath.normpath(f"{told(node, 'href')}/content.xml"))
        chart = None if root is None else next((one for one in root.iter() if tag_of(one) == "chart"), None)
        if root is None:
            self.ledger.note("embedded object", "only its picture is read")
        elif chart is not None:
            yield from self._chart(root, where)
        elif tag_of(root) == "math":
            written = next((one.text for one in root.iter() if tag_of(one) == "annotation"), None)
            yield from self._said(one_line(written or " ".join(root.itertext())), where)
        else:
            yield from self.below(_body(root), where, depth)

    def _chart(self, root: Node, where: Surroundings) -> Iterator[Element]:
        titles = [" ".join(paragraphs_in(one)) for one in root.iter() if tag_of(one) in ("title", "subtitle", "footer")]
        section = where.outline.section or where.section
        rows = clean_rows(chart_rows(root))
        for block in table_blocks(rows, section, where.page):
            yield block.model_copy(update={"text": "\n".join(filter(None, titles)) or block.text})
        if not rows:
            self.ledger.note("chart", "it keeps no values of its own")

    def _said(self, text: str, where: Surroundings, meta: str = "") -> Iterator[Element]:
        if text:
            section = where.outline.section or where.section
            yield Element(kind="text", text=text, page=where.page, section=section, mark=where.mark, meta=meta)

    def _tree(self, name: str) -> Node | None:
        data = self._member(name)
        try:
            return parsed_xml(data, self.ledger) if data else None
        except SyntaxError:
            self.ledger.note("part of the file", "its XML is damaged")
            return None

    def _member(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except (KeyError, zipfile.BadZipFile):
            return b""


def _body(root: Node) -> Node:
    return next((node for node in root.iter() if tag_of(node) == "body"), root)
