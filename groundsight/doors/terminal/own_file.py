"""A file that a person asked for by name: its ending says what it is, so that no document is written over."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
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


def named_outside(file: Path, ending: str, home: Path) -> Path:
    """As ``named_so``; folders above it are made, and what lies in the home is never written over.

    Raises:
        InvalidArgument: as ``named_so``, or it lies in the home. StorageFailed: a folder can't be made.
    """
    place = file.expanduser().absolute()
    if (place.parent.resolve() / place.name).is_relative_to(home.resolve()):
        raise InvalidArgument("the home holds no files of yours", which=str(file), next_step="name another place")
    if place.suffix.lower() == ending:
        with _refused_by_disk(file):
            place.parent.mkdir(parents=True, exist_ok=True)
    return named_so(place, ending)


def write_own(file: Path, content: bytes | str) -> None:
    """Write it whole, for its owner alone; StorageFailed where the disk refuses."""
    with _refused_by_disk(file):
        write_whole(file, content)


@contextmanager
def _refused_by_disk(file: Path) -> Generator[None]:
    """Raise StorageFailed by the name of the file for what the system refuses."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"the file can't be written: {error.strerror}", which=str(file), next_step="name another place"
        ) from error
