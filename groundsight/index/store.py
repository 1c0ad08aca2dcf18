"""The open database of one process: its two connections, its locks, its view and the mapped file."""

from __future__ import annotations

import contextlib
import os
import secrets
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
from groundsight.index.lost import foreign, lost, read_mark, signs_of_loss, write_mark
from groundsight.index.schema import KEPT, forget_before, is_empty, prepare, require_schema
from groundsight.index.tokens import Tokeniser
from groundsight.index.writer import IDENTITY, TOKENS, TRACES, Change, read_meta, write_meta

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
        """Make the database and its tables when the file is missing or empty.

        Raises:
            IndexCorrupt: there was one before. StorageFailed: the disk refused.
        """
        if self._is_there():
            return
        signs = signs_of_loss(self.folder)
        with self.write_lock.held():
            if self._is_there():
                return
            if signs:
                raise lost(self.folder, signs)
            with database.storage_errors(self.path), closing(database.connect(self.path, create=True)) as first:
                prepare(first)

    def _prepare(self, connection: Connection) -> None:
        """Make the tables that another process is making now, or was killed over; else they were lost."""
        with self.write_lock.held():
            if is_empty(connection) and (signs := signs_of_loss(self.folder)):
                raise lost(self.folder, signs)
            prepare(connection)

    def connect(self) -> Connection:
        """Open a connection to a database that is ready for use.

        Raises:
            IndexVersion: the file has another schema.
            IndexCorrupt: the file is damaged, lost, or of another home.
        """
        self.create_when_missing()
        connection = database.connect(self.path)
        with database.storage_errors(self.path):
            if is_empty(connection):
                self._prepare(connection)
            require_schema(connection)
            self._require_own(connection)
            add_functions(connection)
        return connection

    def _is_there(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def _require_own(self, connection: Connection) -> None:
        """The mark of the home and the database name the same index; what has no name yet gets one."""
        mark, identity = read_mark(self.folder), read_meta(connection, IDENTITY)
        if mark is None:
            with self.write_lock.held():
                write_mark(self.folder, self._identified(connection))
        elif mark != identity:
            raise foreign(self.folder)

    def _identified(self, connection: Connection) -> str:
        identity = read_meta(connection, IDENTITY)
        if identity is None:
            identity = secrets.token_hex(16)
            write_meta(connection, IDENTITY, identity)
        return identity

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
            (self.folder / KEPT).unlink(missing_ok=True)
            # With secure_delete alone words of 16 of 60 deleted documents stayed, in gaps of rebalanced pages.
            connection.execute("VACUUM").fetchall()
            if (self.folder / view.FILE_NAME).exists():
                self.publish()
            connection.set_busy_timeout(int(LOG_SECONDS * 1000))
            if database.one(connection, "PRAGMA wal_checkpoint(TRUNCATE)"):
                raise database.log_kept(self.path)
            connection.execute("DELETE FROM meta WHERE key = ?", (TRACES,)).fetchall()

    def replace_content(self, copy: Path) -> None:
        """Put a verified copy in place of the content; the caller holds the write lock.

        At no moment is there an empty database: a killed restore leaves the old content, the new, or a named loss.
        """
        try:
            self.connect().close(True)
            self._sign(copy)
            snapshots.replace_content(copy, self.connect)
        except IndexCorrupt:
            self.close()
            self._sign(copy)
            snapshots.set_aside(self.folder)
            os.replace(copy, self.path)
        self.publish()

    def _sign(self, copy: Path) -> None:
        """A snapshot may be of another home: what comes in belongs to this one."""
        with database.storage_errors(copy), closing(database.connect(copy)) as own:
            own.execute("PRAGMA journal_mode=WAL").fetchall()
            write_meta(own, IDENTITY, read_mark(self.folder) or secrets.token_hex(16))

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
