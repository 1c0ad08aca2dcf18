"""Which files an ingest looks at: sorted, without what the rules of folders leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, NotFound, UnsupportedType
from groundsight.governance.rights_file import is_rights_file
from groundsight.governance.sources import no_such_file, source_text
from groundsight.ingestion import Skipped

if TYPE_CHECKING:
    from groundsight.governance.roots import EntryKind, Roots
    from groundsight.ingestion.folder.rules import Rules


@dataclass(frozen=True)
class Found:
    """The source of a file, or what kept it from being read; ``named`` by the caller, not met in a folder."""

    source: str
    error: GroundsightError | None = None
    named: bool = False


class Discovery:
    """The files to read in order, the sources of the folders that were named, and what of them is left out."""

    def __init__(self, roots: Roots, rules: Rules) -> None:
        self._roots, self._rules = roots, rules
        self.files: list[Found] = []
        self.folders: list[str] = []
        self._left: dict[tuple[str, str], list[str]] = {}

    def of(self, names: Sequence[str | Path]) -> Discovery:
        """Look the sources or paths up; what is not there, can't be listed or is no regular file is one ``Found``
        with an error, and what is named by itself is left out by no rule.
        """
        found: dict[str, Found] = {}
        for name in names:
            for each in self._named(name):
                found.setdefault(each.source, each)
        self.files = list(found.values())
        return self

    @property
    def left_out(self) -> tuple[Skipped, ...]:
        """What is left out by rule, a line for each folder and rule."""
        return tuple(
            Skipped(folder=folder, why=why, count=len(entries), example=entries[0])
            for (folder, why), entries in self._left.items()
        )

    def _named(self, name: str | Path) -> Iterator[Found]:
        try:
            source = self._roots.source_of(name.expanduser() if isinstance(name, Path) else name)
            is_file = self._roots.stat(source) is not None
        except NotFound:
            yield not_there(str(name))
            return
        if is_file:
            yield Found(source, _stating(source) if is_rights_file(source) else None, named=True)
        else:
            yield from self._walk(source)

    def _walk(self, start: str) -> Iterator[Found]:
        """Yield the files of a folder before those of the folders in it; links lead nowhere, so there are no loops."""
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            self.folders += [folder] if folder == start or "/" not in folder else []
            try:
                listed = [each for each in self._roots.listing(folder) if self._taken(folder, *each)]
            except NotFound as error:
                yield Found(folder, error)
                continue
            yield from (_found(source, kind) for source, kind in listed if kind in ("file", "other"))
            waiting += [source for source, kind in reversed(listed) if kind == "folder"]

    def _taken(self, folder: str, source: str, kind: EntryKind) -> bool:
        why = self._rules.why(source, kind)
        if why:
            self._left.setdefault((folder, why), []).append(source)
        return not why


def not_there(name: str) -> Found:
    """Say that what a caller named is absent, or not for it: nothing but the caller's own last word stands in it."""
    return Found(source_text(Path(name).name), no_such_file(), named=True)


def _stating(source: str) -> UnsupportedType:
    step = "ingest its folder, and it holds for what lies there"
    return UnsupportedType("this file states rights and is no document", which=source, next_step=step)


def _found(source: str, kind: EntryKind) -> Found:
    odd = UnsupportedType("this is no regular file", which=source, next_step="move it out of the folder")
    return Found(source, odd if kind == "other" else None)
