"""Presentations: a slide is a page; title, text, tables, charts, pictures with their boxes, notes and comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, one_line
from groundsight.ingestion.readers.ledger import lay_aside
from groundsight.ingestion.readers.office.drawing import alternative, drawn, paragraphs_of, struck_in
from groundsight.ingestion.readers.office.embedded import PictureBox, office_file
from groundsight.ingestion.readers.office.package import Node, Package, Relation, below, child, inner, local, ref, value
from groundsight.ingestion.readers.office.slide.slide_looks import covered, paper_of, without_faint
from groundsight.ingestion.readers.office.slide.slide_shapes import Shape, Sizes, shapes_on
from groundsight.ingestion.readers.raster import is_dense
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.readers.table_heads import COVERED
from groundsight.ingestion.sniff import PPTX
from groundsight.limits import DEFAULT_LIMITS, Limits

_REPEATED = ("ftr", "dt", "hdr")


def read_pptx(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read all slides in their order; what is hidden is marked as such.

    Raises:
        ParseFailed: the container or its main part can't be read.
    """
    return office_file(path, scratch, PPTX, _read, limits)


def _read(package: Package, box: PictureBox) -> tuple[Iterator[Element], int]:
    show = _Show(package, box)
    return (element for page, part in enumerate(show.slides, 1) for element in show.read(part, page)), len(show.slides)


class _Show:
    """One presentation; what stands on every slide is told once."""

    def __init__(self, package: Package, box: PictureBox) -> None:
        self._package, self._box = package, box
        main = package.main()
        root = package.root(main, "presentation")
        relations = package.relations(main)
        named = [ref(one) for one in below(child(root, "sldIdLst"))]
        self.slides = [relations[key].target for key in named if key in relations]
        self._sizes = Sizes(package, root)
        self._authors = dict(_authors(package, main))
        self._told: set[str] = set()

    def read(self, part: str, page: int) -> Iterator[Element]:
        """Read one slide: its title, its shapes from top to bottom, its notes and comments."""
        root = self._package.root(part, "slide")
        if root is None:
            return
        shapes = shapes_on(part, root, self._sizes)
        relations = self._package.relations(part)
        under = covered(shapes, root, lambda node: self._is_dense(node, relations))
        shapes = [replace(one, is_unshown=one.is_unshown or at in under) for at, one in enumerate(shapes)]
        self._lay_faint_aside(part, root, shapes)
        title = next((one for one in shapes if one.placeholder in ("title", "ctrTitle") and not one.is_unshown), None)
        name = one_line(paragraphs_of(title.node)) if title else ""
        mark = "hidden" if value(root, "show") in ("0", "false") else ""
        meta = self._package.links_of(part)
        for element in self._slide(part, shapes, title if name else None, name):
            known = {"page": page, "section": name or f"Slide {page}", "mark": element.mark or mark, "meta": meta}
            yield element.model_copy(update=known)
            meta = ""

    def _lay_faint_aside(self, part: str, root: Node, shapes: list[Shape]) -> None:
        layouts = self._package.related(part, "slideLayout")
        above = [*layouts, *(name for each in layouts for name in self._package.related(each, "slideMaster"))]
        others = [*shapes, *(one for name in above for one in self._sizes.shapes(name))]
        paper = paper_of(one for one in (root, *map(self._sizes.root, above)) if one is not None)
        for shape in shapes:
            lay_aside(without_faint(shape, others, paper=paper))

    def _slide(self, part: str, shapes: list[Shape], title: Shape | None, name: str) -> Iterator[Element]:
        if title is not None:
            yield Element(kind="heading", text=name, level=1, box=title.box)
            yield from _struck(title)
        relations = self._package.relations(part)
        for shape in sorted((one for one in shapes if one is not title), key=lambda one: one.order):
            mark = "hidden" if shape.is_unshown else ""
            for element in self._shape(shape, relations):
                yield element.model_copy(update={"box": shape.box, "mark": element.mark or mark})
        yield from self._shared(part)
        for notes in self._package.related(part, "notesSlide"):
            yield from self._notes(notes)
        for comments in self._package.related(part, "comments"):
            yield from self._comments(comments)

    def _shape(self, shape: Shape, relations: dict[str, Relation]) -> Iterator[Element]:
        text = "" if shape.placeholder == "sldNum" else paragraphs_of(below(child(shape.node, "txBody")))
        if text and not (shape.placeholder in _REPEATED and self._is_told(text)):
            yield Element(kind="text", text=text)
        yield from _struck(shape)
        held, words = list(inner(shape.node, "tbl", "blip", "chart", "relIds")), alternative(shape.node)
        if words and not any(local(node) == "blip" for node in held):
            yield Element(kind="text", text=words)
        for node in held:
            tag = local(node)
            relation = relations.get(ref(node, {"blip": "embed", "relIds": "dm"}.get(tag, "id")))
            if tag == "tbl":
                yield from table_blocks(_rows(node))
            elif tag == "blip":
                yield from self._picture(relation, words)
            elif relation is not None:
                yield from drawn(relation.target, relation.kind, self._package)

    def _is_dense(self, node: Node, relations: dict[str, Relation]) -> bool:
        """True for a picture of pixels without a clear place, as far as its kind tells."""
        blip = child(node, "blipFill", "blip")
        relation = relations.get(ref(blip, "embed")) if blip is not None else None
        data = self._package.bytes_of(relation.target) if relation and not relation.outside else None
        return data is not None and blip is not None and not len(blip) and is_dense(data, DEFAULT_LIMITS)

    def _picture(self, relation: Relation | None, words: str) -> Iterator[Element]:
        data = self._package.bytes_of(relation.target) if relation and not relation.outside else None
        if data is None:
            self._package.ledger.note("picture", "it is missing, damaged or outside of the file")
        if name := self._box.keep(data) if data else None:
            yield Element(kind="figure", text=words, picture=name)
        elif words:
            yield Element(kind="text", text=words)

    def _shared(self, part: str) -> Iterator[Element]:
        """Give what the layout and the master of a slide say on it, each once in the show."""
        layouts = self._package.related(part, "slideLayout")
        masters = [name for layout in layouts for name in self._package.related(layout, "slideMaster")]
        for shape in (one for name in (*layouts, *masters) for one in self._sizes.shapes(name) if not one.placeholder):
            text = paragraphs_of(below(child(shape.node, "txBody")))
            if text and not self._is_told(text):
                yield Element(kind="text", text=text, box=shape.box)

    def _is_told(self, text: str) -> bool:
        before = text in self._told
        self._told.add(text)
        return before

    def _notes(self, part: str) -> Iterator[Element]:
        root = self._package.root(part, "page of notes")
        shapes = shapes_on(part, root, self._sizes) if root is not None else []
        kept = [one for one in shapes if one.placeholder not in ("sldNum", "sldImg", *_REPEATED)]
        text = "\n".join(words for one in kept if (words := paragraphs_of(below(child(one.node, "txBody")))))
        if text:
            yield Element(kind="text", text=f"Notes: {text}")
        yield from (one.model_copy(update={"box": None}) for shape in kept for one in _struck(shape))

    def _comments(self, part: str) -> Iterator[Element]:
        root = self._package.root(part, "comment")
        for node in inner(root, "cm", "reply") if root is not None else ():
            yield from self._comment(node)
            yield from (told for reply in inner(node, "reply") for told in self._comment(reply))

    def _comment(self, node: Node) -> Iterator[Element]:
        plain = child(node, "text")
        words = clean((plain.text if plain is not None else "") or paragraphs_of(below(child(node, "txBody"))))
        author = self._authors.get(value(node, "authorId") or "", "")
        if words:
            text = f"Comment by {author}: {words}" if author else f"Comment: {words}"
            yield Element(kind="text", text=text, mark="comment")


def _struck(shape: Shape) -> Iterator[Element]:
    """Yield what is struck out in the text or the table of a shape."""
    return (Element(kind="text", text=text, box=shape.box, mark="deleted") for text in struck_in(shape.node))


def _authors(package: Package, main: str) -> Iterator[tuple[str, str]]:
    for part in (*package.related(main, "commentAuthors"), *package.related(main, "authors")):
        for node in below(package.root(part, "list of authors")):
            yield value(node, "id") or "", one_line(value(node, "name") or "")


def _rows(table: Node) -> list[list[str]]:
    """Read rows; a merged cell is written once across and repeated downwards."""
    rows: list[list[str]] = []
    for row in (one for one in table if local(one) == "tr"):
        line: list[str] = []
        for cell in (one for one in row if local(one) == "tc"):
            text = one_line(paragraphs_of(cell))
            if value(cell, "vMerge") in ("1", "true") and rows and len(line) < len(rows[-1]):
                text = rows[-1][len(line)]
            line.append(COVERED if value(cell, "hMerge") in ("1", "true") else text)
        rows.append(line)
    return [row for row in rows if any(cell not in ("", COVERED) for cell in row)]
