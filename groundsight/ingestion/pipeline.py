"""Behind the work on one file: small ones are encoded together, beside the work on the next, and committed together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TYPE_CHECKING

from groundsight.errors import Cancelled, GroundsightError, IndexVersion, Locked, NotFound, StorageFailed
from groundsight.governance.access import tenant_of
from groundsight.governance.review import forget_reviews
from groundsight.ingestion import FileReport
from groundsight.ingestion.ahead.read_ahead import ReadFile, Ready
from groundsight.ingestion.discover import Found
from groundsight.ingestion.encode import Assembled, encode
from groundsight.ingestion.forget import erase
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.inside import opted_out, report_of
from groundsight.ingestion.kept import forget_pages, has_pages, keep_pages
from groundsight.ingestion.rights.applying import hold_again
from groundsight.ingestion.to_review import queue_pictures
from groundsight.tracing import Watch, span
from groundsight.types import Filter

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.index import Entry
    from groundsight.parts import Parts
    from groundsight.types import Asset, Principal

# A transaction with its look whether it can be read costs 5 CPU ms, whatever is in it.
_MOST_FILES, _MOST_UNITS, _MOST_SECONDS = 32, 400, 1.0
# From here on a file keeps the encoder busy by itself, for half a second.
_LONG_UNITS = 50
# What a file counts for in the progress beside its bytes: the least of them costs about a kilobyte of text.
_LEAST_WORK = 1_000


def work_of(found: Found, roots: Roots) -> int:
    """Return what a file counts for in the progress, in bytes."""
    try:
        state = None if found.error else roots.stat(found.source)
    except NotFound:
        state = None
    return _LEAST_WORK + (state.st_size if state else 0)


def shares(work: Sequence[int]) -> list[float]:
    """Return what each file counts for, so that all of them count for their number."""
    return [each * len(work) / sum(work) for each in work]


class Commits:
    """Finished files on their way into the index, each whole or not at all; small ones share a transaction.

    ``lost`` are the lines of files that the index refused, or that were opted out meanwhile. ``stated`` is how many
    acts of the ledger of rights the files were read under: what was stated since is applied to them behind each commit.
    """

    def __init__(self, parts: Parts, principal: Principal, watch: Watch) -> None:
        self._parts, self._watch, self._where = parts, watch, tenant_of(principal)
        self._waiting: list[Assembled] = []
        self._since = 0.0
        self._pool = ThreadPoolExecutor(1, "groundsight-encode")
        self._encoding: tuple[list[Assembled], Future[list[Entry]]] | None = None
        self.lost: dict[str, FileReport] = {}
        self.stated = 0

    def add(self, made: Assembled, document: Frozen, before: Asset | None, watch: Watch) -> None:
        """Take an entry; one that replaces another, or whose pages are kept, is committed at once.

        A long one is encoded alone, because ``watch`` can cancel that; nothing cancels the encoding of small ones.
        """
        asset, is_long = made.entry.asset, len(made.entry.units) > _LONG_UNITS
        if is_long:
            self.flush()
        self._since = self._since if self._waiting else time.monotonic()
        self._waiting.append(made)
        units = sum(len(each.entry.units) for each in self._waiting)
        keeps = self._parts.settings.ingestion.keep_page_pictures
        if is_long or before or keeps:
            self.flush(watch if is_long else None)
        elif units > _MOST_UNITS or len(self._waiting) >= _MOST_FILES or self._is_due():
            self._hand_on()
        if asset.source not in self.lost:
            keep_pages(self._parts, asset, document, self._watch)
        if keeps and not self._parts.index.units(asset.asset_id, Filter()):
            # It was forgotten meanwhile.
            forget_pages(self._parts.settings.home, [asset], self._parts.index.assets(Filter()))
        if before:
            forget_reviews(self._parts.settings.home, [before.asset_id])
        if before and before.sha256 != document.sha256 and has_pages(self._parts.settings.home, before):
            forget_pages(self._parts.settings.home, [before], self._parts.index.assets(Filter()))

    def wait_for(self, ready: Ready) -> ReadFile | None:
        """Return what was read; what is finished does not wait for what takes long."""
        if not wait([ready.group], timeout=0 if self._is_due() else _MOST_SECONDS).done:
            self.flush()
        prepared = ready.result()
        if prepared and any(element.picture for element in prepared.parsed.elements):
            self.flush()
        return prepared

    def flush(self, watch: Watch | None = None) -> None:
        """Encode and commit what waits.

        Raises:
            StorageFailed: the disk refused, or what was stored can't be read back. Cancelled: by the watch.
        """
        self._take_up()
        waiting, self._waiting, watch = self._waiting, [], watch or Watch()
        self._put(waiting, lambda: self._encoded(waiting, watch), watch)

    def close(self) -> None:
        """Commit what waits and end the encoding; raises as ``flush`` does."""
        with self._pool:
            self.flush()

    def _hand_on(self) -> None:
        """Encode what waits, beside the work on the next files, and commit what was encoded meanwhile."""
        waiting, self._waiting = self._waiting, []
        self._take_up((waiting, self._pool.submit(copy_context().run, self._encoded, waiting, Watch())))

    def _encoded(self, waiting: Sequence[Assembled], watch: Watch) -> list[Entry]:
        with span("ingest.encode", files=len(waiting)):
            return encode(waiting, self._parts, watch)

    def _take_up(self, following: tuple[list[Assembled], Future[list[Entry]]] | None = None) -> None:
        """Commit what was encoded beside, if anything was."""
        before, self._encoding = self._encoding, following
        if before is not None:
            waiting, encoding = before
            self._put(waiting, encoding.result, Watch())

    def _put(self, waiting: Sequence[Assembled], encoded: Callable[[], list[Entry]], watch: Watch) -> None:
        try:
            self._store(encoded())
        except (Cancelled, IndexVersion, Locked, StorageFailed):
            raise
        except GroundsightError:
            for each in waiting:
                self._alone(each, watch)

    def _alone(self, made: Assembled, watch: Watch) -> None:
        """One that is refused does not take the others with it."""
        source = made.entry.asset.source

        def store() -> FileReport:
            self._store(encode([made], self._parts, watch))
            return FileReport(source=source, status="added")

        line = report_of(source, store)
        if line.problem:
            self.lost[source] = line

    def _store(self, entries: Sequence[Entry]) -> None:
        """Store, and ask for what was stored: an acknowledged write has to be readable."""
        if not entries:
            return
        with span("ingest.commit", files=len(entries), units=sum(len(each.units) for each in entries)):
            self._parts.index.upsert(entries)
        for each in entries:
            queue_pictures(self._parts.settings, each.asset, each.units)
        stored, home = [each.asset for each in entries], self._parts.settings.home
        # Behind the commit: a forgetting writes its list before it looks for what is stored, so one of both sees it.
        hold_again(home, self._parts.index, self.stated, stored, self._take_out)
        entries = [each for each in entries if each.asset.source not in self.lost]
        first = [each.units[0].unit_id for each in entries]
        if first and len(self._parts.index.get(first, self._where)) < len(first):
            which = entries[0].asset.source
            raise StorageFailed("a stored unit can't be read back", which=which, next_step="run groundsight doctor")

    def _take_out(self, out: Sequence[Asset]) -> None:
        erase(self._parts, out, self._where, Watch())
        self.lost.update({each.source: opted_out(each.source) for each in out})

    def _is_due(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._since > _MOST_SECONDS
