"""What protected a content whose document is gone, by keyed hash: under whatever name it comes back, it holds again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import PolicyRefused, StorageFailed
from groundsight.governance.access import PROTECTIVE
from groundsight.governance.audit import read_or_make_key
from groundsight.governance.rights import Book, is_over, narrowed
from groundsight.governance.rights_ledger import FOLDER, RightsLedger
from groundsight.types import Asset, UsageRights, Word

LIST, KEY, OVER = "remembered.json", "remembered.key", "E_RIGHTS_OVER"
_FREE: Mapping[str, Any] = {name: Asset.model_fields[name].default for name in PROTECTIVE}


class Remembered(Word):
    """One content: ``id`` is the keyed hash of it and of its tenant; ``since`` is when its document went."""

    id: str
    since: date
    owner: str = ""
    region: str = "global"
    labels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    usage_rights: UsageRights = "approved"
    consent_until: date | None = None
    retain_until: date | None = None


class RememberedRights:
    """What is remembered of the contents of one home.

    Raises:
        StorageFailed: it can't be read or written; nothing is ingested or removed then.
    """

    def __init__(self, home: Path) -> None:
        self._home, self._folder = home, home / FOLDER
        self._kept = {each.id: each for each in _read(self._folder / LIST)}
        self._key = read_or_make_key(self._folder / KEY) if self._kept else b""

    def of(self, book: Book, tenant: str, source: str, sha256: str) -> Mapping[str, Any]:
        """Return how a content was protected, but for what a person has stated of this very file since then."""
        kept = self._kept.get(self._id(tenant, sha256)) if self._kept else None
        if kept is None:
            return _FREE
        newer = {name for name, day in book.stated_of(tenant, source).items() if day >= kept.since}
        return {name: _FREE[name] if name in newer else getattr(kept, name) for name in PROTECTIVE}

    def require_free(self, book: Book, tenant: str, source: str, sha256: str) -> None:
        """Raise PolicyRefused (E_RIGHTS_OVER) for a content that was denied or is out of its time."""
        if is_over(self.of(book, tenant, source, sha256)):
            step = "state its rights anew to read it again: groundsight rights FILE"
            raise PolicyRefused("its content is denied, or kept no longer", which=source, next_step=step, code=OVER)

    def add(self, gone: Iterable[Asset]) -> None:
        """Remember how documents are protected that are about to go; those that are free leave nothing."""
        guarded = [asset for asset in gone if any(getattr(asset, name) != _FREE[name] for name in PROTECTIVE)]
        if not guarded:
            return
        with RightsLedger(self._home).held():
            self._key = read_or_make_key(self._folder / KEY)
            kept = {each.id: each for each in _read(self._folder / LIST)}
            for asset in guarded:
                name = self._id(asset.tenant, asset.sha256)
                kept[name] = _strictest(kept.get(name), name, asset)
            self._write(kept)

    def _id(self, tenant: str, sha256: str) -> str:
        return hmac.new(self._key, f"{tenant}\0{sha256}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _write(self, kept: dict[str, Remembered]) -> None:
        every = [each.model_dump(mode="json", exclude_defaults=True) for each in kept.values()]
        try:
            write_whole(self._folder / LIST, json.dumps(every, indent=1))
        except OSError as error:
            raise StorageFailed("what protects contents can't be written", which=LIST) from error
        self._kept = kept


def _strictest(before: Remembered | None, name: str, asset: Asset) -> Remembered:
    values = {each: getattr(asset, each) for each in PROTECTIVE}
    new = Remembered(id=name, since=datetime.now(UTC).date(), **values)
    if before is None:
        return new
    both = {each: narrowed(each, getattr(before, each), values[each]) for each in PROTECTIVE}
    # An owner reads without labels: nobody who owned the one opens the other.
    both["owner"] = before.owner if before.owner == new.owner else ""
    # What tells nothing new leaves the day, and with it what a person has stated since.
    same = all(both[each] == getattr(before, each) for each in PROTECTIVE)
    return before if same else new.model_copy(update=both)


def _read(file: Path) -> tuple[Remembered, ...]:
    try:
        return tuple(_entries(json.loads(file.read_bytes())))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, ValidationError) as error:
        step = "put it back from a copy: without it what was protected would come back unprotected"
        raise StorageFailed("what protects contents can't be read", which=LIST, next_step=step) from error


def _entries(listed: object) -> Iterator[Remembered]:
    if not isinstance(listed, list):
        raise ValueError(LIST)
    yield from (Remembered.model_validate(each) for each in listed)  # pyright: ignore[reportUnknownVariableType]
