"""A file of JSON lines that is only ever added to: a line is whole or not there, and a damaged one is named."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import Locked, StorageFailed
from groundsight.types import Word

LOCK_SECONDS = 30
W = TypeVar("W", bound=Word)


class LineFile(Generic[W]):
    """The words of one kind in ``file``, which errors call ``what`` ("the incidents"); processes share it."""

    def __init__(self, file: Path, kind: type[W], what: str) -> None:
        self._file, self._kind, self._what = file, kind, what

    def read(self) -> tuple[W, ...]:
        """Return all words, oldest first; a line that was being written when its process died is none.

        Raises:
            StorageFailed: it can't be read, or a line is damaged.
        """
        try:
            lines = self._file.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(error) from error
        return tuple(self._word(number, line) for number, line in enumerate(lines, start=1))

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other writers off.

        Raises:
            Locked: another one writes for too long. StorageFailed: the folder can't be made.
        """
        from filelock import FileLock, Timeout

        with self.errors():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(f"{self._file}.lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            what = f"another process writes {self._what}"
            raise Locked(what, which=self._file.name, next_step="call again") from error

    def append(self, word: W) -> str:
        """Add a word behind the last whole line and return its line; the caller holds the file.

        Raises:
            StorageFailed: the disk refused; nothing of the line is left.
        """
        line = word.model_dump_json(exclude_unset=True)
        with self.errors():
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _write_at_end(handle, line.encode() + b"\n")
            finally:
                os.close(handle)
        return line

    def rewrite(self, words: Iterable[W]) -> None:
        """Put other words in place of all; the caller holds the file.

        Raises:
            StorageFailed: the disk refused; it is as it was then.
        """
        with self.errors():
            write_whole(self._file, "".join(f"{word.model_dump_json(exclude_unset=True)}\n" for word in words))

    @contextmanager
    def errors(self) -> Generator[None]:
        """Tell what the disk refuses as StorageFailed."""
        try:
            yield
        except OSError as error:
            raise self._unusable(error) from error

    def _word(self, number: int, line: bytes) -> W:
        try:
            return self._kind.model_validate_json(line)
        except ValidationError as error:
            what, step = f"{self._what}: damaged in line {number}", "put the file back from a copy, or mend the line"
            next_step = f"{step}; until then nothing is read or set"
            raise StorageFailed(what, which=self._file.name, next_step=next_step) from error

    def _unusable(self, error: OSError) -> StorageFailed:
        what = f"{self._what} can't be used: {error.strerror or error}"
        return StorageFailed(what, which=self._file.name, next_step="check the disk and the rights")


def _write_at_end(handle: int, data: bytes) -> None:
    """Write behind the last whole line: what a killed process left of one goes."""
    size = os.fstat(handle).st_size
    end = os.pread(handle, size, 0).rfind(b"\n") + 1
    os.ftruncate(handle, end)
    if os.pwrite(handle, data, end) != len(data):
        os.ftruncate(handle, end)
        raise OSError("the disk took only a part of the line")
    os.fsync(handle)
