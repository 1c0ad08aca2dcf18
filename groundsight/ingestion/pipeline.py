"""Around the work on one file: the next one is read meanwhile, small ones are encoded and committed together."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from groundsight.errors import Cancelled, GroundsightError, IndexVersion, Locked, NotFound, StorageFailed
from groundsight.governance.access import tenant_of
from groundsight.governance.review import forget_reviews
from groundsight.ingestion import FileReport, Parsed
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
# Half of the time of a reader of a small file goes by in forks and pipes: one alone leaves a core idle.
_AHEAD = 2


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


@dataclass(frozen=True)
class ReadFile:
    """A file as it was at one moment, what was read from it, and the folder of its pictures; closing drops all."""

    document: Frozen
    parsed: Parsed
    folder: TemporaryDirectory[str]

    @property
    def scratch(self) -> Path:
        """Where the pictures and the files inside lie."""
        return Path(self.folder.name)

    def __enter__(self) -> ReadFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.document.copy.close()
        self.folder.cleanup()


Ready = Future[ReadFile | None]


def read_ahead(
    found: Sequence[Found], read: Callable[[Found, Watch], ReadFile | None], watch: Watch
) -> Generator[tuple[Found, Ready]]:
    """Yield each file with what is read from it on other threads, two files ahead; close it to end the reading."""
    stop, waiting = Watch(within=(watch,)), deque[tuple[Found, Ready]]()
    with ThreadPoolExecutor(_AHEAD, "groundsight-read") as pool:
        try:
            for each in found:
                waiting.append((each, pool.submit(copy_context().run, read, each, stop)))
                yield from _due(waiting)
            yield from waiting
        finally:
            stop.cancel()
            _drop([ready for _, ready in waiting])


def _due(waiting: deque[tuple[Found, Ready]]) -> Iterator[tuple[Found, Ready]]:
    if len(waiting) > _AHEAD:
        yield waiting[0]
        waiting.popleft()


def _drop(unused: Sequence[Ready]) -> None:
    for ready in unused:
        if not ready.cancel() and ready.exception() is None and (left := ready.result()):
            left.__exit__()


class Commits:
    """Finished files on their way into the index, each whole or not at all; small ones share a transaction.

    ``lost`` are the lines of files that the index refused, or that were opted out meanwhile. ``stated`` is how many
    acts of the ledger of rights the files were read under: what was stated since is applied to them behind each commit.
    """

    def __init__(self, parts: Parts, principal: Principal, watch: Watch) -> None:
        self._parts, self._watch, self._where = parts, watch, tenant_of(principal)
        self._waiting: list[Assembled] = []
        self._since = 0.0
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
        if is_long or before or keeps or units > _MOST_UNITS or len(self._waiting) >= _MOST_FILES or self._is_due():
            self.flush(watch if is_long else None)
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
        if not wait([ready], timeout=0 if self._is_due() else _MOST_SECONDS).done:
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
        waiting, self._waiting = self._waiting, []
        watch = watch or Watch()
        try:
            with span("ingest.encode", files=len(waiting)):
                ready = encode(waiting, self._parts, watch)
            self._store(ready)
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
