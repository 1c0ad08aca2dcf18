"""The ledger of rights: one line for each act, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from groundsight.atomic import write_whole
from groundsight.governance.line_file import LineFile
from groundsight.governance.rights import Act, Book, By, Statement
from groundsight.types import Principal

FOLDER, LINES, APPLIED = "rights", "ledger.jsonl", "applied"


class RightsLedger:
    """The acts of a home. ``applied`` tells how many of them stand in the index: a process may die between the two."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._lines = LineFile(self._folder / LINES, Act, "the ledger of rights")
        self.acts, self.held = self._lines.read, self._lines.held

    def book(self) -> Book:
        """Return all that is stated."""
        return Book(self.acts())

    @property
    def applied(self) -> int:
        """How many acts stand in the index."""
        try:
            return int((self._folder / APPLIED).read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def note_applied(self, count: int) -> None:
        """Note how many acts stand in the index."""
        with self._lines.errors():
            write_whole(self._folder / APPLIED, str(count))

    @property
    def is_used(self) -> bool:
        """True when something was ever stated here."""
        return (self._folder / LINES).exists()

    def append(self, who: Principal, changes: Sequence[Statement], by: By = "person") -> str:
        """Add one act and return its line; the caller holds the ledger."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return self._lines.append(Act(time=now, tenant=who.tenant, user=who.user, by=by, changes=tuple(changes)))
