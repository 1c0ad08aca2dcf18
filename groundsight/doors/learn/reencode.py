"""An index encoded anew beside itself, and put in its own place in one transaction when it is whole."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from groundsight.encoders.model_store import FOLDER
from groundsight.errors import Locked
from groundsight.index import open_index
from groundsight.index.migrate import GROUP_UNITS, groups, sealed
from groundsight.models.projection import turned
from groundsight.types import Filter

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from groundsight.index import Exported, Index
    from groundsight.settings import Settings
    from groundsight.tracing import Watch

BESIDE = ".beside"


def turned_beside(settings: Settings, source: Index, turn: NDArray[np.float64], fingerprint: str, watch: Watch) -> Path:
    """Write a copy of the index whose pictures are turned by a matrix (d, d), and return its home.

    Raises:
        StorageFailed: the disk refused. Cancelled, TimedOut: as the watch says; the index is as it was.
    """
    home = settings.home / FOLDER / BESIDE
    shutil.rmtree(home, ignore_errors=True)
    local = settings.index.model_copy(update={"backend": "local"})
    with closing(open_index(settings.model_copy(update={"home": home, "index": local}))) as target:
        target.claim({**source.fingerprints(), "visual": fingerprint})
        total, done = source.count(Filter()).assets, 0
        for group in groups(source.export(Filter()), GROUP_UNITS):
            target.upsert([sealed(_turned(each, turn), settings.governance.redact) for each in group])
            done += len(group)
            watch.step(done, total, "encoding beside the index")
        target.snapshot(home / "snapshot")
    return home


def put_in_place(settings: Settings, index: Index, before: str, home: Path) -> None:
    """Replace the content of the index by the copy, in one transaction, unless it was written to since ``before``.

    Raises:
        Locked: it was.
    """
    if index.version() != before:
        raise Locked(
            "the index was written to meanwhile", which="index", next_step="call again when nothing is read in"
        )
    index.restore(home / "snapshot")
    shutil.rmtree(settings.home / FOLDER / BESIDE, ignore_errors=True)


def _turned(asset: Exported, turn: NDArray[np.float64]) -> Exported:
    if "visual" not in asset.vectors:
        return asset
    return replace(asset, vectors={**asset.vectors, "visual": turned(asset.vectors["visual"], turn)})
