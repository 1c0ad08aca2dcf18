"""Figures on a page: embedded pictures, drawings that stand above a ``Figure N`` caption, bars with their values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from groundsight.ingestion.layout.chart_values import chart_table
from groundsight.ingestion.layout.order import Block
from groundsight.ingestion.layout.shapes import Grid, Piece, Rect, around

_CAPTION = re.compile(r"^\s*(figure|fig\.?|chart|diagram|exhibit|abbildung|abb\.|plate|scheme)\s*[A-Z]?\d+", re.I)
_SMALLEST_AREA = 0.008
_SMALLEST_SIDE = 0.05
_BACKGROUND = 0.85
_NEAR = 0.09
_MOST_FIGURES = 40
_FEWEST_PATHS = 3
# Labels and values lie around bars, words to the left of those that lie.
_BESIDE, _LEFT, _BASE, _UNEVEN = 0.1, 0.3, 200, 0.03


@dataclass(frozen=True)
class Figure:
    """Where a figure lies, the words beside it, and the box of its caption."""

    rect: Rect
    text: str
    caption_rect: Rect | None = None


@dataclass(frozen=True)
class Figures:
    """The figures of a page, and how many more it has."""

    found: list[Figure]
    more: int = 0


def without_bars(paths: Iterable[Rect], pieces: list[Piece]) -> tuple[list[Grid], list[Piece]]:
    """Return the tables of bars on one base that have their values at them, and the pieces that are no part of any."""
    bases: dict[tuple[str, int], list[Rect]] = defaultdict(list)
    for path in paths:
        bases["stands", round(path.y1 * _BASE)].append(path)
        bases["lies", round(path.x0 * _BASE)].append(path)
    charts = list[Grid]()
    for (way, _), bars in bases.items():
        lengths = [bar.height if way == "stands" else bar.width for bar in bars]
        if len(bars) < _FEWEST_PATHS or max(lengths) - min(lengths) < _UNEVEN:
            continue
        whole = around(bars)
        room = Rect(whole.x0 - _LEFT, whole.y0 - _BESIDE, whole.x1 + _BESIDE, whole.y1 + _BESIDE)
        beside = [piece for piece in pieces if room.holds(piece.rect)]
        if found := chart_table(beside):
            words = {word for row in found[0].cells[1:] for cell in row for word in cell.split()}
            told = [piece for piece in beside if words.issuperset(piece.text.split())]
            pieces = [piece for piece in pieces if piece not in told]
            charts.append(found[0])
    return charts, pieces


def figures_on(blocks: list[Block], pictures: list[Rect], paths: list[Rect]) -> Figures:
    """Return the figures of a page that has a text layer."""
    captions = [block for block in blocks if block.element is None and _CAPTION.match(block.text)]
    found = [_embedded(rect, blocks, captions) for rect in _united(pictures)]
    taken = {figure.caption_rect for figure in found}
    for caption in captions:
        if caption.rect not in taken and (rect := _drawing_above(caption, blocks, paths)):
            found.append(Figure(rect, caption.text, caption.rect))
    return Figures(found[:_MOST_FIGURES], max(len(found) - _MOST_FIGURES, 0))


def _united(pictures: list[Rect]) -> list[Rect]:
    """Join tiles that touch, then drop ornaments and page backgrounds."""
    joined: list[Rect] = []
    for rect in sorted(pictures[:2_000], key=lambda rect: (rect.y0, rect.x0)):
        clipped = Rect(max(rect.x0, 0), max(rect.y0, 0), min(rect.x1, 1), min(rect.y1, 1))
        touching = next((number for number, other in enumerate(joined) if _touch(clipped, other)), None)
        if touching is None:
            joined.append(clipped)
        else:
            joined[touching] = joined[touching].join(clipped)
    return [rect for rect in joined if _is_figure(rect)]


def _touch(one: Rect, other: Rect) -> bool:
    tiled = abs(one.x0 - other.x0) < 0.004 and abs(one.x1 - other.x1) < 0.004 and -0.002 < one.y0 - other.y1 < 0.002
    return tiled or one.overlap(other) > 0.5 * min(one.area, other.area)


def _is_figure(rect: Rect) -> bool:
    sides = min(rect.width, rect.height)
    return _SMALLEST_AREA <= rect.area < _BACKGROUND and sides >= _SMALLEST_SIDE


def _embedded(rect: Rect, blocks: list[Block], captions: list[Block]) -> Figure:
    caption = _nearest(rect, captions, _NEAR)
    if caption is not None:
        return Figure(rect, caption.text, caption.rect)
    beside = _nearest(rect, [block for block in blocks if block.element is None], 0.25)
    return Figure(rect, beside.text[:600] if beside else "", None)


def _nearest(rect: Rect, blocks: list[Block], reach: float) -> Block | None:
    """Find the block nearest above or below that shares some of the width; below wins a tie."""
    best: tuple[float, Block] | None = None
    for block in blocks:
        shared = min(rect.x1, block.rect.x1) - max(rect.x0, block.rect.x0)
        below, above = block.rect.y0 - rect.y1, rect.y0 - block.rect.y1
        distance = max(below, above + 0.01, 0.0)
        if shared > 0 and distance <= reach and (best is None or distance < best[0]):
            best = (distance, block)
    return best[1] if best else None


def _drawing_above(caption: Block, blocks: list[Block], paths: list[Rect]) -> Rect | None:
    """Take the drawn paths between a caption and the paragraph above it."""
    ceiling = max((block.rect.y1 for block in blocks if _is_paragraph_above(block, caption)), default=0.0)
    column = Rect(caption.rect.x0 - 0.3, ceiling, caption.rect.x1 + 0.3, caption.rect.y0 + 0.005)
    inside = [path for path in paths[:20_000] if column.holds(path) and path.area < 0.5]
    if len(inside) < _FEWEST_PATHS:
        return None
    rect = inside[0]
    for path in inside[1:]:
        rect = rect.join(path)
    labels = [block.rect for block in blocks if column.holds(block.rect) and block is not caption]
    for label in labels:
        rect = rect.join(label) if rect.overlap(label) or _close(rect, label) else rect
    clipped = Rect(max(rect.x0 - 0.01, 0), max(rect.y0 - 0.01, 0), min(rect.x1 + 0.01, 1), caption.rect.y0)
    return clipped if clipped.height > _SMALLEST_SIDE and clipped.width > _SMALLEST_SIDE else None


def _close(rect: Rect, label: Rect) -> bool:
    across = max(label.x0 - rect.x1, rect.x0 - label.x1)
    down = max(label.y0 - rect.y1, rect.y0 - label.y1)
    return max(across, down) < 0.02


def _is_paragraph_above(block: Block, caption: Block) -> bool:
    shared = min(block.rect.x1, caption.rect.x1) - max(block.rect.x0, caption.rect.x0)
    running = block.element is not None or len(block.text) > 90
    return running and shared > 0 and block.rect.y1 <= caption.rect.y0 + 0.005
