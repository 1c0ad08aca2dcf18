"""How the cells of a sheet look: letters that nobody sees, by their own colours or those that a rule gives them."""

from __future__ import annotations

import re
from typing import NamedTuple

from groundsight.ingestion.readers.office.package import Node, child, is_alike, is_on, value, whole

# A format of which the part for words shows none.
_MUTE = re.compile(r";;;|(?:[^;]*;){3}(?:\"\")?$")
_BLACK, _WHITE = "000000", "FFFFFF"
# Colours of the theme, and those of the palette of old sheets.
_THEME = {"0": _WHITE, "1": _BLACK}
_PALETTE = {"0": _BLACK, "8": _BLACK, "1": _WHITE, "9": _WHITE, "65": _WHITE}
# In points.
_TINY = 2


class CellLook(NamedTuple):
    """What a style or a rule says of a cell; None, or False, where it says nothing."""

    ink: str | None = None
    ground: str | None = None
    code: str | None = None
    struck: bool = False
    tiny: bool = False

    def over(self, below: CellLook) -> CellLook:
        """Lay this look over another one, which counts where this one says nothing."""
        ink = below.ink if self.ink is None else self.ink
        ground = below.ground if self.ground is None else self.ground
        code = below.code if self.code is None else self.code
        return CellLook(ink, ground, code, self.struck or below.struck, self.tiny or below.tiny)

    @property
    def mark(self) -> str:
        """What keeps a cell from being read, "" for nothing."""
        blank = is_alike(self.ink or _BLACK, self.ground or _WHITE)
        return "hidden" if blank or self.tiny or _MUTE.match(self.code or "") else "deleted" if self.struck else ""


def look_of(font: Node | None, fill: Node | None, code: str | None, *, ruled: bool = False) -> CellLook:
    """Read a font, a fill and a format of numbers; a rule names the ground of a plain fill the other way."""
    tiny = 0 < whole(value(child(font, "sz"))) < _TINY
    return CellLook(_colour(child(font, "color")), _ground(fill, ruled=ruled), code, is_on(child(font, "strike")), tiny)


def look_of_rule(node: Node | None) -> CellLook:
    """Read the look that a rule gives, told where it stands or in the list of the book."""
    code = value(child(node, "numFmt"), "formatCode")
    return look_of(child(node, "font"), child(node, "fill"), code, ruled=True)


def _ground(fill: Node | None, *, ruled: bool) -> str | None:
    """Return the colour of a fill, None for no fill, "?" for one that is not known: nothing is alike it."""
    pattern = child(fill, "patternFill")
    kind = value(pattern, "patternType") or ("solid" if ruled else "none")
    if fill is None or (pattern is not None and kind in ("none", "gray125")):
        return None
    named = child(pattern, "bgColor") if ruled else None
    named = child(pattern, "fgColor") if named is None else named
    return (_colour(named) if kind == "solid" else None) or "?"


def _colour(node: Node | None) -> str | None:
    if node is None or value(node, "auto") in ("1", "true"):
        return None
    named = _THEME.get(value(node, "theme") or "") or _PALETTE.get(value(node, "indexed") or "")
    told = ((value(node, "rgb") or "")[-6:] or named or "?").upper()
    try:
        tint, parts = float(value(node, "tint") or 0), bytes.fromhex(told)
    except ValueError:
        return "?"
    return bytes(round(one + (255 - one) * tint if tint > 0 else one * (1 + tint)) for one in parts).hex()
