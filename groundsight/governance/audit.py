"""The audit trail: a record when a call begins and one when it ends, without its content, in a chain that shows
tampering.

The key lies beside the trail with mode 0600: the chain protects against everyone who can write the folder and cannot
read that key. Records go on from the keyed head. Where the trail is not what the head says, that becomes a record of
its own and the call goes on: nobody is locked out, and nothing is healed silently.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from groundsight.atomic import whole_file
from groundsight.errors import Locked, StorageFailed
from groundsight.governance.audit_chain import (
    HEAD,
    KEY,
    TRAIL,
    Head,
    HeadFile,
    Record,
    authentic,
    line_of,
    lines_in,
    second_head,
    signed,
)
from groundsight.governance.audit_mend import resume
from groundsight.types import Word

LOCK_SECONDS = 10


class AuditRecord(Word):
    """What is written about one call: who, what, how it ended; the request only as a keyed hash.

    ``denied``: ``request`` is the hash of a document that was kept from the caller, ``outcome`` the rules that did it.
    ``change``: what somebody set, as a hash; ``tool`` says of which rules, ``outcome`` to what. ``sealed`` is the hash
    of the receipt that a call left, empty without one. ``pictured`` are the units whose picture left, with a call or
    (``shown``) to a language model; of ``unsafe`` the documents that turned out to be withheld, or ``outcome`` tells
    what failed to look.
    """

    kind: Literal["begin", "end", "denied", "change", "shown", "unsafe"] = "end"
    id: str
    tenant: str
    user: str
    door: str
    tool: str
    request: str
    returned: tuple[str, ...] = ()
    pictured: tuple[str, ...] = ()
    outcome: str = ""
    seconds: float = 0.0
    sealed: str = ""


class AuditLog:
    """An append-only trail in ``folder``; safe for several processes through a lock file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[bytes, Head] | None = None
        self.anchor = ""
        """Hash of the last record of which this process knows that it was synced; empty before."""

    def fingerprint(self, content: str) -> str:
        """Return the keyed hash under which a request is written down.

        Raises:
            StorageFailed: the trail can't be written.
        """
        return hmac.new(self._key(), content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def append(self, record: AuditRecord) -> None:
        """Add one record to the chain, whole or not at all.

        A kill takes nothing. The end of a call is synced with all that was written before it: two syncs (5 ms on the
        disk of the measurement) and 1 ms of CPU a call. To sync its beginning too would cost two syncs more.

        Raises:
            StorageFailed: the disk refused.
            Locked: another process holds the trail for too long.
        """
        key, ends = self._key(), record.kind in ("end", "change")
        with _storage_errors(self._folder), self._locked():
            handle = os.open(self._folder / TRAIL, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                heads, second = HeadFile(self._folder / HEAD, key), HeadFile(second_head(self._folder), key)
                seen = self._seen[1] if self._seen and self._seen[0] == key else None
                head, mend = resume(handle, self._folder, (heads, second), seen, key)
                if mend is None and head.count == head.durable:
                    self.anchor = head.last
                bodies = [mend, record.model_dump(mode="json")] if mend else [record.model_dump(mode="json")]
                head = _written(handle, head, bodies, key, durable=ends)
            finally:
                os.close(handle)
            heads.write(head.model_copy(update={"beside": second.exists}), durable=ends)
            if ends:  # only what is synced, so that a power cut leaves no second head that is ahead
                second.write(head, durable=not second.exists)
                self.anchor = head.last
            self._seen = (key, head)

    def ended(self, receipt: str) -> AuditRecord | None:
        """Return the record with which a call ended, None where no authentic one stands in the trail.

        Raises:
            StorageFailed: the trail can't be read.
        """
        trail = self._folder / TRAIL
        if not trail.is_file():
            return None
        with _storage_errors(self._folder):
            data = trail.read_bytes()
        key = self._key()
        lines = (line for line in reversed(lines_in(data)) if receipt.encode() in line)
        found = (authentic(line, key) for line in lines)
        mine = next((one for one in found if one and (one.get("id"), one.get("kind")) == (receipt, "end")), None)
        return AuditRecord(**{name: mine[name] for name in AuditRecord.model_fields if name in mine}) if mine else None

    def _key(self) -> bytes:
        file = self._folder / KEY
        with _storage_errors(self._folder):
            if not file.is_file():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                with self._locked():
                    _make_key(self._folder)
            return file.read_bytes()

    @contextmanager
    def _locked(self) -> Generator[None]:
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._folder / "lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise Locked("another process holds the audit trail", next_step="call again") from error


def _written(handle: int, head: Head, bodies: list[Record], key: bytes, *, durable: bool) -> Head:
    """Append records behind a head and return the head that they make."""
    size = os.fstat(handle).st_size
    torn = any(body.get("fragment") for body in bodies)
    data = b"\n" if torn else b""
    for body in bodies:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = signed({"n": head.count + 1, "time": time, "prev": head.last, **body}, key)
        head = head.model_copy(update={"count": made["n"], "last": made["hash"]})
        data += line_of(made)
    if os.write(handle, data) != len(data):
        os.ftruncate(handle, size)
        raise OSError("the disk took only a part of the line")
    if durable:
        os.fsync(handle)
    return Head(
        count=head.count,
        last=head.last,
        bytes=size + len(data),
        durable=head.count if durable else head.durable,
    )


def _make_key(folder: Path) -> None:
    """Make a key, and before it the head of an empty trail: where a key is, a missing head was taken away."""
    file = folder / KEY
    if file.is_file():
        return
    key = secrets.token_bytes(32)
    with whole_file(file) as draft:
        draft.write(key)
        os.close(os.open(folder / TRAIL, os.O_RDONLY | os.O_CREAT, 0o600))
        if not (folder / TRAIL).stat().st_size:
            (folder / HEAD).unlink(missing_ok=True)
            HeadFile(folder / HEAD, key).write(Head(), durable=True)


def read_or_make_key(file: Path) -> bytes:
    """Return the 32 secret bytes of a file with mode 0600; the first of several processes makes them."""
    if not file.is_file():
        fresh = file.with_name(f"key.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    return file.read_bytes()


@contextmanager
def _storage_errors(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        step = "make room or correct the rights; governance.audit = false switches the trail off"
        raise StorageFailed(
            f"the audit trail cannot be written: {error.strerror or 'the disk refused'}",
            which=str(folder),
            next_step="name a folder as the home" if isinstance(error, NotADirectoryError) else step,
        ) from error
