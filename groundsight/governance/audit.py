"""The audit trail: one line for each call, without its content, in a chain that shows tampering.

A line is one JSON object. ``hash`` is HMAC-SHA256 over the line without it, and ``prev`` is the hash
of the line before, so an edited, removed or reordered line breaks the chain; ``head.json`` holds
the count and the last hash, so a shortened file is noticed as well. The key lies beside the
trail with mode 0600: the chain protects against everyone who cannot read that key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from groundsight.errors import Locked, StorageFailed
from groundsight.types import Word

FIRST = "0" * 64
LOCK_SECONDS = 10


class AuditRecord(Word):
    """What is written about one call: who, what, how it ended; the request only as a keyed hash."""

    id: str
    tenant: str
    user: str
    door: str
    tool: str
    request: str
    returned: tuple[str, ...] = ()
    outcome: str
    seconds: float


@dataclass(frozen=True)
class ChainReport:
    """How many lines hold, and what is wrong; no problems means that the trail is whole."""

    lines: int
    problems: tuple[str, ...] = ()


class AuditLog:
    """An append-only trail in ``folder``; safe for several processes through a lock file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "audit.jsonl"
        self._key: bytes | None = None

    def require_writable(self) -> None:
        """Raise StorageFailed unless the next record can be written: no call without a trail."""
        with _storage_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._load_key()
            os.close(os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))

    def fingerprint(self, content: str) -> str:
        """Return the keyed hash under which a request is written down."""
        return hmac.new(self._load_key(), content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def append(self, record: AuditRecord) -> None:
        """Add one line to the chain, whole or not at all.

        Raises:
            StorageFailed: the disk refused.
            Locked: another process holds the trail for too long.
        """
        with _storage_errors(self._folder), self._locked():
            count, last = self._head()
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            body = {"n": count + 1, "time": time, **record.model_dump(mode="json"), "prev": last}
            body["hash"] = _sign(self._load_key(), body)
            _append_whole(self._file, json.dumps(body, sort_keys=True) + "\n")
            _replace(self._folder / "head.json", json.dumps({"count": count + 1, "hash": body["hash"]}))

    def _head(self) -> tuple[int, str]:
        last = _last_line(self._file)
        return (int(last["n"]), str(last["hash"])) if last else (0, FIRST)

    def _load_key(self) -> bytes:
        if self._key is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._key = read_or_make_key(self._folder / "key")
        return self._key

    @contextmanager
    def _locked(self) -> Generator[None]:
        from filelock import FileLock, Timeout

        try:
            with FileLock(self._folder / "lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise Locked("another process holds the audit trail", next_step="call again") from error


def verify_chain(folder: Path) -> ChainReport:
    """Check every line of the trail in ``folder`` against its key, its neighbour and the head."""
    file = folder / "audit.jsonl"
    if not file.is_file():
        gone = (folder / "head.json").is_file()
        return ChainReport(0, ("the trail is gone but its head is there",) if gone else ())
    key = (folder / "key").read_bytes()
    hashes, problems = [FIRST], list[str]()
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        problem = _problem_of(line, number, hashes[-1], key)
        if problem:
            problems.append(problem)
            break
        hashes.append(str(json.loads(line)["hash"]))
    if not problems:
        problems.extend(_problem_of_head(folder / "head.json", hashes))
    return ChainReport(len(hashes) - 1, tuple(problems))


def _problem_of(line: bytes, number: int, prev: str, key: bytes) -> str:
    try:
        body = cast("dict[str, Any]", json.loads(line))
        signed = str(body.pop("hash"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"line {number} is not a record"
    if not hmac.compare_digest(_sign(key, body), signed):
        return f"line {number} was changed"
    if body.get("prev") != prev or body.get("n") != number:
        return f"line {number} does not follow the line before it"
    return ""


def _problem_of_head(head: Path, hashes: list[str]) -> Iterator[str]:
    if not head.is_file():
        if len(hashes) > 2:
            yield "the head of the chain is missing"
        return
    stored = json.loads(head.read_text("utf-8"))
    count, last = int(stored["count"]), str(stored["hash"])
    # A crash between the line and the head leaves the head one line behind.
    if not count < len(hashes) <= count + 2 or hashes[count] != last:
        yield f"the trail has {len(hashes) - 1} lines where its head counts {count}"


def _sign(key: bytes, body: dict[str, Any]) -> str:
    return hmac.new(key, json.dumps(body, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _append_whole(file: Path, line: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        before, data = os.fstat(descriptor).st_size, line.encode()
        if os.write(descriptor, data) != len(data):
            os.ftruncate(descriptor, before)
            raise OSError("the disk took only a part of the line")
    finally:
        os.close(descriptor)


def _replace(file: Path, text: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(text, "utf-8")
    os.replace(beside, file)


def _last_line(file: Path) -> dict[str, Any] | None:
    if not file.is_file() or not file.stat().st_size:
        return None
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 65_536))
        lines = stream.read().splitlines()
    try:
        return cast("dict[str, Any]", json.loads(lines[-1]))
    except ValueError as error:
        raise StorageFailed(
            "the audit trail ends in a broken line",
            which=str(file),
            next_step="move the audit folder away, keep it as evidence, and call again",
        ) from error


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
        raise StorageFailed(
            f"the audit trail cannot be written: {error.strerror or 'the disk refused'}",
            which=str(folder),
            next_step="make room or correct the rights; governance.audit = false switches the trail off",
        ) from error
