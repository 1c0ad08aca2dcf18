"""Evidence sessions: the short labels under which a principal was shown units, kept in the notebook of the home."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from groundsight.errors import NotFound
from groundsight.ingestion.folder.notebook import notebook
from groundsight.types import Principal

LABEL = re.compile(r"[Ee]([1-9][0-9]{0,8})")
HELD_DAYS = 7
_DAY_SECONDS = 86_400
_HELD_SECONDS = HELD_DAYS * _DAY_SECONDS
_MINE = "tenant = ? AND user = ?"


class Labels:
    """The labels E1, E2 and so on of one principal, the same over every connection, era and restart.

    A unit keeps its label, and a number is never given twice, so an old label never means something new. It leads to
    an id and nothing else: who opens that is checked again. Unused for a week, a label is forgotten.
    """

    def __init__(self, home: Path, who: Principal) -> None:
        self._home, self._mine = home, (who.tenant, who.user)

    def give(self, unit_ids: Sequence[str]) -> Mapping[str, str]:
        """Return a label for each unit, the known one where there is one."""
        if not unit_ids:
            return {}
        now, known = time.time(), self._known(unit_ids)
        if len(known) == len(set(unit_ids)):
            return known
        with notebook(self._home) as book:
            newest = f"(SELECT MAX(number) FROM labels WHERE {_MINE})"
            old = f"DELETE FROM labels WHERE {_MINE} AND used < ? AND number < {newest}"
            book.execute(old, (*self._mine, now - _HELD_SECONDS, *self._mine))
            given = f"SELECT ?, ?, COALESCE(MAX(number), 0) + 1, ?, ? FROM labels WHERE {_MINE}"
            again = "ON CONFLICT (tenant, user, unit) DO UPDATE SET used = excluded.used"
            rows = [(*self._mine, unit_id, now, *self._mine) for unit_id in unit_ids]
            book.executemany(f"INSERT INTO labels (tenant, user, number, unit, used) {given} {again}", rows)
        return self._known(unit_ids)

    def _known(self, unit_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the labels that were used within a day: only the others cost a write."""
        asked = f"SELECT number FROM labels WHERE {_MINE} AND unit = ? AND used >= ?"
        fresh = time.time() - _DAY_SECONDS
        with notebook(self._home, reading=True) as book:
            found = {each: book.execute(asked, (*self._mine, each, fresh)).fetchone() for each in unit_ids}
        return {each: f"E{row[0]}" for each, row in found.items() if row is not None}

    def meant(self, cite: str) -> str:
        """Return the id of the unit that a label means; what is no label, or none that is held, stays as it is."""
        try:
            return self.unit(cite) if LABEL.fullmatch(cite) else cite
        except NotFound:
            return cite

    def unit(self, label: str) -> str:
        """Return the id of the unit that was shown under a label.

        Raises:
            NotFound: this principal was shown nothing under it, or too long ago.
        """
        number = LABEL.fullmatch(label)
        with notebook(self._home, reading=True) as book:
            asked = f"SELECT unit FROM labels WHERE {_MINE} AND number = ? AND used >= ?"
            oldest = time.time() - _HELD_SECONDS
            row = book.execute(asked, (*self._mine, int(number[1]) if number else 0, oldest)).fetchone()
        if row is None:
            raise NotFound(
                "nothing was shown to you under this label, or it has expired",
                which=label[:20],
                limit=f"{HELD_DAYS} days unused",
                next_step="search again and use a label of its reply",
            )
        return str(row[0])
