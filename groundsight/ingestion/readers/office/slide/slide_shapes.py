"""The shapes of a slide with their places, those of groups and placeholders included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from groundsight.ingestion.readers.office.package import Node, Package, child, local, shown_branch, value
from groundsight.types import Box

_INCH = 914_400
_MOST_DEPTH = 20
_SHAPES = ("sp", "pic", "graphicFrame", "cxnSp")
_TINY = 200
Corners = tuple[float, float, float, float]
_TITLES = ("title", "ctrTitle")


@dataclass(frozen=True)
class _Frame:
    """How places inside a group become places on the slide: times ``scale`` plus ``shift``, across and down."""

    scale: tuple[float, float] = (1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)

    def place(self, rect: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return left, top, width and height on the slide."""
        left, top, width, height = rect
        across, down = self.scale
        return left * across + self.shift[0], top * down + self.shift[1], width * across, height * down


@dataclass(frozen=True)
class Shape:
    """One shape: its node, the kind of its placeholder ("" for none), its box, and where it is read."""

    node: Node
    placeholder: str
    index: str
    rect: tuple[float, float, float, float] | None
    box: Box | None
    order: tuple[int, float]
    is_unshown: bool = False


class Sizes:
    """The size of the slides, and where layouts and masters put what a slide does not place itself."""

    def __init__(self, package: Package, presentation: Node | None) -> None:
        size = child(presentation, "sldSz")
        self.width = max(number_in(value(size, "cx")), 1.0)
        self.height = max(number_in(value(size, "cy")), 1.0)
        self._package = package
        self._known: dict[str, list[Shape]] = {}
        self._roots: dict[str, Node | None] = {}

    def shapes(self, part: str) -> list[Shape]:
        """Return the shapes of a layout or master."""
        if part not in self._known:
            # A layout that names itself as its own finds nothing there.
            self._known[part] = []
            root = self._roots[part] = self._package.root(part, "layout")
            self._known[part] = [] if root is None else shapes_on(part, root, self)
        return self._known[part]

    def root(self, part: str) -> Node | None:
        """Return the tree of a layout or master."""
        self.shapes(part)
        return self._roots[part]

    def inherited(self, part: str, kind: str, index: str) -> tuple[float, float, float, float] | None:
        """Find the place of a placeholder in the part above: by its index, in a master by its kind."""
        layouts = (one for name in self._package.related(part, "slideLayout") for one in self.shapes(name))
        masters = (one for name in self._package.related(part, "slideMaster") for one in self.shapes(name))
        alike = (one for one in layouts if one.placeholder and one.index == index)
        alike = chain(alike, (one for one in masters if _alike(one.placeholder, kind)))
        return next((one.rect for one in alike if one.rect), None)


def shapes_on(part: str, root: Node, sizes: Sizes) -> list[Shape]:
    """Return the shapes of a slide, layout or master as they lie in it, groups opened."""
    tree = child(root, "cSld", "spTree")
    found = _walk(tree, _Frame(), 0) if tree is not None else ()
    return [_shape(node, frame, part, sizes) for node, frame in found]


def _walk(tree: Node, frame: _Frame, depth: int) -> Iterator[tuple[Node, _Frame]]:
    for node in tree:
        tag = local(node)
        if tag in _SHAPES:
            yield node, frame
        elif tag == "AlternateContent" and depth < _MOST_DEPTH:
            yield from _walk(shown_branch(node), frame, depth + 1)
        elif tag == "grpSp" and depth < _MOST_DEPTH:
            yield from _walk(node, _group(node, frame), depth + 1)


def _group(node: Node, frame: _Frame) -> _Frame:
    form = child(node, "grpSpPr", "xfrm")
    outer, own = _rect(form, "off", "ext"), _rect(form, "chOff", "chExt")
    if outer is None or own is None or not own[2] or not own[3]:
        return frame
    left, top, width, height = frame.place(outer)
    across, down = width / own[2], height / own[3]
    return _Frame((across, down), (left - own[0] * across, top - own[1] * down))


def _shape(node: Node, frame: _Frame, part: str, sizes: Sizes) -> Shape:
    holder = next((one for one in node if local(one).startswith("nv")), None)
    placeholder = child(holder, "nvPr", "ph")
    kind = "" if placeholder is None else value(placeholder, "type") or "obj"
    index = value(placeholder, "idx") or "0"
    form = child(node, "xfrm") if local(node) == "graphicFrame" else child(node, "spPr", "xfrm")
    own = _rect(form, "off", "ext")
    rect = frame.place(own) if own else sizes.inherited(part, kind, index) if kind else None
    box = _box(rect, sizes) if rect else None
    # Rows of about an inch from top to bottom, left to right within a row.
    order = (int(rect[1] // _INCH), rect[0]) if rect else (0, 0.0)
    return Shape(node, kind, index, rect, box, order, _is_unshown(node, holder, rect, sizes))


def _is_unshown(node: Node, holder: Node | None, rect: Corners | None, sizes: Sizes) -> bool:
    """True for a shape that is switched off, lies beside the slide, has no height that it may leave, or whose letters
    are all under two points."""
    if value(child(holder, "cNvPr"), "hidden") in ("1", "true"):
        return True
    if rect and (rect[0] >= sizes.width or rect[1] >= sizes.height or rect[0] + rect[2] < 0 or rect[1] + rect[3] < 0):
        return True
    if rect and not rect[3] and value(child(node, "txBody", "bodyPr"), "vertOverflow") == "clip":
        return True
    # In hundredths of a point.
    letters = [number_in(value(one, "sz")) for one in node.iter() if local(one) == "rPr" and value(one, "sz")]
    return bool(letters) and max(letters) < _TINY


def _box(rect: tuple[float, float, float, float], sizes: Sizes) -> Box:
    left, top, width, height = rect
    across = sorted(min(max(one / sizes.width, 0.0), 1.0) for one in (left, left + width))
    down = sorted(min(max(one / sizes.height, 0.0), 1.0) for one in (top, top + height))
    return Box(x0=across[0], y0=down[0], x1=across[1], y1=down[1])


def _rect(form: Node | None, place: str, size: str) -> tuple[float, float, float, float] | None:
    at, wide = child(form, place), child(form, size)
    if at is None or wide is None:
        return None
    return (
        number_in(value(at, "x")),
        number_in(value(at, "y")),
        number_in(value(wide, "cx")),
        number_in(value(wide, "cy")),
    )


def _alike(one: str, other: str) -> bool:
    return one == other or (one in _TITLES and other in _TITLES) or {one, other} <= {"body", "obj"}


def number_in(text: str | None) -> float:
    """Return a number, 0 for what is none."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
