"""The one SQLite file of the embedded index: connection, transactions, errors; the only home of apsw."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast
from urllib.parse import quote

from groundsight.errors import GroundsightError, IndexCorrupt, InvalidArgument, Locked, StorageFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE_NAME = "index.db"
BUSY_SECONDS = 30.0
REPAIR = "run 'groundsight doctor'; what it cannot repair: 'groundsight ingest FOLDER --home NEW_FOLDER'"
# Extended result codes of SQLite (sqlite.org/rescode.html) that mean "the file is shorter than it says".
SHORT_READS = (522, 8458)


class Cursor(Protocol):
    """The rows of one statement."""

    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What the index uses of a database connection (apsw.Connection)."""

    @property
    def filename(self) -> str: ...
    @property
    def in_transaction(self) -> bool: ...
    def execute(self, statements: str, bindings: Sequence[Any] = ...) -> Cursor: ...
    def executemany(self, statements: str, sequenceofbindings: Iterable[Sequence[Any]]) -> Cursor: ...
    def set_busy_timeout(self, milliseconds: int) -> None: ...
    def create_scalar_function(
        self, name: str, callable: Callable[..., Any], numargs: int, *, deterministic: bool
    ) -> None: ...
    def backup(self, databasename: str, sourceconnection: Any, sourcedatabasename: str) -> Any: ...
    def close(self, force: bool = ...) -> None: ...


def connect(path: Path, *, create: bool = False) -> Connection:
    """Open a connection with durable commits and overwriting deletes; the file is made private.

    Raises:
        StorageFailed: the file can't be opened or made.
        IndexCorrupt: the file is not a database.
    """
    import apsw

    with storage_errors(path):
        if create:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = cast(Connection, apsw.Connection(*_address(path)))
        connection.set_busy_timeout(int(BUSY_SECONDS * 1000))
        # trusted_schema off: a tampered file must not run functions from its own schema.
        for setting in ("synchronous=FULL", "secure_delete=ON", "trusted_schema=OFF", "cell_size_check=ON"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        return connection


def in_memory() -> Connection:
    """Open an empty database that no file holds."""
    import apsw

    return cast(Connection, apsw.Connection(":memory:"))


def _address(path: Path) -> tuple[str, int]:
    """Return name and flags to open a file with; where nobody can write, not even the log that readers share.

    What waits in a log would be missing then, so such a file is opened as any other, and refused by SQLite.
    """
    import apsw

    log = path.with_name(f"{path.name}-wal")
    if os.access(path.parent, os.W_OK) or not path.exists() or (log.exists() and log.stat().st_size):
        return str(path), apsw.SQLITE_OPEN_READWRITE
    return f"file:{quote(str(path.absolute()))}?immutable=1", apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


@contextmanager
def transaction(connection: Connection, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Generator[None]:
    """Run a block in one transaction: committed as a whole, or rolled back as a whole."""
    with storage_errors(Path(connection.filename)):
        connection.execute(f"BEGIN {kind}")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise


@contextmanager
def storage_errors(path: Path) -> Generator[None]:
    """Turn SQLite's and the system's errors into those of the house."""
    import apsw

    try:
        yield
    except GroundsightError:
        raise
    except (apsw.Error, OSError, UnicodeDecodeError) as error:
        raise _translated(error, path) from error


def rows(connection: Connection, sql: str, *values: Any) -> list[Any]:
    """Run a statement and return all its rows."""
    return connection.execute(sql, values).fetchall()


def one(connection: Connection, sql: str, *values: Any) -> Any:
    """Return the first column of the first row, None when there is none."""
    found = connection.execute(sql, values).fetchone()
    return None if found is None else found[0]


def integers(connection: Connection, sql: str, *values: Any) -> NDArray[np.int64]:
    """Return whole numbers as an array with one row for each row found.

    Raises:
        IndexCorrupt: something else stands where a number belongs.
    """
    import numpy as np

    found = rows(connection, sql, *values)
    if any(type(value) is not int for row in found for value in row):
        raise damaged(Path(connection.filename), "a row number is missing")
    return np.array(found, np.int64).reshape(len(found), len(found[0]) if found else 1)


def array_value(numbers: NDArray[np.int64]) -> Any:
    """Bind many integers as one value, to be read by ``carray(?)``. The array must not be empty."""
    import apsw

    bind: Callable[[NDArray[np.int64]], Any] = cast(Any, apsw).carray
    return bind(numbers)


def copy_database(source: Connection, target: Connection) -> None:
    """Copy a whole database as one transaction of the target (SQLite's online backup)."""
    with target.backup("main", source, "main") as backup:
        while not backup.done:
            backup.step()


def _roll_back(connection: Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _translated(error: Exception, path: Path) -> GroundsightError:
    import apsw

    if isinstance(error, apsw.BusyError | apsw.LockedError | apsw.ProtocolError):
        return locked(path)
    if isinstance(error, apsw.ConstraintError):
        return InvalidArgument(
            "two things in the index would have the same id", which=str(error), next_step="give each its own id"
        )
    if _is_damage(error):
        return damaged(path, str(error))
    return StorageFailed(
        f"the index can't be read or written: {error}",
        which=path.name,
        next_step="free disk space or make the folder writable, then try again",
    )


def _is_damage(error: Exception) -> bool:
    import apsw

    if isinstance(error, UnicodeDecodeError | apsw.CorruptError | apsw.NotADBError | apsw.FormatError | apsw.SQLError):
        return True
    return isinstance(error, apsw.IOError) and getattr(error, "extendedresult", 0) in SHORT_READS


def locked(path: Path) -> Locked:
    """The error for a writer that waited in vain."""
    return Locked("another writer holds the index", which=path.name, next_step="try again when it has finished")


def log_kept(path: Path) -> Locked:
    """The error for a log that a reader keeps from being emptied."""
    return Locked(
        "what was deleted is gone, but a long reader keeps its traces in the log",
        which=path.name,
        next_step="delete again when nobody reads",
    )


def damaged(path: Path, detail: str) -> IndexCorrupt:
    """The error for a damaged file, with the repair."""
    return IndexCorrupt(f"the index is damaged: {detail}", which=path.name, next_step=REPAIR)
