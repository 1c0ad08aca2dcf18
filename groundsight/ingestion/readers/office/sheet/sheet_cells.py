"""The cells of a sheet as they are shown: values under their formats, what is merged, what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from groundsight.ingestion.readers.clean import RAISED, one_line
from groundsight.ingestion.readers.ledger import TIP, UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.office.number_format import BUILT_IN, formatted
from groundsight.ingestion.readers.office.package import Node, Package, below, child, inner, is_on, local, value, whole
from groundsight.ingestion.readers.office.sheet.formula import cell_place
from groundsight.ingestion.readers.office.sheet.sheet_looks import CellLook, look_of, look_of_rule
from groundsight.ingestion.readers.office.sheet.sheet_rules import SheetRules
from groundsight.ingestion.readers.table_heads import row_line
from groundsight.limits import Limits

MOST_CELLS = 2_000_000
# A sheet is read in parts of so many rows; 5,000 of six cells take 6 MB.
_BATCH = 5_000
# A part of the container that unpacks to less is read as one: what is merged stands behind its rows.
_LONG_BYTES = 4 << 20
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*\bref="([^"]+)"')
_ROW = re.compile(rb"<(?:\w+:)?row[\s>]")
_MIDNIGHT = re.compile(r"T00:00(?::00(?:\.0+)?)?Z?$")
_PARENTS = ("sheetData", "cols", "mergeCells", "headerFooter", "dataValidations", "hyperlinks")
# In points.
# Rules stand in the sheet, and newer ones in what extends it.
_RULED, _RULING = b"x14:cfRule", ("conditionalFormatting", "extLst")
_NO_SIZE = {"ht": re.compile(r"[01](?:\.\d*)?$"), "width": re.compile(r"0(?:\.\d*)?$")}
ERROR = ("cell", "it shows an error such as #DIV/0!, which is no value")
_TRUTH = {"1": "TRUE", "0": "FALSE"}


@dataclass
class Cells:
    """Texts by row and column, both from 1; merged areas as (top, left, bottom, right); by row what is struck out.

    ``offered`` are the choices and prompts of cells.
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    merged: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])
    hidden_rows: set[int] = field(default_factory=set[int])
    hidden_columns: list[range] = field(default_factory=list[range])
    margins: list[str] = field(default_factory=list[str])
    offered: list[str] = field(default_factory=list[str])
    struck: dict[int, str] = field(default_factory=dict[int, str])


class Formats:
    """The shared strings and the number formats of a workbook."""

    def __init__(self, main: str, package: Package, *, since_1904: bool) -> None:
        self._since_1904 = since_1904
        self.strings, self._gone = list[str](), dict[str, str]()
        for node in (node for part in package.related(main, "sharedStrings") for node in _items(part, package)):
            if gone := _string(node, struck=True):
                self._gone[str(len(self.strings))] = gone
            self.strings.append(_string(node))
        roots = [package.root(part, "style sheet") for part in package.related(main, "styles")]
        own = {
            value(one, "numFmtId"): value(one, "formatCode") or ""
            for root in roots
            for one in below(child(root, "numFmts"))
        }
        cells = [one for root in roots for one in below(child(root, "cellXfs"))]
        ids = [value(one, "numFmtId") or "0" for one in cells]
        self._codes = [own.get(key) or BUILT_IN.get(int(key) if key.isdecimal() else 0, "General") for key in ids]
        fonts = [one for root in roots for one in below(child(root, "fonts"))]
        fills = [one for root in roots for one in below(child(root, "fills"))]
        self.looks = {
            str(at): look_of(_of(fonts, value(one, "fontId")), _of(fills, value(one, "fillId")), self._codes[at])
            for at, one in enumerate(cells)
        }
        self.marks = {at: mark for at, look in self.looks.items() if (mark := look.mark)}
        self.rules = {
            str(at): look_of_rule(one)
            for at, one in enumerate(one for root in roots for one in below(child(root, "dxfs")))
        }

    def gone(self, cell: Node) -> str:
        """Return what is struck out within the text of a cell."""
        match cell.get("t") or "":
            case "s" if self._gone:
                held = child(cell, "v")
                return self._gone.get((held.text or "") if held is not None else "", "")
            case "inlineStr":
                return _string(child(cell, "is"), struck=True)
            case _:
                return ""

    def number(self, text: str, style: str) -> str:
        """Write a stored number as its cell shows it."""
        code = self._codes[int(style)] if style.isdecimal() and int(style) < len(self._codes) else "General"
        try:
            number = float(text)
        except ValueError:
            return text
        return formatted(number, code, since_1904=self._since_1904)


def in_batches(
    rows: Iterable[tuple[int, dict[int, str]]], layout: Cells | None = None, most: int = _BATCH
) -> Iterator[tuple[Cells, bool]]:
    """Yield the rows that hold something in parts, each with whether more follow; ``layout`` is that of all of them."""
    layout = layout or Cells()
    cells = replace(layout, rows={})
    for number, texts in rows:
        if texts and len(cells.rows) >= most:
            yield cells, True
            cells = replace(layout, rows={})
        if texts:
            cells.rows[number] = texts
    yield cells, False


class Sheet:
    """One sheet of a workbook: counted first, then read from beginning to end.

    Only cells that hold something count, however far it is formatted. ``layout`` is known when all was read, for a long
    sheet before.
    """

    def __init__(self, part: str, package: Package, formats: Formats, limits: Limits) -> None:
        self._part, self._package, self._formats, self._limits = part, package, formats, limits
        self.layout = Cells()
        self._is_long = package.unpacked(part) > _LONG_BYTES
        asks = any(one.mark for one in formats.rules.values()) or any(_RULED in one for one in package.scan(part))
        told = package.children(part, ("worksheet", "sheetData"), "sheet") if asks else ()
        ruled = (
            ruled for _, node in told if local(node) in _RULING for ruled in inner([node], "conditionalFormatting")
        )
        self._rules = SheetRules(ruled, formats.rules, package.ledger)
        self._count = self._counted() if self._is_long else 0

    def batches(self) -> Iterator[tuple[Cells, bool]]:
        """Yield the cells in parts, each with whether more follow."""
        return in_batches(self._rows(), self.layout, _BATCH if self._is_long else self._limits.table_rows + 1)

    def _counted(self) -> int:
        """Count the rows, and note what is merged, without reading a cell."""
        count = 0
        for piece in self._package.scan(self._part):
            count += len(_ROW.findall(piece))
            self._merge(*(place.decode() for place in _MERGED.findall(piece)))
        return count

    def _rows(self) -> Iterator[tuple[int, dict[int, str]]]:
        limits, ledger, layout = self._limits, self._package.ledger, self.layout
        kept = cells = row = seen = 0
        for parent, node in self._package.children(self._part, _PARENTS, "sheet"):
            if parent != "sheetData":
                self._note_layout(parent, node)
                continue
            seen, row = seen + 1, whole(value(node, "r")) or row + 1
            texts, struck = self._row(node, row)
            if struck:
                layout.struck[row] = row_line(struck)
            kept, cells = kept + bool(texts), cells + len(texts)
            if kept > limits.table_rows or cells > MOST_CELLS:
                why = f"more than limits.table_rows = {limits.table_rows}, or than {MOST_CELLS} cells"
                ledger.note("row", why, max(self._count - seen, 0) + 1)
                if self._count:
                    return
                continue
            layout.hidden_rows.update([row] if texts and _is_off(node, "ht") else [])
            yield row, texts

    def _row(self, row: Node, number: int) -> tuple[dict[int, str], list[str]]:
        """Return the texts of a row by column, and those that are struck out: they are no values."""
        texts, struck, unshown = dict[int, str](), list[str](), list[str]()
        column = 0
        for cell in row:
            column = (cell_place(cell.get("r") or "") or (number, column + 1))[1]
            text = _shown(cell, self._formats, self._package.ledger)
            style, held = cell.get("s") or "0", "".join(one.text or "" for one in cell if local(one) == "v")
            mark = self._formats.marks.get(style, "")
            if self._rules:
                is_number = (cell.get("t") or "n") == "n"
                own = self._formats.looks.get(style, CellLook())
                mark = self._rules.mark((number, column), held if is_number else text, own, is_number=is_number)
            if mark == "hidden":
                unshown.append(text or held)
            elif text and mark:
                struck.append(text)
            else:
                texts |= {column: text} if text else {}
                struck += filter(None, [self._formats.gone(cell)])
        if any(unshown):
            self._package.ledger.note(UNSHOWN, "the sheet does not show it", len(unshown))
            lay_aside(" | ".join(filter(None, unshown)))
        return texts, struck

    def _note_layout(self, parent: str, node: Node) -> None:
        if parent == "cols" and _is_off(node, "width"):
            self.layout.hidden_columns.append(range(whole(value(node, "min")), whole(value(node, "max")) + 1))
        if parent == "mergeCells" and not self._is_long:
            self._merge(value(node, "ref") or "")
        if parent == "hyperlinks":
            self._package.ledger.note(*TIP, int(bool(value(node, "tooltip"))))
        if parent == "dataValidations":
            self.layout.offered += _offered(node)
        if parent == "headerFooter" and node.text and local(node).startswith(("odd", "first")):
            self.layout.margins.append(node.text)

    def _merge(self, *places: str) -> None:
        for place in places:
            ends = [cell_place(end) for end in place.split(":")]
            if len(ends) == 2 and ends[0] and ends[1]:
                self.layout.merged.append((*ends[0], *ends[1]))


def _offered(rule: Node) -> Iterator[str]:
    """Yield what a cell tells who chooses it, and what there is to choose."""
    place, listed = value(rule, "sqref") or "", child(rule, "formula1")
    said = one_line(": ".join(filter(None, (value(rule, "promptTitle"), value(rule, "prompt")))))
    choices = (listed.text or "") if listed is not None and value(rule, "type") == "list" else ""
    if said:
        yield f"Prompt on {place}: {said}"
    if error := one_line(": ".join(filter(None, (value(rule, "errorTitle"), value(rule, "error"))))):
        yield f"Refusal in {place}: {error}"
    if choices.startswith('"'):
        yield f"Choices in {place}: {one_line(choices.strip(chr(34))).replace(',', ', ')}"


def _is_off(line: Node, size: str) -> bool:
    """True for a row or column that is hidden or has next to no size."""
    return value(line, "hidden") in ("1", "true") or _NO_SIZE[size].match(value(line, size) or "") is not None


def _shown(cell: Node, formats: Formats, ledger: Ledger) -> str:
    kind = cell.get("t") or "n"
    if kind == "inlineStr":
        return one_line(_string(child(cell, "is")))
    held = child(cell, "v")
    text = (held.text if held is not None else "") or ""
    if not text:
        if child(cell, "f") is not None and kind != "str":
            ledger.note("formula", "the program that wrote the file did not calculate its value")
        return ""
    match kind:
        case "s":
            return formats.strings[int(text)] if text.isdecimal() and int(text) < len(formats.strings) else ""
        case "b":
            return _TRUTH.get(text, text)
        case "d":
            return _MIDNIGHT.sub("", text).replace("T", " ")
        case "e":
            ledger.note(*ERROR)
            return ""
        case "n":
            return formats.number(text, cell.get("s") or "0")
        case _:
            return one_line(text)


def _of(nodes: list[Node], at: str | None) -> Node | None:
    return nodes[whole(at)] if whole(at) < len(nodes) else None


def _items(part: str, package: Package) -> Iterator[Node]:
    return (node for _, node in package.children(part, ("sst",), "list of strings"))


def _string(node: Node | None, *, struck: bool = False) -> str:
    """Join the runs of a rich string, those that are struck out apart; what helps to pronounce it is no part of it."""
    runs = [one for one in below(node) if local(one) in ("t", "r")]
    kept = (one for one in runs if is_on(child(one, "rPr", "strike")) == struck)
    return one_line("".join(map(_written, kept)))


def _written(run: Node) -> str:
    text = run if local(run) == "t" else child(run, "t")
    raised = value(child(run, "rPr", "vertAlign")) == "superscript"
    return RAISED * raised + ((text.text or "") if text is not None else "")
