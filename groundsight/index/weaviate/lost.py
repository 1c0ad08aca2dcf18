"""Telling a server that lost an index from one that never had it: the home remembers where it has seen documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from groundsight.atomic import write_whole
from groundsight.errors import IndexCorrupt, StorageFailed
from groundsight.settings import WeaviateSettings

MARK = "weaviate.json"


def lost(what: str, which: str, mark: str = "") -> IndexCorrupt:
    """The error for an index of which a part, or all, is gone from its server."""
    anew = f"; to begin anew move {mark} away and ingest again" if mark else ""
    return IndexCorrupt(
        what,
        which=which,
        next_step="bring the server's data back, or name another weaviate.collection and: "
        f"groundsight restore SNAPSHOT{anew}",
    )


def require_not_lost(home: Path, settings: WeaviateSettings, tenants: Sequence[str]) -> None:
    """Remember that this server's collection holds tenants; without any, it must never have held one.

    Raises:
        IndexCorrupt: it did.
        StorageFailed: the disk refused.
    """
    known, place = _known(home / MARK), f"{settings.host}:{settings.http_port}/{settings.collection}"
    if tenants and place not in known:
        _write(home / MARK, [*known, place])
    elif not tenants and place in known:
        raise lost("the server holds nothing of an index that had documents", place, f"HOME/{MARK}")


def _known(mark: Path) -> list[str]:
    try:
        found = json.loads(mark.read_bytes())
    except (OSError, ValueError):
        return []
    return [str(each) for each in cast("list[object]", found)] if isinstance(found, list) else []


def _write(mark: Path, places: Sequence[str]) -> None:
    try:
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(mark, json.dumps(places))
    except OSError as error:
        raise StorageFailed("the mark of the index can't be written", which=mark.name) from error
