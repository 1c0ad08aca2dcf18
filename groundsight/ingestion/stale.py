"""Has a file changed since it was read? Told by its size and time, and by its hash only where these two differ."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, NotFound
from groundsight.ingestion.frozen import content_hash
from groundsight.ingestion.reach import holder_of
from groundsight.types import Asset, SearchResult, Stale

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts


def marked(parts: Parts, result: SearchResult) -> SearchResult:
    """Mark the hits whose file has changed or gone; each file is looked at once."""
    found = {hit.asset.asset_id: hit.asset for hit in result.hits}
    stale = {asset_id: stale_of(parts, asset) for asset_id, asset in found.items()}
    if not any(stale.values()):
        return result
    hits = tuple(hit.model_copy(update={"stale": stale[hit.asset.asset_id]}) for hit in result.hits)
    return result.model_copy(update={"hits": hits})


def stale_of(parts: Parts, asset: Asset) -> Stale:
    """Return ``changed`` or ``gone``; empty when the file is as it was read, or that can't be told from here."""
    try:
        while asset.parent is not None:
            asset = holder_of(parts, asset)
        now = parts.roots.whole().stat(asset.source)
    except NotFound:
        return ""
    if now is None:
        return "gone"
    if now.st_size != asset.bytes:
        return "changed"
    if asset.mtime_ns in (None, now.st_mtime_ns):
        return ""
    try:
        state = (now.st_dev, now.st_ino, now.st_mtime_ns)
        return "" if _hash_now(parts.roots, asset.source, asset.bytes, state) == asset.sha256 else "changed"
    except GroundsightError:
        return ""


# A file that was only touched or copied back keeps its content, and ingest leaves it as it is: without this it would
# be called changed for ever. Kept by state, so that it is hashed once.
@lru_cache(maxsize=1024)
def _hash_now(roots: Roots, source: str, most: int, state: tuple[int, ...]) -> str:
    descriptor = roots.whole().open_inside(source)
    try:
        return content_hash(descriptor, source, most)
    finally:
        os.close(descriptor)
