"""A file that a person asked for by name: its ending says what it is, so that no document is written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.atomic import write_whole
from groundsight.errors import InvalidArgument, StorageFailed

if TYPE_CHECKING:
    from pathlib import Path


def named_so(file: Path, ending: str) -> Path:
    """Return where a file is to be written, before the work for it begins.

    Raises:
        InvalidArgument: another ending, a folder, or a folder above it that is not there.
    """
    place = file.expanduser().absolute()
    if place.suffix.lower() != ending:
        raise InvalidArgument(f"the name of the file has to end in {ending}", which=str(file), next_step="rename it")
    if place.is_dir() or not place.parent.is_dir():
        raise InvalidArgument("no file can be written there", which=str(file), next_step="name a file in a folder")
    return place


def write_own(file: Path, content: bytes | str) -> None:
    """Write it whole, for its owner alone; StorageFailed where the disk refuses."""
    try:
        write_whole(file, content)
    except OSError as error:
        raise StorageFailed(
            f"the file can't be written: {error.strerror}", which=str(file), next_step="name another place"
        ) from error
