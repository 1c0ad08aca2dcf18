"""How much of what is stored holds nothing that would be redacted today: looked at again for a while, not assumed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.governance.pii import PLACEHOLDER, Memory
from groundsight.governance.rescan import Rescanned, rescan
from groundsight.types import TEXT_FIELDS, Asset, Filter, Unit

if TYPE_CHECKING:
    from groundsight.parts import Parts
    from groundsight.tracing import Watch


def looked_at_again(
    parts: Parts, watch: Watch, *, seconds: float, names: bool = False, where: Filter | None = None
) -> Rescanned:
    """Look at stored units again, for so many seconds; ``names`` asks the model of names, too.

    Raises:
        Cancelled: by the watch. TimedOut, OutOfResources, ParseFailed: the model of names failed.
    """
    where, memory = where or Filter(), Memory()
    total, end = parts.index.count(where).units, time.monotonic() + seconds

    def rows() -> Iterator[tuple[Unit, Asset]]:
        nonlocal memory
        done = 0
        for asset in parts.index.assets(where):
            if time.monotonic() > end:
                return
            units = parts.index.units(asset.asset_id, where)
            memory = _names_in(units, parts, watch) if names and parts.names else Memory()
            yield from ((unit, asset) for unit in units)
            done += len(units)
            watch.step(done, total, "looking for what is left")

    return rescan(rows(), parts.settings.governance.redact, lambda: memory)


def _names_in(units: Sequence[Unit], parts: Parts, watch: Watch) -> Memory:
    from groundsight.ingestion.names.reader import memory_of

    return memory_of(parts, [PLACEHOLDER.sub(" ", unit.field(name)) for unit in units for name in TEXT_FIELDS], watch)
