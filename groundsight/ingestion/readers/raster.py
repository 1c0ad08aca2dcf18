"""Pixels: opened from a short list of formats, measured before decoding, turned upright, put on white."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.limits import Limits
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
_STORED_PIXELS = 12_000_000
_EXIF_DATES = (36867, 306)
_EXIF_SUB = 0x8769
# Descriptions and comments: of PNG and GIF by name, of Exif by number, of XMP by element.
_REMARKS = ("Comment", "comment", "Description", "Title", "Warning", "Disclaimer")
_EXIF_REMARKS = (270, 37510, 40091, 40092, 40094, 40095)
_XMP = re.compile(
    r"<(?:dc:(?:description|title|subject)|exif:UserComment|photoshop:\w+)\b[^>]*>(.{1,4000}?)</(?:dc|exif|photoshop):",
    re.S,
)
_MARKUP = re.compile(r"<[^>]*>")
_MOST_XMP = 1_000_000


def open_raster(source: Path | bytes, formats: tuple[str, ...], limits: Limits) -> Image:
    """Open a picture and check its size from the header; nothing is decoded yet.

    Raises:
        LimitExceeded: too many pixels or too long a side. ParseFailed: not a picture.
    """
    from PIL import Image as pillow

    pillow.MAX_IMAGE_PIXELS = None
    if "HEIF" in formats:
        import pi_heif  # pyright: ignore[reportMissingTypeStubs]

        heif: Any = pi_heif
        heif.register_heif_opener()
    try:
        image = pillow.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats)
    except (pillow.UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ParseFailed("malformed: not a readable picture", next_step="open and save it anew") from error
    check_pixels(image.width, image.height, limits.picture_pixels, limits.picture_side)
    return image


def check_pixels(width: int, height: int, most: int, side: int) -> None:
    """Raise LimitExceeded when a picture of this size may not be decoded or rendered."""
    if width * height > most or max(width, height) > side:
        raise LimitExceeded(
            f"the picture has {width} x {height} pixels",
            limit=f"{most} pixels, {side} a side",
            next_step=f"scale it down or raise limits.picture_{'pixels' if width * height > most else 'side'}",
            code="E_LIMIT_PIXELS",
        )


def upright(image: Image) -> Image:
    """Decode, honour the camera's rotation, put transparency on white, return RGB of at most 12 Mpx."""
    from PIL import Image as pillow
    from PIL import ImageOps

    try:
        turned = ImageOps.exif_transpose(image)
        turned.load()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise ParseFailed("truncated: the picture's data end early", next_step="open and save it anew") from error
    flat = _from_deep(turned) if turned.mode.startswith("I") or turned.mode == "F" else on_white(turned)
    if flat.width * flat.height > _STORED_PIXELS:
        scale = (_STORED_PIXELS / (flat.width * flat.height)) ** 0.5
        size = (max(int(flat.width * scale), 1), max(int(flat.height * scale), 1))
        flat = flat.resize(size, pillow.Resampling.LANCZOS, reducing_gap=2.0)
    return flat


def as_png(image: Image) -> bytes:
    """Return PNG bytes without any metadata; fast compression, since the file is short lived."""
    from PIL import Image as pillow

    bare = pillow.new("RGB", image.size)
    bare.paste(image)
    written = io.BytesIO()
    bare.save(written, "PNG", compress_level=1)
    return written.getvalue()


def save_png(image: Image, scratch: Path, name: str) -> str:
    """Write ``<name>.png`` into the scratch folder and return its name."""
    (scratch / f"{name}.png").write_bytes(as_png(image))
    return f"{name}.png"


def taken_on(image: Image) -> date | None:
    """Return the day on which the camera says the picture was taken."""
    try:
        head = image.getexif()
        values = [head.get_ifd(_EXIF_SUB).get(_EXIF_DATES[0]), head.get(_EXIF_DATES[1])]
        text = next((value for value in values if isinstance(value, str)), "")
        return datetime.strptime(text.strip("\0 ")[:10], "%Y:%m:%d").date()
    except (ValueError, OSError, SyntaxError, KeyError, TypeError, EOFError, OverflowError):
        return None


def written_behind(image: Image) -> Iterator[str]:
    """Yield what somebody wrote into the metadata of a picture: no viewer shows it on the picture."""
    told: list[object] = [image.info.get(key) for key in _REMARKS]
    try:
        head = image.getexif()
        own = head.get_ifd(_EXIF_SUB)
        told += [source.get(tag) for tag in _EXIF_REMARKS for source in (head, own)]
    except (ValueError, OSError, SyntaxError, KeyError, TypeError, EOFError, OverflowError):
        pass
    for packet in (image.info.get("xmp"), image.info.get("XML:com.adobe.xmp")):
        told += [" ".join(_MARKUP.sub(" ", found).split()) for found in _XMP.findall(_as_text(packet)[:_MOST_XMP])]
    yield from (text for text in map(_as_text, told) if any(map(str.isalpha, text)))


def _as_text(value: object) -> str:
    """Decode what Exif holds as bytes: with the name of its code before it, or in two bytes a letter."""
    if isinstance(value, bytes):
        data = value.removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0")
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-8", "replace").strip("\0 ")
    return value.strip("\0 ") if isinstance(value, str) else ""


def is_dense(data: bytes, limits: Limits) -> bool:
    """True for a picture that can be read and has no clear place."""
    try:
        image = open_raster(data, FORMATS, limits)
        return not _may_be_clear(image) or image.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    except (ParseFailed, LimitExceeded, OSError, ValueError, SyntaxError, EOFError):
        return False


def _may_be_clear(image: Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _from_deep(image: Image) -> Image:
    """Scale 16-bit and float samples to 8 bits; a plain conversion would clip them to white."""
    deep = image.convert("F")
    low, high = cast("tuple[float, float]", deep.getextrema())
    scale = 255.0 / (high - low) if high > low else 0.0
    return deep.point(lambda value: value * scale - low * scale).convert("L").convert("RGB")
