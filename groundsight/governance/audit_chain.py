"""The chain of the audit trail: how a record is signed, and the keyed head that counts the records.

``hash`` of a record is HMAC-SHA256 over the record without it, ``prev`` the hash of the record before. The head lies in
a file of its own, in two slots written in turn: a torn slot leaves the other. A record whose head was not written any
more is no loss, its process died in between; a record that the head counts and the trail lacks is one. A second
head lies beside the folder, so that one that goes as a whole, or is put back to an earlier state, is missed.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from groundsight.types import Word
from groundsight.types.showing import number_of

TRAIL, HEAD, KEY = "audit.jsonl", "head", "key"
FIRST = "0" * 64
# A slot is a sector, which a device writes whole or not at all.
SLOT = 512
Record = dict[str, Any]


class Head(Word):
    """The last record: its number and hash, where the file ends behind it, the last number that was synced, and whether
    there was a head beside the folder."""

    count: int = 0
    last: str = FIRST
    bytes: int = 0
    durable: int = 0
    beside: bool = False


class HeadFile:
    """A head of the trail in ``path``: ``newest`` is None without a sound one, ``damaged`` unless both slots are.

    Up to format 1 the head was ``head.json``, which anybody could write.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key, self.exists = path, key, path.exists()
        data = self._path.read_bytes() if self._path.is_file() else b""
        slots = [_head_in(data[at : at + SLOT], key) for at in (0, SLOT)]
        self.newest = max((head for head in slots if head), key=lambda head: head.count, default=None)
        self.damaged = None in slots
        self._older = 0 if slots[0] != self.newest else SLOT

    def write(self, head: Head, *, durable: bool) -> None:
        """Put a head in place of the older one, of both when none is sound."""
        slot = line_of(signed(head.model_dump(), self._key)).rstrip().ljust(SLOT - 1) + b"\n"
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            for at in (0, SLOT) if self.newest is None else (self._older,):
                os.pwrite(handle, slot, at)
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)


def second_head(folder: Path) -> Path:
    """Return where the second head of the trail in a folder lies."""
    return folder.with_name(f"{folder.name}.{HEAD}")


def signed(body: Record, key: bytes) -> Record:
    """Return a record with its keyed hash."""
    return {**body, "hash": hmac.new(key, json.dumps(body, sort_keys=True).encode(), hashlib.sha256).hexdigest()}


def line_of(record: Record) -> bytes:
    """Return the one spelling of a record."""
    return json.dumps(record, sort_keys=True).encode() + b"\n"


def authentic(line: bytes, key: bytes) -> Record | None:
    """Return the record in a line, None unless the holder of the key wrote it, byte for byte."""
    found = parsed(line)
    record = signed({name: value for name, value in found.items() if name != "hash"}, key)
    return record if hmac.compare_digest(line_of(record), line) else None


def parsed(line: bytes) -> Record:
    """Return the object in a line, empty when there is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return cast("Record", found) if isinstance(found, dict) else {}


def lines_in(data: bytes) -> list[bytes]:
    """Return lines with their ends; the last one may have none."""
    return io.BytesIO(data).readlines()


def following(data: bytes, head: Head, key: bytes) -> Iterator[tuple[Head, Record]]:
    """Yield the records that follow a head, each with the head that it makes, up to the first that does not."""
    for line in lines_in(data):
        record = authentic(line, key)
        if record is None or (record["n"], record["prev"]) != (head.count + 1, head.last):
            return
        head = Head(count=record["n"], last=record["hash"], bytes=head.bytes + len(line), durable=head.durable)
        yield head, record


def last_authentic(data: bytes, key: bytes) -> Record | None:
    """Return the last record that is whole."""
    return next((record for line in reversed(lines_in(data)) if (record := authentic(line, key))), None)


def may_lack_head(records: Sequence[Record]) -> bool:
    """True when these may stand behind the head: all but the last belong to calls that were still at work."""
    return all(record.get("kind") == "begin" for record in records[:-1])


def problem_of_old_head(folder: Path, last: Record) -> str:
    """Compare the last record of a trail of format 1 with its head; a crash left that one record behind."""
    count = last["n"]
    file = folder / "head.json"
    if not file.is_file():
        return "the head of the chain is missing" if count > 1 else ""
    old = parsed(file.read_bytes())
    fits = (old.get("count"), old.get("hash")) in ((count, last["hash"]), (count - 1, last["prev"]))
    return "" if fits else f"the trail has {number_of(count, 'line')} where its head counts {old.get('count')}"


def problem_beside(head: Head | None, second: HeadFile) -> str:
    """Say what is wrong with the head beside the folder, empty for nothing."""
    if second.exists:
        return "" if second.newest else "the head beside the folder is of another trail: one that stood here is gone"
    return "the head beside the folder is missing" if head and head.beside else ""


def _head_in(slot: bytes, key: bytes) -> Head | None:
    record = authentic(slot.rstrip() + b"\n", key)
    try:
        told = {"beside": False, **record} if record else {}
        return Head.model_validate({name: told[name] for name in Head.model_fields}) if record else None
    except (KeyError, ValidationError):
        return None
