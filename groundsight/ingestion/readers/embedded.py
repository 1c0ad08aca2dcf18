"""Pictures inside office files: each kept once as a PNG in the scratch folder, small ornaments left out."""

from __future__ import annotations

import hashlib
from pathlib import Path

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion.readers.raster import FORMATS, open_raster, save_png, upright
from groundsight.settings import Limits

_SMALLEST_SIDE = 64
_MOST_PICTURES = 300


class PictureBox:
    """Writes embedded pictures; the same bytes are written once, what can't be read is counted."""

    def __init__(self, scratch: Path, limits: Limits | None = None) -> None:
        self._scratch, self._limits = scratch, limits or Limits()
        self._names: dict[str, str | None] = {}
        self._unread = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Say how many pictures could not be read."""
        return (f"{self._unread} embedded pictures were not read",) if self._unread else ()

    def keep(self, data: bytes) -> str | None:
        """Write a picture and return its name; None for ornaments and for what can't be read."""
        key = hashlib.sha256(data).hexdigest()
        if key not in self._names:
            self._names[key] = self._write(data)
        return self._names[key]

    def _write(self, data: bytes) -> str | None:
        if len(self._names) >= _MOST_PICTURES:
            self._unread += 1
            return None
        try:
            with open_raster(data, FORMATS, self._limits) as image:
                if min(image.size) < _SMALLEST_SIDE:
                    return None
                return save_png(upright(image), self._scratch, f"figure-{len(self._names) + 1}")
        except (ParseFailed, LimitExceeded):
            self._unread += 1
            return None
