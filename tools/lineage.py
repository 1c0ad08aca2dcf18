"""Where a document or passage comes from: the file, what read, redacted and encoded it, the receipts that used it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.governance.receipts import Receipts
from groundsight.ingestion.reach import UNIT_ID
from groundsight.tools.bounds import one_line
from groundsight.tools.find import asset_by_id, asset_named, meant, units_by_id
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import NAME_CHARS, Result, Shape, evidence_uri
from groundsight.types import Asset, Lineage, Unit

if TYPE_CHECKING:
    from groundsight.suite import Suite

UNRECORDED = "not recorded"
MOST_RECEIPTS = 100


class Made(Shape):
    """One step: what was made (text, ocr, tags, caption), how, by what in which version, from which bytes."""

    field: str
    operation: str
    by: str
    version: str
    source_sha256: str


class Origin(Result):
    """The chain from a file to what was quoted of it. Without ``steps`` nothing was recorded when it was read.

    ``encoders`` are those of the index, ``receipts`` those of the caller that name it, newest first.
    """

    id: str
    kind: str
    source: str
    document: str
    sha256: str
    media_type: str
    bytes: int
    parent: str | None = None
    redactions: dict[str, int]
    steps: tuple[Made, ...] = ()
    units: tuple[str, ...] = ()
    encoders: dict[str, str]
    index: str
    receipts: tuple[str, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return the id of the document."""
        return (self.document,)

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each unit."""
        return tuple((evidence_uri(unit), unit) for unit in self.units[:10])

    def as_text(self) -> str:
        """One line for each link of the chain."""
        hidden = ", ".join(f"{kind} {count}" for kind, count in self.redactions.items()) or "none"
        within = f", in {self.parent}" if self.parent else ""
        steps = [f"  {each.operation} {each.field}: {each.by}, version {each.version}" for each in self.steps]
        encoders = [f"  {lane}: {model}" for lane, model in self.encoders.items()]
        lines = [
            f"{self.kind} {self.id} of {self.source}{within}",
            f"Original: SHA-256 {self.sha256}, {self.bytes} bytes, {self.media_type}",
            "Made by:",
            *(steps or [f"  {UNRECORDED}"]),
            f"Hidden values: {hidden}",
            "Encoders:",
            *(encoders or [f"  {UNRECORDED}"]),
            f"Index: {self.index}",
            f"Receipts that used it: {', '.join(self.receipts) or 'none'}",
        ]
        return "\n".join(lines)


def lineage(suite: Suite, id: str) -> Origin:
    """Tell where a document or passage comes from: ``id`` is a label, an id, or a source.

    Raises:
        NotFound: there is nothing such for this principal. InvalidArgument: several documents end so.
    """
    named = meant(suite, id)
    if UNIT_ID.fullmatch(named):
        ((unit, asset),) = units_by_id(suite, [named])
        return _origin(suite, asset, unit)
    return _origin(suite, asset_by_id(suite, id) if named != id else asset_named(suite, named), None)


LINEAGE = ToolSpec(lineage, "Where a document or passage comes from")


def _origin(suite: Suite, asset: Asset, unit: Unit | None) -> Origin:
    parts, receipts = suite.parts, Receipts.open(suite.settings)
    units = (unit,) if unit else parts.index.units(asset.asset_id, visible_to(suite.principal))
    named = unit.unit_id if unit else asset.asset_id
    used = receipts.using(named, suite.principal) if receipts else ()
    made = _each_once(asset, [step for each in units for step in each.lineage])
    return Origin(
        id=named,
        kind=unit.kind if unit else "document",
        source=one_line(asset.source, NAME_CHARS),
        document=asset.asset_id,
        sha256=asset.sha256,
        media_type=asset.media_type,
        bytes=asset.bytes,
        parent=asset.parent,
        redactions=dict(asset.redactions),
        steps=tuple(map(_made, (*asset.lineage, *made))),
        units=tuple(each.unit_id for each in units[:1_000]),
        encoders=dict(parts.index.fingerprints()),
        index=parts.index.version(),
        receipts=used[: -MOST_RECEIPTS - 1 : -1],
    )


def _each_once(asset: Asset, steps: Sequence[Lineage]) -> Iterator[Lineage]:
    """Each step once: what was made in the same way of several parts of a document, a clip's frames, is made of it."""
    alike: dict[Lineage, set[str]] = {}
    for step in steps:
        alike.setdefault(step.model_copy(update={"source_sha256": ""}), set()).add(step.source_sha256)
    for step, sources in alike.items():
        yield step.model_copy(update={"source_sha256": min(sources) if len(sources) == 1 else asset.sha256})


def _made(step: Lineage) -> Made:
    return Made(
        field=step.field,
        operation=step.operation,
        by=step.model,
        version=step.version,
        source_sha256=step.source_sha256,
    )
