"""How the cells of a sheet look: letters that nobody sees, and rules that hide or strike out."""

from __future__ import annotations

import re

from groundsight.ingestion.readers.office.package import Node, child, is_alike, is_on, is_white, value

# A format of which the part for words shows none; white in the palette of old sheets.
MUTE, _OLD_WHITE = re.compile(r";;;|(?:[^;]*;){3}(?:\"\")?$"), ("1", "9", "65")


def named_rule(rule: Node) -> str:
    """Name what a conditional format does to its cells by their look, "" where they stay to be read."""
    ink, code = child(rule, "font", "color"), value(child(rule, "numFmt"), "formatCode") or ""
    white = ink is not None and child(rule, "fill") is None and is_white(value(ink, "rgb"), value(ink, "theme"))
    if MUTE.match(code) or white:
        return "rule that hides cells"
    return "rule that strikes cells out" if is_on(child(rule, "font", "strike")) else ""


def is_lost(ink: Node | None, ground: Node | None) -> bool:
    """True for letters of the colour of their cell; one that nobody coloured is white, or grey in steps as fill 1."""
    if value(ink, "tint") is not None:
        return False
    if ground is None or value(ground, "patternType") in (None, "none", "gray125"):
        return is_white(value(ink, "rgb"), value(ink, "theme")) or value(ink, "indexed") in _OLD_WHITE
    solid = child(ground, "fgColor") if value(ground, "patternType") == "solid" else None
    return is_alike(value(ink, "rgb"), value(solid, "rgb"))
