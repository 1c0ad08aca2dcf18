"""Folders kept in step with the index, turn by turn: told of changed paths and of the time."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, Locked, NotFound
from groundsight.governance.access import tenant_of
from groundsight.governance.rights_file import NAME as RIGHTS
from groundsight.ingestion.folder.rules import IGNORE, Rules
from groundsight.ingestion.folder.steady import Steady, is_written, state_of
from groundsight.ingestion.forget import is_there
from groundsight.ingestion.ingest import ingest
from groundsight.types import Condition, Principal

if TYPE_CHECKING:
    from groundsight.ingestion import IngestReport
    from groundsight.parts import Parts
    from groundsight.tracing import Watch

log = logging.getLogger("groundsight.watch")


class Follower:
    """Reads what changed in some roots once it is at rest, and forgets what is gone.

    A root that is not there, or empty all at once as the place of an unplugged disk is, counts as away: nothing of it
    is forgotten.
    """

    def __init__(self, parts: Parts, who: Principal, roots: Collection[str]) -> None:
        self._parts, self._who = parts, who
        self._places = {name: place for name, place in parts.roots.places().items() if name in roots}
        self._full: dict[str, tuple[int, int]] = {}
        look, written = partial(state_of, parts.roots), partial(is_written, parts.roots)
        self._steady = Steady(parts.settings.folders, look, written)

    def standing(self) -> dict[str, tuple[int, int]]:
        """Return the roots that are there, with what tells each from another folder in its place."""
        return {name: told for name, place in self._places.items() if (told := self._told(name, place))}

    def places(self, standing: Iterable[str]) -> list[Path]:
        """Return the folders of these roots."""
        return [self._places[name] for name in standing]

    def turn(self, changed: Iterable[Path], now: float, watch: Watch) -> IngestReport | None:
        """Note what changed, and read what has come to rest; None when there is nothing to do.

        Raises:
            Cancelled: by the watch. StorageFailed, ConfigError, IndexVersion: as ingest does.
        """
        self._note(changed, now)
        standing = self.standing() if len(self._steady) else {}
        due = [source for source in self._steady.due(now) if source.partition("/")[0] in standing]
        due = [source for source in due if is_there(self._parts.roots, source) or self._known(source)]
        if not due:
            return None
        try:
            return ingest(self._parts, due, self._who, watch, prune=True, confined=True)
        except Locked as error:
            log.warning("%s", error)
            for source in due:
                self._steady.touch(source, now)
            return None

    def _note(self, changed: Iterable[Path], now: float) -> None:
        rules = Rules(self._parts.roots, self._parts.settings)
        for path in changed:
            # What lies in no root of ours, or can't be looked at, is nothing of this folder.
            with suppress(GroundsightError, OSError):
                rules_all = path.name in (IGNORE, RIGHTS)
                source = self._parts.roots.source_of_any(path.parent if rules_all else path)
                kind = "folder" if rules_all or path.is_dir() else "file"
                if not path.is_symlink() and not rules.why_on_the_way(source, kind):
                    self._steady.touch(source, now)

    def _known(self, source: str) -> bool:
        one = (Condition(field="source", op="prefix", value=source),)
        return bool(self._parts.index.assets(tenant_of(self._who).also(*one)))

    def _told(self, name: str, place: Path) -> tuple[int, int] | None:
        try:
            found, full = os.stat(place), self._parts.roots.holds_any(name)
        except (OSError, NotFound):
            return None
        told = (found.st_dev, found.st_ino)
        if full or not self._known(name):
            self._full[name] = told
        return told if self._full.get(name) == told else None
