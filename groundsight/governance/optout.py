"""What must not be read again: keyed hashes of contents and sources, so that the list tells nobody what they were."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import NotFound, PolicyRefused, StorageFailed
from groundsight.governance.audit import read_or_make_key
from groundsight.governance.line_file import LineFile
from groundsight.types import Asset, Shown

LIST, KEY, OPTED_OUT = "optout.json", "optout.key", "E_OPTED_OUT"


class OptOut(Shown):
    """One entry: ``id`` is the keyed hash of the content, or of the source of a file or folder, and of its tenant."""

    id: str
    kind: Literal["content", "source"]
    since: date

    def _text(self) -> str:
        return f"{self.id}: {self.kind}, opted out on {self.since}"


class OptOuts:
    """The list of one tenant in one home; it is read once and written whole.

    Raises:
        StorageFailed: the list can't be read or written; nothing is ingested then.
    """

    def __init__(self, home: Path, tenant: str) -> None:
        self._home, self._tenant = home, tenant
        self._take(_read(home / LIST))
        self._key = read_or_make_key(home / KEY) if self._every else b""

    def listed(self) -> tuple[OptOut, ...]:
        """Return the entries, oldest first."""
        return self._every

    def holds(self, source: str, sha256: str = "") -> bool:
        """True for a source on the list, or what lies below one, and for a content that is on it."""
        if not self._every:
            return False
        above = (str(each) for each in (PurePosixPath(source), *PurePosixPath(source).parents))
        return not self._ids.isdisjoint({self._id("content", sha256), *(self._id("source", each) for each in above)})

    def require_free(self, source: str, sha256: str) -> None:
        """Raise PolicyRefused (E_OPTED_OUT) for a source or a content that is on the list."""
        if self.holds(source, sha256):
            step = "groundsight forget --lift FILE reads it again"
            raise PolicyRefused("it is opted out", which=source, next_step=step, code=OPTED_OUT)

    def add(self, sources: Iterable[str], contents: Iterable[str]) -> tuple[OptOut, ...]:
        """Put files and folders on the list, and contents, wherever they lie; return what is new."""
        wanted = [("source", each) for each in sources] + [("content", each) for each in contents]
        with self._held():
            self._key = read_or_make_key(self._home / KEY)
            made = [OptOut.model_validate({"id": self._id(kind, told), "kind": kind, "since": date.today()})
                    for kind, told in wanted]  # fmt: skip
            new = tuple({each.id: each for each in made if each.id not in self._ids}.values())
            self._write((*self._every, *new))
        return new

    def lift(self, names: Sequence[str], contents: Sequence[str]) -> tuple[OptOut, ...]:
        """Take entries off, named by id, by source, or by content.

        Raises:
            NotFound: none of them is on the list.
        """
        ids = {*names, *(self._id("source", each) for each in names), *(self._id("content", each) for each in contents)}
        with self._held():
            gone = tuple(each for each in self._every if each.id in ids)
            if not gone:
                step = "groundsight forget --opted-out lists the entries"
                raise NotFound("nothing of this name is opted out", which=", ".join(names)[:80], next_step=step)
            self._write([each for each in self._every if each not in gone])
        return gone

    @contextmanager
    def _held(self) -> Generator[None]:
        """Keep other writers off, and take in what they wrote."""
        with LineFile(self._home / LIST, OptOut, "the list of opt-outs").held():
            self._take(_read(self._home / LIST))
            yield

    def _take(self, entries: Sequence[OptOut]) -> None:
        self._every, self._ids = tuple(entries), frozenset(each.id for each in entries)

    def _id(self, kind: str, told: str) -> str:
        named = f"{kind}\0{self._tenant}\0{told}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, named, hashlib.sha256).hexdigest()[:24]

    def _write(self, entries: Sequence[OptOut]) -> None:
        try:
            write_whole(self._home / LIST, json.dumps([each.model_dump(mode="json") for each in entries], indent=1))
        except OSError as error:
            raise StorageFailed("the list of opt-outs can't be written", which=LIST) from error
        self._take(entries)


def opted_out_among(home: Path, assets: Iterable[Asset]) -> list[Asset]:
    """Return the documents of any tenants that are on the lists of a home as they are now; StorageFailed as above."""
    held = list(assets)
    lists = {tenant: OptOuts(home, tenant) for tenant in {each.tenant for each in held}}
    return [each for each in held if lists[each.tenant].holds(each.source, each.sha256)]


def _read(file: Path) -> tuple[OptOut, ...]:
    try:
        return tuple(_entries(json.loads(file.read_bytes())))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, ValidationError) as error:
        step = "put it back from a copy: without it what was opted out would be read again"
        raise StorageFailed("the list of opt-outs can't be read", which=LIST, next_step=step) from error


def _entries(listed: object) -> Iterator[OptOut]:
    if not isinstance(listed, list):
        raise ValueError(LIST)
    yield from (OptOut.model_validate(each) for each in listed)  # pyright: ignore[reportUnknownVariableType]
