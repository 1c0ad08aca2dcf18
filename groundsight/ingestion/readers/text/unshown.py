"""Styles that keep a text from a reader of the page: taken out, without size, of the colour of the page, off it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TAKEN_OUT = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|(?:text-indent|left|top|right|margin-left)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*0",
    re.I,
)
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;}]*line-through", re.I)
# Two points are smaller than any print.
_SIZE = re.compile(r"(?<![\w-])font-size\s*:\s*(\d*\.?\d+)\s*(px|pt|em|rem|%)?", re.I)
_POINTS = {"": 0.75, "px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "%": 0.12}
_SMALLEST = 2.0
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;!}]+)", re.I)
_CHANNELS = re.compile(r"rgba?\(\s*(\d+)\D+(\d+)\D+(\d+)(?:[\s,/]+([\d.]+))?", re.I)
_NAMED = {"white": "#ffffff", "black": "#000000", "transparent": ""}
_COLOURS = {"class", "id", "bgcolor", "background"}
# Nearer than so many of 255 steps in every channel nobody tells two colours apart.
_SAME = 8
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"(?:\w+)?([.#])([\w-]{1,80})")


def hides(style: str, *, paper: str = "") -> bool:
    """Tell whether the declarations of a style hide what they stand at; ``paper`` is the colour below, where known."""
    if _TAKEN_OUT.search(style):
        return True
    size = _SIZE.search(style)
    if size and float(size[1]) * _POINTS[(size[2] or "").lower()] < _SMALLEST:
        return True
    named = {name.lower().removesuffix("-color"): value for name, value in _COLOUR.findall(style)}
    ink, below = _rgb(named.get("color", "black")), _rgb(named.get("background", "") or paper or "transparent")
    return ink is None or (below is not None and all(abs(a - b) < _SAME for a, b in zip(ink, below, strict=True)))


def strikes(style: str) -> bool:
    """Tell whether the declarations of a style strike out what they stand at."""
    return "line-through" in style.lower() and _STRUCK.search(style) is not None


def paper_of(node: Any) -> str:
    """Return white where nothing around a node can colour what lies below it, else nothing."""
    return "" if any(_COLOURS & set(one.keys()) for one in (node, *node.iterancestors())) else "white"


def apply_rules(root: Any) -> None:
    """Mark what the page's own style sheet hides or strikes out by class or by id."""
    sheets = " ".join("".join(node.itertext()) for node in root.iter("style"))
    rules = _RULE.findall(sheets)
    hidden, struck = _chosen(rules, hides), _chosen(rules, strikes)
    for node in root.iter() if hidden or struck else ():
        names = {(".", name) for name in (node.get("class") or "").split()} | {("#", node.get("id") or "")}
        if names & hidden:
            node.set("hidden", "")
        if names & struck:
            node.set("style", f"{node.get('style') or ''};text-decoration:line-through")


def _chosen(rules: list[tuple[str, str]], tells: Callable[[str], bool]) -> set[tuple[str, ...]]:
    """Return the classes and ids of the rules whose declarations tell so."""
    return {
        found.groups()
        for selectors, declared in rules
        if tells(declared)
        for selector in selectors.split(",")
        if (found := _SIMPLE.fullmatch(selector.strip()))
    }


def _rgb(colour: str) -> tuple[int, int, int] | None:
    """Return red, green and blue; None for what lets everything shine through, black for what is not known."""
    text = _NAMED.get(colour.strip().lower().split(" ")[0], colour.strip().lower())
    if not text:
        return None
    if found := _CHANNELS.match(text):
        clear = found[4] is not None and float(found[4]) == 0
        return None if clear else (int(found[1]), int(found[2]), int(found[3]))
    digits = text.removeprefix("#")[:6]
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(one * 2 for one in digits)
    if not re.fullmatch(r"[0-9a-f]{6}", digits):
        return -255, -255, -255
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
