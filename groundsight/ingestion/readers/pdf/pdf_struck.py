"""What of a page's text is struck out: a rule runs through the middle of its letters, and no farther than they."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from groundsight.ingestion.layout.shapes import Piece, Rect

# Of the height of a line with its ascents and descents, from its top: rules under words begin at .85.
_UPPER, _LOWER = 0.42, 0.75
# In heights of a line: the rules of a table and of a chart go on beside the words.
_BEYOND = 0.5


def kept_and_struck(pieces: Sequence[Piece], rules: Sequence[Rect]) -> tuple[list[Piece], list[Piece]]:
    """Part the pieces of a page into what stands and what is struck out, at words; only level text is looked at."""
    level = sorted((one for one in rules if one.width > one.height), key=_middle)
    heights = [_middle(one) for one in level]
    kept, struck = list[Piece](), list[Piece]()
    for piece in pieces:
        rect = piece.rect
        first = bisect_left(heights, rect.y0 + _UPPER * rect.height)
        last = bisect_right(heights, rect.y0 + _LOWER * rect.height)
        through = [one for one in level[first:last] if _is_within(one, rect)] if piece.turn == 0 else []
        for is_gone, words in groupby(piece.words, partial(_is_crossed, through)) if through else ():
            (struck if is_gone else kept).append(_part(piece, tuple(words)))
        kept += [] if through and piece.words else [piece]
    return kept, struck


def _middle(rule: Rect) -> float:
    return (rule.y0 + rule.y1) / 2


def _is_within(rule: Rect, rect: Rect) -> bool:
    beyond = _BEYOND * rect.height
    return rule.x0 > rect.x0 - beyond and rule.x1 < rect.x1 + beyond


def _is_crossed(rules: Sequence[Rect], word: tuple[str, float, float]) -> bool:
    _, left, right = word
    return any(min(right, one.x1) - max(left, one.x0) > (right - left) / 2 for one in rules)


def _part(piece: Piece, words: tuple[tuple[str, float, float], ...]) -> Piece:
    if words == piece.words:
        return piece
    rect = replace(piece.rect, x0=words[0][1], x1=words[-1][2])
    return replace(piece, text=" ".join(text for text, _, _ in words), rect=rect, words=words)
