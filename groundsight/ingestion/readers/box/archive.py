"""Archives (zip, tar, and one packed file): their list of names, and each member as a file inside."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.clean import clean, decode, one_line
from groundsight.ingestion.sniff import PACKED, TAR, ZIP
from groundsight.limits import MIB, Limits

# The beginning of a packed file, where its name stands.
_NAMED = 300
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
            said = [f"{one.filename}: {decode(one.comment)[0]}" for one in files if one.comment]
            remarks = [*([decode(archive.comment)[0]] if archive.comment else []), *said]
    except _DAMAGED as error:
        raise _damaged() from error
    return _listed(ZIP, box, remarks)


def read_tar(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Take the regular files out of a tar archive that is not packed; see ``read_zip``."""
    with path.open("rb") as file:
        return _tar(file, InsideBox(scratch, limits, "archive member"))


def read_packed(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Unpack a gz, bz2 or xz file: a tar archive, or one file, by the name that it states, else "content"."""
    box = InsideBox(scratch, limits, "archive member")
    try:
        with path.open("rb") as packed, _opened(packed) as file:
            start = os.pread(packed.fileno(), _NAMED, 0)
            head = file.read(512)
            whole = _Chained(head, file)
            if head[257:262] == b"ustar":
                return _tar(whole, box).model_copy(update={"media_type": PACKED})
            box.keep(_stated_name(start) or "content", _pieces(whole))
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


def _stated_name(start: bytes) -> str:
    """Return the name that a gz file gives to what it holds, empty where it gives none."""
    is_named = start[:2] == b"\x1f\x8b" and start[3] & 0x0C == 0x08
    return one_line(start[10:].partition(b"\0")[0].decode("latin-1")) if is_named else ""


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


def _listed(media_type: str, box: InsideBox, remarks: Iterable[str] = ()) -> Parsed:
    """The archive itself is known by what lies in it, and by what was remarked on it."""
    names = "\n".join(one_line(each.name) for each in box.inside)
    shown = f"Files in this archive ({len(box.inside)}):\n{names}" if names else "No file could be taken out."
    elements = tuple(Element(kind="text", text=text) for text in (shown, *map(clean, remarks)) if text)
    return Parsed(media_type=media_type, elements=elements, inside=box.inside, left_out=box.ledger.left_out)


def _damaged() -> ParseFailed:
    return ParseFailed("malformed: a damaged archive", next_step="pack it anew")
