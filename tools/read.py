"""The read tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import NotFound
from groundsight.governance.access import visible_to
from groundsight.ingestion.apart import APART
from groundsight.ingestion.reach import UNIT_ID
from groundsight.ingestion.stale import stale_of
from groundsight.sessions import Labels
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.find import asset_named, meant, units_by_id
from groundsight.tools.results import (
    DATA_NOTE,
    NAME_CHARS,
    Corners,
    Picture,
    Result,
    Shape,
    corners,
    evidence_uri,
    where_text,
)
from groundsight.types import Asset, Place, Stale, Unit, UnitKind
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Passage(Shape):
    """One unit in full, under its label."""

    id: str
    label: str = ""
    kind: UnitKind
    page: int | None = None
    box: Corners | None = None
    second: float | None = None
    section: str | None = None
    text: str

    def place_text(self) -> str:
        """Say its page, or its second, after its label."""
        return f" page {self.page}" if self.page else at(self.second)


class Reading(Result):
    """Passages of one document in reading order."""

    asset_id: str
    source: str
    title: str
    pages: int | None = None
    stale: Stale = ""
    passages: tuple[Passage, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the passages."""
        return tuple(passage.id for passage in self.passages)

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each passage."""
        return tuple(
            (evidence_uri(each.id), where_text(self.source, each.page, second=each.second))
            for each in self.passages[:10]
        )

    def as_text(self) -> str:
        """The passages, each under its label."""
        shown = [f"[{each.label}]{each.place_text()}\n{each.text}" for each in self.passages]
        return "\n\n".join([DATA_NOTE, where_text(self.source, None, stale=self.stale), *shown])


def read(
    suite: Suite,
    id: Annotated[str, Field(description="a label (E1), an id, or a source", min_length=1)],
    neighbours: Annotated[int, Field(ge=0, le=20, description="passages before and after")] = 1,
    page: Annotated[int | None, Field(ge=1, description="a whole page of the document")] = None,
    picture: Annotated[bool, Field(description="attach the page or figure as a picture")] = False,
) -> Reading:
    """To see more around something found, or a whole page of a file: the passage in full with its neighbours."""
    name = meant(suite, id)
    if UNIT_ID.fullmatch(name):
        unit, asset = units_by_id(suite, [name])[0]
        chosen = _on_page(suite, asset, page) if page else _around(suite, asset, unit, neighbours)
        chosen = [each for each in chosen if each.mark not in APART or each.unit_id == name]
        place = Place(page=page) if page else unit.place
    else:
        asset = asset_named(suite, name)
        chosen = [each for each in _on_page(suite, asset, page or 1) if each.mark not in APART]
        place = Place(page=page or 1)
    return _shaped(suite, asset, chosen, _picture(suite, asset, name, place, chosen) if picture else ())


def _around(suite: Suite, asset: Asset, unit: Unit, neighbours: int) -> list[Unit]:
    low, high = unit.ordinal - neighbours, unit.ordinal + neighbours
    return [each for each in suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
            if low <= each.ordinal <= high]  # fmt: skip


def _on_page(suite: Suite, asset: Asset, page: int) -> list[Unit]:
    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    paged = [unit for unit in units if unit.place.page is not None]
    if not paged and page > 1:
        raise NotFound("this document has no pages", which=asset.source, next_step="leave the page out")
    chosen = [unit for unit in paged if unit.place.page == page] if paged else list(units)
    if not chosen:
        last = asset.pages or max((unit.place.page or 1 for unit in paged), default=1)
        what = "that page holds no text" if page <= last else "the document has no such page"
        raise NotFound(what, which=f"page {page}", limit=f"pages 1 to {last}", next_step="choose one")
    return chosen


def _shaped(suite: Suite, asset: Asset, units: list[Unit], pictures: tuple[Picture, ...]) -> Reading:
    shaped = [_passage(suite, unit, asset) for unit in units]
    kept = fitting(shaped, 80_000)
    labels = Labels(suite.settings.home, suite.principal).give([each.id for each in kept])
    return Reading(
        asset_id=asset.asset_id,
        source=one_line(asset.source, NAME_CHARS),
        title=one_line(asset.title, NAME_CHARS),
        pages=asset.pages,
        stale=stale_of(suite.parts, asset),
        passages=tuple(each.model_copy(update={"label": labels[each.id]}) for each in kept),
        truncated=len(kept) < len(shaped) or any(passage.text.endswith("…") for passage in kept),
        pictures=pictures,
    )


def _passage(suite: Suite, unit: Unit, asset: Asset) -> Passage:
    from groundsight.retrieval.evidence import evidence_of
    from groundsight.types import Hit

    text = evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=())).text
    if unit.mark in APART:
        text = f"({unit.mark}, kept apart and never quoted) {unit.unseen}"
    return Passage(
        id=unit.unit_id,
        kind=unit.kind,
        page=unit.place.page,
        box=corners(unit.place.box),
        second=unit.place.second,
        section=one_line(unit.place.section, NAME_CHARS) if unit.place.section else None,
        text=clip(text, 4 * suite.settings.limits.hit_chars),
    )


def _picture(suite: Suite, asset: Asset, name: str, place: Place, units: list[Unit]) -> tuple[Picture, ...]:
    from groundsight.tools.pictures import gives_orders, shown, thumbnail

    if any(map(gives_orders, units)):
        return ()
    uri = evidence_uri(name) if UNIT_ID.fullmatch(name) else f"groundsight://page/{asset.asset_id}/{place.page}"
    return (Picture(uri=uri, data=thumbnail(shown(suite, asset, place))),)
