"""The folders under which files may be read; every path is judged and opened here."""

from __future__ import annotations

import ctypes
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import cast

from groundsight.errors import InvalidArgument, NotFound, StorageFailed
from groundsight.settings import Settings

_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_OPENAT2 = 437
_NO_MAGICLINKS, _BENEATH = 0x02, 0x08


class Roots:
    """Named folders. A source is ``<root name>/<path inside, with forward slashes>``."""

    def __init__(self, folders: dict[str, Path], register: Path) -> None:
        self._folders = folders
        self._register = register

    @classmethod
    def load(cls, settings: Settings) -> Roots:
        """Join the folders of the settings and those registered in ``<home>/roots.json``."""
        roots = cls({}, settings.home / "roots.json")
        for folder in (*settings.roots, *_registered(roots._register)):
            roots._name(folder.expanduser().resolve())
        return roots

    def names(self) -> tuple[str, ...]:
        """Return the names of the roots, in the order in which they were given."""
        return tuple(self._folders)

    def add(self, folder: Path) -> str:
        """Register a folder that a person named and return its name; known folders keep theirs.

        Raises:
            InvalidArgument: it is not a folder, or it is the root of the file system.
        """
        place = folder.expanduser().resolve()
        if not place.is_dir() or place == Path(place.anchor):
            raise InvalidArgument("this is not a folder that can be read", which=folder.name, next_step="name a folder")
        known = {path: name for name, path in self._folders.items()}
        if place in known:
            return known[place]
        name = self._name(place)
        _write_register(self._register, [*_registered(self._register), place])
        return name

    def source_of(self, path: Path) -> str:
        """Return the source form of a path inside a root; the innermost root names it.

        Raises:
            NotFound: the path lies in no root (or does not exist, which reads alike).
        """
        name, inside = self._split(_tidy(str(path)))
        return f"{name}/{inside.as_posix()}" if inside.parts else name

    def resolve(self, source_or_path: str | Path) -> Path:
        """Return the real path of a regular file inside a root.

        Raises:
            NotFound: outside, absent, a folder, a device or a pipe: all read alike.
        """
        real = self._real(source_or_path)
        if not _is_regular(real):
            raise _not_found()
        return real

    def resolve_folder(self, source_or_path: str | Path) -> Path:
        """Return the real path of a folder inside a root, or of a root itself; else NotFound."""
        real = self._real(str(source_or_path).rstrip("/"))
        if not real.is_dir():
            raise _not_found()
        return real

    def open_inside(self, source: str | Path) -> int:
        """Open a regular file inside a root and return its descriptor; the caller closes it.

        The kernel keeps the walk beneath the root (openat2, RESOLVE_BENEATH), so swapping a
        folder or file for a link between check and open leads to NotFound, never outside.
        """
        name, inside = self._locate(source)
        descriptor = _open_beneath(self._folders[name], inside)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _not_found()
        return descriptor

    def _real(self, source_or_path: str | Path) -> Path:
        name, inside = self._locate(source_or_path)
        return self._folders[name] / inside

    def _locate(self, source_or_path: str | Path) -> tuple[str, PurePosixPath]:
        """Find root and inner path after following links, whichever form was given."""
        text = _tidy(str(source_or_path))
        name, _, rest = text.partition("/")
        if name in self._folders and not os.path.isabs(text):
            text = str(self._folders[name] / rest) if rest else str(self._folders[name])
        return self._split(text)

    def _split(self, text: str) -> tuple[str, PurePosixPath]:
        try:
            real = Path(text).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise _not_found() from error
        holders = [(name, root) for name, root in self._folders.items() if real.is_relative_to(root)]
        if not holders:
            raise _not_found()
        name, root = max(holders, key=lambda holder: len(holder[1].parts))
        return name, PurePosixPath(real.relative_to(root).as_posix())

    def _name(self, folder: Path) -> str:
        known = {path: name for name, path in self._folders.items()}
        if folder in known:
            return known[folder]
        base = folder.name or "root"
        tries = (base if number == 1 else f"{base}-{number}" for number in range(1, 1_000_000))
        name = next(candidate for candidate in tries if candidate not in self._folders)
        self._folders[name] = folder
        return name


def _tidy(text: str) -> str:
    """Refuse what is no plain path: empty, NULs, steps up, backslashes, home marks, URLs, encodings."""
    parts = PurePosixPath(text).parts
    odd = not text or "\0" in text or ".." in parts or text.startswith(("~", "//")) or "://" in text
    foreign = (len(text) > 1 and text.endswith("/")) or ("\\" in text and sys.platform != "win32")
    if odd or foreign or text.casefold().startswith("file:"):
        raise _not_found()
    return text


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _open_beneath(root: Path, inside: PurePosixPath) -> int:
    try:
        return _openat2(root, inside) if sys.platform == "linux" else _open_checked(root, inside)
    except (OSError, ValueError) as error:
        raise _not_found() from error


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _openat2(root: Path, inside: PurePosixPath) -> int:
    """Open through openat2(2), Linux 5.6; older kernels take the checked way."""
    library = ctypes.CDLL(None, use_errno=True)
    how = _OpenHow(_OPEN, 0, _BENEATH | _NO_MAGICLINKS)
    base = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        name = os.fsencode(str(inside))
        found = int(library.syscall(_OPENAT2, base, name, ctypes.byref(how), ctypes.sizeof(how)))
        problem = ctypes.get_errno()
    finally:
        os.close(base)
    if found >= 0:
        return found
    if problem in (38, 22, 1):
        return _open_checked(root, inside)
    raise OSError(problem, os.strerror(problem))


def _open_checked(root: Path, inside: PurePosixPath) -> int:
    """Walk down folder by folder, following no link: what ``resolve`` returned holds none."""
    step = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for number, part in enumerate(inside.parts, start=1):
        last = number == len(inside.parts)
        flags = _OPEN | os.O_NOFOLLOW | (0 if last else os.O_DIRECTORY)
        try:
            below = os.open(part, flags, dir_fd=step)
        finally:
            os.close(step)
        step = below
    return step


def _registered(register: Path) -> list[Path]:
    try:
        listed = json.loads(register.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise StorageFailed(
            "the list of folders can't be read", which=register.name, next_step="delete it and add the folders again"
        ) from error
    values: list[object] = cast("list[object]", listed) if isinstance(listed, list) else []
    return [Path(value) for value in values if isinstance(value, str)]


def _write_register(register: Path, folders: Iterable[Path]) -> None:
    text = json.dumps([str(folder) for folder in dict.fromkeys(folders)], indent=1)
    try:
        register.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=register.parent, delete=False) as draft:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
        os.replace(draft.name, register)
    except OSError as error:
        raise StorageFailed("the list of folders can't be written", which=register.name) from error


def _not_found() -> NotFound:
    return NotFound(
        "no such file in the folders that may be read",
        next_step="list the sources, or add its folder on the command line",
    )
