"""The words and rows of OpenDocument nodes, and what their styles say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from groundsight.ingestion.readers.clean import RAISED, one_line
from groundsight.ingestion.readers.office.package import is_alike
from groundsight.ingestion.readers.text.markup import Node, tag_of

# What stands apart from the paragraph or cell that it hangs on.
SHAPES = ("custom-shape", "rect", "line", "ellipse", "circle", "polygon", "polyline", "path", "connector", "measure")
STRUCK = "struck-out"
APART = (
    *SHAPES, "frame", "annotation", "note-body", "text-box", "table", "caption", "regular-polygon", "g", "control",
    STRUCK,
)  # fmt: skip
_TICKED, _BOXES = ("checkbox", "radio"), {"checked": "☒", "unchecked": "☐", "unknown": "☐"}
_MUTE = ("hidden", "password", "button", "image", "property", "list-property", "list-value")
_UNSHOWN = ("collapse", "filter")
_INKED = ("p", "h", "span", "a", "table-cell")
_HIDING = {("text-properties", "none"), ("table-properties", "false")}
_BASED, _GROUND = "parent-style-name", "background-color"
_LOOKS = ("color", "font-size", _GROUND)
# In points.
_TINY, _SIZE, _MOST_PARENTS = 2.0, re.compile(r"(\d*\.?\d+)pt"), 20
_TYPED = ("value", "date-value", "time-value", "boolean-value", "string-value")
# A sheet says how often its last, empty row and cell go on; a person fills no such number of equal cells.
MOST_REPEATS = 1_000
_RAISED = re.compile(r"super|[1-9]\d*%")


@dataclass
class OdfStyles:
    """What of the styles decides what is read: hidden and struck-out text, hidden sheets, numbered levels of lists;
    and how letters look by ``looks``. What a style does not say, the one that it is based on says.
    """

    looks: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    numbered: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    raised: set[str] = field(default_factory=set[str])
    strikes: bool = False
    _hidden: dict[str, bool] = field(default_factory=dict[str, bool])
    _struck: dict[str, bool] = field(default_factory=dict[str, bool])
    _parents: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, node: Node) -> None:
        """Take in one style or list style."""
        name = told(node, "name")
        self._parents[name] = told(node, _BASED)
        look = self.looks[name] = dict[str, str]()
        for one in node:
            look |= {key: said for key in _LOOKS if (said := told(one, key))}
            shown = told(one, "display")
            line = told(one, "text-line-through-style") or told(one, "text-line-through-type")
            if shown or told(one, "visibility") == "hidden":
                self._hidden[name] = (tag_of(one), shown) in _HIDING or not shown
            if line:
                self._struck[name] = line != "none"
                self.strikes = self.strikes or line != "none"
            if _RAISED.match(told(one, "text-position")):
                self.raised.add(name)
            if tag_of(one) == "list-level-style-number" and told(one, "num-format"):
                self.numbered.add((name, told(one, "level")))

    def is_struck(self, name: str) -> bool:
        """True where a style, or one that it is based on, strikes out."""
        return self._says(self._struck, name)

    def is_hidden(self, name: str) -> bool:
        """True where a style, or one that it is based on, hides."""
        return self._says(self._hidden, name)

    def hides(self, node: Node) -> bool:
        """True for letters that are hidden, under two points, or of the colour that lies under them."""
        own = told(node, "style-name")
        if self.is_hidden(own) or tag_of(node) == "hidden-text":
            return True
        if own not in self.looks or any(tag_of(one) in ("frame", *SHAPES) for one in node.iterancestors()):
            return False
        styles = [told(one, "style-name") for one in (node, *node.iterancestors())]
        look = {key: next(filter(None, (self._look(name, key) for name in styles)), "") for key in _LOOKS}
        size = _SIZE.fullmatch(look["font-size"])
        return (size is not None and float(size[1]) < _TINY) or is_alike(look["color"], look[_GROUND] or "FFFFFF")

    def _look(self, name: str, key: str) -> str:
        for _ in range(_MOST_PARENTS):
            if said := self.looks.get(name, {}).get(key, "").replace("transparent", ""):
                return said
            name = self._parents.get(name, "")
        return ""

    def _says(self, said: dict[str, bool], name: str) -> bool:
        for _ in range(_MOST_PARENTS):
            if name in said or not name:
                break
            name = self._parents.get(name, "")
        return said.get(name, False)


def styled(tree: Node | None, styles: OdfStyles) -> Node | None:
    """Take in the styles of a tree, and set apart what they strike out in it."""
    for node in () if tree is None else tree.iter():
        if tag_of(node) in ("style", "list-style"):
            styles.take(node)
    if tree is not None:
        strike_out(tree, styles)
    return tree


def strike_out(root: Node, styles: OdfStyles) -> None:
    """Set apart what a style strikes out, so that it is no part of what it stands in, and mark what it raises."""
    for node in list(root.iter()) if styles.strikes or styles.raised else ():
        if tag_of(node) == "span" and told(node, "style-name") in styles.raised:
            node.set("raised", "")
        if tag_of(node) not in _INKED or not styles.is_struck(told(node, "style-name")):
            continue
        if tag_of(node) != "table-cell":
            node.tag = STRUCK
            continue
        for name in [key for key in node.attrib if key.rpartition("}")[2] in (*_TYPED, "formula")]:
            del node.attrib[name]
        for one in node.iterchildren():
            one.tag = STRUCK if tag_of(one) == "p" else one.tag


def told(node: Node, name: str) -> str:
    """Return an attribute whatever its namespace, empty when there is none."""
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")


def targets_in(node: Node) -> str:
    """Return where the links below a node lead."""
    found = (told(one, "href") for one in node.iter() if tag_of(one) == "a")
    return " ".join(dict.fromkeys(one for one in found if one and not one.startswith("#")))


def words(node: Node) -> str:
    """Return the text of a paragraph without what hangs on it."""
    pieces = [RAISED * (node.get("raised") is not None) + (node.text or "")]
    for child in node:
        match tag_of(child):
            case "s":
                pieces.append(" " * repeats(child, "c", 100))
            case "tab":
                pieces.append("\t")
            case "line-break":
                pieces.append("\n")
            case "ruby-text":
                pieces.append(f" ({words(child)})")
            case tag if tag in APART or tag in ("page-number", "page-count", "sheet-name"):
                pass
            case "note":
                pieces.append("".join(f"[{words(each)}]" for each in child if tag_of(each) == "note-citation"))
            case _:
                pieces.append(words(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def table_rows(table: Node, hidden: list[list[str]]) -> Iterator[list[str]]:
    """Yield the rows as a person sees them, what spans several repeated in each; what is hidden goes to the list."""
    spanning: dict[int, tuple[int, str]] = {}
    for row in table.iterdescendants():
        if tag_of(row) != "table-row" or next(e for e in row.iterancestors() if tag_of(e) == "table") is not table:
            continue
        cells = _spanned(row, spanning)
        for _ in range(repeats(row, "number-rows-repeated") if any(cells) else 1):
            if is_unshown(row):
                hidden.append(cells)
            else:
                yield cells


def cells_of(row: Node) -> Iterator[tuple[Node, int]]:
    """Yield the cells of a row and how often each is repeated."""
    for cell in row:
        if tag_of(cell) in ("table-cell", "covered-table-cell"):
            yield cell, repeats(cell, "number-columns-repeated", 1 << 20)


def cell_text(cell: Node) -> str:
    """Return what a cell shows, or its value where the program that wrote it left that to others."""
    shown = (each for each in cell.iterdescendants() if tag_of(each) in ("p", "h") and not _hangs(each, cell))
    return one_line(" ".join(map(words, shown))) or next(filter(None, (told(cell, name) for name in _TYPED)), "")


def is_unshown(node: Node) -> bool:
    """True for a row or column that is hidden or filtered away."""
    return told(node, "visibility") in _UNSHOWN


def repeats(node: Node, name: str, most: int = MOST_REPEATS) -> int:
    """Return a count that a node states, 1 where it states none."""
    count = told(node, name)
    return min(int(count), most) if count.isascii() and count.isdecimal() else 1


def _spanned(row: Node, spanning: dict[int, tuple[int, str]]) -> list[str]:
    cells: list[str] = []
    for cell, count in cells_of(row):
        text = cell_text(cell)
        for _ in range(min(count, MOST_REPEATS if text else 100)):
            left, above = spanning.pop(len(cells), (0, ""))
            if left > 1:
                spanning[len(cells)] = left - 1, above
            high = repeats(cell, "number-rows-spanned")
            if high > 1 and text:
                spanning[len(cells)] = high - 1, text
            cells.append(text or above)
    return cells


def _hangs(node: Node, cell: Node) -> bool:
    """True for what lies in a comment, a drawing or a chart on the cell; a table in it belongs to its text."""
    above = node.getparent()
    while above is not cell:
        if tag_of(above) in APART and tag_of(above) != "table":
            return True
        above = above.getparent()
    return False


def chart_rows(root: Node) -> list[list[str]]:
    """Return the data that a chart keeps beside its picture; a point that is missing is written as no number."""
    tables = (one for one in root.iter() if tag_of(one) == "table")
    return [["" if cell == "NaN" else cell for cell in row] for table in tables for row in table_rows(table, [])]


def filled_in(forms: Node) -> Iterator[str]:
    """Yield what was filled in: the state and the words of each control."""
    for one in (one for one in forms.iter() if tag_of(one) not in _MUTE):
        box = _BOXES.get(told(one, "current-state") or "unchecked", "") if tag_of(one) in _TICKED else ""
        yield " ".join(filter(None, (box, told(one, "label"), told(one, "current-value") or told(one, "value"))))


def paragraphs_in(node: Node) -> list[str]:
    """Return the paragraphs below a node, each on one line."""
    return [one_line(words(one)) for one in node.iter() if tag_of(one) == "p"]


def nodes_between(child: Node, top: Node) -> Iterator[Node]:
    """Yield the nodes above ``child``, from the innermost one, up to ``top``."""
    node = child.getparent()
    while node is not None and node is not top:
        yield node
        node = node.getparent()
