"""What can be opened by address: the list of documents, one document, a page as a picture, a unit as evidence,
a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import InvalidArgument, NotFound, PolicyRefused, UnsupportedType
from groundsight.governance.access import visible_to
from groundsight.governance.audit import AuditLog
from groundsight.tools.bounds import fitting, one_line
from groundsight.tools.explain import Explained, explain, no_such_receipt
from groundsight.tools.find import asset_by_id, evidence_by_id, meant
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import NAME_CHARS, Picture, Result, Shape, evidence_uri
from groundsight.types import Asset, Box, Evidence, Place

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Listed(Shape):
    """A document in the list."""

    id: str
    source: str
    title: str
    media_type: str
    pages: int | None = None
    created: str | None = None


class Library(Result):
    """The visible documents by source."""

    count: int
    assets: tuple[Listed, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the listed documents."""
        return tuple(asset.id for asset in self.assets)


class Document(Result):
    """One document and the addresses of its units."""

    asset: Listed
    warnings: tuple[str, ...]
    redactions: dict[str, int]
    units: tuple[str, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the id of the document."""
        return (self.asset.id,)


class PagePicture(Result):
    """A page as a picture."""

    asset_id: str
    page: int


class MediaFile(Result):
    """A recording or a clip; ``data`` is not part of the structured content."""

    asset_id: str
    media_type: str
    data: bytes = Field(exclude=True, repr=False)


class EvidenceText(Result):
    """A unit as evidence."""

    evidence: Evidence

    def ids(self) -> tuple[str, ...]:
        """Return the id of the unit."""
        return (self.evidence.evidence_id,)


class Call(Result):
    """One call as the audit trail holds it: which tool, how it ended, and the ids that were given out.

    ``explained`` is the receipt of an answer or a check, as long as it is kept.
    """

    id: str
    door: str
    tool: str
    outcome: str
    seconds: float
    returned: tuple[str, ...] = ()
    explained: Explained | None = None


def assets(suite: Suite) -> Library:
    """List the visible documents."""
    every = suite.parts.index.assets(visible_to(suite.principal))
    kept = fitting([_listed(asset) for asset in every])
    return Library(count=len(every), assets=kept, truncated=len(kept) < len(every))


def asset(suite: Suite, asset_id: str) -> Document:
    """Describe one document."""
    one = asset_by_id(suite, asset_id)
    units = suite.parts.index.units(asset_id, visible_to(suite.principal))
    return Document(
        asset=_listed(one),
        warnings=tuple(one_line(warning, NAME_CHARS) for warning in one.warnings[:20]),
        redactions=dict(one.redactions),
        units=tuple(evidence_uri(unit.unit_id) for unit in units[:1_000]),
        truncated=len(units) > 1_000,
    )


def page(
    suite: Suite,
    asset_id: str,
    page: Annotated[int, Field(ge=1)],
    box: str = "",
    second: Annotated[float | None, Field(ge=0)] = None,
) -> PagePicture:
    """Render a page of a visible document, or the frame of a clip that stands for a second of it, with the outline of
    a box where one is given.
    """
    from groundsight.tools.pictures import outlined, shown

    place = _box(box) if box else None
    asset = asset_by_id(suite, asset_id)
    data = shown(suite, asset, Place(page=page) if second is None else _scene(suite, asset, second))
    picture = Picture(uri=f"groundsight://page/{asset_id}/{page}", data=outlined(data, place) if place else data)
    return PagePicture(asset_id=asset_id, page=page, pictures=(picture,))


def _scene(suite: Suite, asset: Asset, second: float) -> Place:
    """Only the frames that were read are shown: of others nobody knows what has to be hidden."""
    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    here = [unit.place for unit in units if unit.place.time and unit.place.time.start <= second <= unit.place.time.end]
    if not here:
        raise NotFound("nothing was read there", which=f"second {second:g}", next_step="use the second of a result")
    return here[-1]


def _box(text: str) -> Box:
    try:
        x0, y0, x1, y1 = map(float, text.split(","))
        return Box(x0=x0, y0=y0, x1=x1, y1=y1)
    except ValueError:  # pydantic's errors are value errors, too
        step = "write left,top,right,bottom as fractions of the page, for example 0.1,0.2,0.5,0.3"
        raise InvalidArgument("argument 'box' is no place on a page", which=text[:80], next_step=step) from None


def evidence(suite: Suite, unit_id: str) -> EvidenceText:
    """Return a unit as evidence, by its id or by a label under which it was shown to the caller."""
    return EvidenceText(evidence=evidence_by_id(suite, [meant(suite, unit_id)])[0])


def receipt(suite: Suite, receipt_id: str) -> Call:
    """Return what the audit trail holds of one of the caller's own calls, and the receipt that it left.

    Raises:
        NotFound: there is no such call, or another's.
    """
    record = AuditLog(Path(suite.settings.home) / "audit").ended(receipt_id)
    who = suite.principal
    if record is None or (record.tenant, record.user) != (who.tenant, who.user):
        raise no_such_receipt(receipt_id)
    shown = record.model_dump(include={"id", "door", "tool", "returned", "outcome", "seconds"})
    return Call(**shown, explained=explain(suite, receipt_id) if record.sealed else None)


def media(suite: Suite, asset_id: str) -> MediaFile:
    """Return the bytes of a visible recording or clip, to be played.

    Raises:
        UnsupportedType: it is neither. PolicyRefused: personal data was redacted in it, and would be heard or seen.
    """
    from groundsight.ingestion.reach import document_of

    one = asset_by_id(suite, asset_id)
    if not one.media_type.startswith(("audio/", "video/")):
        raise UnsupportedType("this can't be played", which=one.source, next_step="read what it says instead")
    if one.redactions:
        step = "read its text instead"
        raise PolicyRefused("personal data was redacted here and would be heard or seen", next_step=step)
    with document_of(suite.parts, one) as document:
        document.copy.seek(0)
        return MediaFile(asset_id=asset_id, media_type=one.media_type, data=document.copy.read())


ASSETS = ToolSpec(assets, "Documents")
ASSET = ToolSpec(asset, "A document")
MEDIA = ToolSpec(media, "A recording to be played")
PAGE = ToolSpec(page, "A page as a picture")
EVIDENCE = ToolSpec(evidence, "A unit as evidence")
RECEIPT = ToolSpec(receipt, "The receipt of a call")


def _listed(asset: Asset) -> Listed:
    return Listed(
        id=asset.asset_id,
        source=one_line(asset.source, NAME_CHARS),
        title=one_line(asset.title, NAME_CHARS),
        media_type=asset.media_type,
        pages=asset.pages,
        created=asset.created.isoformat() if asset.created else None,
    )
