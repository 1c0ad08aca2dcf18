"""Telling an index that was lost from a home that never had one.

A mark beside the folder of the index (``index.json``) names the index by an id that the database holds as well. It is
written when a database has been made, so a missing, empty or foreign database beside its mark is damage; a fresh home
has no mark. What only an index leaves behind counts as well, for homes from before there was a mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from groundsight.atomic import write_whole
from groundsight.errors import IndexCorrupt
from groundsight.index import database

RESTORE = "groundsight restore SNAPSHOT --yes"


def mark_of(folder: Path) -> Path:
    """Return where the mark of the index in ``folder`` lies."""
    return folder.with_name(f"{folder.name}.json")


def read_mark(folder: Path) -> str | None:
    """Return the id in the mark, None without a sound one."""
    try:
        found = json.loads(mark_of(folder).read_bytes())
    except (OSError, ValueError):
        return None
    known = cast("dict[str, object]", found).get("index") if isinstance(found, dict) else None
    return known if isinstance(known, str) else None


def write_mark(folder: Path, identity: str) -> None:
    """Write the mark, durably; the caller translates errors of the disk."""
    write_whole(mark_of(folder), json.dumps({"index": identity}))


def signs_of_loss(folder: Path) -> tuple[Path, ...]:
    """Return what shows that an index was here; to be asked before anything is made in the folder."""
    return tuple(_signs(folder))


def _signs(folder: Path) -> Iterator[Path]:
    if mark_of(folder).exists():
        yield mark_of(folder)
    if (folder / "derived.bin").exists():
        yield folder / "derived.bin"
    log = folder / f"{database.FILE_NAME}-wal"
    # A log beside tables that are just being made is no sign.
    if not _size(folder / database.FILE_NAME) and _size(log):
        yield log
    # Without its lock the folder was never that of an index: what was derived belongs to an index elsewhere.
    if (folder / "write.lock").exists():
        yield from (path for name in ("derived", "pages") if _holds_files(path := folder.with_name(name)))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _holds_files(folder: Path) -> bool:
    return any(each.is_file() for each in folder.rglob("*"))


def lost(folder: Path, signs: Sequence[Path]) -> IndexCorrupt:
    """The error for a database that is gone or empty."""
    away = ", ".join(f"HOME/{each.relative_to(folder.parent).as_posix()}" for each in signs)
    return IndexCorrupt(
        "the database of the index is gone or empty, and this home had one",
        which=f"{folder.name}/{database.FILE_NAME}",
        next_step=f"put it back, or: {RESTORE}; to begin anew move these away and ingest again: {away}",
    )


def foreign(folder: Path) -> IndexCorrupt:
    """The error for a database that belongs to another home."""
    return IndexCorrupt(
        "the database is not that of this home",
        which=f"{folder.name}/{database.FILE_NAME}",
        next_step=f"put the right one back, or: {RESTORE}; to keep it move HOME/{mark_of(folder).name} away",
    )
