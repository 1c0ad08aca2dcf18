"""The nodes of a markup tree: what a browser shows of them, where their links lead, their tables as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO, Any, TypeAlias, cast

from groundsight.ingestion.readers.clean import RAISED
from groundsight.ingestion.readers.ledger import Ledger, lay_aside
from groundsight.ingestion.readers.text.styles.unshown import mark_unshown, strikes

# lxml has no type information.
Node: TypeAlias = Any

_UNSEEN = {
    "script", "style", "noscript", "template", "head", "meta", "link", "base", "datalist", "annotation",
    "annotation-xml",
}  # fmt: skip
# What a page holds in reserve.
SPARE = ("noscript", "template")
_STRUCK = ("del", "s", "strike")
OUTSIDE = ("iframe", "object", "embed", "applet", "audio", "video", "canvas")
BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "ul", "ol", "li", "dl", "dt", "dd",
    "blockquote", "pre", "address", "body", "html", "form", "fieldset", "details", "summary", "center", "hr", "figure",
    "table", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "svg",
    "dialog", "menu", "hgroup", "search",
}  # fmt: skip
# Parts that begin on a line of their own inside of a block.
LINES = {"br", "figcaption", "text", "title", "desc", "textarea", "legend"}
_TYPED = ("", "text", "number", "date", "time", "email", "tel", "url", "search", "month", "week", "datetime-local")
_PRESSED = ("a", "button", "i", "svg")
_SPAN_LIMIT, _DEEPEST = 50, 60
_CELL_LIMIT = 200_000
# Sizes and models of a shop are fewer, countries and years are more.
_MOST_OFFERED = 20
_LINK_CHARS, _MOST_LINKS = 300, 30


def parsed_markup(text: str) -> Node | None:
    """Return the tree of an HTML text, what nobody sees marked; None when it holds nothing. Nothing is fetched."""
    root = _tree(text)
    if root is not None:
        _open_up(root)
        mark_unshown(root)
        for formula in [one for one in root.iter("math") if not is_hidden(one)]:
            written = _linear(formula, 0)
            for part in list(formula):
                formula.remove(part)
            formula.text = written
    return root


def _tree(text: str) -> Node | None:
    from lxml import etree, html  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType]

    markup: Any = html
    parser_error = cast("type[Exception]", etree.ParserError)  # pyright: ignore[reportUnknownMemberType]
    parser = markup.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        return markup.document_fromstring(text.encode(errors="replace"), parser=parser) if text.strip() else None
    except parser_error:
        return None


def _open_up(root: Node) -> None:
    """Put the pages that are written out in a page, in frames and shadows, where a browser shows them."""
    for frame in list(root.iter("iframe")):
        if (held := _tree(frame.get("srcdoc") or "")) is not None:
            frame.tag, frame.text = "div", ""
            frame.append(held)
    for shadow in [one for one in root.iter("template") if one.get("shadowrootmode") is not None]:
        shadow.tag = "div"


_SAFE: dict[str, bool] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "recover": True, "remove_comments": True,
    "remove_pis": True,
}  # fmt: skip


def parsed_xml(data: bytes, ledger: Ledger) -> Node:
    """Return the tree of an XML text; no entity is resolved, nothing is fetched. Raises ``SyntaxError`` of lxml.

    What is damaged is mended as far as that goes, and stands in the ledger.
    """
    from lxml import etree  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType]

    library = cast(Any, etree)
    parser: Any = library.XMLParser(**_SAFE)
    root: Any = library.fromstring(data, parser=parser)
    _note_damage(parser, ledger)
    unresolved = 0 if root is None else sum(1 for _ in root.iter(library.Entity))
    ledger.note("word that stands for others", "entities of XML are not resolved", unresolved)
    return root


def xml_events(part: IO[bytes], tags: Sequence[str], ledger: Ledger) -> Iterator[tuple[str, Node]]:
    """Yield the start and the end of the nodes of these tags of a long XML text as it is read; see ``parsed_xml``."""
    from lxml import etree  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue, reportUnknownVariableType]

    wanted = [f"{{*}}{tag}" for tag in tags]
    events: Any = cast(Any, etree).iterparse(part, events=("start", "end"), tag=wanted, **_SAFE)
    yield from events
    _note_damage(events, ledger)


def _note_damage(parser: Any, ledger: Ledger) -> None:
    errors = sum(1 for error in parser.error_log if error.level_name != "WARNING")
    ledger.note("place in the XML", "it is damaged; words there may be missing", errors)


def tag_of(node: Node) -> str:
    """Return the tag in small letters without its namespace, empty for what is no element."""
    return node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""


def visible_text(node: Node) -> str:
    """Return the text under a node without its hidden parts and those that are struck out in it."""
    return "".join(_visible_pieces(node))


def is_unseen(node: Node) -> bool:
    """True for parts that are no text at all: scripts, styles, the head."""
    return tag_of(node) in _UNSEEN


def is_hidden(node: Node) -> bool:
    """True when a browser would not show the node."""
    return node.get("hidden") is not None or node.get("aria-hidden") == "true"


def is_kept_aside(node: Node) -> bool:
    """True when a browser would not show the node; what it says is set aside."""
    if is_hidden(node):
        lay_aside(" ".join("".join(node.itertext()).split()))
    return is_hidden(node)


def is_struck(node: Node) -> bool:
    """True for what a browser would show with a line through it."""
    return tag_of(node) in _STRUCK or strikes(node.get("style") or "")


def struck_below(node: Node) -> Iterator[str]:
    """Yield the text of each part below a node that is struck out."""
    stack = [node]
    while stack:
        one = stack.pop()
        if not tag_of(one) or is_unseen(one) or is_hidden(one):
            continue
        if is_struck(one):
            yield " ".join(visible_text(one).split())
        else:
            stack.extend(reversed(list(one)))


def _linear(node: Node, depth: int) -> str:
    """Write a formula of MathML on a line, as those of Office are."""
    if is_kept_aside(node):
        return ""
    if depth > _DEEPEST:
        return "" if any(map(is_kept_aside, node.iter())) else "".join(node.itertext())
    parts = [_linear(one, depth + 1) for one in node if tag_of(one) and not tag_of(one).startswith("annotation")]
    apart = [f"({part})" if len(part) > 1 and not part.isalnum() else part for part in parts]
    match tag_of(node), apart:
        case "mfrac", [above, below]:
            return f"{above}/{below}"
        case "msup" | "mover", [base, high]:
            return f"{base}^{high}"
        case "msub" | "munder", [base, low]:
            return f"{base}_{low}"
        case "msubsup" | "munderover", [base, low, high]:
            return f"{base}_{low}^{high}"
        case "mroot", [base, degree]:
            return f"{degree}√({base})"
        case "msqrt", _:
            return f"√({''.join(parts)})"
        case "mfenced" | "mtr", _:
            return f"({', '.join(parts)})"
        case _:
            return (node.text or "").strip() + "".join(parts)


def is_long_choice(box: Node) -> bool:
    """True for a list to choose from of which only the chosen is read."""
    return sum(1 for _ in islice(box.iter("option"), _MOST_OFFERED + 1)) > _MOST_OFFERED


def own_words(node: Node) -> str:
    """Return what a node shows before its children: its text, a picture's words, what was filled into a form."""
    match tag_of(node):
        case "img" | "area":
            return f" {node.get('alt') or ''} "
        case tag if node.get("role") == "img" or (tag in _PRESSED and _is_icon(node)):
            return f" {node.get('aria-label') or ''} "
        case "option":
            return _offered(node)
        case "select" | "button":
            return f" {node.text or ''}"
        case "meter" | "progress" if node.get("value") and not (node.text or "").strip():
            return f" {node.get('value')} of {node.get('max') or 1} "
        case "abbr" if node.get("title") and len(node) == 0:
            return f"{node.text or ''} ({node.get('title')})"
        case "input":
            return _filled(node)
        case "sup":
            return RAISED + (node.text or "")
        case _ if "noteref" in f"{node.get('role')} {node.get('epub:type')}":
            return RAISED + (node.text or "")
        case "rt" if len(node) == 0 and node.getparent().find("rp") is None:
            return f" ({node.text or ''})"
        case _:
            return node.text or ""


def _is_icon(node: Node) -> bool:
    """True for what shows a sign and no word."""
    return not any(char.isalnum() for text in node.itertext() for char in text) and node.find(".//img") is None


def counted_from(points: Node) -> tuple[int, int] | None:
    """Return where a list begins to count and by what step, None where it does not."""
    if tag_of(points) != "ol":
        return None
    step = 1 if points.get("reversed") is None else -1
    start = points.get("start") or ""
    return int(start) if re.fullmatch(r"-?[0-9]{1,9}", start) else 1 if step > 0 else len(points.findall("li")), step


def targets(node: Node) -> tuple[str, ...]:
    """Return where the links at and under a node lead, in order; a step within the page leads nowhere."""
    found = (link.get("href", "").strip() for link in node.iter("a"))
    kept = dict.fromkeys(each for each in found if each and not each.startswith(("#", "javascript:", "data:")))
    return tuple(each[:_LINK_CHARS] for each in list(kept)[:_MOST_LINKS])


def grid(table: Node) -> list[list[str]]:
    """Spread merged cells over the rows and columns that they cover."""
    rows: list[list[str]] = []
    pending: dict[tuple[int, int], str] = {}
    for number, row in enumerate(table.iter("tr")):
        if is_kept_aside(row) or is_struck(row) or len(rows) * 10 > _CELL_LIMIT:
            continue
        line: list[str] = []
        for cell in row.iterchildren("td", "th"):
            _skip_covered(line, pending, number)
            words = "" if is_struck(cell) else visible_text(cell)
            wide, high = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            pending.update({(number + down, len(line)): words for down in range(1, high)})
            # A wide cell is repeated only as a header; in the body it stands once.
            line.extend([words, *([words] * (wide - 1) if cell.tag == "th" else [""] * (wide - 1))])
        _skip_covered(line, pending, number)
        rows.append(line)
    return rows


def _visible_pieces(root: Node) -> Iterator[str]:
    stack: list[tuple[Node, bool]] = [(root, False)]
    within = is_struck(root)
    while stack:
        node, leaving = stack.pop()
        if leaving:
            yield f"{' ' if tag_of(node) in BLOCKS else ''}{node.tail or ''}"
            continue
        if node is not root:
            stack.append((node, True))
        if not tag_of(node) or is_unseen(node) or is_kept_aside(node) or (not within and is_struck(node)):
            continue
        yield " " if tag_of(node) in BLOCKS or tag_of(node) in LINES else ""
        yield own_words(node)
        stack.extend((child, False) for child in reversed(list(node)))


def _filled(node: Node) -> str:
    kind = node.get("type", "").lower()
    if kind in ("checkbox", "radio"):
        return "[x] " if node.get("checked") is not None else "[ ] "
    return f" {node.get('value') or ''} " if kind in _TYPED else ""


def _offered(option: Node) -> str:
    """Return one of the things to choose from; of a long list only what was chosen."""
    sign = "[x]" if option.get("selected") is not None else "[ ]"
    few = not any(is_long_choice(box) for box in option.iterancestors("select"))
    return f" {sign} {option.text or ''} " if few or sign == "[x]" else ""


def _skip_covered(line: list[str], pending: dict[tuple[int, int], str], number: int) -> None:
    while (number, len(line)) in pending:
        line.append(pending.pop((number, len(line))))


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _SPAN_LIMIT) if value and value.isascii() and value.isdigit() else 1
