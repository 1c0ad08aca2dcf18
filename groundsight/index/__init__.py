"""The index contract: where units live, and how every channel is asked.

One contract suite (``tests/contract_index.py``) runs on every implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from groundsight.types import Asset, Channel, ChannelScore, Filter, Unit, VectorName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.governance.redaction import RedactionProof
    from groundsight.settings import Settings
    from groundsight.tracing import Watch


@dataclass(frozen=True)
class Entry:
    """One asset ready to be stored: its units, their vectors and the proof of redaction.

    The units of a long document may lie on disk, so take them one by one, and no more often than needed.
    ``vectors[name]`` is float32 of shape (n, d), L2-normalised; row i belongs to the unit with
    ordinal ``rows[name][i]``. A unit without a row in a channel is not found through that channel. ``encoders`` are the
    fingerprints of those that made the vectors, by lane, for an index whose encoders may be exchanged meanwhile.
    """

    asset: Asset
    units: Sequence[Unit]
    proof: RedactionProof
    vectors: Mapping[VectorName, NDArray[np.float32]] = field(default_factory=lambda: {})
    rows: Mapping[VectorName, tuple[int, ...]] = field(default_factory=lambda: {})
    encoders: Mapping[str, str] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class Exported:
    """One stored asset with everything needed to store it elsewhere; ``vectors`` and ``rows`` as in ``Entry``."""

    asset: Asset
    units: tuple[Unit, ...]
    vectors: Mapping[VectorName, NDArray[np.float32]] = field(default_factory=lambda: {})
    rows: Mapping[VectorName, tuple[int, ...]] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class ChannelQuery:
    """One channel asked: a vector for a dense channel, words for a ``bm25_*`` channel."""

    channel: Channel
    vector: NDArray[np.float32] | None = None
    text: str = ""


def modality_of(channel: Channel) -> str:
    """Return what the content of a channel was made from: ``text``, ``image`` or ``audio``."""
    of = {"visual": "image", "caption": "image", "ocr": "image", "transcript": "audio"}
    return of.get(channel.removeprefix("bm25_"), "text")


@dataclass(frozen=True)
class ChannelResult:
    """What one channel found, best first: unit ids and raw scores (cosine, or BM25)."""

    channel: Channel
    hits: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Counts:
    """How much a principal can see."""

    assets: int
    units: int


@dataclass(frozen=True)
class CheckReport:
    """What ``check`` found; empty ``problems`` means sound. ``repaired`` names rebuilt derived files."""

    problems: tuple[str, ...]
    repaired: tuple[str, ...] = ()


@runtime_checkable
class Index(Protocol):
    """Atomic, durable when acknowledged, visible at the next query of any process.

    Every read takes a Filter; the tenant condition in it decides the statistics partition, so the
    scores of one tenant never depend on another's documents.
    """

    def fingerprints(self) -> Mapping[str, str]:
        """Return the stored fingerprint of each encoder lane (``text``, ``visual``)."""
        ...

    def claim(self, fingerprints: Mapping[str, str]) -> None:
        """Store the encoders' fingerprints in an empty index, or compare.

        Raises:
            IndexVersion: the index holds vectors of another encoder.
        """
        ...

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Store assets in one transaction; an entry replaces any asset with its tenant and source.

        Raises:
            RedactionFailed: an entry's proof does not cover its fields.
            IndexVersion: other encoders were put in place since the vectors of an entry were made.
            Locked: another writer holds the index for too long.
            StorageFailed: the disk refused.
        """
        ...

    def delete(self, asset_ids: Sequence[str], where: Filter) -> int:
        """Remove assets with all their units, vectors and links; return how many were there."""
        ...

    def protect(self, assets: Sequence[Asset]) -> int:
        """Replace what protects stored assets (``access.PROTECTIVE``), named by tenant and id; return how many there
        are. All of them change at once, or none; on a server each for itself.
        """
        ...

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        """Ask every channel at once, filtering inside the search; one result per query, same order."""
        ...

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        """Return the units that exist and pass the filter, in the order asked."""
        ...

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        """Return all assets that pass the filter, by source."""
        ...

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        """Return the units of one asset by ordinal; empty when it is not visible."""
        ...

    def scan(self, where: Filter) -> Iterator[tuple[Unit, Asset]]:
        """Iterate over every unit that passes the filter, by asset and ordinal."""
        ...

    def export(self, where: Filter) -> Iterator[Exported]:
        """Iterate over whole assets with their vectors, by asset id; conditions on units select nothing."""
        ...

    def linked(self, keys: Sequence[str], where: Filter, most: int) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return, per link key, ``(unit_id, role)`` pairs; keys held by more than ``most`` units are left out."""
        ...

    def count(self, where: Filter) -> Counts:
        """Count what passes the filter."""
        ...

    def version(self) -> str:
        """Return a token that changes whenever any committed content changes."""
        ...

    def snapshot(self, folder: Path, watch: Watch | None = None) -> None:
        """Write a consistent copy into an empty folder."""
        ...

    def restore(self, folder: Path, watch: Watch | None = None) -> None:
        """Replace the content by a snapshot, atomically."""
        ...

    def check(self) -> CheckReport:
        """Examine the whole store; rebuild what is derived."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


@runtime_checkable
class HybridIndex(Protocol):
    """What an index offers beside ``Index`` when its server can fuse lists itself."""

    def hybrid(
        self, queries: Sequence[ChannelQuery], where: Filter, limit: int, weights: Mapping[str, float]
    ) -> Mapping[str, tuple[ChannelScore, ...]]:
        """Return, per unit, what each channel added to its score; ``weights`` by channel."""
        ...


def open_index(settings: Settings) -> Index:
    """Open the index that the settings choose."""
    match settings.index.backend:
        case "local":
            from groundsight.index.local import LocalIndex

            return LocalIndex.open(settings.home / "index")
        case "weaviate":
            from groundsight.index.weaviate import WeaviateIndex

            return WeaviateIndex.open(settings.weaviate, settings.home)
