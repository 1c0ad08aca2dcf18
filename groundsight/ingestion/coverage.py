"""How much of what is stored holds nothing that would be redacted today: looked at again, not assumed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from groundsight.governance.pii import PLACEHOLDER, Memory, find
from groundsight.governance.pii_tables import clean_cells
from groundsight.types import TEXT_FIELDS, Filter, Unit, Word

if TYPE_CHECKING:
    from groundsight.parts import Parts
    from groundsight.settings import PiiKind
    from groundsight.tracing import Watch


class Coverage(Word):
    """Units that were looked at again: ``clean`` of ``looked``, of ``total`` stored; ``left`` counts units by kind."""

    clean: int = 0
    looked: int = 0
    total: int = 0
    left: dict[str, int] = Field(default_factory=dict[str, int])


def coverage(
    parts: Parts, watch: Watch, *, seconds: float, names: bool = False, where: Filter | None = None
) -> Coverage:
    """Redact stored units once more and count what would change, for so many seconds; ``names`` asks the model too.

    Raises:
        Cancelled: by the watch. TimedOut, OutOfResources, ParseFailed: the model of names failed.
    """
    where, index, kinds = where or Filter(), parts.index, parts.settings.governance.redact
    total, looked, left, end = index.count(where).units, 0, Counter[str](), time.monotonic() + seconds
    clean = 0
    for asset in index.assets(where):
        if time.monotonic() > end:
            break
        units = index.units(asset.asset_id, where)
        memory = _memory(units, parts, watch) if names and parts.names else Memory()
        for unit in units:
            found = _left_in(unit, kinds, memory)
            left.update(found)
            clean += not found
        looked += len(units)
        watch.step(looked, total, "looking for what is left")
    return Coverage(clean=clean, looked=looked, total=total, left=dict(left))


def _memory(units: Sequence[Unit], parts: Parts, watch: Watch) -> Memory:
    from groundsight.ingestion.names.reader import memory_of

    return memory_of(parts, [PLACEHOLDER.sub(" ", unit.field(name)) for unit in units for name in TEXT_FIELDS], watch)


def _left_in(unit: Unit, kinds: Sequence[PiiKind], memory: Memory) -> set[str]:
    texts = [*(unit.field(name) for name in TEXT_FIELDS), unit.heading, unit.place.section or ""]
    texts += [line.text for line in unit.lines]
    found: set[str] = {span.kind for text in texts for span in find(text, kinds, memory.aside())}
    seen = memory.aside()
    clean_cells(unit.cells, kinds, seen)
    return found | {kind for kind, count in seen.counts.items() if count}
