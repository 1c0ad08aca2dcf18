"""Orders to read: work that goes on beside whoever asked, shows how far it is, and survives a crash."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from groundsight.errors import NotFound, PolicyRefused
from groundsight.governance.receipts import new_receipt
from groundsight.ingestion import IngestReport
from groundsight.ingestion.folder.notebook import is_worked, notebook
from groundsight.ingestion.reach import source_for
from groundsight.types import Degraded, Nothing, Principal, SearchResult, Word
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundsight.parts import Parts

State = Literal["waiting", "running", "done", "failed", "stopped"]
UNDER_WAY = ("waiting", "running")
KEPT_SECONDS = 7 * 86_400
# A worker needs as long to begin, or to begin again.
START_SECONDS = 60
_COLUMNS = "id, told, state, stop, done, total, message, updated, report"


class Order(Word):
    """Files and folders to read for a principal, how far that is, and what came of it.

    ``done`` and ``total`` count files, each by its bytes; ``message`` is the present one, or why it failed; ``updated``
    in Unix seconds.
    """

    id: str
    who: Principal
    paths: tuple[str, ...]
    prune: bool = False
    state: State = "waiting"
    stopping: bool = False
    done: float = 0
    total: float = 0
    message: str = ""
    updated: float = 0.0
    report: IngestReport | None = None


class _Told(Word):
    who: Principal
    paths: tuple[str, ...]
    prune: bool = False


class Orders:
    """The orders of a home, in the order in which they came."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def add(self, who: Principal, paths: Sequence[str], *, prune: bool = False) -> Order:
        """Take an order; finished ones of a week ago are dropped."""
        told, order_id = _Told(who=who, paths=tuple(paths), prune=prune), new_receipt()
        with notebook(self._home) as book:
            old = ("waiting", "running", time.time() - KEPT_SECONDS)
            book.execute("DELETE FROM orders WHERE state NOT IN (?, ?) AND updated < ?", old)
            row = (order_id, who.tenant, who.user, told.model_dump_json(), time.time())
            book.execute("INSERT INTO orders VALUES (?, ?, ?, ?, 'waiting', 0, 0, 0, '', ?, '')", row)
        return self.of(who)[-1]

    def of(self, who: Principal) -> tuple[Order, ...]:
        """Return what this person ordered, oldest first."""
        with notebook(self._home, reading=True) as book:
            asked = f"SELECT {_COLUMNS} FROM orders WHERE tenant = ? AND user = ? ORDER BY rowid"
            rows = book.execute(asked, (who.tenant, who.user)).fetchall()
        return tuple(map(_order, rows))

    def unfinished(self) -> tuple[Order, ...]:
        """Return what is still to do, oldest first; what was running when its worker died is begun again."""
        with notebook(self._home, reading=True) as book:
            asked = f"SELECT {_COLUMNS} FROM orders WHERE state IN ('waiting', 'running') ORDER BY rowid"
            rows = book.execute(asked).fetchall()
        return tuple(map(_order, rows))

    def stop(self, who: Principal, order_id: str) -> Order:
        """Ask that an order of this person ends at its next file; what was read is kept.

        Raises:
            NotFound: this person has no such order.
        """
        with notebook(self._home) as book:
            mine = (order_id, who.tenant, who.user)
            waiting = "CASE state WHEN 'waiting' THEN 'stopped' ELSE state END"
            asked = f"UPDATE orders SET stop = 1, state = {waiting} WHERE id = ? AND tenant = ? AND user = ?"
            if not book.execute(asked, mine).rowcount:
                raise NotFound("there is no such order", which=order_id[:60], next_step="see them in status")
        return next(each for each in self.of(who) if each.id == order_id)

    def step(self, order: Order, done: float, total: float, message: str) -> bool:
        """Note how far an order is; False when it has to end."""
        with notebook(self._home) as book:
            row = ("running", done, total, message, time.time(), order.id)
            asked = "UPDATE orders SET state = ?, done = ?, total = ?, message = ?, updated = ? WHERE id = ?"
            book.execute(asked, row)
            found = book.execute("SELECT stop FROM orders WHERE id = ?", (order.id,)).fetchone()
        return found is not None and not found[0]

    def end(self, order: Order, state: State, message: str = "", report: IngestReport | None = None) -> None:
        """Note how an order ended."""
        told = report.model_dump_json() if report else ""
        with notebook(self._home) as book:
            done = "done = CASE ? WHEN 'done' THEN total ELSE done END"
            asked = f"UPDATE orders SET state = ?, {done}, message = ?, updated = ?, report = ? WHERE id = ?"
            book.execute(asked, (state, state, message, time.time(), told, order.id))


def order(parts: Parts, who: Principal, paths: Sequence[str | Path], *, prune: bool = False) -> Order:
    """Order files and folders that a principal may read, and have a worker.

    Raises:
        PolicyRefused: the principal may not write. NotFound: one of them is not there, or not for it.
    """
    if not who.may_write:
        raise PolicyRefused("this principal may not write", next_step="ask for the right to write")
    sources = tuple(source_for(parts, who, path) for path in paths)
    taken = Orders(parts.settings.home).add(who, sources, prune=prune)
    parts.helper.ensure()
    return taken


def as_worked(home: Path, orders: Sequence[Order]) -> tuple[Order, ...]:
    """Return orders as they stand: one under way whose worker is gone is stopped, until a server begins it again."""
    late = time.time() - START_SECONDS
    if all(each.state not in UNDER_WAY or each.updated > late for each in orders) or is_worked(home):
        return tuple(orders)
    gone = {"state": "stopped", "message": "the process that read it has ended; ingest again"}
    return tuple(
        each.model_copy(update=gone) if each.state in UNDER_WAY and each.updated <= late else each for each in orders
    )


def how_far(going: Sequence[Order]) -> str:
    """Say how far orders under way are together."""
    done, total = sum(each.done for each in going), sum(each.total for each in going)
    return f"{done:.0f} of {number_of(round(total), 'file')}" if total else "begun"


def awaited(home: Path, who: Principal, found: SearchResult) -> SearchResult:
    """Return a search with the word that files are being read in the place of the one that none are there."""
    nothing = while_reading(home, who, found.nothing)
    if nothing is None or nothing == found.nothing:
        return found
    lane = Degraded(lane="index", reason=nothing.why, remedy=nothing.remedy)
    lanes = tuple(lane if each.lane == "index" else each for each in found.degraded)
    return found.model_copy(update={"nothing": nothing, "degraded": lanes})


def while_reading(home: Path, who: Principal, nothing: Nothing | None) -> Nothing | None:
    """Tell a principal who sees no document yet to wait, where its files are just being read."""
    if nothing is None or nothing.reason != "empty_index":
        return nothing
    going = [each for each in as_worked(home, Orders(home).of(who)) if each.state in UNDER_WAY]
    if not going:
        return nothing
    why = f"your files are being read for the first time ({how_far(going)})"
    return Nothing(reason="empty_index", why=why, remedy="ask again in a moment; status shows how far it is")


def _order(row: tuple[str, str, State, int, float, float, str, float, str]) -> Order:
    order_id, told, state, stop, done, total, message, updated, report = row
    asked = _Told.model_validate_json(told)
    return Order(
        id=order_id,
        who=asked.who,
        paths=asked.paths,
        prune=asked.prune,
        state=state,
        stopping=bool(stop),
        done=done,
        total=total,
        message=message,
        updated=updated,
        report=IngestReport.model_validate_json(report) if report else None,
    )
