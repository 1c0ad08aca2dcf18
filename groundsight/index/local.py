"""The embedded index: one SQLite file is the only truth and the only lock; scans run over mapped codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from groundsight.errors import IndexCorrupt, InvalidArgument, Locked
from groundsight.index import (
    ChannelQuery,
    ChannelResult,
    CheckReport,
    Counts,
    Entry,
    Exported,
    database,
    snapshots,
    stored,
)
from groundsight.index.asking import Asking
from groundsight.index.exporting import export
from groundsight.index.local_check import examine
from groundsight.index.prepared import prepare_all, require_encoders
from groundsight.index.schema import current
from groundsight.index.store import Store
from groundsight.index.writer import ENCODER, stored_encoders, write_meta
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Unit

# How many vectors may wait outside the mapped file before it is written again; 1,000 cost 5 ms to read.
PUBLISH_AFTER = 1_000
NEW_HOME = "a new home: groundsight ingest YOUR_FILES --home NEW_FOLDER"


class LocalIndex:
    """Implements ``Index``. Any number of threads and processes may read and write at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        lock_seconds: float = database.BUSY_SECONDS,
        publish_after: int = PUBLISH_AFTER,
    ) -> LocalIndex:
        """Open an index, making folder and database when there is none.

        A database is opened at first use, so that ``restore`` can heal a damaged or lost one.

        Raises:
            StorageFailed: the folder or the database can't be made.
        """
        with database.storage_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = Store(folder, lock_seconds, publish_after)
        with suppress(IndexCorrupt):
            store.create_when_missing()
        return cls(store)

    def fingerprints(self) -> Mapping[str, str]:
        """Return the stored fingerprint of each encoder lane."""
        with self._store.reading() as connection:
            return stored_encoders(connection)

    def claim(self, fingerprints: Mapping[str, str]) -> None:
        """Store the encoders' fingerprints; a lane that holds vectors of another encoder is refused."""
        known = self.fingerprints()
        if all(known.get(lane) == print_ for lane, print_ in fingerprints.items()):
            return
        with self._store.write_lock.held(), self._store.writing() as connection:
            if database.one(connection, "SELECT 1 FROM asset LIMIT 1"):
                require_encoders(stored_encoders(connection), fingerprints, NEW_HOME)
            for lane, print_ in fingerprints.items():
                write_meta(connection, ENCODER + lane, print_)

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Store assets in one durable transaction; each replaces the asset with its tenant and source.

        Raises:
            IndexVersion: other encoders were put in place since their vectors were made.
        """
        if not entries:
            return
        ready, dimensions = prepare_all(entries, self._store.tokeniser)
        with self._store.changing() as change:
            for entry in entries:
                require_encoders(change.encoders(), entry.encoders, "this one: another encoder was promoted")
            change.put(ready, dimensions)

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        """Remove assets that pass the filter, and their traces in every file; also those of a deletion that was killed.

        Raises:
            Locked: they are gone, but a long reader keeps their traces in the log; delete again.
        """
        with self._store.changing() as change:
            removed = change.delete(asset_ids, where)
        self._store.erase_traces()
        return removed

    def protect(self, assets: Sequence[Asset]) -> int:
        """Replace what protects stored assets in one durable transaction; return how many were there."""
        with self._store.changing() as change:
            return change.protect(assets)

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        """Ask every channel at once under one read transaction, filtering inside each scan."""
        if limit < 1:
            raise InvalidArgument("a search needs room for a hit", limit="limit >= 1", next_step="raise the limit")
        store = self._store
        store.refresh_words()
        with store.reading() as connection:
            asking = Asking(connection, store.fresh_view(connection), store.tokeniser, where, limit)
            results = tuple(asking.ask(query) for query in queries)
        store.publish_when_due()
        return results

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        """Return the units that exist and pass the filter, in the order asked."""
        with self._store.reading() as connection:
            return stored.get(connection, unit_ids, where, self._store.decoded)

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        """Return all assets that pass the filter, by source."""
        with self._store.reading() as connection:
            return stored.assets(connection, where)

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        """Return the units of one asset by ordinal; empty when it is not visible."""
        with self._store.reading() as connection:
            return stored.units(connection, asset_id, where, self._store.decoded)

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        """Iterate over one committed state, on a connection of its own so that nobody waits for the loop."""
        with closing(self._store.connect()) as connection, database.transaction(connection):
            yield from stored.scan(connection, where)

    def export(self, where: Filter) -> Iterator[Exported]:
        """Iterate over whole assets of one committed state with their vectors."""
        with closing(self._store.connect()) as connection, database.transaction(connection):
            yield from export(connection, where)

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return ``(unit_id, role)`` pairs by key; keys of more than ``most`` units of a tenant are left out."""
        with self._store.reading() as connection:
            return stored.linked(connection, self._store.fresh_view(connection), keys, where, most)

    def count(self, where: Filter) -> Counts:
        """Count the assets and the units that pass the filter."""
        with self._store.reading() as connection:
            return stored.count(connection, where)

    def version(self) -> str:
        """Return a token that changes with every commit."""
        with self._store.reading() as connection:
            return str(current(connection))

    def snapshot(self, folder: Path, watch: Watch | None = None) -> None:
        """Write a consistent copy with a manifest into an empty folder; writers are not held up."""
        (watch or Watch()).step(0, None, "copying")
        with closing(self._store.connect()) as connection:
            snapshots.write_snapshot(connection, folder)

    def restore(self, folder: Path, watch: Watch | None = None, *, since: str = "") -> None:
        """Replace the content by a verified snapshot in one transaction.

        A damaged database is set aside under another name; then other processes must be stopped first.

        Raises:
            Locked: a version is named, and the index was written to since.
        """
        (watch or Watch()).step(0, None, "checking")
        copy = snapshots.verified_copy(folder, self._store.folder)
        try:
            with self._store.write_lock.held():
                if since and self.version() != since:
                    raise Locked("the index was written to meanwhile", which="index", next_step="call again")
                self._store.replace_content(copy)
        finally:
            copy.unlink(missing_ok=True)

    def check(self) -> CheckReport:
        """Examine every stored value and the derived files; rebuild what is derived."""
        return examine(self._store)

    def close(self) -> None:
        """Release files and connections."""
        self._store.close()
