"""Which files an ingest looks at: sorted, without hidden files and links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, NotFound, UnsupportedType
from groundsight.governance.sources import no_such_file, source_text

if TYPE_CHECKING:
    from groundsight.governance.roots import EntryKind, Roots


@dataclass(frozen=True)
class Found:
    """The source of a file, or what kept it from being read; ``named`` by the caller, not met in a folder."""

    source: str
    error: GroundsightError | None = None
    named: bool = False


def discover(names: Sequence[str | Path], roots: Roots, *, hidden: bool) -> tuple[list[Found], list[str]]:
    """Return the files in order and the sources of the folders, from sources or paths.

    What is not there, can't be listed or is no regular file is one ``Found`` with an error.
    """
    found: dict[str, Found] = {}
    folders: list[str] = []
    for name in names:
        for each in _named(name, roots, hidden, folders):
            found.setdefault(each.source, each)
    return list(found.values()), folders


def not_there(name: str) -> Found:
    """Say that what a caller named is absent, or not for it: nothing but the caller's own last word stands in it."""
    return Found(source_text(Path(name).name), no_such_file(), named=True)


def _named(name: str | Path, roots: Roots, hidden: bool, folders: list[str]) -> Iterator[Found]:
    try:
        source = roots.source_of(name.expanduser() if isinstance(name, Path) else name)
        is_file = roots.stat(source) is not None
    except NotFound:
        yield not_there(str(name))
        return
    if is_file:
        yield Found(source, named=True)
    else:
        yield from _walk(source, roots, hidden, folders)


def _walk(start: str, roots: Roots, hidden: bool, folders: list[str]) -> Iterator[Found]:
    """Yield the files of a folder before those of the folders in it; links lead nowhere, so there are no loops."""
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        folders += [folder] if folder == start or "/" not in folder else []
        try:
            listed = [each for each in roots.listing(folder) if hidden or not _is_hidden(each[0])]
        except NotFound as error:
            yield Found(folder, error)
            continue
        yield from (_found(source, kind) for source, kind in listed if kind in ("file", "other"))
        waiting += [source for source, kind in reversed(listed) if kind == "folder"]


def _found(source: str, kind: EntryKind) -> Found:
    odd = UnsupportedType("this is no regular file", which=source, next_step="move it out of the folder")
    return Found(source, odd if kind == "other" else None)


def _is_hidden(source: str) -> bool:
    return source.rpartition("/")[2].startswith(".")
