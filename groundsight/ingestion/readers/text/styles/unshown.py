"""What the styles of a page keep from its readers: taken out, without size, of the colour of its ground, off the page.

The page's own style sheet counts like the styles of its nodes; what another file or a program would do is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

from groundsight.ingestion.readers.text.styles.colours import FAINTEST, Rgb, is_clear, rgb, shaded, share
from groundsight.ingestion.readers.text.styles.selectors import split_outside
from groundsight.ingestion.readers.text.styles.stylesheet import StyleSheet, Told, resolved, rules_of, without_escapes

# Styles are written as "property:value;" one after the other, each property once, what happens to the rest first.
_TAKEN_OUT = re.compile(
    r"(?<![\w-])(?:-webkit-)?(?:display:none|(?:content-)?visibility:(?:hidden|collapse)|transform:[^;]*matrix\(0[,)]"
    r"|overflow(?:-[xy])?:(?:hidden|clip)[^;]*;(?:.*;)?(?:(?:max-)?(?:height|width|(?:block|inline)-size)"
    r":(?:0[a-z%]*|1px)|text-indent:\d{3,}%);"
    r"|clip:rect\((?:0|(\w+)[, ]\w+[, ]\1\b)"
    r"|clip-path:(?:(?:circle|ellipse)\(0(?![.\d]*[1-9])|path\([^a-z]*m[^a-z]*z?[^a-z]*\))|filter:[^;]*blur\([1-9]\d+px"
    r"|text-security:(?:disc|circle|square)"
    r"|(?:transform:[^;]*)?rotate(?:[xy]\(|:[xy] )-?(?:90|270|100|300|0?\.[27]5)(?:deg|grad|turn)"
    r"|letter-spacing:-(?:\d{2,}|(?:[1-9]|0?\.[5-9])\d*r?em))"
)
_CUT = re.compile(r"(?<![\w-])clip-path:(inset|polygon|rect|xywh)\(([^;]*)\)")
_MASK = re.compile(r"(?<![\w-])(?:-webkit-)?mask(?:-image)?:[a-z-]*gradient\(((?:[^();]|\([^()]*\))*)\)(?![^;]*\()")
_OPACITY = re.compile(r"(?<![\w-])opacity[:(](\d*\.?\d+(?:e-?\d+)?%?)")
_FAINT = re.compile(r"\b(?:opacity|zoom|scale(?:3d|[xyz])?)[:(](?:calc\()?(\d*\.?\d+(?:e-?\d+)?)(%?)")
# Farther than any page is wide or high.
_FAR = re.compile(
    r"\b(?:(?:indent|inset|margin)(?:-[a-z]+)*|left|top|right|bottom|translate(?:3d|[xy])?)[:(](?:[^;]*[, ])?"
    r"(?:-(?:\d{4,}|\d{3,}(?:v[wh]|r?em|%))|[2-9]\d\dv[wh]|\d{5,})"
)
_SIZE = re.compile(r"\bfont(?:-size)?:(?:[a-z\d]+ )*?(?:calc\()?(\d*\.?\d+)(px|pt|r?em|v[wh]|%|)(?=[);/ ])")
_PLACED = re.compile(r"left|top|right|bottom|inset")
_TOWARDS = re.compile(r"translate(?:z\(|3d\([^,;]*,[^,;]*,)(-?[\d.]+)px")
_EYE, _DEEP = re.compile(r"perspective\(([\d.]+)px"), re.compile(r"([\d.]+)px")
_SUM = re.compile(r"calc\(\s*(-?[\d.]+[a-z]+(?:\s+[-+]\s+[\d.]+[a-z]+)+)\s*\)")
_TERM = re.compile(r"([-+]?[\d.]+)(px|pt|r?em|v[wh])")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "vw": 12.8, "vh": 8.0}
_NUMBER = re.compile(r"(-?\d*\.?\d+)(?:px)?")
# Few letters of a drawing are wider in pixels.
_WIDEST = 12
_CHOSEN = re.compile(r"\b(min|max|clamp)\(([^()]*)\)")
_LENGTH = re.compile(r"\s*(-?\d*\.?\d+)(px|pt|r?em|v[wh]|%|)\s*")
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;}]*line-through", re.I)
_POINTS = {"": 0.75, "px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "vw": 9.6, "vh": 6.0, "%": 0.12}
# Two points are smaller than any print.
_SMALLEST = 2.0
# Nearer than so many of 255 steps in every channel nobody tells two colours apart: #eee on white has 17.
_SAME = 18
_DRAWN = ("rect", "path", "image", "circle", "ellipse", "polygon")
_COLOURED = (
    "//img | //picture | //video | //canvas | //svg | //iframe | //object | //embed | //*[@bgcolor or @background]"
    " | //style[contains(., 'background')] | //*[contains(@style, 'background')]"
)
_BESIDE = re.compile(r"\s*(.*?)::?(before|after)\s*", re.I | re.S)
_CONTENT = re.compile(r"""(?<![\w-])content\s*:\s*((?:"[^"]*"|'[^']*'|attr\([\w-]+\)|\s)+)""", re.I)
_PIECE = re.compile(r"""["']([^"']*)["']|attr\(([\w-]+)\)""", re.I)
# Signs that say nothing by themselves are bullets, arrows and pictures of a font.
_TELLING = re.compile(r"[^\W_]|[%$£¥€₹°]")
_EMPTY = ("br", "hr", "img", "input", "script", "style", "textarea", "select", "option", "iframe", "svg")
_NEVER_DRAWN = ("defs", "clippath", "mask")
_TAKEN_OVER = ("inherit", "unset", "currentcolor")


class _Ground(NamedTuple):
    """The colour below a node and the one of its letters, None if unknown; variables, and how dense it is.

    ``shades`` are the styles that change colours from there outwards, each with what lies below it; ``depth`` is how
    far the eye of a reader is in pixels, 0 where nothing says so.
    """

    paper: Rgb | None
    ink: Rgb | None
    variables: Told
    density: float = 1.0
    shades: tuple[tuple[Told, Rgb | None], ...] = ()
    depth: float = 0.0


_PLAIN = _Ground((255, 255, 255), (0, 0, 0), {})


def mark_unshown(root: Any) -> None:
    """Put ``hidden`` at each node of a page that its styles keep from a reader, and in what they add to it."""
    written = " ".join("".join(node.itertext()) for node in root.iter("style"))
    _add_words(root, written)
    sheet = StyleSheet(written)
    # What the sheets of other files colour is not known.
    linked = bool(root.xpath('//link[contains(@rel, "stylesheet")]'))
    # Where nothing is drawn and no ground coloured, what is moved lies on paper as well.
    bare = not (linked or root.xpath(_COLOURED))
    grounds: dict[Any, _Ground] = {}
    for node in root.iter():
        style, around = sheet.style(node), grounds.get(node.getparent(), _PLAIN)
        own = {name: value for name, value in style.items() if name.startswith("--")}
        around = around._replace(variables={**around.variables, **own}) if own else around
        style = resolved(style, around.variables, unset="unknown" if linked else "")
        ground = _ground(node, style, around, linked=linked, bare=bare)
        shown = sorted(
            (each for each in style.items() if each[0] not in own), key=lambda each: each[0][:8] != "overflow"
        )
        if not linked and style.get("position", "static") in ("static", "initial"):
            shown = [each for each in shown if not _PLACED.match(each[0])]
        told = _CHOSEN.sub(_chosen, "".join(f"{name}:{value};" for name, value in shown))
        told = _SUM.sub(_summed, told) if "calc(" in told else told
        density = prod(map(share, _OPACITY.findall(told)), start=ground.density)
        grounds[node] = ground if density == ground.density else ground._replace(density=density)
        out = _is_out(node, told) or _is_behind_eye(told, around.depth) or _is_outside(node)
        if density < FAINTEST or out or _is_blank(node, ground):
            node.set("hidden", "")
        if "line-through" in f"{style.get('text-decoration', '')} {style.get('text-decoration-line', '')}":
            node.set("style", f"{node.get('style') or ''};text-decoration:line-through")


def _add_words(root: Any, sheet: str) -> None:
    """Put the words that a style sheet sets before and behind nodes where a browser shows them."""
    found = [
        (*beside.groups(), declared)
        for selectors, declared in rules_of(sheet)
        if _CONTENT.search(declared)
        for one in selectors.split(",")
        if (beside := _BESIDE.fullmatch(one))
    ]
    if not found:
        return
    rules = StyleSheet(" ".join(f"{whose or '*'}{{{side}:{at}}}" for at, (whose, side, _) in enumerate(found)))
    for node in [one for body in root.iter("body") for one in body.iterdescendants() if one.tag not in _EMPTY]:
        for side, at in rules.style(node).items():
            declared = found[int(at)][2] if side in ("before", "after") else ""
            if _TELLING.search(words := "".join(_words_of(declared, node))):
                _set_beside(node, side, words, declared)


def _words_of(declared: str, node: Any) -> Iterator[str]:
    told = _CONTENT.search(declared)
    for written, name in _PIECE.findall(told[1]) if told else ():
        yield (node.get(name.lower()) or "") if name else without_escapes(written)


def _set_beside(node: Any, side: str, words: str, declared: str) -> None:
    """Their own style may hide them."""
    beside = node.makeelement("span", {"style": declared})
    beside.text = words
    if side == "before":
        beside.tail, node.text = node.text, ""
        node.insert(0, beside)
    else:
        node.append(beside)


def strikes(style: str) -> bool:
    """Tell whether the declarations of a style strike out what they stand at."""
    return "line-through" in style.lower() and _STRUCK.search(style) is not None


def _is_out(node: Any, style: str) -> bool:
    if _is_shut(node) or _TAKEN_OUT.search(style) or _FAR.search(style):
        return True
    if any(_is_cut(*each) for each in _CUT.findall(style)) or any(map(is_clear, _MASK.findall(style))):
        return True
    shares = (float(share) * (0.01 if percent else 1) for share, percent in _FAINT.findall(style))
    points = (float(size) * _POINTS[unit] for size, unit in _SIZE.findall(style)[-1:])
    return any(share < FAINTEST for share in shares) or any(size < _SMALLEST for size in points)


def _is_behind_eye(style: str, depth: float) -> bool:
    """True for what is moved towards a reader past the eye, or so far off that nothing is left of it."""
    moved, eye = _TOWARDS.search(style), _EYE.search(style)
    far, near = float(eye[1]) if eye else depth, float(moved[1]) if moved else 0.0
    return far > 0 and (far <= near or far / (far - near) < FAINTEST)


def _is_outside(node: Any) -> bool:
    """True for words of a drawing that begin beyond its edge, or end before it, as far as its own measures tell."""
    if node.tag != "text" or any(one.get("transform") for one in (node, *node.iterancestors())):
        return False
    drawing = next(node.iterancestors("svg"), None)
    sides = [] if drawing is None else [drawing.get("width") or "", drawing.get("height") or ""]
    told = sides if drawing is None else (drawing.get("viewbox") or " ".join(["0 0", *sides])).replace(",", " ").split()
    numbers = [_NUMBER.fullmatch(one) for one in (*told, node.get("x") or "0", node.get("y") or "0")]
    if len(numbers) != 6 or not all(numbers):
        return False
    left, top, wide, high, x, y = (float(one[1]) for one in numbers if one)
    return x - left > wide or left - x > _WIDEST * len("".join(node.itertext())) or y - top > 2 * high or y < top - high


def _summed(found: re.Match[str]) -> str:
    """Return what lengths add up to in pixels."""
    lengths = _TERM.findall(found[1].replace("- ", "-").replace("+ ", "+"))
    return f"{sum(float(number) * _PIXELS[unit] for number, unit in lengths):g}px"


def _is_cut(shape: str, told: str) -> bool:
    """True for a shape that leaves nothing of what it clips."""
    sides = told.partition(" round ")[0].split(" ")
    match shape:
        case "inset":
            top, right, bottom, left = (share(one) if one.endswith("%") else 0 for one in _four(sides))
            return top + bottom >= 1 or left + right >= 1
        case "polygon":
            points = [point.split(" ")[-2:] for _, point in split_outside(told, ",")]
            return any(len({share(one) for one in line}) < 2 for line in zip(*points, strict=False))
        case "rect":
            top, right, bottom, left = _four(sides)
            return "auto" not in (top, left) and (top == bottom or left == right)
        case _:
            return any(share(one) == 0 for one in sides[2:])


def _four(sides: list[str]) -> list[str]:
    """Return top, right, bottom and left of one to four sides."""
    return [*sides, *sides[:1] * (len(sides) == 1), *sides[:1] * (len(sides) < 3), sides[len(sides) > 1]][:4]


def _chosen(found: re.Match[str]) -> str:
    """Return the length that ``min``, ``max`` or ``clamp`` comes to, where all of them are known."""
    told = {one: float(size[1]) * _POINTS[size[2]] for one in found[2].split(",") if (size := _LENGTH.fullmatch(one))}
    sizes = sorted(told, key=told.__getitem__)
    return sizes[{"min": 0, "max": -1, "clamp": len(sizes) // 2}[found[1]]] if sizes else found[0]


def _is_shut(node: Any) -> bool:
    """True for what a browser shows by no style at all, or not before it is opened."""
    match node.tag:
        case "dialog":
            return node.get("open") is None
        case "rp":
            return re.search(r"\w", node.text or "") is not None
        case "svg":
            return any(re.fullmatch(r"\s*0[.0]*[a-z%]*\s*", node.get(side) or "") for side in ("width", "height"))
        case _:
            return node.get("popover") is not None or node.tag in _NEVER_DRAWN


def _is_blank(node: Any, ground: _Ground) -> bool:
    """True for words of a node's own in no ink, or in the colour that lies below them."""
    ink, paper = ground.ink, ground.paper
    for style, behind in ground.shades if ink else ():
        ink = shaded(ink or (), style, behind)
    if ground is _PLAIN or ink is None or not any(map(str.strip, (node.text or "", *(one.tail or "" for one in node)))):
        return False
    return not ink or (paper is not None and all(abs(a - b) < _SAME for a, b in zip(ink, paper, strict=True)))


def _ground(node: Any, style: Told, around: _Ground, *, linked: bool, bare: bool) -> _Ground:
    paper = style.get("background-color") or style.get("background") or ""
    ink = style.get("-webkit-text-fill-color") or style.get("color") or style.get("fill") or ""
    pictured = style.get("background-image", "none") not in ("none", "initial")
    unknown = (style.get("position") in ("absolute", "fixed") and not bare) or pictured or node.get("background")
    unknown = (
        unknown
        or (node.tag == "svg" and any(True for _ in node.iter(*_DRAWN)))
        or (linked and (node.get("class") or node.get("id")))
    )
    line = style.get("stroke") or style.get("-webkit-text-stroke-color") or style.get("-webkit-text-stroke") or ""
    if depth := _DEEP.fullmatch(style.get("perspective", "")):
        around = around._replace(depth=float(depth[1]))
    if "filter" in style or "mix-blend-mode" in style:
        around = around._replace(shades=((style, around.paper), *around.shades))
    if not (paper or ink or unknown):
        return around
    # An empty colour lets everything shine through.
    below = rgb(paper) if paper and paper not in (*_TAKEN_OVER, "initial") else ()
    for shade, behind in around.shades if below else ():
        below = shaded(below or (), shade, behind)
    letters = rgb(ink) if ink and ink not in _TAKEN_OVER else around.ink
    if letters == () and line not in ("", "none"):
        letters = rgb(line.split(" ")[-1])
    if "text" in (style.get("background-clip"), style.get("-webkit-background-clip")):
        letters, below = None, ()
    return around._replace(paper=below or (None if unknown or below is None else around.paper), ink=letters)
