"""Which words of a slide no viewer sees: in no ink, in the colour of their ground, or under another shape."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence

from groundsight.ingestion.readers.office.package import Node, below, child, inner, is_alike, local, value, whole
from groundsight.ingestion.readers.office.slide.slide_shapes import Corners, Shape, number_in

_FILLS = ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill")
_BLACK, _WHITE = "000000", "ffffff"
_NAMED = {"bg1": _WHITE, "lt1": _WHITE, "white": _WHITE, "tx1": _BLACK, "dk1": _BLACK, "black": _BLACK}
# In thousandths of a percent.
_CLEAR, _FULL = 10_000, 100_000


def paper_of(parts: Iterable[Node]) -> str | None:
    """Return the colour of the ground of a slide, given with its layout and master; None where it is not known."""
    parts = list(parts)
    told = next((ground for one in parts if (ground := child(one, "cSld", "bg")) is not None), None)
    if any(value(child(one, "clrMap"), "bg1") not in (None, "lt1") for one in parts):
        return None
    return (
        _WHITE
        if told is None
        else _hex(child(told, "bgRef") if child(told, "bgPr") is None else child(told, "bgPr", "solidFill"))
    )


def covered(shapes: Sequence[Shape], slide: Node) -> set[int]:
    """Return which shapes of a slide lie whole under a later one that nothing shines through and nothing moves away."""
    moved = {value(one, "spid") for one in inner(below(child(slide, "timing")), "spTgt")}
    lids = [(at, rect) for at, one in enumerate(shapes) if (rect := _lid(one, moved))]
    return {at for at, one in enumerate(shapes) for above, lid in lids if above > at and _lies_in(one.rect, lid)}


def without_faint(shape: Shape, others: Iterable[Shape], *, paper: str | None) -> str:
    """Take the letters out of a shape that leave no ink, or have the colour that lies under them."""
    ground = _ground(shape, others, paper)
    taken: list[str] = []
    for line in (one for one in shape.node.iter() if local(one) == "p"):
        level = f"lvl{whole(value(child(line, 'pPr'), 'lvl')) + 1}pPr"
        given = child(shape.node, "txBody", "lstStyle", level, "defRPr")
        for run in [one for one in line if local(one) == "r" and _is_faint(child(one, "rPr"), given, ground)]:
            taken += [one.text or "" for one in run if local(one) == "t"]
            line.remove(run)
    return " ".join(taken)


def _is_faint(own: Node | None, given: Node | None, ground: str | None) -> bool:
    outline = child(own, "ln")
    if child(own, "noFill") is not None and (outline is None or child(outline, "noFill") is not None):
        return True
    fill = child(own, "solidFill") if child(own, "solidFill") is not None else child(given, "solidFill")
    return _is_clear(fill) or is_alike(_hex(fill), ground)


def _ground(shape: Shape, others: Iterable[Shape], paper: str | None) -> str | None:
    """Return the colour under the letters of a shape, None where it is not known."""
    if _is_filled(shape):
        own = child(shape.node, "spPr", "solidFill")
        return None if _alpha(own) < _FULL else _hex(own)
    rect = shape.rect
    shared = (one for one in others if one is not shape and one.rect and _is_filled(one))
    return None if rect is None or any(_overlap(one.rect or rect, rect) for one in shared) else paper


def _lid(shape: Shape, moved: set[str | None]) -> Corners | None:
    """Return the area of a plain filled rectangle that lies still, as it was drawn."""
    look = child(shape.node, "spPr")
    holder = next((one for one in shape.node if local(one).startswith("nv")), None)
    fill, turned = child(look, "solidFill"), value(child(look, "xfrm"), "rot") not in (None, "0")
    plain = value(child(look, "prstGeom"), "prst") == "rect" and not turned and not shape.is_unshown
    opaque = _alpha(fill) == _FULL if fill is not None else _is_filled(shape) and local(shape.node) == "sp"
    return shape.rect if plain and opaque and value(child(holder, "cNvPr"), "id") not in moved else None


def _is_filled(shape: Shape) -> bool:
    look = child(shape.node, "spPr")
    own = any(local(one) in _FILLS for one in below(look))
    styled = value(child(shape.node, "style", "fillRef"), "idx") not in (None, "0")
    return own or local(shape.node) in ("pic", "graphicFrame") or (styled and child(look, "noFill") is None)


def _overlap(one: Corners, other: Corners) -> bool:
    return all(one[at] < other[at] + other[at + 2] and other[at] < one[at] + one[at + 2] for at in (0, 1))


def _lies_in(rect: Corners | None, lid: Corners) -> bool:
    return rect is not None and all(
        lid[at] <= rect[at] and rect[at] + rect[at + 2] <= lid[at] + lid[at + 2] for at in (0, 1)
    )


def _is_clear(fill: Node | None) -> bool:
    return _alpha(fill) < _CLEAR


def _alpha(fill: Node | None) -> float:
    told = [value(child(colour, "alpha")) for colour in below(fill)]
    return number_in(told[0]) if told and told[0] is not None else _FULL


def _hex(fill: Node | None) -> str | None:
    """Return the colour of a fill as red, green and blue in hex, None where that is not known."""
    colour = next(iter(below(fill)), None)
    if colour is None:
        return None
    named = value(colour, "lastClr") or value(colour) or ""
    parts = [number_in(value(colour, one)) / _FULL for one in "rgb"] if local(colour) == "scrgbClr" else []
    try:
        red, green, blue = parts or [one / 255 for one in bytes.fromhex(_NAMED.get(named, named))]
    except ValueError:
        return None
    hue, light, depth = colorsys.rgb_to_hls(red, green, blue)
    for change in colour:
        by = number_in(value(change)) / _FULL
        light = {"lumMod": light * by, "lumOff": light + by, "tint": 1 - (1 - light) * by, "shade": light * by}.get(
            local(change), light
        )
    changed = colorsys.hls_to_rgb(hue, min(max(light, 0), 1), depth)
    return bytes(round(min(max(one, 0), 1) * 255) for one in changed).hex()
