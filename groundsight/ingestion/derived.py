"""What models made from content, kept by content, model and redaction profile, so that no work is done twice."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from groundsight.errors import StorageFailed


class Derived:
    """Small files under ``<home>/derived/<profile>``, one per lane, model and content; writes are atomic.

    ``profile`` names what is redacted and how (``redaction.profile_of``): another one never reads these files.

    Each file begins with the SHA-256 of the rest; a damaged or missing file only means that the
    work is done again. ``model_calls`` counts how many items went through a model.
    """

    def __init__(self, folder: Path, profile: str) -> None:
        self._folder = folder / hashlib.sha256(profile.encode()).hexdigest()[:16]
        self.model_calls = 0

    def forget_other_profiles(self) -> None:
        """Remove what was made under other rules of redaction: it may hold what these rules would remove."""
        others = self._folder.parent.iterdir() if self._folder.parent.is_dir() else ()
        for other in others:
            if other != self._folder and other.is_dir():
                shutil.rmtree(other, ignore_errors=True)

    def made(self, lane: str, model: str, content: str, make: Callable[[], bytes]) -> bytes:
        """Return what is kept for this content and model, or make it and keep it."""
        kept = self.read(lane, model, content)
        if kept is not None:
            return kept
        self.model_calls += 1
        fresh = make()
        self.write(lane, model, content, fresh)
        return fresh

    def read(self, lane: str, model: str, content: str) -> bytes | None:
        """Return what is kept, None when there is nothing sound."""
        try:
            stored = self._path(lane, model, content).read_bytes()
        except OSError:
            return None
        return stored[32:] if hashlib.sha256(stored[32:]).digest() == stored[:32] else None

    def write(self, lane: str, model: str, content: str, data: bytes) -> None:
        """Keep a result; a reader sees the whole of it or nothing.

        Raises:
            StorageFailed: the disk refused.
        """
        path = self._path(lane, model, content)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            os.replace(name, path)
        except OSError as error:
            raise StorageFailed(
                "derived data can't be written", which=lane, next_step="free some disk space"
            ) from error

    def _path(self, lane: str, model: str, content: str) -> Path:
        named = hashlib.sha256(f"{model}\0{content}".encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / lane / named[:2] / named
