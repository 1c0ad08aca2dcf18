"""What the styles of a page keep from its readers: taken out, without size, of the colour of its ground, off the page.

The page's own style sheet counts like the styles of its nodes; what another file or a program would do is not known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, NamedTuple, TypeAlias

# Styles are written as "property:value;" one after the other, each property once.
_TAKEN_OUT = re.compile(
    r"\b(?:display:none|visibility:(?:hidden|collapse)|transform:[^;]*(?:scale(?:3d|x|y)?|matrix)\(0[,)]"
    r"|(?=.*\boverflow:(?:hidden|clip))(?:max-)?(?:height|width):0[a-z%]*;"
    r"|clip:rect\(0|clip-path:(?:inset\((?:[5-9]\d|100)%|circle\(0|polygon\(0[^,]*(?:,0[^,]*)*\)))"
)
_CLEAR = re.compile(r"\bopacity[:(]([\d.]+)(%?)")
# Farther than any page is wide or high.
_FAR = re.compile(
    r"\b(?:indent|left|top|right|bottom|translate[3dxy]*)[:(](?:[^;]*,)?-(?:\d{4,}|\d{3,}(?:v[wh]|r?em|%))"
)
_SIZE = re.compile(r"\bfont(?:-size)?:(?:[a-z\d]+ )*?(\d*\.?\d+)(px|pt|em|rem|%|)(?=[;/ ])")
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;}]*line-through", re.I)
_POINTS = {"": 0.75, "px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "%": 0.12}
# Two points are smaller than any print; of a tenth of its ink nothing is left to read.
_SMALLEST, _FAINTEST = 2.0, 0.1
# Nearer than so many of 255 steps in every channel nobody tells two colours apart.
_SAME = 8
_ASIDE = re.compile(r"/\*.*?\*/|@media\s+print[^{]{0,200}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.S)
_RULE = re.compile(r"([^{};]{1,300})\{([^{}]{0,2000})\}")
_DECLARED = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
_TOLD_BY = re.compile(r"[.#]?[\w-]+")
_DRAWN = ("rect", "path", "image", "circle", "ellipse", "polygon")
_COLOUR = re.compile(r"#?\w+(?:\([^)]*\))?")

_Rgb: TypeAlias = tuple[int, ...]
_Rules: TypeAlias = dict[str, list[tuple[int, list[set[str]], dict[str, str]]]]


class _Ground(NamedTuple):
    """The colour below a node and the one of its letters; None where it is not known."""

    paper: _Rgb | None
    ink: _Rgb | None


_PLAIN = _Ground((255, 255, 255), (0, 0, 0))


def mark_unshown(root: Any) -> None:
    """Put ``hidden`` at each node of a page that its styles keep from a reader."""
    rules = _rules(" ".join("".join(node.itertext()) for node in root.iter("style")))
    # What the sheets of other files colour is not known.
    linked = bool(root.xpath('//link[contains(@rel, "stylesheet")]'))
    grounds: dict[Any, _Ground] = {}
    for node in root.iter():
        style = _style(node, rules)
        around = grounds.get(node.getparent(), _PLAIN)
        ground = grounds[node] = _ground(node, style, around, linked=linked)
        closed = (node.tag == "dialog" and node.get("open") is None) or node.get("popover") is not None
        if closed or _is_out("".join(f"{name}:{value};" for name, value in style.items())) or _is_blank(node, ground):
            node.set("hidden", "")
        if "line-through" in f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}":
            node.set("style", f"{node.get('style') or ''};text-decoration:line-through")


def strikes(style: str) -> bool:
    """Tell whether the declarations of a style strike out what they stand at."""
    return "line-through" in style.lower() and _STRUCK.search(style) is not None


def _is_out(style: str) -> bool:
    if _TAKEN_OUT.search(style) or _FAR.search(style):
        return True
    shares = (float(share) * (0.01 if percent else 1) for share, percent in _CLEAR.findall(style))
    points = (float(size) * _POINTS[unit] for size, unit in _SIZE.findall(style)[-1:])
    return any(share < _FAINTEST for share in shares) or any(size < _SMALLEST for size in points)


def _is_blank(node: Any, ground: _Ground) -> bool:
    """True for words of a node's own in no ink, or in the colour that lies below them."""
    ink, paper = ground.ink, ground.paper
    if ground is _PLAIN or ink is None or not any(map(str.strip, (node.text or "", *(one.tail or "" for one in node)))):
        return False
    return not ink or (paper is not None and all(abs(a - b) < _SAME for a, b in zip(ink, paper, strict=True)))


def _ground(node: Any, style: dict[str, str], around: _Ground, *, linked: bool) -> _Ground:
    paper = style.get("background-color") or style.get("background") or node.get("bgcolor") or ""
    ink = style.get("-webkit-text-fill-color") or style.get("color") or style.get("fill") or node.get("fill") or ""
    unknown = style.get("position") in ("absolute", "fixed") or "background-image" in style or node.get("background")
    unknown = (
        unknown
        or (node.tag == "svg" and any(True for _ in node.iter(*_DRAWN)))
        or (linked and (node.get("class") or node.get("id")))
    )
    if not (paper or ink or unknown):
        return around
    # An empty colour lets everything shine through.
    below = _rgb(paper) if paper else ()
    return _Ground(below or (None if unknown or below is None else around.paper), _rgb(ink) if ink else around.ink)


def _rgb(colour: str) -> _Rgb | None:
    """Return red, green and blue; nothing for what is clear, None for what is not known."""
    from PIL import ImageColor

    found = _COLOUR.match(colour)
    told = re.sub(r"[\s,/]+", ",", found[0]) if found and "url(" not in colour and "gradient" not in colour else ""
    if told in ("transparent", "none"):
        return ()
    function, _, inside = told.rstrip(")").partition("(")
    parts = inside.split(",")
    if len(parts) == 4:
        if re.fullmatch(r"0*(?:\.0\d*)?%?", parts[3]):
            return ()
        told = f"{function.removesuffix('a')}({','.join(parts[:3])})"
    try:
        return ImageColor.getrgb(told)[:3]
    except ValueError:
        return None


def _style(node: Any, rules: _Rules) -> dict[str, str]:
    """Return the declarations that hold for a node: those of the sheet in its order, then its own."""
    own, found = _declared(node.get("style") or ""), dict[int, dict[str, str]]()
    for name in _names(node) if rules else ():
        found.update((at, told) for at, steps, told in rules.get(name, ()) if _fits(node, steps))
    return {name: value for told in (*(found[at] for at in sorted(found)), own) for name, value in told.items()}


def _fits(node: Any, steps: list[set[str]]) -> bool:
    """True where a node has all names of the last step, and nodes around it those of the steps before."""
    around = (_names(one) for one in node.iterancestors())
    return steps[-1] <= _names(node) and all(any(step <= names for names in around) for step in steps[-2::-1])


def _names(node: Any) -> set[str]:
    classes = (f".{name}" for name in (node.get("class") or "").split())
    return {str(node.tag), f"#{node.get('id') or ''}", *classes}


def _rules(sheet: str) -> _Rules:
    """Return the rules by one name of their last step; those with other signs than names and steps are passed over."""
    rules: _Rules = defaultdict(list)
    for at, (selectors, declared) in enumerate(_RULE.findall(_ASIDE.sub(" ", sheet))):
        for selector in selectors.replace(">", " ").split(","):
            steps = [set(_TOLD_BY.findall(step)) for step in selector.split()]
            if steps and all(steps) and not set(selector) & set(":[+~*@"):
                rules[max(steps[-1])].append((at, steps, _declared(declared)))
    return rules


def _declared(text: str) -> dict[str, str]:
    plain = text.lower().replace("!important", "")
    return {name: re.sub(r"\s*([,(/])\s*", r"\1", value.strip()) for name, value in _DECLARED.findall(plain)}
