"""Which files an ingest looks at: sorted, without hidden files, links and loops."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, LimitExceeded, NotFound

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots

_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Found:
    """A file and its source, or what kept a path from being read."""

    path: Path
    source: str
    error: GroundsightError | None = None


def discover(paths: Sequence[Path], roots: Roots, *, hidden: bool) -> tuple[list[Found], list[str]]:
    """Return the files in order and the sources of the folders; named folders outside of all roots become roots.

    A path that is not there and a folder that can't be listed are each one ``Found`` with an error.
    """
    found: dict[str, Found] = {}
    folders: list[str] = []
    for path in paths:
        place = path.expanduser().resolve()
        if place.is_dir():
            folders.append(_source_of_folder(place, roots))
            listed = _walk(place, roots, hidden)
        else:
            listed = iter((_file(place, roots),))
        for each in listed:
            found.setdefault(each.source, each)
    return list(found.values()), folders


def content_hash(path: Path, most: int) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file.

    Raises:
        LimitExceeded: more than ``most`` bytes. NotFound: the file can't be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                digest.update(block)
                size += len(block)
                _check_size(size, path, most)
    except OSError as error:
        raise NotFound("the file can't be read", which=path.name, next_step="check its permissions") from error
    return digest.hexdigest(), size


def _source_of_folder(place: Path, roots: Roots) -> str:
    """A folder inside a root keeps that root's name, so that its files are not stored twice."""
    try:
        return roots.source_of(place)
    except NotFound:
        roots.add(place)
        return roots.source_of(place)


def _file(place: Path, roots: Roots) -> Found:
    if not place.is_file():
        return Found(
            place, place.name, NotFound("no such file or folder", which=place.name, next_step="check the path")
        )
    try:
        return Found(place, roots.source_of(place))
    except NotFound:
        roots.add(place.parent)
        return Found(place, roots.source_of(place))


def _walk(folder: Path, roots: Roots, hidden: bool) -> Iterator[Found]:
    refused: list[OSError] = []
    for here, inside, names in os.walk(folder, onerror=refused.append, followlinks=False):
        inside[:] = sorted(name for name in inside if hidden or not name.startswith("."))
        for name in sorted(names):
            path = Path(here, name)
            if (hidden or not name.startswith(".")) and path.is_file() and not path.is_symlink():
                yield Found(path, roots.source_of(path))
    for error in refused:
        name = Path(str(error.filename)).name
        problem = NotFound("the folder can't be listed", which=name, next_step="check its permissions")
        yield Found(Path(str(error.filename)), roots.source_of(Path(str(error.filename))), problem)


def _check_size(size: int, path: Path, most: int) -> None:
    if size <= most:
        return
    raise LimitExceeded(
        "the file is too big",
        which=path.name,
        limit=f"limits.file_bytes = {most}",
        next_step="raise the limit or split the file",
        code="E_LIMIT_BYTES",
    )
