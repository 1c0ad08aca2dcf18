"""Picture files: each frame upright, on white, without metadata."""

from __future__ import annotations

from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.ledger import lay_aside
from groundsight.ingestion.readers.raster import check_pixels, open_raster, save_png, taken_on, upright, written_behind
from groundsight.ingestion.sniff import PICTURES
from groundsight.limits import Limits
from groundsight.types import LeftOut

_PAGED = ("image/tiff", "image/gif")


def read_picture(path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
    """Read a picture; of several frames (tiff, gif) up to ``limits.picture_frames``."""
    elements: list[Element] = []
    with open_raster(path, (PICTURES[media_type],), limits) as image:
        created = taken_on(image)
        for told in written_behind(image):
            lay_aside(told)
        wanted = limits.picture_frames if media_type in _PAGED else 1
        for number in range(wanted):
            if not _seek(image, number):
                break
            check_pixels(image.width, image.height, limits.picture_pixels, limits.picture_side)
            name = save_png(upright(image), scratch, f"picture-{number + 1}")
            elements.append(Element(kind="picture", page=number + 1, picture=name))
        more = media_type in _PAGED and len(elements) == wanted and _seek(image, wanted)
    if not elements:
        raise ParseFailed("malformed: a picture without a frame")
    left_out = (LeftOut(kind="further frame", why=f"only the first {wanted} frames are read"),) if more else ()
    return Parsed(
        media_type=media_type, created=created, pages=len(elements), elements=tuple(elements), left_out=left_out
    )


def _seek(image: object, number: int) -> bool:
    """Go to a frame; False at the end. Frames are found one by one, as a count may lie."""
    try:
        image.seek(number)  # type: ignore[attr-defined]
    except (EOFError, OSError, ValueError, SyntaxError, KeyError):
        return False
    return True
