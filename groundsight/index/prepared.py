"""An entry made ready for storing, outside any lock: proven, checked, tokenised, serialised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.errors import IndexVersion, InvalidArgument, ModelFailed
from groundsight.governance.redaction import require_proof
from groundsight.index import Entry
from groundsight.index.postings import FieldTerms, field_terms
from groundsight.index.vectors import checked
from groundsight.types import Asset, Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.index.tokens import Tokeniser


@dataclass(frozen=True)
class PreparedUnit:
    """A unit with its JSON, its terms and its vectors by name."""

    unit: Unit
    data: bytes
    fields: tuple[FieldTerms, ...]
    vectors: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class InTurn:
    """The units of an entry that lie on disk, by ordinal: each is prepared when it is taken."""

    entry: Entry
    order: Sequence[int]
    tokeniser: Tokeniser
    vectors: Mapping[int, Mapping[str, NDArray[np.float32]]]

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[PreparedUnit]:
        for unit in map(self.entry.units.__getitem__, self.order):
            terms = field_terms(unit, self.tokeniser, self.entry.asset.language)
            yield PreparedUnit(unit, unit.model_dump_json().encode(), terms, self.vectors.get(unit.ordinal, {}))


@dataclass(frozen=True)
class Prepared:
    """An asset with its JSON and its units by ordinal."""

    asset: Asset
    data: bytes
    units: tuple[PreparedUnit, ...] | InTurn


def prepare_all(entries: Sequence[Entry], tokeniser: Tokeniser) -> tuple[list[Prepared], dict[str, int]]:
    """Check and prepare entries; of two with the same tenant and source the last counts.

    Returns them with the dimension of each named vector.

    Raises:
        RedactionFailed: a proof does not cover its entry.
        ModelFailed: a vector is not finite, has length zero or another dimension.
        InvalidArgument: units of another asset, or two with the same ordinal.
    """
    dimensions: dict[str, int] = {}
    last = {(entry.asset.tenant, entry.asset.source): entry for entry in entries}
    for entry in entries:
        require_proof(entry.asset, entry.units, entry.proof)
    return [_prepare(entry, tokeniser, dimensions) for entry in last.values()], dimensions


def require_encoders(stored: Mapping[str, str], wanted: Mapping[str, str], place: str) -> None:
    """Raise IndexVersion where a lane holds vectors of another encoder; ``place`` is where to ingest again."""
    for lane, print_ in wanted.items():
        if stored.get(lane, print_) != print_:
            raise IndexVersion(
                f"the index holds {lane} vectors of {stored[lane]}, the settings name {print_}",
                which=lane,
                next_step=f"set the encoder back, or ingest again into {place}",
            )


def _prepare(entry: Entry, tokeniser: Tokeniser, dimensions: dict[str, int]) -> Prepared:
    ordinals = _ordinals(entry)
    order = sorted(range(len(ordinals)), key=ordinals.__getitem__)
    units = InTurn(entry, order, tokeniser, _by_ordinal(entry, frozenset(ordinals), dimensions))
    kept = tuple(units) if isinstance(entry.units, tuple) else units
    return Prepared(entry.asset, entry.asset.model_dump_json().encode(), kept)


def _by_ordinal(
    entry: Entry, ordinals: frozenset[int], dimensions: dict[str, int]
) -> dict[int, dict[str, NDArray[np.float32]]]:
    found: dict[int, dict[str, NDArray[np.float32]]] = {}
    for name, matrix in entry.vectors.items():
        rows = entry.rows.get(name, ())
        if len(rows) != len(matrix) or len(set(rows)) != len(rows) or not ordinals.issuperset(rows):
            raise _wrong_rows(entry, name)
        if not len(matrix):
            continue
        sound = checked(matrix, name, dimensions.get(name))
        dimensions[name] = sound.shape[1]
        for ordinal, row in zip(rows, sound, strict=True):
            found.setdefault(ordinal, {})[name] = row
    return found


def _ordinals(entry: Entry) -> list[int]:
    """Return the ordinals of the units as they come: one each, and all units of this asset."""
    named = [(unit.ordinal, unit.asset_id) for unit in entry.units]
    if {asset_id for _, asset_id in named} - {entry.asset.asset_id} or len(dict(named)) != len(named):
        raise InvalidArgument(
            "the units of an entry need its asset id and one ordinal each",
            which=entry.asset.source,
            next_step="build the entry from one asset and its own units",
        )
    return [ordinal for ordinal, _ in named]


def _wrong_rows(entry: Entry, name: str) -> ModelFailed:
    return ModelFailed(
        f"the {name} vectors do not belong one to one to units",
        which=entry.asset.source,
        next_step="give every vector row the ordinal of one unit",
    )
