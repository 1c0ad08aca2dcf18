"""HTML: the text that a browser would show. Nothing is fetched, nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, decode, one_line
from groundsight.ingestion.readers.csv_file import table_blocks
from groundsight.ingestion.sniff import HTML

# lxml has no type information.
Node: TypeAlias = Any

_UNSEEN = {
    "script", "style", "noscript", "template", "head", "iframe", "object", "embed", "svg", "math", "canvas", "input",
    "select", "textarea", "button", "audio", "video", "meta", "link", "base", "applet", "datalist",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "ul", "ol", "li", "dl", "dt", "dd",
    "blockquote", "pre", "address", "body", "html", "form", "fieldset", "details", "summary", "center", "hr", "figure",
    "figcaption", "table", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "tbody", "thead", "tfoot", "caption",
}  # fmt: skip
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.I,
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_SPAN_LIMIT = 50
_CELL_LIMIT = 200_000


def read_html(path: Path) -> Parsed:
    """Read an HTML file: headings, paragraphs, lists, tables, and the words of its figures."""
    data = path.read_bytes()
    text, warnings = _decode(data)
    title, elements = html_elements(text)
    return Parsed(media_type=HTML, title=title, elements=tuple(elements), warnings=warnings)


def html_elements(text: str) -> tuple[str, list[Element]]:
    """Return title and elements of an HTML text."""
    from lxml import etree, html  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType]

    markup: Any = html
    parser_error = cast("type[Exception]", etree.ParserError)  # pyright: ignore[reportUnknownMemberType]
    parser = markup.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    if not text.strip():
        return "", []
    try:
        root: Node = markup.document_fromstring(text.encode(errors="replace"), parser=parser)
    except parser_error:
        return "", []
    if root is None:
        return "", []
    title = one_line(root.findtext(".//title") or "")
    walk = _Walk()
    walk.visit(root)
    return title, walk.finish()


class _Walk:
    """Collects inline text until a block ends; explicit stack, for pages nested 100 000 deep."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self._outline = Outline()
        self._pieces: list[str] = []

    def visit(self, root: Node) -> None:
        """Walk the tree in document order."""
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
                continue
            stack.append((node, True))
            if isinstance(node.tag, str) and not self._enter(node):
                stack.extend((child, False) for child in reversed(list(node)))

    def finish(self) -> list[Element]:
        """Flush what is left and return all elements."""
        self._flush()
        return self.elements

    def _enter(self, node: Node) -> bool:
        """Handle a start tag; True when the children are done with."""
        tag = node.tag.lower()
        if tag in _UNSEEN or _is_hidden(node):
            return True
        if tag in _BLOCKS:
            self._flush()
        if re.fullmatch(r"h[1-6]", tag):
            self._heading(node, int(tag[1]))
            return True
        if tag == "table" and self._table(node):
            return True
        if tag in ("img", "br"):
            self._pieces.append("\n" if tag == "br" else f" {node.get('alt') or ''} ")
        if tag == "li":
            self._pieces.append("- ")
        self._pieces.append(node.text or "")
        return False

    def _leave(self, node: Node) -> None:
        if isinstance(node.tag, str) and node.tag.lower() in _BLOCKS:
            self._flush()
        self._pieces.append(node.tail or "")

    def _heading(self, node: Node, level: int) -> None:
        if text := one_line(visible_text(node)):
            self.elements.append(self._outline.heading(text, level))

    def _table(self, node: Node) -> bool:
        """Read a data table; tables that lay out a page are walked like any block."""
        if node.find(".//table") is not None:
            return False
        rows = clean_rows(_grid(node))
        if len(rows) < 2 or len(rows[0]) < 2:
            return False
        caption = next((one_line(visible_text(found)) for found in node.iter("caption")), "")
        for block in table_blocks(rows, self._outline.section):
            words = f"{caption}\n{block.text}" if caption else block.text
            self.elements.append(block.model_copy(update={"text": words}))
        return True

    def _flush(self) -> None:
        text = clean(re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(self._pieces)))
        self._pieces.clear()
        if text and text != "-":
            self.elements.append(Element(kind="text", text=text, section=self._outline.section))


def visible_text(node: Node) -> str:
    """Return the text under a node without its hidden parts."""
    return "".join(_visible_pieces(node))


def _visible_pieces(root: Node) -> Iterator[str]:
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            yield node.tail or ""
            continue
        if node is not root:
            stack.append((node, True))
        if not isinstance(node.tag, str) or node.tag.lower() in _UNSEEN or _is_hidden(node):
            continue
        yield " " if node.tag.lower() in _BLOCKS or node.tag.lower() == "br" else ""
        yield f"{node.get('alt') or ''} " if node.tag.lower() == "img" else node.text or ""
        stack.extend((child, False) for child in reversed(list(node)))


def _is_hidden(node: Node) -> bool:
    style = node.get("style")
    return (
        (style is not None and _HIDDEN_STYLE.search(style) is not None)
        or node.get("hidden") is not None
        or node.get("aria-hidden") == "true"
    )


def _grid(table: Node) -> list[list[str]]:
    """Spread merged cells over the rows and columns that they cover."""
    grid: list[list[str]] = []
    pending: dict[tuple[int, int], str] = {}
    for number, row in enumerate(table.iter("tr")):
        if _is_hidden(row) or len(grid) * 10 > _CELL_LIMIT:
            continue
        line: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _skip_covered(line, pending, number)
            words = "" if _is_hidden(cell) else visible_text(cell)
            wide, high = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            pending.update({(number + down, len(line)): words for down in range(1, high)})
            # A wide cell is repeated only as a header; in the body it stands once.
            line.extend([words, *([words] * (wide - 1) if cell.tag == "th" else [""] * (wide - 1))])
        _skip_covered(line, pending, number)
        grid.append(line)
    return grid


def _skip_covered(line: list[str], pending: dict[tuple[int, int], str], number: int) -> None:
    while (number, len(line)) in pending:
        line.append(pending.pop((number, len(line))))


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _SPAN_LIMIT) if value and value.isascii() and value.isdigit() else 1


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Believe the declared encoding when the bytes fit it."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(declared.group(1).decode()), ()
        except (LookupError, UnicodeDecodeError):
            return decode(data)
    return decode(data)
