"""The words of a Word paragraph as they are shown, and what hangs on it: notes, comments, boxes, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from groundsight.ingestion.readers.clean import RAISED
from groundsight.ingestion.readers.ledger import PROMPT, UNCHOSEN, UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.office.equations import linear
from groundsight.ingestion.readers.office.package import (
    Node,
    child,
    is_alike,
    is_on,
    is_white,
    local,
    ref,
    shown_branch,
    value,
    whole,
)  # fmt: skip
from groundsight.ingestion.readers.office.word.docx_styles import Styles

# Private-use characters of the symbol fonts that forms are ticked with.
_SYMBOLS = {
    "F0A8": "☐", "F06F": "☐", "F071": "☐", "F0FE": "☒", "F078": "☒", "F0FD": "☒", "F052": "☑", "F0FC": "✓",
    "F0FB": "✗", "F0B7": "•", "F0A7": "▪", "F0E0": "→",
}  # fmt: skip
_TINY_HALF_POINTS = 4
# In percent of their width; in twentieths of a point, letters are moved together by one or two points at most.
_NARROWEST, _CLOSEST, _LOWEST = 10, 120, 40
# In half-points, and in twentieths of a point: a margin note stands an inch out.
_OFF_LINE, _OFF_PAGE = 200, 4_000
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_BOX = {True: "☒", False: "☐"}


@dataclass
class Hung:
    """What hangs on a paragraph, in order: notes, comments and links by id, drawings as nodes, stretches struck out."""

    notes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    comments: list[str] = field(default_factory=list[str])
    drawings: list[Node] = field(default_factory=list[Node])
    links: list[str] = field(default_factory=list[str])
    struck: list[str] = field(default_factory=lambda: [""])


class TextReader:
    """Reads runs, links, insertions, fields, controls and equations; marks a note where it stands."""

    def __init__(self, ledger: Ledger, styles: Styles, mark: Callable[[str, str], str]) -> None:
        self._ledger, self._styles, self._mark = ledger, styles, mark
        self._hung = Hung()
        # The colours of the cells, tables and boxes around a paragraph, the innermost last.
        self.grounds: list[str] = []
        self._paragraph: Node | None = None
        # A field is an order and then its result; only the result is shown. One may run over paragraphs.
        self._fields: list[bool] = []

    def read(self, paragraph: Node) -> tuple[str, Hung]:
        """Return the text of a paragraph, or of an equation on its own, and what hangs on it."""
        self._hung = Hung()
        # An order that never ended would hide the rest of the document.
        self._fields = [True for _ in self._fields]
        self._paragraph = paragraph
        return (self._inside if local(paragraph) == "p" else self._piece)(paragraph), self._hung

    def _inside(self, node: Node) -> str:
        return "".join(self._piece(one) for one in node)

    def _piece(self, node: Node) -> str:
        tag = local(node)
        match tag:
            case "r":
                return self._run(node)
            case "oMath" | "oMathPara":
                return linear(node)
            case "hyperlink":
                self._hung.links.append(ref(node))
                return self._inside(node)
            case "sdt":
                return self._control(node)
            case "AlternateContent":
                return self._inside(shown_branch(node))
            case "del" | "moveFrom":
                self._leave("deleted text", "a tracked change took it out", node)
                return ""
            case "ruby":
                return f"{self._inside(_or_empty(node, 'rubyBase'))} ({self._inside(_or_empty(node, 'rt'))})"
            case _ if tag.endswith("Pr"):
                return ""
            case _:
                return self._inside(node)

    def _run(self, run: Node) -> str:
        if self._is_unshown(run):
            self._leave(UNSHOWN, "the document does not show it", run)
            lay_aside("".join(part.text or "" for part in run if local(part) == "t"))
            return ""
        raised = value(child(run, "rPr", "vertAlign")) == "superscript"
        text = RAISED * raised + "".join(self._sign(part) for part in run)
        if any(is_on(self._letters(run, name)) for name in ("strike", "dstrike")):
            self._hung.struck[-1] += text
            return ""
        self._hung.struck += [""] if text else []
        return text

    def _is_unshown(self, run: Node) -> bool:
        """True for letters that are hidden, under two points, or of the colour that lies under them."""
        paragraph = run if self._paragraph is None else self._paragraph
        vanish, size, colour = (self._letters(run, name) for name in ("vanish", "sz", "color"))
        if is_on(vanish) or 0 < whole(value(size)) < _TINY_HALF_POINTS or _is_squeezed(paragraph, run):
            return True
        if (fill := child(run, "rPr", "textFill")) is not None:
            colour = child(fill, "solidFill", "srgbClr")
        if fill is not None and colour is None:  # a colour of the theme, or several
            return False
        if ground := self._styles.ground(paragraph, run) or next(filter(None, reversed(self.grounds)), ""):
            return is_alike(value(colour), ground)
        return is_white(value(colour), value(colour, "themeColor"))

    def _letters(self, run: Node, name: str) -> Node | None:
        return self._styles.letters(run if self._paragraph is None else self._paragraph, run, name)

    def _sign(self, part: Node) -> str:
        tag = local(part)
        match tag:
            case "fldChar":
                return self._field(part)
            case "AlternateContent":
                return "".join(self._sign(one) for one in shown_branch(part))
            case "drawing" | "pict" | "object":
                self._hung.drawings.append(part)
            case "commentReference":
                self._hung.comments.append(value(part, "id") or "")
            case "ruby":
                return self._piece(part)
            case _:
                return self._shown(part, tag)
        return ""

    def _shown(self, part: Node, tag: str) -> str:
        if not all(self._fields):
            return ""
        if tag == "t":
            return part.text or ""
        if tag == "sym":
            return _symbol(value(part, "char") or "")
        if tag in _NOTES:
            note = (_NOTES[tag], value(part, "id") or "")
            self._hung.notes.append(note)
            return self._mark(*note)
        return _SIGNS.get(tag, "")

    def _field(self, sign: Node) -> str:
        match value(sign, "fldCharType"):
            case "begin":
                self._fields.append(False)
            case "separate" if self._fields:
                self._fields[-1] = True
            case "end" if self._fields:
                self._fields.pop()
            case _:
                pass
        told = (value(child(sign, "ffData", name)) for name in ("helpText", "statusText"))
        self._ledger.note(*PROMPT, sum(map(bool, told)))
        listed = child(sign, "ffData", "ddList")
        if listed is not None:
            entries = [value(one) or "" for one in listed if local(one) == "listEntry"]
            chosen = whole(value(child(listed, "result")) or value(child(listed, "default")))
            self._ledger.note(*UNCHOSEN, len(entries) - 1)
            return entries[chosen] if chosen < len(entries) else ""
        box = child(sign, "ffData", "checkBox")
        if box is None:
            return ""
        state = child(box, "checked")
        return _BOX[is_on(state if state is not None else child(box, "default"))]

    def _control(self, node: Node) -> str:
        properties = child(node, "sdtPr")
        box = child(properties, "checkbox")
        if box is not None:
            return _BOX[is_on(child(box, "checked"))]
        if is_on(child(properties, "showingPlcHdr")):
            self._ledger.note("empty field", "it shows only its prompt")
            return ""
        offered = (child(properties, name) for name in ("dropDownList", "comboBox"))
        self._ledger.note(*UNCHOSEN, sum(max(len(one) - 1, 0) for one in offered if one is not None))
        return self._inside(_or_empty(node, "sdtContent"))

    def _leave(self, kind: str, why: str, node: Node) -> None:
        if any(local(one) in ("t", "delText") and one.text for one in node.iter()):
            self._ledger.note(kind, why)


def _is_squeezed(paragraph: Node, run: Node) -> bool:
    """True for letters without width, one above the other, or clear, and for a line that is lower than two points."""
    wide, apart = (value(child(run, "rPr", name)) or "" for name in ("w", "spacing"))
    line = child(paragraph, "pPr", "spacing")
    low = value(line, "lineRule") == "exact" and whole(value(line, "line")) < _LOWEST
    clear = child(run, "rPr", "textFill", "noFill") is not None
    return (
        clear
        or low
        or _is_moved_away(paragraph, run)
        or (wide.isdecimal() and int(wide) < _NARROWEST)
        or (apart.startswith("-") and whole(apart[1:]) > _CLOSEST)
    )


def _is_moved_away(paragraph: Node, run: Node) -> bool:
    """True for letters that are raised or lowered off their line, and for a frame or margin off its page."""
    raised, frame = value(child(run, "rPr", "position")) or "", child(paragraph, "pPr", "framePr")
    indent = child(paragraph, "pPr", "ind")
    places = [value(frame, name) or "" for name in "xy"] + [value(indent, name) or "" for name in ("left", "start")]
    off = any(one.startswith("-") and whole(one[1:]) > _OFF_PAGE for one in places)
    return off or whole(raised.lstrip("+-")) > _OFF_LINE


def _symbol(code: str) -> str:
    if code.upper() in _SYMBOLS:
        return _SYMBOLS[code.upper()]
    try:
        point = int(code, 16)
    except ValueError:
        return ""
    return "" if 0xE000 <= point <= 0xF8FF or point > 0x10FFFF else chr(point)


def _or_empty(node: Node, name: str) -> Node:
    found = child(node, name)
    return node.makeelement("none", {}) if found is None else found
