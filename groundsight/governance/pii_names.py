"""Names of files and folders as they may be stored, and the way back to the real ones by looking into folders.

``ann@example.com.pdf`` is stored as ``[EMAIL_4821937].pdf``. The number is a keyed hash of the value, so a name
keeps its stored form from run to run, and two people never share one. Nothing leads from the stored form to the
name but the folder itself: its entries are put into their stored form and compared.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path, PurePosixPath

from groundsight.governance.audit import read_or_make_key
from groundsight.governance.pii import PLACEHOLDER, Memory, find, redact
from groundsight.settings import PiiKind, Settings


class StoredNames:
    """Turns paths into what may be stored, and back. The key is made when a name first needs it."""

    def __init__(self, home: Path, kinds: tuple[PiiKind, ...]) -> None:
        self._home, self._kinds = home, kinds

    @classmethod
    def of(cls, settings: Settings) -> StoredNames:
        """Return the names of one home under its settings."""
        return cls(settings.home, settings.governance.redact)

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
        if not find(name, self._kinds, Memory()):
            return name
        memory = _Keyed(self._key())
        stem, ending = os.path.splitext(name)
        shown = redact(stem, self._kinds, memory).text + ending
        return shown if not find(shown, self._kinds, Memory()) else redact(name, self._kinds, memory).text

    def _key(self) -> bytes:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return read_or_make_key(self._home / "names.key")


class _Keyed(Memory):
    """Numbers a value by its keyed hash instead of its turn."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._key = key

    def placeholder(self, kind: PiiKind, value: str) -> str:
        """Return the placeholder of a value, the same one in every run with this key."""
        digest = hmac.new(self._key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return f"[{kind.upper()}_{int.from_bytes(digest[:8], 'big') % 10**7}]"
