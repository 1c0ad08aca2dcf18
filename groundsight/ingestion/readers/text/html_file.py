"""HTML: the text that a browser would show, without the ways to other pages. Nothing is fetched, nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, as_written, clean, clean_rows, decode, one_line
from groundsight.ingestion.readers.ledger import PROMPT, TIP, UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.readers.text import markup
from groundsight.ingestion.readers.text.markup import BLOCKS, LINES, OUTSIDE, Node, tag_of, visible_text
from groundsight.ingestion.sniff import HTML
from groundsight.language.addressed import speaks_to_a_model
from groundsight.types import LeftOut

# Where the file of a picture lies in the scratch folder, by its address; None when it is not to be had.
Pictures = Callable[[str], str | None]

# What the author of a page notes for themselves is nobody's to quote; only orders among it are worth a line.
_REMARK = re.compile(r"<!--(.{1,4000}?)-->", re.S)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_DATES = "article:published_time date dc.date dcterms.created datepublished".split()
_QUOTING = {"gmail_attr", "moz-cite-prefix", "yahoo_quoted"}
# Shorter lists of links are as often content ("see also") as a menu.
_MENU_LINKS = 4
_OFFERED = ("choice", "of a long list only what was chosen is read")
_DATA = ("data for programs", "the page does not show it")
_WAYS, _UNSHOWN = ("navigation", "links to other pages"), (UNSHOWN, "the page does not show it")
FAR, _FRAME = ("picture", "it lies outside of the file"), ("embedded object", "it lies outside of the file")


@dataclass(frozen=True)
class Page:
    """What was read from one HTML text."""

    title: str = ""
    created: date | None = None
    elements: tuple[Element, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def read_html(path: Path, pictures: Pictures | None = None) -> Parsed:
    """Read an HTML file: headings, paragraphs, lists, tables, figures, and what was filled into its forms."""
    text, warnings = markup_text(path.read_bytes())
    page = read_page(text, pictures)
    return Parsed(
        media_type=HTML,
        title=page.title,
        created=page.created,
        elements=page.elements,
        left_out=page.left_out,
        warnings=warnings,
    )


def read_page(
    text: str, pictures: Pictures | None = None, *, outline: Outline | None = None, mail: bool = False
) -> Page:
    """Read an HTML text. In a mail a block quote is marked as quoted. ``outline`` goes on from the page before."""
    root = markup.parsed_markup(text)
    for remark in _REMARK.findall(text):
        if speaks_to_a_model(remark):
            lay_aside(remark)
    if root is None:
        return Page()
    walk = _Walk(pictures or (lambda _: None), outline or Outline(), mail=mail)
    walk.visit(root)
    if not walk.elements and walk.ledger.left_out:
        walk = _Walk(pictures or (lambda _: None), Outline(), mail=mail, ways=True)
        walk.visit(root)
    walk.ledger.note(*_DATA, sum("json" in (one.get("type") or "") for one in root.iter("script")))
    title = one_line(root.findtext(".//title") or "")
    stated = list(_stated(root))
    days = (day for name, said in stated if name in _DATES and (day := iso_day(said)))
    authors = (("Author", said) for name, said in stated if name == "author")
    about = property_elements(((name.removeprefix("og:"), said) for name, said in stated), authors)
    return Page(title, next(days, None), (*walk.elements, *about), walk.ledger.left_out)


def markup_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode, believing the declared encoding when the bytes fit it."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(as_written(declared.group(1).decode())), ()
        except (LookupError, UnicodeDecodeError):
            return decode(data)
    return decode(data)


class _Walk:
    """Collects inline text until a block ends; explicit stack, for pages nested 100 000 deep."""

    def __init__(self, pictures: Pictures, outline: Outline, *, mail: bool, ways: bool = False) -> None:
        self.elements: list[Element] = []
        self.ledger = Ledger()
        self._pictures, self._outline, self._mail, self._ways = pictures, outline, mail, ways
        self._pieces: list[str] = []
        self._links: list[str] = []
        self._struck: list[str] = []
        # Of each list that is open the number of its next point and the step to the one after, None where it has none.
        self._counts: list[tuple[int, int] | None] = []
        self._terms, self._waiting = list[str](), False
        self._quoted, self._main = 0, 0

    def visit(self, root: Node) -> None:
        """Walk the tree in document order."""
        has_main = root.find(".//main") is not None or root.find(".//article") is not None
        self._main = 0 if has_main else 1
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
                continue
            if self._is_left_out(node):
                self._pieces.append(node.tail or "")
                continue
            stack.append((node, True))
            if not self._enter(node):
                stack.extend((child, False) for child in reversed(list(node)))
        self._flush()

    def _is_left_out(self, node: Node) -> bool:
        tag = tag_of(node)
        if not tag or (markup.is_unseen(node) and tag not in markup.SPARE):
            return True
        shown = not markup.is_hidden(node) and tag not in markup.SPARE
        part = None if shown or not any(text.strip() for text in node.itertext()) else _UNSHOWN
        part = part or (_FRAME if tag in OUTSIDE else None)
        part = part or (_WAYS if not self._ways and (_is_way(node) or (not self._main and _is_menu(node))) else None)
        if part:
            self.ledger.note(*part)
        if part is _UNSHOWN:
            lay_aside(" ".join("".join(node.itertext()).split()))
        return part is not None or not shown

    def _enter(self, node: Node) -> bool:
        """Handle a start tag; True when the children are done with."""
        tag = tag_of(node)
        if tag in BLOCKS:
            self._flush()
        if tag in ("ol", "ul"):
            self._counts.append(markup.counted_from(node))
        self._quoted += self._is_quoting(node)
        self._main += tag in ("main", "article")
        if markup.is_struck(node):
            self._struck.append(one_line(visible_text(node)))
            return True
        if re.fullmatch(r"h[1-6]", tag):
            self._struck += markup.struck_below(node)
            self._heading(node, int(tag[1]))
            return True
        if tag == "table" and self._table(node):
            return True
        if tag == "img" and self._picture(node):
            return True
        self.ledger.note(*_OFFERED, int(tag == "select" and markup.is_long_choice(node)))
        self._set_aside(node, tag)
        if tag == "a" and node.get("href"):
            self._links += markup.targets(node)
        self._pieces.append("\n" if tag in LINES else self._point(node) if tag == "li" else "")
        self._pieces.append(markup.own_words(node))
        return False

    def _set_aside(self, node: Node, tag: str) -> None:
        """Count what a page shows in an empty field, or under the pointer."""
        self.ledger.note(*PROMPT, int(bool(node.get("placeholder"))))
        tip = one_line(node.get("title") or "") if tag not in ("abbr", *OUTSIDE) else ""
        self.ledger.note(*TIP, int(bool(tip) and tip not in map(one_line, node.itertext())))

    def _leave(self, node: Node) -> None:
        tag = tag_of(node)
        if tag == "dt":
            self._terms = [*(self._terms if self._waiting else []), one_line("".join(self._pieces))]
            self._waiting = True
            self._pieces.clear()
        if tag in BLOCKS:
            self._flush()
        if tag == "dl":
            self._pieces += self._terms if self._waiting else []
            self._terms, self._waiting = [], False
            self._flush()
        if tag in ("ol", "ul"):
            self._counts.pop()
        self._quoted -= self._is_quoting(node)
        self._main -= tag in ("main", "article")
        self._pieces.append(node.tail or "")

    def _point(self, node: Node) -> str:
        if not self._counts or self._counts[-1] is None:
            return "- "
        number, step = self._counts[-1]
        own = node.get("value") or ""
        number = int(own) if re.fullmatch(r"-?[0-9]{1,9}", own) else number
        self._counts[-1] = number + step, step
        return f"{number}. "

    def _is_quoting(self, node: Node) -> bool:
        classes = set((node.get("class") or "").split())
        return self._mail and (tag_of(node) == "blockquote" or bool(classes & _QUOTING))

    def _heading(self, node: Node, level: int) -> None:
        if text := one_line(visible_text(node)):
            self._add(self._outline.heading(text, level).model_copy(update={"meta": " ".join(markup.targets(node))}))

    def _table(self, node: Node) -> bool:
        """Read a data table; tables that lay out a page are walked like any block."""
        if node.find(".//table") is not None:
            return False
        rows = clean_rows(markup.grid(node))
        if len(rows) < 2 or len(rows[0]) < 2:
            return False
        caption = next((one_line(visible_text(found)) for found in node.iter("caption")), "")
        for block in table_blocks(rows, self._outline.section):
            words = f"{caption}\n{block.text}" if caption else block.text
            self._add(block.model_copy(update={"text": words, "meta": " ".join(markup.targets(node))}))
        self._struck += markup.struck_below(node)
        return True

    def _picture(self, node: Node) -> bool:
        """Show a picture that the file holds; of another one only its words are known."""
        name = self._pictures(node.get("src") or "")
        if name is None:
            self.ledger.note(*FAR)
            return False
        alt = one_line(node.get("alt") or "")
        self._add(Element(kind="figure", text=alt, picture=name, section=self._outline.section))
        return True

    def _flush(self) -> None:
        text = clean(re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(self._pieces)))
        links = " ".join(dict.fromkeys(self._links))
        self._pieces.clear()
        self._links.clear()
        if text and text != "-":
            text = f"{', '.join(self._terms)}: {text}" if self._terms else text
            self._waiting = False
            self._add(Element(kind="text", text=text, section=self._outline.section, meta=links))
        for struck in filter(None, self._struck):
            self._add(Element(kind="text", text=struck, section=self._outline.section, mark="deleted"))
        self._struck.clear()

    def _add(self, element: Element) -> None:
        self.elements.append(element.model_copy(update={"mark": "quoted"}) if self._quoted else element)


def _is_way(node: Node) -> bool:
    return tag_of(node) == "nav" or node.get("role") == "navigation"


def _is_menu(node: Node) -> bool:
    """True for a list that holds nothing but links, beside the main part of a page."""
    if tag_of(node) not in ("ul", "ol") or len(node.findall(".//a")) < _MENU_LINKS:
        return False
    linked = sum(len("".join(visible_text(link).split())) for link in node.iter("a"))
    return linked >= len("".join(visible_text(node).split()))


def _stated(root: Node) -> Iterator[tuple[str, str]]:
    """Yield what the head of the page says of it, by name in small letters."""
    for meta in root.iter("meta"):
        name = meta.get("name") or meta.get("property") or meta.get("itemprop") or ""
        yield name.lower(), meta.get("content") or ""


def iso_day(text: str) -> date | None:
    """Return the day of an ISO date or time, None for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
