"""The ledger of a reader: what it met in a file and did not take in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from groundsight.types import LeftOut


class Ledger:
    """Counts what was met and not taken in, by kind of part and reason."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()

    def note(self, kind: str, why: str, count: int = 1) -> None:
        """Add ``count`` parts of one kind, named in the singular; neither word may quote the file."""
        self._counted[kind, why] += count

    def add(self, left_out: Iterable[LeftOut]) -> None:
        """Take over what the ledger of a part counted."""
        for one in left_out:
            self.note(one.kind, one.why, one.count)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was counted, in the order in which it was met."""
        return tuple(LeftOut(kind=kind, why=why, count=count) for (kind, why), count in self._counted.items() if count)
