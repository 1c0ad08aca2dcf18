"""Snapshots of a Weaviate index: one line of JSON for each asset and a manifest, and the way back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import IndexCorrupt, IndexVersion, InvalidArgument, StorageFailed
from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry, Exported
from groundsight.index.migrate import GROUP_UNITS, groups
from groundsight.index.weaviate.schema import SCHEMA_VERSION
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Unit, Word

if TYPE_CHECKING:
    from groundsight.index.weaviate.index import WeaviateIndex

CONTENT, MANIFEST = "assets.jsonl", "manifest.json"


class Manifest(Word):
    """What a snapshot holds; ``sha256`` is of the content file beside it."""

    format: Literal["groundsight-weaviate-snapshot-1"] = "groundsight-weaviate-snapshot-1"
    schema_version: int = SCHEMA_VERSION
    fingerprints: dict[str, str]
    assets: int
    units: int
    sha256: str


def write_snapshot(index: WeaviateIndex, folder: Path, watch: Watch | None = None) -> Manifest:
    """Write all assets into an empty folder; the manifest comes last, so that half a snapshot is none.

    Raises:
        InvalidArgument: the folder holds something.
        StorageFailed: the disk refused.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidArgument(
                "a snapshot needs an empty folder", which=folder.name, next_step="name a folder that does not exist yet"
            )
        assets, units, digest = _write_content(index, folder / CONTENT, watch or Watch())
        manifest = Manifest(fingerprints=dict(index.fingerprints()), assets=assets, units=units, sha256=digest)
        write_whole(folder / MANIFEST, manifest.model_dump_json(indent=2))
    except OSError as error:
        raise StorageFailed(
            f"the snapshot can't be written: {error.strerror}", which=folder.name, next_step="free the disk"
        ) from error
    return manifest


def read_snapshot(folder: Path) -> tuple[Manifest, Iterator[Exported]]:
    """Return the manifest and the assets of a snapshot, verified before the first is given out.

    Raises:
        InvalidArgument: the folder is no finished snapshot.
        IndexCorrupt: the content is not what the manifest says.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        with (folder / CONTENT).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise InvalidArgument(
            "this folder holds no finished snapshot", which=folder.name, next_step="name a folder made by snapshot"
        ) from error
    except (OSError, ValidationError) as error:
        raise _changed(folder) from error
    if found != manifest.sha256:
        raise _changed(folder)
    if manifest.schema_version != SCHEMA_VERSION:
        raise IndexVersion(
            f"the snapshot has schema {manifest.schema_version}", which=folder.name,
            next_step="restore it with the release that made it",
        )  # fmt: skip
    return manifest, _lines(folder / CONTENT)


def restore_snapshot(index: WeaviateIndex, folder: Path, watch: Watch | None = None) -> None:
    """Fill the next epoch from a snapshot, then switch over."""
    manifest, assets = read_snapshot(folder)
    watch, done = watch or Watch(), 0
    with index.next_epoch() as filling:
        for group in groups(assets, GROUP_UNITS):
            filling.store([as_entry(each) for each in group])
            done += len(group)
            watch.step(done, manifest.assets, group[-1].asset.source)
        filling.finish(manifest.fingerprints)


def as_entry(asset: Exported) -> Entry:
    """Seal what was redacted and proven when it was first stored; a manifest vouches for it since."""
    return Entry(asset.asset, asset.units, seal_entry(asset.asset, asset.units, ()), asset.vectors, asset.rows)


def _write_content(index: WeaviateIndex, path: Path, watch: Watch) -> tuple[int, int, str]:
    total = index.count(Filter()).assets
    assets = units = 0
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for each in index.export(Filter()):
            line = json.dumps(_as_data(each), ensure_ascii=True).encode() + b"\n"
            file.write(line)
            digest.update(line)
            assets, units = assets + 1, units + len(each.units)
            watch.step(assets, max(assets, total), each.asset.source)
        file.flush()
        os.fsync(file.fileno())
    return assets, units, digest.hexdigest()


def _as_data(asset: Exported) -> dict[str, Any]:
    return {
        "asset": asset.asset.model_dump(mode="json"),
        "units": [unit.model_dump(mode="json") for unit in asset.units],
        "rows": {name: list(rows) for name, rows in asset.rows.items()},
        "vectors": {
            name: [matrix.shape[1], base64.b64encode(matrix.astype("<f4").tobytes()).decode()]
            for name, matrix in asset.vectors.items()
        },
    }


def _lines(path: Path) -> Iterator[Exported]:
    with path.open("rb") as file:
        for line in file:
            data = json.loads(line)
            vectors = {
                name: np.frombuffer(base64.b64decode(text), "<f4").reshape(-1, width)
                for name, (width, text) in data["vectors"].items()
            }
            rows = {name: tuple(each) for name, each in data["rows"].items()}
            units = tuple(Unit.model_validate(each) for each in data["units"])
            yield replace(Exported(Asset.model_validate(data["asset"]), units), vectors=vectors, rows=rows)


def _changed(folder: Path) -> IndexCorrupt:
    return IndexCorrupt(
        "the snapshot is not what its manifest says", which=folder.name, next_step="restore another snapshot"
    )
