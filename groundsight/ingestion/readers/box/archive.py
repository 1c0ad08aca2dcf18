"""Archives (zip, tar, and one packed file): their list of names, and each member as a file inside."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.sniff import PACKED, TAR, ZIP
from groundsight.limits import MIB, Limits

# What systems put into archives for themselves.
_JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError)


def read_zip(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Take the files out of a zip archive; a bad, encrypted or linked one is left out and said.

    Raises:
        ParseFailed: the archive itself is damaged.
    """
    box = InsideBox(scratch, limits, "archive member")
    try:
        with zipfile.ZipFile(path) as archive:
            files = [each for each in archive.infolist() if not each.is_dir() and not _is_junk(each.filename)]
            for member in files:
                _keep_member(archive, member, box)
    except _DAMAGED as error:
        raise _damaged() from error
    return _listed(ZIP, box)


def read_tar(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Take the regular files out of a tar archive that is not packed; see ``read_zip``."""
    with path.open("rb") as file:
        return _tar(file, InsideBox(scratch, limits, "archive member"))


def read_packed(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Unpack a gz, bz2 or xz file: a tar archive, or one file, which is called "content" here."""
    box = InsideBox(scratch, limits, "archive member")
    try:
        with path.open("rb") as packed, _opened(packed) as file:
            head = file.read(512)
            whole = _Chained(head, file)
            if head[257:262] == b"ustar":
                return _tar(whole, box).model_copy(update={"media_type": PACKED})
            box.keep("content", _pieces(whole))
    except _DAMAGED as error:
        raise _damaged() from error
    return _listed(PACKED, box)


def _opened(packed: IO[bytes]) -> IO[bytes]:
    start = packed.read(2)
    packed.seek(0)
    match start:
        case b"\x1f\x8b":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
        case b"BZ":
            return bz2.BZ2File(packed)
        case _:
            return lzma.LZMAFile(packed)


class _Chained(io.RawIOBase):
    """A file whose beginning was read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        piece = self._head[:size] if size >= 0 else self._head
        self._head = self._head[len(piece) :]
        return piece + self._rest.read(size - len(piece) if size >= 0 else -1)


def _tar(file: IO[bytes] | io.RawIOBase, box: InsideBox) -> Parsed:
    try:
        with tarfile.open(fileobj=file, mode="r|") as archive:  # pyright: ignore
            for member in archive:
                _keep_entry(archive, member, box)
    except _DAMAGED as error:
        if not box.inside:
            raise _damaged() from error
        box.refuse("the archive is damaged from here on")
    return _listed(TAR, box)


def _keep_entry(archive: tarfile.TarFile, member: tarfile.TarInfo, box: InsideBox) -> None:
    if member.isdir() or _is_junk(member.name):
        return
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        box.refuse("a link or a device")
    else:
        box.keep(member.name, _pieces(content))


def _keep_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, box: InsideBox) -> None:
    if member.flag_bits & 1:
        box.refuse("encrypted")
    elif (member.external_attr >> 16) & 0o170000 == 0o120000:
        box.refuse("a link or a device")
    else:
        try:
            with archive.open(member) as content:
                box.keep(member.filename, _pieces(content))
        except _DAMAGED:
            box.refuse("damaged")


def _pieces(content: IO[bytes] | io.RawIOBase) -> Iterator[bytes]:
    while piece := content.read(MIB):
        yield piece


def _is_junk(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part in _JUNK for part in parts) or any(part.startswith("._") for part in parts)


def _listed(media_type: str, box: InsideBox) -> Parsed:
    """The archive itself is known by what lies in it."""
    names = "\n".join(one_line(each.name) for each in box.inside)
    shown = f"Files in this archive ({len(box.inside)}):\n{names}" if names else "No file could be taken out."
    elements = (Element(kind="text", text=shown),)
    return Parsed(media_type=media_type, elements=elements, inside=box.inside, left_out=box.ledger.left_out)


def _damaged() -> ParseFailed:
    return ParseFailed("malformed: a damaged archive", next_step="pack it anew")
