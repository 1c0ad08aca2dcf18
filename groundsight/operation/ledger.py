"""The ledger of costs: what each call took of each model, in a file for each month of ``<home>/costs``.

A call is booked whole or not at all. It holds no text and no name: a person is a keyed hash, and work is told by kind,
modality and model. Months that are older than ``operation.ledger_days`` go as files.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from groundsight.errors import StorageFailed
from groundsight.governance.audit import read_or_make_key
from groundsight.types import Principal, Word

FOLDER, KEY = "costs", "key"
_STEP = "check the disk and the rights; operation.ledger_days = 0 keeps no ledger"


class Booking(Word):
    """What one call took of one model; ``cost`` in ``currency``, ``joules`` None where the machine does not tell.

    ``day`` is that of this machine. ``sound_seconds`` are those that were transcribed.
    """

    time: float
    day: str
    verb: str
    kind: str
    modality: str
    model: str
    tag: str = ""
    person: str = ""
    items: int = 0
    tokens: int = 0
    sound_seconds: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    joules: float | None = None
    cost: Decimal = Decimal(0)
    currency: str = "EUR"


class CostLedger:
    """The bookings of a home. Safe for threads and processes."""

    def __init__(self, home: Path, days: int) -> None:
        self._folder, self._days = home / FOLDER, days
        self._read = dict[str, tuple[int, dict[tuple[str, str], Decimal]]]()

    def add(self, bookings: Sequence[Booking]) -> None:
        """Book the work of one call as a whole; the first booking of a month lets go of those that are too old.

        It survives a kill, and is not waited for until it is on the disk.

        Raises:
            StorageFailed: the disk refused; nothing of the call is booked.
        """
        if not bookings:
            return
        lines = b"".join(one.model_dump_json(exclude_defaults=True).encode() + b"\n" for one in bookings)
        with _errors():
            handle = os.open(self._file(bookings[0].day[:7]), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                size = os.fstat(handle).st_size
                _write_whole_lines(handle, size, lines)
            finally:
                os.close(handle)
            if size == 0:
                self._let_go()

    def require_writable(self) -> None:
        """Make what is missing of the folder, its key and the file of this month.

        Raises:
            StorageFailed: the disk refuses.
        """
        with _errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            read_or_make_key(self._folder / KEY)
            os.close(os.open(self._file(date.today().isoformat()[:7]), os.O_RDWR | os.O_CREAT, 0o600))

    def since(self, day: date) -> tuple[Booking, ...]:
        """Return what was booked on a day and after it, oldest first.

        Raises:
            StorageFailed: a file can't be read, or a line of it is damaged.
        """
        found: list[Booking] = []
        for month in self._months(day.isoformat()[:7]):
            found += (one for one in self._bookings(month, 0)[1] if one.day >= day.isoformat())
        return tuple(found)

    def spent(self, day: date, currency: str) -> tuple[Decimal, Decimal]:
        """Return what was spent on a day, and in its month until then; only what is new since is read."""
        month, today = day.isoformat()[:7], day.isoformat()
        at, costs = self._read.get(month, (0, {}))
        at, new = self._bookings(month, at)
        costs = dict(costs)
        for one in new:
            costs[one.day, one.currency] = costs.get((one.day, one.currency), Decimal(0)) + one.cost
        self._read[month] = at, costs
        until = [cost for (of, unit), cost in costs.items() if unit == currency and of <= today]
        return costs.get((today, currency), Decimal(0)), sum(until, Decimal(0))

    def person(self, who: Principal) -> str:
        """Return the keyed hash under which a person is booked."""
        told = f"{who.tenant}\0{who.user}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, told, "sha256").hex()[:16]

    @cached_property
    def _key(self) -> bytes:
        self.require_writable()
        return (self._folder / KEY).read_bytes()

    def _bookings(self, month: str, at: int) -> tuple[int, list[Booking]]:
        """Return the bookings of a month from an offset on, and the offset behind the last whole line."""
        with _errors():
            try:
                with self._file(month).open("rb") as file:
                    file.seek(at)
                    data = file.read()
            except FileNotFoundError:
                return at, []
        whole = data[: data.rfind(b"\n") + 1]
        try:
            return at + len(whole), [Booking.model_validate_json(line) for line in whole.splitlines()]
        except ValidationError as error:
            step = "put the file back from a copy, or take the line out"
            raise StorageFailed("the ledger of costs has a damaged line", which=month, next_step=step) from error

    def _file(self, month: str) -> Path:
        return self._folder / f"{month}.jsonl"

    def _months(self, first: str) -> list[str]:
        return sorted(file.stem for file in self._folder.glob("????-??.jsonl") if file.stem >= first)

    def _let_go(self) -> None:
        oldest = (date.today() - timedelta(days=self._days)).isoformat()[:7]
        for month in self._months(""):
            if month < oldest:
                self._file(month).unlink(missing_ok=True)


def _write_whole_lines(handle: int, size: int, lines: bytes) -> None:
    """Write behind the last whole line; what a killed process left of one goes."""
    end = size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        end = os.pread(handle, size, 0).rfind(b"\n") + 1
        os.ftruncate(handle, end)
    if os.pwrite(handle, lines, end) != len(lines):
        os.ftruncate(handle, end)
        raise OSError("the disk took only a part of it")


@contextmanager
def _errors() -> Generator[None]:
    try:
        yield
    except OSError as error:
        what = f"the ledger of costs can't be used: {error.strerror or error}"
        raise StorageFailed(what, which=FOLDER, next_step=_STEP) from error
