"""The styles and the automatic numbers of a Word document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groundsight.ingestion.readers.office.package import Node, Package, child, local, value

_HEADING = re.compile(r"heading (\d)", re.I)
_PLACE = re.compile(r"%(\d)")
_MARKERS = {
    "black": "000000", "white": "FFFFFF", "yellow": "FFFF00", "green": "00FF00", "cyan": "00FFFF", "red": "FF0000",
    "blue": "0000FF", "magenta": "FF00FF",
}  # fmt: skip
_MOST_PARENTS = 20
_MOST_NUMBER = 5_000
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One level of a list: the form of its number, the text around it, and where it starts."""

    form: str
    text: str
    start: int


class Styles:
    """What the style of a paragraph says: its name, the level of a heading, its list."""

    def __init__(self, document: str, package: Package) -> None:
        names = package.related(document, "styles")
        root = package.root(names[0], "style sheet") if names else None
        nodes = [node for node in root if local(node) == "style"] if root is not None else []
        self._nodes = {value(node, "styleId") or "": node for node in nodes}
        plain = (
            node for node in nodes if value(node, "type") == "paragraph" and value(node, "default") in ("1", "true")
        )
        self._plain = next((value(node, "styleId") or "" for node in plain), "")

    def name(self, paragraph: Node) -> str:
        """Return the name of the style, which is English for all styles that Word brings."""
        node = next(self._chain(paragraph), None)
        return value(child(node, "name")) or "" if node is not None else ""

    def level(self, paragraph: Node) -> int:
        """Return the level of a heading, 0 for other paragraphs; a style takes it from the one that it is based on."""
        for holder in (paragraph, *self._chain(paragraph)):
            name = value(child(holder, "name")) or ""
            if name.casefold() == "title":
                return 1
            if found := _HEADING.match(name):
                return int(found[1])
            outline = value(child(holder, "pPr", "outlineLvl")) or ""
            if outline.isdecimal():
                return int(outline) + 1 if int(outline) < 9 else 0
        return 0

    def numbering(self, paragraph: Node) -> Node | None:
        """Return the list properties of a paragraph or of its style."""
        holders = (paragraph, *self._chain(paragraph))
        return next((found for one in holders if (found := child(one, "pPr", "numPr")) is not None), None)

    def letters(self, paragraph: Node, run: Node, name: str) -> Node | None:
        """Return a property of letters: of the run, else of its style, else of the style of its paragraph."""
        named = value(child(run, "rPr", "rStyle"))
        holders = (run, *(self._based(named) if named else ()), *self._chain(paragraph))
        return next((found for one in holders if (found := child(one, "rPr", name)) is not None), None)

    def ground(self, paragraph: Node, run: Node) -> str:
        """Return the colour under letters in hex: of a marker, a shading of theirs or of their paragraph.

        It is empty where nothing colours it, and the name of what does where that has no one colour.
        """
        marker = value(self.letters(paragraph, run, "highlight"))
        if marker not in (None, "none"):
            return _MARKERS.get(marker, marker)
        shaded = [child(one, "pPr", "shd") for one in (paragraph, *self._chain(paragraph))]
        filled: list[str] = [_filled(one) for one in (self.letters(paragraph, run, "shd"), *shaded) if one is not None]
        return next(filter(None, filled), "")

    def ground_of(self, holder: Node) -> str:
        """Return the colour that a cell, a table or a box gives to what lies in it, as ``ground`` does."""
        if local(holder) == "tc":
            shading = child(holder, "tcPr", "shd")
            return "" if shading is None else _filled(shading)
        styles = self._based(value(child(holder, "tblPr", "tblStyle")) or "") if local(holder) == "tbl" else ()
        plain = local(holder) == "tbl" and not any(local(one) == "shd" for style in styles for one in style.iter())
        return "" if plain else local(holder)

    def _chain(self, paragraph: Node) -> Iterator[Node]:
        return self._based(value(child(paragraph, "pPr", "pStyle")) or self._plain)

    def _based(self, key: str) -> Iterator[Node]:
        for _ in range(_MOST_PARENTS):
            node = self._nodes.get(key)
            if node is None:
                return
            yield node
            key = value(child(node, "basedOn")) or ""


def _filled(shading: Node) -> str:
    fill, pattern = value(shading, "fill") or "auto", value(shading) or "clear"
    plain = pattern in ("clear", "nil") and value(shading, "themeFill") is None
    return ("" if fill == "auto" else fill) if plain else pattern


class Numbering:
    """Counts the paragraphs of each list and writes the numbers that Word shows."""

    def __init__(self, document: str, package: Package, styles: Styles) -> None:
        self._styles = styles
        names = package.related(document, "numbering")
        root = package.root(names[0], "list definition") if names else None
        nodes = list(root) if root is not None else []
        abstract = {value(one, "abstractNumId"): one for one in nodes if local(one) == "abstractNum"}
        lists = {value(one, "numId") or "": one for one in nodes if local(one) == "num"}
        self._shared = {key: value(child(one, "abstractNumId")) or key for key, one in lists.items()}
        self._levels = {key: _levels(abstract.get(self._shared[key]), one) for key, one in lists.items()}
        self._restarts = {
            key for key, one in lists.items() if any(local(node) == "startOverride" for node in one.iter())
        }
        self._counts: dict[str, dict[int, int]] = {}

    def label(self, paragraph: Node) -> str:
        """Return ``- `` for a bullet, ``2.1 `` for a number, nothing for what is in no list."""
        properties = self._styles.numbering(paragraph)
        key = value(child(properties, "numId")) or ""
        at = value(child(properties, "ilvl")) or "0"
        levels = self._levels.get(key, {})
        level = levels.get(int(at)) if at.isdecimal() else None
        if level is None or key == "0":
            return "- " if key != "0" and (properties is not None or self._is_listed(paragraph)) else ""
        if level.form == "bullet":
            return "- "
        return self._number(key, int(at), levels)

    def _is_listed(self, paragraph: Node) -> bool:
        return self._styles.name(paragraph).startswith("List ") and self._styles.name(paragraph) != "List Paragraph"

    def _number(self, key: str, at: int, levels: dict[int, Level]) -> str:
        counts = self._counts.setdefault(self._shared[key], {})
        if key in self._restarts:
            self._restarts.discard(key)
            counts.clear()
        counts[at] = counts.get(at, levels[at].start - 1) + 1
        for lower in [place for place in counts if place > at]:
            del counts[lower]
        shown = _PLACE.sub(lambda found: _written(counts, levels, int(found[1]) - 1), levels[at].text)
        return f"{shown} " if shown.strip() else ""


def _levels(abstract: Node | None, own: Node) -> dict[int, Level]:
    found: dict[int, Level] = {}
    for node in abstract if abstract is not None else ():
        if local(node) == "lvl":
            _add(found, value(node, "ilvl"), node, None)
    for node in own:
        if local(node) == "lvlOverride":
            _add(found, value(node, "ilvl"), child(node, "lvl"), value(child(node, "startOverride")))
    return found


def _add(found: dict[int, Level], at: str | None, node: Node | None, start: str | None) -> None:
    place = int(at) if at and at.isdecimal() else 0
    known = found.get(place, Level("decimal", f"%{place + 1}.", 1))
    begin = start or value(child(node, "start")) or ""
    form, text = value(child(node, "numFmt")) or known.form, value(child(node, "lvlText"))
    found[place] = Level(form, known.text if text is None else text, int(begin) if begin.isdecimal() else known.start)


def _written(counts: dict[int, int], levels: dict[int, Level], place: int) -> str:
    level = levels.get(place, Level("decimal", "", 1))
    return numeral(counts.get(place, level.start), level.form)


def numeral(number: int, form: str) -> str:
    """Write a number of a list in one of Word's forms; unknown ones and what no list reaches as digits."""
    match form if number < _MOST_NUMBER else "":
        case "lowerLetter" | "upperLetter":
            text = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else "0"
        case "lowerRoman" | "upperRoman":
            text = _roman(number)
        case "decimalZero":
            text = f"{number:02d}"
        case "none":
            text = ""
        case _:
            text = str(number)
    return text.upper() if form.startswith("upper") else text


def _roman(number: int) -> str:
    text = ""
    for worth, sign in _ROMAN:
        text += sign * (number // worth)
        number %= worth
    return text
