"""What of a folder is read: no hidden entries, no links, nothing that its .gitignore names, no packages and caches."""

from __future__ import annotations

import os
import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.errors import NotFound
from groundsight.governance.rights_file import is_rights_file
from groundsight.language.stems import lexicon_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pathspec import GitIgnoreSpec

    from groundsight.governance.roots import EntryKind, Roots
    from groundsight.settings import Settings

IGNORE = ".gitignore"
# A hostile .gitignore must not cost the run. Each star of a pattern multiplies the steps of a mismatch by the length
# of the name: of 255 letters two stars cost 7 ms, three 235 ms. The templates of github/gitignore have at most two
# between slashes. 10,000 names against 30 usual lines take 0.2 s.
MOST_BYTES, MOST_LINES, MOST_SECONDS = 65_536, 500, 5.0
_TOO_MANY_STARS = re.compile(r"(?:[^/*]*\*+[^/*]+\*+[^/*]+\*)|(?:\*\*.*){3}")


class Rules:
    """Tells of the entries of a folder which are left out, and why; what it has read of a folder it keeps."""

    def __init__(self, roots: Roots, settings: Settings) -> None:
        self._roots, self._chosen, self._hidden = roots, settings.folders, settings.ingestion.hidden_files
        self._specs: dict[str, GitIgnoreSpec | None] = {}
        self._seconds = 0.0

    def why(self, source: str, kind: EntryKind) -> str:
        """Return why an entry of a folder that is read is left out, empty when it is taken."""
        name = source.rpartition("/")[2]
        if is_rights_file(source):
            return "it states the rights of its folder"
        if name.startswith(".") and not self._hidden:
            return f"hidden {'folder' if kind == 'folder' else 'file'}"
        if kind == "link":
            return "a link"
        junk = self._junk(source, name, kind) if self._chosen.skip_junk else ""
        return junk or (f"named by a {IGNORE}" if self._chosen.gitignore and self._ignored(source, kind) else "")

    def why_on_the_way(self, source: str, kind: EntryKind) -> str:
        """Return why an entry, or the first folder on the way to it, is left out; nothing is said of its root."""
        parts = source.split("/")
        for depth in range(2, len(parts) + 1):
            here: EntryKind = kind if depth == len(parts) else "folder"
            if why := self.why("/".join(parts[:depth]), here):
                return why
        return ""

    def _junk(self, source: str, name: str, kind: EntryKind) -> str:
        shown = f"{name}/" if kind == "folder" else name
        for spec, why in _named():
            if spec.match_file(shown):
                return why
        return next((why for held, why in _holding() if kind == "folder" and self._holds(source, held)), "")

    def _holds(self, source: str, held: str) -> bool:
        try:
            return self._roots.stat(f"{source}/{held}") is not None
        except NotFound:
            return False

    def _ignored(self, source: str, kind: EntryKind) -> bool:
        """As git does: the innermost file that says something of an entry decides."""
        parts, start = source.split("/"), time.thread_time()
        said: bool | None = None
        for depth in range(len(parts) - 1, 0, -1):
            spec = self._spec("/".join(parts[:depth]))
            below = "/".join(parts[depth:]) + ("/" if kind == "folder" else "")
            if said is None and spec is not None and self._seconds < MOST_SECONDS:
                said = spec.check_file(below).include
        self._seconds += time.thread_time() - start
        return bool(said)

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            self._specs[folder] = _compiled(self._lines(folder))
        return self._specs[folder]

    def _lines(self, folder: str) -> list[str]:
        try:
            descriptor = self._roots.open_inside(f"{folder}/{IGNORE}")
        except NotFound:
            return []
        try:
            text = os.read(descriptor, MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return []
        finally:
            os.close(descriptor)
        return [line for line in text.splitlines()[:MOST_LINES] if not _TOO_MANY_STARS.search(line)]


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, str, str], ...]:
    rows = (line.split("\t") for line in lexicon_lines("left_out.tsv"))
    return tuple((how, pattern, why) for how, pattern, why in rows)


@lru_cache(maxsize=1)
def _named() -> tuple[tuple[GitIgnoreSpec, str], ...]:
    found: dict[str, list[str]] = {}
    for how, pattern, why in _table():
        if how == "name":
            found.setdefault(why, []).append(pattern)
    compiled = ((_compiled(patterns), why) for why, patterns in found.items())
    return tuple((spec, why) for spec, why in compiled if spec is not None)


@lru_cache(maxsize=1)
def _holding() -> tuple[tuple[str, str], ...]:
    return tuple((pattern, why) for how, pattern, why in _table() if how == "holds")


def _compiled(lines: Sequence[str]) -> GitIgnoreSpec | None:
    """A line that is no pattern costs itself."""
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    good: list[str] = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except GitIgnorePatternError:
            continue
        good.append(line)
    return GitIgnoreSpec.from_lines(good) if good else None
