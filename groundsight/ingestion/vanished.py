"""What is in the index and not on the disk any more: found by its name, reported, or removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.governance.pii import Memory, find
from groundsight.governance.sources import inside
from groundsight.ingestion import FileReport
from groundsight.ingestion.forget import erase, is_there, readings
from groundsight.tracing import Watch
from groundsight.types import Principal

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts


def gone_by_name(parts: Parts, held: Roots, principal: Principal, names: Sequence[str | Path]) -> dict[str | Path, str]:
    """Return the names of what is in the index and not there any more, with their sources."""
    # Loading the 10,000 assets of a tenant takes 0.2 s: a change of one file must not pay for it twice.
    away = [
        (name, source)
        for name in names
        for source in readings(held, name)
        if source.partition("/")[0] in held.names() and not is_there(held, source)
    ]
    seen = parts.index.assets(visible_to(principal)) if away else ()
    gone: dict[str | Path, str] = {}
    for name, source in away:
        if any(inside(each.source, source) for each in seen):
            gone[name] = source
    return gone


def vanished(
    parts: Parts, principal: Principal, present: set[str], places: Sequence[str], watch: Watch, *, prune: bool
) -> list[FileReport]:
    """Report, or remove, what the principal sees in the index at these places and the disk does not hold.

    What an older version stored under a raw name is always removed: it was just stored again under the redacted one.
    """
    if not places:
        return []
    where, kinds = visible_to(principal), parts.settings.governance.redact
    known = [each for each in parts.index.assets(where) if any(inside(each.source, place) for place in places)]
    gone = [each for each in known if not any(inside(each.source, source) for source in present)]
    removed = [each for each in gone if prune or find(each.source, kinds, Memory())]
    if removed:
        erase(parts, removed, where, watch)
    return [FileReport(source=each.source, status="removed" if each in removed else "vanished") for each in gone]
