"""The folders under which files may be read; every path is judged and opened here."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Literal, cast

from groundsight.atomic import write_whole
from groundsight.errors import InvalidArgument, NotFound, StorageFailed
from groundsight.governance.beneath import LIST, LOOK, READ, open_beneath
from groundsight.governance.pii_names import StoredNames
from groundsight.governance.sources import no_such_file, path_text, source_text, tidy
from groundsight.settings import Settings

EntryKind = Literal["file", "folder", "link", "other"]
# A context is of one thread: what is lent in one can't be named in another.
_LENT = ContextVar[Mapping[str, Path]]("_LENT", default=MappingProxyType({}))
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


class Roots:
    """Named folders. A source is ``<root name>/<path inside, with forward slashes>``, personal data replaced.

    A source leads back to its file by looking into the folder; the real name is understood as well.
    A view holds some of the folders (``held``, None: all) and names a file by the innermost of these. What lies in none
    reads like absent, and so does a folder of a caller (``owned``) inside of a held one. A hard link inside a folder is
    a file of that folder: no system tells it from another name of the file.
    """

    def __init__(
        self,
        folders: dict[str, Path],
        register: Path,
        held: set[str] | None = None,
        owned: frozenset[str] = frozenset(),
        names: StoredNames | None = None,
    ) -> None:
        self._folders, self._register, self._held, self._owned = folders, register, held, owned
        self._names = names or StoredNames(register.parent, ())

    @classmethod
    def load(cls, settings: Settings, is_word: Callable[[str], bool] | None = None) -> Roots:
        """Return the view of the person at this machine; ``is_word`` as in ``StoredNames``.

        It holds the folders of the settings, of callers of the same tenant, and those in ``<home>/roots.json``.
        """
        names, register = StoredNames.of(settings, is_word), settings.home / "roots.json"
        roots = cls({}, register, names=names)
        registered = [Path("/", names.real(Path("/"), each.strip("/"))) for each in _registered(register)]
        mine = {roots._name(folder) for folder in settings.roots}
        callers = {(each.tenant, roots._name(at)) for each in settings.server.callers for at in each.roots or ()}
        mine |= {name for of, name in callers if of == settings.governance.tenant} | {*map(roots._name, registered)}
        return cls(roots._folders, register, mine, frozenset(name for _, name in callers), names)

    def names(self) -> tuple[str, ...]:
        """Return the names of the roots, in the order in which they were given."""
        return tuple(name for name in list(self._folders) if self._holds(name))

    def places(self) -> dict[str, Path]:
        """Return the folder of each root by its name, for what watches them."""
        return {name: self._folders[name] for name in self.names()}

    def only(self, folders: Iterable[Path]) -> Roots:
        """Return the view of a caller who holds these folders and no others."""
        wanted = {folder.expanduser().resolve() for folder in folders}
        held = {name for name, at in list(self._folders.items()) if at in wanted}
        return Roots(self._folders, self._register, held, self._owned, self._names)

    def whole(self) -> Roots:
        """Return the view that holds every folder, for what was judged otherwise already."""
        return Roots(self._folders, self._register, names=self._names)

    def add(self, folder: Path) -> str:
        """Add a folder that a person named to the register and return its name; known ones keep theirs.

        Raises:
            InvalidArgument: it is not a folder, or it is the root of the file system.
        """
        place = folder.expanduser().resolve()
        if not place.is_dir() or place == Path(place.anchor):
            which = source_text(folder.name)
            raise InvalidArgument("this is not a folder that can be read", which=which, next_step="name a folder")
        known, name = place in list(self._folders.values()), self._name(place)
        if not (known and self._holds(name)):
            _write_register(self._register, [*_registered(self._register), self._names.stored(str(place))])
        if self._held is not None:
            self._held.add(name)
        return name

    def admit(self, path: Path) -> None:
        """Add the folder of what a person named, where it lies in none; what is not there changes nothing."""
        place = Path(os.path.realpath(path.expanduser()))
        if os.path.exists(place) and self._innermost(place) is None:
            self.add(place if place.is_dir() else place.parent)

    @contextmanager
    def lent(self, file: Path) -> Generator[str]:
        """Let this thread read one file that a person hands over, within a block; its source is like no name or id."""
        real = Path(os.path.realpath(file.expanduser()))
        found = self._innermost(real)
        source = self._source(*found) if found else f"./{source_text(self._names.stored(real.name))}"
        before = _LENT.set({source: real})
        try:
            yield source
        finally:
            _LENT.reset(before)

    def source_of(self, source_or_path: str | Path) -> str:
        """Return the one source of what a source or a path leads to, links followed.

        Raises:
            NotFound: the path lies in no root (or does not exist, which reads alike).
        """
        lent = str(source_or_path) in _LENT.get()
        return str(source_or_path) if lent else self._source(*self._locate(source_or_path))

    def source_of_any(self, path: Path) -> str:
        """Return the source of a path inside a root whether or not anything is there, else NotFound."""
        try:
            found = self._innermost(path.expanduser().resolve())
        except (OSError, RuntimeError, ValueError) as error:
            raise no_such_file() from error
        if found is None:
            raise no_such_file()
        return self._source(*found)

    def open_inside(self, source: str | Path) -> int:
        """Open a regular file inside a root and return its descriptor; the caller closes it.

        Raises:
            NotFound: outside, absent, a folder, a device or a pipe, which all read alike; or not readable.
        """
        lent = _LENT.get().get(str(source))
        name, inside = ("", PurePosixPath(lent.name)) if lent else self._locate(source)
        descriptor = self._open(lent.parent if lent else self._folders[name], inside, READ)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise no_such_file()
        return descriptor

    def path_of(self, source: str) -> Path:
        """Return where a file lies, for a program that takes names only; NotFound outside of the roots."""
        if lent := _LENT.get().get(source):
            return lent
        name, inside = self._locate(source)
        return self._folders[name] / inside

    def listing(self, source: str) -> list[tuple[str, EntryKind]]:
        """Return what a folder holds as sources in order, each with its kind; folders of others are left out.

        Raises:
            NotFound: it is no folder inside a root, or it can't be listed.
        """
        name, inside = self._place(source)
        with self._entries(name, inside) as entries:
            found: dict[str, EntryKind] = {entry.name: _kind(entry) for entry in entries}
        listed: list[tuple[str, EntryKind]] = []
        for below in sorted(found):
            at = self._innermost(self._folders[name] / inside / below)
            if at is not None:
                listed.append((self._source(*at), found[below]))
        return listed

    def holds_any(self, source: str) -> bool:
        """Tell whether a folder holds anything, without listing it: of 10,000 files that takes 0.2 CPU s.

        Raises:
            NotFound: it is no folder inside a root, or it can't be listed.
        """
        with self._entries(*self._place(source)) as entries:
            return next(entries, None) is not None

    @contextmanager
    def _entries(self, name: str, inside: PurePosixPath) -> Generator[Iterator[os.DirEntry[str]]]:
        """Open a folder and walk it; what can't be listed is refused by its place."""
        descriptor = self._open(self._folders[name], inside, LIST)
        try:
            with os.scandir(descriptor) as entries:
                yield entries
        except OSError as error:
            raise _unreadable(inside) from error
        finally:
            os.close(descriptor)

    def stat(self, source: str) -> os.stat_result | None:
        """Return the state of the regular file that a source names, None when it is gone; no link is followed.

        Raises:
            NotFound: that can't be told, since its root is unknown, not there, or closed to this process.
        """
        name, inside = self._place(source)
        try:
            descriptor = open_beneath(self._folders[name], inside, LOOK)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _NOT_THERE and self._folders[name].is_dir():
                return None
            raise no_such_file() from error
        try:
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        return found if stat.S_ISREG(found.st_mode) else None

    def _holds(self, name: str) -> bool:
        return self._held is None or name in self._held

    def _open(self, folder: Path, inside: PurePosixPath, flags: int) -> int:
        try:
            return open_beneath(folder, inside, flags)
        except PermissionError as error:
            raise _unreadable(inside) from error
        except (OSError, ValueError) as error:
            raise no_such_file() from error

    def _locate(self, source_or_path: str | Path) -> tuple[str, PurePosixPath]:
        """Find root and inner path after following links, whichever form was given."""
        text = str(source_or_path) if isinstance(source_or_path, Path) else tidy(source_or_path)
        name, _, rest = text.partition("/")
        if self._holds(name) and name in self._folders and not os.path.isabs(text):
            text = str(self._folders[name] / self._inside(name, rest))
        try:
            real = Path(text).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise no_such_file() from error
        found = self._innermost(real)
        if found is None:
            raise no_such_file()
        return found

    def _place(self, source: str) -> tuple[str, PurePosixPath]:
        """Find root and inner path of a source as it is written, looking at nothing."""
        name, _, rest = source.partition("/")
        if name not in self._folders or not self._holds(name):
            raise no_such_file()
        return name, self._inside(name, rest)

    def _inside(self, name: str, rest: str) -> PurePosixPath:
        return PurePosixPath(self._names.real(self._folders[name], path_text(rest)))

    def _innermost(self, real: Path) -> tuple[str, PurePosixPath] | None:
        """Return where a real path lies, None in no root or in one that is not held."""
        known = [each for each in list(self._folders.items()) if self._holds(each[0]) or each[0] in self._owned]
        holders = [(name, root) for name, root in known if real.is_relative_to(root)]
        name, root = max(holders, key=lambda holder: len(holder[1].parts), default=("", Path()))
        return (name, PurePosixPath(real.relative_to(root).as_posix())) if name and self._holds(name) else None

    def _source(self, name: str, inside: PurePosixPath) -> str:
        return f"{name}/{source_text(self._names.stored(inside.as_posix()))}" if inside.parts else name

    def _name(self, folder: Path) -> str:
        place = folder.expanduser().resolve()
        known = {path: name for name, path in list(self._folders.items())}
        if place in known:
            return known[place]
        base = source_text(self._names.stored(place.name)).lstrip("~") or "root"
        tries = (base if number == 1 else f"{base}-{number}" for number in range(1, 1_000_000))
        name = next(candidate for candidate in tries if candidate not in self._folders)
        self._folders[name] = place
        return name


def _kind(entry: os.DirEntry[str]) -> EntryKind:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"


def _registered(register: Path) -> list[str]:
    try:
        listed = json.loads(register.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        what, step = "the list of folders can't be read", "delete it and add the folders again"
        raise StorageFailed(what, which=register.name, next_step=step) from error
    values: list[object] = cast("list[object]", listed) if isinstance(listed, list) else []
    return [value for value in values if isinstance(value, str)]


def _write_register(register: Path, folders: Iterable[str]) -> None:
    text = json.dumps(list(dict.fromkeys(folders)), indent=1)
    try:
        register.parent.mkdir(parents=True, exist_ok=True)
        write_whole(register, text)
    except OSError as error:
        raise StorageFailed("the list of folders can't be written", which=register.name) from error


def _unreadable(inside: PurePosixPath) -> NotFound:
    return NotFound("it can't be read", which=source_text(inside.name), next_step="check its permissions")
