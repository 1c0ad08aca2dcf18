"""The ledger of rights: one line for each act, appended whole or not at all, never changed."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import Locked, StorageFailed
from groundsight.governance.rights import Act, Book, By, Statement
from groundsight.types import Principal

FOLDER, LINES, APPLIED = "rights", "ledger.jsonl", "applied"
LOCK_SECONDS = 30


class RightsLedger:
    """The acts of a home. ``applied`` tells how many of them stand in the index: a process may die between the two."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def acts(self) -> tuple[Act, ...]:
        """Return all acts, oldest first; a line that was being written when its process died is none.

        Raises:
            StorageFailed: it can't be read, or a line is damaged.
        """
        try:
            lines = (self._folder / LINES).read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _refused(error) from error
        return tuple(_act(number, line) for number, line in enumerate(lines, start=1))

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
        with _storage_errors():
            write_whole(self._folder / APPLIED, str(count))

    @property
    def is_used(self) -> bool:
        """True when something was ever stated here."""
        return (self._folder / LINES).exists()

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other writers off.

        Raises:
            Locked: another one writes for too long.
        """
        from filelock import FileLock, Timeout

        with _storage_errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(self._folder / "lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise Locked("another process sets rights", which=LINES, next_step="try again") from error

    def append(self, who: Principal, changes: Sequence[Statement], by: By = "person") -> str:
        """Add one act and return its line; the caller holds the ledger."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        act = Act(time=now, tenant=who.tenant, user=who.user, by=by, changes=tuple(changes))
        line = act.model_dump_json(exclude_unset=True)
        with _storage_errors():
            handle = os.open(self._folder / LINES, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _write_at_end(handle, line.encode() + b"\n")
            finally:
                os.close(handle)
        return line


def _write_at_end(handle: int, data: bytes) -> None:
    """Write behind the last whole line: what a killed process left of one goes."""
    size = os.fstat(handle).st_size
    end = os.pread(handle, size, 0).rfind(b"\n") + 1
    os.ftruncate(handle, end)
    if os.pwrite(handle, data, end) != len(data):
        os.ftruncate(handle, end)
        raise OSError("the disk took only a part of the line")
    os.fsync(handle)


def _act(number: int, line: bytes) -> Act:
    try:
        return Act.model_validate_json(line)
    except ValidationError as error:
        raise StorageFailed(
            f"the ledger of rights is damaged in line {number}",
            which=LINES,
            next_step="put it back from a copy; until then nothing is read or set",
        ) from error


@contextmanager
def _storage_errors() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(error) from error


def _refused(error: OSError) -> StorageFailed:
    why = error.strerror or str(error)
    return StorageFailed(f"the ledger of rights can't be used: {why}", which=LINES, next_step="check the disk")
