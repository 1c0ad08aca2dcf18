"""Copies of an index that outlive what is forgotten: snapshots on record, and files that a repair set aside."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence, Set
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

from groundsight.atomic import write_whole
from groundsight.errors import GroundsightError, IndexCorrupt, IndexVersion, InvalidArgument, StorageFailed
from groundsight.index import database, snapshots
from groundsight.settings import Settings, elsewhere
from groundsight.types import Asset, Filter, Word

REGISTER = "snapshots.json"
ASIDE = ("damaged-*", "restore.*.tmp")


class Held(Word):
    """A place that still holds something, and what to do about it."""

    place: str
    next_step: str


def note_snapshot(home: Path, folder: Path) -> None:
    """Put a snapshot on record, and take off those that are gone.

    Raises:
        StorageFailed: the disk refused.
    """
    kept = dict.fromkeys((*_noted(home), folder.absolute()))
    try:
        home.mkdir(parents=True, exist_ok=True)
        write_whole(home / REGISTER, json.dumps([str(each) for each in kept], indent=1))
    except OSError as error:
        raise StorageFailed("the list of snapshots can't be written", which=REGISTER) from error


def still_held(settings: Settings, assets: Sequence[Asset]) -> tuple[Held, ...]:
    """Name the snapshots on record that hold any of these assets, and what was set aside, which may."""
    aside = [file for pattern in ASIDE for file in sorted((settings.home / "index").glob(pattern))]
    step = "delete it when it is no longer needed: it may hold what was forgotten"
    return (
        *(
            Held(place=str(each), next_step=_advice(settings, each))
            for each in _noted(settings.home)
            if _holds(each, assets)
        ),
        *(Held(place=str(file), next_step=step) for file in aside),
    )


def rewritten(settings: Settings, assets: Sequence[Asset]) -> tuple[str, ...]:
    """Write the snapshots on record that hold any of these assets afresh without them; return the folders.

    A snapshot that is damaged stays as it is and is told by ``still_held``.

    Raises:
        StorageFailed: the disk refused. IndexCorrupt: a kill in between left a snapshot without its manifest.
    """
    done: list[str] = []
    for folder in _noted(settings.home):
        if _holds(folder, assets):
            with suppress(IndexCorrupt, IndexVersion, InvalidArgument):
                _rewrite(folder, {(asset.tenant, asset.source) for asset in assets})
                done.append(str(folder))
    return tuple(done)


def _rewrite(folder: Path, gone: Set[tuple[str, str]]) -> None:
    """The manifest goes first and comes last: between them the folder is no finished snapshot."""
    from groundsight.index.weaviate.snapshots import without

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".rewrite-") as scratch:
        place = Path(scratch)
        (place / "new").mkdir()
        write = _local_without if (folder / database.FILE_NAME).exists() else without
        with database.storage_errors(folder):
            write(folder, place / "new", gone)
            (folder / snapshots.MANIFEST).unlink()
            for file in sorted((place / "new").iterdir(), key=lambda each: each.name == snapshots.MANIFEST):
                os.replace(file, folder / file.name)


def _local_without(folder: Path, place: Path, gone: Set[tuple[str, str]]) -> None:
    from groundsight.index.local import LocalIndex

    os.replace(snapshots.verified_copy(folder, place.parent), place.parent / database.FILE_NAME)
    index = LocalIndex.open(place.parent)
    try:
        found = index.assets(Filter())
        index.delete([each.asset_id for each in found if (each.tenant, each.source) in gone], Filter())
        index.snapshot(place)
    finally:
        index.close()


def _advice(settings: Settings, folder: Path) -> str:
    return f"first write a new one: groundsight snapshot NEW_FOLDER{elsewhere(settings.home)}; then delete {folder}"


def _noted(home: Path) -> Iterator[Path]:
    try:
        listed = json.loads((home / REGISTER).read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise StorageFailed(
            "the list of snapshots can't be read", which=REGISTER,
            next_step="move it away; look yourself for snapshots that hold what is forgotten",
        ) from error  # fmt: skip
    for each in cast("list[object]", listed) if isinstance(listed, list) else []:
        if isinstance(each, str) and (Path(each) / snapshots.MANIFEST).exists():
            yield Path(each)


def _holds(folder: Path, assets: Sequence[Asset]) -> bool:
    """A snapshot that can't be read may hold anything."""
    wanted = {(asset.tenant, asset.source) for asset in assets}
    try:
        return not wanted.isdisjoint(_sources(folder))
    except GroundsightError:
        return True


def _sources(folder: Path) -> Iterator[tuple[str, str]]:
    file = folder / database.FILE_NAME
    if not file.exists():
        from groundsight.index.weaviate.snapshots import read_snapshot

        yield from ((each.asset.tenant, each.asset.source) for each in read_snapshot(folder)[1])
        return
    with database.storage_errors(file), closing(database.connect(file)) as connection:
        yield from database.rows(connection, "SELECT tenant, source FROM asset")
