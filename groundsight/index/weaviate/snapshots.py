"""Snapshots of a Weaviate index: one line of JSON for each asset and a manifest, and the way back."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from groundsight.atomic import write_whole
from groundsight.errors import IndexVersion, StorageFailed
from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry, Exported
from groundsight.index.migrate import GROUP_UNITS, groups
from groundsight.index.snapshots import MANIFEST, changed, content_sha256, reading, require_empty
from groundsight.index.weaviate.schema import SCHEMA_VERSION
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Unit, Word

if TYPE_CHECKING:
    from groundsight.index.weaviate.index import WeaviateIndex

CONTENT = "assets.jsonl"


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
        require_empty(folder)
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
    with reading(folder):
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        found = content_sha256(folder / CONTENT)
    if found != manifest.sha256:
        raise changed(folder)
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


def without(folder: Path, place: Path, gone: Set[tuple[str, str]]) -> None:
    """Write a snapshot into an empty folder ``place`` without the assets of these tenants and sources.

    Raises:
        InvalidArgument: the folder is no finished snapshot. IndexCorrupt: the content is not what its manifest says.
    """
    manifest, _ = read_snapshot(folder)
    with (folder / CONTENT).open("rb") as file:
        told = ((line, json.loads(line)) for line in file)
        kept = ((line, each) for line, each in told if (each["asset"]["tenant"], each["asset"]["source"]) not in gone)
        assets, units, digest = _written(((line, len(each["units"])) for line, each in kept), place / CONTENT)
    left = manifest.model_copy(update={"assets": assets, "units": units, "sha256": digest})
    write_whole(place / MANIFEST, left.model_dump_json(indent=2))


def _write_content(index: WeaviateIndex, path: Path, watch: Watch) -> tuple[int, int, str]:
    total = index.count(Filter()).assets

    def lines() -> Iterator[tuple[bytes, int]]:
        for done, each in enumerate(index.export(Filter()), 1):
            yield json.dumps(_as_data(each), ensure_ascii=True).encode() + b"\n", len(each.units)
            watch.step(done, max(done, total), each.asset.source)

    return _written(lines(), path)


def _written(lines: Iterator[tuple[bytes, int]], path: Path) -> tuple[int, int, str]:
    """Write lines with their numbers of units; return how many assets and units, and the hash."""
    assets = units = 0
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for line, count in lines:
            file.write(line)
            digest.update(line)
            assets, units = assets + 1, units + count
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
