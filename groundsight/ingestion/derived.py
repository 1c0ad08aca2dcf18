"""What models made from content, kept by content, model and redaction profile, so that no work is done twice."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path, PurePosixPath

from groundsight.atomic import write_whole
from groundsight.errors import StorageFailed
from groundsight.governance.redaction import profile_of
from groundsight.settings import Settings

LAYOUT, SHARED = "owned-1", "shared"


class Derived:
    """Small files under ``<home>/derived/<profile>``, one per source, lane, model and content; writes are atomic.

    ``profile`` names what is redacted and how (``redaction.profile_of``): another one never reads these files.

    Every file belongs to a source, so that it goes with it: a source's folder lies where the hashes of its path's
    parts lead, below that of its folder. Work is shared through second names of the same files, by content alone; a
    source that is forgotten takes those away, and the other sources keep theirs.

    Each file begins with the SHA-256 of its key and the rest; a damaged, swapped or missing file only means that the
    work is done again.
    """

    def __init__(self, folder: Path, profile: str) -> None:
        self._folder = folder / hashlib.sha256(f"{LAYOUT}\0{profile}".encode()).hexdigest()[:16]
        self._calls = Counter[str]()
        self._owner, self._used = self._place("", ""), set[Path]()

    def of(self, tenant: str, source: str) -> Derived:
        """Return the files of one source: what is read or written there belongs to it."""
        mine = copy(self)
        mine._owner, mine._used = self._place(tenant, source), set[Path]()
        return mine

    @property
    def model_calls(self) -> int:
        """How many items of all sources went through a model."""
        return self._calls.total()

    def called(self, lane: str, items: int) -> None:
        """Count items that went through a model."""
        self._calls[lane] += items

    def forget_other_profiles(self) -> None:
        """Remove what was made under other rules of redaction, which may hold what these rules would remove.

        What an earlier version made goes as well: it belongs to no source, so nobody could forget it.
        """
        with _storage_errors("derived"):
            for other in self._folder.parent.iterdir() if self._folder.parent.is_dir() else ():
                if other != self._folder and other.is_dir():
                    shutil.rmtree(other)

    def made(self, lane: str, model: str, content: str, make: Callable[[], bytes]) -> bytes:
        """Return what is kept for this content and model, or make it and keep it."""
        kept = self.read(lane, model, content)
        if kept is not None:
            return kept
        self.called(lane, 1)
        fresh = make()
        self.write(lane, model, content, fresh)
        return fresh

    def read(self, lane: str, model: str, content: str) -> bytes | None:
        """Return what is kept, None when there is nothing sound; what another source had made is ours as well then."""
        key = _key(lane, model, content)
        own, shared = self._owner / lane / key, self._shared(key)
        for path in (own, shared):
            data = _sound(path, key)
            if data is not None:
                if path == shared:
                    self._keep(own, key, data)
                self._used.add(own)
                return data
        return None

    def write(self, lane: str, model: str, content: str, data: bytes) -> None:
        """Keep a result; a reader sees the whole of it or nothing.

        Raises:
            StorageFailed: the disk refused.
        """
        key = _key(lane, model, content)
        own = self._owner / lane / key
        self._keep(own, key, data)
        self._used.add(own)

    def keep_only_used(self) -> None:
        """Remove what belongs to this source from an earlier state of its content."""
        with _storage_errors("derived"):
            for file in [*self._owner.glob("*/*")]:
                if file.is_file() and file not in self._used:
                    self._remove(file)

    def forget(self, tenant: str, source: str) -> None:
        """Remove all that belongs to a source, or to the sources in a folder.

        Raises:
            StorageFailed: the disk refused.
        """
        place = self._place(tenant, source)
        with _storage_errors("derived"):
            for file in [each for each in place.rglob("*") if each.is_file()]:
                self._remove(file)
            if place.is_dir():
                shutil.rmtree(place)

    def holds(self, tenant: str, source: str) -> bool:
        """True when something belongs to a source, or to a source in a folder."""
        return any(each.is_file() for each in self._place(tenant, source).rglob("*"))

    def _keep(self, own: Path, key: str, data: bytes) -> None:
        shared = self._shared(key)
        with _storage_errors(own.parent.name):
            own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(own, _digest(key, data) + data, durable=False)
            shared.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A file system without second names costs the sharing only.
        with suppress(OSError):
            shared.unlink(missing_ok=True)
            os.link(own, shared)

    def _remove(self, file: Path) -> None:
        """The shared name goes first: a kill in between leaves the owner's, which the next try finds."""
        self._shared(file.name).unlink(missing_ok=True)
        file.unlink(missing_ok=True)

    def _shared(self, key: str) -> Path:
        return self._folder / SHARED / key[:2] / key

    def _place(self, tenant: str, source: str) -> Path:
        place = self._folder / _hashed(f"tenant\0{tenant}")
        parts = PurePosixPath(source).parts
        for number in range(1, len(parts) + 1):
            place /= _hashed("\0".join((tenant, *parts[:number])))
        return place


def derived_of(settings: Settings) -> Derived:
    """Return what was made under the present rules of redaction."""
    return Derived(settings.home / "derived", profile_of(settings))


def _key(lane: str, model: str, content: str) -> str:
    """Return the name of a result: everything that it depends on is in here."""
    return hashlib.sha256("\0".join((lane, model, content)).encode("utf-8", "surrogatepass")).hexdigest()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _digest(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + data).digest()


def _sound(path: Path, key: str) -> bytes | None:
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    return stored[32:] if _digest(key, stored[32:]) == stored[:32] else None


@contextmanager
def _storage_errors(lane: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed("derived data can't be written", which=lane, next_step="free some disk space") from error
