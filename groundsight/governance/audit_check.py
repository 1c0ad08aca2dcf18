"""The check of an audit trail: what was tampered with, what was lost and recorded, and what merely broke off."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundsight.governance.audit_chain import (
    FIRST,
    HEAD,
    KEY,
    TRAIL,
    HeadFile,
    Record,
    authentic,
    lines_in,
    may_lack_head,
    parsed,
    problem_beside,
    problem_of_old_head,
    second_head,
)
from groundsight.types.showing import number_of

LOOKS = 5


@dataclass(frozen=True)
class ChainReport:
    """How many records hold; without ``problems`` and ``losses`` nobody tampered with the trail.

    ``losses`` were noticed and recorded by a later call. A ``torn`` line was being written when its process died.
    ``unfinished`` calls have begun and not ended: killed midway, or still at work.
    """

    lines: int
    problems: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    torn: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()


def verify_chain(folder: Path) -> ChainReport:
    """Check every line of the trail in ``folder`` against its key, the record before it and the head."""
    if folder.exists() and not folder.is_dir():
        return ChainReport(0, ("the folder of the trail is a file",))
    if not (folder / KEY).is_file():
        gone = "the key" if any((folder / name).exists() for name in (TRAIL, HEAD)) else "the folder"
        lost = gone == "the key" or second_head(folder).exists()
        return ChainReport(0, (f"{gone} of the trail is missing",) if lost else ())
    key = (folder / KEY).read_bytes()
    # Before the other one, which is written first: whoever writes meanwhile leaves it no newer.
    second = HeadFile(second_head(folder), key)
    heads, data = _read(folder, key)
    walk = _Walk(key)
    lines = lines_in(data)
    for number, line in enumerate(lines, start=1):
        walk.step(number, line, lines[number] if number < len(lines) else b"")
    problems = (*walk.problems, *_problems_of_head(folder, heads, walk.records))
    problems = problems or tuple(_problems_beside(heads, second, walk.records))
    said = {name: _said(walk.records, name) for name in ("losses", "torn")}
    return ChainReport(
        len(walk.records), problems, said["losses"], (*said["torn"], *walk.torn), _unfinished(walk.records)
    )


def _read(folder: Path, key: bytes) -> tuple[HeadFile, bytes]:
    """Read head and trail until they belong together: others may write meanwhile."""
    file = folder / TRAIL
    for _ in range(LOOKS):
        heads = HeadFile(folder / HEAD, key)
        data = file.read_bytes() if file.is_file() else b""
        if HeadFile(folder / HEAD, key).newest == heads.newest:
            break
    return heads, data  # pyright: ignore[reportPossiblyUnboundVariable]


class _Walk:
    """One way through the trail, from record to record."""

    def __init__(self, key: bytes) -> None:
        self._key, self._count, self._last = key, 0, FIRST
        self.records: list[Record] = []
        self.problems: list[str] = []
        self.torn: list[str] = []

    def step(self, number: int, line: bytes, after: bytes) -> None:
        """Look at one line; ``after`` is the next one."""
        record = authentic(line.rstrip(b"\n") + b"\n", self._key)
        if record is None:
            return self._broken(number, line, after)
        if not self._follows(record):
            self.problems.append(f"line {number} does not follow the line before it")
        self.records.append(record)
        self._count, self._last = record["n"], record["hash"]
        return None

    def _follows(self, record: Record) -> bool:
        """A mend goes on from the head, which may be past the last line; it names the record that it stands behind."""
        if record.get("kind") == "mend":
            return record["after"] == (self.records[-1]["hash"] if self.records else FIRST)
        return (record["n"], record["prev"]) == (self._count + 1, self._last)

    def _broken(self, number: int, line: bytes, after: bytes) -> None:
        """A line without an end is torn; so is one of which the mend behind it speaks."""
        mend = authentic(after, self._key) or {}
        if not line.endswith(b"\n"):
            self.torn.append(f"line {number} is torn: its process died while it wrote")
        elif mend.get("fragment") != fragment_hash(line.rstrip(b"\n")):
            found = parsed(line)
            self.problems.append(f"line {number} was changed" if "hash" in found else f"line {number} is not a record")
            self._count, self._last = self._count + 1, str(found.get("hash", self._last))


def fragment_hash(line: bytes) -> str:
    """Return the name under which a mend knows a line that can't be read."""
    return hashlib.sha256(line).hexdigest()


def _said(records: Sequence[Record], name: str) -> tuple[str, ...]:
    mends = [each for each in records if each.get("kind") == "mend"]
    return tuple(f"{what} (noticed {each['time']}, record {each['n']})" for each in mends for what in each[name])


def _unfinished(records: Sequence[Record]) -> tuple[str, ...]:
    ended = {each["id"] for each in records if each.get("kind") == "end"}
    begun = (each for each in records if each.get("kind") == "begin" and each["id"] not in ended)
    return tuple(f"{each['tool']}, call {each['id']} of {each['time']}" for each in begun)


def _problems_of_head(folder: Path, heads: HeadFile, records: Sequence[Record]) -> Iterator[str]:
    head = heads.newest
    if head is None and not (folder / HEAD).exists() and records and "kind" not in records[-1]:
        problem = problem_of_old_head(folder, records[-1])
        yield from [problem] if problem else []
        return
    if heads.damaged:
        yield "the head of the chain is missing or damaged"
    if head is None:
        return
    behind = [each for each in records if each["n"] > head.count]
    here = [each for each in records if each["n"] == head.count]
    if head.count and not here:
        last = records[-1]["n"] if records else 0
        yield f"the trail has {number_of(last, 'line')} where its head counts {head.count}"
    elif here and here[-1]["hash"] != head.last:
        yield "the head is of another trail"
    if not may_lack_head(behind):
        yield f"the head was set back to record {head.count}"


def _problems_beside(heads: HeadFile, second: HeadFile, records: Sequence[Record]) -> Iterator[str]:
    odd, known = problem_beside(heads.newest, second), second.newest
    if odd:
        yield odd
    elif known and (known.count, known.last) not in {(each["n"], each["hash"]) for each in records}:
        yield f"the trail was put back or cut: the head beside its folder names record {known.count}"
