"""Files inside files: what a reader takes out of a container, kept as files of the scratch folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from groundsight.ingestion import Inside
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.limits import Limits


class InsideBox:
    """Keeps files that lie in a file, up to the limits; what does not fit, or was refused, stands in the ledger.

    ``kind`` names one of them there ("attachment").
    """

    def __init__(self, scratch: Path, limits: Limits, kind: str, ledger: Ledger | None = None) -> None:
        self._scratch, self._limits, self._kind = scratch, limits, kind
        self.ledger = ledger or Ledger()
        self._found: list[Inside] = []
        self._bytes = 0

    @property
    def inside(self) -> tuple[Inside, ...]:
        """What was kept, in the order in which it came."""
        return tuple(self._found)

    def keep(self, name: str, pieces: bytes | Iterable[bytes]) -> None:
        """Write one file under a name of ours; its own may be anything. ``pieces`` are read only up to the limit."""
        if len(self._found) >= self._limits.inside_files:
            self.refuse(f"more than limits.inside_files = {self._limits.inside_files}")
            return
        file = f"inside-{len(self._found) + 1:05d}"
        if not self._written(self._scratch / file, [pieces] if isinstance(pieces, bytes) else pieces):
            self.refuse("larger than limits.file_bytes, or than limits.archive_bytes with the others")
            return
        self._found.append(Inside(name=name, file=file))

    def refuse(self, why: str) -> None:
        """Count one that is not kept, with the reason."""
        self.ledger.note(self._kind, why)

    def _written(self, place: Path, pieces: Iterable[bytes]) -> bool:
        size, most = 0, min(self._limits.file_bytes, self._limits.archive_bytes - self._bytes)
        with place.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > most:
                    break
                file.write(piece)
        if size > most:
            place.unlink()
            return False
        self._bytes += size
        return True
