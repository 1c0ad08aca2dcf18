"""Small plain texts that one child reads behind one another; whatever is odd about one, it is read alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from pydantic import ValidationError

from groundsight.errors import LimitExceeded, OutOfResources, ParseFailed, TimedOut
from groundsight.ingestion import Parsed
from groundsight.ingestion.frozen import Frozen, anonymous_file
from groundsight.ingestion.jobs import Together, TogetherOrder
from groundsight.ingestion.outcome import Confines
from groundsight.ingestion.partition import order_of
from groundsight.ingestion.sandbox import Sandbox
from groundsight.settings import Settings
from groundsight.tracing import Watch

# A fork of a child costs 6 CPU ms, and a text of a kilobyte .2 in it. What one of them spends is lost to all of them.
_JOB = "groundsight.ingestion.jobs:partition_together"
_TOGETHER = (".txt", ".text", ".md", ".markdown", ".csv", ".tsv", ".tab")
_TOGETHER_BYTES, _TOGETHER_SECONDS = 32 * 1024, 5


def may_be_read_together(name: str, size: int, settings: Settings) -> bool:
    """True for a small file that is likely a plain text: its child may read others behind it."""
    is_ours = settings.ingestion.partitioner == "builtin" and sys.platform == "linux"
    return is_ours and size <= _TOGETHER_BYTES and PurePath(name).suffix.lower() in _TOGETHER


def read_together(
    documents: Sequence[Frozen], settings: Settings, watch: Watch, sandbox: Sandbox
) -> Mapping[str, Parsed]:
    """Read small plain texts in one child, by source; what is not among them has to be read alone.

    That child reads with our own Python alone, has no folder to write to, and tells no error: whatever one text does
    to it costs the others nothing but to be read alone.

    Raises:
        Cancelled: by the watch.
    """
    files, limits = tuple(order_of(each, settings, "") for each in documents), settings.limits
    order = TogetherOrder(files=files, sizes=tuple(each.bytes for each in documents))
    seconds, cpu = min(limits.parse_seconds, _TOGETHER_SECONDS), min(limits.parse_cpu_seconds, _TOGETHER_SECONDS)
    is_marked = any(PurePath(each.name).suffix.lower() == ".md" for each in documents)
    with anonymous_file() as joined:
        joined.write(b"".join(each.read() for each in documents))
        joined.seek(0)
        try:
            answer = sandbox.run(
                _JOB,
                order.model_dump_json(),
                document=joined.fileno(),
                confines=Confines(seconds, cpu, limits.parse_memory_bytes),
                watch=watch,
                libraries=("markdown_it",) if is_marked else (),
            )
        except (ParseFailed, OutOfResources, TimedOut, LimitExceeded):
            return {}
    return _each_checked(answer, documents)


def _each_checked(answer: str, documents: Sequence[Frozen]) -> dict[str, Parsed]:
    """Keep what could have been read from a plain text: one that names a file is none."""
    try:
        told = Together.model_validate_json(answer).parsed
    except ValidationError:
        return {}
    if len(told) != len(documents):
        return {}
    return {
        each.source: parsed
        for each, parsed in zip(documents, told, strict=True)
        if parsed and not (parsed.inside or parsed.sounds or parsed.rest or any(e.picture for e in parsed.elements))
    }
