"""What the answer or the death of a child means for the file that it read."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from groundsight import errors
from groundsight.errors import GroundsightError, Internal, OutOfResources, ParseFailed
from groundsight.ingestion.sniff import size_limit
from groundsight.ingestion.warden import OUT_OF_MEMORY
from groundsight.limits import MIB, Limits

_CRASHES = {signal.SIGSEGV, signal.SIGBUS}
# A refused doubling of a buffer ends a reader at half of its limit or less.
_STARVED = 0.3


@dataclass(frozen=True)
class Confines:
    """What one child may use: seconds, bytes, counts."""

    seconds: float = 60
    cpu_seconds: int = 45
    memory_bytes: int = 2048 * MIB
    file_bytes: int = 64 * MIB
    open_files: int = 64
    processes: int = 64

    @classmethod
    def of(cls, limits: Limits, name: str = "") -> Confines:
        """Take wall, CPU and memory from the settings; what is named as a recording or a clip has longer."""
        if size_limit(name) == "media_bytes":
            return cls(limits.media_parse_seconds, limits.media_parse_seconds, limits.parse_memory_bytes)
        return cls(limits.parse_seconds, limits.parse_cpu_seconds, limits.parse_memory_bytes)


def outcome(answer: bytes, report: dict[str, Any], confines: Confines, which: str) -> str:
    """Return the text that a child answered.

    Raises:
        GroundsightError: what the child told, or what its death tells.
    """
    status, peak = int(report.get("status", -1)), int(report.get("peak_bytes", 0))
    if status != 0 or not answer:
        _raise_death(status, peak, confines, which)
    if answer[:1] == b"R":
        return answer[1:].decode()
    facts = cast("dict[str, str]", json.loads(answer[1:]))
    if answer[:1] == b"E":
        raise _rebuilt(facts, which)
    raise ParseFailed(
        f"malformed: the reader stopped with {facts['class']}", which=which, next_step="open and save the file anew"
    )


def _rebuilt(facts: dict[str, str], which: str) -> GroundsightError:
    kind = getattr(errors, facts["class"], None)
    known = kind if isinstance(kind, type) and issubclass(kind, GroundsightError) else Internal
    return known(
        facts["what"],
        which=facts["which"] or which,
        limit=facts["limit"],
        next_step=facts["next_step"],
        code=facts["code"],
    )


def _raise_death(status: int, peak: int, confines: Confines, which: str) -> NoReturn:
    number = os.WTERMSIG(status) if status >= 0 and os.WIFSIGNALED(status) else 0
    if number in _CRASHES and peak < _STARVED * confines.memory_bytes:
        raise ParseFailed("malformed: the reader crashed", which=which, next_step="open and save the file anew")
    starved = status >= 0 and os.WIFEXITED(status) and os.WEXITSTATUS(status) == OUT_OF_MEMORY
    if number or starved:
        raise OutOfResources(
            "reading the file used up its memory or CPU time",
            which=which,
            limit=f"{confines.memory_bytes} bytes, {confines.cpu_seconds} CPU s",
            next_step="split the file, or raise limits.parse_memory_bytes or limits.parse_cpu_seconds",
        )
    raise ParseFailed("malformed: the reader ended without an answer", which=which)
