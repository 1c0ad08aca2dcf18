"""Which words of a slide no viewer sees: in no ink, in the colour of their ground, or under another shape."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterable, Iterator, Sequence

from groundsight.ingestion.readers.office.package import Node, below, child, inner, is_alike, local, value, whole
from groundsight.ingestion.readers.office.slide.slide_shapes import Corners, Shape, number_in

_FILLS = ("solidFill", "gradFill", "blipFill", "pattFill", "grpFill")
_BLACK, _WHITE = "000000", "ffffff"
_NAMED = {"bg1": _WHITE, "lt1": _WHITE, "white": _WHITE, "tx1": _BLACK, "dk1": _BLACK, "black": _BLACK}
# In thousandths of a percent.
_CLEAR, _FULL = 10_000, 100_000
# Letters nearer by this share of their size than usual lie one on the other; a size in hundredths of a point.
_CLOSEST, _USUAL = 0.5, 1800
_MOST_LIDS = 50


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


def covered(shapes: Sequence[Shape], slide: Node, is_dense: Callable[[Node], bool]) -> set[int]:
    """Return which shapes of a slide lie whole under later ones that nothing shines through and nothing moves away.

    ``is_dense`` tells whether the picture of a shape has no clear place.
    """
    moved = {value(one, "spid") for one in inner(below(child(slide, "timing")), "spTgt")}
    lids = [(at, rect) for at, one in enumerate(shapes) if (rect := _lid(one, moved, is_dense))]
    found = enumerate(shapes)
    return {at for at, one in found if one.rect and _lies_under(one.rect, [lid for above, lid in lids if above > at])}


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
    tight = number_in(value(own, "spc")) < -_CLOSEST * (number_in(value(own, "sz")) or _USUAL)
    return tight or _is_clear(fill) or is_alike(_hex(fill), ground)


def _ground(shape: Shape, others: Iterable[Shape], paper: str | None) -> str | None:
    """Return the colour under the letters of a shape, None where it is not known."""
    if _is_filled(shape):
        own = child(shape.node, "spPr", "solidFill")
        return None if _alpha(own) < _FULL else _hex(own)
    rect = shape.rect
    shared = (one for one in others if one is not shape and one.rect and _is_filled(one))
    return None if rect is None or any(_overlap(one.rect or rect, rect) for one in shared) else paper


def _lid(shape: Shape, moved: set[str | None], is_dense: Callable[[Node], bool]) -> Corners | None:
    """Return the area of a plain filled rectangle or picture that lies still, as it was drawn."""
    look = child(shape.node, "spPr")
    holder = next((one for one in shape.node if local(one).startswith("nv")), None)
    fill, turned = child(look, "solidFill"), value(child(look, "xfrm"), "rot") not in (None, "0")
    plain = value(child(look, "prstGeom"), "prst") == "rect" and not turned and not shape.is_unshown
    if not plain or value(child(holder, "cNvPr"), "id") in moved:
        return None
    drawn = local(shape.node) == "sp" or (local(shape.node) == "pic" and is_dense(shape.node))
    return shape.rect if (_alpha(fill) == _FULL if fill is not None else _is_filled(shape) and drawn) else None


def _is_filled(shape: Shape) -> bool:
    look = child(shape.node, "spPr")
    own = any(local(one) in _FILLS for one in below(look))
    styled = value(child(shape.node, "style", "fillRef"), "idx") not in (None, "0")
    return own or local(shape.node) in ("pic", "graphicFrame") or (styled and child(look, "noFill") is None)


def _overlap(one: Corners, other: Corners) -> bool:
    return all(one[at] < other[at] + other[at + 2] and other[at] < one[at] + one[at + 2] for at in (0, 1))


def _lies_under(rect: Corners, lids: Sequence[Corners]) -> bool:
    """True where the lids together leave nothing of an area."""
    left = [rect] if lids else []
    for lid in lids[:_MOST_LIDS]:
        left = [piece for one in left for piece in _around(one, lid)]
    return bool(lids) and not left


def _around(rect: Corners, lid: Corners) -> Iterator[Corners]:
    """Yield what of an area lies left, right, above and below of a lid."""
    if not _overlap(rect, lid):
        yield rect
        return
    x0, y0, x1, y1 = rect[0], rect[1], rect[0] + rect[2], rect[1] + rect[3]
    top, bottom = max(y0, lid[1]), min(y1, lid[1] + lid[3])
    sides = ((x0, top, lid[0], bottom), (lid[0] + lid[2], top, x1, bottom), (x0, y0, x1, top), (x0, bottom, x1, y1))
    yield from ((a, b, c - a, d - b) for a, b, c, d in sides if c > a and d > b)


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
