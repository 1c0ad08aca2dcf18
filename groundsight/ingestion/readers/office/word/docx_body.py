"""The body of a Word document in its order, and beside each paragraph what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import Outline, clean, one_line
from groundsight.ingestion.readers.office.drawing import alternative, drawn
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.readers.office.package import (
    Node,
    Package,
    Relation,
    below,
    child,
    inner,
    is_on,
    local,
    ref,
    shown_branch,
    value,
)  # fmt: skip
from groundsight.ingestion.readers.office.word.docx_notes import WordNotes
from groundsight.ingestion.readers.office.word.docx_rows import MOST_COLUMNS, parts, shown_rows, spanned
from groundsight.ingestion.readers.office.word.docx_styles import Numbering, Styles
from groundsight.ingestion.readers.office.word.docx_text import Hung, TextReader
from groundsight.ingestion.readers.table_elements import as_text, table_blocks
from groundsight.ingestion.readers.table_heads import COVERED

_CONTENTS = re.compile(r"toc \d", re.I)
_REPEATS = ("table of contents", "it repeats the headings")
_HANGS = ("txbxContent", "blip", "imagedata", "chart", "relIds", "textpath")


class WordDocument:
    """Walks the parts of one document."""

    def __init__(self, package: Package, box: PictureBox) -> None:
        self._package, self._box, self._ledger = package, box, package.ledger
        self._main = package.main()
        self._styles = Styles(self._main, package)
        self._numbering = Numbering(self._main, package, self._styles)
        self._notes = WordNotes(self._main, package)
        self._text = TextReader(package.ledger, self._styles, self._notes.mark)
        self._outline = Outline()
        self._relations: dict[str, Relation] = package.relations(self._main)
        self._sections: list[Node] = []
        self._links: list[str] = []

    def body(self) -> Iterator[Element]:
        """Yield the body, then the comments that stand nowhere in it."""
        for _, node in self._package.children(self._main, ("body",), "document"):
            for block in self._blocks([node]):
                yield from self._block(block)
        for key in self._notes.left("comment"):
            yield from self._comment(key)

    def _blocks(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Yield paragraphs and tables, also from controls, moved text and alternatives."""
        for node in nodes:
            match local(node):
                case "p" | "tbl" | "oMathPara" | "oMath":
                    yield node
                case "sdt":
                    yield from self._control(node)
                case "AlternateContent":
                    yield from self._blocks(shown_branch(node))
                case "sectPr":
                    self._sections.append(node)
                case "altChunk" if ref(node) not in self._relations:
                    self._ledger.note("imported document", "it is missing")
                case tag if not tag.endswith("Pr"):
                    yield from self._blocks(node)
                case _:
                    pass

    def _control(self, node: Node) -> Iterator[Node]:
        properties = child(node, "sdtPr")
        if value(child(properties, "docPartObj", "docPartGallery")) == "Table of Contents":
            self._ledger.note(*_REPEATS)
        elif is_on(child(properties, "showingPlcHdr")):
            self._ledger.note("empty field", "it shows only its prompt")
        else:
            yield from self._blocks(below(child(node, "sdtContent")))

    def _block(self, node: Node) -> Iterator[Element]:
        if local(node) == "tbl":
            yield from self._table(node)
            return
        text, hung = self._words(node)
        level = self._styles.level(node)
        if text and level:
            yield self._outline.heading(one_line(text), level)
        elif text:
            yield Element(kind="text", text=text, section=self._outline.section, meta=self._targets())
        yield from self._hanging(hung)

    def _words(self, node: Node) -> tuple[str, Hung]:
        """Return the text of a paragraph with its automatic number."""
        section = child(node, "pPr", "sectPr")
        if section is not None:
            self._sections.append(section)
        text, hung = self._text.read(node)
        self._links += (one.target for key in hung.links if (one := self._relations.get(key)) and one.outside)
        if _CONTENTS.match(self._styles.name(node)):
            self._ledger.note(*_REPEATS)
            return "", hung
        deleted = child(node, "pPr", "rPr", "del") is not None
        label = "" if deleted and not text else self._numbering.label(node)
        text = clean(text)
        return (label + text if text else ""), hung

    def _targets(self) -> str:
        """Return where the links lead that were met since this was asked last."""
        links, self._links = dict.fromkeys(self._links), []
        return " ".join(links)

    def _hanging(self, hung: Hung) -> Iterator[Element]:
        for struck in filter(None, map(clean, hung.struck)):
            yield Element(kind="text", text=struck, section=self._outline.section, mark="deleted")
        for key in hung.notes:
            yield from self._note(*key)
        for drawing in hung.drawings:
            yield from self._drawing(drawing)
        for key in hung.comments:
            yield from self._comment(key)

    def _note(self, kind: str, key: str) -> Iterator[Element]:
        note = self._notes.take(kind, key)
        if note is None:
            return
        with self._within(note.part):
            text, rest = self._flat(note.node)
        if text:
            yield Element(kind="text", text=f"{note.sign} {text}", section=self._outline.section)
        yield from rest

    def _comment(self, key: str) -> Iterator[Element]:
        note = self._notes.take("comment", key)
        if note is None:
            return
        with self._within(note.part):
            text, rest = self._flat(note.node)
        author = one_line(value(note.node, "author") or "")
        words = f"Comment by {author}: {text}" if author else f"Comment: {text}"
        if text:
            yield Element(kind="text", text=words, section=self._outline.section, mark="comment")
        yield from (one.model_copy(update={"mark": "comment"}) for one in rest)

    def _flat(self, container: Iterable[Node]) -> tuple[str, list[Element]]:
        """Return the text of a small container as lines, and its pictures and charts apart."""
        told = [element for block in self._blocks(container) for element in self._block(block)]
        apart = [one for one in told if one.kind == "figure" or one.mark]
        lines = (as_text(one.cells) if one.cells else one.text for one in told if one not in apart)
        return "\n".join(line for line in lines if line), apart

    @contextmanager
    def _within(self, part: str) -> Generator[None]:
        """Follow the references and keep the headings of another part meanwhile."""
        before = self._relations, self._outline
        self._relations, self._outline = self._package.relations(part), Outline()
        try:
            yield
        finally:
            self._relations, self._outline = before

    def _drawing(self, node: Node) -> Iterator[Element]:
        words, hung = alternative(node), list(inner(node, *_HANGS))
        if words and not any(local(one) in ("blip", "imagedata") for one in hung):
            yield Element(kind="text", text=words, section=self._outline.section)
        for one in hung:
            tag = local(one)
            if tag == "txbxContent":
                yield from self._boxed(one)
            elif tag == "textpath" and (text := clean(value(one, "string") or "")):
                yield Element(kind="text", text=text, section=self._outline.section)
            elif tag in ("blip", "imagedata"):
                yield from self._picture(ref(one, "embed") or ref(one), words)
            else:
                relation = self._relations.get(ref(one, "dm") or ref(one))
                told = drawn(relation.target, relation.kind, self._package) if relation else ()
                yield from (each.model_copy(update={"section": self._outline.section}) for each in told)

    def _boxed(self, container: Node) -> Iterator[Element]:
        with self._over(container):
            for block in self._blocks(container):
                yield from self._block(block)

    @contextmanager
    def _over(self, holder: Node) -> Generator[None]:
        self._text.grounds.append(self._styles.ground_of(holder))
        try:
            yield
        finally:
            self._text.grounds.pop()

    def _picture(self, key: str, words: str) -> Iterator[Element]:
        relation = self._relations.get(key)
        if relation is None or relation.outside:
            self._ledger.note("picture", "it lies outside of the file")
            data = None
        elif (data := self._package.bytes_of(relation.target)) is None:
            self._ledger.note("picture", "it is missing or damaged")
        name = self._box.keep(data) if data else None
        if name or words:
            kind = "figure" if name else "text"
            yield Element(kind=kind, text=words, picture=name, section=self._outline.section)

    def _table(self, table: Node) -> Iterator[Element]:
        """Read a table; what a cell holds beside text follows behind it, a table of one cell is a frame."""
        rows = shown_rows(parts(table, "tr"), self._ledger)
        cells = [parts(row, "tc") for row in rows]
        if len(cells) == 1 and len(cells[0]) == 1:
            with self._over(table):
                yield from self._boxed(cells[0][0])
            return
        heads = 0
        while heads < len(rows) and is_on(child(rows[heads], "trPr", "tblHeader")):
            heads += 1
        with self._over(table):
            grid, behind = self._grid(rows, cells)
        meta = self._targets()
        for block in table_blocks(grid, self._outline.section, declared=heads if heads < len(grid) else 0):
            yield block.model_copy(update={"meta": meta})
        yield from behind

    def _grid(self, rows: list[Node], cells: list[list[Node]]) -> tuple[list[list[str]], list[Element]]:
        """Read rows; a merged cell is written once across and repeated downwards."""
        grid, behind = list[list[str]](), list[Element]()
        for row, listed in zip(rows, cells, strict=True):
            line = [""] * spanned(child(row, "trPr", "gridBefore"), 0)
            for cell in listed:
                text = self._cell(cell, behind)
                merged = child(cell, "tcPr", "vMerge")
                if merged is not None and value(merged) in (None, "continue") and grid and len(line) < len(grid[-1]):
                    self._ledger.note("covered cell", "a merged cell lies over it", int(bool(text)))
                    text = grid[-1][len(line)]
                line += [text, *[COVERED] * (spanned(child(cell, "tcPr", "gridSpan"), 1) - 1)]
            grid.append(line[:MOST_COLUMNS])
        return [row for row in grid if any(cell not in ("", COVERED) for cell in row)], behind

    def _cell(self, cell: Node, behind: list[Element]) -> str:
        lines: list[str] = []
        for block in self._blocks(cell):
            if local(block) == "tbl":
                behind.extend(self._table(block))
                continue
            with self._over(cell):
                text, hung = self._words(block)
            lines.append(text)
            behind.extend(self._hanging(hung))
        return one_line(" ".join(lines))

    def margins(self) -> Iterator[Element]:
        """Give what stands above or below every page once, when the body was read: its sections tell what is shown."""
        told, unseen = set[str](), 0
        for part, shown in self._margin_parts():
            root = self._package.root(part, "header or footer")
            if root is None:
                continue
            with self._within(part):
                text, rest = self._flat(root)
            if not shown:
                unseen += bool(text)
            elif text not in told:
                told.add(text)
                yield from [Element(kind="text", text=text)] if text else []
                yield from rest
        self._ledger.note("header or footer", "no page shows it", unseen)

    def _margin_parts(self) -> Iterator[tuple[str, bool]]:
        """Yield each header and footer with whether some page shows it; the parts of one section once."""
        settings = [self._package.root(name, "setting") for name in self._package.related(self._main, "settings")]
        both = any(is_on(child(one, "evenAndOddHeaders")) for one in settings)
        parts: dict[str, bool] = {}
        for section in self._sections:
            kinds = {"default": True, "first": is_on(child(section, "titlePg")), "even": both}
            for node in (one for one in section if local(one) in ("headerReference", "footerReference")):
                relation = self._relations.get(ref(node))
                if relation is not None:
                    shown = kinds.get(value(node, "type") or "default", True)
                    parts[relation.target] = parts.get(relation.target, False) or shown
        yield from parts.items()
