"""Figures of the answers that were given, without any content: what risk, drift and reports are counted from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from groundsight.governance.daybook import daybook
from groundsight.types import GroundingReport, Principal, Word

# Older figures say nothing about today, and the daybook stays small.
MOST, DAY_SECONDS = 20_000, 86_400


class Given(Word):
    """One answer: ``time`` in seconds since 1970, sentences by verdict, ``kinds`` of the units that it cites.

    ``stopped`` is the line of the policy that refused it, empty for every other end. ``score`` is the cosine of the
    nearest passage, ``cost`` what it cost where costs are booked, ``flags`` the sides of its caller ("hops3:on").
    """

    time: float
    tenant: str
    door: str = "ask"
    status: str
    stopped: str = ""
    ratio: float | None = None
    checkable: int = 0
    supported: int = 0
    contradicted: int = 0
    seconds: float = 0.0
    tier: str = "embedded"
    region: str = "global"
    language: str = ""
    score: float | None = None
    cost: float | None = None
    flags: str = ""
    kinds: tuple[str, ...] = ()


def figures_of(who: Principal, report: GroundingReport | None, **told: object) -> Given:
    """Return the figures of what was just given to a caller, its sentences counted by their report."""
    counts = report.model_dump(include={"checkable", "supported", "contradicted"}) if report else {}
    return Given.model_validate({"time": time.time(), "tenant": who.tenant, "region": who.region, **counts, **told})


_COLUMNS = tuple(Given.model_fields)


def note_given(home: Path, given: Given, keep_days: int | None = None) -> None:
    """Write the figures of an answer, and let go of what is older than ``keep_days``, reviews and clicks as well.

    Raises:
        StorageFailed: the disk refused. Locked: another process writes for too long.
    """
    row = [*given.model_dump(exclude={"kinds"}).values(), " ".join(given.kinds)]
    with daybook(home) as book:
        book.execute(f"INSERT INTO answers ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(row))})", row)
        newest = f"SELECT rowid FROM answers ORDER BY rowid DESC LIMIT {MOST}"
        book.execute(f"DELETE FROM answers WHERE rowid < (SELECT MIN(rowid) FROM ({newest}))")
    if keep_days is not None:
        let_go_of_figures(home, keep_days)


def let_go_of_figures(home: Path, keep_days: int | None, question_days: int | None = None) -> None:
    """Remove figures, reviews and clicks older than ``keep_days``, clicks older than ``question_days``; None: no limit.

    Raises:
        StorageFailed, Locked: as ``note_given``.
    """
    clicks = min(filter(None, (keep_days, question_days)), default=None)
    days = {"answers": keep_days, "review": keep_days, "opened": clicks}
    with daybook(home) as book:
        for table, at_most in days.items():
            if at_most is not None:
                book.execute(f"DELETE FROM {table} WHERE time < ?", (time.time() - at_most * DAY_SECONDS,))
        book.execute("DELETE FROM review_assets WHERE id NOT IN (SELECT id FROM review)")


def given_since(home: Path, since: float = 0.0) -> tuple[Given, ...]:
    """Return the figures of the answers since a time, oldest first; none where nothing was asked yet."""
    sql = f"SELECT {', '.join(_COLUMNS)} FROM answers WHERE time >= ? ORDER BY time, rowid"
    with daybook(home, reading=True) as book:
        found = book.execute(sql, (since,)).fetchall()
    return tuple(_given(row) for row in found)


def _given(row: Sequence[object]) -> Given:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Given.model_validate({**values, "kinds": tuple(str(values["kinds"]).split())})
