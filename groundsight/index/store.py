"""The open database of one process: its two connections, its locks, its view and the mapped file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from groundsight.errors import IndexCorrupt, Locked
from groundsight.index import database, snapshots, view
from groundsight.index.database import Connection
from groundsight.index.decoded import Decoded
from groundsight.index.filters import add_functions
from groundsight.index.locks import WriteLock
from groundsight.index.schema import forget_before, prepare
from groundsight.index.tokens import Tokeniser
from groundsight.index.writer import TOKENS, TRACES, Change, read_meta

HISTORY_KEPT = 1_000
# How long a reader may keep the log from being emptied before the deletion says so.
LOG_SECONDS = 10.0


class Store:
    """One connection reads and one writes, each behind its lock: a waiting writer never stops a reader."""

    def __init__(self, folder: Path, lock_seconds: float, publish_after: int) -> None:
        self.folder, self.path = folder, folder / database.FILE_NAME
        self.tokeniser = Tokeniser()
        self.decoded = Decoded()
        self.write_lock = WriteLock(folder, lock_seconds)
        self._publish_after = publish_after
        self._read_lock = threading.RLock()
        self._reader: Connection | None = None
        self._writer: Connection | None = None
        self._view: view.View | None = None

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """One read transaction: everything inside sees one committed state."""
        with self._read_lock:
            if self._reader is None:
                self._reader = self.connect()
            with database.transaction(self._reader):
                yield self._reader

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """One write transaction, durable when the block has ended; the caller holds the write lock.

        After an error the connection is closed: a failed fsync must not be retried on the same handle.
        """
        if self._writer is None:
            self._writer = self.connect()
        try:
            with database.transaction(self._writer, "IMMEDIATE"):
                yield self._writer
        except BaseException:
            self._writer.close(True)
            self._writer = None
            raise

    @contextmanager
    def changing(self) -> Generator[Change]:
        """Take the write lock and open a change; on return it is committed as one new version."""
        with self.write_lock.held():
            with self.writing() as connection:
                change = Change(connection, self.tokeniser)
                yield change
                change.finish()
            self._shorten_history()

    def create_when_missing(self) -> None:
        """Make the database and its tables when the file is missing or empty."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            with self.write_lock.held(), closing(database.connect(self.path, create=True)) as first:
                prepare(first)

    def connect(self) -> Connection:
        """Open a connection to a database that is ready for use.

        Raises:
            IndexVersion: the file has another schema.
            IndexCorrupt: the file is damaged.
        """
        self.create_when_missing()
        connection = database.connect(self.path)
        with database.storage_errors(self.path):
            prepare(connection)
            add_functions(connection)
        return connection

    def refresh_words(self) -> None:
        """Make postings again that another version of the tokeniser made."""
        with self.reading() as connection:
            made_by = read_meta(connection, TOKENS)
        if made_by not in (None, self.tokeniser.fingerprint):
            with self.changing():
                pass

    def fresh_view(self, connection: Connection) -> view.View:
        """Return the view of the state that this read transaction sees."""
        self._view = view.fresh(connection, self._view, self.folder)
        return self._view

    def forget_view(self) -> None:
        """Drop the view, so that the next one starts from what is on disk."""
        with self._read_lock:
            self._view = None

    def publish_when_due(self) -> None:
        """Write the mapped file again when too much has changed since; skip it while others write."""
        seen = self._view
        if seen is None or seen.pending <= max(self._publish_after, seen.slots // 4):
            return
        with contextlib.suppress(Locked), self.write_lock.held(seconds=0):
            self.publish()

    def publish(self) -> None:
        """Write the current view as the mapped file and map it; the caller holds the write lock.

        A disk that refuses is no failure here: the file is derived, and the view serves from memory.
        """
        with self.reading() as connection, contextlib.suppress(OSError):
            view.save(self.fresh_view(connection), self.folder)
            self._view = view.load(connection, self.folder) or self._view

    def erase_traces(self) -> None:
        """Write database and mapped file afresh without what was deleted, empty the log, forget what was decoded.

        Raises:
            Locked: a reader keeps the log; the traces stay on record for the next time.
        """
        with self.write_lock.held(), closing(self.connect()) as connection, database.storage_errors(self.path):
            if read_meta(connection, TRACES) is None:
                return
            with self._read_lock:
                self.decoded.clear()
            # With secure_delete alone words of 16 of 60 deleted documents stayed, in gaps of rebalanced pages.
            connection.execute("VACUUM").fetchall()
            if (self.folder / view.FILE_NAME).exists():
                self.publish()
            connection.set_busy_timeout(int(LOG_SECONDS * 1000))
            if database.one(connection, "PRAGMA wal_checkpoint(TRUNCATE)"):
                raise database.log_kept(self.path)
            connection.execute("DELETE FROM meta WHERE key = ?", (TRACES,)).fetchall()

    def replace_content(self, copy: Path) -> None:
        """Put a verified copy in place of the content; the caller holds the write lock."""
        try:
            snapshots.replace_content(copy, self.connect)
        except IndexCorrupt:
            self.close()
            snapshots.set_aside(self.folder)
            snapshots.replace_content(copy, self.connect)
        self.publish()

    def close(self) -> None:
        """Release files and connections; the next use opens them again."""
        with self._read_lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close(True)
            self._reader = self._writer = self._view = None

    def _shorten_history(self) -> None:
        """Fold the change records into the mapped file when there are many."""
        assert self._writer is not None
        if database.one(self._writer, "SELECT count(*) FROM history") <= HISTORY_KEPT:
            return
        self.publish()
        mapped = view.load(self._writer, self.folder)
        if mapped is not None:
            with self.writing() as connection:
                forget_before(connection, mapped.stamp)
