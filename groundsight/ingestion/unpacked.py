"""What a zip container unpacks to, counted without trusting its directory."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePath

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.limits import MIB, Limits


def check_archive(path: Path, name: str, limits: Limits) -> None:
    """Count what an office file or book unpacks to, without trusting its directory, and stop at the limits."""
    packed, counted = max(path.stat().st_size, 1), 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, name, limits)
            for member in members:
                counted = _count(archive, member, counted, packed, name, limits)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise ParseFailed("malformed: a damaged container", which=name, next_step="open and save it anew") from error


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(members) > limits.archive_members:
        raise LimitExceeded(
            "too many parts in one file", which=name, limit=f"{limits.archive_members}", code="E_LIMIT_ARCHIVE"
        )
    if any(member.flag_bits & 1 for member in members):
        raise ParseFailed("encrypted", which=name, next_step="save it without a password")
    if any(member.filename.startswith("/") or ".." in PurePath(member.filename).parts for member in members):
        raise ParseFailed("malformed: a container with unsafe part names", which=name)


def _count(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, counted: int, packed: int, name: str, limits: Limits
) -> int:
    with archive.open(member) as part:
        while piece := part.read(MIB):
            counted += len(piece)
            if counted > limits.archive_bytes or (counted > MIB and counted / packed > limits.archive_ratio):
                raise LimitExceeded(
                    "a file that unpacks to far more than it is",
                    which=name,
                    limit=f"{limits.archive_bytes} bytes, ratio {limits.archive_ratio}",
                    code="E_LIMIT_ARCHIVE",
                )
    return counted
