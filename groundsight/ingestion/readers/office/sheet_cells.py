"""The cells of a sheet as they are shown: values under their formats, what is merged, what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.office.number_format import BUILT_IN, formatted
from groundsight.ingestion.readers.office.package import Ledger, Node, Package, below, child, local, value, whole

_MOST_ROWS, _MOST_CELLS = 200_000, 2_000_000
_PLACE = re.compile(r"([A-Z]{1,3})(\d+)")
_MIDNIGHT = re.compile(r"T00:00(?::00(?:\.0+)?)?Z?$")
_TRUTH = {"1": "TRUE", "0": "FALSE"}


@dataclass
class Cells:
    """Texts by row and column, both from 1; merged areas as (top, left, bottom, right)."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict[int, dict[int, str]])
    merged: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])
    hidden_rows: set[int] = field(default_factory=set[int])
    hidden_columns: list[range] = field(default_factory=list[range])
    margins: str = ""


class Formats:
    """The shared strings and the number formats of a workbook."""

    def __init__(self, main: str, package: Package, *, since_1904: bool) -> None:
        self._since_1904 = since_1904
        self.strings = [
            _string(node) for part in package.related(main, "sharedStrings") for node in _items(part, package)
        ]
        roots = [package.root(part, "style sheet") for part in package.related(main, "styles")]
        own = {
            value(one, "numFmtId"): value(one, "formatCode") or ""
            for root in roots
            for one in below(child(root, "numFmts"))
        }
        ids = [value(one, "numFmtId") or "0" for root in roots for one in below(child(root, "cellXfs"))]
        self._codes = [own.get(key) or BUILT_IN.get(int(key) if key.isdecimal() else 0, "General") for key in ids]

    def number(self, text: str, style: str) -> str:
        """Write a stored number as its cell shows it."""
        code = self._codes[int(style)] if style.isdecimal() and int(style) < len(self._codes) else "General"
        try:
            number = float(text)
        except ValueError:
            return text
        return formatted(number, code, since_1904=self._since_1904)


def read_cells(part: str, package: Package, formats: Formats) -> Cells:
    """Read a sheet from beginning to end; only cells that hold something count, however far it is formatted."""
    cells, count, row = Cells(), 0, 0
    for parent, node in package.children(part, ("sheetData", "cols", "mergeCells", "headerFooter"), "sheet"):
        if parent == "sheetData":
            row = whole(value(node, "r")) or row + 1
            texts = _row(node, formats, package.ledger)
            count += len(texts)
            if texts and (len(cells.rows) >= _MOST_ROWS or count > _MOST_CELLS):
                package.ledger.note("row", f"only {_MOST_ROWS} rows and {_MOST_CELLS} cells of a sheet are read")
            elif texts:
                cells.rows[row] = texts
                cells.hidden_rows.update([row] if value(node, "hidden") in ("1", "true") else [])
        else:
            _note_layout(parent, node, cells)
    return cells


def _note_layout(parent: str, node: Node, cells: Cells) -> None:
    if parent == "cols" and value(node, "hidden") in ("1", "true"):
        cells.hidden_columns.append(range(whole(value(node, "min")), whole(value(node, "max")) + 1))
    if parent == "mergeCells":
        ends = [_at(place) for place in (value(node, "ref") or "").split(":")]
        if len(ends) == 2 and ends[0] and ends[1]:
            cells.merged.append((*ends[0], *ends[1]))
    if parent == "headerFooter" and node.text and local(node).startswith(("odd", "first")):
        cells.margins += f" {node.text}"


def _row(row: Node, formats: Formats, ledger: Ledger) -> dict[int, str]:
    texts: dict[int, str] = {}
    column = 0
    for cell in row:
        place = _at(cell.get("r") or "")
        column = place[1] if place else column + 1
        text = _shown(cell, formats, ledger)
        if text:
            texts[column] = text
    return texts


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
        case "n":
            return formats.number(text, cell.get("s") or "0")
        case _:
            return one_line(text)


def _items(part: str, package: Package) -> Iterator[Node]:
    return (node for _, node in package.children(part, ("sst",), "list of strings"))


def _string(node: Node | None) -> str:
    """Join the runs of a rich string; what helps to pronounce it is no part of it."""
    runs = [one for one in below(node) if local(one) in ("t", "r")]
    texts = (one if local(one) == "t" else child(one, "t") for one in runs)
    return one_line("".join((one.text or "") if one is not None else "" for one in texts))


def _at(place: str) -> tuple[int, int] | None:
    """Return row and column of ``B12``."""
    found = _PLACE.fullmatch(place.replace("$", ""))
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column
