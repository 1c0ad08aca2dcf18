"""One file in, elements out: opened once, frozen, and read by a confined child."""

from __future__ import annotations

import os
import re
import stat
from contextlib import nullcontext
from pathlib import Path

from pydantic import ValidationError

from groundsight.errors import Internal, NotFound
from groundsight.ingestion import Parsed
from groundsight.ingestion.jobs import PartitionOrder
from groundsight.ingestion.sandbox import Confines, Sandbox, snapshot
from groundsight.settings import Settings
from groundsight.tracing import Watch

_PICTURE_NAME = re.compile(r"[\w-]{1,80}\.png\Z", re.ASCII)
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW


def partition(path: Path, settings: Settings, scratch: Path, watch: Watch, sandbox: Sandbox | None = None) -> Parsed:
    """Read a file in a confined child; pictures are left as PNG files in ``scratch``.

    Pass a ``Sandbox`` when several files are read: without one each call starts its own (about 0.3 s).

    Raises:
        NotFound, UnsupportedType, LimitExceeded, ParseFailed, Disabled: the file can't be read as it is.
        TimedOut, OutOfResources, Cancelled: reading was ended.
    """
    limits = settings.limits
    order = PartitionOrder(
        name=plain_name(path),
        scratch=str(scratch.resolve()),
        partitioner=settings.ingestion.partitioner,
        limits=limits,
        render_dpi=settings.ingestion.render_dpi,
    )
    job = "groundsight.ingestion.jobs:partition_document"
    answer = run_on(path, job, order.model_dump_json(), settings, watch, sandbox, order.scratch)
    return _checked(answer, scratch, plain_name(path))


def run_on(
    path: Path, job: str, body: str, settings: Settings, watch: Watch, sandbox: Sandbox | None, scratch: str = ""
) -> str:
    """Run a job of the child on a frozen copy of a file; it may write only under ``scratch``."""
    descriptor = _open_file(path)
    try:
        copy = snapshot(descriptor, settings.limits.file_bytes, plain_name(path))
    finally:
        os.close(descriptor)
    with copy as document, nullcontext(sandbox) if sandbox else Sandbox() as cell:
        confines = Confines.of(settings.limits)
        which = plain_name(path)
        return cell.run(
            job, body, document=document.fileno(), confines=confines, watch=watch, which=which, scratch=scratch
        )


def plain_name(path: Path) -> str:
    """Return a file's name as valid text; bytes that are no UTF-8 become question marks."""
    return path.name.encode(errors="replace").decode()


def _open_file(path: Path) -> int:
    """Open a regular file; links, pipes and devices read like absent ones."""
    try:
        descriptor = os.open(path, _OPEN)
    except (OSError, ValueError) as error:
        raise NotFound("no such file", which=plain_name(path)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFound("no such file", which=plain_name(path))
    return descriptor


def _checked(answer: str, scratch: Path, name: str) -> Parsed:
    """Trust nothing that the child says: the shape is validated and every picture must lie in scratch."""
    try:
        parsed = Parsed.model_validate_json(answer)
    except ValidationError as error:
        raise Internal("the reader's answer has the wrong shape", which=name) from error
    for element in parsed.elements:
        if element.picture is not None and not _is_ours(element.picture, scratch):
            raise Internal("the reader's answer names a picture that is not there", which=name)
    return parsed


def _is_ours(picture: str, scratch: Path) -> bool:
    place = scratch / picture
    return bool(_PICTURE_NAME.match(picture)) and place.is_file() and not place.is_symlink()
