"""What of a page's text nobody sees: tiny, off the page, or gone where the page is drawn (white, clear, covered)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from groundsight.errors import LimitExceeded
from groundsight.ingestion.layout.shapes import SKEW, Piece, Rect
from groundsight.ingestion.readers.pdf.pdf_drawn import Drawn

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 100
# Of 255 steps of grey: paper in a scan is rougher than that, letters of 6 points in light grey still differ by more.
_FLAT = 10
_COVERED = 0.6


def seen_and_unseen(
    pieces: Sequence[Piece], drawn: Drawn, render: Callable[[int], Image]
) -> tuple[list[Piece], list[Piece]]:
    """Return what is seen of the text of a page and what is not; the page is drawn only where something is in doubt."""
    doubtful = [piece for piece in pieces if piece.doubt == "faint" or _may_be_covered(piece, drawn)]
    flat = _flat(doubtful, render) if doubtful else set[int]()
    unseen = [piece for piece in pieces if piece.doubt in ("tiny", "outside") or id(piece) in flat]
    gone = set(map(id, unseen))
    return [piece for piece in pieces if id(piece) not in gone], unseen


def _may_be_covered(piece: Piece, drawn: Drawn) -> bool:
    """True for a piece that lies under or over a picture or a filled shape: which of both, the drawn page tells."""
    rect = _upright(piece)
    return any(rect.overlap(one) > _COVERED * rect.area for one in (*drawn.pictures, *drawn.paths, *drawn.lids))


def _flat(pieces: Sequence[Piece], render: Callable[[int], Image]) -> set[int]:
    try:
        page = render(_DPI).convert("L")
    except LimitExceeded:
        return set()
    return {id(piece) for piece in pieces if piece.doubt != "outside" and _is_flat(page, _upright(piece))}


def _is_flat(page: Image, rect: Rect) -> bool:
    """True where the drawn page has one tone: there are no letters."""
    left, top = int(rect.x0 * page.width), int(rect.y0 * page.height)
    right, bottom = int(rect.x1 * page.width) + 1, int(rect.y1 * page.height) + 1
    box = max(left, 0), max(top, 0), min(right, page.width), min(bottom, page.height)
    if box[0] >= box[2] or box[1] >= box[3]:
        return True
    low, high = page.crop(box).getextrema()
    return bool(high - low < _FLAT)  # type: ignore[operator]


def _upright(piece: Piece) -> Rect:
    return piece.rect if piece.turn == SKEW else piece.rect.turned(-piece.turn)
