"""``groundsight open ID``: the document itself, in the program that this machine has for it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.doors.terminal.hand_over import hand_over
from groundsight.errors import InvalidArgument, NotFound, PolicyRefused
from groundsight.ingestion.reach import UNIT_ID, document_of, folders_of
from groundsight.ingestion.sniff import SUPPORTED_SUFFIXES
from groundsight.ingestion.stale import stale_of
from groundsight.tools.find import asset_named, meant, units_by_id
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result, where_text
from groundsight.types import Place

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import Asset


class Opened(Result):
    """A document that was handed to a program."""

    id: str
    source: str
    page: int | None = None
    second: float | None = None

    def ids(self) -> tuple[str, ...]:
        """Return the id of the document."""
        return (self.id,)

    def as_text(self) -> str:
        """Say what was opened, and where to look."""
        return f"opened {where_text(self.source, self.page, second=self.second)}"


def open_file(
    suite: Suite, id: Annotated[str, Field(min_length=1)], page: Annotated[int | None, Field(ge=1)] = None
) -> Opened:
    """Open a document that is indexed, and still is what was indexed; a file that a program might run is not opened.

    Raises:
        NotFound: it is not indexed for this person, has changed since, or is gone.
        InvalidArgument: it lies inside of another file, or has no such page.
        PolicyRefused: opening its kind may run it.
        Disabled: nothing here opens files.
    """
    asset, at = _asset_and_place(suite, meant(suite, id))
    if asset.parent:
        step = f"groundsight open {shlex.quote(asset.parent)}"
        raise InvalidArgument("this lies inside of another file", which=asset.source, next_step=step)
    _require_as_indexed(suite, asset)
    if page and page > (asset.pages or 1):
        limit = f"pages 1 to {asset.pages}" if asset.pages else "it has no pages"
        raise InvalidArgument(f"there is no page {page}", which=asset.source, limit=limit, next_step="leave --page out")
    file = folders_of(suite.parts, suite.principal).path_of(asset.source)
    if file.suffix.lower() not in SUPPORTED_SUFFIXES:
        step = f"groundsight show {shlex.quote(asset.source)}"
        raise PolicyRefused("to open a file of this kind may run it", which=asset.source, next_step=step)
    hand_over(file, page or at.page, at.second)
    return Opened(id=asset.asset_id, source=asset.source, page=page or at.page, second=at.second)


OPEN = ToolSpec(open_file, "Open a document")


def _require_as_indexed(suite: Suite, asset: Asset) -> None:
    if stale := stale_of(suite.parts, asset):
        told = "is gone" if stale == "gone" else "has changed since it was indexed"
        raise NotFound(f"the file {told}", which=asset.source, next_step="ingest its folder again, or read its text")
    # The size and time above only say it sooner.
    document_of(suite.parts, asset).copy.close()


def _asset_and_place(suite: Suite, name: str) -> tuple[Asset, Place]:
    if not UNIT_ID.fullmatch(name):
        return asset_named(suite, name), Place()
    unit, asset = units_by_id(suite, [name])[0]
    return asset, unit.place
