"""Where an audit trail goes on: behind the last record of its head, with a mend where the two do not agree.

A mend is a record that says what was found. It goes on from the head, so that a cut tail leaves a gap in the numbers
for good, and it names the last whole record and the torn line that it stands behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from groundsight.governance.audit_chain import (
    FIRST,
    HEAD,
    Head,
    HeadFile,
    Record,
    authentic,
    following,
    last_authentic,
    lines_in,
    may_lack_head,
    problem_beside,
    problem_of_old_head,
)
from groundsight.governance.audit_check import fragment_hash

# Longer than any record: 100 ids of 21 characters are 2 KiB.
WINDOW = 65_536


def resume(
    handle: int, folder: Path, both: tuple[HeadFile, HeadFile], seen: Head | None, key: bytes
) -> tuple[Head, Record | None]:
    """Return the head from which the trail in ``handle`` goes on, and a mend unless all is as the head says.

    ``both`` are the head and the one beside the folder, ``seen`` the one that this process wrote last: a folder put
    back to an earlier state has an older one.
    """
    _complete(handle, key)
    heads, second = both
    known = max((head for head in (heads.newest, second.newest, seen) if head), key=lambda one: one.count, default=None)
    if known is None:
        return _without_head(read_from(handle, 0), folder, key)
    start = max(0, known.bytes - WINDOW)
    data = read_from(handle, start)
    before, behind = data[: known.bytes - start], data[known.bytes - start :]
    steps = list(following(behind, known, key))
    head = steps[-1][0] if steps else known
    rest = behind[head.bytes - known.bytes :]
    ends = known.count == 0 or (len(before) == known.bytes - start and _ends_with(before, known, key))
    led = heads.newest == known and may_lack_head([record for _, record in steps])
    odd = problem_beside(heads.newest, second)
    if ends and led and not rest and not heads.damaged and not odd:
        return head, None
    losses = [*_losses_of_head(heads, led=led), *filter(None, [odd])]
    whole = read_from(handle, 0)
    last = last_authentic(whole, key)
    if not ends:
        losses.append(_missing(known, last["n"] if last else 0))
    elif b"\n" in rest:
        losses.append(f"lines that no call wrote stand behind record {head.count}")
    return head, _mend(losses, whole, last, torn=ends)


def read_from(handle: int, start: int) -> bytes:
    """Return everything from a place in the file on."""
    return os.pread(handle, max(0, os.fstat(handle).st_size - start), start)


def _complete(handle: int, key: bytes) -> None:
    """End a last record that lacks nothing but its end."""
    line = lines_in(read_from(handle, max(0, os.fstat(handle).st_size - WINDOW)))[-1:]
    if line and not line[0].endswith(b"\n") and authentic(line[0] + b"\n", key):
        os.write(handle, b"\n")


def _ends_with(data: bytes, head: Head, key: bytes) -> bool:
    record = authentic(lines[-1], key) if (lines := lines_in(data)) else None
    return record is not None and record["hash"] == head.last


def _losses_of_head(heads: HeadFile, *, led: bool) -> Iterator[str]:
    if heads.damaged:
        yield "the head was missing or damaged"
    elif not led and heads.newest:
        yield f"the head was set back to record {heads.newest.count}"


def _missing(head: Head, last: int) -> str:
    if last >= head.count:
        return f"lines before record {head.count} were changed"
    cause = ", none of them synced: a power cut can take those" if last >= head.durable else ""
    return f"{head.count - last} records after record {last} are missing{cause}"


def _without_head(whole: bytes, folder: Path, key: bytes) -> tuple[Head, Record]:
    """Without a sound head the last whole record is the only witness; a trail of format 1 has its old head."""
    last = last_authentic(whole, key)
    head = Head(count=last["n"], last=last["hash"]) if last else Head()
    if last is None or (folder / HEAD).exists() or "kind" in last:
        return head, _mend(["the head was missing or damaged"], whole, last, torn=True)
    problem = problem_of_old_head(folder, last)
    return head, {**_mend([problem] if problem else [], whole, last, torn=True), "upgraded": True}


def _mend(losses: list[str], whole: bytes, last: Record | None, *, torn: bool) -> Record:
    fragment = whole[whole.rfind(b"\n") + 1 :]
    said = f"a line of {len(fragment)} bytes is torn: its process died while it wrote"
    return {
        "kind": "mend",
        "losses": losses,
        "torn": [said] if torn and fragment else [],
        "fragment": fragment_hash(fragment) if fragment else "",
        "after": last["hash"] if last else FIRST,
    }
