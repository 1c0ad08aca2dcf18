"""What runs inside the confined child: sniff, check the limits, read, and answer as JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Literal

from groundsight.errors import GroundsightError, LimitExceeded, ParseFailed
from groundsight.ingestion import Element, Parsed, Partitioner, PictureOrder
from groundsight.ingestion.frozen import anonymous_file
from groundsight.ingestion.portions import chars_of, handed_over
from groundsight.ingestion.readers.clean import clean
from groundsight.ingestion.readers.ledger import UNSHOWN, unseen_texts
from groundsight.ingestion.sniff import CONTAINERS, CSV, FLAT, MARKDOWN, PLAIN, check_size, sniff
from groundsight.ingestion.unpacked import check_archive
from groundsight.limits import Limits
from groundsight.types import LeftOut, Word

_MOST_ELEMENTS = 100_000
_MOST_UNSEEN = 2_000


class PartitionOrder(Word):
    """One document to read: its name for messages, the folder for pictures, and how."""

    name: str
    scratch: str
    partitioner: Literal["builtin", "unstructured"]
    limits: Limits
    render_dpi: int
    soffice: str = ""


class TogetherOrder(Word):
    """Small plain texts that lie behind one another in one document: the order and the bytes of each."""

    files: tuple[PartitionOrder, ...]
    sizes: tuple[int, ...]


class Together(Word):
    """What was read of each; None for what has to be read by itself."""

    parsed: tuple[Parsed | None, ...]


class Picture(Word):
    """A PNG as base64 text, because answers cross the process border as JSON."""

    png: str


def partition_document(document: Path, body: str) -> str:
    """Read one document and return ``Parsed`` as JSON."""
    return _partitioned(document, PartitionOrder.model_validate_json(body)).model_dump_json()


def partition_together(documents: Path, body: str) -> str:
    """Read small plain texts one after the other and return ``Together`` as JSON; none may write any file."""
    order = TogetherOrder.model_validate_json(body)
    with documents.open("rb") as joined:
        parsed = [_of_plain(joined.read(size), each) for each, size in zip(order.files, order.sizes, strict=True)]
    return Together(parsed=tuple(parsed)).model_dump_json()


def _of_plain(content: bytes, order: PartitionOrder) -> Parsed | None:
    """Read what our own Python reads from UTF-8; of all else, and of what fails, a child of its own tells."""
    try:
        content.decode()
        with anonymous_file() as copy:
            copy.write(content)
            copy.flush()
            document = Path(f"/proc/self/fd/{copy.fileno()}")
            plain = sniff(document, order.name).media_type in (PLAIN, MARKDOWN, CSV)
            return _partitioned(document, order) if plain else None
    except (GroundsightError, OSError, UnicodeDecodeError):
        return None


def _partitioned(document: Path, order: PartitionOrder) -> Parsed:
    found = sniff(document, order.name)
    check_size(document, found.media_type, order.name, order.limits)
    readable, media_type = _readable(document, found.media_type, order)
    if media_type in CONTAINERS:
        check_archive(readable, order.name, order.limits)
    with unseen_texts() as unseen:
        parsed = _partitioner(order)(readable, media_type, Path(order.scratch), order.limits)
    parsed = _with_unseen(parsed, unseen)
    _check_content(parsed, order)
    parsed = _in_parts(parsed, order)
    told: dict[str, object] = {"warnings": found.warnings + parsed.warnings}
    if readable != document:
        told["media_type"] = found.media_type
    return parsed.model_copy(update=told)


def page_picture(document: Path, body: str) -> str:
    """Render one page, or normalise one picture file, and return it as base64 PNG in JSON."""
    from groundsight.ingestion.readers.show import show_page

    order = PictureOrder.model_validate_json(body)
    found = sniff(document, order.name)
    check_size(document, found.media_type, order.name, order.limits)
    png = show_page(document, found.media_type, order)
    return Picture(png=base64.b64encode(png).decode()).model_dump_json()


def _readable(document: Path, media_type: str, order: PartitionOrder) -> tuple[Path, str]:
    """Return the document, or what was made of it, by LibreOffice or here, and the media type to read it as."""
    from groundsight.ingestion.readers.office.old_office import PRESENT, in_present_format

    if media_type in FLAT:
        from groundsight.ingestion.readers.box.flat_odf import unflattened

        return unflattened(document, media_type, Path(order.scratch))
    if media_type not in PRESENT:
        return document, media_type
    scratch, seconds = Path(order.scratch), order.limits.parse_seconds
    return in_present_format(document, media_type, order.name, scratch, order.soffice, seconds)


def _partitioner(order: PartitionOrder) -> Partitioner:
    match order.partitioner:
        case "builtin":
            from groundsight.ingestion.readers import BuiltinPartitioner

            return BuiltinPartitioner(order.render_dpi)
        case "unstructured":
            from groundsight.ingestion.readers.unstructured_reader import UnstructuredPartitioner

            return UnstructuredPartitioner(order.render_dpi)


def _with_unseen(parsed: Parsed, unseen: Iterable[str]) -> Parsed:
    """Put what the file does not show behind what it does; it is read now, so it is not left out."""
    found = tuple(Element(kind="text", text=text, mark="hidden") for text in map(clean, islice(unseen, _MOST_UNSEEN)))
    left = tuple(one for one in parsed.left_out if not (found and one.kind == UNSHOWN))
    return parsed.model_copy(update={"elements": (*parsed.elements, *found), "left_out": left})


def _in_parts(parsed: Parsed, order: PartitionOrder) -> Parsed:
    """Hand over a long document in parts, and say when a limit has cut it."""
    if parsed.rest is None:
        elements, rest = handed_over(parsed.elements, Path(order.scratch), order.limits.document_chars)
        parsed = parsed.model_copy(update={"elements": elements, "rest": rest})
    if parsed.rest and parsed.rest.is_cut:
        lost = LeftOut(kind="rest of the file", why=f"over limits.document_chars = {order.limits.document_chars}")
        parsed = parsed.model_copy(update={"left_out": (*parsed.left_out, lost)})
    return parsed


def _check_content(parsed: Parsed, order: PartitionOrder) -> None:
    chars = sum(map(chars_of, parsed.elements))
    pictures = sum(1 for element in parsed.elements if element.picture)
    if chars > order.limits.document_chars or len(parsed.elements) > _MOST_ELEMENTS:
        raise LimitExceeded(
            "the document holds too much text",
            which=order.name,
            limit=f"{order.limits.document_chars} characters",
            next_step="split the document or raise limits.document_chars",
            code="E_LIMIT_TEXT",
        )
    if chars == 0 and pictures == 0 and not parsed.sounds and not parsed.cues:
        reason = "; ".join((*parsed.warnings, *map(str, parsed.left_out))) or "it holds no text and no pictures"
        raise ParseFailed(f"nothing to read: {reason}", which=order.name, code="E_EMPTY")
