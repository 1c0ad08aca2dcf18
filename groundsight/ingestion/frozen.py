"""A file as it was at one moment: opened once, copied, hashed, and read from that very copy."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from groundsight.errors import GroundsightError, LimitExceeded, NotFound
from groundsight.governance.beneath import READ
from groundsight.governance.sources import source_text
from groundsight.ingestion.sniff import size_limit
from groundsight.limits import MIB


@dataclass(frozen=True)
class Frozen:
    """An anonymous copy that nobody can change, with its SHA-256, its bytes and the file's time (ns).

    ``source`` names the file in messages and in the index. Use it as a context manager; closing it drops the copy.
    """

    source: str
    sha256: str
    bytes: int
    mtime_ns: int
    copy: IO[bytes]

    @property
    def name(self) -> str:
        """The file's name, printable."""
        return self.source.rpartition("/")[2]

    def read(self) -> bytes:
        """Return the whole of it."""
        return os.pread(self.copy.fileno(), self.bytes, 0)

    def __enter__(self) -> Frozen:
        return self

    def __exit__(self, *_: object) -> None:
        self.copy.close()


def freeze(descriptor: int, source: str, most: int) -> Frozen:
    """Copy an open file from its beginning, so that what is hashed, parsed and shown are the same bytes.

    Raises:
        LimitExceeded: there are more than ``most`` bytes. NotFound: it can't be read.
    """
    digest, copy = hashlib.sha256(), anonymous_file()
    try:
        before = os.fstat(descriptor).st_mtime_ns
        for piece in _pieces(descriptor, source, most):
            digest.update(piece)
            copy.write(piece)
        copy.flush()
    except GroundsightError:
        copy.close()
        raise
    return Frozen(source, digest.hexdigest(), copy.tell(), before, _sealed(copy))


def content_hash(descriptor: int, source: str, most: int) -> str:
    """Return the SHA-256 of an open file, from its beginning, without copying it.

    Raises:
        LimitExceeded: there are more than ``most`` bytes. NotFound: it can't be read.
    """
    digest = hashlib.sha256()
    for piece in _pieces(descriptor, source, most):
        digest.update(piece)
    return digest.hexdigest()


def frozen_by_name(path: Path, most: int) -> Frozen:
    """Freeze a file that a person named or this program made; for everybody else ``reach`` opens below a root.

    Raises:
        NotFound: no regular file; links, pipes and devices read like absent ones. LimitExceeded: it is too big.
    """
    name = source_text(path.name)
    try:
        descriptor = os.open(path, READ | os.O_NOFOLLOW)
    except (OSError, ValueError) as error:
        raise NotFound("no such file", which=name) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotFound("no such file", which=name)
        return freeze(descriptor, name, most)
    finally:
        os.close(descriptor)


def frozen_inside(path: Path, source: str, most: int, mtime_ns: int) -> Frozen:
    """Freeze what a reader took out of a file and left in the scratch folder; its time is that of the file.

    Raises:
        LimitExceeded: it is too big.
    """
    descriptor = os.open(path, READ | os.O_NOFOLLOW)
    try:
        return replace(freeze(descriptor, source, most), mtime_ns=mtime_ns)
    finally:
        os.close(descriptor)


def _pieces(descriptor: int, source: str, most: int) -> Iterator[bytes]:
    counted = 0
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        while piece := os.read(descriptor, MIB):
            counted += len(piece)
            if counted > most:
                raise _too_big(source, most)
            yield piece
    except OSError as error:
        raise NotFound("it can't be read", which=source, next_step="check the disk it lies on") from error


def _too_big(source: str, most: int) -> LimitExceeded:
    return LimitExceeded(
        "the file is too big",
        which=source,
        limit=f"limits.{size_limit(source)} = {most}",
        next_step="raise the limit or split the file",
        code="E_LIMIT_BYTES",
    )


def anonymous_file() -> IO[bytes]:
    """Open an empty file that has no name; only such a file can be opened once more in the child."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")
    return tempfile.TemporaryFile()


def _sealed(copy: IO[bytes]) -> IO[bytes]:
    """Let nobody write to the copy any more: the child that reads it is not trusted, and it is read again."""
    if hasattr(os, "memfd_create"):
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, seals)
    return copy
