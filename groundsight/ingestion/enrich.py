"""What models read from pictures: words, concepts, a caption; each with its lineage, personal data removed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from groundsight.errors import ParseFailed
from groundsight.governance.pii import Memory, apply, find, redact
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.rows import rows_of
from groundsight.types import Box, Lineage, Tag, TextLine

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.parts import Parts
    from groundsight.settings import PiiKind

VERSION = "1"
_LINES = TypeAdapter(tuple[TextLine, ...])
_TAGS = TypeAdapter(tuple[Tag, ...])


@dataclass(frozen=True)
class Seen:
    """A picture after reading: what was found, and the picture with the redacted places filled."""

    picture: Image
    sha256: str
    phash: str
    lines: tuple[TextLine, ...] = ()
    ocr: str = ""
    tags: tuple[Tag, ...] = ()
    caption: str = ""
    lineage: tuple[Lineage, ...] = ()
    redactions: dict[str, int] = field(default_factory=dict[str, int])


def see(path: Path, parts: Parts, derived: Derived, kinds: tuple[PiiKind, ...], memory: Memory) -> Seen:
    """Read one picture: OCR first, then tags and caption on the picture without personal data.

    Raises:
        ParseFailed: the picture can't be decoded.
    """
    from groundsight.vision.phash import perceptual_hash

    data = path.read_bytes()
    sha = hashlib.sha256(data).hexdigest()
    picture = _decoded(path)
    raw = _read_lines(picture, sha, parts, derived)
    lines, ocr, hidden, counts = clean_lines(raw, kinds, memory)
    shown = _filled(picture, hidden)
    content = sha + (":filled" if hidden else "")
    tags = _tags(shown, content, parts, derived)
    caption = redact(_caption(shown, content, parts, derived), kinds, memory).text
    lineage = _lineage(sha, parts, {"ocr": bool(ocr), "tags": bool(tags), "caption": bool(caption)})
    return Seen(shown, content, perceptual_hash(picture), lines, ocr, tags, caption, lineage, counts)


def clean_lines(
    lines: tuple[TextLine, ...], kinds: tuple[PiiKind, ...], memory: Memory
) -> tuple[tuple[TextLine, ...], str, tuple[Box, ...], dict[str, int]]:
    """Redact lines joined and one by one; return them with their text, the boxes to fill and the counts.

    A line whose text changed keeps its place. The placeholder of a value split over lines stands
    where the value began.
    """
    rows = rows_of(lines)
    joined = "\n".join(" ".join(line.text for line in row) for row in rows)
    spans = find(joined, kinds, memory)
    texts: dict[int, str] = {}
    place = 0
    for line in (line for row in rows for line in row):
        shown = apply(joined, place, place + len(line.text), spans)
        texts[id(line)] = redact(shown, kinds, memory).text
        place += len(line.text) + 1
    kept = tuple(line.model_copy(update={"text": texts.get(id(line), "")}) for line in lines)
    hidden = tuple(old.box for old, new in zip(lines, kept, strict=True) if old.text.strip() and old.text != new.text)
    clean = redact(apply(joined, 0, len(joined), spans), kinds, memory).text
    return kept, clean, hidden, dict(Counter(span.kind for span in spans))


def _decoded(path: Path) -> Image:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ParseFailed("a picture can't be decoded", which=path.name, next_step="save the picture again") from error


def _read_lines(picture: Image, sha: str, parts: Parts, derived: Derived) -> tuple[TextLine, ...]:
    reader = parts.ocr if parts.settings.ingestion.ocr else None
    if reader is None:
        return ()
    made = derived.made("ocr", reader.fingerprint, sha, lambda: _LINES.dump_json(reader.read(picture)))
    return _LINES.validate_json(made)


def _tags(picture: Image, content: str, parts: Parts, derived: Derived) -> tuple[Tag, ...]:
    tagger = parts.tagger
    if tagger is None:
        return ()
    made = derived.made("tags", tagger.fingerprint, content, lambda: _TAGS.dump_json(tagger.tags(picture)))
    return _TAGS.validate_json(made)


def _caption(picture: Image, content: str, parts: Parts, derived: Derived) -> str:
    captioner = parts.captioner
    if captioner is None:
        return ""
    write: Callable[[], bytes] = lambda: captioner.caption(picture).encode()  # noqa: E731
    return derived.made("caption", captioner.fingerprint, content, write).decode()


def _filled(picture: Image, boxes: tuple[Box, ...]) -> Image:
    """Fill the places of redacted words: a blur could be undone."""
    from PIL import ImageDraw

    if not boxes:
        return picture
    filled = picture.copy()
    brush = ImageDraw.Draw(filled)
    width, height = filled.size
    for box in boxes:
        brush.rectangle((box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height), fill=(0, 0, 0))
    return filled


def _lineage(sha: str, parts: Parts, made: dict[str, bool]) -> tuple[Lineage, ...]:
    lanes = {"ocr": ("read", parts.ocr), "tags": ("classify", parts.tagger), "caption": ("caption", parts.captioner)}
    return tuple(
        Lineage(field=name, operation=verb, source_sha256=sha, model=model.fingerprint, version=VERSION)
        for name, (verb, model) in lanes.items()
        if model is not None and made[name]
    )
