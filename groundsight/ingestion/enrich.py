"""What models read from pictures: words, concepts, a caption; each with its lineage, personal data removed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from groundsight import __version__
from groundsight.errors import ParseFailed, PolicyRefused
from groundsight.governance.pii import Memory, find, find_under, redact, redact_parts, renumbered
from groundsight.governance.pii_columns import find_in_columns
from groundsight.governance.pii_heads import label_of
from groundsight.governance.redaction import profile_of
from groundsight.ingestion import Element
from groundsight.ingestion.apart import without_orders
from groundsight.ingestion.chunking import Chunk
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.names.reader import memory_of, texts_of
from groundsight.ingestion.rows import rows_of, turn_of, upright_lines
from groundsight.language.addressed import speaks_to_a_model
from groundsight.settings import Settings
from groundsight.types import Box, Lineage, Tag, TextLine, Word
from groundsight.vision.phash import hashes_near, perceptual_hash, same_look, small_look

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.parts import Parts
    from groundsight.settings import PiiKind
    from groundsight.tracing import Watch

ReadBefore = dict[Path, tuple[TextLine, ...]]
VERSION = "1"
# In heights of the head: rows of printed tables stand up to two apart, what follows a table stands farther.
COLUMN_GAP = 2.5
_TAGS = TypeAdapter(tuple[Tag, ...])


@dataclass(frozen=True)
class Seen:
    """A picture after reading: what was found, and the picture with the redacted places filled.

    Of a picture that is ``withheld`` nothing else is told. Lines that are ``hostile``, in one that is only asked about,
    are in nothing else.
    """

    picture: Image
    sha256: str
    phash: str
    lines: tuple[TextLine, ...] = ()
    ocr: str = ""
    tags: tuple[Tag, ...] = ()
    caption: str = ""
    lineage: tuple[Lineage, ...] = ()
    hidden: tuple[Box, ...] = ()
    withheld: tuple[str, ...] = ()
    hostile: tuple[str, ...] = ()


class CleanLines(Word):
    """The lines of a picture after redaction, their running text, and the boxes of what was removed."""

    lines: tuple[TextLine, ...] = ()
    text: str = ""
    hidden: tuple[Box, ...] = ()


def see_all(
    chunks: Sequence[Chunk], scratch: Path, parts: Parts, derived: Derived, memory: Memory, watch: Watch,
    known: ReadBefore,
) -> dict[int, Seen]:  # fmt: skip
    """Read the pictures of these chunks, by their places among them."""
    kinds = parts.settings.governance.redact
    found: dict[int, Seen] = {}
    for number, piece in enumerate(chunks):
        if piece.picture is not None:
            watch.step(number, len(chunks), "reading pictures")
            found[number] = see(scratch / piece.picture, parts, derived, kinds, memory, watch, known)
    return found


def see(
    path: Path, parts: Parts, derived: Derived, kinds: tuple[PiiKind, ...], memory: Memory, watch: Watch,
    known: ReadBefore | None = None,
) -> Seen:  # fmt: skip
    """Read one picture: OCR first, then tags and caption on the picture without personal data.

    What was read is redacted before it is kept, with numbers of its own; each document puts its numbers in.

    Raises:
        ParseFailed: the picture can't be decoded.
    """
    from groundsight.vision.masks import filled

    data = path.read_bytes()
    sha = hashlib.sha256(data).hexdigest()
    picture = _decoded(path)
    masks = parts.masks.boxes(picture) if parts.masks else ()
    if masks:
        picture, sha = filled(picture, masks), f"{sha}:{masks!r}"
    read = _read_lines(picture, sha, parts, derived, kinds, memory, (known or {}).get(path))
    lines = tuple(line.model_copy(update={"text": renumbered(line.text, sha, memory)}) for line in read.lines)
    # Counted once, by the lines: the running text repeats them.
    ocr = renumbered(read.text, sha, Memory(memory.numbers, key=memory.key))
    kinds_seen = parts.masks.kinds(picture, ocr) if parts.masks else ()
    if kinds_seen:
        return Seen(picture, sha, perceptual_hash(picture), withheld=kinds_seen)
    shown = filled(picture, read.hidden)
    content = f"{sha}:{read.hidden!r}" if read.hidden else sha
    tags = _tags(shown, content, parts, derived)
    caption = renumbered(_caption(shown, parts, derived, kinds, watch), f"caption {sha}", memory)
    lineage = _lineage(sha, parts, {"ocr": bool(ocr), "tags": bool(tags), "caption": bool(caption)})
    return Seen(shown, content, perceptual_hash(picture), lines, ocr, tags, caption, lineage)


def glance(picture: Image, parts: Parts, watch: Watch) -> Seen:
    """Read a picture that is only asked about, as ``see`` does; nothing of it is kept.

    Raises:
        PolicyRefused: it is of a kind that is withheld.
    """
    from groundsight.vision.masks import filled

    kinds, reader, tagger, captioner = parts.settings.governance.redact, parts.ocr, parts.tagger, parts.captioner
    masks = tuple(parts.masks.boxes(picture)) if parts.masks else ()
    masked = filled(picture, masks)
    lines = reader.read(masked) if reader else ()
    memory = memory_of(parts, ["\n".join(line.text for line in lines)], watch)
    read = clean_page(lines, kinds, memory, picture.width / picture.height)
    if parts.masks and parts.masks.kinds(masked, read.text):
        raise PolicyRefused("this picture is withheld (pictures.withhold)", next_step="ask about another one")
    ocr, kept, hostile = without_orders(read.text, read.lines)
    covered = (*read.hidden, *(line.box for line in read.lines if line not in kept))
    shown, hidden = filled(masked, covered), (*masks, *covered)
    written = captioner.caption(shown) if captioner else ""
    caption = redact(written, kinds, memory_of(parts, [written], watch)).text if written else ""
    caption = "" if speaks_to_a_model(caption) else caption
    tags = tagger.tags(shown) if tagger else ()
    return Seen(shown, "", perceptual_hash(picture), kept, ocr, tags, caption, hidden=hidden, hostile=hostile)


def clean_page(
    lines: tuple[TextLine, ...], kinds: tuple[PiiKind, ...], memory: Memory, aspect: float = 1.0
) -> CleanLines:
    """Redact lines as a person reads them: row by row, over line ends, under heads, and one by one.

    A line whose text changed keeps its place. The placeholder of a value split over lines stands
    where the value began. ``aspect`` is the width of the picture over its height.
    """
    straight = upright_lines(lines, turn_of(lines, aspect))
    rows = rows_of(straight)
    read = [line for row in rows for line in row]
    parts = [(line.text, " " if line is not row[-1] else "\n") for row in rows for line in row]
    texts = redact_parts(parts, lambda text: find(text, kinds, memory))
    ends = [end for _, end in parts]
    texts = redact_parts(list(zip(texts, ends, strict=True)), lambda text: find_in_columns(text, kinds, memory))
    texts = [redact(text, kinds, memory).text for text in _under_heads(read, texts, kinds, memory)]
    text = redact("".join(map("".join, zip(texts, ends, strict=True))).rstrip("\n"), kinds, memory)
    by_line = {id(line): text for line, text in zip(read, texts, strict=True)}
    told = [by_line.get(id(line), "") for line in straight]
    kept = tuple(line.model_copy(update={"text": text}) for line, text in zip(lines, told, strict=True))
    hidden = tuple(old.box for old, new in zip(lines, kept, strict=True) if old.text.strip() and old.text != new.text)
    return CleanLines(lines=kept, text=text.text, hidden=hidden)


def _under_heads(
    lines: Sequence[TextLine], texts: Sequence[str], kinds: tuple[PiiKind, ...], memory: Memory
) -> list[str]:
    """Redact what stands in the column below a head or beside a label on the page."""
    cleaned = list(texts)
    heads = [(line.box, label) for line in lines if (label := label_of(line.text)) and label.kind in kinds]
    for box, label in heads:
        beside = [place for place, line in enumerate(lines) if _stands_beside(line.box, box)]
        for place in (*beside, *_column(box, lines)):
            parts = [(cleaned[place], "")]
            (cleaned[place],) = redact_parts(parts, lambda text, label=label: find_under(text, label, memory))
    return cleaned


def _column(head: Box, lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the lines below a head, down to the first wide gap."""
    bottom, most = head.y1, COLUMN_GAP * (head.y1 - head.y0)
    for place, line in sorted(enumerate(lines), key=lambda each: each[1].box.y0):
        box = line.box
        if box.y0 + (head.y1 - head.y0) / 2 < bottom or box.x0 >= head.x1 or head.x0 >= box.x1:
            continue
        if box.y0 - bottom > most:
            return
        bottom = box.y1
        yield place


def _stands_beside(box: Box, label: Box) -> bool:
    middle = (box.y0 + box.y1) / 2
    return label.y0 <= middle <= label.y1 and 0 <= box.x0 - label.x1 <= 2 * (label.x1 - label.x0)


def _decoded(path: Path) -> Image:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ParseFailed("a picture can't be decoded", which=path.name, next_step="save the picture again") from error


def told_by(elements: Iterable[Element], scratch: Path, parts: Parts, known: ReadBefore) -> Iterator[str]:
    """Yield all texts of a document in which names may stand; what its pictures show is kept in ``known``."""
    from groundsight.vision.masks import filled

    for element in elements:
        yield from texts_of(element)
        if element.picture and parts.settings.ingestion.ocr and parts.ocr:
            path = scratch / element.picture
            picture = _decoded(path)
            known[path] = parts.ocr.read(filled(picture, parts.masks.boxes(picture)) if parts.masks else picture)
            yield "\n".join(line.text for line in known[path])


def _read_lines(
    picture: Image, sha: str, parts: Parts, derived: Derived, kinds: tuple[PiiKind, ...], memory: Memory,
    known: tuple[TextLine, ...] | None,
) -> CleanLines:  # fmt: skip
    reader = parts.ocr if parts.settings.ingestion.ocr else None
    if reader is None:
        return CleanLines()
    aspect = picture.width / picture.height
    if known is not None:
        # What is hidden depends on the names of the whole document: it is kept for no other.
        derived.called("ocr", 1)
        return clean_page(known, kinds, replace(memory.apart(), names=memory.names), aspect)
    read: Callable[[], bytes] = lambda: (  # noqa: E731
        clean_page(reader.read(picture), kinds, memory.apart(), aspect).model_dump_json().encode()
    )
    return CleanLines.model_validate_json(derived.made("ocr", reader.fingerprint, sha, read))


def _tags(picture: Image, content: str, parts: Parts, derived: Derived) -> tuple[Tag, ...]:
    tagger = parts.tagger
    if tagger is None:
        return ()
    made = derived.made("tags", tagger.fingerprint, content, lambda: _TAGS.dump_json(tagger.tags(picture)))
    return _TAGS.validate_json(made)


def _caption(picture: Image, parts: Parts, derived: Derived, kinds: tuple[PiiKind, ...], watch: Watch) -> str:
    """Take the caption of a picture that looks the same, a re-saved or scaled copy too, or have one written."""
    captioner = parts.captioner
    if captioner is None:
        return ""
    phash, look = perceptual_hash(picture), small_look(picture)
    for near in hashes_near(phash, parts.settings.models.caption_bits):
        kept = derived.read("caption", captioner.fingerprint, near)
        if kept and same_look(kept[: len(look)], look):
            derived.write("caption", captioner.fingerprint, phash, kept)
            return kept[len(look) :].decode()
    derived.called("caption", 1)
    written = captioner.caption(picture)
    caption = redact(written, kinds, memory_of(parts, [written], watch)).text
    derived.write("caption", captioner.fingerprint, phash, look + caption.encode())
    return caption


def _lineage(sha: str, parts: Parts, made: dict[str, bool]) -> tuple[Lineage, ...]:
    lanes = {"ocr": ("read", parts.ocr), "tags": ("classify", parts.tagger), "caption": ("caption", parts.captioner)}
    return tuple(
        Lineage(field=name, operation=verb, source_sha256=sha, model=model.fingerprint, version=VERSION)
        for name, (verb, model) in lanes.items()
        if model is not None and made[name]
    )


def lineage_of_text(media_type: str, sha: str, settings: Settings) -> tuple[Lineage, ...]:
    """Tell what read and what redacted the text of a file."""
    profile = profile_of(settings)
    steps = (("read", f"{settings.ingestion.partitioner}: {media_type}"), ("redact", profile))
    return tuple(
        Lineage(field="text", operation=verb, source_sha256=sha, model=model, version=__version__)
        for verb, model in steps
    )
