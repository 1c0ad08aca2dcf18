"""Names of files and folders as they may be stored, and the way back to the real ones by looking into folders.

``ann@example.com.pdf`` is stored as ``[EMAIL_4821937].pdf``. The number is a keyed hash of the value, so a name
keeps its stored form from run to run, and two people never share one. Nothing leads from the stored form to the
name but the folder itself: its entries are put into their stored form and compared.

Where persons are hidden, every word that is no ordinary one is: no model tells a name in ``keller_lease.pdf``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path, PurePosixPath

from groundsight.governance.pii import PLACEHOLDER, Memory, find, keyed, redact
from groundsight.governance.pii_entities import asks_for_names
from groundsight.governance.pseudonyms import home_key
from groundsight.settings import PiiKind, Settings

_WORD = re.compile(r"[^\W\d_][a-zß-öø-ÿ]+|[^\W\d_]+")
# CV, IMG and v2 are words of file names; names of two letters are seldom.
_SHORTEST_NAME = 3


class StoredNames:
    """Turns paths into what may be stored, and back. The key is made when a name first needs it.

    ``is_word`` knows the ordinary words of a file name, which stay where persons are hidden.
    """

    def __init__(self, home: Path, kinds: tuple[PiiKind, ...], is_word: Callable[[str], bool] | None = None) -> None:
        self._home, self._kinds = home, kinds
        self._is_word = is_word if asks_for_names(kinds) else None

    @classmethod
    def of(cls, settings: Settings, is_word: Callable[[str], bool] | None = None) -> StoredNames:
        """Return the names of one home under its settings."""
        return cls(settings.home, settings.governance.redact, is_word)

    def stored(self, path: str) -> str:
        """Return a path or a name with placeholders in the place of personal data, part by part."""
        return "/".join(self._part(part) for part in path.split("/"))

    def real(self, base: Path, stored: str) -> str:
        """Return the path below ``base`` whose stored form this is; what is not there stays as it is."""
        place = PurePosixPath()
        for part in PurePosixPath(stored).parts:
            place /= self._child(base / place, part) if PLACEHOLDER.search(part) else part
        return str(place)

    def _child(self, folder: Path, part: str) -> str:
        if (folder / part).exists():
            return part
        try:
            return next((name for name in sorted(os.listdir(folder)) if self._part(name) == part), part)
        except OSError:
            return part

    def _part(self, name: str) -> str:
        """Redact before the file ending where that is enough, so that the ending stays."""
        if find(name, self._kinds, Memory()):
            memory = _Numbered(home_key(self._home))
            stem, ending = os.path.splitext(name)
            shown = redact(stem, self._kinds, memory).text + ending
            name = shown if not find(shown, self._kinds, Memory()) else redact(name, self._kinds, memory).text
        return self._without_names(name) if self._is_word else name

    def _without_names(self, name: str) -> str:
        stem, ending = os.path.splitext(name)
        ends = [0, *(place for found in PLACEHOLDER.finditer(stem) for place in found.span()), len(stem)]
        parts = [stem[start:end] for start, end in pairwise(ends)]
        return "".join(_WORD.sub(self._hidden, part) if at % 2 == 0 else part for at, part in enumerate(parts)) + ending

    def _hidden(self, found: re.Match[str]) -> str:
        word = found.group()
        if len(word) < _SHORTEST_NAME or self._is_word is None or self._is_word(word.casefold()):
            return word
        return f"[NAME_{_number(home_key(self._home), 'name', word.casefold())}]"


class _Numbered(Memory):
    """Numbers a value by its keyed hash instead of its turn."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._numbers_key = key

    def placeholder(self, kind: PiiKind, value: str) -> str:
        """Return the placeholder of a value, the same one in every run with this key."""
        return f"[{kind.upper()}_{_number(self._numbers_key, kind, value)}]"


def _number(key: bytes, kind: str, value: str) -> int:
    return int.from_bytes(keyed(key, kind, value)[:8], "big") % 10**7
