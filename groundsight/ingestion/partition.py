"""One frozen file in, elements out, read by a confined child."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path, PurePath

from pydantic import ValidationError

from groundsight.errors import Internal
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.jobs import PartitionOrder
from groundsight.ingestion.outcome import Confines
from groundsight.ingestion.sandbox import Sandbox
from groundsight.settings import Settings
from groundsight.tracing import Watch

# What a reader imports on use and takes longest (CPU ms): pdfplumber 45, lxml.html 25.
_LIBRARIES = {
    ".pdf": ("pypdfium2", "pdfplumber", "groundsight.ingestion.readers.pdf.pdf_file"),
    **dict.fromkeys((".html", ".htm", ".eml"), ("lxml.html",)),
    ".md": ("markdown_it",),
    **dict.fromkeys((".wav", ".mp3", ".flac", ".ogg", ".m4a", ".mp4", ".webm", ".mov", ".mkv"), ("av",)),
}
_PICTURE_NAME = re.compile(r"[\w-]{1,80}\.png\Z", re.ASCII)
_INSIDE_NAME = re.compile(r"[\w-]{1,80}\Z", re.ASCII)


def partition(
    document: Frozen, settings: Settings, scratch: Path, watch: Watch, sandbox: Sandbox | None = None
) -> Parsed:
    """Read a document in a confined child; pictures are left as PNG files in ``scratch``.

    Pass a ``Sandbox`` when several files are read: without one each call starts its own (about 0.3 s).

    Raises:
        UnsupportedType, LimitExceeded, ParseFailed, Disabled: the file can't be read as it is.
        TimedOut, OutOfResources, Cancelled: reading was ended.
    """
    order = order_of(document, settings, str(scratch.resolve()))
    job = "groundsight.ingestion.jobs:partition_document"
    answer = run_on(document, job, order.model_dump_json(), settings, watch, sandbox, order.scratch)
    return _checked(answer, scratch, document.name)


def order_of(document: Frozen, settings: Settings, scratch: str) -> PartitionOrder:
    """Return what the child is told of a document."""
    return PartitionOrder(
        name=document.name,
        scratch=scratch,
        partitioner=settings.ingestion.partitioner,
        limits=settings.limits,
        render_dpi=settings.ingestion.render_dpi,
        soffice=settings.ingestion.soffice,
    )


def run_on(
    document: Frozen, job: str, body: str, settings: Settings, watch: Watch, sandbox: Sandbox | None, scratch: str = ""
) -> str:
    """Run a job of the child on a document; it may write only under ``scratch``."""
    handle, which = document.copy.fileno(), document.name
    confines = Confines.of(settings.limits, which)
    with nullcontext(sandbox) if sandbox else Sandbox() as cell:
        os.lseek(handle, 0, os.SEEK_SET)
        return cell.run(
            job, body, document=handle, confines=confines, watch=watch, which=which, scratch=scratch,
            libraries=_LIBRARIES.get(PurePath(which).suffix.lower(), ()),
            program=_home_of(settings.ingestion.soffice),
        )  # fmt: skip


def _home_of(program: str) -> str:
    """Return the folder that LibreOffice needs to be read, empty where it is not installed."""
    found = shutil.which(program) if program else None
    folder = Path(found).resolve().parent if found else None
    return str(folder.parent if folder and folder.name == "program" else folder or "")


def _checked(answer: str, scratch: Path, name: str) -> Parsed:
    """Trust nothing that the child says: the shape is validated, and what it wrote must lie in scratch."""
    try:
        parsed = Parsed.model_validate_json(answer)
    except ValidationError as error:
        raise Internal("the reader's answer has the wrong shape", which=name) from error
    for element in parsed.elements:
        _check_picture(element, scratch, name)
    held = (*parsed.inside, *parsed.sounds, *([parsed.rest] if parsed.rest else []))
    if not all(_is_ours(each.file, _INSIDE_NAME, scratch) for each in held):
        raise Internal("the reader's answer names a file that is not there", which=name)
    return parsed


def rest_of(parsed: Parsed, scratch: Path, name: str) -> Iterator[Element]:
    """Yield the elements that the child has written apart, as little trusted as its answer.

    Raises:
        Internal: a line is no element, or names a picture that is not there.
    """
    if parsed.rest is None:
        return
    with (scratch / parsed.rest.file).open("rb") as lines:
        for line in lines:
            try:
                element = Element.model_validate_json(line)
            except ValidationError as error:
                raise Internal("the reader's answer has the wrong shape", which=name) from error
            _check_picture(element, scratch, name)
            yield element


def _check_picture(element: Element, scratch: Path, name: str) -> None:
    if element.picture is not None and not _is_ours(element.picture, _PICTURE_NAME, scratch):
        raise Internal("the reader's answer names a picture that is not there", which=name)


def _is_ours(name: str, written: re.Pattern[str], scratch: Path) -> bool:
    place = scratch / name
    return bool(written.match(name)) and place.is_file() and not place.is_symlink()
