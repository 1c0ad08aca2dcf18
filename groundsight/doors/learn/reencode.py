"""An index encoded anew beside itself, and put in its own place in one transaction when it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from groundsight.encoders.model_store import BESIDE_HOME
from groundsight.governance.redaction import profile_of
from groundsight.index import Entry, Index, open_index
from groundsight.index.local import LocalIndex
from groundsight.index.migrate import GROUP_UNITS, groups, sealed
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.encode import ENCODED, Assembled, encode
from groundsight.models.projection import turned
from groundsight.types import Filter, VectorName

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from groundsight.parts import Parts
    from groundsight.settings import Settings
    from groundsight.tracing import Watch

T = TypeVar("T")
Again = Callable[[Sequence[Entry]], Sequence[Entry]]


def copied_beside(settings: Settings, source: Index, prints: Mapping[str, str], again: Again, watch: Watch) -> Path:
    """Write a copy of the index whose entries are encoded ``again``, and return its home.

    Raises:
        StorageFailed: the disk refused. Cancelled, TimedOut: as the watch says; the index is as it was.
    """
    home = settings.home / BESIDE_HOME
    shutil.rmtree(home, ignore_errors=True)
    with closing(open_index(settings.model_copy(update={"home": home}))) as target:
        target.claim({**source.fingerprints(), **prints})
        total, done = source.count(Filter()).assets, 0
        for group in groups(source.export(Filter()), GROUP_UNITS):
            target.upsert(again([sealed(each, settings.governance.redact) for each in group]))
            done += len(group)
            watch.step(done, total, "encoding beside the index")
        target.snapshot(home / "snapshot")
    return home


def with_turned(turn: NDArray[np.float64]) -> Again:
    """Return what turns the pictures of entries by a matrix (d, d)."""
    return lambda entries: [
        replace(one, vectors={**one.vectors, "visual": turned(one.vectors["visual"], turn)})
        if "visual" in one.vectors
        else one
        for one in entries
    ]


def with_texts(parts: Parts, watch: Watch) -> Again:
    """Return what encodes the texts of entries by the text encoder of these parts.

    What it makes goes with the copy: it would belong to no source otherwise, so nobody could forget it, and the vectors
    of one candidate would be taken for those of the next.
    """
    derived = Derived(parts.settings.home / BESIDE_HOME / "derived", profile_of(parts.settings))

    def again(entries: Sequence[Entry]) -> Sequence[Entry]:
        bare = [replace(one, vectors=_beside(one.vectors), rows=_beside(one.rows)) for one in entries]
        return encode([Assembled(one, derived) for one in bare], parts, watch)

    return again


def put_in_place(settings: Settings, before: str, home: Path) -> None:
    """Replace the content of the index by the copy, in one transaction, unless it was written to since ``before``.

    Raises:
        Locked: it was.
    """
    with closing(LocalIndex.open(settings.home / "index")) as index:
        index.restore(home / "snapshot", since=before)


def _beside(named: Mapping[VectorName, T]) -> dict[VectorName, T]:
    return {name: one for name, one in named.items() if name not in ENCODED}
